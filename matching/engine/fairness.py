"""Sharing attention: who is wanted by many costs a little, so that others are seen as well.

The best lists by score alone show a few popular companies to everybody. Here every company gets a
price, taken off its score in the lists of others only for the order; lists stay as long as they
were, and what it costs in total score is said.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from matching.engine.exposure import gini
from matching.engine.kernel import compiled, making_arrays
from matching.engine.weights import Weights

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float32]

_RESCUES = 12
"""Passes over the lists in which those whom nobody sees are brought in, a row at a time."""
_CALMER = 0.85
"""Each step of ascent is so much shorter than the one before, or prices would swing."""


@dataclass(frozen=True)
class Sharing:
    """How strongly attention is shared; prices are in units of the score.

    Nobody should stand in more than ``cap`` × k lists, nor in fewer than ``floor`` × k; an infinite
    ``cap`` leaves the lists as they are. A price lies in [-``bonus``, ``most``]; who would stand in
    no list gets up to ``spare`` more bonus where that brings it into one. All this may cost up to
    ``budget``, a share of the total score.
    """

    cap: float = 3.0
    floor: float = 0.5
    rounds: int = 12
    step: float = 0.03
    most: float = 0.25
    bonus: float = 0.06
    spare: float = 0.1
    budget: float = 0.03

    def __post_init__(self) -> None:
        """Refuse rules that say nothing or the opposite of sharing."""
        if not 0 <= self.floor <= 1 <= self.cap:
            raise ValueError("0 <= floor <= 1 <= cap must hold")
        if min(self.rounds, self.step, self.most, self.bonus, self.spare, self.budget) < 0:
            raise ValueError("the rules of sharing must not be negative")

    @classmethod
    def of(cls, weights: Weights) -> Self:
        """As the rules of a run say."""
        return cls(
            cap=weights.share_cap,
            floor=weights.share_floor,
            most=weights.share_most,
            bonus=weights.share_bonus,
            spare=weights.share_spare,
            budget=weights.share_budget,
        )

    @property
    def is_off(self) -> bool:
        """Whether the best by score alone are wanted."""
        return math.isinf(self.cap)


class Exposure(NamedTuple):
    """How attention is spread over all companies."""

    gini: float
    """0: all are shown equally often; towards 1: one is shown to all."""
    most: int
    """Lists in which the most shown company stands."""
    never: int
    """Companies that stand in no list."""
    total: float
    """Sum of the scores of all that is shown."""


@dataclass(frozen=True)
class Attention:
    """The lists with attention shared.

    ``prices`` by position of the company. ``chosen`` holds, for each company, columns of its
    candidates ordered by score − price, equal ones as the candidates stand; -1 after the last.
    ``before`` is the best by score alone. ``unknown`` companies stand in nobody's candidates.
    """

    prices: Floats
    chosen: Ints
    before: Exposure
    after: Exposure
    unknown: int

    @property
    def cost(self) -> float:
        """The share of the total score that sharing costs, in [0, 1]; 0.0 where there is none."""
        return 1 - self.after.total / self.before.total if self.before.total > 0 else 0.0


def share_attention(
    candidates: Ints, scores: Floats, k: int = 20, rules: Sharing | None = None
) -> Attention:
    """Prices for all companies and the lists they lead to; the same for the same input.

    ``candidates[i]`` are positions of the partners company i may be shown, best first, -1 after the
    last and none twice; ``scores`` stand beside them. Both may be mapped from files. Everybody's
    list is as long as without sharing: k, or all its candidates.
    A few steps of dual ascent on the limits of exposure, keeping the fairest; then who is in no
    list gets the smallest bonus that brings it into one, unless someone else would fall out of all.
    Source: Bertsekas (1998), Network Optimization, on auction and dual ascent.

    Cost: about 1 CPU second for 200,000 companies of 60 candidates, 4 for 1,000,000 (measured).
    Raises ValueError for shapes that do not fit.
    """
    rules = rules or Sharing()
    if candidates.ndim != 2 or candidates.shape != scores.shape or k < 1:
        raise ValueError("candidates and scores must be two tables of one shape, and k above 0")
    listed, worth = _view(candidates, np.int32), _view(scores, np.float32)
    companies = len(listed)
    prices = np.zeros(companies, np.float32)
    chosen = np.full((companies, k), -1, np.int32)
    shown = np.zeros(companies, np.int64)
    total = _choose(listed, worth, prices, chosen, shown)
    before = _exposure(shown, total)
    if not rules.is_off:
        prices = _fairest(listed, worth, k, rules, shown, before)
        prices = _with_the_unseen(listed, worth, k, rules, prices, before)
        total = _choose(listed, worth, prices, chosen, shown)
    known = np.zeros(companies, np.bool_)
    _mark(listed, known)
    return Attention(prices, chosen, before, _exposure(shown, total), int(companies - known.sum()))


def _fairest(
    listed: Ints, worth: Floats, k: int, rules: Sharing, shown: Longs, before: Exposure
) -> Floats:
    """The prices of the round with the least inequality and attention above the cap.

    Zeros if no round within the budget has less inequality than before.
    """
    chosen = np.full((len(listed), k), -1, np.int32)
    prices = np.zeros(len(listed), np.float32)
    best, least = prices.copy(), before.gini + _above(shown, rules.cap * k)
    exposed, enough = shown.copy(), (1 - rules.budget) * before.total
    is_dear = False
    for at in range(rules.rounds):
        if is_dear:
            prices = ((best + prices) / 2).astype(np.float32)
        else:
            step = rules.step * _CALMER**at
            _reprice(prices, exposed, rules.cap * k, rules.floor * k, step, rules.bonus, rules.most)
        is_dear = _choose(listed, worth, prices, chosen, exposed) < enough
        unequal = gini(exposed)
        unfair = unequal + _above(exposed, rules.cap * k)
        if not is_dear and unequal <= before.gini and unfair < least:
            best, least = prices.copy(), unfair
    return best


def _above(shown: Longs, cap: float) -> float:
    """The share of all attention that companies have beyond the cap."""
    return float(np.maximum(shown - cap, 0).sum() / max(1, shown.sum()))


def _with_the_unseen(
    listed: Ints, worth: Floats, k: int, rules: Sharing, prices: Floats, before: Exposure
) -> Floats:
    """The prices, lowered for who stands in no list as long as that leaves fewer of them."""
    chosen = np.full((len(listed), k), -1, np.int32)
    shown = np.zeros(len(listed), np.int64)
    _choose(listed, worth, prices, chosen, shown)
    unseen = int((shown == 0).sum())
    for _ in range(_RESCUES):
        tried = prices.copy()
        _bring_in(listed, worth, tried, chosen, shown, rules.spare)
        total = _choose(listed, worth, tried, chosen, shown)
        left = int((shown == 0).sum())
        if left >= unseen or total < (1 - rules.budget) * before.total:
            break
        prices, unseen = tried, left
    return prices


def _exposure(shown: Longs, total: float) -> Exposure:
    most = int(shown.max()) if len(shown) else 0
    return Exposure(gini(shown), most, int((shown == 0).sum()), total)


def _view(values: NDArray[Any], kind: type) -> NDArray[Any]:
    """A read-only plain view: one compiled form serves arrays from memory and from files."""
    view: NDArray[Any] = np.ascontiguousarray(np.asarray(values, kind)).view()
    view.flags.writeable = False
    return view


@compiled
def best_columns(
    listed: Ints, worth: Floats, prices: Floats, i: int, chosen: Ints, values: Floats
) -> int:
    """The best columns of line i of some candidates by score − price, best first; how many.

    Both ``chosen`` and ``values``, their score − price, have room for as many as are wanted. Equal
    ones stay in the order of the columns; -1 stands for no candidate, and none follow.
    """
    k = len(chosen)
    count = 0
    for column in range(listed.shape[1]):
        j = listed[i, column]
        if j < 0:
            break
        value = worth[i, column] - prices[j]
        if count == k and value <= values[k - 1]:
            continue
        at = min(count, k - 1)
        while at > 0 and values[at - 1] < value:
            values[at] = values[at - 1]
            chosen[at] = chosen[at - 1]
            at -= 1
        values[at] = value
        chosen[at] = column
        count = min(count + 1, k)
    return count


@making_arrays
def _choose(listed: Ints, worth: Floats, prices: Floats, chosen: Ints, shown: Longs) -> float:
    """Fill ``chosen`` with the best columns by score − price and count them; their total score."""
    values = np.empty(chosen.shape[1], np.float32)
    total = 0.0
    shown[:] = 0
    for i in range(listed.shape[0]):
        count = best_columns(listed, worth, prices, i, chosen[i], values)
        for x in range(count):
            shown[listed[i, chosen[i, x]]] += 1
            total += worth[i, chosen[i, x]]
        chosen[i, count:] = -1
    return total


@compiled
def _reprice(
    prices: Floats, shown: Longs, cap: float, floor: float, step: float, bonus: float, most: float
) -> None:
    """One step of ascent: dearer above the cap, cheaper below the floor, back to 0 in between."""
    for j in range(len(prices)):
        price = float(prices[j])
        seen = shown[j] + 1.0
        if shown[j] > cap:
            price += step * math.log(seen / (cap + 1))
        elif shown[j] < floor:
            price += step * math.log(seen / (floor + 1))
        elif price > 0:
            price = max(0.0, price + step * math.log(seen / (cap + 1)))
        elif price < 0:
            price = min(0.0, price + step * math.log(seen / (floor + 1)))
        prices[j] = min(most, max(-bonus, price))


@making_arrays
def _bring_in(
    listed: Ints, worth: Floats, prices: Floats, chosen: Ints, shown: Longs, spare: float
) -> None:
    """Lower prices of companies in no list so that each enters one.

    Each takes the last place of the list where that costs least, one per list, and never the only
    place that somebody has.
    """
    companies, k = chosen.shape
    row = np.full(companies, -1, np.int32)
    loss = np.full(companies, np.float32(np.inf))
    for i in range(companies):
        last = chosen[i, k - 1]
        if last < 0:
            continue
        least = worth[i, last] - prices[listed[i, last]]
        for column in range(listed.shape[1]):
            j = listed[i, column]
            if j < 0:
                break
            if shown[j] == 0:
                lost = least - (worth[i, column] - prices[j])
                if lost < loss[j]:
                    loss[j], row[j] = lost, i
    taken = np.zeros(companies, np.bool_)
    for j in np.argsort(loss):
        if row[j] < 0:
            break
        i = row[j]
        last = listed[i, chosen[i, k - 1]]
        if taken[i] or shown[last] < 2:
            continue
        least = worth[i, chosen[i, k - 1]] - prices[last]
        for column in range(listed.shape[1]):
            if listed[i, column] == j:
                if worth[i, chosen[i, k - 1]] - worth[i, column] > spare:
                    break
                price, less = worth[i, column] - least, np.float32(1e-7)
                while worth[i, column] - price <= least:  # rounding may need more than one step
                    price -= less
                    less *= np.float32(2)
                prices[j] = price
                taken[i] = True
                shown[last] -= 1
                break


@compiled
def _mark(listed: Ints, known: NDArray[np.bool_]) -> None:
    """Mark everyone who stands among somebody's candidates."""
    for i in range(listed.shape[0]):
        for column in range(listed.shape[1]):
            if listed[i, column] < 0:
                break
            known[listed[i, column]] = True
