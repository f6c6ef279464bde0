"""Whom one company is best shown, and whose lists it enters, from its scores against all."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.engine.kernel import compiled, tie_order

Bools = NDArray[np.bool_]
Longs = NDArray[np.int64]
Floats = NDArray[np.float32]
Orders = NDArray[np.uint64]


class Standings(NamedTuple):
    """How hard it is to enter the list of each company of an index, by position."""

    ids: Longs
    here: Bools
    """False for companies whose rows in the index no longer hold."""
    price: Floats
    threshold: Floats
    least: Floats
    last: Longs
    """Id of the last on the shortlist, whose score is ``least``; -1 where who has it enters."""


def orders(seed: int, company: int, others: Longs) -> Orders:
    """The order of partners with equal scores in the list of a company; lower stands first."""
    found = np.empty(len(others), np.uint64)
    _orders(seed, company, others, found)
    return found


def pair_orders(seed: int, ones: Longs, others: Longs) -> Orders:
    """The order of pairs with equal scores, wherever all pairs stand in one list."""
    found = np.empty(len(ones), np.uint64)
    _pair_orders(seed, ones, others, found)
    return found


def entered(scores: Floats, standings: Standings, company: int, price: float, seed: int) -> Longs:
    """Positions of the companies whose list one company may enter.

    ``scores`` by position, ``price`` its own. All it enters are among them; where it would stand
    level with the last of a list, the list decides.
    """
    found = np.empty(len(scores), np.int64)
    count = _entered(scores, standings, company, np.float32(price), seed, found)
    return found[:count]


@compiled
def _orders(seed: int, company: int, others: Longs, found: Orders) -> None:
    for x in range(len(others)):
        found[x] = tie_order(seed, company, others[x])


@compiled
def _pair_orders(seed: int, ones: Longs, others: Longs, found: Orders) -> None:
    for x in range(len(found)):
        found[x] = tie_order(seed, ones[x], others[x])


@compiled
def _entered(
    scores: Floats, standings: Standings, company: int, price: np.float32, seed: int, found: Longs
) -> int:
    count = 0
    for j in range(len(scores)):
        score = scores[j]
        if score <= 0 or score < standings.least[j] or score - price < standings.threshold[j]:
            continue
        if not standings.here[j]:
            continue
        if score == standings.least[j] and standings.last[j] >= 0:
            owner = standings.ids[j]
            if tie_order(seed, owner, company) > tie_order(seed, owner, standings.last[j]):
                continue
        found[count] = j
        count += 1
    return count
