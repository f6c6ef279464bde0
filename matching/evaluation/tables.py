"""Counts of known pairs, smoothed into tables: who works with whom, and who is worked with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.evaluation.sparse import Doubles, Floats, Longs

Bools = NDArray[np.bool_]

NEARNESS = 0.3
"""How far a pair of topics speaks for topics beside them: a difference of cosines."""
TOPIC_FLOOR = 0.02
COUNTRY_DOUBT = 20.0
LABEL_DOUBT = 30.0
HOME_DOUBT = 30.0
_SAID_PENALTY = 1e-2
_OTHERS = 6000
_SCALE = 8.0


@dataclass(frozen=True)
class Traits:
    """What tables are made of, by company: numbers of topic (-1 none), country and heading."""

    topic: Longs
    country: Longs
    label: Longs
    image: Floats
    """[companies, dimensions]: each text's unit row of words, mapped."""
    length: Doubles
    alike: Doubles

    def spread_of(self, name: str) -> Doubles:
        """The share of all companies with each number."""
        numbers: Longs = getattr(self, name)
        known = numbers[numbers >= 0]
        return np.bincount(known, minlength=int(numbers.max()) + 1) / max(len(known), 1)


@dataclass(frozen=True)
class Tables:
    """Logarithms of how much likelier a partner is than chance.

    ``topic`` [T, T] and ``country`` [C, C] for a pair, symmetric; ``label`` and ``home`` for the
    heading and the country of the one that is named; ``said`` per company, from its words, with
    ``said_weights`` [dimensions] to compute it anew.
    """

    topic: Doubles
    country: Doubles
    label: Doubles
    home: Doubles
    said: Doubles
    said_weights: Doubles


def count_tables(traits: Traits, speakers: Longs, partners: Longs, seed: int) -> Tables:
    """Tables of some known pairs, given by the positions of both companies."""
    said, weights = _said(traits, np.unique(partners), seed)
    return Tables(
        topic=_topic_lift(traits, speakers, partners),
        country=_country_lift(traits, speakers, partners),
        label=_marginal(traits.label[partners], traits.spread_of("label"), LABEL_DOUBT),
        home=_marginal(traits.country[partners], traits.spread_of("country"), HOME_DOUBT),
        said=said,
        said_weights=weights,
    )


def _topic_lift(traits: Traits, speakers: Longs, partners: Longs) -> Doubles:
    """Pairs of topics against chance among the topics that are paired at all.

    Each pair also counts for topics alike, falling off with ``NEARNESS``.
    """
    size = len(traits.alike)
    one, other = traits.topic[speakers], traits.topic[partners]
    told = (one >= 0) & (other >= 0)
    counts = np.zeros((size, size))
    np.add.at(counts, (one[told], other[told]), 0.5)
    np.add.at(counts, (other[told], one[told]), 0.5)
    near = np.exp((traits.alike - 1) / NEARNESS)
    near /= near.sum(0, keepdims=True)
    smooth = near @ counts @ near.T
    side = smooth.sum(1)
    chance = np.outer(side, side) / max(side.sum(), 1e-12)
    lift = np.log((smooth + TOPIC_FLOOR * chance + 1e-12) / ((1 + TOPIC_FLOOR) * chance + 1e-12))
    return np.asarray((lift + lift.T) / 2, np.float64)


def _country_lift(traits: Traits, speakers: Longs, partners: Longs) -> Doubles:
    """Pairs of countries against chance among countries that are paired at all."""
    size = len(traits.spread_of("country"))
    counts = np.zeros((size, size))
    np.add.at(counts, (traits.country[speakers], traits.country[partners]), 0.5)
    np.add.at(counts, (traits.country[partners], traits.country[speakers]), 0.5)
    np.fill_diagonal(counts, 0)
    share = (counts.sum(1) + 1) / (counts.sum() + size)
    chance = np.outer(share, share) * counts.sum()
    doubt = COUNTRY_DOUBT * np.outer(share, share) ** 0.5
    return np.asarray(np.log((counts + doubt) / (chance + doubt)), np.float64)


def _marginal(numbers: Longs, spread: Doubles, doubt: float) -> Doubles:
    """How much oftener each number is named than it is there."""
    counts = np.bincount(numbers[numbers >= 0], minlength=len(spread))
    found = (counts + doubt * spread) / (counts.sum() + doubt)
    return np.asarray(np.log(np.maximum(found, 1e-9) / np.maximum(spread, 1e-9)), np.float64)


def _said(traits: Traits, partners: Longs, seed: int) -> tuple[Doubles, Doubles]:
    """How much each company's words are like those of companies named as partners.

    Ridge-penalised logistic regression of partners against companies drawn from all.
    """
    count = len(traits.image)
    others = np.random.default_rng(seed).choice(count, min(_OTHERS, count), replace=False)
    image = traits.image.astype(np.float64)
    scale = _SCALE / max(float(np.linalg.norm(image, axis=1).mean()), 1e-12)
    columns = np.hstack(
        [image * scale, (traits.length - traits.length.mean())[:, None], np.ones((count, 1))]
    )
    sample = np.concatenate([partners, others])
    truth = np.concatenate([np.ones(len(partners)), np.zeros(len(others))])
    share = np.concatenate(
        [np.full(len(partners), 1 / len(partners)), np.full(len(others), 1 / len(others))]
    )
    weights = np.zeros(columns.shape[1])
    known = columns[sample]
    for _ in range(15):
        chance = 1 / (1 + np.exp(-known @ weights))
        slope = known.T @ (share * (chance - truth)) + _SAID_PENALTY * weights
        bend = (known * (share * chance * (1 - chance))[:, None]).T @ known
        weights -= np.linalg.solve(bend + _SAID_PENALTY * np.eye(len(weights)), slope)
    words = weights[:-2] * scale
    return image @ words, words


def numbered(values: Sequence[str]) -> tuple[tuple[str, ...], Longs]:
    """The different values in order, and the number of each."""
    names = tuple(sorted(set(values)))
    numbers = {name: number for number, name in enumerate(names)}
    return names, np.array([numbers[value] for value in values], np.int64)
