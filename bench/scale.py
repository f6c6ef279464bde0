"""Everybody's best 20 at growing sizes, beside the libraries that could do part of it.

``python -m bench.scale [FOLDER] [--sizes 10000 50000 200000 1000000] [--threads 2]`` measures each
invented world in a process of its own, and the real descriptions of FOLDER if it is given. Ours is
exact, two-way and keeps all limits; the others see one side only (what a company seeks in the
profiles of all; of the real ones, profiles in profiles) and no limits. They are measured on a
sample of queries and multiplied up, and so is their recall of our lists. One table at the end; CPU
seconds are the steadier figure.
"""

import argparse
import json
import math
import multiprocessing
import resource
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize
from sparse_dot_topn import sp_matmul_topn
from usearch.index import Index as Nearest

from bench import world
from bench.fulltext import search
from chambers.gates.files import open_outside
from chambers.words import lexemes
from matching.engine import Company, Row, Side, Weights, may_meet, merged, word_terms
from matching.engine.index import Index, Top
from matching.engine.packed import pack

K = 20
SIZES = (10_000, 50_000, 200_000, 1_000_000)
SEEN = 300
"""Companies whose lists are checked against a look at everybody."""
ONE_BY_ONE = 60
"""Companies that change, one at a time."""
ASKED = 1000
"""Queries on which the libraries are measured."""
DIMENSIONS = 256
_VECTORS_UP_TO = 200_000
_FULL_TEXT_UP_TO = 50_000
ASKED_IN_FULL_TEXT = 100
_REAL = "companies.jsonl.gz"

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]


@dataclass
class Spent:
    """Seconds of a step."""

    wall: float = 0.0
    cpu: float = 0.0


@dataclass
class Figures:
    """What was measured of one world."""

    companies: int
    build: Spent = field(default_factory=Spent)
    match: Spent = field(default_factory=Spent)
    one: list[float] = field(default_factory=list)
    """Milliseconds for one changed company: its list, and whose lists it enters."""
    memory: float = 0.0
    """GB that building and matching took at most, beside the world itself."""
    different: int = 0
    """Of the lists seen, those that are not the best of all."""
    violations: int = 0
    without: int = 0
    """Companies without a suggestion."""
    bm25s: float = math.nan
    """CPU seconds for everybody; so the next three."""
    sparse: float = math.nan
    nearest: float = math.nan
    fulltext: float = math.nan
    recall: dict[str, float] = field(default_factory=dict)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="folder of the real companies")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--alone", action="store_true", help="leave the libraries out")
    options = parser.parse_args()
    found: dict[str, Figures] = {}
    jobs: list[tuple[str, int | Path]] = [(f"{size:,}", size) for size in options.sizes]
    if options.folder is not None:
        if not (options.folder / _REAL).exists():
            sys.exit(f"{options.folder / _REAL} is not there; it is not part of the project.")
        jobs.append(("real", options.folder / _REAL))
    for name, source in jobs:
        print(f"-- {name}", flush=True)
        # A process of its own, so that memory is that of this world.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found[name] = pool.apply(_measured, (source, options.threads, options.alone))
    _print(found)


def _measured(source: int | Path, threads: int, alone: bool) -> Figures:
    if isinstance(source, int):
        made = world.make(source)
        packed, companies = made.packed(), made.companies()
    else:
        records = list(_records(source))
        described = [Company(at, record["country"]) for at, record in enumerate(records)]
        packed, companies = _texts(records), iter(described)
    _compile()
    figures = Figures(0)
    with _memory(figures):
        with _spent(figures.build):
            index = Index.build_packed(packed, companies)
        figures.companies = len(index.companies)
        with _spent(figures.match):
            top = _all(index, threads)
    figures.without = int((top.partners[:, 0] < 0).sum())
    limits = made.company if isinstance(source, int) else described.__getitem__
    chosen = np.random.default_rng(1).choice(len(top.companies), SEEN, replace=False)
    matrices = _Matrices(index)
    if isinstance(source, int):
        figures.one = _changed(index, top, made, chosen[:ONE_BY_ONE])
    for at in chosen:
        figures.violations += _violations(top, at, limits)
        figures.different += not _is_best(index, matrices, top, at, limits)
    _say(figures)
    if not alone:
        texts = _Texts.of_index(index, matrices)
        if isinstance(source, int):
            texts = _Texts.of_world(made)
        _beside(figures, texts, top, threads)
    return figures


def _changed(index: Index, top: Top, made: world.World, chosen: Longs) -> list[float]:
    """Milliseconds for each of some companies, as if it had just been saved."""
    thresholds, prices = top.mutual[:, -1].copy(), np.zeros(len(top.mutual), np.float32)
    found = []
    for at in chosen:
        company = int(top.companies[at])
        limits, rows = made.company(company), made.rows(company)
        start = time.perf_counter()
        index.entering(limits, rows, thresholds, prices, K)
        found.append(1000 * (time.perf_counter() - start))
    return found[1:]  # the first one loads what was compiled


def _compile() -> None:
    """Compile on a world of a few, which is not part of any figure."""
    made = world.make(200)
    Index.build_packed(made.packed(), made.companies()).top_range(0, 200)


