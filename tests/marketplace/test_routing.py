"""The way of an interest over agreements: short, allowed, and the same for everybody."""

import datetime as dt
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from chambers.deadlines import after_working_days, before_working_days
from marketplace.services.routing import MOST_CHAMBERS, best_path, route_between
from tests.factories import AgreementFactory, ChamberFactory, CompanyFactory

PLACES = range(6)
ROADS = some.lists(
    some.tuples(some.sampled_from(PLACES), some.sampled_from(PLACES), some.integers(1, 9)),
    max_size=10,
)
SOME_PLACES = some.sets(some.sampled_from(PLACES), max_size=2)


def cost(path, roads):
    """The days of a path; None where a road is missing."""
    total = 0
    for one, other in pairwise(path):
        days = [d for a, b, d in roads if {a, b} == {one, other} and a != b]
        if not days:
            return None
        total += min(days)
    return total


def by_trying_all(roads, starts, ends):
    """(length, days, path) of the best path, by looking at every one."""
    found = [
        (size, cost(path, roads), path)
        for size in range(1, MOST_CHAMBERS + 1)
        for path in permutations(PLACES, size)
        if path[0] in starts and path[-1] in ends and cost(path, roads) is not None
    ]
    return min(found)[2] if found else ()


@given(ROADS, SOME_PLACES, SOME_PLACES)
def test_the_way_is_the_shortest_then_the_quickest(roads, starts, ends):
    assert best_path(roads, starts, ends) == by_trying_all(roads, starts, ends)


@given(some.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)), some.integers(1, 40))
def test_a_deadline_falls_on_a_working_day_with_as_many_before_it(day, count):
    end = after_working_days(day, count)
    between = [day + dt.timedelta(days=n) for n in range(1, (end - day).days + 1)]

    assert sum(one.weekday() < 5 for one in between) == count
    assert end.weekday() < 5
    assert before_working_days(end + dt.timedelta(days=1), 1) <= end


@pytest.mark.django_db
def test_only_agreements_in_force_are_roads_and_the_quicker_of_two_is_taken():
    one, other = ChamberFactory(), ChamberFactory()
    ours = CompanyFactory(member=True, membership__chamber=one)
    theirs = CompanyFactory(member=True, membership__chamber=other)
    long_ago = dt.date(2020, 1, 1)
    AgreementFactory(first=one, second=other, starts_on=long_ago, ends_on=dt.date(2021, 1, 1))
    AgreementFactory(first=one, second=other, starts_on=None)
    assert route_between(ours, theirs) is None

    AgreementFactory(first=one, second=other, response_days=9)
    quick = AgreementFactory(first=other, second=one, response_days=4)
    route = route_between(ours, theirs)

    assert [stop.agreement for stop in route.stops] == [None, quick]
    assert (route.days, route.via) == ((4, 4, 4), ())
    assert route_between(ours, theirs, dt.date(2020, 6, 1)) is None  # no members then
