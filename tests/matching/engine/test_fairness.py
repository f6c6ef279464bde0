"""Sharing attention keeps everybody's partners, says what it costs, and shares."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.exposure import gini, lorenz
from matching.engine.fairness import Sharing, share_attention

unhurried = settings(deadline=None)  # a busy machine is no failure


def candidate_lists(companies, width, popularity, seed):
    """Everybody's candidates best first, and scores in which a few are liked by all."""
    chance = np.random.default_rng(seed)
    liked = np.minimum(chance.pareto(1.5, companies) / 20, 1) * popularity
    listed = np.full((companies, width), -1, np.int32)
    scores = np.zeros((companies, width), np.float32)
    for i in range(companies):
        size = chance.integers(0, min(width, companies - 1) + 1)
        others = chance.permutation(np.delete(np.arange(companies), i))[: 3 * size]
        worth = 0.5 + 0.3 * chance.random(len(others)) + liked[others]
        best = np.argsort(-worth)[:size]
        listed[i, : len(best)], scores[i, : len(best)] = others[best], worth[best]
    return listed, scores


worlds = st.builds(
    candidate_lists,
    companies=st.integers(2, 60),
    width=st.integers(1, 12),
    popularity=st.sampled_from([0.0, 0.1, 0.3]),
    seed=st.integers(0, 2**32),
)


def partners(listed, chosen):
    """Positions in place of columns."""
    rows = np.arange(len(listed))[:, None]
    return np.where(chosen >= 0, listed[rows, chosen], -1)


def shown(listed, chosen):
    found = partners(listed, chosen)
    return np.bincount(found[found >= 0], minlength=len(listed))


@unhurried
@given(worlds, st.integers(1, 6))
def test_every_list_stays_as_long_as_it_was_and_names_nobody_twice(world, k):
    listed, scores = world

    chosen = share_attention(listed, scores, k).chosen

    assert ((chosen >= 0).sum(1) == np.minimum(k, (listed >= 0).sum(1))).all()
    assert all(len(set(row[row >= 0])) == (row >= 0).sum() for row in chosen)
    assert (np.take_along_axis(listed, np.maximum(chosen, 0), 1)[chosen >= 0] >= 0).all()


@unhurried
@given(worlds, st.integers(1, 6))
def test_lists_are_the_best_by_score_less_price(world, k):
    listed, scores = world

    found = share_attention(listed, scores, k)

    for row, worth, chosen in zip(listed, scores, found.chosen, strict=True):
        at = row[row >= 0]
        ranked = np.argsort(-(worth[: len(at)] - found.prices[at]), kind="stable")[:k]
        assert chosen[chosen >= 0].tolist() == ranked.tolist()


@unhurried
@given(worlds, st.integers(1, 6))
def test_the_report_is_what_the_lists_say(world, k):
    listed, scores = world

    found = share_attention(listed, scores, k)

    counts = shown(listed, found.chosen)
    worth = np.take_along_axis(scores, np.maximum(found.chosen, 0), 1)[found.chosen >= 0]
    assert found.after.most == counts.max()
    assert found.after.never == (counts == 0).sum()
    assert found.after.gini == pytest.approx(gini(counts))
    assert found.after.total == pytest.approx(worth.sum(dtype=np.float64), rel=1e-6)
    assert found.unknown == len(listed) - len(np.unique(listed[listed >= 0]))


@unhurried
@given(worlds, st.integers(1, 6))
def test_sharing_costs_score_and_never_makes_attention_less_equal(world, k):
    listed, scores = world

    found = share_attention(listed, scores, k)

    assert found.after.total <= found.before.total + 1e-6
    assert found.cost <= Sharing().budget + 1e-9
    assert found.after.gini <= found.before.gini + 1e-12
    assert found.prices.max() <= Sharing().most
    assert found.prices.min() >= -(Sharing().bonus + Sharing().spare) - 1e-5


@unhurried
@given(worlds, st.integers(1, 6))
def test_without_a_cap_the_best_by_score_are_shown(world, k):
    listed, scores = world

    found = share_attention(listed, scores, k, Sharing(cap=math.inf))

    plain = np.where(listed[:, :k] >= 0, np.arange(min(k, listed.shape[1])), -1)
    assert (found.chosen[:, : plain.shape[1]] == plain).all()
    assert (found.chosen[:, plain.shape[1] :] == -1).all()
    assert (found.prices == 0).all()
    assert (found.before, found.cost) == (found.after, 0.0)


