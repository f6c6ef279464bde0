"""A first timetable: one meeting after the other where it does least harm, then with force.

What finds no free slot is seated by Kempe chains that clear one, and if that fails by putting
another meeting out for a while.
"""

from __future__ import annotations

import numpy as np

from marketplace.scheduling.arrays import empty_state, plan_of, prices_of, seat_plan, task_of
from marketplace.scheduling.board import (
    BEST_WAITING,
    SIZE,
    STAMP,
    STEP,
    WAITING,
    Ints,
    Prices,
    State,
    Task,
    compiled,
    draw,
    fits,
    free_helper,
    has_table,
    in_order,
    keeps_rests,
    lacks_screen,
    put,
    take,
)
from marketplace.scheduling.chains import find_chain, swap_chain
from marketplace.scheduling.measure import measure
from marketplace.scheduling.problem import Plan, Problem, Progress, Tell

NOBODY = -2
"""``free_helper`` found none."""
STEPS = 400
"""Attempts per meeting to seat what is left over."""
BATCH = 5_000
"""Attempts between two reports: some 0.1 s."""


def place(
    problem: Problem,
    *,
    seed: int = 1,
    plan: Plan | None = None,
    steps: int = STEPS,
    tell: Tell | None = None,
) -> Plan:
    """A plan, yet without tables, that seats as many meetings as it finds a way to.

    It starts from ``plan``, as far as that keeps the rules; who has a slot there may move, and no
    fewer meetings are seated. ``steps`` limits the attempts, per meeting, once there is no
    free slot; ``tell`` hears how many are seated after each batch of them, and may end them.
    """
    task, prices = task_of(problem), prices_of(problem)
    state = empty_state(task, seed)
    if plan is not None:
        seat_plan(task, state, prices, plan)
    greedy(task, state, prices, order_of(problem))
    save(state)
    told: Progress | None = None
    for done in range(0, steps * len(problem.meetings), BATCH):
        fill(task, state, prices, min(BATCH, steps * len(problem.meetings) - done), True)
        if state.counts[WAITING] == 0:
            break
        if tell is not None:
            told = _news(problem, state, told)
            if not tell(told):
                break
    return plan_of(state.best_slot, state.best_helper)


def _news(problem: Problem, state: State, told: Progress | None) -> Progress:
    """The best so far; what was told last where no more meetings are seated by now."""
    seated = len(problem.meetings) - int(state.counts[BEST_WAITING])
    if told is not None and told.placed == seated:
        return told
    best = plan_of(state.best_slot, state.best_helper)
    figures = measure(problem, best)
    return Progress(figures.placed, figures.breaks, 0, best)


def order_of(problem: Problem) -> Ints:
    """All meetings, those first whose people have most to do; what stands fixed comes before all.

    Then those with one slot to choose, and long ones.
    """
    degree = [0] * problem.participants
    for attendees, length in zip(problem.meetings, problem.lengths, strict=True):
        for person in attendees:
            degree[person] += length
    depth = _depths(problem)
    fixed = problem.fixed or (-1,) * len(problem.meetings)

    def rank(meeting: int) -> tuple[bool, bool, int, int, int, int]:
        return (
            fixed[meeting] < 0,
            len(problem.domains[meeting]) != 1,
            -problem.lengths[meeting],
            depth[meeting],
            -sum(degree[person] for person in problem.meetings[meeting]),
            meeting,
        )

    return np.array(sorted(range(len(problem.meetings)), key=rank), np.int32)


def _depths(problem: Problem) -> list[int]:
    """How many meetings come before each in a row; meetings in a circle get any number."""
    depth = [0] * len(problem.meetings)
    for _ in range(min(len(problem.meetings), problem.slots)):
        changed = False
        for first, second in problem.precedences:
            if depth[second] <= depth[first]:
                depth[second] = depth[first] + 1
                changed = True
        if not changed:
            break
    return depth


@compiled
def greedy(task: Task, state: State, prices: Prices, order: Ints) -> None:
    """Seat waiting meetings in this order, each where that adds least cost."""
    for meeting in order:
        if state.slot[meeting] < 0:
            seat_best(task, state, prices, meeting)


