"""How unequally attention is spread."""

import numpy as np
from numpy.typing import NDArray

Longs = NDArray[np.int64]


def gini(counts: Longs) -> float:
    """Inequality of counts in [0, 1): 0 when all are equal, and for none at all.

    Source: Gini (1912), Variabilità e mutabilità.
    """
    total = int(counts.sum())
    if total == 0:
        return 0.0
    times = np.bincount(counts)
    values = np.arange(len(times))
    upto = np.cumsum(times)
    # The ranks of equal counts add up to (first + last) * times / 2.
    ranks = (2 * upto - times + 1) * times / 2
    n = len(counts)
    return float((2 * ranks - (n + 1) * times) @ values / (n * total))


def lorenz(counts: Longs, points: int = 20) -> list[tuple[float, float]]:
    """(share of companies, least shown first; their share of all attention), from (0, 0) to (1, 1).

    Source: Lorenz (1905), Methods of measuring the concentration of wealth.
    """
    ordered = np.concatenate([[0], np.cumsum(np.sort(counts))])
    total = ordered[-1]
    if total == 0:
        return [(0.0, 0.0), (1.0, 1.0)]
    places = [round(at * len(counts) / points) for at in range(points + 1)]
    return [(place / len(counts), float(ordered[place] / total)) for place in places]