@unhurried
@given(worlds)
def test_the_same_candidates_give_the_same_prices(world):
    once, again = share_attention(*world, 3), share_attention(*world, 3)

    assert (once.prices == again.prices).all()
    assert (once.chosen == again.chosen).all()


@pytest.fixture(scope="module")
def popular():
    """500 companies with 40 candidates each, a few of them liked by all."""
    chance = np.random.default_rng(3)
    liked = np.minimum(chance.pareto(1.5, 500) / 20, 1) * 0.2
    worth = (0.5 + 0.3 * chance.random((500, 500)) + liked).astype(np.float32)
    np.fill_diagonal(worth, 0)
    listed = np.argsort(-worth, axis=1)[:, :40].astype(np.int32)
    return listed, np.take_along_axis(worth, listed, 1)


def test_where_a_few_are_liked_by_all_attention_is_shared_at_a_small_price(popular):
    found = share_attention(*popular, 10)

    assert found.after.gini < 0.9 * found.before.gini
    assert found.after.most < found.before.most
    assert found.after.never < 0.5 * found.before.never
    assert 0 < found.cost <= 0.03


def test_a_larger_budget_shares_more(popular):
    small, large = (share_attention(*popular, 10, Sharing(budget=x)) for x in (0.01, 0.1))

    assert small.cost <= 0.01 < large.cost
    assert large.after.gini < small.after.gini


def test_who_stands_among_candidates_only_enters_a_list_where_that_is_cheap():
    listed = np.array([[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 2, 1]], np.int32)
    scores = np.array([[0.9, 0.8, 0.75]] + [[0.9, 0.8, 0.7]] * 3, np.float32)

    cheap = share_attention(listed, scores, 2, Sharing(rounds=0, spare=0.06))
    dear = share_attention(listed, scores, 2, Sharing(rounds=0, spare=0.04))

    assert (cheap.before.never, cheap.after.never) == (1, 0)
    assert (dear.after.never, dear.cost) == (1, 0.0)
    assert cheap.before.total - cheap.after.total == pytest.approx(0.05, abs=1e-6)


def test_the_only_place_of_somebody_is_not_taken():
    listed = np.array([[1, 2], [0, -1], [0, -1]], np.int32)
    scores = np.array([[0.9, 0.85], [0.9, 0], [0.9, 0]], np.float32)

    found = share_attention(listed, scores, 1)

    assert shown(listed, found.chosen).tolist() == [2, 1, 0]


def test_candidates_may_lie_in_files(popular, tmp_path):
    for name, values in zip(("listed", "scores"), popular, strict=True):
        np.save(tmp_path / f"{name}.npy", values)
    mapped = [np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("listed", "scores")]

    found = share_attention(*mapped, 10)

    assert (found.chosen == share_attention(*popular, 10).chosen).all()


def test_nobody_to_show_is_no_error():
    found = share_attention(np.zeros((0, 5), np.int32), np.zeros((0, 5), np.float32))

    assert (found.chosen.shape, found.cost, found.after.most) == ((0, 20), 0.0, 0)


@pytest.mark.parametrize(
    "wrong", [{"cap": 0.5}, {"floor": 2}, {"rounds": -1}, {"step": -0.1}, {"budget": -1}]
)
def test_rules_that_do_not_share_are_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        Sharing(**wrong)


def test_tables_of_different_shape_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        share_attention(np.zeros((2, 3), np.int32), np.zeros((2, 4), np.float32))


@unhurried
@given(st.lists(st.integers(0, 50), min_size=1, max_size=30))
def test_the_gini_of_counts_is_the_mean_difference_by_twice_the_mean(counts):
    values = np.array(counts, np.int64)
    differences = np.abs(values[:, None] - values[None, :]).mean()
    expected = differences / (2 * values.mean()) if values.any() else 0.0

    assert gini(values) == pytest.approx(expected, abs=1e-12)


def test_the_lorenz_curve_runs_from_nothing_to_all_below_the_diagonal():
    curve = lorenz(np.array([0, 0, 1, 9]), points=4)

    assert curve == [(0.0, 0.0), (0.25, 0.0), (0.5, 0.0), (0.75, 0.1), (1.0, 1.0)]
    assert lorenz(np.zeros(3, np.int64)) == [(0.0, 0.0), (1.0, 1.0)]
