"""From a problem to the arrays the compiled search works on, and back to a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from marketplace.scheduling.board import (
    BEST_WAITING,
    WAITING,
    Ints,
    Longs,
    Prices,
    State,
    Task,
    seat_all,
)
from marketplace.scheduling.problem import Plan, Problem

NO_LIMIT = 1 << 20
"""Of breaks or minutes of one participant: more than there can be."""


def task_of(problem: Problem) -> Task:
    """The arrays of what is asked."""
    meetings, slots = len(problem.meetings), problem.slots
    people_start, people = _rows(problem.meetings)
    mine: list[list[int]] = [[] for _ in range(problem.participants)]
    for meeting, attendees in enumerate(problem.meetings):
        for person in attendees:
            mine[person].append(meeting)
    before: list[list[int]] = [[] for _ in range(meetings)]
    after: list[list[int]] = [[] for _ in range(meetings)]
    for first, second in problem.precedences:
        before[second].append(first)
        after[first].append(second)
    allowed = np.zeros((meetings, slots), np.bool_)
    for meeting, starts in enumerate(problem.domains):
        allowed[meeting, list(starts)] = True
    away = np.zeros((problem.participants, slots), np.bool_)
    for person, absent in enumerate(problem.forbidden):
        away[person, list(absent)] = True
    burden = np.zeros((problem.participants, slots), np.int32)
    if problem.burden:
        burden[:] = problem.burden
    day, word, bit, day_word = _days(problem)
    return Task(
        people_start,
        people,
        *_rows(mine),
        *_rows(problem.helpers),
        *_rows(problem.domains),
        allowed,
        *_rows(before),
        *_rows(after),
        np.array(problem.lengths, np.int32),
        np.array(problem.places, np.int32),
        away,
        np.array([problem.counts(person) for person in range(problem.participants)], np.bool_),
        burden,
        np.array(problem.tables, np.int32),
        np.array(problem.screens, np.int32),
        day,
        word,
        bit,
        np.array(problem.too_long, np.int32),
        np.array(problem.resting, np.bool_),
        day_word,
    )


def _rows(rows: Iterable[Sequence[int]]) -> tuple[Longs, Ints]:
    rows = list(rows)
    start = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=start[1:])
    return start, np.fromiter((item for row in rows for item in row), np.int32, int(start[-1]))


def _days(problem: Problem) -> tuple[Ints, Ints, np.ndarray, Ints]:
    day, word = np.zeros(problem.slots, np.int32), np.zeros(problem.slots, np.int32)
    bit, day_word = np.zeros(problem.slots, np.uint64), [0]
    for number, slots in enumerate(problem.days):
        for place, slot in enumerate(slots):
            day[slot], word[slot] = number, day_word[-1] + place // 64
            bit[slot] = np.uint64(1) << np.uint64(place % 64)
        day_word.append(day_word[-1] + -(-len(slots) // 64))
    return day, word, bit, np.array(day_word, np.int32)


def empty_state(task: Task, seed: int) -> State:
    """A timetable with nothing in it."""
    meetings, (participants, slots) = len(task.length), task.away.shape

    def none(length: int) -> Ints:
        return np.full(length, -1, np.int32)

    state = State(
        slot=none(meetings),
        helper=none(meetings),
        at=np.full((participants, slots), -1, np.int32),
        busy=np.zeros((participants, int(task.day_word[-1])), np.uint64),
        gap=np.zeros((participants, len(task.day_word) - 1), np.int64),
        breaks=np.zeros(participants, np.int32),
        idle=np.zeros(participants, np.int32),
        minutes=np.zeros(participants, np.int64),
        load=np.zeros(slots, np.int32),
        screened=np.zeros(slots, np.int32),
        waiting=np.arange(meetings, dtype=np.int32),
        waiting_at=np.arange(meetings, dtype=np.int32),
        broken=none(participants),
        broken_at=none(participants),
        queue=none(meetings + 1),
        mark=np.zeros(meetings, np.int64),
        touched=none(participants),
        log=none(1024),
        banned=np.full((meetings, 2), -1, np.int64),
        best_slot=none(meetings),
        best_helper=none(meetings),
        counts=np.zeros(8, np.int64),
        cost=np.zeros(2),
        chance=np.array([seed & 0xFFFFFFFFFFFFFFFF], np.uint64),
    )
    state.counts[[WAITING, BEST_WAITING]] = meetings
    return state


def seat_plan(task: Task, state: State, prices: Prices, plan: Plan) -> None:
    """Put the meetings of a plan into an empty timetable, as far as they keep the rules."""
    helpers = plan.helper or (None,) * len(plan.slot)
    seat_all(task, state, prices, _or_none(plan.slot), _or_none(helpers))


def _or_none(numbers: Sequence[int | None]) -> Ints:
    return np.array([-1 if number is None else number for number in numbers], np.int32)


def plan_of(slots: Ints, helpers: Ints) -> Plan:
    """A plan, yet without tables, from the slots and interpreters of all meetings."""
    return Plan(
        slot=tuple(None if slot < 0 else slot for slot in slots.tolist()),
        table=(),
        helper=tuple(None if helper < 0 else helper for helper in helpers.tolist()),
    )


def prices_of(problem: Problem) -> Prices:
    """What breaks cost where hours of day are of no concern."""
    # If nobody has more than the limit, no two differ by more.
    fairness = NO_LIMIT if problem.fairness is None else problem.fairness
    return Prices(
        broken=1.0,
        idle=0.001,
        fairness=fairness,
        unfair=0.0 if problem.fairness is None else 4.0,
        cap=NO_LIMIT,
        over=0.0,
        even=0.0,
    )
