"""Everybody's best 20 at growing sizes, beside the libraries that could do part of it.

``python -m bench.scale [FOLDER] [--sizes 10000 50000 200000 1000000] [--threads 2]`` measures each
invented world in a process of its own, and the real descriptions of FOLDER if it is given. Ours is
exact, two-way and keeps all limits; the others see one side only (what a company seeks in the
profiles of all; of the real ones, profiles in profiles) and no limits. They are measured on a
sample of queries and multiplied up, and so are their recall of our lists and the share of what they
find that breaks a limit. All take turns, and the median counts (``--rounds``; a million once). Ours
is the engine alone: a run of the product also weighs who trades with whom, keeps sixty candidates
and looks only for who may be shown (``bench.job``). CPU seconds are the steadier figure.
"""

import argparse
import json
import math
import multiprocessing
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.preprocessing import normalize

from bench import world
from bench.beside import NAMES, Beside, Texts, libraries, look_at
from bench.machine import pace
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
ONE_ROUND_FROM = 1_000_000
"""Companies from which on everybody is matched once."""
_REAL = "companies.jsonl.gz"

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]
Limits = Callable[[int], Company]
"""What limits a company, by its key."""


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
    matches: list[Spent] = field(default_factory=list)
    """Each time that everybody was matched."""
    one: list[float] = field(default_factory=list)
    """Milliseconds for one changed company: its list, and whose lists it enters."""
    memory: float = 0.0
    """GB that building and matching took at most, beside the world itself."""
    different: int = 0
    """Of the lists seen, those that are not the best of all."""
    violations: int = 0
    without: int = 0
    """Companies without a suggestion."""
    overlooked: int = 0
    """Of those, looked at one by one up to ``SEEN``, how many have somebody whom they may meet."""
    beside: dict[str, Beside] = field(default_factory=dict)

    @property
    def match(self) -> Spent:
        """The time in the middle, by processor time."""
        return sorted(self.matches, key=lambda one: one.cpu)[len(self.matches) // 2]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="folder of the real companies")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3, help="times that each is measured")
    parser.add_argument("--alone", action="store_true", help="leave the libraries out")
    options = parser.parse_args()
    print(pace(), flush=True)
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
            found[name] = pool.apply(
                _measured, (source, options.threads, options.rounds, options.alone)
            )
    _print(found)


def _measured(source: int | Path, threads: int, rounds: int, alone: bool) -> Figures:
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
        top = _matched(figures, index, threads)
    limits = made.company if isinstance(source, int) else described.__getitem__
    chosen = np.random.default_rng(1).choice(len(top.companies), SEEN, replace=False)
    matrices = _Matrices(index)
    if isinstance(source, int):
        figures.one = _changed(index, top, made, chosen[:ONE_BY_ONE])
    for at in chosen:
        figures.violations += _forbidden(limits, int(top.companies[at]), top.partners[at])
        figures.different += not _is_best(index, matrices, top, at, limits)
    nobody = np.flatnonzero(top.partners[:, 0] < 0)
    figures.without = len(nobody)
    for at in nobody[:SEEN]:
        figures.overlooked += not _is_best(index, matrices, top, at, limits)
    _say(figures)
    rounds = rounds if figures.companies < ONE_ROUND_FROM else 1
    if alone:
        for _ in range(rounds - 1):
            _matched(figures, index, threads)
    else:
        texts = _texts_of_world(made) if isinstance(source, int) else _texts_of(index, matrices)
        _beside(figures, texts, index, top, limits, threads, rounds)
    return figures


def _matched(figures: Figures, index: Index, threads: int) -> Top:
    """Everybody's list; what it took is noted."""
    spent = Spent()
    with _spent(spent):
        top = _all(index, threads)
    figures.matches.append(spent)
    return top


def _beside(
    figures: Figures,
    texts: Texts,
    index: Index,
    top: Top,
    limits: Limits,
    threads: int,
    rounds: int,
) -> None:
    """The libraries in turns with ours."""
    ours = dict(zip(top.companies.tolist(), top.partners, strict=True))
    for library in libraries(texts, K, threads):
        found = figures.beside[library.name] = Beside()
        for at in range(rounds):
            if at and len(figures.matches) < rounds:
                _matched(figures, index, threads)
            lines, spent = library.ask()
            found.cpu.append(library.times * spent)
        look_at(
            *(found, lines, texts, library.places, ours),
            lambda company, others: _forbidden(limits, company, others),
        )


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


def _texts_of_world(made: world.World) -> Texts:
    """What companies seek, in the profiles of all."""
    shape = (len(made), len(made.keys))
    sides = [
        csr_matrix((np.ones(len(rows.terms), np.float32), rows.terms, rows.start), shape)
        for rows in (made.profiles, made.demands)
    ]
    held = np.bincount(made.profiles.terms, minlength=len(made.keys))
    for side in sides:
        side.data *= np.log1p(len(made) / (1 + held)).astype(np.float32)[side.indices]
    return Texts(np.arange(len(made)), *map(normalize, sides))


def _texts_of(index: Index, matrices: _Matrices) -> Texts:
    """Profiles in profiles, as weighed for our own lists."""
    return Texts(index.companies, matrices.covers, matrices.covers)


def _forbidden(limits: Limits, company: int, others: Iterable[int]) -> int:
    """How many of some companies a limit of either side keeps apart from one."""
    own = limits(company)
    return sum(not may_meet(own, limits(int(one))) for one in others if one >= 0)


def _is_best(index: Index, matrices: _Matrices, top: Top, at: int, limits: Limits) -> bool:
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
        f" {figures.without} companies without a suggestion,"
        f" {figures.overlooked} of them overlooked"
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
    print(
        f"{'companies':>10} {'index CPU':>10} {'CPU s':>8} {'wall s':>8} {'µs each':>8} {'GB':>6}"
        f" {'wrong':>6} {'broken':>6}"
        + "".join(f" {name + ' CPU, times, recall, broken':>42}" for name in NAMES)
    )
    for name, one in found.items():
        line = (
            f"{name:>10} {one.build.cpu:10.1f} {one.match.cpu:8.1f} {one.match.wall:8.1f}"
            f" {1e6 * one.match.cpu / one.companies:8.0f} {one.memory:6.2f}"
            f" {one.different:6} {one.violations:6}"
        )
        for library in NAMES:
            beside = one.beside.get(library, Beside([math.nan]))
            spent = float(np.median(beside.cpu))
            line += (
                f" {spent:20,.1f} {spent / one.match.cpu:6.1f} {beside.recall:6.2f}"
                f" {beside.broken:7.0%}"
            )
        print(line)
    made = [one for name, one in found.items() if name != "real" and one.companies >= 50_000]
    if len(made) > 1:
        first, last = made[0], made[-1]
        print(
            f"growth from {first.companies:,} to {last.companies:,}: exponent of processor time"
            f" {_exponent(first, last, lambda one: one.match.cpu):.2f}, of memory"
            f" {_exponent(first, last, lambda one: one.memory):.2f}"
        )


def _exponent(first: Figures, last: Figures, of: Callable[[Figures], float]) -> float:
    return math.log(of(last) / of(first)) / math.log(last.companies / first.companies)


if __name__ == "__main__":
    main()
