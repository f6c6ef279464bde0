"""How good a plan is: breaks, idle slots, evenness, table changes, unkind hours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from marketplace.scheduling.problem import Kept, Plan, Problem


@dataclass(frozen=True, slots=True)
class Measures:
    """Figures of one plan; of counted participants alone, but for ``burden``."""

    placed: int
    breaks: int
    """Groups of idle slots between two meetings of one participant on one day."""
    idle_slots: int
    """Slots in those groups."""
    most_breaks: int
    spread: int
    """Most less fewest breaks of a participant; who has no meeting has none."""
    table_changes: int
    """Times a participant goes from one table to another between two meetings of a day."""
    most_burden: int
    """Minutes outside 8 to 20 o'clock, of the participant who has most."""


def attendees(problem: Problem, plan: Plan, meeting: int) -> tuple[int, ...]:
    """Those whom the meeting keeps busy: its people, and the interpreter the plan gives it."""
    helper = plan.helper[meeting] if plan.helper else None
    people = problem.meetings[meeting]
    return people if helper is None else (*people, helper)


def agendas(problem: Problem, plan: Plan) -> list[list[tuple[int, int]]]:
    """Per participant the pairs (slot, meeting) of a plan, in order of time."""
    days: list[list[tuple[int, int]]] = [[] for _ in range(problem.participants)]
    for meeting, start in enumerate(plan.slot):
        if start is None:
            continue
        for slot in range(start, start + problem.lengths[meeting]):
            for participant in attendees(problem, plan, meeting):
                days[participant].append((slot, meeting))
    for agenda in days:
        agenda.sort()
    return days


def day_numbers(problem: Problem) -> list[int]:
    """The number of the day of each slot."""
    numbers = [0] * problem.slots
    for number, slots in enumerate(problem.days):
        for slot in slots:
            numbers[slot] = number
    return numbers


def measure(problem: Problem, plan: Plan) -> Measures:
    """All figures of a plan; it may be half full, and is taken to keep the rules."""
    day_of = day_numbers(problem)
    breaks = idle = changes = burden = 0
    each = []
    for participant, agenda in enumerate(agendas(problem, plan)):
        if problem.burden:
            minutes = problem.burden[participant]
            burden = max(burden, sum(minutes[slot] for slot, _ in agenda))
        if not problem.counts(participant):
            continue
        own = breaks_of(agenda, day_of)
        for (left, first), (right, second) in pairwise(agenda):
            if day_of[left] == day_of[right]:
                idle += right - left - 1
                changes += first != second and _moves(plan, first, second)
        each.append(own)
        breaks += own
    return Measures(
        placed=sum(slot is not None for slot in plan.slot),
        breaks=breaks,
        idle_slots=idle,
        most_breaks=max(each, default=0),
        spread=max(each, default=0) - min(each, default=0),
        table_changes=changes,
        most_burden=burden,
    )


def breaks_of(agenda: Sequence[tuple[int, int]], day_of: Sequence[int]) -> int:
    """Groups of idle slots of one agenda, in order of time."""
    return sum(
        right > left + 1 and day_of[left] == day_of[right]
        for (left, _), (right, _) in pairwise(agenda)
    )


class Seated(Protocol):
    """Slots and interpreters of all meetings."""

    @property
    def slot(self) -> Sequence[int | None]: ...
    @property
    def helper(self) -> Sequence[int | None]: ...


def troubled(
    problem: Problem, before: Seated, after: Seated, excused: Collection[int] = ()
) -> tuple[int, ...]:
    """Those with another hour; who only gains a meeting is not among them, but interpreters.

    Both give all meetings an entry for the interpreter.
    """
    people: set[int] = set()
    for meeting, was in enumerate(before.slot):
        former, latter = before.helper[meeting], after.helper[meeting]
        if was is not None and was != after.slot[meeting]:
            people.update(problem.meetings[meeting])
        if (was, former) != (after.slot[meeting], latter):
            people.update(helper for helper in (former, latter) if helper is not None)
    return tuple(sorted(people.difference(excused)))


def kept(problem: Problem, plan: Plan) -> Kept:
    """How much of the former plan of the problem stays; what is proved of that is not said."""
    former = problem.former or Plan((None,) * len(plan.slot))
    before, after = (with_helpers(one) for one in (former, plan))
    moved = lost = tables = 0
    for meeting, was in enumerate(former.slot):
        now = plan.slot[meeting]
        moved += None not in (was, now) and was != now
        lost += was is not None and now is None
        same = was is not None and was == now and bool(former.table) and bool(plan.table)
        tables += same and former.table[meeting] != plan.table[meeting]
    people = problem.people().intersection(troubled(problem, before, after))
    return Kept(moved=moved, lost=lost, people=len(people), other_tables=tables)


def with_helpers(plan: Plan) -> Plan:
    """The plan with an entry for the interpreter of each meeting."""
    return Plan(plan.slot, plan.table, plan.helper or (None,) * len(plan.slot))


def _moves(plan: Plan, first: int, second: int) -> bool:
    if not plan.table:
        return False
    left, right = plan.table[first], plan.table[second]
    return left is not None and right is not None and left != right
