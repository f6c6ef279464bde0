"""Who of a round of companies should meet whom: the same engine, over these companies only.

A stored list holds everybody's best partners in the whole world; of the companies that come to one
event it would name next to none. So a round is scored by itself, with words weighed as in the
current index of everybody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from chambers.models import today
from marketplace.services.proposals import Scored, scores_pairs
from matching.engine import pack
from matching.engine.showing import visible
from matching.models import Run
from matching.services import boards, indexes
from matching.services.weights import weights_in_force

MOST_PARTNERS = 200  # of one company that are weighed up


@dataclass(frozen=True, slots=True)
class Pair:
    """Two companies, the one with the smaller key first, and how well they fit, in (0, 1]."""

    one: int
    other: int
    score: float


def scored_pairs(companies: Collection[int], *, seed: int) -> list[Pair]:
    """Every pair of these companies that may meet and is worth it, best first.

    Takes those that are matched (listed members without a hold) and have a profile; all hard
    limits of both sides hold. ``seed`` orders ties. At most ``MOST_PARTNERS`` partners of a
    company are weighed up; a pair counts when it is among those of either side.
    """
    known = boards.asking(companies)
    if len(known) < 2:
        return []
    weights = weights_in_force()
    current = Run.objects.current()
    index = indexes.index_of(
        Run(weights=weights.as_data()),
        [company for company, _rows in known.values()],
        ((key, pack(rows)) for key, (_company, rows) in known.items()),
        like=indexes.load(current) if current is not None else None,
    )
    wide = min(MOST_PARTNERS, len(known) - 1)
    found = index.top_range(0, len(index.companies), wide, seed=seed)
    best: dict[tuple[int, int], float] = {}
    shown = visible(found.mutual, weights.shown_least)
    for at, company in enumerate(index.companies.tolist()):
        partners, scores = found.partners[at][shown[at]], found.mutual[at][shown[at]]
        for partner, score in zip(partners.tolist(), scores.tolist(), strict=True):
            if partner >= 0:
                best[min(company, partner), max(company, partner)] = score
    pairs = [Pair(one, other, score) for (one, other), score in best.items()]
    return sorted(pairs, key=lambda pair: (-pair.score, pair.one, pair.other))


@scores_pairs
def fitting(companies: Collection[int]) -> Iterable[Scored]:
    """What the engine says of the companies of an event; ties by the day."""
    seed = int(today().strftime("%Y%m%d"))
    return [(pair.one, pair.other, pair.score) for pair in scored_pairs(companies, seed=seed)]
