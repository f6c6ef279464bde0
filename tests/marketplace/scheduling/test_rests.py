"""Nobody has more meetings in a row than the event says."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.scheduling import cells
from marketplace.scheduling.annealing import anneal
from marketplace.scheduling.document import document, problem_of, problem_told
from marketplace.scheduling.placing import place
from marketplace.scheduling.planning import Limits, Terms, solve
from marketplace.scheduling.problem import Cause, Place, Plan, Problem
from marketplace.scheduling.repair import Change, repair
from marketplace.verification import verify
from tests.marketplace.scheduling.worlds import faults, without, world


def resting(problem, most, but=()):
    """The problem in which people, but some, have so many units in a row at most."""
    return replace(
        problem,
        too_long=tuple(
            slot + most if slot + most <= day[-1] else -1 for day in problem.days for slot in day
        ),
        resting=tuple(
            problem.counts(one) and one not in but for one in range(problem.participants)
        ),
    )


def tired(problem, plan):
    """Who is busy all through a stretch that is too long."""
    busy = [set() for _one in range(problem.participants)]
    for people, length, start in zip(problem.meetings, problem.lengths, plan.slot, strict=True):
        for one in people if start is not None else ():
            busy[one].update(range(start, start + length))
    return [
        one
        for one, own in enumerate(busy)
        if problem.resting[one]
        and any(
            last >= 0 and own >= set(range(first, last + 1))
            for first, last in enumerate(problem.too_long)
        )
    ]


worlds = st.builds(
    lambda seed, most: resting(world(seed), most), st.integers(0, 10**6), st.integers(1, 3)
)


@settings(max_examples=60, deadline=None)
@given(worlds, st.integers(0, 9))
def test_placing_and_annealing_leave_everybody_a_rest(problem, seed):
    first = place(problem, seed=seed)
    later = anneal(problem, first, seed=seed, steps=3000)

    for plan in (first, later):
        assert faults(problem, plan) == []
        assert tired(problem, plan) == []


@settings(max_examples=25, deadline=None)
@given(worlds)
def test_a_complete_search_leaves_everybody_a_rest_and_stands_up_to_the_checker(problem):
    plan, certificate = solve(problem, Terms(limits=Limits(conflicts=2000, steps=1000)))

    assert tired(problem, plan) == []
    assert verify(document(problem, plan, certificate)).faults == []


@settings(max_examples=25, deadline=None)
@given(worlds, st.integers(0, 7), st.sets(st.integers(0, 7), max_size=2))
def test_a_repair_leaves_everybody_a_rest(problem, person, slots):
    plan = place(problem)
    mended = repair(without(problem, person, slots), plan, Change(standby=waiting(plan)))

    assert tired(problem, mended.plan) == []


def waiting(plan):
    return tuple(meeting for meeting, slot in enumerate(plan.slot) if slot is None)


def row(*people, slots=6, most=2):
    """Somebody meets all the others, in one slot each."""
    pairs = tuple((0, one) for one in people)
    problem = Problem(
        participants=max(people) + 1,
        slots=slots,
        days=(tuple(range(slots)),),
        tables=(2,) * slots,
        screens=(2,) * slots,
        meetings=pairs,
        domains=(tuple(range(slots)),) * len(pairs),
        lengths=(1,) * len(pairs),
        places=(Place.TABLE,) * len(pairs),
        helpers=((),) * len(pairs),
        forbidden=(frozenset(),) * (max(people) + 1),
        optional=True,
    )
    return resting(problem, most)


def test_four_meetings_with_two_in_a_row_at_most_have_one_break_and_no_plan_has_fewer():
    plan, certificate = solve(row(1, 2, 3, 4))

    assert (certificate.placed, certificate.breaks, certificate.lower_bound) == (4, 1, 1)
    assert tired(row(1, 2, 3, 4), plan) == []


def test_who_has_no_time_for_a_rest_is_named():
    plan, certificate = solve(row(1, 2, 3, 4, slots=4))

    (left,) = certificate.unplaced
    assert (certificate.placed, certificate.most_placed) == (3, 3)
    assert (left.cause, left.participants) == (Cause.NO_REST, (0,))
    assert plan.slot.count(None) == 1


def test_a_meeting_is_not_moved_by_hand_where_it_leaves_no_rest():
    problem, plan = row(1, 2, 3), Plan(slot=(0, 1, 3), table=(0, 0, 0), helper=(None,) * 3)

    (against,) = cells.obstacles(problem, plan, 2, 2)
    assert (against.why, against.participant) == (cells.Why.REST, 0)
    assert cells.obstacles(problem, plan, 2, 4) == []


def test_a_row_that_is_too_long_by_now_is_mended_with_one_meeting_moved():
    problem, plan = row(1, 2, 3), Plan(slot=(0, 1, 2), table=(0, 0, 0), helper=(None,) * 3)

    mended = repair(problem, plan, Change())

    assert tired(problem, mended.plan) == []
    assert (len(mended.moved), mended.lost) == (1, ())


@pytest.mark.parametrize("but", [(), (0,)])
def test_the_checker_names_who_has_no_rest(but):
    problem = resting(row(1, 2, 3), 2, but)
    good, certificate = solve(problem)
    told = document(problem, Plan((0, 1, 2), good.table, good.helper), certificate)

    named = [fault for fault in verify(told).faults if "has no rest" in fault]
    assert named == ([] if but else ["participant 0 has no rest from slot 0 to slot 2"])


def test_a_problem_without_a_limit_is_told_and_hashed_as_ever():
    limited = row(1, 2, 3)
    free = replace(limited, too_long=(), resting=())

    assert problem_of(problem_told(limited)) == limited
    assert problem_of(problem_told(free)) == free
    assert "too_long" not in problem_told(free)
    assert free.hash() != limited.hash()
