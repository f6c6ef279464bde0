"""Constants learnt from accepted and declined partners, on invented events."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine import Weights
from matching.engine.learning import TooFewError, auc, figures, learn

NOW = replace(Weights(), prior=1.0)
EVENTS = 600


def events(seed=3, *, signal):
    """(scorer, accepted, owners): the prior says who is accepted, or nothing does."""
    draws = np.random.default_rng(seed)
    texts, prior = draws.normal(size=EVENTS), draws.normal(size=EVENTS)
    says = prior if signal else np.zeros(EVENTS)
    accepted = says + 0.5 * draws.normal(size=EVENTS) > 0
    owners = draws.integers(0, EVENTS // 4, EVENTS)
    return lambda weights: texts + 0.3 * weights.prior * prior, accepted, owners


def test_a_signal_is_found_and_holds_on_the_companies_held_back():
    found = learn(*events(signal=True), NOW)

    assert found.weights.prior == 4.0
    assert found.weights == replace(NOW, prior=4.0)  # nothing else says anything
    assert found.is_better
    assert found.interval[0] <= found.gain <= found.interval[1]
    assert found.after.auc > found.before.auc + 0.1
    assert found.after.upper > found.before.upper


@pytest.mark.parametrize("seed", range(5))
def test_chance_alone_proposes_nothing(seed):
    found = learn(*events(seed, signal=False), NOW)

    assert not found.is_better


def test_all_decisions_of_a_company_stand_on_one_side_of_the_split():
    score, accepted, owners = events(signal=True)

    found = learn(score, accepted, owners, NOW)

    counts = found.accepted, found.declined, found.held_accepted, found.held_declined
    assert sum(counts) == EVENTS
    assert found.accepted + found.held_accepted == accepted.sum()


def test_the_same_events_and_seed_give_the_same_answer():
    assert learn(*events(signal=True), NOW, seed=7) == learn(*events(signal=True), NOW, seed=7)


@pytest.mark.parametrize("accepted", [0, 20, 580, 600])
def test_too_few_events_of_a_kind_are_said_so(accepted):
    kinds = np.arange(EVENTS) < accepted

    with pytest.raises(TooFewError) as refused:
        learn(lambda weights: np.zeros(EVENTS), kinds, np.arange(EVENTS), NOW)

    assert (refused.value.accepted, refused.value.declined) == (accepted, EVENTS - accepted)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30).filter(
        lambda rows: {kind for _, kind in rows} == {True, False}
    )
)
def test_the_auc_is_the_share_of_pairs_in_the_right_order(rows):
    scores = np.array([float(score) for score, _ in rows])
    accepted = np.array([kind for _, kind in rows])
    wins = [
        1.0 if high > low else 0.5 if high == low else 0.0
        for high in scores[accepted]
        for low in scores[~accepted]
    ]

    assert auc(scores, accepted) == pytest.approx(np.mean(wins))


def test_perfect_scores_put_every_accepted_partner_into_the_upper_half():
    accepted = np.array([True, False, True, False])

    found = figures(np.array([0.9, 0.1, 0.8, 0.2]), accepted)

    assert (found.auc, found.upper) == (1.0, 1.0)
