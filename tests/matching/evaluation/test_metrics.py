import numpy as np
import pytest

from matching.evaluation import metrics

SCORES = np.array([0.9, 0.5, 0.5, 0.5, 0.1, 0.7])
EVERYBODY = np.ones(6, bool)


def test_the_rank_counts_who_scores_higher():
    assert metrics.ranks(SCORES, EVERYBODY, [0, 5, 4]).tolist() == [1, 2, 6]


def test_equal_scores_share_their_mean_rank():
    assert metrics.ranks(SCORES, EVERYBODY, [1]).tolist() == [4]


def test_who_is_no_candidate_takes_nobodys_rank():
    candidates = np.array([False, True, True, True, True, True])

    assert metrics.ranks(SCORES, candidates, [5]).tolist() == [1]


def test_a_partner_that_is_no_candidate_comes_after_the_last():
    candidates = np.array([False, True, True, True, True, True])

    assert metrics.ranks(SCORES, candidates, [0]).tolist() == [6]


def test_recall_is_the_share_of_partners_within_the_cut():
    assert metrics.recall(np.array([1.0, 10.0, 11.0, 500.0]), 10) == 0.5


def test_the_reciprocal_rank_is_that_of_the_best_partner():
    assert metrics.reciprocal_rank(np.array([8.0, 4.0])) == 0.25


def test_gain_of_one_partner_at_rank_three_is_a_half():
    assert metrics.ndcg(np.array([3.0])) == pytest.approx(0.5)


def test_gain_is_whole_when_all_partners_come_first():
    assert metrics.ndcg(np.array([2.0, 1.0])) == pytest.approx(1.0)


def test_gain_of_ranks_one_and_three():
    # (1/log2 2 + 1/log2 4) / (1/log2 2 + 1/log2 3)
    assert metrics.ndcg(np.array([1.0, 3.0])) == pytest.approx(1.5 / (1 + 1 / np.log2(3)))


def test_lists_of_different_companies_cover_all_and_are_even():
    lists = [np.array([0, 1]), np.array([2, 3])]

    assert metrics.coverage(lists, 100) == 1.0
    assert metrics.gini(lists, 100) == 0.0


def test_one_company_in_every_list_covers_little_and_is_uneven():
    lists = [np.array([7])] * 4

    assert metrics.coverage(lists, 100) == 0.25
    assert metrics.gini(lists, 100) == pytest.approx(0.75)


def test_coverage_counts_against_the_pool_when_it_is_smaller_than_the_places():
    assert metrics.coverage([np.array([0, 1]), np.array([0, 1])], 3) == pytest.approx(2 / 3)


def test_no_lists_cover_nothing():
    assert metrics.coverage([np.array([], int)], 5) == 0.0
    assert metrics.gini([np.array([], int)], 5) == 0.0


def test_the_first_places_are_the_best_candidates_in_order():
    candidates = np.array([False, True, True, True, True, True])

    first = metrics.first(SCORES, candidates, 4, seed=1)

    assert first[0] == 5
    assert set(first[1:].tolist()) == {1, 2, 3}


def test_ties_are_drawn_by_the_seed():
    level = np.ones(200)
    everybody = np.ones(200, bool)

    one, again, other = (metrics.first(level, everybody, 10, seed).tolist() for seed in (1, 1, 2))

    assert one == again
    assert one != other


def test_a_large_pool_gives_the_same_first_places_as_a_whole_sort():
    scores = np.random.default_rng(3).integers(0, 40, 500).astype(float)

    found = metrics.first(scores, np.ones(500, bool), 20, seed=1)

    assert scores[found].tolist() == sorted(scores.tolist(), reverse=True)[:20]


def test_the_interval_of_equal_values_is_a_point():
    figure = metrics.bootstrap([0.5] * 9, list("abcdefghi"), seed=1)

    assert (figure.value, figure.low, figure.high) == (0.5, 0.5, 0.5)


def test_queries_of_one_company_are_drawn_together():
    figure = metrics.bootstrap([1.0, 1.0, 1.0, 0.0], ["a", "a", "a", "a"], seed=1)

    assert (figure.low, figure.high) == (0.75, 0.75)


def test_the_interval_holds_the_mean_and_follows_the_seed():
    values = [0.0, 1.0, 1.0, 0.0, 1.0]
    companies = list("abcde")

    one = metrics.bootstrap(values, companies, seed=4)

    assert one.low < one.value == 0.6 < one.high
    assert one == metrics.bootstrap(values, companies, seed=4)
