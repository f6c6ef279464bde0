"""Statements of companies about their partners, answered by the engine and by others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.index import Index
from matching.engine.prior import Learnt
from matching.engine.rows import Company, Row, Side
from matching.engine.weights import Weights
from matching.evaluation.answering import (
    Asking,
    ByText,
    Chance,
    Fixed,
    Method,
    Tally,
    by_position,
)
from matching.evaluation.baselines import Bm25, TfIdf
from matching.evaluation.formats import Statement
from matching.evaluation.metrics import Figure
from matching.evaluation.pool import Known, Pool, Query, folds, words_of
from matching.evaluation.sparse import Doubles, Vocabulary

FOLDS = 5
_ASKED_BACK = 40
"""Companies of a fold that are asked whether they would find who asked."""
Note = Callable[[str], None]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Abroad:
    """A pool in which partners are abroad; with ``everyone`` those at home are ranked too."""

    pool: Pool
    everyone: bool = False

    def candidates(self, at: int) -> Bools:
        """Companies abroad, or all but the company itself."""
        if self.everyone:
            return np.asarray(np.arange(len(self.pool)) != at, np.bool_)
        return ~self.forbidden(at)

    def forbidden(self, at: int) -> Bools:
        """Companies at home, or of no known country."""
        country = self.pool.country
        return np.asarray(
            (country == country[at]) | (country == "") | (country[at] == ""), np.bool_
        )

    def asking(self, at: int) -> Asking:
        """A company of the pool with its whole text."""
        return Asking(at, str(at), self.pool.texts[at], self.pool.terms[at])


class Engine:
    """The engine of the product with some parameters, over a pool."""

    def __init__(self, pool: Pool, profiles: Profiles, known: Known, *, popularity: bool) -> None:
        """Build its index; ``known`` is what is said about each company."""
        self._profiles = profiles
        self._standing = profiles.standings(known, popularity=popularity)
        self._pool = pool
        companies = (self._company(at, profiles.topics[at]) for at in range(len(pool)))
        weights = profiles.learnt.weights(popularity=popularity)
        self._index = Index.build(pool.rows(), companies, weights, profiles.learnt.tables)

    def scores(self, asking: Asking) -> Doubles:
        """The score of the product with every company, 0 where the two are not suggested."""
        company = self._company(asking.at, self._profiles.learnt.topic(words_of(asking.terms)))
        row = Row(asking.at, Side.PROFILE, asking.terms)
        return by_position(self._index.scores_for(company, [row]))

    def _company(self, at: int, topic: str) -> Company:
        return self._pool.engine_company(at, topic, float(self._standing[at]))


class OwnConstants:
    """The engine with the constants it comes with: no standing, who buys from whom.

    Profiles hold words only: no codes read from texts, no meanings of words in other languages.
    """

    def __init__(self, pool: Pool, profiles: Profiles) -> None:
        """Build its index."""
        self._pool, self._learnt = pool, profiles.learnt
        companies = (pool.engine_company(at, profiles.topics[at]) for at in range(len(pool)))
        weights = Weights(common_least=0)  # the whole order, not only who would be shown
        self._index = Index.build(pool.rows(), companies, weights, profiles.learnt.prior)

    def scores(self, asking: Asking) -> Doubles:
        """The score of the product with every company, 0 where the two are not suggested."""
        topic = self._learnt.topic(words_of(asking.terms))
        company = self._pool.engine_company(asking.at, topic)
        row = Row(asking.at, Side.PROFILE, asking.terms)
        return by_position(self._index.scores_for(company, [row]))


class Profiles:
    """What the learnt parameters say of every company of a pool."""

    def __init__(self, pool: Pool, learnt: Learnt) -> None:
        """Read every text once."""
        self.learnt = learnt
        self._pool = pool
        silence = Known(np.zeros(len(pool)), np.zeros(len(pool)))
        words = [words_of(terms) for terms in pool.terms]
        self.topics = [learnt.topic(one) for one in words]
        parts = [
            learnt.standing_terms(one, pool.facts(at, silence)) for at, one in enumerate(words)
        ]
        self._parts = {name: np.array([part[name] for part in parts]) for name in parts[0]}

    def standings(self, known: Known, *, popularity: bool) -> Doubles:
        """The standing of every company, as ``Learnt.standing`` computes it."""
        parts = self._parts | {"named": np.log1p(known.named), "worked": np.log1p(known.worked)}
        factors = self.learnt.terms["popular" if popularity else "fair"]
        found = [factor * parts[name] for name, factor in factors.items() if name in parts]
        return np.asarray(np.sum(found, axis=0))


def measure(
    pool: Pool,
    queries: Sequence[Query],
    history: Sequence[Statement],
    learnt: Learnt,
    *,
    everyone: bool,
    seed: int,
    note: Note,
) -> dict[str, dict[str, Figure]]:
    """Figures of each method by name.

    What a query's company says itself is never counted for its partners: companies that ask are
    dealt into folds, and for each fold names and history are counted without their texts.
    """
    world = Abroad(pool, everyone)
    fold = folds(queries, min(FOLDS, len({query.a for query in queries})), seed)
    asked = [
        Asking(query.a, pool.companies[query.a].id, query.counts, query.terms, (query.b,))
        for query in queries
    ]
    silent = [
        {query.a for query, one in zip(queries, fold, strict=True) if one == number}
        for number in range(int(fold.max()) + 1)
    ]
    known = [pool.known(history, one) for one in silent]
    profiles = Profiles(pool, learnt)
    found: dict[str, dict[str, Figure]] = {}
    for name, methods in _methods(pool, profiles, known, seed):
        note(name)
        found[name] = _tally(asked, fold, methods, world, seed).figures(len(pool), seed)
    return found


def _methods(
    pool: Pool, profiles: Profiles, known: Sequence[Known], seed: int
) -> Iterable[tuple[str, Callable[[int], Method]]]:
    """Each method by name: how it answers a fold."""
    yield "random", _always(Chance(len(pool), seed))
    yield "popularity", lambda number: Fixed(_popularity(known[number]))
    vocabulary = Vocabulary()
    texts = vocabulary.grow(pool.texts)
    yield "bm25", _always(ByText(Bm25(vocabulary, texts)))
    yield "tfidf", _always(ByText(TfIdf(vocabulary, texts)))
    silence = known[0]
    yield "engine_with_own_constants", _always(OwnConstants(pool, profiles))
    fair = Engine(pool, profiles, silence, popularity=False)
    yield "engine_without_popularity", _always(fair)
    yield "engine", lambda number: Engine(pool, profiles, known[number], popularity=True)


def _popularity(known: Known) -> Doubles:
    """By known partnerships; among companies of as many, by how often others name them."""
    return np.asarray(known.worked + known.named / (1 + known.named))


def _always(method: Method) -> Callable[[int], Method]:
    return lambda _fold: method


def _tally(
    asked: Sequence[Asking],
    fold: NDArray[np.int64],
    methods: Callable[[int], Method],
    world: Abroad,
    seed: int,
) -> Tally:
    """Put every question to the method of its fold, one fold after the other."""
    whole = Tally()
    for number in range(int(fold.max()) + 1):
        method = methods(number)
        part = Tally()
        for place in np.flatnonzero(fold == number).tolist():
            part.add(asked[place], method.scores(asked[place]), world, seed + place)
        part.ask_back(method, world, seed, most=_ASKED_BACK)
        for name, values in vars(part).items():
            getattr(whole, name).extend(values)
    return whole


def described(queries: Sequence[Query], pool: Pool) -> Mapping[str, int]:
    """How many queries, companies that ask and companies they are put to there are."""
    return {
        "queries": len(queries),
        "companies that ask": len({query.a for query in queries}),
        "companies": len(pool),
    }
