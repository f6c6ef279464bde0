"""Where the tables of an event stand: hall by hall, in the order of their numbers.

An organiser draws no floor, so this is a sketch and says so; it tells which hall to go to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from marketplace.models import Event, Hall, Meeting, Registration, Table

ACROSS = 8  # tables beside each other
_CELL = (72, 56)  # what one table takes of the drawing
_HEAD = 40  # what the name of a hall takes
_EDGE = 16


@dataclass(frozen=True, slots=True)
class HallPlan:
    """A hall and its tables; without a name where the event has no halls."""

    hall: Hall | None
    tables: Sequence[Table]

    @property
    def name(self) -> str:
        """As its reader calls it."""
        return str(self.hall or "")

    def __str__(self) -> str:
        """As a line of text: Hall A: tables 1–6, 9; booths 12."""
        shared = [one.number for one in self.tables if one.owner_id is None]
        booths = [one.number for one in self.tables if one.owner_id is not None]
        parts = [_("tables %(numbers)s") % {"numbers": _runs(shared)}] if shared else []
        parts += [_("booths %(numbers)s") % {"numbers": _runs(booths)}] if booths else []
        told = "; ".join(parts)
        return f"{self.name}: {told}" if self.name else told


@dataclass(frozen=True, slots=True)
class Spot:
    """A table on the drawing, with its corner; ``own``: one meets there."""

    table: Table
    x: int
    y: int
    own: bool


@dataclass(frozen=True, slots=True)
class HallDrawn:
    """A hall on the drawing: where its name stands, and its tables."""

    name: str
    y: int
    spots: Sequence[Spot]


@dataclass(frozen=True, slots=True)
class Drawing:
    """All halls below each other, in units of the drawing."""

    width: int
    height: int
    halls: Sequence[HallDrawn]


def halls_of(event: Event) -> list[HallPlan]:
    """The halls that have tables, by name, those without a hall first. One query."""
    rows = Table.objects.filter(event=event).select_related("hall")
    found: dict[str, tuple[Hall | None, list[Table]]] = {}
    for one in rows.order_by("hall__name", "number"):
        name = one.hall.name if one.hall else ""
        found.setdefault(name, (one.hall, []))[1].append(one)
    return [HallPlan(*found[name]) for name in sorted(found)]


def own_tables(own: Registration) -> set[int]:
    """Keys of the tables at which a company meets, as it has been told."""
    rows = Meeting.objects.told().alive().of(own).exclude(table=None)
    return set(rows.values_list("table", flat=True))


def drawn(halls: Sequence[HallPlan], own: Collection[int]) -> Drawing:
    """The sketch: ``ACROSS`` tables in a row."""
    wide, high = _CELL
    placed, y = [], _EDGE
    for hall in halls:
        spots = [
            Spot(one, _EDGE + n % ACROSS * wide, y + _HEAD + n // ACROSS * high, one.pk in own)
            for n, one in enumerate(hall.tables)
        ]
        placed.append(HallDrawn(hall.name, y + _HEAD // 2, spots))
        y += _HEAD + -(-len(hall.tables) // ACROSS) * high + _EDGE
    return Drawing(2 * _EDGE + ACROSS * wide, y, placed)


def _runs(numbers: Sequence[int]) -> str:
    """1–3, 5 of 1, 2, 3 and 5."""
    return ", ".join(f"{a}–{b}" if b > a else str(a) for a, b in _pairs(sorted(numbers)))


def _pairs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    first = last = None
    for one in numbers:
        if first is None or last is None or one != last + 1:
            if first is not None and last is not None:
                yield first, last
            first = one
        last = one
    if first is not None and last is not None:
        yield first, last
