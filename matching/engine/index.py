"""All companies as arrays: built once per run, read by every worker from memory-mapped files."""

import json
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from matching.engine import kernel, packing
from matching.engine.kernel import Doubles, Floats, Ints, Longs
from matching.engine.packing import SIDES, Array, PackedRows, Terms
from matching.engine.packing_limits import PackedLimits
from matching.engine.rows import NO_PRIOR, Company, Prior, Row
from matching.engine.weights import Weights

_CHUNK = 256
_LISTING = "index.json"


@dataclass(frozen=True)
class Top:
    """The best partners of some companies, best first, as arrays of one row per company.

    ``partners`` holds company ids, -1 after the last; ``mutual``, ``they_cover``, ``you_cover`` and
    ``shared`` lie in [0, 1). A coverage of 0 means that no need is known or none is met.
    """

    companies: Longs
    partners: Longs
    mutual: Floats
    they_cover: Floats
    you_cover: Floats
    shared: Floats

    def lists(self) -> Iterator[tuple[int, list[int], tuple[list[float], ...]]]:
        """Company id, ids of its partners, and their four scores as four lists."""
        scores = (self.mutual, self.they_cover, self.you_cover, self.shared)
        for n, company in enumerate(self.companies.tolist()):
            count = int((self.partners[n] >= 0).sum())
            columns = tuple(column[n, :count].tolist() for column in scores)
            yield company, self.partners[n, :count].tolist(), columns


@dataclass(frozen=True)
class Scores:
    """One company against all: one number per company of the index, 0 where they may not meet."""

    companies: Longs
    mutual: Floats
    they_cover: Floats
    you_cover: Floats
    shared: Floats


