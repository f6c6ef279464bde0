"""Libraries that could do part of the work, on a sample of queries: time, recall, broken limits.

They see one side only and no limits. Their indexes are made once and not counted.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import bm25s
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize
from sparse_dot_topn import sp_matmul_topn
from usearch.index import Index as Nearest

from bench.fulltext import search

ASKED = 1000
"""Queries on which the libraries are measured."""
DIMENSIONS = 256
_VECTORS_UP_TO = 200_000
_FULL_TEXT_UP_TO = 200_000
_FULL_TEXT_ASKED, _FULL_TEXT_OFTEN = (
    100,
    50_000,
)  # queries; a tenth of them beyond so many companies
NAMES = ("bm25s", "sparse_dot_topn", "usearch", "PostgreSQL")

Lines = list[Any]
"""Positions of documents, one array per query."""
Longs = NDArray[np.int64]


@dataclass
class Texts:
    """What the libraries get: all terms by idf and length, also those that weigh nothing for us."""

    ids: Longs
    """Company of each line."""
    documents: csr_matrix
    queries: csr_matrix


@dataclass
class Beside:
    """What was measured of one library."""

    cpu: list[float] = field(default_factory=list)
    """Seconds for everybody, multiplied up, one figure per round."""
    recall: float = math.nan
    """Share of our lists that it finds among its best."""
    broken: float = math.nan
    """Share of its places that a limit of either side forbids."""


@dataclass
class Library:
    """One of them, ready to be asked."""

    name: str
    places: Longs
    """The lines of ``Texts`` that are asked."""
    times: float
    """How many times more companies there are."""
    ask: Callable[[], tuple[Lines, float]]
    """The best of each query, and the CPU seconds that it took."""


def libraries(texts: Texts, best: int, threads: int) -> Iterator[Library]:
    """Those that are measured at this size, each made when its turn comes."""
    size = len(texts.ids)
    chosen = np.sort(np.random.default_rng(2).choice(size, min(ASKED, size), replace=False))
    documents, queries = texts.documents, texts.queries[chosen]

    def library(name: str, ask: Callable[[], tuple[Lines, float]]) -> Library:
        return Library(name, chosen, size / len(chosen), ask)

    yield library("sparse_dot_topn", _sparse(documents, queries, best, threads))
    yield library("bm25s", _bm25s(documents, queries, best, threads))
    if size <= _VECTORS_UP_TO:
        yield library("usearch", _nearest(documents, queries, best, threads))
    if size <= _FULL_TEXT_UP_TO:
        few = _FULL_TEXT_ASKED if size <= _FULL_TEXT_OFTEN else _FULL_TEXT_ASKED // 10
        some = chosen[:: max(1, len(chosen) // few)]
        asked = texts.queries[some]
        yield Library("PostgreSQL", some, size / len(some), lambda: search(documents, asked, best))


def look_at(
    found: Beside,
    lines: Lines,
    texts: Texts,
    places: Longs,
    ours: dict[int, Longs],
    forbidden: Callable[[int, Sequence[int]], int],
) -> None:
    """Note the recall of our lists and how much of what it found breaks a limit."""
    shares, broken, shown = [], 0, 0
    for place, line in zip(places, lines, strict=True):
        company = int(texts.ids[place])
        theirs = texts.ids[np.asarray(line)].tolist()
        wanted = set(ours[company][ours[company] >= 0].tolist())
        if wanted:
            shares.append(len(wanted & set(theirs)) / len(wanted))
        others = [one for one in theirs if one != company]
        broken += forbidden(company, others)
        shown += len(others)
    found.recall = float(np.mean(shares))
    found.broken = broken / max(1, shown)


def _sparse(
    documents: csr_matrix, queries: csr_matrix, best: int, threads: int
) -> Callable[[], tuple[Lines, float]]:
    turned = documents.T.tocsr()

    def ask() -> tuple[Lines, float]:
        began = time.process_time()
        found = sp_matmul_topn(queries, turned, top_n=best, threshold=0.0, n_threads=threads)
        spent = time.process_time() - began
        starts = zip(found.indptr, found.indptr[1:], strict=False)
        return [found.indices[a:b] for a, b in starts], spent

    return ask


def _bm25s(
    documents: csr_matrix, queries: csr_matrix, best: int, threads: int
) -> Callable[[], tuple[Lines, float]]:
    vocabulary = {str(number): number for number in range(documents.shape[1])}
    engine = bm25s.BM25(backend="numba")
    engine.index((_tokens(documents), vocabulary), show_progress=False)
    asked = _tokens(queries)
    engine.retrieve(asked[:10], k=best, show_progress=False, n_threads=threads)  # compiles

    def ask() -> tuple[Lines, float]:
        began = time.process_time()
        found = engine.retrieve(asked, k=best, show_progress=False, n_threads=threads)
        return list(found.documents), time.process_time() - began

    return ask


def _tokens(rows: csr_matrix) -> list[list[int]]:
    return [rows.indices[a:b].tolist() for a, b in zip(rows.indptr, rows.indptr[1:], strict=False)]


def _nearest(
    documents: csr_matrix, queries: csr_matrix, best: int, threads: int
) -> Callable[[], tuple[Lines, float]]:
    """Approximate neighbours among vectors; their making is not counted, the search is."""
    sample = documents[: min(20_000, documents.shape[0])]
    made = TruncatedSVD(DIMENSIONS, random_state=0).fit(sample)
    vectors = normalize(made.transform(documents)).astype(np.float32)
    nearest = Nearest(ndim=DIMENSIONS, metric="cos")
    nearest.add(np.arange(len(vectors)), vectors, threads=threads)
    asked = normalize(made.transform(queries)).astype(np.float32)

    def ask() -> tuple[Lines, float]:
        began = time.process_time()
        found = nearest.search(asked, best, threads=threads)
        return list(found.keys.astype(np.int64)), time.process_time() - began

    return ask
