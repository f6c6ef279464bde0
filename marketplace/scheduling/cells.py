"""Moving one meeting by hand: where it may go, at what price, what is in the way, the plan then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from marketplace.scheduling.measure import agendas, attendees, breaks_of, day_numbers
from marketplace.scheduling.problem import Place, Plan, Problem

if TYPE_CHECKING:
    from marketplace.scheduling.seating import Room  # large libraries: only where they work


class Why(StrEnum):
    """What stands in the way of a meeting in a slot."""

    AWAY = "away"
    """An attendee is away, or the slot is outside the meeting's session or wishes."""
    BUSY = "busy"
    """An attendee has another meeting."""
    TABLES = "tables"
    INTERPRETER = "interpreter"
    """Nobody who speaks both languages is free."""
    REST = "rest"
    """An attendee would have too many meetings in a row."""
    ORDER = "order"
    """Another meeting has to come before it, or after it; over others that have no slot, too."""
    UNEVEN = "uneven"
    """Breaks would differ by more than they may, and do not now: of the one with most."""
    FIXED = "fixed"
    """The meeting keeps its time: it is confirmed, locked or about to begin."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason against a slot; the attendee and the other meeting it is about, if any."""

    why: Why
    participant: int | None = None
    meeting: int | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A slot in which a meeting might start."""

    start: int
    obstacles: list[Obstacle]
    """What keeps it from there while all others stay; [] nothing."""
    price: int | None
    """Breaks that the plan has more once the meeting is there, fewer below 0; None where it cannot
    be."""


def choices(
    problem: Problem, plan: Plan, meeting: int, starts: Iterable[int], room: Room | None = None
) -> list[Cell]:
    """All these slots for one meeting; ``room`` is given where tables are closed in some slots."""
    moving = _Moving(problem, plan, meeting, room)
    found = []
    for start in starts:
        against = moving.obstacles(start)
        found.append(Cell(start, against, None if against else moving.price(start)))
    return found


def obstacles(
    problem: Problem, plan: Plan, meeting: int, start: int, room: Room | None = None
) -> list[Obstacle]:
    """What keeps a meeting from starting in a slot while all others stay; [] when nothing does.

    ``room`` is given where some tables cannot be used in some slots.
    """
    return _Moving(problem, plan, meeting, room).obstacles(start)


def uneven_without(problem: Problem, plan: Plan, meeting: int) -> bool:
    """Whether breaks would differ by more than they may once a meeting is out, and do not now."""
    return _Moving(problem, plan, meeting, None).uneven(None) is not None


def moved(
    problem: Problem, plan: Plan, meeting: int, start: int | None, room: Room | None = None
) -> Plan:
    """The plan with one meeting elsewhere, or out; others keep their table, it gets a free one.

    ``start`` is free of ``obstacles``; ``room`` as there.
    """
    slots, tables, helpers = list(plan.slot), list(plan.table), list(plan.helper)
    slots[meeting] = start
    tables[meeting] = helpers[meeting] = None
    if start is not None:
        covered = range(start, start + problem.lengths[meeting])
        helpers[meeting] = _Moving(problem, plan, meeting, room).helper(covered)
        tables[meeting] = _table(problem, plan, meeting, covered, room)
    return replace(plan, slot=tuple(slots), table=tuple(tables), helper=tuple(helpers))


class _Moving:
    """A plan without one of its meetings, read once for all slots in which that might be."""

    def __init__(self, problem: Problem, plan: Plan, meeting: int, room: Room | None) -> None:
        self._problem, self._plan, self._meeting, self._room = problem, plan, meeting, room
        self._agendas = agendas(problem, plan)
        self._busy = {
            (one, slot): other
            for one, agenda in enumerate(self._agendas)
            for slot, other in agenda
            if other != meeting
        }
        self._days = day_numbers(problem)

    def _span(self, start: int) -> range:
        return range(start, start + self._problem.lengths[self._meeting])

    def _slots_of(self, one: int) -> set[int]:
        """When a participant has other meetings."""
        return {slot for slot, other in self._agendas[one] if other != self._meeting}

    def obstacles(self, start: int) -> list[Obstacle]:
        problem, meeting = self._problem, self._meeting
        if problem.fixed and problem.fixed[meeting] not in (-1, start):
            return [Obstacle(Why.FIXED)]
        slots = self._span(start)
        found = [
            Obstacle(Why.AWAY, participant=one)
            for one in problem.meetings[meeting]
            if not problem.forbidden[one].isdisjoint(slots)
        ]
        if not found and start not in problem.domains[meeting]:
            found.append(Obstacle(Why.AWAY))
        for one in problem.meetings[meeting]:
            there = ((one, slot) for slot in slots)
            clashes = dict.fromkeys(self._busy[at] for at in there if at in self._busy)
            found += [Obstacle(Why.BUSY, one, other) for other in clashes]
        for one in problem.meetings[meeting]:
            clash = any((one, slot) in self._busy for slot in slots)
            if not clash and problem.tires(one, self._slots_of(one), slots):
                found.append(Obstacle(Why.REST, one))
        if not _has_table(problem, self._plan, meeting, slots, self._room):
            found.append(Obstacle(Why.TABLES))
        if problem.helpers[meeting] and self.helper(slots) is None:
            found.append(Obstacle(Why.INTERPRETER))
        found += _out_of_order(problem, self._plan, meeting, start)
        if not found and (most := self.uneven(start)) is not None:
            found.append(Obstacle(Why.UNEVEN, participant=most))
        return found

    def helper(self, slots: range) -> int | None:
        """The first interpreter who is free."""
        for one in self._problem.helpers[self._meeting]:
            away = not self._problem.forbidden[one].isdisjoint(slots)
            if not away and not any((one, slot) in self._busy for slot in slots):
                return one
        return None

    def price(self, start: int) -> int:
        """Breaks that its people have more when it starts there, counted as a certificate does."""
        then = self._breaks_then(start)
        return sum(breaks - self._breaks[person] for person, breaks in then.items())

    def uneven(self, start: int | None) -> int | None:
        """Who then has too many breaks more than another; None where nobody has, or has already.

        ``start`` None: once it is out.
        """
        most = self._problem.fairness
        if most is None or not self._breaks or _spread(self._breaks) > most:
            return None
        then = {**self._breaks, **self._breaks_then(start)}
        return max(then, key=then.__getitem__) if _spread(then) > most else None

    @cached_property
    def _breaks(self) -> dict[int, int]:
        """Breaks now, of everybody whose count."""
        return {
            person: breaks_of(agenda, self._days)
            for person, agenda in enumerate(self._agendas)
            if self._problem.counts(person)
        }

    def _breaks_then(self, start: int | None) -> dict[int, int]:
        """Breaks of its people, of now and of then, when it starts there or is out."""
        slots = range(0) if start is None else self._span(start)
        guide = None if start is None else self.helper(slots)
        people = () if start is None else self._problem.meetings[self._meeting]
        there = {*people, *(() if guide is None else (guide,))}
        now = attendees(self._problem, self._plan, self._meeting)
        found = {}
        for person in there.union(now):
            if person in self._breaks:
                rest = [entry for entry in self._agendas[person] if entry[1] != self._meeting]
                then = [(slot, self._meeting) for slot in slots] if person in there else []
                found[person] = breaks_of(sorted(rest + then), self._days)
        return found


def _spread(breaks: Mapping[int, int]) -> int:
    return max(breaks.values()) - min(breaks.values())


def _at(problem: Problem, plan: Plan, meeting: int, slots: Iterable[int]) -> list[int]:
    """Other meetings with a shared table that are held in some of the slots."""
    wanted = set(slots)
    return [
        other
        for other, start in enumerate(plan.slot)
        if start is not None
        and other != meeting
        and problem.places[other] is not Place.NONE
        and not wanted.isdisjoint(range(start, start + problem.lengths[other]))
    ]


def _has_table(problem: Problem, plan: Plan, meeting: int, slots: range, room: Room | None) -> bool:
    if problem.places[meeting] is Place.NONE:
        return True
    return all(
        len(_at(problem, plan, meeting, [slot])) < problem.tables[slot] for slot in slots
    ) and (
        problem.places[meeting] is Place.TABLE
        or _table(problem, plan, meeting, slots, room) is not None
    )


def _table(
    problem: Problem, plan: Plan, meeting: int, slots: range, room: Room | None
) -> int | None:
    """A table free in all slots; those with a screen come first, so others are looked at last."""
    if problem.places[meeting] is Place.NONE:
        return None
    taken = {plan.table[other] for other in _at(problem, plan, meeting, slots)}
    screens = min(problem.screens[slot] for slot in slots)
    numbers = list(range(min(problem.tables[slot] for slot in slots)))
    if room is not None:
        screens = sum(room.screen)
        numbers = [at for at, shut in enumerate(room.closed) if shut.isdisjoint(slots)]
    if problem.places[meeting] is Place.SCREEN:
        numbers = [number for number in numbers if number < screens]
    else:
        numbers.sort(key=lambda number: number < screens)
    return next((number for number in numbers if number not in taken), None)


def _out_of_order(problem: Problem, plan: Plan, meeting: int, start: int) -> list[Obstacle]:
    found = []
    for first, second in problem.precedences:
        other = second if first == meeting else first
        at = plan.slot[other]
        if meeting not in (first, second) or at is None:
            continue
        if first == meeting:
            late = start + problem.lengths[meeting] > at
        else:
            late = at + problem.lengths[other] > start
        if late:
            found.append(Obstacle(Why.ORDER, meeting=other))
    return found
