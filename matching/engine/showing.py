"""Which candidates of a company are shown at all: few good partners instead of many.

Those that score at least ``least`` (``Weights.shown_least``), or the best one where none does, so
that nobody who could meet anyone stays without a suggestion.
"""

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]
Whole = NDArray[np.integer]


def visible(scores: Floats, least: float) -> Bools:
    """Which of some candidates are shown.

    ``scores`` stand best first along the last axis, 0 after the last; ties are in their order.
    """
    seen = scores >= np.float32(least)
    seen[..., :1] = True
    return seen & (scores > 0)


def entrance(
    best: tuple[Floats, Whole], end: tuple[Floats, Whole], least: float
) -> tuple[Floats, Whole]:
    """What somebody new has to score to be among those that are shown, for each company.

    (score, partner): with an equal score, an order before that of the partner, where there is one
    (not -1). ``best`` and ``end`` are the score and the partner of the first candidate (0 or less
    and -1 where there is none) and of the last one there is room for (-infinity and -1 where there
    is more room). -infinity where everybody may enter.
    """
    bar = np.float32(least if least > 0 else -np.inf)
    nobody, poor, full = best[0] <= 0, best[0] < bar, end[0] >= bar
    room = np.float32(-np.inf)
    scores = np.select([nobody, poor, full], [room, best[0], end[0]], bar)
    partners = np.select([nobody, poor, full], [-1, best[1], end[1]], -1)
    return scores.astype(np.float32), partners
