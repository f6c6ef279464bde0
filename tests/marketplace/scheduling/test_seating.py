from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings

from marketplace.scheduling.measure import measure
from marketplace.scheduling.placing import place
from marketplace.scheduling.problem import Place, Plan, Problem
from marketplace.scheduling.seating import Room, room_of, seat

from .worlds import world, worlds


def _faults(problem, plan, room):
    found, taken = [], Counter()
    for meeting, start in enumerate(plan.slot):
        table = plan.table[meeting]
        if start is None or table is None:
            continue
        if problem.places[meeting] == Place.SCREEN and not room.screen[table]:
            found.append(f"{meeting} has no screen")
        for slot in range(start, start + problem.lengths[meeting]):
            taken[slot, table] += 1
            if slot in room.closed[table]:
                found.append(f"table {table} is closed at {slot}")
    return found + [where for where, times in taken.items() if times > 1]


@given(worlds)
@settings(deadline=None, max_examples=60)
def test_no_table_is_given_twice_nor_where_it_is_closed_or_lacks_a_screen(problem):
    plan = place(problem, steps=20)

    seated = seat(problem, plan)

    assert (seated.slot, seated.helper) == (plan.slot, plan.helper)
    assert _faults(problem, seated, room_of(problem)) == []


@given(worlds)
@settings(deadline=None, max_examples=30)
def test_every_meeting_of_one_slot_finds_a_table(problem):
    problem = replace(problem, lengths=(1,) * len(problem.meetings))
    plan = place(problem, steps=20)

    seated = seat(problem, plan)

    for meeting, slot in enumerate(plan.slot):
        needs = slot is not None and problem.places[meeting] != Place.NONE
        assert (seated.table[meeting] is not None) == needs


def _day(people, *, tables=2, places=None):
    """Meetings one after the other in pairs of one slot: 0 and 1, 2 and 3, and so on."""
    slots = (len(people) + 1) // 2
    return Problem(
        participants=1 + max(max(pair) for pair in people),
        slots=slots,
        days=(tuple(range(slots)),),
        tables=(tables,) * slots,
        screens=(1,) * slots,
        meetings=people,
        domains=tuple((number // 2,) for number in range(len(people))),
        lengths=(1,) * len(people),
        places=places or (Place.TABLE,) * len(people),
        helpers=((),) * len(people),
        forbidden=(frozenset(),) * (1 + max(max(pair) for pair in people)),
    )


PAIRS = ((0, 10), (1, 11), (1, 12), (0, 13), (0, 14), (1, 15))


def test_people_keep_their_table():
    problem = _day(PAIRS)

    seated = seat(problem, place(problem))

    assert len({seated.table[meeting] for meeting in (0, 3, 4)}) == 1
    assert measure(problem, seated).table_changes == 0


def test_tables_that_are_kept_stay_and_others_go_around_them():
    problem = _day(PAIRS)

    seated = seat(problem, place(problem), keep=(1, None, None, 0, None, None))

    assert seated.table == (1, 0, 1, 0, 0, 1)


def test_people_rather_change_the_table_than_the_hall():
    problem = _day(((0, 10), (11, 12), (0, 1)), tables=3)
    room = Room(  # where both cost the same, the first one left is taken: that of the other hall
        hall=(0, 1, 0),
        screen=(False,) * 3,
        owners=(frozenset(),) * 3,
        closed=(frozenset({1}), frozenset(), frozenset({0})),
    )
    plan = place(problem)

    seated = seat(problem, plan, room, keep=(0, 1, None))

    assert seated.table == (0, 1, 2)


@pytest.mark.parametrize(("walk", "tables"), [(0, (2, 0)), (5, (0, 2))])
def test_rather_two_with_an_hour_change_the_hall_than_one_without_time(walk, tables):
    problem = replace(
        _day(((20, 21), (0, 1), (0, 10), (20, 21)), tables=2),
        slots=3,
        days=((0, 1, 2),),
        tables=(2,) * 3,
        screens=(2,) * 3,
        domains=((0,), (1,), (2,), (2,)),
    )
    room = Room(
        hall=(0, 0, 1),
        screen=(True,) * 3,
        owners=(frozenset(),) * 3,
        closed=(frozenset(), frozenset({2}), frozenset({0, 1})),
        hours=((0, 20), (60, 80), (80, 100)),
        walk=walk,
    )

    seated = seat(problem, place(problem), room, keep=(1, 0, None, None))

    assert seated.table[2:] == tables


@pytest.mark.parametrize("owner", [0, 13])
def test_meetings_at_a_booth_are_at_the_booth_of_their_side_and_no_others(owner):
    places = tuple(Place.NONE if number == 3 else Place.TABLE for number in range(6))
    problem = _day(PAIRS, places=places)
    room = Room(
        hall=(0, 0, 0),
        screen=(False,) * 3,
        owners=(frozenset({owner}), frozenset(), frozenset()),
        closed=(frozenset(),) * 3,
    )

    seated = seat(problem, place(problem), room)

    assert seated.table[3] == 0
    assert {seated.table[number] for number in (0, 1, 2, 4, 5)} == {1, 2}


def test_seating_takes_fewer_table_changes_than_chance():
    problem = world(4, size=30, meetings=90, plain=True)
    problem = replace(problem, tables=(20,) * problem.slots, screens=(20,) * problem.slots)
    plan = place(problem)
    taken = Counter()
    tables = []
    for slot in plan.slot:
        tables.append(taken[slot] if slot is not None else None)
        taken[slot] += 1
    careless = Plan(slot=plan.slot, table=tuple(tables), helper=plan.helper)

    seated = seat(problem, plan)

    assert (
        2 * measure(problem, seated).table_changes < 1.5 * measure(problem, careless).table_changes
    )


def test_seating_that_is_stopped_has_a_table_for_every_meeting():
    problem = world(7, size=20, meetings=60, plain=True)
    plan = place(problem)
    asked = []

    stopped = seat(problem, plan, goes_on=lambda: bool(asked.append(True)))

    assert len(asked) == 1
    assert all(
        (table is None) == (slot is None)
        for slot, table in zip(stopped.slot, stopped.table, strict=True)
    )
