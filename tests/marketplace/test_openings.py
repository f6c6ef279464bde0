"""How many slots follow each other."""

import datetime as dt
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from marketplace.models import Slot
from marketplace.selectors.openings import most_disjoint

NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
STRETCHES = st.tuples(st.integers(0, 12), st.integers(1, 6))


def span(stretch):
    start, minutes = stretch
    return NOON + start * MINUTE, NOON + (start + minutes) * MINUTE


def apart(one, other, walk):
    return one.ends_at + walk <= other.starts_at or other.ends_at + walk <= one.starts_at


@given(st.lists(STRETCHES, max_size=7), st.lists(STRETCHES, max_size=2), st.integers(0, 3))
def test_no_choice_of_slots_that_follow_each_other_is_larger(stretches, blocked, minutes):
    walk = minutes * MINUTE
    taken = [span(one) for one in blocked]
    slots = [Slot(starts_at=first, ends_at=last) for first, last in map(span, stretches)]
    free = [
        one
        for one in slots
        if not any(since < one.ends_at + walk and one.starts_at < until for since, until in taken)
    ]

    largest = max(
        size
        for size in range(len(free) + 1)
        if any(
            all(apart(one, other, walk) for one, other in combinations(chosen, 2))
            for chosen in combinations(free, size)
        )
    )

    assert most_disjoint(slots, blocked=taken, walk=walk) == largest
