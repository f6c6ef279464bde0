"""Figures of ranked lists: recall, reciprocal rank, gain, exposure, each with its uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]

CUTS = (10, 100, 1000)
SHOWN = 20
"""Partners in a list as the product shows it."""


@dataclass(frozen=True)
class Figure:
    """A mean and the interval that holds 95 % of its bootstrap means."""

    value: float
    low: float
    high: float


def ranks(scores: Doubles, candidates: Bools, relevant: Sequence[int]) -> Doubles:
    """The rank of each relevant candidate among all candidates, from 1; ties share their mean rank.

    A relevant partner's rank counts the other relevant ones above it too. A partner that is no
    candidate has the rank of the last and one.
    """
    among = np.sort(scores[candidates])
    found = np.empty(len(relevant))
    for at, partner in enumerate(relevant):
        if not candidates[partner]:
            found[at] = len(among) + 1.0
            continue
        above = len(among) - np.searchsorted(among, scores[partner], "right")
        level = np.searchsorted(among, scores[partner], "right") - np.searchsorted(
            among, scores[partner], "left"
        )
        found[at] = above + (level + 1) / 2
    return found


def recall(ranked: Doubles, cut: int) -> float:
    """The share of the relevant partners within the first ``cut``."""
    return float(np.mean(ranked <= cut))


def reciprocal_rank(ranked: Doubles) -> float:
    """One divided by the best rank of a relevant partner."""
    return float(1 / ranked.min())


def ndcg(ranked: Doubles) -> float:
    """Normalised discounted cumulative gain of the whole list, every relevant partner gains 1.

    Source: Järvelin, Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques.
    """
    gain = np.sum(1 / np.log2(1 + np.sort(ranked)))
    best = np.sum(1 / np.log2(1 + np.arange(1, len(ranked) + 1)))
    return float(min(1.0, gain / best))


def first(scores: Doubles, candidates: Bools, count: int, seed: int) -> Longs:
    """The first ``count`` candidates with a score above none, best first, ties by chance."""
    places = np.flatnonzero(candidates & np.isfinite(scores))
    chance = np.random.default_rng(seed).random(len(places))
    if len(places) > 4 * count:
        least = np.partition(scores[places], -count)[-count]
        kept = scores[places] >= least
        places, chance = places[kept], chance[kept]
    return places[np.lexsort((chance, -scores[places]))][:count]


def coverage(lists: Sequence[Longs], companies: int) -> float:
    """Different companies shown, as a share of those that the places in all lists could show."""
    places = sum(map(len, lists))
    shown = len(np.unique(np.concatenate(lists))) if places else 0
    return shown / min(places, companies) if places else 0.0


def gini(lists: Sequence[Longs], companies: int) -> float:
    """How unequally the places in all lists are given out, 0 (evenly) to 1 (all to one company).

    Over as many companies as could have been shown, the most shown first: with few lists most of a
    large pool cannot be, and would hide every difference.
    """
    places = sum(map(len, lists))
    if not places:
        return 0.0
    _, counts = np.unique(np.concatenate(lists), return_counts=True)
    shares = np.zeros(min(places, companies))
    shares[len(shares) - len(counts) :] = np.sort(counts)
    order = np.arange(1, len(shares) + 1)
    return float((2 * order - len(shares) - 1) @ shares / (len(shares) * shares.sum()))


def bootstrap(
    values: Sequence[float], companies: Sequence[str], seed: int, times: int = 1000
) -> Figure:
    """The mean of some values, one per query, with the interval from drawing companies anew.

    Queries of one company are drawn together, since they are alike.
    Source: Efron (1979), Bootstrap methods; percentile interval, cluster bootstrap.
    """
    _, company = np.unique(np.array(companies), return_inverse=True)
    sums = np.bincount(company, np.asarray(values, np.float64))
    counts = np.bincount(company)
    drawn = np.random.default_rng(seed).integers(0, len(sums), (times, len(sums)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    low, high = np.percentile(means, (2.5, 97.5))
    return Figure(float(np.sum(sums) / np.sum(counts)), float(low), float(high))
