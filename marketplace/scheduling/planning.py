"""From a question to a timetable and its certificate; which search, and for how long.

Up to ``PROVED`` meetings a complete search proves what it finds. Above, meetings are placed one by
one and Kempe chains shorten what people wait, down to a bound that costs nothing to compute.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from marketplace.scheduling import exact
from marketplace.scheduling.annealing import STEPS, anneal
from marketplace.scheduling.bounds import least_breaks, most_placed, obstacles, tighten, usable
from marketplace.scheduling.explain import why_infeasible, why_unplaced
from marketplace.scheduling.measure import kept, measure
from marketplace.scheduling.placing import place
from marketplace.scheduling.problem import (
    Certificate,
    GoesOn,
    Left,
    Place,
    Plan,
    Problem,
    Progress,
    Status,
    Tell,
)
from marketplace.scheduling.seating import Room, seat

PROVED = 400
"""Meetings up to which the search is complete: it is known to end at 302, and not to at 1,900."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much work a search may do; none of it is a time, so the answer is always the same."""

    conflicts: int | None = None
    """Of the complete search; None lets it finish."""
    steps: int | None = None
    """Of annealing, in its first round; None is what usually does."""
    rounds: int = 1
    """Of annealing, each twice as long as the last, as long as the bound is not reached."""
    patience: int = exact.STEP
    """Conflicts of the complete search between two reports."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How to search for a timetable, besides what is asked of it."""

    seed: int = 1
    tell: Tell | None = None
    left: Left | None = None
    """When ``tell`` will say stop."""
    limits: Limits | None = None
    start: Plan | None = None
    """A plan to begin with, which keeps all rules."""
    room: Room | None = None
    keep: Sequence[int | None] = ()
    """Tables that stay, by meeting, as in ``seating``."""


USUAL = Terms()


def solve(problem: Problem, terms: Terms = USUAL) -> tuple[Plan | None, Certificate]:
    """The best timetable found, and what is proved of it.

    The same problem and terms give the same answer, unless ``tell`` stops the search. No plan: all
    meetings have to be held and cannot, or none was found.
    """
    watch = Watch(terms.tell)
    if len(problem.meetings) <= PROVED:
        plan, certificate = _proved(problem, terms, watch)
    else:
        plan, certificate = _annealed(problem, terms, watch)
    if plan is None:
        return None, certificate
    seated = seated_plan(problem, plan, terms.room, terms.keep, watch.goes_on)
    return seated, certified(problem, seated, certificate)


class Watch:
    """Passes progress on, and remembers that it was asked to stop."""

    def __init__(self, tell: Tell | None) -> None:
        self._tell, self.stopped = tell, False
        self._last = Progress(0, 0, 0, None)

    def tell(self, progress: Progress) -> bool:
        """Whether to go on; once it was not, nobody is asked again."""
        self._last = replace(progress, plan=None)
        if self._tell is not None and not self.stopped:
            self.stopped = not self._tell(progress)
        return not self.stopped

    def goes_on(self) -> bool:
        """The same, without news."""
        return self.tell(self._last)


def certified(problem: Problem, plan: Plan, claims: Certificate) -> Certificate:
    """A certificate with the figures of this plan, and the status and bounds that are claimed.

    A plan that fell behind them is no longer called optimal.
    """
    figures = measure(problem, plan)
    left = {meeting for meeting, slot in enumerate(plan.slot) if slot is None}
    unplaced = claims.unplaced
    if {one.meeting for one in unplaced} != left:
        unplaced = why_unplaced(problem, plan, claims.seed)
    proved = (figures.placed, figures.breaks) == (claims.most_placed, claims.lower_bound)
    stays = claims.kept
    if problem.former is not None:
        # What was proved of moving people is so for plans with no fewer meetings.
        bound = stays.people_bound if stays and figures.placed >= claims.placed else 0
        now = kept(problem, plan)
        stays = replace(
            stays or now,
            moved=now.moved,
            lost=now.lost,
            people=now.people,
            people_bound=min(bound, now.people),
            other_tables=now.other_tables,
        )
    return replace(
        claims,
        status=claims.status if proved else Status.FEASIBLE,
        placed=figures.placed,
        breaks=figures.breaks,
        idle_slots=figures.idle_slots,
        table_changes=figures.table_changes,
        most_breaks=figures.most_breaks,
        most_burden=figures.most_burden,
        unplaced=unplaced,
        kept=stays,
        plan_hash=plan.hash(),
    )


