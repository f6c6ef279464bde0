"""A timetable made anew keeps what it can, and says what that costs."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.scheduling import keeping, planning
from marketplace.scheduling.document import (
    certificate_of,
    certificate_told,
    document,
    problem_of,
    problem_told,
)
from marketplace.scheduling.measure import measure
from marketplace.scheduling.planning import Limits, Terms
from marketplace.scheduling.problem import Plan, Status
from marketplace.verification import verify

from .test_planning import fair_of
from .worlds import faults, placed, without, worlds

FEW = Limits(conflicts=2_000, steps=20_000)


def solved(problem, **more):
    return keeping.solve(problem, Terms(limits=FEW, **more))


def checked(problem, plan, certificate):
    return verify(json.loads(json.dumps(document(problem, plan, certificate)))).faults


@given(worlds)
@settings(deadline=None, max_examples=15)
def test_the_same_meetings_and_version_move_nobody(problem):
    plan, _certificate = planning.solve(problem, Terms(limits=FEW))

    again, certificate = solved(replace(problem, former=plan))

    assert again == plan
    kept = certificate.kept
    assert (kept.moved, kept.lost, kept.people, kept.people_bound, kept.other_tables) == (0,) * 5


@given(worlds, st.integers(0, 7), st.sets(st.integers(0, 7), max_size=3), st.sampled_from([0, 400]))
@settings(deadline=None, max_examples=25)
def test_no_fewer_meetings_are_held_than_without_keeping_and_all_rules_are_kept(
    problem, person, away, largest
):
    proved, planning.PROVED = planning.PROVED, largest
    try:
        former, _certificate = planning.solve(problem, Terms(limits=FEW, seed=2))
        changed = without(problem, person, away)
        free, anew = planning.solve(changed, Terms(limits=FEW))
        asked = replace(changed, former=former)
        plan, certificate = solved(asked)
    finally:
        planning.PROVED = proved

    assert placed(plan) >= placed(free)
    assert faults(changed, plan) == []
    assert checked(asked, plan, certificate) == []
    assert certificate.kept.people_bound <= certificate.kept.people
    if placed(plan) == placed(free) and certificate.kept.anew_people is not None:
        assert certificate.kept.people <= certificate.kept.anew_people
        assert certificate.kept.anew_breaks == anew.breaks


def test_who_is_away_moves_and_the_others_stay_at_their_tables():
    problem = fair_of(people=24, slots=8, pairs=40, tables=9, away=0.0)
    former, _certificate = planning.solve(problem, Terms(limits=FEW))
    held = next(meeting for meeting, slot in enumerate(former.slot) if slot is not None)
    person = problem.meetings[held][0]
    asked = replace(without(problem, person, {former.slot[held]}), former=former)

    plan, certificate = solved(asked)

    same = [
        (slot, table) == (former.slot[meeting], former.table[meeting])
        for meeting, (slot, table) in enumerate(zip(plan.slot, plan.table, strict=True))
    ]
    kept = certificate.kept
    assert placed(plan) == 40
    assert 1 <= same.count(False) <= 3
    assert (kept.moved, kept.people_bound) == (same.count(False) - kept.other_tables, kept.people)
    # It has as few breaks as calendars allow: no other search could do better.
    assert (certificate.status, kept.anew_people) == (Status.OPTIMAL, None)


def test_what_keeping_costs_in_breaks_is_told():
    problem = fair_of(pairs=40, away=0.0)
    good, _certificate = planning.solve(problem, Terms(limits=FEW))
    # The same slots in another order: as legal, with more breaks.
    mixed = [2, 0, 3, 1, 6, 4, 7, 5]
    former = Plan(tuple(mixed[slot] for slot in good.slot), good.table, good.helper)
    asked = replace(problem, former=former)

    plan, certificate = solved(asked)

    kept = certificate.kept
    assert (plan, kept.people) == (former, 0)
    assert kept.anew_people > 0
    assert certificate.breaks > kept.anew_breaks == certificate.lower_bound
    assert checked(asked, plan, certificate) == []


def test_breaks_stay_as_even_as_asked():
    problem = replace(fair_of(people=16, slots=8, days=1, pairs=34, tables=9), fairness=1)
    former, _certificate = planning.solve(problem, Terms(limits=Limits(conflicts=20_000)))
    # Kept as it is, with its slots in another order, it is anything but even.
    mixed = [3, 7, 1, 5, 0, 6, 2, 4]
    uneven = Plan(
        tuple(None if slot is None else mixed[slot] for slot in former.slot),
        former.table,
        former.helper,
    )
    open_days = replace(
        problem, domains=(tuple(range(8)),) * 34, forbidden=(frozenset(),) * 16, former=uneven
    )

    plan, certificate = keeping.solve(open_days, Terms(limits=Limits(conflicts=20_000)))

    assert measure(open_days, uneven).spread > 1
    assert measure(open_days, plan).spread <= 1
    assert checked(open_days, plan, certificate) == []
    assert certificate.kept.people > 0


def test_what_is_fixed_elsewhere_by_now_is_there():
    problem = fair_of(people=6, slots=4, days=1, pairs=4, tables=4, away=0.0)
    former, _certificate = planning.solve(problem, Terms(limits=FEW))
    at = (former.slot[0] + 2) % 4
    asked = replace(
        problem,
        domains=((at,), *problem.domains[1:]),
        fixed=(at, -1, -1, -1),
        former=former,
    )

    plan, certificate = solved(asked)

    assert plan.slot[0] == at
    assert certificate.kept.moved >= 1
    assert checked(asked, plan, certificate) == []


def test_a_search_tells_plans_that_get_better_and_stops_when_told():
    problem = fair_of(pairs=60)
    former, _certificate = planning.solve(problem, Terms(limits=FEW))
    asked = replace(without(problem, problem.meetings[0][0], {0, 1, 2, 3}), former=former)
    told = []

    keeping.solve(asked, Terms(tell=lambda one: told.append(one) or True, limits=FEW))
    stopped, certificate = keeping.solve(asked, Terms(tell=lambda _one: False, left=lambda: 1.0))

    worths = [(-one.placed, one.breaks) for one in told if one.plan is not None]
    assert worths == sorted(worths, reverse=True)
    assert placed(stopped) == certificate.placed
    assert checked(asked, stopped, certificate) == []


def test_a_problem_and_its_certificate_are_read_as_they_were_told():
    problem = fair_of(pairs=20)
    former, _certificate = planning.solve(problem, Terms(limits=FEW))
    asked = replace(problem, former=former)
    _plan, certificate = solved(asked)

    told = json.loads(json.dumps([problem_told(asked), certificate_told(certificate)]))

    assert problem_of(told[0]) == asked
    assert certificate_of(told[1]) == certificate
    assert (problem.hash() == asked.hash(), asked.hash() == problem_of(told[0]).hash()) == (
        False,
        True,
    )
    assert "former" not in problem_told(problem)
    assert certificate.status in (Status.OPTIMAL, Status.FEASIBLE)


@pytest.mark.parametrize("name", ["moved", "lost", "people", "other_tables", "people_bound"])
def test_the_checker_counts_anew_what_was_kept(name):
    problem = fair_of(pairs=20)
    former, _certificate = planning.solve(problem, Terms(limits=FEW))
    asked = replace(problem, former=former)
    plan, certificate = solved(asked)
    told = json.loads(json.dumps(document(asked, plan, certificate)))

    told["certificate"]["kept"][name] += 1

    assert [fault.partition(":")[0] for fault in verify(told).faults] == [f"kept.{name}"]


def test_the_checker_wants_to_know_what_was_kept():
    problem = fair_of(pairs=20)
    former, _certificate = planning.solve(problem, Terms(limits=FEW))
    asked = replace(problem, former=former)
    plan, certificate = solved(asked)
    told = json.loads(json.dumps(document(asked, plan, certificate)))
    short = json.loads(json.dumps(told))

    del told["certificate"]["kept"]
    short["problem"]["former"]["slot"].pop()

    assert verify(told).faults == ["kept: is not stated"]
    assert verify(short).faults == ["former slot: 19 entries for 20 meetings"]


@given(worlds, st.integers(0, 7), st.sets(st.integers(0, 7), max_size=3), st.integers(0, 12))
@settings(deadline=None, max_examples=20)
def test_a_search_stopped_at_any_question_has_a_plan_that_keeps_the_rules(
    problem, person, away, heard
):
    proved, planning.PROVED = planning.PROVED, 0
    asked_for = []
    try:
        former, _certificate = planning.solve(problem, Terms(limits=FEW, seed=2))
        asked = replace(without(problem, person, away), former=former)
        plan, certificate = solved(
            asked, tell=lambda one: asked_for.append(one) or len(asked_for) <= heard
        )
    finally:
        planning.PROVED = proved

    assert len(asked_for) <= heard + 1  # who said stop is not asked again
    assert checked(asked, plan, certificate) == []
    assert certificate.kept.people_bound <= certificate.kept.people


def test_who_stops_at_once_gets_the_former_plan_without_what_cannot_stay():
    problem = fair_of(people=40, tables=5, pairs=43, away=0.0)
    former, _certificate = planning.solve(problem, Terms(limits=FEW))
    held = next(meeting for meeting, slot in enumerate(former.slot) if slot is not None)
    away = {former.slot[held]}
    asked = replace(without(problem, problem.meetings[held][0], away), former=former)

    plan, certificate = solved(asked, tell=lambda _one: False)

    others = [m for m, slot in enumerate(former.slot) if slot is not None and m != held]
    assert [plan.slot[m] for m in others] == [former.slot[m] for m in others]
    assert (certificate.status, certificate.lower_bound) == (Status.FEASIBLE, 0)
    # Nothing was searched beside it, so nothing is said of that.
    assert (certificate.kept.anew_breaks, certificate.kept.anew_people) == (None, None)
    assert checked(asked, plan, certificate) == []
