"""Timetables for large events: Kempe chains change sides, by chance and ever more choosily.

A worse timetable is taken with probability exp(-more breaks / heat), the heat falling by the same
factor from step to step. Source: Kirkpatrick, Gelatt, Vecchi (1983), Optimization by simulated
annealing; with Kempe chains: Thompson, Dowsland (1996), Variants of simulated annealing for the
examination timetabling problem.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from marketplace.scheduling.arrays import (
    NO_LIMIT,
    empty_state,
    plan_of,
    prices_of,
    seat_plan,
    task_of,
)
from marketplace.scheduling.board import (
    BEST_WAITING,
    BROKEN,
    WAITING,
    Prices,
    State,
    Task,
    compiled,
    draw,
    fits,
    free_helper,
    put,
    share,
    take,
)
from marketplace.scheduling.chains import chain_cost, find_chain, swap_chain
from marketplace.scheduling.measure import measure
from marketplace.scheduling.placing import NOBODY, fill, save
from marketplace.scheduling.problem import Plan, Problem, Progress, Tell

HOT, COLD = 0.2, 0.06
"""Heat at the start and the end, in breaks; hotter at the start leaves more breaks."""
BATCH = 1_000_000
"""Steps between two reports."""
STEPS = 10_000
"""Steps per meeting: twice what leaves 2,000 people with 10,000 meetings without breaks."""


@dataclass(frozen=True, slots=True)
class Cooling:
    """How long and how hot to search."""

    steps: int
    hot: float = HOT
    cold: float = COLD


def anneal(
    problem: Problem,
    plan: Plan,
    *,
    seed: int = 1,
    steps: int | None = None,
    enough: int = 0,
    most_placed: int | None = None,
    tell: Tell | None = None,
) -> Plan:
    """A plan with fewer breaks than ``plan``, yet without tables.

    No fewer meetings are seated than before, apart from those that do not keep the rules.
    ``steps`` limits the search (all together); it ends sooner when ``most_placed`` meetings (None:
    all) are seated and there are no more than ``enough`` breaks: bounds that are known. Where hours
    of day matter, the largest burden comes first. Without ``tell`` the same arguments give the same
    plan; it may stop the search between two batches.
    """
    total = STEPS * len(problem.meetings) if steps is None else steps
    most = len(problem.meetings) if most_placed is None else most_placed
    search = _Search(problem, seed, enough, len(problem.meetings) - most, tell)
    if not problem.burden:
        return search.run(plan, prices_of(problem), Cooling(total))
    return _kind_hours_first(problem, plan, search, total)


def _kind_hours_first(problem: Problem, plan: Plan, search: _Search, total: int) -> Plan:
    """Lower the largest burden as far as it goes, then the breaks under that."""
    plain = prices_of(problem)
    evening = plain._replace(broken=0.05, unfair=0.05 * plain.unfair, even=1.0)
    plan = search.run(plan, evening, Cooling(total // 4))
    for _ in range(8):
        most = measure(problem, plan).most_burden
        if most == 0 or search.stopped:
            break
        capped = evening._replace(even=0.0, over=0.1, cap=most - 1)
        lower = search.run(plan, capped, Cooling(total // 32))
        if measure(problem, lower).most_burden >= most:
            break
        plan = lower
    most = measure(problem, plan).most_burden
    return search.run(plan, plain._replace(over=1.0, cap=most), Cooling(total // 2))


class _Search:
    """Runs batches, reports between them, and keeps the best plan."""

    def __init__(
        self, problem: Problem, seed: int, enough: int, waiting: int, tell: Tell | None
    ) -> None:
        self.stopped = False
        self._problem, self._task = problem, task_of(problem)
        self._seed, self._enough, self._waiting, self._tell = seed, enough, waiting, tell

    def run(self, plan: Plan, prices: Prices, cooling: Cooling) -> Plan:
        """The best plan found from a plan on, that one included."""
        task, state = self._task, empty_state(self._task, self._seed)
        self._seed += 1
        seat_plan(task, state, prices, plan)
        save(state)
        enough = self._enough if prices.cap == NO_LIMIT and prices.even == 0 else -1
        for first in range(0, cooling.steps, BATCH):
            seated = state.counts[BEST_WAITING] <= self._waiting
            if self.stopped or (seated and _breaks(state) <= enough):
                break
            last = min(first + BATCH, cooling.steps)
            _batch(task, state, prices, first, last, cooling.steps, cooling.hot, cooling.cold)
            if self._tell is not None:
                best = plan_of(state.best_slot, state.best_helper)
                figures = measure(self._problem, best)
                told = Progress(figures.placed, figures.breaks, self._enough, best)
                self.stopped = not self._tell(told)
        return plan_of(state.best_slot, state.best_helper)


def _breaks(state: State) -> int:
    """Breaks of the best timetable, which cost 1 each and idle slots next to nothing."""
    return int(state.cost[1] + 1e-6)


@compiled
def _batch(
    task: Task,
    state: State,
    prices: Prices,
    first: int,
    last: int,
    total: int,
    hot: float,
    cold: float,
) -> None:
    """Steps from first up to last, out of so many in all."""
    heat = hot
    for step in range(first, last):
        if step % 1024 == 0 or step == first:
            heat = hot * (cold / hot) ** (step / total)
            if state.counts[WAITING] > 0:
                fill(task, state, prices, 1, False)
                _save_if_best(state)
        person = _somebody(task, state)
        begin, end = task.mine_start[person], task.mine_start[person + 1]
        if begin == end:
            continue
        meeting = int(task.mine[begin + draw(state.chance, end - begin)])
        slot = state.slot[meeting]
        if slot < 0:
            continue
        target = _target(task, state, meeting, person)
        if target < 0:
            continue
        # Any change up to this much is taken.
        most = -heat * math.log(share(state.chance))
        if task.length[meeting] != 1 or target == slot:
            _relocate(task, state, prices, meeting, target, most)
        elif find_chain(task, state, meeting, target):
            more = chain_cost(task, state, prices, meeting, target)
            if more <= most:
                swap_chain(task, state, prices, meeting, target)
        if state.cost[0] < state.cost[1] - 1e-4:
            _save_if_best(state)


@compiled
def _save_if_best(state: State) -> None:
    waiting, best = state.counts[WAITING], state.counts[BEST_WAITING]
    if waiting < best or (waiting == best and state.cost[0] < state.cost[1] - 1e-4):
        save(state)


@compiled
def _somebody(task: Task, state: State) -> int:
    """A participant by chance; every other time one with breaks."""
    broken = state.counts[BROKEN]
    if broken > 0 and draw(state.chance, 2) == 0:
        return int(state.broken[draw(state.chance, broken)])
    return draw(state.chance, len(state.at))


@compiled
def _target(task: Task, state: State, meeting: int, person: int) -> int:
    """A slot to try: mostly next to another meeting of the participant, else any; -1 none."""
    if draw(state.chance, 10) < 7:
        begin, end = task.mine_start[person], task.mine_start[person + 1]
        other = task.mine[begin + draw(state.chance, end - begin)]
        if other != meeting and state.slot[other] >= 0:
            if draw(state.chance, 2) == 0:
                slot = state.slot[other] - task.length[meeting]
            else:
                slot = state.slot[other] + task.length[other]
            if 0 <= slot < len(task.day) and task.allowed[meeting, slot]:
                return _unless_idle(task, state, meeting, slot)
        return -1
    begin, end = task.starts_start[meeting], task.starts_start[meeting + 1]
    if begin == end:
        return -1
    return _unless_idle(task, state, meeting, task.starts[begin + draw(state.chance, end - begin)])


@compiled
def _unless_idle(task: Task, state: State, meeting: int, slot: int) -> int:
    """The slot, or -1 when a meeting that is there already has nothing to change."""
    helpers = task.helpers_start[meeting + 1] - task.helpers_start[meeting]
    if slot == state.slot[meeting] and helpers < 2:
        return -1
    return int(slot)


@compiled
def _relocate(
    task: Task, state: State, prices: Prices, meeting: int, target: int, most: float
) -> None:
    """Move one meeting alone, or give it another interpreter, if that adds no more than most."""
    slot, helper = state.slot[meeting], state.helper[meeting]
    before = state.cost[0]
    take(task, state, prices, meeting)
    if fits(task, state, meeting, target):
        other = free_helper(task, state, meeting, target)
        if other != NOBODY:
            put(task, state, prices, meeting, target, other)
            if state.cost[0] - before <= most:
                return
            take(task, state, prices, meeting)
    put(task, state, prices, meeting, slot, helper)
