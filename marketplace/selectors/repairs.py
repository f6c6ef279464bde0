"""Repairs as the staff of an event reads them: what was done, and which tables are closed."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.models import Event, Interpreter, Meeting, Repair, Slot, Table, TableClosed
from marketplace.selectors.parts import told_meetings
from marketplace.selectors.times import shown_time, tell_hours
from marketplace.selectors.timetables import Place

MOST = 50  # former repairs on a page

SORTS = {
    "moved": gettext_lazy("another time"),
    "kept": gettext_lazy("same time"),
    "stranded": gettext_lazy("same time, to be helped at the desk"),
    "lost": gettext_lazy("no time for now"),
    "cancelled": gettext_lazy("cancelled"),
    "filled": gettext_lazy("gets a time"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One meeting of a repair, in words."""

    meeting: Meeting
    sort: str
    before: str
    after: str
    cause: str

    @property
    def sort_label(self) -> str:
        """What becomes of it."""
        return str(SORTS[self.sort])


@dataclass(frozen=True, slots=True)
class Done:
    """A former repair with its numbers."""

    repair: Repair
    moved: int
    changed: int
    """At their time, with another table or interpreter."""
    lost: int
    cancelled: int
    filled: int
    people: int
    people_bound: int
    told: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A table that cannot be used, and when, in words."""

    table: Table
    times: list[str]


def done_repairs(event: Event) -> list[Done]:
    """The last repairs of an event, the newest first."""
    rows = Repair.objects.filter(event=event).select_related("created_by", "event")
    return [_done(one) for one in rows[:MOST]]


def _done(repair: Repair) -> Done:
    told = repair.outcome
    sorts = Counter(change[1] for change in told.get("changes", []))
    return Done(
        repair,
        moved=sorts["moved"],
        changed=sorts["kept"] + sorts["stranded"],
        lost=sorts["lost"],
        cancelled=sorts["cancelled"],
        filled=sorts["filled"],
        people=told.get("people", 0),
        people_bound=told.get("people_bound", 0),
        told=told.get("told", 0),
    )


def rows_of(repair: Repair) -> list[Row]:
    """The meetings that a repair changed, as it left them then."""
    event, changes = repair.event, repair.outcome.get("changes", [])
    causes = repair.outcome.get("causes", {})
    meetings = {str(one.public_id): one for one in _named(event, [one[0] for one in changes])}
    places = _Places(event)
    return [
        Row(
            meetings[key], sort, tell_place(places.of(before)), tell_place(places.of(after)),
            causes.get(key, ""),
        )
        for key, sort, before, after in changes
        if key in meetings
    ]  # fmt: skip


def stuck_of(repair: Repair) -> list[tuple[Meeting, str]]:
    """Meetings that a repair left to the desk, with the reason."""
    stuck = repair.outcome.get("stuck", [])
    meetings = {str(one.public_id): one for one in _named(repair.event, [key for key, _w in stuck])}
    return [(meetings[key], why) for key, why in stuck if key in meetings]


def going_on_of(repair: Repair) -> list[str]:
    """Meetings that go on without the company that withdrew, as this reader reads them."""
    rows = _named(repair.event, repair.outcome.get("going_on", []))
    return told_meetings(rows)


def _named(event: Event, keys: Sequence[str]) -> Iterable[Meeting]:
    rows = Meeting.objects.filter(event=event, public_id__in=keys)
    return rows.select_related(
        "event", "slot", "host__registration__company", "guest__registration__company"
    )


class _Places:
    """Slots, tables and interpreters of an event by their public ids."""

    def __init__(self, event: Event) -> None:
        slots = Slot.objects.filter(event=event).select_related("event")
        tables = Table.objects.filter(event=event).select_related("hall")
        self._slots = {str(one.public_id): one for one in slots}
        self._tables = {str(one.public_id): one for one in tables}
        self._guides = {str(one.public_id): one for one in Interpreter.objects.filter(event=event)}

    def of(self, told: list[Any] | None) -> Place | None:
        """The place of three public ids; None where there is none, or its slot is no more."""
        slot = self._slots.get(told[0]) if told else None
        if told is None or slot is None:
            return None
        return slot, self._tables.get(told[1] or ""), self._guides.get(told[2] or "")


def tell_place(place: Place | None) -> str:
    """A place in words, by the clock of the event."""
    if place is None:
        return _("no time")
    slot, table, guide = place
    parts = [when(slot), str(table) if table else "", str(guide) if guide else ""]
    return ", ".join(filter(None, parts))


def when(slot: Slot) -> str:
    """The day and hours of a slot at the place of its event."""
    return tell_hours(slot.starts_at, slot.ends_at, zone=slot.event.zone)


def closed_tables(event: Event, at: dt.datetime | None = None) -> list[Closed]:
    """Tables that cannot be used in slots that are not over."""
    ahead = Slot.objects.filter(event=event, ends_at__gt=at or timezone.now())
    order = list(ahead.order_by("starts_at", "ends_at").select_related("event"))
    rows = TableClosed.objects.filter(table__event=event, slot__in=[one.pk for one in order])
    shut: dict[Table, set[int]] = defaultdict(set)
    for one in rows.select_related("table__hall").order_by("table__number"):
        shut[one.table].add(one.slot_id)
    return [Closed(table, _stretches(order, slots)) for table, slots in shut.items()]


def _stretches(order: Sequence[Slot], shut: Collection[int]) -> list[str]:
    """Slots that follow each other on one day are told as one stretch."""
    found: list[str] = []
    for (is_shut, _day), run in groupby(order, lambda one: (one.pk in shut, _day_of(one))):
        slots = list(run)
        if is_shut:
            first, last = slots[0].starts_at, max(one.ends_at for one in slots)
            shown = shown_time(first, last, zone=slots[0].event.zone)
            found.append(f"{shown.day}, {shown.span}")
    return found


def _day_of(slot: Slot) -> dt.date:
    return slot.starts_at.astimezone(slot.event.clock).date()
