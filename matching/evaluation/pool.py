"""Described companies as the engine sees them: terms, topic, standing, and who names whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from chambers.words import capitals, lexemes
from matching.engine.prior import Facts, heading
from matching.engine.rows import Company, Row, Side
from matching.engine.telling import Telling
from matching.engine.terms import merged, word_terms
from matching.evaluation.formats import CompanyText, Statement
from matching.evaluation.naming import Names
from matching.evaluation.sparse import counted
from matching.evaluation.telling import find_telling, trade_words, without_general

_WORD = "w:"
_PATH = "->"
"""Stands in the headings of start-ups (B2B -> Productivity), sorted by customer, not by trade."""
_HEADED = 3
"""How often the words of a heading count beside those of a text."""


def profile_terms(
    text: str, language: str, industry: str, telling: Telling, own: str = ""
) -> dict[str, float]:
    """A description and the heading of its industry as the terms of a profile.

    ``own`` is the name of the company that describes itself.
    """
    said, headed = lexemes(text, language), lexemes(industry, "en")
    told = telling.confidences(said, capitals(text, language, own=own))
    return merged(word_terms(headed, telling.headed(headed)), word_terms(said, told))


def words_of(terms: Iterable[str]) -> list[str]:
    """The lexemes among the terms of a row."""
    return [term.removeprefix(_WORD) for term in terms if term.startswith(_WORD)]


@dataclass(frozen=True)
class Known:
    """What is said about the companies of a pool, apart from what some of them say."""

    named: NDArray[np.float64]
    """In how many texts each is named."""
    worked: NDArray[np.float64]
    """How often a partnership with it is known."""


class Pool:
    """All companies with a description; positions in ``companies`` are the engine's ids."""

    def __init__(self, companies: Iterable[CompanyText], telling: Telling | None = None) -> None:
        """Read every text; companies without one are left out.

        ``telling``: what words tell of a trade; learnt from these texts when not given.
        """
        self.companies = [company for company in companies if company.description]
        self.positions = {company.id: at for at, company in enumerate(self.companies)}
        self.texts = [
            counted(lexemes(company.description, company.language)) for company in self.companies
        ]
        self.telling = telling or self._find_telling()
        self.terms = [
            profile_terms(one.description, one.language, one.industry, self.telling, one.name)
            for one in self.companies
        ]
        self.country = np.array([company.country for company in self.companies])

    def __len__(self) -> int:
        return len(self.companies)

    def _find_telling(self) -> Telling:
        allowed = trade_words(company.description for company in self.companies)
        industries = [company.industry for company in self.companies]
        markets = {one.partition(_PATH)[0].strip() for one in industries if _PATH in one}
        trades = [
            "" if one.partition(_PATH)[0].strip() in markets else heading(one) for one in industries
        ]
        return without_general(find_telling(self.texts, trades, allowed))

    def lexemes(self) -> Iterable[list[str]]:
        """What each company says, and the heading it stands under, a few times."""
        for company, text in zip(self.companies, self.texts, strict=True):
            yield [*text.elements(), *_HEADED * lexemes(company.industry, "en")]

    @cached_property
    def names(self) -> Names:
        """The companies' names, and who names whom."""
        return Names(self.companies)

    def known(self, history: Sequence[Statement], silent: Collection[int]) -> Known:
        """What is said about each company when some companies' own texts are not heard.

        ``silent``: positions of companies whose description and whose statements do not count;
        what others say about them does.
        """
        named = np.zeros(len(self))
        for speaker, found in enumerate(self.names.by_speaker):
            if speaker not in silent:
                for one in found:
                    named[one.company] += one.share
        worked = np.zeros(len(self))
        for a, b in sorted({(one.a, one.b) for one in history}):
            if b in self.positions and self.positions.get(a) not in silent:
                worked[self.positions[b]] += 1
        return Known(named, worked)

    def facts(self, at: int, known: Known) -> Facts:
        """What is known of one company besides its words."""
        company = self.companies[at]
        return Facts(
            industry=company.industry,
            country=company.country,
            characters=len(company.description),
            names=len(self.names.by_speaker[at]),
            named=float(known.named[at]),
            worked=float(known.worked[at]),
        )

    def rows(self) -> Iterable[Row]:
        """The profile of every company."""
        return (Row(at, Side.PROFILE, terms) for at, terms in enumerate(self.terms))

    def engine_company(self, at: int, topic: str = "", standing: float = 0.0) -> Company:
        """One company of the pool with nothing that limits it but its country."""
        return Company(at, self.companies[at].country, industry=topic, standing=standing)


@dataclass(frozen=True)
class Query:
    """A company that says with whom it works, and its text without those words."""

    a: int
    b: int
    text: str
    language: str
    industry: str

    terms: dict[str, float]
    """The profile that asks."""

    @cached_property
    def counts(self) -> dict[str, int]:
        """The text as the compared methods read it."""
        return dict(counted(lexemes(self.text, self.language)))


def queries_of(
    statements: Sequence[Statement], pool: Pool, *, keep_mentions: bool
) -> tuple[list[Query], dict[str, int]]:
    """One query per statement that counts, and how many were left out, by reason."""
    left: defaultdict[str, int] = defaultdict(int)
    found: dict[tuple[str, str], Query] = {}
    for one in statements:
        reason = _left_out(one, pool, keep_mentions)
        if reason:
            left[reason] += 1
        elif (one.a, one.b) in found:
            left["repeated"] += 1
        else:
            asking = pool.companies[pool.positions[one.a]]
            found[one.a, one.b] = Query(
                pool.positions[one.a],
                pool.positions[one.b],
                one.query,
                asking.language,
                asking.industry,
                profile_terms(
                    one.query, asking.language, asking.industry, pool.telling, asking.name
                ),
            )
    return list(found.values()), dict(left)


def _left_out(one: Statement, pool: Pool, keep_mentions: bool) -> str:
    if one.quality != "ok":
        return "quality"
    if not one.cross_border:
        return "domestic"
    if one.b_mentions_a and not keep_mentions:
        return "partner names the company"
    if one.a not in pool.positions or one.b not in pool.positions:
        return "no description"
    a, b = pool.positions[one.a], pool.positions[one.b]
    if pool.country[a] == pool.country[b] or not one.query:
        return "domestic" if one.query else "no text"
    return ""


def folds(queries: Sequence[Query], count: int, seed: int) -> NDArray[np.int64]:
    """The fold of each query; queries of one company are in one fold."""
    companies = np.unique([query.a for query in queries])
    place = np.random.default_rng(seed).permutation(len(companies)) % count
    of = dict(zip(companies.tolist(), place.tolist(), strict=True))
    return np.array([of[query.a] for query in queries], np.int64)