def _all(index: Index, threads: int) -> Top:
    """Everybody's list, the work in parts for the threads."""
    size = len(index.companies)
    step = max(2048, size // (16 * threads))
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(lambda at: index.top_range(at, at + step, K), range(0, size, step)))
    columns = (
        np.concatenate([getattr(part, name) for part in parts]) for name in Top.__annotations__
    )
    return Top(*columns)


class _Matrices:
    """The rows of an index as sparse matrices, one line per company by position."""

    def __init__(self, index: Index) -> None:
        sides = index.covers, index.needs
        self.covers, self.needs = (
            csr_matrix(
                (rows.values, rows.terms, rows.start), shape=(len(rows.start) - 1, len(rows.most))
            )
            for rows in sides
        )
        self.by_id = {company: at for at, company in enumerate(index.companies.tolist())}


@dataclass
class _Texts:
    """What the libraries get: all terms by idf and length, also those that weigh nothing for us."""

    ids: Longs
    """Company of each line."""
    documents: csr_matrix
    queries: csr_matrix

    @classmethod
    def of_world(cls, made: world.World) -> "_Texts":
        """What companies seek, in the profiles of all."""
        shape = (len(made), len(made.keys))
        sides = [
            csr_matrix((np.ones(len(rows.terms), np.float32), rows.terms, rows.start), shape)
            for rows in (made.profiles, made.demands)
        ]
        held = np.bincount(made.profiles.terms, minlength=len(made.keys))
        for side in sides:
            side.data *= np.log1p(len(made) / (1 + held)).astype(np.float32)[side.indices]
        return cls(np.arange(len(made)), *map(normalize, sides))

    @classmethod
    def of_index(cls, index: Index, matrices: _Matrices) -> "_Texts":
        """Profiles in profiles, as weighed for our own lists."""
        return cls(index.companies, matrices.covers, matrices.covers)


def _violations(top: Top, at: int, limits: Any) -> int:
    own = limits(int(top.companies[at]))
    return sum(not may_meet(own, limits(int(j))) for j in top.partners[at] if j >= 0)


def _is_best(index: Index, matrices: _Matrices, top: Top, at: int, limits: Any) -> bool:
    """Whether a list holds the best scores of all, by dense arithmetic in double precision."""
    weights = index.weights
    cover, need = (
        np.asarray(side[[at]].todense(), np.float64).ravel()
        for side in (matrices.covers, matrices.needs)
    )
    they = _covered(matrices.covers @ need, weights)
    you = _covered(matrices.needs @ cover, weights)
    shared = matrices.covers @ cover
    high, low = np.maximum(they, you), np.minimum(they, you)
    common = -np.expm1(-shared)
    fit = weights.better * high + (1 - weights.better) * low
    score = weights.met_floor + weights.met_span * fit + weights.same_field * common
    score = np.where(high > 0, score, weights.met_floor * common)
    own = limits(int(top.companies[at]))
    best: list[float] = []
    for place in np.argsort(-score):
        if len(best) == K or score[place] <= 0:
            break
        if may_meet(own, limits(int(index.companies[place]))):
            best.append(float(score[place]))
    shown = top.mutual[at][top.partners[at] >= 0]
    return len(best) == len(shown) and bool(np.allclose(best, shown, atol=1e-5))


def _covered(amount: Doubles, weights: Weights) -> Doubles:
    return np.where(amount >= weights.met_evidence * (1 - 1e-6), -np.expm1(-amount), 0.0)


