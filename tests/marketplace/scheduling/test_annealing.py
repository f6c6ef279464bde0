from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.scheduling.annealing import anneal
from marketplace.scheduling.measure import measure
from marketplace.scheduling.placing import place
from marketplace.scheduling.problem import Place, Plan, Problem

from .worlds import breaks_of, faults, placed, world, worlds

# Arrays are compiled at first use.
slowly = settings(deadline=None, max_examples=60)


@given(worlds)
@slowly
def test_first_plans_keep_the_rules(problem):
    plan = place(problem, steps=50)

    assert faults(problem, plan) == []


@given(worlds, st.integers(0, 9))
@slowly
def test_the_search_keeps_the_rules_and_all_meetings_seated_and_adds_no_breaks(problem, seed):
    start = place(problem, steps=0)

    plan = anneal(problem, start, seed=seed, steps=3_000)

    assert faults(problem, plan) == []
    assert placed(plan) >= placed(start)
    if placed(plan) == placed(start):
        assert breaks_of(problem, plan) <= breaks_of(problem, start)
    assert measure(problem, plan).breaks == breaks_of(problem, plan)


@given(worlds, st.integers(0, 9))
@slowly
def test_what_is_seated_stays_seated_when_more_is_placed(problem, seed):
    start = place(problem, steps=0)

    plan = place(problem, plan=start, seed=seed, steps=50)

    assert faults(problem, plan) == []
    assert placed(plan) >= placed(start)


@given(worlds, st.data())
@slowly
def test_of_a_plan_that_breaks_rules_only_the_rest_is_taken_over(problem, data):
    slots = [data.draw(st.none() | st.integers(0, problem.slots - 1)) for _ in problem.meetings]
    helpers = [data.draw(st.sampled_from([None, *wanted])) for wanted in problem.helpers]
    wild = Plan(slot=tuple(slots), helper=tuple(helpers))

    assert faults(problem, place(problem, plan=wild, steps=0)) == []
    assert faults(problem, anneal(problem, wild, steps=500)) == []


@given(worlds, st.integers(0, 9))
@slowly
def test_fixed_meetings_that_have_their_slot_keep_it(problem, seed):
    start = place(problem, seed=seed, steps=10)
    problem = replace(
        problem,
        domains=tuple(
            (start.slot[meeting],) if meeting < 4 and start.slot[meeting] is not None else slots
            for meeting, slots in enumerate(problem.domains)
        ),
    )

    plan = anneal(problem, place(problem, plan=start, seed=seed, steps=20), seed=seed, steps=3_000)

    for meeting in range(4):
        if start.slot[meeting] is not None:
            assert plan.slot[meeting] == start.slot[meeting]


@given(worlds)
@settings(deadline=None, max_examples=10)
def test_the_same_seed_gives_the_same_plan(problem):
    def solve(seed):
        return anneal(problem, place(problem, seed=seed, steps=20), seed=seed, steps=3_000)

    assert solve(5) == solve(5)


def test_another_seed_searches_otherwise():
    problem = world(3, size=20, meetings=60)

    plans = {anneal(problem, place(problem, seed=1), seed=seed, steps=2_000) for seed in range(5)}

    assert len(plans) > 1


def _fewest_breaks(problem):
    """By trying all plans that seat every meeting; None when there is none."""
    best = None
    for slots in product(*problem.domains):
        plan = Plan(slot=slots, helper=(None,) * len(slots))
        if not faults(problem, plan):
            breaks = breaks_of(problem, plan)
            best = breaks if best is None else min(best, breaks)
    return best


def test_small_problems_reach_the_least_there_can_be():
    solved = reached = 0
    for seed in range(40):
        problem = world(seed, size=4, meetings=5, plain=True)
        least = _fewest_breaks(problem)
        plan = anneal(problem, place(problem), steps=5_000)
        if least is not None:
            solved += 1
            reached += placed(plan) == 5 and breaks_of(problem, plan) == least

    assert solved > 20
    assert reached == solved


def test_the_search_ends_at_a_known_bound_or_when_told_to():
    problem = world(3, size=20, meetings=60, plain=True)
    reports = []

    def tell(progress):
        reports.append(progress)
        return False

    plan = anneal(problem, place(problem), steps=5_000_000, tell=tell)

    assert len(reports) == 1
    assert reports[0].plan == plan
    assert reports[0].breaks == breaks_of(problem, plan)
    bounds = {"enough": reports[0].breaks, "most_placed": placed(plan)}
    assert anneal(problem, plan, steps=5_000_000, **bounds) == plan


def _round(burden, *, slots=6):
    """Pairs online, whose hours are unkind as told."""
    people = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3))
    return Problem(
        participants=4,
        slots=slots,
        days=(tuple(range(slots)),),
        tables=(0,) * slots,
        screens=(0,) * slots,
        meetings=people,
        domains=(tuple(range(slots)),) * len(people),
        lengths=(1,) * len(people),
        places=(Place.NONE,) * len(people),
        helpers=((),) * len(people),
        forbidden=(frozenset(),) * 4,
        burden=burden,
    )


def test_kind_hours_come_before_breaks_in_online_rounds():
    # Participant 3 is asleep but for the first and the last slot.
    problem = _round(((0,) * 6, (0,) * 6, (0,) * 6, (0, 60, 120, 120, 60, 0)))

    plan = anneal(problem, place(problem), steps=20_000)

    assert faults(problem, plan) == []
    assert measure(problem, plan).most_burden == 0
    assert {plan.slot[3], plan.slot[4]} == {0, 5}


@pytest.mark.parametrize("slots", [70, 130])
def test_days_may_have_more_slots_than_a_word_has_bits(slots):
    problem = _round((), slots=slots)
    problem = replace(problem, domains=((0,), (slots - 1,), (66,), (65,), (slots - 2,)))

    plan = place(problem)

    assert plan.slot == (0, slots - 1, 66, 65, slots - 2)
    assert anneal(problem, plan, steps=100) == plan
    assert measure(problem, plan).breaks == breaks_of(problem, plan)