def seated_plan(
    problem: Problem,
    plan: Plan,
    room: Room | None = None,
    keep: Sequence[int | None] = (),
    goes_on: GoesOn | None = None,
) -> Plan:
    """The plan with tables; a long meeting that finds none gives up its slot where it may."""
    seated = seat(problem, plan, room, keep, goes_on)
    lacking = without_table(problem, seated)
    if not lacking:
        return seated
    if not problem.optional:
        return plan
    cells = [list(seated.slot), list(seated.table), list(seated.helper or [None] * len(plan.slot))]
    for meeting in lacking:
        for column in cells:
            column[meeting] = None
    return Plan(*map(tuple, cells))


def without_table(problem: Problem, plan: Plan) -> list[int]:
    """Meetings with a slot that need a table and have none."""
    return [
        meeting
        for meeting, slot in enumerate(plan.slot)
        if slot is not None
        and problem.places[meeting] != Place.NONE
        and plan.table[meeting] is None
    ]


def _proved(problem: Problem, terms: Terms, watch: Watch) -> tuple[Plan | None, Certificate]:
    """Complete search; when it takes long, annealing on the other core looks for a good plan."""
    seed, limits, start = terms.seed, terms.limits or Limits(), terms.start
    if start is None and problem.optional:
        # Which meetings to leave out is hard to say for a search that wants to prove it.
        first = place(problem, seed=seed, tell=watch.tell)
        start = first if fair(problem, first) else None
    beside = _Beside(problem, seed, watch.tell, limits)
    plan, certificate = exact.solve(
        problem,
        seed=seed,
        tell=beside.tell,
        conflicts=0 if watch.stopped else limits.conflicts,
        start=start,
        left=terms.left,
        step=limits.patience,
    )
    if certificate.status in (Status.OPTIMAL, Status.INFEASIBLE):
        beside.stop()
        return plan, certificate
    other = beside.finish()
    if other is not None and (plan is None or _rank(problem, other) < _rank(problem, plan)):
        plan = other
        certificate = replace(certificate, status=Status.FEASIBLE)
    return plan, certificate


class _Beside:
    """Annealing in a thread of its own, from the first plan of a complete search that is slow.

    It begins when that search reports no news for the first time, and its result counts only
    where that search does not finish: so both together give the same answer every time.
    """

    def __init__(self, problem: Problem, seed: int, tell: Tell, limits: Limits) -> None:
        self._problem, self._seed, self._tell, self._steps = problem, seed, tell, limits.steps
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._last: Progress | None = None
        self._found: Plan | None = None

    def tell(self, progress: Progress) -> bool:
        """Pass the better of both plans on."""
        if progress == self._last and progress.plan is not None and self._thread is None:
            self._thread = threading.Thread(target=self._run, args=(progress.plan,), daemon=True)
            self._thread.start()
        self._last = progress
        found = self._found
        if found is not None:
            figures = measure(self._problem, found)
            if (figures.placed, -figures.breaks) > (progress.placed, -progress.breaks):
                progress = replace(
                    progress, placed=figures.placed, breaks=figures.breaks, plan=found
                )
        goes_on = self._tell(progress)
        self._stopped = self._stopped or not goes_on
        return goes_on

    def stop(self) -> None:
        """Let the thread end by itself, soon; nobody waits for it, its result does not matter."""
        self._stopped = True

    def finish(self) -> Plan | None:
        """What it found: at its end, or now if the search was stopped from outside."""
        if self._thread is not None:
            self._thread.join()
        return self._found

    def _run(self, plan: Plan) -> None:
        found = anneal(self._problem, plan, seed=self._seed, steps=self._steps, tell=self._listen)
        self._take(found)

    def _listen(self, progress: Progress) -> bool:
        if progress.plan is not None:
            self._take(progress.plan)
        return not self._stopped

    def _take(self, plan: Plan) -> None:
        if fair(self._problem, plan):
            self._found = plan


