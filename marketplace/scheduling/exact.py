"""Proves a timetable best: a SAT solver is asked for 0, 1, 2 ... breaks until it says yes.

Source: Bofill et al., JAIR 74 (2022) 263-301, for the question. The loop counts up from what the
calendars alone make unavoidable, so that the first yes is the optimum.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from marketplace.scheduling.bounds import least_breaks, most_placed, obstacles, tighten, usable
from marketplace.scheduling.explain import why_infeasible, why_unplaced
from marketplace.scheduling.measure import measure
from marketplace.scheduling.model import FALSE, TRUE, Model
from marketplace.scheduling.problem import (
    Certificate,
    Left,
    Plan,
    Problem,
    Progress,
    Status,
    Tell,
)

STEP = 20_000
"""Conflicts between two reports of progress, a few seconds; of 4,000, proofs take twice as long."""
_SHORTEST = 500
"""Conflicts between two reports when the time is nearly over."""
_PACE = 2_000.0
"""Conflicts a second, until it is known how many there are."""
_TIDY = 4_000
"""Conflicts spent on fewer idle slots once the breaks are proved."""
_ROOM = 8
"""Breaks above the bound that a counter tells apart; a larger one is built when they are used."""


def solve(
    problem: Problem,
    *,
    seed: int = 0,
    tell: Tell | None = None,
    conflicts: int | None = None,
    start: Plan | None = None,
    left: Left | None = None,
    step: int = STEP,
) -> tuple[Plan | None, Certificate]:
    """The plan with most meetings, then least burden, then fewest breaks, and what is proved.

    It has no tables yet, there are enough for all meetings of one slot. After a burden, the bound
    of breaks is that of plans with no more burden.
    ``tell`` may stop the search, ``conflicts`` bounds it by count; ``start`` is a plan known
    already, which keeps all rules. Only the last steps before ``left`` says 0 depend on it.
    ``step`` is the number of conflicts between two reports.
    """
    return _Search(problem, seed, tell, conflicts, start, left, step).run()


class _Stopped(Exception):  # noqa: N818 - no error: the caller asked for it
    """The search was stopped; what is found so far stands."""


class _Search:
    """One run, with the best plan and the bounds so far."""

    def __init__(
        self,
        problem: Problem,
        seed: int,
        tell: Tell | None,
        conflicts: int | None,
        start: Plan | None,
        time_left: Left | None,
        step: int,
    ) -> None:
        self._problem = problem
        self._seed = seed
        self._tell = tell
        self._left = conflicts
        self._time_left, self._pace, self._most_step = time_left, _PACE, step
        self._best: Plan | None = None
        self._rank = (0, 0, 0, 0)
        self._bound = 0
        self._proved = False
        self._counter: list[int] = []  # of breaks: at least 1, 2, ...
        self._most = len(problem.meetings)
        if start is not None:
            self._keep(start)

    def run(self) -> tuple[Plan | None, Certificate]:
        """Search until all is proved or somebody says stop."""
        with suppress(_Stopped):
            self._settle()
        if self._best is None:
            status = Status.INFEASIBLE if self._proved else Status.UNKNOWN
        else:
            status = Status.OPTIMAL if self._proved else Status.FEASIBLE
        return self._best, self._certificate(status)

    def _settle(self) -> None:
        problem = self._problem
        domains = usable(problem)
        self._most = most_placed(problem)
        model: Model | None = None
        if not obstacles(problem):
            tight = tighten(problem, domains)
            bound = sum(least_breaks(problem, tight))
            model = Model(problem, tight, seed=self._seed)
            if self._full() or self._ask(model, []):
                self._bound = bound
            else:
                model = None
        if model is None:
            self._most = min(self._most, len(problem.meetings) - 1)
            if problem.optional:
                model = Model(problem, domains, seed=self._seed, must=False)
                self._place(model)
        if model is not None:
            self._ease(model)
            self._shorten(model)
        self._proved = True
        if model is not None and self._best is not None:
            self._tidy(model)

    def _full(self) -> bool:
        return self._best is not None and self._rank[0] == 0

    def _place(self, model: Model) -> None:
        """Hold as many meetings as can be, in a model where each may be left out.

        What stands fixed is promised to people: it is left out only for another such meeting.
        """
        possible = [held for held in model.held if held != FALSE]
        fixed = self._problem.fixed or (-1,) * len(model.held)
        promised = {
            held
            for held, slot in zip(model.held, fixed, strict=True)
            if held != FALSE and slot >= 0
        }
        wanted = list(possible)
        while not self._ask(model, wanted):
            core = set(model.solver.get_core() or [])
            if not core:
                # Even the empty timetable breaks a rule: there is nothing to place.
                return
            blamed = [literal for literal in wanted if literal in core]
            wanted.remove(max(set(blamed) - promised or blamed))
        for literal in promised.intersection(wanted):
            model.add([literal])
        missing = model.counter([-held for held in possible], self._unplaced() + 1)
        least = len(model.held) - self._most
        spare = least - (len(model.held) - len(possible))  # of those with a slot
        while self._unplaced() > least:
            if self._ask(model, _at_most(missing, spare)):
                break
            spare, least = spare + 1, least + 1
            self._most -= 1
            self._report()
        for literal in _at_most(missing, spare):
            model.add([literal])

    def _unplaced(self) -> int:
        return self._rank[0]

    def _ease(self, model: Model) -> None:
        """Make the unkind hours of the one who has most as few as can be."""
        if self._best is None or not any(any(row) for row in self._problem.burden):
            return
        reached = model.burdens(self._rank[1])
        totals = list(reached)
        low, high = 0, sum(total <= self._rank[1] for total in totals)
        while low < high:  # somebody has at least totals[low - 1]; totals[high] nobody needs
            middle = (low + high) // 2
            if self._ask(model, [-reached[totals[middle]]]):
                high = middle
            else:
                low = middle + 1
        if low < len(totals):
            model.add([-reached[totals[low]]])

    def _shorten(self, model: Model) -> None:
        """Count up the breaks until there is a plan with so few."""
        while self._best is not None and self._rank[2] > self._bound:
            if self._ask(model, self._breaks_at_most(model, self._bound)):
                break
            self._bound += 1
            self._report()

    def _tidy(self, model: Model) -> None:
        """Wait for less long, in as many breaks: a try, nothing is proved of it."""
        if self._rank[3] <= self._rank[2]:
            return
        for literal in self._breaks_at_most(model, self._rank[2]):
            model.add([literal])
        idle = model.counter(model.idle(), self._rank[3])
        while self._rank[3] > self._rank[2]:
            if not self._try(model, _at_most(idle, self._rank[3] - 1), _TIDY):
                return

    def _breaks_at_most(self, model: Model, most: int) -> list[int]:
        """The assumption that there are so many breaks or fewer."""
        levels = [level for counter in model.levels for level in counter]
        if most >= len(self._counter) and most < len(levels):
            self._counter = model.counter(levels, most + _ROOM)
        return _at_most(self._counter, most)

    def _ask(self, model: Model, assumptions: Sequence[int]) -> bool:
        """Whether the model has a solution; keeps its plan. Stops when told to."""
        answer = None
        while answer is None:
            if self._left is not None and self._left <= 0:
                raise _Stopped
            step = self._step()
            before = self._time_left() if self._time_left else 0.0
            answer = self._try(model, assumptions, step)
            if answer is None and self._time_left:
                seconds = before - self._time_left()
                self._pace = step / seconds if seconds > 0 else self._pace
            if answer is None:
                if self._left is not None:
                    self._left -= step
                self._report()
        return answer

    def _step(self) -> int:
        """Conflicts until the next report: fewer if there is no time for more."""
        step = self._most_step if self._left is None else min(self._most_step, self._left)
        if self._time_left is None:
            return step
        return min(step, max(_SHORTEST, int(self._pace * self._time_left())))

    def _try(self, model: Model, assumptions: Sequence[int], conflicts: int) -> bool | None:
        """The same, None if it takes more conflicts."""
        model.solver.conf_budget(conflicts)
        answer: bool | None = model.solver.solve_limited(
            [one for one in assumptions if one != TRUE]
        )
        if answer:
            self._keep(model.plan())
            self._report()
        return answer

    def _keep(self, plan: Plan) -> None:
        figures = measure(self._problem, plan)
        left = len(plan.slot) - figures.placed
        rank = (left, figures.most_burden, figures.breaks, figures.idle_slots)
        if self._best is None or rank < self._rank:
            self._best, self._rank = plan, rank

    def _report(self) -> None:
        if self._tell is None:
            return
        placed = len(self._problem.meetings) - self._rank[0] if self._best else 0
        if not self._tell(Progress(placed, self._rank[2], self._bound, self._best)):
            raise _Stopped

    def _certificate(self, status: Status) -> Certificate:
        problem, plan = self._problem, self._best
        told = Certificate(
            status=status,
            placed=0,
            meetings=len(problem.meetings),
            breaks=0,
            lower_bound=self._bound,
            seed=self._seed,
            input_hash=problem.hash(),
            plan_hash="",
            most_placed=self._most,
        )
        if plan is None:
            why = why_infeasible(problem, self._seed) if status == Status.INFEASIBLE else ()
            return replace(told, unplaced=why)
        figures = measure(problem, plan)
        return replace(
            told,
            placed=figures.placed,
            breaks=figures.breaks,
            plan_hash=plan.hash(),
            unplaced=why_unplaced(problem, plan, self._seed),
            idle_slots=figures.idle_slots,
            table_changes=figures.table_changes,
            most_breaks=figures.most_breaks,
            most_burden=figures.most_burden,
        )


def _at_most(counter: Sequence[int], most: int) -> list[int]:
    """The assumption that not more than so many hold of what is counted; none if none can."""
    return [-counter[most]] if most < len(counter) else []