@compiled
def seat_best(task: Task, state: State, prices: Prices, meeting: int) -> bool:
    """Seat a waiting meeting where it adds least cost and then most tables are left, if it can."""
    best, best_left, chosen, guide = 0.0, 0, -1, -1
    for i in range(task.starts_start[meeting], task.starts_start[meeting + 1]):
        slot = task.starts[i]
        if not fits(task, state, meeting, slot):
            continue
        helper = free_helper(task, state, meeting, slot)
        if helper == NOBODY:
            continue
        left = task.tables[slot] - state.load[slot]
        before = state.cost[0]
        put(task, state, prices, meeting, slot, helper)
        more = state.cost[0] - before
        take(task, state, prices, meeting)
        if chosen < 0 or more < best - 1e-9 or (more < best + 1e-9 and left > best_left):
            best, best_left, chosen, guide = more, left, slot, helper
    if chosen >= 0:
        put(task, state, prices, meeting, chosen, guide)
    return chosen >= 0


@compiled
def save(state: State) -> None:
    """Keep the timetable as the best so far."""
    for meeting in range(len(state.slot)):
        state.best_slot[meeting] = state.slot[meeting]
        state.best_helper[meeting] = state.helper[meeting]
    state.counts[BEST_WAITING] = state.counts[WAITING]
    state.cost[1] = state.cost[0]


@compiled
def fill(task: Task, state: State, prices: Prices, steps: int, daring: bool) -> None:
    """Try to seat what waits; the timetable that seats most is saved.

    ``daring``: now and then more meetings wait for a while, and so the present timetable may be
    worse than the one saved. Otherwise never more of them wait than before.
    """
    for _ in range(steps):
        waiting = state.counts[WAITING]
        if waiting == 0:
            return
        meeting = state.waiting[draw(state.chance, waiting)]
        if task.starts_start[meeting] == task.starts_start[meeting + 1]:
            continue
        state.counts[STEP] += 1
        if not (seat_best(task, state, prices, meeting) or clear_way(task, state, prices, meeting)):
            most = 1
            if daring and draw(state.chance, 20) == 0:
                most = 2
            if waiting <= state.counts[BEST_WAITING] + 3:
                put_out(task, state, prices, meeting, most)
            else:
                put_out(task, state, prices, meeting, 1)
        if daring and state.counts[WAITING] < state.counts[BEST_WAITING]:
            save(state)


@compiled
def clear_way(task: Task, state: State, prices: Prices, meeting: int) -> bool:
    """Try to seat a meeting of one slot where chains can clear one."""
    first, end = task.starts_start[meeting], task.starts_start[meeting + 1]
    if task.length[meeting] != 1:
        return False
    for _ in range(3):
        slot = task.starts[first + draw(state.chance, end - first)]
        if not in_order(task, state, meeting, slot):
            continue
        moves = 0
        for i in range(task.people_start[meeting], task.people_start[meeting + 1]):
            blocker = state.at[task.people[i], slot]
            if blocker >= 0 and moves < 30:
                moves += _push(task, state, prices, blocker, slot, moves)
        if not has_table(task, state, meeting, slot) and moves < 30:
            blocker = _someone(task, state, meeting, slot)
            if blocker >= 0:
                moves += _push(task, state, prices, blocker, slot, moves)
        if fits(task, state, meeting, slot):
            helper = free_helper(task, state, meeting, slot)
            if helper != NOBODY:
                put(task, state, prices, meeting, slot, helper)
                return True
        for i in range(moves - 1, -1, -1):
            mover, old = state.log[2 * i], state.log[2 * i + 1]
            # The same chain goes back as it came.
            find_chain(task, state, mover, old)
            swap_chain(task, state, prices, mover, old)
    return False


@compiled
def _push(task: Task, state: State, prices: Prices, blocker: int, slot: int, moves: int) -> int:
    """Move a meeting to another slot by a chain; how many chains that took: 0 or 1."""
    first, end = task.starts_start[blocker], task.starts_start[blocker + 1]
    for _ in range(4):
        target = task.starts[first + draw(state.chance, end - first)]
        if target != slot and find_chain(task, state, blocker, target):
            swap_chain(task, state, prices, blocker, target)
            state.log[2 * moves], state.log[2 * moves + 1] = blocker, slot
            return 1
    return 0


@compiled
def _someone(task: Task, state: State, meeting: int, slot: int) -> int:
    """A seated meeting, by chance, whose leaving would give the meeting a table; -1 none found."""
    blind = lacks_screen(task, state, meeting, slot)
    for _ in range(40):
        found = state.at[draw(state.chance, len(state.at)), slot]
        if found >= 0 and (task.place[found] == 1 or (task.place[found] == 0 and not blind)):
            return int(found)
    return -1