def _annealed(problem: Problem, terms: Terms, watch: Watch) -> tuple[Plan | None, Certificate]:
    """Place all that can be placed, then shorten the waiting."""
    seed, limits = terms.seed, terms.limits or Limits()
    everything = len(problem.meetings)
    bound = sum(least_breaks(problem, tighten(problem, usable(problem))))
    claims = Certificate(
        status=Status.UNKNOWN,
        placed=0,
        meetings=everything,
        breaks=0,
        lower_bound=bound,
        seed=seed,
        input_hash=problem.hash(),
        plan_hash="",
        most_placed=everything,
    )
    hear = _seating(problem, bound, watch)
    plan = place(problem, seed=seed, plan=terms.start, tell=hear)
    figures = measure(problem, plan)
    if figures.placed < everything:
        if not problem.optional and obstacles(problem):
            why = why_infeasible(problem, seed)
            return None, replace(claims, status=Status.INFEASIBLE, lower_bound=0, unplaced=why)
        claims = replace(claims, most_placed=most_placed(problem))
    if problem.optional or figures.placed == everything:
        watch.tell(Progress(figures.placed, figures.breaks, bound, plan))
    # The bound is that of timetables that hold everything.
    enough = bound if claims.most_placed == everything else 0
    steps = STEPS * everything if limits.steps is None else limits.steps
    for number in range(limits.rounds):
        if watch.stopped or (figures.placed, figures.breaks) == (claims.most_placed, enough):
            break
        plan = anneal(
            problem,
            plan,
            seed=seed + number,
            steps=steps << number,
            enough=enough,
            most_placed=claims.most_placed,
            tell=watch.tell,
        )
        figures = measure(problem, plan)
    return _judged(problem, plan, claims)


def _seating(problem: Problem, bound: int, watch: Watch) -> Tell:
    """Tells how many meetings are seated; the plan only where it is one that counts."""

    def hear(progress: Progress) -> bool:
        counts = problem.optional or progress.placed == len(problem.meetings)
        plan = progress.plan if counts else None
        return watch.tell(replace(progress, lower_bound=bound, plan=plan))

    return hear


def _judged(problem: Problem, plan: Plan, claims: Certificate) -> tuple[Plan | None, Certificate]:
    """What annealing is worth: without a plan if one has to hold all, and evenly, and does not."""
    figures = measure(problem, plan)
    whole = figures.placed == claims.meetings
    if not fair(problem, plan) or not (whole or problem.optional):
        return None, replace(claims, unplaced=why_unplaced(problem, plan, claims.seed))
    # The bound is that of timetables that hold everything.
    bound = claims.lower_bound if whole else 0
    proved = (figures.placed, figures.breaks, figures.most_burden) == (claims.most_placed, bound, 0)
    status = Status.OPTIMAL if proved else Status.FEASIBLE
    return plan, replace(claims, status=status, lower_bound=bound)


def fair(problem: Problem, plan: Plan) -> bool:
    """Whether the breaks of people differ by no more than they may."""
    return problem.fairness is None or measure(problem, plan).spread <= problem.fairness


def _rank(problem: Problem, plan: Plan) -> tuple[int, int, int]:
    figures = measure(problem, plan)
    return -figures.placed, figures.most_burden, figures.breaks
