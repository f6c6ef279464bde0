"""The arithmetic of the score: evidence, coverage, mutual fit, bands."""

import math
from collections.abc import Collection, Mapping
from enum import StrEnum

import numpy as np

from matching.engine.terms import STEPS, quantised, term_key
from matching.engine.weights import Weights, term_weight

_WORD = "w:"


class Band(StrEnum):
    """How a suggestion is called; exact percentages would look more certain than they are."""

    STRONG_BOTH = "strong_both"
    STRONG_ONE = "strong_one"
    POSSIBLE = "possible"
    SAME_FIELD = "same_field"


def vector(
    terms: Mapping[str, float],
    frequencies: Mapping[str, int],
    rows: int,
    weights: Weights,
    only: Collection[str] | None = None,
) -> dict[str, np.float32]:
    """A row as the engine multiplies it: confidence, length and the square root of the weight.

    ``only`` some terms of it, where the others do not matter.
    Of two rows the evidence of a shared term is the product of its two values, the same both ways.
    Terms come heaviest first, those of one weight by their key.
    """
    words = sum(term.startswith(_WORD) for term in terms)
    length = words**-weights.length_power if words else 1.0
    found = []
    for term in terms.keys() if only is None else terms.keys() & only:
        confidence = terms[term]
        root = math.sqrt(term_weight(term, frequencies.get(term, 1), rows, weights))
        sure = quantised(confidence) / STEPS
        value = np.float32(sure * root * (length if term.startswith(_WORD) else 1.0))
        if value > 0:
            found.append((-root, term_key(term), term, value))
    return {term: value for _, _, term, value in sorted(found)}


def evidence(one: Mapping[str, np.float32], other: Mapping[str, np.float32]) -> float:
    """What two vectors share: ``sum(one[t] * other[t])``, at least 0; symmetric.

    Added up as the compiled loop does it, so that both find the same needs met.
    Taking away the strongest shared term from one row always lowers it. For a code its terms just
    go. For a word, let E be the words' evidence, m the number of shared words, n >= m the words of
    that row, p <= 1/2 the length power: the strongest is at least E/m, and the rest grows by
    (n/(n-1))**p, so E' <= E (1 - 1/m) (n/(n-1))**p <= E (1 - 1/n)**(1-p) < E. From both rows at
    once: E' <= E (1 - 1/n)**(1-2p) <= E.
    """
    amount = np.float32(0)
    for term, value in one.items():
        if term in other:
            amount += value * other[term]
    return float(amount)


def coverage(amount: float) -> float:
    """The share of a need that evidence covers: ``1 - exp(-amount)`` in [0, 1)."""
    return -math.expm1(-amount)


def direction(best: float, total: float, further: float) -> float:
    """Evidence of one direction from its pairs of opportunities that meet.

    The best pair counts whole, each further one by ``further``: a partner for two needs comes
    before one for the better of the two, and thirty copies of one offer gain little.
    """
    return best + further * (total - best)


def prior(lift: float, standing: float, weights: Weights) -> float:
    """What speaks for a pair beyond its texts, in units of evidence, within ``prior_most``.

    ``lift`` is that of ``Prior.lift``, ``standing`` the sum of both companies'. Symmetric.
    """
    amount = weights.prior * lift + weights.standing * standing
    return max(-weights.prior_most, min(weights.prior_most, amount))


def common(shared: float, prior: float, weights: Weights) -> float:
    """The common ground of a pair in [0, 1): evidence of a shared field, moved by the prior.

    A prior takes away most of that evidence but never all, and multiplies it at most, so that more
    of it always counts more and nothing shared stays nothing.
    """
    moved = min(shared + prior, weights.prior_gains * shared)
    return coverage(max(moved, weights.prior_leaves * shared))


def mutual(
    they: float, you: float, shared: float, common: float, met_before: bool, weights: Weights
) -> float:
    """The score of a pair in [0, 1): from both coverages (0 when not met) and the common ground.

    Symmetric in ``they`` and ``you``. With a met need at least ``met_floor``, without it less and
    only where enough is shared (``shared`` is that evidence): a prior alone makes no suggestion.
    Less where the two have met before.
    """
    high = max(they, you)
    if high > 0:
        fit = weights.better * high + (1 - weights.better) * min(they, you)
        score = weights.met_floor + weights.met_span * fit + weights.same_field * common
    elif shared > 0 and shared >= weights.field_evidence and common >= weights.common_least:
        score = weights.met_floor * common
    else:
        return 0.0
    return score * (1 - weights.met_before) if met_before else score


def band(they: float, you: float, weights: Weights) -> Band:
    """The band of a pair from the coverage of both directions."""
    high, low = max(they, you), min(they, you)
    if low >= weights.strong:
        return Band.STRONG_BOTH
    if high >= weights.strong:
        return Band.STRONG_ONE
    return Band.POSSIBLE if high >= weights.met else Band.SAME_FIELD
