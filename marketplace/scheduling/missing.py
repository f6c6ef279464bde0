"""Why a mended plan has no place for a meeting; nothing is searched."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from marketplace.scheduling.moving import Calendars, Seats
from marketplace.scheduling.problem import Cause, Plan, Problem


def causes(
    problem: Problem, plan: Plan, meetings: Iterable[int], window: Collection[int]
) -> dict[int, Cause]:
    """What keeps each of these meetings out, nothing being changed in the ``window``."""
    seats = Seats(plan.slot, plan.helper, frozenset())
    calendars = Calendars.of(problem, seats, range(len(plan.slot)))
    return {one: _cause(problem, calendars, one, window) for one in meetings}


def _cause(problem: Problem, calendars: Calendars, meeting: int, window: Collection[int]) -> Cause:
    length, helpers = problem.lengths[meeting], problem.helpers[meeting]
    starts = [
        start
        for start in problem.domains[meeting]
        if not any(at in window for at in range(start, start + length))
    ]
    if not starts:
        return Cause.NO_COMMON_SLOT
    free = [start for start in starts if calendars.admits(problem, meeting, start, None)]
    if not free:
        return Cause.CROWDED
    free = [start for start in free if calendars.rests(problem, meeting, start)]
    if not free:
        return Cause.NO_REST
    helped = [
        start
        for start in free
        if not helpers
        or any(calendars.admits(problem, meeting, start, helper) for helper in helpers)
    ]
    if not helped:
        return Cause.NO_INTERPRETER
    if not any(calendars.has_table(problem, meeting, start) for start in helped):
        return Cause.TABLES
    return Cause.ORDER
