"""Who of a round of companies should meet whom: the same engine, over these companies only.

A stored list holds everybody's best partners in the whole world; of the companies that come to one
event it would name next to none. So a round is scored by itself, with words weighed as in the
current index of everybody, and by what its event stresses.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chambers.models import today
from marketplace.models import Event
from marketplace.services.proposals import Scored, scores_pairs
from matching.engine import Company, Row, Weights, pack
from matching.engine.emphasis import Emphasis, at_an_event
from matching.models import EventEmphasis, Run
from matching.services import boards, indexes
from matching.services.weights import weights_in_force

if TYPE_CHECKING:
    from matching.engine.index import Index

MOSTPARTNERS = 200  # of one company that are weighed up
PART = 500  # companies that are looked at before progress is told
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two companies, the one with the smaller key first, and how well they fit, in (0, 1]."""

    one: int
    other: int
    score: float


@dataclass(frozen=True)
class Round:
    """Companies that are scored among themselves, by key, with their rows as they count here."""

    companies: dict[int, Company]
    rows: dict[int, list[Row]]
    weights: Weights
    index: Index

    @classmethod
    def of(cls, companies: Collection[int], said: Emphasis | None = None) -> Round | None:
        """Those that are matched (listed members without a hold) and have a profile.

        ``said`` is what their event stresses. None where fewer than two are left.
        """
        known = boards.asking(companies)
        if len(known) < 2:
            return None
        rows = {key: of_one for key, (_company, of_one) in known.items()}
        if said is not None:
            rows = {key: [at_an_event(row, said) for row in some] for key, some in rows.items()}
        weights, current = weights_in_force(), Run.objects.current()
        index = indexes.index_of(
            Run(weights=weights.as_data()),
            [company for company, _rows in known.values()],
            ((key, pack(some)) for key, some in rows.items()),
            like=indexes.load(current) if current is not None else None,
        )
        return cls({key: one for key, (one, _rows) in known.items()}, rows, weights, index)

    def pairs(self, *, seed: int, progress: Progress | None = None) -> list[Pair]:
        """Every pair that may meet and is worth it, best first; see ``scored_pairs``."""
        from matching.engine.standings import pair_orders  # compiled code: only where it works

        size = len(self.index.companies)
        wide = min(MOSTPARTNERS, size - 1)
        best: dict[tuple[int, int], float] = {}
        for start in range(0, size, PART):
            stop = min(start + PART, size)
            least = self.weights.shown_least
            found = self.index.top_range(start, stop, wide, seed=seed, shown=least)
            for company, partners, (scores, *_) in found.lists():
                for partner, score in zip(partners, scores, strict=True):
                    best[min(company, partner), max(company, partner)] = score
            if progress is not None:
                progress(stop, size)
        keys = np.array(list(best), np.int64).reshape(-1, 2)
        ties = pair_orders(seed, keys[:, 0].copy(), keys[:, 1].copy())
        pairs = [Pair(one, other, score) for (one, other), score in best.items()]
        ranked = np.lexsort((ties, np.array([-pair.score for pair in pairs])))
        return [pairs[at] for at in ranked.tolist()]


def scored_pairs(
    companies: Collection[int], *, seed: int, said: Emphasis | None = None
) -> list[Pair]:
    """Every pair of these companies that may meet and is worth it, best first.

    Takes those that are matched and have a profile; all hard limits of both sides hold. ``said`` is
    what their event stresses, ``seed`` orders equal scores by chance. At most ``MOSTPARTNERS``
    partners of a company are weighed up; a pair counts when it is among those of either side.
    """
    whole = Round.of(companies, said)
    return [] if whole is None else whole.pairs(seed=seed)


def stressed_at(event: Event) -> Emphasis | None:
    """What an event stresses now; None where everything counts as it stands."""
    held = EventEmphasis.objects.in_force().filter(event=event).first()
    return None if held is None else held.emphasis


def seed_of_today() -> int:
    """What orders ties: the same all day, another one tomorrow."""
    return int(today().strftime("%Y%m%d"))


@scores_pairs
def fitting(event: Event, companies: Collection[int]) -> Iterable[Scored]:
    """What the engine says of the companies of an event; ties by the day."""
    found = scored_pairs(companies, seed=seed_of_today(), said=stressed_at(event))
    return [(pair.one, pair.other, pair.score) for pair in found]
