"""Which meetings to hold: compared with a look at every possible choice."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.scheduling import choosing
from marketplace.scheduling.choosing import Wishes, choose, greedy, missing
from marketplace.scheduling.problem import Status


def wishes(people, pairs, capacity, quotas=4, floors=0, free=9):
    """Pairs as (one, other, score, must); quotas, floors and free slots alike or one each."""
    columns = list(zip(*pairs, strict=True)) or [(), (), (), ()]
    each = (np.broadcast_to(np.array(number), people) for number in (quotas, floors, free))
    return Wishes(
        *(np.array(column, np.int64) for column in columns[:3]),
        np.array(columns[3], bool),
        *each,
        capacity,
    )


@st.composite
def worlds(draw, two_sided=False):
    people = draw(st.integers(2, 6))
    left = draw(st.integers(1, people - 1)) if two_sided else people
    could = [
        (one, other)
        for one, other in combinations(range(people), 2)
        if not two_sided or one < left <= other
    ]
    named = draw(st.lists(st.sampled_from(could), unique=True, max_size=9))
    pairs = [(one, other, draw(st.integers(1, 9)), draw(st.booleans())) for one, other in named]
    numbers = st.lists(st.integers(0, 3), min_size=people, max_size=people)
    quotas, floors, free = draw(numbers), draw(numbers), draw(numbers)
    return wishes(people, pairs, draw(st.integers(0, 6)), quotas, floors, free)


def value(asked, taken):
    musts, lacking = int(taken[asked.must].sum()), int(missing(asked, taken).sum())
    return musts, -lacking, int(asked.scores[taken].sum())


def allowed(asked, taken):
    people = range(len(asked.quotas))
    ends = np.concatenate((asked.first[taken], asked.second[taken])).tolist()
    most = np.minimum(asked.quotas, asked.free)
    return taken.sum() <= asked.capacity and all(ends.count(one) <= most[one] for one in people)


def best_of_all(asked):
    size = len(asked.first)
    choices = (
        np.isin(np.arange(size), chosen)
        for number in range(size + 1)
        for chosen in combinations(range(size), number)
    )
    return max(value(asked, taken) for taken in choices if allowed(asked, taken))


def taken_of(asked, choice):
    return np.isin(np.arange(len(asked.first)), choice.chosen)


@given(st.booleans().flatmap(worlds))
def test_no_choice_is_better_than_the_one_made(asked):
    choice = choose(asked)

    assert allowed(asked, taken_of(asked, choice))
    assert value(asked, taken_of(asked, choice)) == best_of_all(asked)
    assert (choice.musts, -choice.missing, choice.score) == best_of_all(asked)
    assert choice.status == Status.OPTIMAL


@given(worlds())
def test_the_bounds_of_a_rounded_choice_hold(asked):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choosing, "EXACT", 3)
        choice = choose(asked)

    best = best_of_all(asked)
    assert allowed(asked, taken_of(asked, choice))
    assert best[0] <= choice.most_musts
    if best[0] == choice.most_musts:
        assert -best[1] >= choice.least_missing
    if best[:2] == (choice.musts, -choice.missing):
        assert best[2] <= choice.bound
    if choice.status == Status.OPTIMAL:
        assert best == (choice.musts, -choice.missing, choice.score)


def test_a_meeting_that_must_be_comes_before_better_ones():
    asked = wishes(3, [(0, 1, 1, True), (0, 2, 100, False), (1, 2, 100, False)], capacity=1)

    choice = choose(asked)

    assert choice.chosen.tolist() == [0]
    assert (choice.musts, choice.score, choice.status) == (1, 1, Status.OPTIMAL)


def test_everybody_gets_the_least_number_before_anybody_gets_the_best_partner():
    pairs = [(0, 2, 100, False), (0, 3, 1, False), (1, 2, 1, False), (1, 3, 1, False)]

    choice = choose(wishes(4, pairs, capacity=2, quotas=1, floors=1))

    assert choice.missing == 0
    assert choice.unmet.tolist() == []
    assert choice.score == 101


def test_who_stays_below_the_least_number_is_named():
    choice = choose(wishes(3, [(0, 1, 5, False)], capacity=3, floors=1))

    assert choice.unmet.tolist() == [2]
    assert (choice.missing, choice.least_missing) == (1, 1)
    assert choice.status == Status.OPTIMAL


def test_a_quota_below_the_least_number_is_nobodys_lack():
    choice = choose(wishes(2, [(0, 1, 5, False)], capacity=3, quotas=[0, 3], floors=[2, 0]))

    assert choice.chosen.tolist() == []
    assert choice.unmet.tolist() == []


def test_a_triangle_of_strangers_is_proved_although_halves_are_better():
    triangle = [(0, 1, 10, False), (1, 2, 10, False), (0, 2, 10, False)]

    choice = choose(wishes(3, triangle, capacity=9, quotas=1))

    assert (choice.score, choice.bound, choice.status) == (10, 10, Status.OPTIMAL)


@pytest.mark.parametrize("two_sided", [True, False])
def test_many_pairs_are_chosen_within_a_thousandth_of_the_bound(two_sided):
    random = np.random.default_rng(7)
    people, left = 300, 100 if two_sided else 300
    could = [(one, other) for one in range(left) for other in range(max(one + 1, left % 300), 300)]
    picked = random.choice(len(could), 8_000, replace=False)
    pairs = [(*could[at], int(random.integers(1, 101)), False) for at in picked]
    asked = wishes(people, pairs, 1_500, quotas=15, floors=4, free=16)

    choice = choose(asked)

    assert allowed(asked, taken_of(asked, choice))
    assert choice.gap <= 0.001
    assert value(asked, greedy(asked)) < (choice.musts, -choice.missing, choice.score)
    assert (choice.status == Status.OPTIMAL) or not two_sided
    assert choose(asked).chosen.tolist() == choice.chosen.tolist()


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ([(0, 0, 1, False)], "two participants"),
        ([(0, 5, 1, False)], "two participants"),
        ([(0, 1, 1, False), (1, 0, 2, False)], "twice"),
        ([(0, 1, 0, False)], "below 1"),
    ],
)
def test_what_cannot_be_asked_is_refused(pairs, reason):
    with pytest.raises(ValueError, match=reason):
        wishes(3, pairs, capacity=1)
