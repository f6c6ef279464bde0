from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.scheduling.annealing import anneal
from marketplace.scheduling.placing import place
from marketplace.scheduling.problem import Place, Plan, Problem
from marketplace.scheduling.repair import Change, repair
from marketplace.scheduling.seating import Room, seat

from .worlds import faults, placed, without, world, worlds


def _seated(problem):
    return seat(problem, place(problem, steps=20))


def _fewer_tables(problem, slots, count=1):
    tables = tuple(
        max(0, tables - count) if slot in slots else tables
        for slot, tables in enumerate(problem.tables)
    )
    screens = tuple(map(min, tables, problem.screens))
    return replace(problem, tables=tables, screens=screens)


def _touched(problem, before, after, meeting):
    return (before.slot[meeting], before.helper[meeting]) != (
        after.slot[meeting],
        after.helper[meeting],
    )


@given(worlds, st.integers(0, 7), st.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_a_late_arrival_leaves_a_plan_that_keeps_the_rules(problem, person, late):
    plan = _seated(problem)
    changed = without(problem, person, frozenset(range(late)))

    mended = repair(changed, plan, Change(excused=frozenset({person})))

    assert mended.unmended == ()
    assert faults(changed, mended.plan) == []
    assert placed(mended.plan) == placed(plan) - len(mended.lost)
    assert person not in mended.people
    assert mended.people_bound <= len(mended.people)
    assert mended.lost_bound <= len(mended.lost)


@given(worlds, st.integers(0, 4), st.sets(st.integers(0, 13)), st.integers(0, 7))
@settings(deadline=None, max_examples=60)
def test_nothing_changes_inside_the_window_and_of_what_is_locked(problem, begins, locked, lost):
    plan = _seated(problem)
    window = frozenset(range(begins))
    change = Change(window=window, locked=frozenset(locked), standby=tuple(range(14)))

    mended = repair(_fewer_tables(problem, {lost}), plan, change)

    for meeting, start in enumerate(plan.slot):
        if start is None:
            got = mended.plan.slot[meeting]
            span = range(got, got + problem.lengths[meeting]) if got is not None else range(0)
            assert window.isdisjoint(span)
            continue
        inside = not window.isdisjoint(range(start, start + problem.lengths[meeting]))
        if inside or meeting in locked:
            assert not _touched(problem, plan, mended.plan, meeting)
        elif mended.plan.slot[meeting] is not None:
            moved = mended.plan.slot[meeting]
            assert moved == start or moved not in window


@given(worlds, st.integers(0, 7))
@settings(deadline=None, max_examples=30)
def test_a_withdrawal_moves_nobody_and_keeps_tables(problem, person):
    plan = _seated(problem)
    gone = frozenset(meeting for meeting, people in enumerate(problem.meetings) if person in people)

    mended = repair(problem, plan, Change(cancelled=gone, excused=frozenset({person})))

    assert (mended.moved, mended.people, mended.people_bound, mended.lost) == ((), (), 0, ())
    for meeting in range(len(plan.slot)):
        if meeting in gone:
            assert mended.plan.slot[meeting] is None
            assert mended.plan.table[meeting] is None
        else:
            assert mended.plan.slot[meeting] == plan.slot[meeting]
            assert mended.plan.table[meeting] == plan.table[meeting]


def _round(people, *, slots, tables, domains=None):
    participants = 1 + max(person for pair in people for person in pair)
    count = len(people)
    return Problem(
        participants=participants,
        slots=slots,
        days=(tuple(range(slots)),),
        tables=(tables,) * slots,
        screens=(0,) * slots,
        meetings=people,
        domains=domains or (tuple(range(slots)),) * count,
        lengths=(1,) * count,
        places=(Place.TABLE,) * count,
        helpers=((),) * count,
        forbidden=(frozenset(),) * participants,
        optional=True,
    )


def test_the_best_standby_pair_takes_the_freed_hour():
    problem = _round(((0, 1), (1, 2), (1, 3), (1, 4)), slots=1, tables=1)
    plan = Plan(slot=(0, None, None, None), table=(0, None, None, None), helper=(None,) * 4)

    mended = repair(problem, plan, Change(cancelled=frozenset({0}), standby=(2, 1, 3)))

    assert mended.filled == (2,)
    assert mended.plan.slot == (None, None, 0, None)
    assert mended.plan.table == (None, None, 0, None)
    assert mended.people == ()


def test_standby_gives_nobody_more_meetings_than_they_may_still_have():
    problem = _round(((0, 1), (1, 2), (1, 3), (1, 4)), slots=4, tables=2)
    plan = Plan(slot=(0, None, None, None), table=(0, None, None, None), helper=(None,) * 4)

    mended = repair(
        problem, plan, Change(cancelled=frozenset({0}), standby=(2, 1, 3), spare={1: 2})
    )

    assert mended.filled == (2, 1)


def test_a_lost_table_at_full_load_moves_one_pair():
    # Slot 2 has room for one more pair; 0 and 1 are busy there, 2 and 3 are not.
    people = ((0, 1), (2, 3), (4, 5), (0, 4), (1, 5))
    problem = _round(people, slots=4, tables=2)
    plan = Plan(slot=(0, 0, 1, 2, 3), table=(0, 1, 0, 0, 0), helper=(None,) * 5)

    mended = repair(_fewer_tables(problem, {0}), plan, Change())

    assert faults(_fewer_tables(problem, {0}), mended.plan) == []
    assert len(mended.moved) == 1
    assert len(mended.people) == mended.people_bound == 2


def test_a_wanted_meeting_is_seated_even_if_another_has_to_move():
    people = ((0, 1), (0, 2))
    problem = _round(people, slots=2, tables=1, domains=((0, 1), (0,)))
    plan = Plan(slot=(0, None), table=(0, None), helper=(None, None))

    mended = repair(problem, plan, Change(wanted=frozenset({1}), excused=frozenset({0, 2})))

    assert mended.plan.slot == (1, 0)
    assert mended.people == (1,)


def test_a_meeting_at_a_lost_table_goes_to_another_table_at_the_same_hour():
    problem = _round(((0, 1), (2, 3)), slots=1, tables=3)
    plan = Plan(slot=(0, 0), table=(0, 1), helper=(None, None))
    room = Room(
        (0, 0, 0), (False,) * 3, (frozenset(),) * 3, (frozenset({0}), frozenset(), frozenset())
    )

    mended = repair(_fewer_tables(problem, {0}), plan, Change(), room=room)

    assert mended.plan.table == (2, 1)
    assert mended.other_tables == (0,)
    assert mended.people == ()


def test_what_may_not_move_and_cannot_stay_is_named():
    problem = _round(((0, 1), (0, 2)), slots=2, tables=1)
    plan = Plan(slot=(0, 1), table=(0, 0), helper=(None, None))
    changed = without(problem, 0, frozenset({0}))

    mended = repair(changed, plan, Change(window=frozenset({0})))

    assert mended.unmended == (0,)
    assert mended.plan.slot == (0, 1)


def _fewest_people(problem, plan, excused):
    """By trying all plans: meetings lost, then people moved."""
    best = None
    for slots in product(*((*starts, None) for starts in problem.domains)):
        tried = Plan(slot=slots, helper=(None,) * len(slots))
        if any(old is None and new is not None for old, new in zip(plan.slot, slots, strict=True)):
            continue
        if faults(problem, tried):
            continue
        lost = sum(
            old is not None and new is None for old, new in zip(plan.slot, slots, strict=True)
        )
        people = {
            person
            for meeting, pair in enumerate(problem.meetings)
            if plan.slot[meeting] != slots[meeting]
            for person in pair
        }
        worth = (lost, len(people - excused))
        best = worth if best is None else min(best, worth)
    return best


@pytest.mark.parametrize("seed", range(8))
def test_in_small_problems_no_plan_moves_fewer_people(seed):
    problem = world(seed, size=4, meetings=5, plain=True)
    plan = _seated(problem)
    changed = _fewer_tables(without(problem, 1, frozenset({0, 1})), {2}, 1)

    mended = repair(changed, plan, Change(excused=frozenset({1})))

    assert (len(mended.lost), len(mended.people)) == _fewest_people(changed, plan, {1})


def test_losing_a_hall_moves_meetings_by_force():
    problem = world(5, size=40, meetings=120, plain=True)
    problem = replace(problem, tables=(22,) * problem.slots, screens=(0,) * problem.slots)
    plan = seat(problem, anneal(problem, place(problem), steps=20_000))
    changed = _fewer_tables(problem, {0, 1}, 12)

    mended = repair(changed, plan, Change())

    assert faults(changed, mended.plan) == []
    assert placed(mended.plan) == placed(plan) - len(mended.lost)
    assert len(mended.moved) >= sum(plan.slot.count(slot) - 10 for slot in (0, 1)) - len(
        mended.lost
    )
    assert repair(changed, plan, Change()) == mended


def test_a_repair_that_may_go_on_is_the_same_and_one_that_may_not_keeps_what_it_has():
    problem = world(5, size=40, meetings=120, plain=True)
    problem = replace(problem, tables=(22,) * problem.slots, screens=(0,) * problem.slots)
    plan = seat(problem, place(problem))
    changed = _fewer_tables(problem, {0, 1}, 12)
    asked = []

    free = repair(changed, plan, Change())
    watched = repair(changed, plan, Change(), goes_on=lambda: asked.append(True) or True)
    stopped = repair(changed, plan, Change(), goes_on=lambda: False)

    assert watched == free
    assert len(asked) > 1
    assert faults(changed, stopped.plan) == []
    assert stopped.moved == ()
    assert stopped.people_bound <= len(stopped.people)


def test_a_first_placing_tells_how_many_are_seated_and_ends_when_told():
    problem = world(3, size=30, meetings=90, plain=True)
    problem = replace(problem, tables=(4,) * problem.slots, screens=(0,) * problem.slots)
    told = []

    free = place(problem)
    heard = place(problem, tell=lambda one: told.append(one) or True)
    stopped = place(problem, tell=lambda _one: False)

    assert heard == free
    assert placed(stopped) <= placed(free)
    assert faults(problem, stopped) == []
    seated = [one.placed for one in told]
    assert len(seated) > 1
    assert seated == sorted(seated)
    assert placed(told[-1].plan) == seated[-1]
