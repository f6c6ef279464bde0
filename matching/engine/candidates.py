"""One company against all who can matter to it, found by the terms they share.

Without a met need a score is at most ``met_floor``. Where more is asked for, only those need a
look who share enough with a row of the company to meet a need: of its terms, those that even
together are too light to meet one are left out, and whoever has any other is scored.
Source: Turtle and Flood (1995), Query evaluation: strategies and optimizations (MaxScore).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.engine.index import Index
from matching.engine.kernel import (
    Floats,
    Ints,
    Longs,
    Merged,
    Rules,
    Vectors,
    World,
    compiled,
    may_meet,
)
from matching.engine.kernel_pairs import evaluate, lay_out, put_away
from matching.engine.rows import Company, Row

Bools = NDArray[np.bool_]

_ROUNDING = 0.999  # sums in single precision may come out larger than their bound


class Holders(NamedTuple):
    """Who has each term: term t stands with ``companies[start[t]:start[t + 1]]``."""

    start: Longs
    companies: Ints


class Candidates:
    """The companies of an index by the terms of what they cover and of what they need.

    Takes about four bytes per term of each company.
    """

    def __init__(self, index: Index) -> None:
        """Goes over all terms once."""
        self._index = index
        self._covers = _holders(index.covers)
        self._needs = _holders(index.needs)

    def scores_for(self, company: Company, rows: Sequence[Row], wanted: Bools) -> Floats:
        """The scores of a company with all it shares a met need with, and with the ``wanted``.

        By position, as ``Index.scores_for`` gives them; 0 for others, whose score is at most the
        index's ``met_floor``.
        """
        asked = self._index.asked(company, rows)
        ours, theirs = asked.ours, asked.theirs
        marked = wanted.copy()
        sides = (
            (ours.demands, self._covers, theirs.covers.most),
            (ours.offers, self._needs, theirs.needs.most),
            (ours.profiles, self._needs, theirs.needs.most),
        )
        for vectors, holders, most in sides:
            for terms in _essential(vectors, holders, most, asked.rules.met * _ROUNDING):
                _mark(holders, terms, marked)
        scores = np.zeros(len(marked), np.float32)
        _score(ours, theirs, asked.place, asked.values, asked.sums, asked.rules, marked, scores)
        return scores


def _holders(rows: Merged) -> Holders:
    counts = np.bincount(rows.terms, minlength=len(rows.most))
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    found = np.empty(start[-1], np.int32)
    _list(rows.start, rows.terms, start[:-1].copy(), found)
    return Holders(start, found)


def _essential(vectors: Vectors, holders: Holders, most: Floats, least: float) -> Iterator[Ints]:
    """Of each row, terms of which any row has one that gives at least such evidence with it.

    Those left out are the ones that most companies have, as far as they are light enough.
    """
    for row in range(len(vectors.start) - 1):
        part = slice(vectors.start[row], vectors.start[row + 1])
        terms = vectors.terms[part]
        reach = vectors.values[part].astype(np.float64) * most[terms]
        terms, reach = terms[reach > 0], reach[reach > 0]
        count = holders.start[terms + 1] - holders.start[terms]
        order = np.argsort(reach / count, kind="stable")
        yield terms[order[np.cumsum(reach[order]) >= least]]


@compiled
def _list(start: Longs, terms: Ints, at: Longs, found: Ints) -> None:
    """Put each company with its terms; ``at`` is where those of each term begin, and moves on."""
    for company in range(len(start) - 1):
        for x in range(start[company], start[company + 1]):
            term = terms[x]
            found[at[term]] = company
            at[term] += 1


@compiled
def _mark(holders: Holders, terms: Ints, marked: Bools) -> None:
    for term in terms:
        for x in range(holders.start[term], holders.start[term + 1]):
            marked[holders.companies[x]] = True


@compiled
def _score(
    ours: World, theirs: World, place: Ints, values: Floats, sums: Floats, rules: Rules,
    marked: Bools, scores: Floats,
) -> None:  # fmt: skip
    """The scores of the only company of one world with the marked ones of another."""
    asking = lay_out(ours, 0, place, values, sums)
    for j in range(len(marked)):
        if marked[j] and may_meet(ours.limits, 0, theirs.limits, j):
            scores[j] = evaluate(ours, 0, asking, theirs, j, rules).score
    put_away(ours, 0, place)
