"""Moving one meeting by hand: where it may go, what stands in the way, the plan after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from marketplace.scheduling.measure import agendas
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
    ORDER = "order"
    FIXED = "fixed"
    """The meeting keeps its time: it is confirmed, locked or about to begin."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason against a slot; the attendee and the other meeting it is about, if any."""

    why: Why
    participant: int | None = None
    meeting: int | None = None


def obstacles(
    problem: Problem, plan: Plan, meeting: int, start: int, room: Room | None = None
) -> list[Obstacle]:
    """What keeps a meeting from starting in a slot while all others stay; [] when nothing does.

    ``room`` is given where some tables cannot be used in some slots.
    """
    if problem.fixed and problem.fixed[meeting] not in (-1, start):
        return [Obstacle(Why.FIXED)]
    slots = range(start, start + problem.lengths[meeting])
    found = [
        Obstacle(Why.AWAY, participant=one)
        for one in problem.meetings[meeting]
        if not problem.forbidden[one].isdisjoint(slots)
    ]
    if not found and start not in problem.domains[meeting]:
        found.append(Obstacle(Why.AWAY))
    busy = {
        (one, slot): other
        for one, agenda in enumerate(agendas(problem, plan))
        for slot, other in agenda
        if other != meeting
    }
    for one in problem.meetings[meeting]:
        clashes = dict.fromkeys(busy[one, slot] for slot in slots if (one, slot) in busy)
        found += [Obstacle(Why.BUSY, one, other) for other in clashes]
    if not _has_table(problem, plan, meeting, slots, room):
        found.append(Obstacle(Why.TABLES))
    if problem.helpers[meeting] and _helper(problem, busy, meeting, slots) is None:
        found.append(Obstacle(Why.INTERPRETER))
    found += _out_of_order(problem, plan, meeting, start)
    return found


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
        busy = {
            (one, slot): other
            for one, agenda in enumerate(agendas(problem, plan))
            for slot, other in agenda
            if other != meeting
        }
        helpers[meeting] = _helper(problem, busy, meeting, covered)
        tables[meeting] = _table(problem, plan, meeting, covered, room)
    return replace(plan, slot=tuple(slots), table=tuple(tables), helper=tuple(helpers))


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


def _helper(
    problem: Problem, busy: dict[tuple[int, int], int], meeting: int, slots: range
) -> int | None:
    for one in problem.helpers[meeting]:
        away = not problem.forbidden[one].isdisjoint(slots)
        if not away and not any((one, slot) in busy for slot in slots):
            return one
    return None


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