class Index:
    """Everything needed to find the best partners of any company; read only once built."""

    def __init__(self, arrays: Mapping[str, Array], meta: Mapping[str, Any], terms: list[str]):
        """Wrap finished arrays; use ``build`` or ``load``."""
        self._arrays = {name: _frozen(values) for name, values in arrays.items()}
        self._meta = meta
        self._terms = terms
        self._numbers: dict[str, int] = {}
        self.weights = Weights(**meta["weights"])
        self._roots: Doubles = np.asarray(self._arrays["term_roots"], np.float64)
        self._world = _world(self._arrays)
        self._lists = kernel.Inverted(
            *(_fields(kernel.Postings, self._arrays, f"by_term_{name}") for name in SIDES.values())
        )

    @classmethod
    def build(
        cls,
        rows: Iterable[Row],
        companies: Iterable[Company],
        weights: Weights | None = None,
        prior: Prior = NO_PRIOR,
        like: "Index | None" = None,
    ) -> Self:
        """The index of some companies and their rows; both may come from generators.

        ``like``: terms weigh what they weigh in that index, and pairs score as they would there.
        Raises ValueError for two companies of one id, a row of none of them, two profile rows of
        one company, or a confidence that is not above 0.
        """
        weights = weights or Weights()
        limits = PackedLimits()
        limits.read(companies, prior)
        positions = {company: at for at, company in enumerate(limits.ids)}
        packed = PackedRows({}, {}, limits.wanted.numbers, grows=True)
        packed.read(rows, positions)
        counts = None if like is None else dict(like.frequencies_of(packed.vocabulary))
        rows_in_all = packed.rows if like is None else like.rows
        terms, numbers = Terms.of(packed, weights, rows_in_all, counts)
        is_word = _are_words(terms.names)
        arrays = limits.arrays(prior) | packing.vectors(
            packed, numbers, terms.roots, is_word, len(positions), weights
        )
        arrays |= packing.inverted(arrays, len(terms.names))
        arrays |= {"term_roots": terms.roots, "term_rows": terms.rows}
        meta = {
            "weights": weights.as_data(),
            "rows": rows_in_all,
            "kinds": packed.kinds,
            "numbers": limits.numbers,
        }
        return cls(arrays, meta, terms.names)

    def save(self, folder: Path) -> None:
        """Write the arrays into a folder, made when missing; what marks it whole comes last."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, values in self._arrays.items():
            np.save(folder / f"{name}.npy", values, allow_pickle=False)
        listing = dict(self._meta) | {"arrays": sorted(self._arrays), "terms": self._terms}
        (folder / _LISTING).write_text(json.dumps(listing), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The index of a folder, mapped into memory and shared with other processes.

        Raises FileNotFoundError when the folder holds no whole index.
        """
        meta = json.loads((folder / _LISTING).read_text(encoding="utf-8"))
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in meta.pop("arrays")
        }
        return cls(arrays, meta, meta.pop("terms"))

    @property
    def companies(self) -> Longs:
        """Ids of the companies by position."""
        return self._world.limits.ids

    @property
    def rows(self) -> int:
        """Number of rows, the N of the words' rarity."""
        return int(self._meta["rows"])

    def frequencies(self) -> Iterator[tuple[str, int]]:
        """Every term with the number of rows it stands in, in the order of terms."""
        return zip(self._terms, self._arrays["term_rows"].tolist(), strict=True)

    def frequencies_of(self, terms: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Those of some terms that stand in this index, with the number of rows they stand in."""
        rows = self._arrays["term_rows"]
        for term in terms:
            at = bisect_left(self._terms, term)
            if at < len(self._terms) and self._terms[at] == term:
                yield term, int(rows[at])

    def top_range(
        self,
        start: int,
        stop: int,
        k: int = 20,
        *,
        seed: int = 0,
        progress: Callable[[int], None] | None = None,
    ) -> Top:
        """The k best partners of the companies at positions ``start`` up to ``stop``, exactly.

        Equal scores are ordered by chance from ``seed``. ``progress`` hears how many more companies
        are done; what it raises stops the work. Other threads run meanwhile.
        """
        stop = min(stop, len(self.companies))
        best = _empty_lists(max(0, stop - start), k)
        scratch = self._scratch()
        for at in range(start, stop, _CHUNK):
            end = min(at + _CHUNK, stop)
            part = kernel.part_of(best, at - start, end - start)
            kernel.fill_lists(
                self._world, at, end, self._world, self._lists, self._rules(), seed, scratch, part
            )
            if progress is not None:
                progress(end - at)
        return self._as_top(self.companies[start:stop], best)

    def top(self, company: Company, rows: Sequence[Row], k: int = 20, *, seed: int = 0) -> Top:
        """The k best partners of one company as it is now, whether or not the index has it."""
        asking, best, scratch = self._asking(company, rows), _empty_lists(1, k), self._scratch()
        kernel.fill_lists(
            asking, 0, 1, self._world, self._lists, self._rules(), seed, scratch, best
        )
        return self._as_top(asking.limits.ids, best)

    def scores_for(self, company: Company, rows: Sequence[Row]) -> Scores:
        """One company as it is now against every company of the index.

        For refreshing after a change: whose list it enters is seen by comparing ``mutual`` with the
        last score of their lists. Its own dismissals do not count here.
        """
        asking, scratch = self._asking(company, rows), self._scratch()
        scores = np.zeros((4, len(self.companies)), np.float32)
        kernel.fill_scores(asking, self._world, self._lists, self._rules(), scratch, scores)
        return Scores(self.companies, *scores)

    def _asking(self, company: Company, rows: Sequence[Row]) -> kernel.World:
        """A world of one company, in the numbers of this index."""
        if not self._numbers:
            self._numbers = {term: number for number, term in enumerate(self._terms)}
        numbers: dict[str, dict[str, int]] = self._meta["numbers"]
        packed = PackedRows(
            self._numbers, dict(self._meta["kinds"]), numbers["countries"], grows=False
        )
        packed.read(rows, {company.id: 0})
        limits = PackedLimits(numbers)
        limits.read([company], NO_PRIOR)
        arrays = limits.arrays(NO_PRIOR) | packing.vectors(
            packed,
            np.arange(len(self._terms), dtype=np.int32),
            self._roots,
            _are_words(self._terms),
            1,
            self.weights,
        )
        for name, listed in self._positions_of(company).items():
            arrays[f"limits_{name}"] = listed
            arrays[f"limits_{name}_start"] = np.array([0, len(listed)])
        return _world({name: _frozen(values) for name, values in arrays.items()})

    def _positions_of(self, company: Company) -> dict[str, Ints]:
        """Positions a company never meets, hides, and has met, also by what others say of it."""
        limits = self._world.limits
        found = {
            "apart": np.flatnonzero(np.isin(limits.ids, [*company.blocked, company.id])),
            "hidden": np.flatnonzero(np.isin(limits.ids, list(company.dismissed))),
            "met": np.flatnonzero(np.isin(limits.ids, list(company.met))),
        }
        for own in np.flatnonzero(limits.ids == company.id):
            for name in ("apart", "met"):
                start, listed = getattr(limits, f"{name}_start"), getattr(limits, name)
                found[name] = np.union1d(found[name], listed[start[own] : start[own + 1]])
        return {name: positions.astype(np.int32) for name, positions in found.items()}

    def _rules(self) -> kernel.Rules:
        weights = self.weights
        return kernel.Rules(
            met=weights.met_evidence,
            further=weights.further,
            floor=weights.met_floor,
            span=weights.met_span,
            better=weights.better,
            field=weights.same_field,
            field_least=weights.field_evidence,
            prior=weights.prior,
            standing=weights.standing,
            prior_most=weights.prior_most,
            prior_leaves=weights.prior_leaves,
            met_before=weights.met_before,
        )

    def _scratch(self) -> kernel.Scratch:
        world = self._world
        companies, offers = len(world.profiles.owner), len(world.offers.owner)
        demands = len(world.demands.owner)
        widest = max(companies, offers, demands)
        return kernel.Scratch(
            by_profile=np.zeros(companies, np.float32),
            by_offer=np.zeros(offers, np.float32),
            by_demand=np.zeros(demands, np.float32),
            found=np.zeros(widest, np.int32),
            amounts=np.zeros(widest, np.float32),
            best=np.zeros((2, companies), np.float32),
            total=np.zeros((2, companies), np.float64),
            met=np.zeros(companies, np.int32),
        )

    def _as_top(self, companies: Longs, best: kernel.Best) -> Top:
        ids = np.append(self.companies, -1)
        return Top(companies, ids[best.partners], best.mutual, best.they, best.you, best.shared)


def _are_words(names: Sequence[str]) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    return np.fromiter((name.startswith("w:") for name in names), np.bool_, len(names))


def _frozen(values: Array) -> Array:
    """A read-only plain view: one compiled form serves arrays from memory and from files."""
    view = np.ascontiguousarray(np.asarray(values)).view()
    view.flags.writeable = False
    return view


def _empty_lists(companies: int, k: int) -> kernel.Best:
    shape = (companies, k)
    return kernel.Best(
        np.full(shape, -1, np.int32),
        np.zeros(shape, np.uint64),
        *(np.zeros(shape, np.float32) for _ in range(4)),
    )


def _fields(kind: Any, arrays: Mapping[str, Array], name: str) -> Any:
    return kind(*(arrays[f"{name}_{field}"] for field in kind._fields))


def _world(arrays: Mapping[str, Array]) -> kernel.World:
    return kernel.World(
        _fields(kernel.Limits, arrays, "limits"),
        _fields(kernel.Lifts, arrays, "lifts"),
        *(_fields(kernel.Vectors, arrays, name) for name in SIDES.values()),
    )