def _beside(figures: Figures, texts: _Texts, top: Top, threads: int) -> None:
    """The libraries on a sample of queries."""
    size = len(texts.ids)
    chosen = np.sort(np.random.default_rng(2).choice(size, min(ASKED, size), replace=False))
    times = size / len(chosen)
    by_id = dict(zip(top.companies.tolist(), top.partners, strict=True))
    lists = (by_id[company] for company in texts.ids[chosen].tolist())
    ours = [set(line[line >= 0].tolist()) for line in lists]
    documents, queries = texts.documents, texts.queries[chosen]
    spent = Spent()
    turned = documents.T.tocsr()
    with _spent(spent):
        found = sp_matmul_topn(queries, turned, top_n=K, threshold=0.0, n_threads=threads)
    figures.sparse = times * spent.cpu
    lines = [found.indices[a:b] for a, b in zip(found.indptr, found.indptr[1:], strict=False)]
    figures.recall["sparse_dot_topn"] = _recall(ours, texts, lines)
    lines, figures.bm25s = _bm25s(documents, queries, times, threads)
    figures.recall["bm25s"] = _recall(ours, texts, lines)
    if size <= _VECTORS_UP_TO:
        lines, figures.nearest = _nearest(documents, queries, times, threads)
        figures.recall["usearch"] = _recall(ours, texts, lines)
    if size <= _FULL_TEXT_UP_TO:
        some = slice(None, None, max(1, len(chosen) // ASKED_IN_FULL_TEXT))
        lines, spent.cpu = search(documents, queries[some], K)
        figures.fulltext = size / len(lines) * spent.cpu
        figures.recall["PostgreSQL"] = _recall(ours[some], texts, lines)


def _bm25s(
    documents: csr_matrix, queries: csr_matrix, times: float, threads: int
) -> tuple[list[Any], float]:
    vocabulary = {str(number): number for number in range(documents.shape[1])}
    engine = bm25s.BM25(backend="numba")
    engine.index((_tokens(documents), vocabulary), show_progress=False)
    asked = _tokens(queries)
    engine.retrieve(asked[:10], k=K, show_progress=False, n_threads=threads)  # compiles
    spent = Spent()
    with _spent(spent):
        found = engine.retrieve(asked, k=K, show_progress=False, n_threads=threads)
    return list(found.documents), times * spent.cpu


def _tokens(rows: csr_matrix) -> list[list[int]]:
    return [rows.indices[a:b].tolist() for a, b in zip(rows.indptr, rows.indptr[1:], strict=False)]


def _nearest(
    documents: csr_matrix, queries: csr_matrix, times: float, threads: int
) -> tuple[list[Any], float]:
    """Approximate neighbours among vectors; their making is not counted, the search is."""
    sample = documents[: min(20_000, documents.shape[0])]
    made = TruncatedSVD(DIMENSIONS, random_state=0).fit(sample)
    vectors = normalize(made.transform(documents)).astype(np.float32)
    nearest = Nearest(ndim=DIMENSIONS, metric="cos")
    nearest.add(np.arange(len(vectors)), vectors, threads=threads)
    asked = normalize(made.transform(queries)).astype(np.float32)
    spent = Spent()
    with _spent(spent):
        found = nearest.search(asked, K, threads=threads)
    return list(found.keys.astype(np.int64)), times * spent.cpu


def _recall(ours: list[set[int]], texts: _Texts, lines: list[Any]) -> float:
    """Share of our lists that a library finds among its best 20, without knowing the limits."""
    shares = [
        len(wanted & set(texts.ids[np.asarray(line)].tolist())) / len(wanted)
        for wanted, line in zip(ours, lines, strict=True)
        if wanted
    ]
    return float(np.mean(shares))


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with open_outside(path) as stream:
        for line in stream:
            record = json.loads(line)
            if record.get("description"):
                yield record


def _texts(records: list[dict[str, Any]]) -> Iterator[tuple[int, bytes]]:
    for at, record in enumerate(records):
        language = record.get("language")
        field = " ".join([record.get("industry", ""), *record.get("tags", [])])
        told = [lexemes(text, language) for text in (record["description"], field)]
        yield at, pack([Row(at, Side.PROFILE, merged(*map(word_terms, told)))])


@contextmanager
def _spent(spent: Spent) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    spent.wall, spent.cpu = time.perf_counter() - wall, time.process_time() - cpu


@contextmanager
def _memory(figures: Figures) -> Iterator[None]:
    """Watch how much more is resident than at the start."""
    before, done = _resident(), threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            figures.memory = max(figures.memory, _resident() - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield
    done.set()
    watcher.join()


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e9


def _say(figures: Figures) -> None:
    print(
        f"match {figures.match.wall:.1f} s wall, {figures.match.cpu:.1f} s CPU; index"
        f" {figures.build.cpu:.1f} s CPU; {figures.memory:.2f} GB; of {SEEN} lists"
        f" {figures.different} are not the best of all, {figures.violations} violations;"
        f" {figures.without} companies without a suggestion"
        + (
            f"; one changed company {np.percentile(figures.one, 50):.0f} ms,"
            f" p95 {np.percentile(figures.one, 95):.0f} ms"
            if figures.one
            else ""
        ),
        flush=True,
    )


def _print(found: dict[str, Figures]) -> None:
    """One table; the libraries' CPU seconds and how many times ours they are."""
    names = ("bm25s", "sparse_dot_topn", "usearch", "PostgreSQL")
    print(
        f"{'companies':>10} {'index CPU':>10} {'CPU s':>8} {'wall s':>8} {'µs each':>8} {'GB':>6}"
        f" {'wrong':>6} {'broken':>6}"
        + "".join(f" {name + ' CPU, times, recall':>34}" for name in names)
    )
    for name, one in found.items():
        line = (
            f"{name:>10} {one.build.cpu:10.1f} {one.match.cpu:8.1f} {one.match.wall:8.1f}"
            f" {1e6 * one.match.cpu / one.companies:8.0f} {one.memory:6.2f}"
            f" {one.different:6} {one.violations:6}"
        )
        others = (one.bm25s, one.sparse, one.nearest, one.fulltext)
        for library, spent in zip(names, others, strict=True):
            times, recall = spent / one.match.cpu, one.recall.get(library, math.nan)
            line += f" {spent:20,.1f} {times:6.1f} {recall:6.2f}"
        print(line)
    made = [one for name, one in found.items() if name != "real" and one.companies >= 50_000]
    if len(made) > 1:
        first, last = made[0], made[-1]
        growth = math.log(last.match.cpu / first.match.cpu) / math.log(
            last.companies / first.companies
        )
        print(f"growth from {first.companies:,} to {last.companies:,}: exponent {growth:.2f}")


if __name__ == "__main__":
    main()
