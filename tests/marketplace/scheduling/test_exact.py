"""The exact solver against an exhaustive search, and on files that anybody may have."""

from itertools import pairwise
from pathlib import Path

from hypothesis import assume, given, settings

from marketplace.scheduling import bounds, exact, formats
from marketplace.scheduling.problem import Status
from tests.marketplace.scheduling.exhaustive import best, problems, rank_of

LOOK_ALIKE = Path(__file__).parent / "data" / "forumt-14.s1.json"
"""Sixty people and 237 meetings in ten slots, most calendars full."""


@settings(max_examples=200, deadline=None)
@given(problem=problems())
def test_the_exact_plan_is_as_good_as_the_best_of_all_plans(problem):
    fixed = [m for m, slot in enumerate(problem.fixed) if slot >= 0 and problem.domains[m]]
    expected = best(problem, held=fixed)
    # What stands fixed is promised to people; where not all of it can be held it is left open
    # which of it is.
    assume(expected is not None or not problem.optional)

    plan, certificate = exact.solve(problem)

    if expected is None:
        assert plan is None
        assert certificate.status == Status.INFEASIBLE
        assert certificate.unplaced
    else:
        assert rank_of(problem, plan) == expected
        assert certificate.status == Status.OPTIMAL
        assert certificate.lower_bound == certificate.breaks == expected[2]
        assert certificate.placed == certificate.most_placed == certificate.meetings - expected[0]
        assert [left.meeting for left in certificate.unplaced] == [
            meeting for meeting, slot in enumerate(plan.slot) if slot is None
        ]


def test_a_search_that_is_stopped_keeps_its_best_plan():
    problem = formats.read(LOOK_ALIKE)
    told = []

    def stop(progress):
        told.append(progress)
        return False

    plan, certificate = exact.solve(problem, tell=stop)

    assert certificate.status == Status.FEASIBLE
    assert rank_of(problem, plan) == (0, 0, certificate.breaks)
    assert certificate.breaks > certificate.lower_bound
    assert [progress.plan for progress in told] == [plan]


def test_a_search_without_time_for_a_first_plan_knows_nothing():
    plan, certificate = exact.solve(formats.read(LOOK_ALIKE), conflicts=0)

    assert plan is None
    assert certificate.status == Status.UNKNOWN


def test_a_search_bounded_by_conflicts_gives_the_same_plan_each_time():
    problem = formats.read(LOOK_ALIKE)

    answers = [exact.solve(problem, seed=3, conflicts=500) for _ in range(2)]

    assert answers[0] == answers[1]


def test_a_best_plan_known_before_is_proved_to_be_one():
    problem = formats.read(LOOK_ALIKE)
    known, _ = exact.solve(problem, seed=1)

    plan, certificate = exact.solve(problem, seed=2, start=known)

    assert certificate.status == Status.OPTIMAL
    assert rank_of(problem, plan) == (0, 0, certificate.lower_bound)


@settings(max_examples=100, deadline=None)
@given(problem=problems())
def test_no_plan_beats_the_bounds_that_cost_nothing(problem):
    plan, certificate = exact.solve(problem)
    placed = certificate.placed if plan else 0

    assert bounds.most_placed(problem) >= placed
    if plan and placed == certificate.meetings:
        assert bounds.obstacles(problem) == ()
        domains = bounds.tighten(problem, bounds.usable(problem))
        assert sum(bounds.least_breaks(problem, domains)) <= certificate.breaks
        for meeting, slot in enumerate(plan.slot):
            assert slot in domains[meeting]


def test_two_fixed_meetings_make_a_break_unavoidable():
    problem = formats.read(LOOK_ALIKE)
    person = 27  # who has two
    first, second = (m for m, pair in enumerate(problem.meetings) if person in pair)
    domains = list(problem.domains)
    domains[first], domains[second] = (0,), (5,)

    least = bounds.least_breaks(problem, tuple(domains))

    assert least[person] == 1


def test_a_search_whose_time_is_nearly_over_reports_more_often():
    problem, told = formats.read(LOOK_ALIKE), []

    exact.solve(
        problem,
        seed=3,
        conflicts=5_000,
        tell=lambda progress: told.append(progress.plan) or True,
        left=lambda: 0.4,
    )

    still = [one for one, other in pairwise(told) if one is other]
    assert len(still) >= 4  # without news, though a step usually takes 20,000 conflicts
