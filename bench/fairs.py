"""Made-up fairs with many pairs that could meet, for measuring the choice among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marketplace.scheduling.problem import Place, Problem
from marketplace.scheduling.rounds import Wanted


@dataclass(frozen=True)
class Fair:
    """Size of a fair: two-sided if ``buyers``, else anybody may meet anybody."""

    people: int
    pairs: int
    quota: int
    slots: int
    days: int
    tables: int
    buyers: int = 0

    def make(self, seed: int) -> tuple[Problem, Wanted]:
        """Distinct pairs by chance, scores of 1 to 100, and at least 4 meetings for everybody."""
        random = np.random.default_rng(seed)
        ones = random.integers(0, self.buyers or self.people, 4 * self.pairs)
        others = random.integers(self.buyers, self.people, 4 * self.pairs)
        low, high = np.minimum(ones, others), np.maximum(ones, others)
        keys = np.unique((low * self.people + high)[low != high])
        keys = random.permutation(keys)[: self.pairs]
        pairs = list(
            zip((keys // self.people).tolist(), (keys % self.people).tolist(), strict=True)
        )
        per_day = self.slots // self.days
        count = len(pairs)
        problem = Problem(
            participants=self.people,
            slots=self.slots,
            days=tuple(tuple(range(at, at + per_day)) for at in range(0, self.slots, per_day)),
            tables=(self.tables,) * self.slots,
            screens=(self.tables,) * self.slots,
            meetings=tuple(pairs),
            domains=(tuple(range(self.slots)),) * count,
            lengths=(1,) * count,
            places=(Place.TABLE,) * count,
            helpers=((),) * count,
            forbidden=(frozenset(),) * self.people,
            optional=True,
        )
        return problem, Wanted(
            scores=random.integers(1, 101, count),
            must=np.zeros(count, bool),
            quotas=np.full(self.people, self.quota),
            floors=np.full(self.people, 4),
        )
