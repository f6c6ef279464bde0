"""Questions put to several methods, and their answers counted in the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matching.engine.index import Scores
from matching.evaluation import metrics
from matching.evaluation.metrics import Figure
from matching.evaluation.sparse import Doubles, Longs

Bools = NDArray[np.bool_]

METRICS = (
    *(f"recall@{cut}" for cut in metrics.CUTS),
    "mrr", "ndcg", "coverage", "gini", "reciprocity", "violations", "queries",
)  # fmt: skip
_RETURNED = 100
"""A partner returns an interest when it finds the company among so many of its own."""
_DRAWS = 200


@dataclass(frozen=True)
class Asking:
    """One company asks for partners.

    ``relevant`` are the positions of the true ones. ``text`` counts its words as the compared
    methods read them, ``terms`` is its profile as the engine does.
    """

    at: int
    company: str
    text: Mapping[str, float]
    terms: Mapping[str, float]
    relevant: tuple[int, ...] = ()


class Method(Protocol):
    """Something that gives every company of a pool a number for one that asks."""

    def scores(self, asking: Asking) -> Doubles:
        """One number per company, higher is better; 0 for no reason at all."""


class World(Protocol):
    """The pool that a question is put to."""

    def candidates(self, at: int) -> Bools:
        """The companies that may be answers for the one at a position."""

    def forbidden(self, at: int) -> Bools:
        """The companies that a hard limit keeps from it; itself too."""

    def asking(self, at: int) -> Asking:
        """The company at a position with what it publishes."""


@dataclass
class Tally:
    """What was counted of one method's answers, one entry per query."""

    companies: list[str] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    ranks: list[Doubles] = field(default_factory=list)
    lists: list[Longs] = field(default_factory=list)
    violations: list[float] = field(default_factory=list)
    returned: list[float] = field(default_factory=list)
    returning: list[str] = field(default_factory=list)

    def add(self, asking: Asking, scores: Doubles, world: World, seed: int) -> None:
        """Count one answer."""
        candidates = world.candidates(asking.at)
        found = np.where(scores > 0, scores, -np.inf)
        shown = metrics.first(found, candidates, metrics.SHOWN, seed)
        # From everybody: among the candidates nobody is forbidden, whatever the method.
        unasked = metrics.first(found, np.ones_like(candidates), metrics.SHOWN, seed)
        self.companies.append(asking.company)
        self.at.append(asking.at)
        self.ranks.append(metrics.ranks(scores, candidates, asking.relevant))
        self.lists.append(shown)
        self.violations.append(float(world.forbidden(asking.at)[unasked].sum()))

    def ask_back(self, method: Method, world: World, seed: int, most: int) -> None:
        """Ask at most so many of the companies shown whether they would find who asked."""
        places = [
            (number, int(other)) for number, shown in enumerate(self.lists) for other in shown
        ]
        chance = np.random.default_rng(seed)
        drawn = chance.permutation(len(places))[:most]
        for number in sorted(drawn.tolist()):
            query, other = places[number]
            scores = method.scores(world.asking(other))
            rank = metrics.ranks(scores, world.candidates(other), [self.at[query]])[0]
            found = rank <= _RETURNED and scores[self.at[query]] > 0
            self.returned.append(float(found))
            self.returning.append(self.companies[query])

    def figures(self, companies: int, seed: int) -> dict[str, Figure]:
        """All figures by name, each with the interval from drawing companies anew."""
        values: dict[str, list[float]] = {
            f"recall@{cut}": [metrics.recall(ranked, cut) for ranked in self.ranks]
            for cut in metrics.CUTS
        }
        values["mrr"] = [metrics.reciprocal_rank(ranked) for ranked in self.ranks]
        values["ndcg"] = [metrics.ndcg(ranked) for ranked in self.ranks]
        found = {
            name: metrics.bootstrap(each, self.companies, seed) for name, each in values.items()
        }
        found["coverage"] = self._of_lists(metrics.coverage, companies, seed)
        found["gini"] = self._of_lists(metrics.gini, companies, seed)
        found["reciprocity"] = (
            metrics.bootstrap(self.returned, self.returning, seed)
            if self.returned
            else Figure(0.0, 0.0, 0.0)
        )
        total = sum(self.violations)
        found["violations"] = Figure(total, total, total)
        found["queries"] = Figure(*(3 * [float(len(self.ranks))]))
        return {name: found[name] for name in METRICS}

    def _of_lists(
        self, count: Callable[[Sequence[Longs], int], float], companies: int, seed: int
    ) -> Figure:
        """A figure of all lists together.

        A company drawn twice shows the same list twice, so the interval is laid around the value.
        """
        value = count(self.lists, companies)
        _, company = np.unique(np.array(self.companies), return_inverse=True)
        members = [np.flatnonzero(company == number) for number in range(company.max() + 1)]
        chance = np.random.default_rng(seed)
        drawn = []
        for _ in range(_DRAWS):
            picked = np.concatenate(
                [members[n] for n in chance.integers(0, len(members), len(members))]
            )
            drawn.append(count([self.lists[n] for n in picked], companies))
        low, high = np.percentile(drawn, (2.5, 97.5)) - np.mean(drawn)
        return Figure(value, max(0.0, value + float(low)), min(1.0, value + float(high)))


def by_position(found: Scores) -> Doubles:
    """Scores of an index whose companies have their position in a pool as their id."""
    scores = np.zeros(len(found.companies))
    scores[found.companies] = found.mutual
    return scores


class Chance:
    """Companies in an order by chance, another one for every company that asks."""

    def __init__(self, companies: int, seed: int) -> None:
        """``companies`` in the pool."""
        self._companies, self._seed = companies, seed

    def scores(self, asking: Asking) -> Doubles:
        """Numbers in (0, 1]."""
        return 1 - np.random.default_rng((self._seed, asking.at)).random(self._companies)


class Fixed:
    """The same numbers for everybody."""

    def __init__(self, numbers: Doubles) -> None:
        """One number per company."""
        self._numbers = numbers

    def scores(self, asking: Asking) -> Doubles:
        """The numbers, whoever asks."""
        return self._numbers


class Text(Protocol):
    """A method that reads texts only."""

    def scores(self, text: Mapping[str, float]) -> Doubles:
        """One number per text of its collection."""


class ByText:
    """A method that knows nothing but texts, as a method for companies."""

    def __init__(self, method: Text) -> None:
        """``method`` has one text per company."""
        self._method = method

    def scores(self, asking: Asking) -> Doubles:
        """The numbers of the company's text."""
        return self._method.scores(asking.text)