@compiled
def put_out(task: Task, state: State, prices: Prices, meeting: int, most: int) -> bool:
    """Seat a meeting and let at most so many others wait for it; fixed ones never do."""
    first, end = task.starts_start[meeting], task.starts_start[meeting + 1]
    chosen, guide, fewest, ties = -1, -1, most + 1, 0
    for i in range(first, end):
        slot = task.starts[i]
        banned = state.banned[meeting, 0] == slot
        if banned and state.counts[STEP] < state.banned[meeting, 1]:
            continue
        helper = _helper_anyway(task, state, meeting, slot)
        out = _in_the_way(task, state, meeting, slot, helper)
        if out > fewest or out > most:
            continue
        ties = ties + 1 if out == fewest else 1
        if out < fewest or draw(state.chance, ties) == 0:
            fewest, chosen, guide = out, slot, helper
    if chosen < 0:
        return False
    out = _in_the_way(task, state, meeting, chosen, guide)
    if out != fewest:  # somebody else was found to give up the table
        return False
    for i in range(out):
        other = state.queue[i]
        state.banned[other, 0] = state.slot[other]
        state.banned[other, 1] = state.counts[STEP] + 10 + draw(state.chance, 10)
        take(task, state, prices, other)
    put(task, state, prices, meeting, chosen, guide)
    return True


@compiled
def _helper_anyway(task: Task, state: State, meeting: int, slot: int) -> int:
    """A free interpreter or else one who has another meeting; -1 when none is needed or there."""
    helper = free_helper(task, state, meeting, slot)
    if helper != NOBODY:
        return helper
    first, end = task.helpers_start[meeting], task.helpers_start[meeting + 1]
    skip = draw(state.chance, end - first)
    for i in range(end - first):
        helper = int(task.helpers[first + (i + skip) % (end - first)])
        there = True
        for at in range(slot, slot + task.length[meeting]):
            there = there and not task.away[helper, at]
        if there:
            return helper
    return -1


@compiled
def _in_the_way(task: Task, state: State, meeting: int, slot: int, helper: int) -> int:
    """Collect the meetings that would have to wait; how many, or 1000 when that would not do."""
    state.counts[STAMP] += 1
    state.counts[SIZE] = 0
    if helper < 0 and task.helpers_start[meeting] < task.helpers_start[meeting + 1]:
        return 1000
    for at in range(slot, slot + task.length[meeting]):
        tables = screens = 0
        end = task.people_start[meeting + 1]
        for i in range(task.people_start[meeting], end + 1):
            person = task.people[i] if i < end else helper
            if person >= 0 and state.at[person, at] >= 0:
                _mark(state, state.at[person, at])
        if task.place[meeting] < 2:
            for i in range(state.counts[SIZE]):
                other = state.queue[i]
                here = state.slot[other] <= at < state.slot[other] + task.length[other]
                if here and task.place[other] < 2:
                    tables += 1
                    screens += 1 if task.place[other] == 1 else 0
            lacking = state.load[at] >= task.tables[at] and tables == 0
            if lacking or (lacks_screen(task, state, meeting, at) and screens == 0):
                other = _someone(task, state, meeting, at)
                if other < 0:
                    return 1000
                _mark(state, other)
    for i in range(task.before_start[meeting], task.before_start[meeting + 1]):
        earlier = task.before[i]
        if state.slot[earlier] >= 0 and state.slot[earlier] + task.length[earlier] > slot:
            _mark(state, earlier)
    for i in range(task.after_start[meeting], task.after_start[meeting + 1]):
        later = task.after[i]
        if 0 <= state.slot[later] < slot + task.length[meeting]:
            _mark(state, later)
    for i in range(state.counts[SIZE]):
        other = state.queue[i]
        if task.starts_start[other + 1] - task.starts_start[other] == 1:
            return 1000
    if not keeps_rests(task, state, meeting, slot, state.counts[STAMP]):
        return 1000
    return int(state.counts[SIZE])


@compiled
def _mark(state: State, meeting: int) -> None:
    """Add a meeting to those that have to wait."""
    if state.mark[meeting] != state.counts[STAMP]:
        state.mark[meeting] = state.counts[STAMP]
        state.queue[state.counts[SIZE]] = meeting
        state.counts[SIZE] += 1
