"""Constants that would have told accepted partners from declined ones better, and how surely."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.engine.weights import Weights

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Longs = NDArray[np.int64]
Scorer = Callable[[Weights], Floats]
"""Scores of all events by some constants."""

FEWEST = 30
"""Accepted and declined events each that either part needs: with fewer an interval says nothing."""
_HELD = 0.4
_SAMPLES = 1000
_ROUNDS = 2
_WORTH = 0.002
"""A change of the constants that gains less on the events it is chosen by is not made."""
_FACTORS = (0.5, 0.75, 1.5, 2.0)
_VALUES = {
    "prior": (0.0, 0.5, 1.0, 2.0, 4.0),
    "better": (0.5, 0.65, 0.8, 0.95),
    "met_before": (0.0, 0.15, 0.3, 0.5, 0.7),
}
_MOVED = ("word_scale", "levels", *_VALUES)


@dataclass(frozen=True)
class Figures:
    """How well scores tell accepted from declined.

    ``auc`` is the chance that an accepted partner scores above a declined one, 0.5 by chance alone;
    ``upper`` the share of the accepted in the upper half of all.
    """

    auc: float
    upper: float


@dataclass(frozen=True)
class Learnt:
    """What the events say.

    ``accepted`` and ``declined`` count those learnt from. The figures are of those held back;
    ``gain`` is that of their AUC. The intervals are the middle 95 %: of the gain, and of the AUC
    that is reached.
    """

    weights: Weights
    accepted: int
    declined: int
    held_accepted: int
    held_declined: int
    before: Figures
    after: Figures
    gain: float
    interval: tuple[float, float]
    reached: tuple[float, float]

    @property
    def is_better(self) -> bool:
        """Whether the held-back events leave no doubt: better than before, and than chance."""
        return self.interval[0] > 0 and self.reached[0] > 0.5


class TooFewError(ValueError):
    """There are not enough events to learn from; ``accepted`` and ``declined`` say how many."""

    def __init__(self, accepted: int, declined: int) -> None:
        """Keep both numbers."""
        super().__init__(f"{accepted} accepted, {declined} declined")
        self.accepted, self.declined = accepted, declined


def learn(
    score: Scorer, accepted: Flags, owners: Longs, weights: Weights, *, seed: int = 1
) -> Learnt:
    """The best constants on a part of the events, measured on the companies held back.

    Event i was decided by company ``owners[i]``; all decisions of one company stand on one side of
    the split. Constants move one after another over a small grid while the AUC of the first part
    grows. The interval is a bootstrap over companies (Efron 1979). The same input and seed give
    the same answer. Raises TooFewError with fewer than ``FEWEST`` of a kind in either part.
    """
    held = _held(owners, seed)
    trained, kept = accepted[~held], accepted[held]
    counts = [int(kinds.sum()) for kinds in (trained, ~trained, kept, ~kept)]
    if min(counts) < FEWEST:
        raise TooFewError(int(accepted.sum()), int((~accepted).sum()))
    found = _climb(score, accepted, ~held, weights)
    former, latter = score(weights)[held], score(found)[held]
    gains, reached = _intervals(former, latter, accepted[held], owners[held], seed)
    before, after = figures(former, accepted[held]), figures(latter, accepted[held])
    return Learnt(
        weights=found,
        accepted=counts[0],
        declined=counts[1],
        held_accepted=counts[2],
        held_declined=counts[3],
        before=before,
        after=after,
        gain=after.auc - before.auc,
        interval=gains,
        reached=reached,
    )


def figures(scores: Floats, accepted: Flags) -> Figures:
    """How well scores tell accepted from declined; both must occur."""
    upper = scores >= np.median(scores)
    return Figures(auc(scores, accepted), float(upper[accepted].mean()))


def auc(scores: Floats, accepted: Flags) -> float:
    """The chance that an accepted event scores above a declined one, equal scores counting half.

    Source: Mann and Whitney (1947), On a test of whether one of two random variables is
    stochastically larger than the other.
    """
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    wins, losses = int(accepted.sum()), int((~accepted).sum())
    return float((ranks[accepted].sum() - wins * (wins + 1) / 2) / (wins * losses))


def _held(owners: Longs, seed: int) -> Flags:
    """Events of the companies that are held back, drawn by ``seed``."""
    companies = np.unique(owners)
    drawn = np.random.default_rng(seed).permutation(companies)[: round(len(companies) * _HELD)]
    return np.isin(owners, drawn)


def _climb(score: Scorer, accepted: Flags, part: Flags, weights: Weights) -> Weights:
    best, highest = weights, auc(score(weights)[part], accepted[part])
    for _ in range(_ROUNDS):
        began = best
        for name in _MOVED:
            for candidate in _candidates(best, name):
                reached = auc(score(candidate)[part], accepted[part])
                if reached > highest + _WORTH:
                    best, highest = candidate, reached
        if best == began:
            break
    return best


def _candidates(weights: Weights, name: str) -> list[Weights]:
    """The constants with one of them, or all levels of the codes, elsewhere."""
    if name == "word_scale":
        return [replace(weights, word_scale=weights.word_scale * factor) for factor in _FACTORS]
    if name == "levels":
        return [
            replace(weights, levels={one: value * factor for one, value in weights.levels.items()})
            for factor in _FACTORS
        ]
    now = getattr(weights, name)
    return [_with(weights, name, value) for value in _VALUES[name] if value != now]


def _with(weights: Weights, name: str, value: float) -> Weights:
    changed: dict[str, Any] = {name: value}
    return replace(weights, **changed)


def _intervals(
    former: Floats, latter: Floats, accepted: Flags, owners: Longs, seed: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The middle 95 % of the gain in AUC, and of the AUC reached, over companies drawn anew."""
    companies, place = np.unique(owners, return_inverse=True)
    events = [np.flatnonzero(place == at) for at in range(len(companies))]
    draws = np.random.default_rng(seed)
    gains, reached = [], []
    for _ in range(_SAMPLES):
        chosen = np.concatenate([events[at] for at in draws.integers(0, len(events), len(events))])
        kind = accepted[chosen]
        if kind.any() and not kind.all():
            reached.append(auc(latter[chosen], kind))
            gains.append(reached[-1] - auc(former[chosen], kind))
    return _middle(gains), _middle(reached)


def _middle(values: list[float]) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
