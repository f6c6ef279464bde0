"""The exact solver against an exhaustive search, and on files that anybody may have."""

from hypothesis import given, settings

from marketplace.scheduling import exact
from marketplace.scheduling.problem import Status
from tests.marketplace.scheduling.exhaustive import best, problems, rank_of


@settings(max_examples=200, deadline=None)
@given(problem=problems())
def test_the_exact_plan_is_as_good_as_the_best_of_all_plans(problem):
    plan, certificate = exact.solve(problem)

    expected = best(problem)
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
