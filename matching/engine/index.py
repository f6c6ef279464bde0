"""All companies as arrays: built once per run, read by every worker from memory-mapped files."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from matching.engine import kernel, packing
from matching.engine.company_columns import CompanyColumns
from matching.engine.kernel import Floats, Ints, Longs
from matching.engine.kernel_blocks import BINS, LANES, Inverted, Scratch
from matching.engine.kernel_pairs import (
    Best,
    empty_lists,
    enter_all,
    leave_out,
    part_of,
    room_for,
)
from matching.engine.kernel_search import Task, fill_lists, waiting_room
from matching.engine.kernel_world import frozen, world_of
from matching.engine.packed import pack
from matching.engine.packing import Array, Rows, Terms
from matching.engine.packing_limits import PackedLimits
from matching.engine.rows import NO_PRIOR, Company, Prior, Row
from matching.engine.showing import visible
from matching.engine.terms import term_key
from matching.engine.weights import Weights

_LISTING = "index.json"
_FORMAT = 2
_BLOCK = 2048
_BLOCK_TERMS = 1 << 20
_REACH = 0.1
_FEW = 64
_AT_ONCE = 4096
"""Companies that ask together, at least and about at most: the more, the fewer blocks are made."""


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


@dataclass(frozen=True)
class Entering:
    """What one company's change does: its own list, and whose lists it enters.

    ``lists`` are the companies whose list it enters, with the pair's scores as the changed company
    sees them.
    """

    own: Top
    lists: Scores


class Asked(NamedTuple):
    """One company and an index, for compiled code that compares them.

    ``ours`` holds that company alone, in the numbers of the index; ``place``, ``values`` and
    ``sums`` are what ``kernel_pairs.lay_out`` needs.
    """

    ours: kernel.World
    theirs: kernel.World
    rules: kernel.Rules
    place: Ints
    values: Floats
    sums: Floats


class Index:
    """Everything needed to find the best partners of any company; read only once built.

    Companies stand by country and then by what they mostly deal in: positions are places in
    ``companies``, not the order in which they came.
    """

    def __init__(self, arrays: Mapping[str, Array], meta: Mapping[str, Any]):
        """Wrap finished arrays; use ``build`` or ``load``."""
        self._arrays = {name: frozen(values) for name, values in arrays.items()}
        self._meta = meta
        self.weights = Weights(**meta["weights"])
        self.terms = Terms.stored(self._arrays)
        self._world = world_of(self._arrays)
        self._by_id = np.argsort(self.companies, kind="stable")

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
        packed = ((row.owner, pack([row])) for row in rows)
        return cls.build_packed(packed, companies, weights, prior, like)

    @classmethod
    def build_packed(
        cls,
        packed: Iterable[tuple[int, bytes]],
        companies: CompanyColumns | Iterable[Company],
        weights: Weights | None = None,
        prior: Prior = NO_PRIOR,
        like: "Index | None" = None,
    ) -> Self:
        """The same from the rows of each company as ``packed.pack`` made them, by company id."""
        weights = weights or Weights()
        limits = PackedLimits()
        limits.read(companies, prior)
        rows = Rows(limits.ids)
        rows.read(packed)
        targets = rows.target_bits(limits.wanted)
        terms = Terms.of(rows, weights, None if like is None else (like.rows, like.terms))
        order = np.lexsort((rows.leading(), limits.by_country))
        position = np.empty(len(order), np.int32)
        position[order] = np.arange(len(order))
        arrays = limits.arrays(prior, order) | terms.arrays()
        arrays |= packing.vectors(rows, terms, position, targets, weights)
        arrays |= packing.merged(arrays, len(terms.roots))
        meta = {
            "format": _FORMAT,
            "weights": weights.as_data(),
            "rows": len(rows.owner) if like is None else like.rows,
            "numbers": limits.numbers,
        }
        return cls(arrays, meta)

    def wanting_any_country(self) -> Self:
        """The same companies as if none of them, nor any of their rows, named countries."""
        arrays = dict(self._arrays)
        for name in [name for name in arrays if name.endswith("_targets")]:
            arrays[name] = np.full_like(arrays[name], kernel.EVERY)
        arrays["limits_traits"] = arrays["limits_traits"].copy()
        arrays["limits_traits"][:, kernel.ADMITS : kernel.FLAGS] = kernel.EVERY
        return type(self)(arrays, self._meta)

    def save(self, folder: Path) -> None:
        """Write the arrays into a folder, made when missing; what marks it whole comes last."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, values in self._arrays.items():
            np.save(folder / f"{name}.npy", values, allow_pickle=False)
        listing = dict(self._meta) | {"arrays": sorted(self._arrays), "content": self.content}
        (folder / _LISTING).write_text(json.dumps(listing), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The index of a folder, mapped into memory and shared with other processes.

        Raises FileNotFoundError when the folder holds no whole index, ValueError for one of
        another format.
        """
        meta = json.loads((folder / _LISTING).read_text(encoding="utf-8"))
        if meta.get("format") != _FORMAT:
            raise ValueError("the index was written in another format")
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in meta.pop("arrays")
        }
        return cls(arrays, meta)

    @property
    def content(self) -> str:
        """A hash of all that the index holds: equal content gives equal lists on any machine."""
        if "content" in self._meta:
            return str(self._meta["content"])
        digest = sha256(json.dumps(self._meta, sort_keys=True).encode())
        for name, values in sorted(self._arrays.items()):
            digest.update(f"{name}{values.dtype}{values.shape}".encode())
            digest.update(values.data)
        return digest.hexdigest()

    @property
    def companies(self) -> Longs:
        """Ids of the companies by position."""
        return self._world.limits.ids

    @property
    def covers(self) -> kernel.Merged:
        """What each company covers, one row per company by position."""
        return self._world.covers

    @property
    def needs(self) -> kernel.Merged:
        """What each company seeks, one row per company by position."""
        return self._world.needs

    @property
    def rows(self) -> int:
        """Number of rows, the N of the words' rarity."""
        return int(self._meta["rows"])

    def frequencies(self) -> Iterator[tuple[int, int]]:
        """The key of every term with the number of rows it stands in."""
        return zip(self.terms.keys.tolist(), self.terms.rows.tolist(), strict=True)

    def frequencies_of(self, terms: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Those of some terms that stand in this index, with the number of rows they stand in."""
        wanted = list(terms)
        keys = np.array([term_key(term) for term in wanted], np.int64)
        counts = self.terms.rows_with(keys).tolist()
        return ((term, count) for term, count in zip(wanted, counts, strict=True) if count)

    def top_range(
        self,
        start: int,
        stop: int,
        k: int = 20,
        *,
        seed: int = 0,
        prices: Floats | None = None,
        shown: float = 0.0,
        progress: Callable[[int], None] | None = None,
    ) -> Top:
        """The k best partners of the companies at positions ``start`` up to ``stop``, exactly.

        Ordered by score less the price of the partner (``prices`` by position); equal ones by
        chance from ``seed``. With ``shown`` a list holds only who scores so much, or the best one
        where none does (``showing``), which is found sooner; without prices only, else ValueError.
        ``progress`` hears how many more companies are done; what it raises
        stops the work. Other threads run meanwhile. The wider the range the less work per company.
        """
        if shown > 0 and prices is not None:
            raise ValueError("who is shown goes by the score alone: leave the prices out")
        stop = min(stop, len(self.companies))
        best = empty_lists(max(0, stop - start), k)
        scratch = self._scratch(k)
        prices = self._prices(prices)
        for begin, end in self._parts(start, stop):
            part = part_of(best, begin - start, end - start)
            task = Task(begin, end, seed, _REACH, float(shown))
            fill_lists(self._world, task, scratch, self._rules(), prices, part)
            if progress is not None:
                progress(end - begin)
        if shown > 0:
            leave_out(best, visible(best.mutual, shown))
        return self._as_top(self.companies[start:stop], best)

    def top(
        self,
        company: Company,
        rows: Sequence[Row] | bytes,
        k: int = 20,
        *,
        seed: int = 0,
        prices: Floats | None = None,
    ) -> Top:
        """The k best partners of one company as it is now, whether or not the index has it.

        Here and below the rows may also come as ``packed.pack`` made them.
        """
        nobody = np.empty(0, np.float32)
        return self.entering(company, rows, nobody, prices, k, seed=seed).own

    def entering(
        self,
        company: Company,
        rows: Sequence[Row] | bytes,
        thresholds: Floats,
        prices: Floats | None = None,
        k: int = 20,
        *,
        seed: int = 0,
    ) -> Entering:
        """The list of one company as it is now, and whose lists it enters, in one pass.

        ``thresholds`` and ``prices`` by position: it enters a list where its score less its own
        price (0 for a newcomer) is not below the threshold and nobody hides it. With an equal
        threshold the order by chance (``kernel.tie_order``) decides, which is left to the caller.
        """
        world = self._asking(company, rows)
        prices = self._prices(prices)
        thresholds = np.ascontiguousarray(thresholds, np.float32)
        own = self._position(company.id)
        price = float(prices[own]) if own >= 0 else 0.0
        best = empty_lists(1, k)
        entered = np.empty(len(thresholds), np.int32)
        scores = np.empty((4, len(thresholds)), np.float32)
        count = enter_all(
            world, own, self._world, *self._room(world), self._rules(), seed, prices, price,
            thresholds, best, entered, scores,
        )  # fmt: skip
        lists = Scores(self.companies[entered[:count]], *scores[:, :count])
        return Entering(self._as_top(world.limits.ids, best), lists)

    def scores_for(self, company: Company, rows: Sequence[Row] | bytes) -> Scores:
        """One company as it is now against every company of the index.

        Its own dismissals do not count here.
        """
        size = len(self.companies)
        entered, found = np.empty(size, np.int32), np.empty((4, size), np.float32)
        world = self._asking(company, rows)
        count = enter_all(
            world, -1, self._world, *self._room(world), self._rules(), 0,
            self._prices(None), 0.0, np.full(size, -np.inf, np.float32), empty_lists(1, 0),
            entered, found,
        )  # fmt: skip
        scores = np.zeros((4, size), np.float32)
        scores[:, entered[:count]] = found[:, :count]
        return Scores(self.companies, *scores)

    def asked(self, company: Company, rows: Sequence[Row] | bytes) -> Asked:
        """What compiled code needs to compare a company as it is now with those of the index.

        These are the very arrays that the lists are made from, not copies of them.
        """
        ours = self._asking(company, rows)
        return Asked(ours, self._world, self._rules(), *self._room(ours))

    def _asking(self, company: Company, rows: Sequence[Row] | bytes) -> kernel.World:
        """A world of one company, in the numbers of this index."""
        limits = PackedLimits(self._meta["numbers"])
        limits.read([company], NO_PRIOR)
        packed = Rows(np.array([company.id]))
        if isinstance(rows, bytes):
            packed.read([(company.id, rows)])
        else:
            packed.read((row.owner, pack([row])) for row in rows)
        alone = np.zeros(1, np.int32)
        arrays = limits.arrays(NO_PRIOR, alone.astype(np.int64)) | packing.vectors(
            packed, self.terms, alone, packed.target_bits(limits.wanted), self.weights
        )
        arrays |= packing.merged(arrays, len(self.terms.roots))
        for name, listed in self._positions_of(company).items():
            arrays[f"limits_{name}"] = listed
            arrays[f"limits_{name}_start"] = np.array([0, len(listed)])
        return world_of({name: frozen(values) for name, values in arrays.items()})

    def _position(self, company: int) -> int:
        """Where a company stands, -1 when it does not."""
        found = self._positions([company])
        return int(found[0]) if len(found) else -1

    def _positions(self, companies: Iterable[int]) -> Ints:
        """Positions of those companies that the index has, in order."""
        wanted = np.array(sorted(companies), np.int64)
        place = np.searchsorted(self.companies, wanted, sorter=self._by_id)
        found = self._by_id[place[place < len(self._by_id)]]
        kept = found[self.companies[found] == wanted[place < len(self._by_id)]]
        return np.sort(kept).astype(np.int32)

    def _positions_of(self, company: Company) -> dict[str, Ints]:
        """Positions a company never meets, hides, and has met, also by what others say of it."""
        limits = self._world.limits
        found = {
            "apart": self._positions([*company.blocked, company.id]),
            "hidden": self._positions(company.dismissed),
            "met": self._positions(company.met),
        }
        own = self._position(company.id)
        if own >= 0:
            for name in ("apart", "met"):
                start, listed = getattr(limits, f"{name}_start"), getattr(limits, name)
                found[name] = np.union1d(found[name], listed[start[own] : start[own + 1]])
        return found

    def _parts(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Companies to ask together: a country, or several small ones, or a part of a large one."""
        countries = self._world.limits.traits[start:stop, kernel.FLAGS] & np.uint64(0xFF)
        borders = start + 1 + np.flatnonzero(countries[1:] != countries[:-1])
        few = max(_FEW, len(self.companies) // 400)
        at = start
        for border in [*borders.tolist(), stop]:
            if border - at < few and border < stop:
                continue
            pieces = max(1, round((border - at) / max(_AT_ONCE, 4 * few)))
            cuts = np.linspace(at, border, pieces + 1).astype(int).tolist()
            yield from pairwise(cuts)
            at = border

    def _prices(self, prices: Floats | None) -> Floats:
        if prices is None:
            return np.zeros(len(self.companies), np.float32)
        return np.ascontiguousarray(prices, np.float32)

    def _rules(self) -> kernel.Rules:
        weights = self.weights
        rules = kernel.Rules(
            met=weights.met_evidence,
            further=weights.further,
            floor=weights.met_floor,
            span=weights.met_span,
            better=weights.better,
            field=weights.same_field,
            field_least=weights.field_evidence,
            common_least=weights.common_least,
            prior=weights.prior,
            standing=weights.standing,
            prior_most=weights.prior_most,
            prior_leaves=weights.prior_leaves,
            prior_gains=weights.prior_gains,
            met_before=weights.met_before,
        )
        # With a whole number among them, all that is compiled would be compiled once more for it.
        return kernel.Rules._make(map(float, rules))

    def _room(self, world: kernel.World) -> tuple[Ints, Floats, Floats]:
        """What ``lay_out`` needs for any company of a world."""
        values, rows = room_for(world)
        return (
            np.zeros(len(self.terms.roots), np.int32),
            np.empty(values, np.float32),
            np.empty(rows, np.float32),
        )

    def _scratch(self, k: int) -> Scratch:
        terms = len(self.terms.roots)
        longest = max(
            int(np.diff(rows.start).max(initial=0))
            for rows in (self._world.covers, self._world.needs)
        )
        room = max(_BLOCK_TERMS, longest)

        def inverted() -> Inverted:
            return Inverted(
                np.zeros(terms, np.int32),
                np.zeros(terms + 3, np.int32),
                np.empty(room, np.uint16),
                np.empty(room, np.float32),
                np.empty(room + 1, np.int32),
                np.empty(room + 1, np.uint16),
                np.empty(room + 1, np.float32),
            )

        wide = _BLOCK + 16 * LANES
        place, values, sums = self._room(self._world)
        return Scratch(
            place=place,
            values=values,
            sums=sums,
            docs=np.empty(len(self.companies), np.int32),
            covers=inverted(),
            needs=inverted(),
            homes=np.empty(_BLOCK, np.uint8),
            countries=np.zeros((1, 4), np.uint64),
            traits=np.empty((_BLOCK, self._world.limits.traits.shape[1]), np.uint64),
            prices=np.empty(_BLOCK, np.float32),
            plain=np.empty(_BLOCK, np.uint8),
            they=np.zeros(wide, np.float32),
            you=np.zeros(wide, np.float32),
            peaks=np.zeros(wide // LANES, np.float32),
            found=np.empty(_BLOCK + 1, np.int32),
            bounds=np.empty(_BLOCK, np.float32),
            most=np.empty(_BLOCK, np.float32),
            lows=np.empty(_BLOCK, np.float32),
            chosen=np.empty(max(_BLOCK, waiting_room(k)) + 1, np.int32),
            bins=np.zeros(BINS, np.int32),
        )

    def _as_top(self, companies: Longs, best: Best) -> Top:
        ids = np.append(self.companies, -1)
        return Top(companies, ids[best.partners], best.mutual, best.they, best.you, best.shared)
