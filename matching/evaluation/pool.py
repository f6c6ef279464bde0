"""Described companies as the engine sees them: terms, topic, standing, and who names whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from chambers.words import lexemes
from matching.engine.prior import Facts
from matching.engine.rows import Company, Row, Side
from matching.engine.terms import merged, word_terms
from matching.evaluation.formats import CompanyText, Statement
from matching.evaluation.naming import Names
from matching.evaluation.sparse import counted

_WORD = "w:"


def profile_terms(text: str, language: str, industry: str) -> dict[str, float]:
    """A description and the heading of its industry as the terms of a profile."""
    return merged(word_terms(lexemes(industry, "en")), word_terms(lexemes(text, language)))


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

    def __init__(self, companies: Iterable[CompanyText]) -> None:
        """Read every text once; the others of the file are left out."""
        self.companies = [company for company in companies if company.description]
        self.positions = {company.id: at for at, company in enumerate(self.companies)}
        self.texts = [
            counted(lexemes(company.description, company.language)) for company in self.companies
        ]
        self.terms = [
            merged(
                word_terms(lexemes(company.industry, "en")),
                word_terms(text.elements()),
            )
            for company, text in zip(self.companies, self.texts, strict=True)
        ]
        self.country = np.array([company.country for company in self.companies])

    def __len__(self) -> int:
        return len(self.companies)

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

    @cached_property
    def terms(self) -> dict[str, float]:
        """The profile that asks."""
        return profile_terms(self.text, self.language, self.industry)

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
