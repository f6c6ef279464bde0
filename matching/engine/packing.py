"""From packed rows to the arrays that the compiled loop reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.engine import packing_fill as fill
from matching.engine.kernel import Bits, Doubles, Ints, Longs
from matching.engine.packing_limits import ALL, COUNTRY_WORDS, Members
from matching.engine.packing_rows import Bytes, chunks, country_code
from matching.engine.rows import Side
from matching.engine.terms import CLASS_BITS, CLASSES, STEPS, WORD
from matching.engine.weights import Weights, class_weight

Array = NDArray[Any]

SIDES = {Side.PROFILE: "profiles", Side.OFFER: "offers", Side.DEMAND: "demands"}


class Rows:
    """The rows of many companies as they come in, with their terms numbered as they come."""

    def __init__(self, ids: Longs) -> None:
        """Of the companies with these ids."""
        self._table = fill.KeyTable()
        self._sorted = np.argsort(ids, kind="stable").astype(np.int32)
        self._ids = ids[self._sorted]
        self.companies = len(ids)
        self._columns: dict[str, list[Array]] = {
            name: [] for name in ("owner", "side", "kind", "words", "length", "named", "targets")
        }
        self.terms: list[Ints] = []
        self.sure: list[Bytes] = []

    def read(self, packed: Iterable[tuple[int, bytes]]) -> None:
        """Take in rows; ValueError for those of no company, or a second profile of one company."""
        for owners, chunk in chunks(packed):
            positions = self._positions(owners)
            for name, values in (
                ("owner", positions[chunk.company]),
                ("side", chunk.side),
                ("kind", chunk.kind),
                ("words", chunk.words),
                ("length", chunk.length),
                ("named", chunk.target_count),
                ("targets", chunk.targets),
            ):
                self._columns[name].append(values)
            self.terms.append(self._table.numbers(chunk.keys))
            self.sure.append(chunk.sure)
        self.owner = self._column("owner", np.int32)
        self.side = self._column("side", np.int8)
        self.kind = self._column("kind", np.int64)
        self.words = self._column("words", np.int32)
        self.length = self._column("length", np.int32)
        profiles = np.bincount(self.owner[self.side == Side.PROFILE], minlength=1)
        if profiles.max() > 1:
            number = self._ids[np.flatnonzero(self._sorted == profiles.argmax())[0]]
            raise ValueError(f"company {number} has two profile rows")

    @property
    def keys(self) -> Longs:
        """Key of each term by its number."""
        return self._table.keys

    def target_bits(self, countries: Members) -> Bits:
        """Countries each row is meant for, a set of bits in four words; all when it names none."""
        named = self._column("named", np.int32)
        codes = self._column("targets", np.uint16)
        number = np.zeros(1 << 16, np.int64)
        for code in np.unique(codes).tolist():
            country = int(code).to_bytes(2, "little").decode()
            number[country_code(country)] = countries.number(country) or 0
        bits = np.zeros((len(named), COUNTRY_WORDS), np.uint64)
        members = number[codes]
        line = np.repeat(np.arange(len(named)), named)
        one = np.uint64(1) << (members & 63).astype(np.uint64)
        np.bitwise_or.at(bits, (line, members >> 6), one)
        bits[named == 0] = ALL
        return bits

    def leading(self) -> Longs:
        """For each company the least key of a chapter it names, to put like companies together."""
        found = np.full(self.companies, np.iinfo(np.int64).max)
        at = 0
        for terms in self.terms:
            at = fill.lead(self.owner, self.length, at, terms, self.keys, found)
        return found

    def _positions(self, owners: list[int]) -> Ints:
        wanted = np.array(owners, np.int64)
        place = np.searchsorted(self._ids, wanted)
        place[place == self.companies] = 0
        if self.companies == 0 or (self._ids[place] != wanted).any():
            unknown = next(owner for owner in owners if owner not in self._ids)
            raise ValueError(f"a row belongs to the unknown company {unknown}")
        return self._sorted[place]

    def _column(self, name: str, kind: type) -> Array:
        parts = self._columns[name]
        return np.concatenate(parts) if parts else np.empty(0, kind)


@dataclass(frozen=True)
class Terms:
    """What the terms of an index weigh; terms are numbered heaviest first, then by key."""

    keys: Longs
    """All keys in order."""
    rows: Longs
    """In how many rows each stands."""
    number: Ints
    """The number of each; -1 for a term that weighs nothing."""
    roots: Doubles
    """Square root of the weight by number: both rows of a pair carry half of it."""
    is_word: NDArray[np.bool_]
    """Whether it is a word, by number."""

    @classmethod
    def of(cls, rows: Rows, weights: Weights, like: "tuple[int, Terms] | None" = None) -> "Terms":
        """The terms of some rows.

        They weigh by the rows they stand in here, or in another index: ``like`` has its number of
        rows and its terms; one row for a term that it does not have.
        """
        counts = np.zeros(len(rows.keys), np.int64)
        for terms in rows.terms:
            counts += np.bincount(terms, minlength=len(counts))
        order = np.argsort(rows.keys)
        keys, counts = rows.keys[order], counts[order]
        total = len(rows.owner)
        if like is not None:
            total, others = like
            counts = np.maximum(1, others.rows_with(keys))
        sort = keys & ((1 << CLASS_BITS) - 1)
        # One call per different weight, of the very function that explains it.
        kinds, which = np.unique(counts * len(CLASSES) + sort, return_inverse=True)
        weight = [
            class_weight(CLASSES[kind % len(CLASSES)], kind // len(CLASSES), total, weights)
            for kind in kinds.tolist()
        ]
        roots = np.sqrt(np.array(weight, np.float64))[which]
        heaviest = np.lexsort((keys, -roots))
        heaviest = heaviest[: int((roots > 0).sum())]
        number = np.full(len(keys), -1, np.int32)
        number[heaviest] = np.arange(len(heaviest))
        return cls(keys, counts, number, roots[heaviest], sort[heaviest] == WORD)

    @classmethod
    def stored(cls, arrays: Mapping[str, Array]) -> "Terms":
        """Those of a finished index."""
        return cls(*(arrays[f"terms_{name}"] for name in cls.__dataclass_fields__))

    def arrays(self) -> dict[str, Array]:
        """All fields, for keeping."""
        return {f"terms_{name}": getattr(self, name) for name in self.__dataclass_fields__}

    def numbers_of(self, keys: Longs) -> Ints:
        """The numbers of some keys; -1 for the unknown."""
        return self._of(keys, self.number, -1)

    def rows_with(self, keys: Longs) -> Longs:
        """In how many rows some keys stand; 0 for the unknown."""
        return self._of(keys, self.rows, 0)

    def _of(self, keys: Longs, values: Array, unknown: int) -> Array:
        if not len(self.keys):
            return np.full(len(keys), unknown, values.dtype)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, values[place], values.dtype.type(unknown))


def vectors(
    rows: Rows, terms: Terms, position: Ints, targets: Bits, weights: Weights
) -> dict[str, Array]:
    """The fields of ``kernel.Vectors`` for each side, rows by company, terms in their order.

    ``position`` is where the companies stand in the end.
    """
    lengths = np.array(
        [
            max(1, words) ** -weights.length_power
            for words in range(int(rows.words.max(initial=0)) + 1)
        ]
    )
    numbers = terms.numbers_of(rows.keys)
    arrays: dict[str, Array] = {}
    owner = position[rows.owner]
    for which, name in SIDES.items():
        chosen = np.flatnonzero(rows.side == which)
        chosen = chosen[np.argsort(owner[chosen], kind="stable")]
        place = np.full(len(owner), -1, np.int64)
        if which is Side.PROFILE:
            # Every company has a profile row, an empty one if it sent none.
            place[chosen] = owner[chosen]
            owners = np.arange(rows.companies, dtype=np.int32)
        else:
            place[chosen] = np.arange(len(chosen))
            owners = owner[chosen]
        arrays |= _terms_of(rows, place, len(owners), numbers, terms, lengths, name)
        bits = np.full((len(owners), COUNTRY_WORDS), ALL)
        bits[place[chosen]] = targets[chosen]
        kind = np.zeros(len(owners), np.int64)
        kind[place[chosen]] = rows.kind[chosen]
        arrays |= {
            f"{name}_owner": owners,
            f"{name}_kind": kind,
            f"{name}_targets": bits,
            f"{name}_first": np.searchsorted(owners, np.arange(rows.companies + 1)),
        }
    return arrays


def _terms_of(
    rows: Rows, place: Longs, count: int, numbers: Ints, terms: Terms, lengths: Doubles, name: str
) -> dict[str, Array]:
    start = np.zeros(count + 1, np.int64)
    at = 0
    for numbered in rows.terms:
        at = fill.measure(place, rows.length, at, numbered, numbers, start)
    start = np.cumsum(start)
    found = np.empty(start[-1], np.int32)
    values = np.empty(start[-1], np.float32)
    at = 0
    for numbered, sure in zip(rows.terms, rows.sure, strict=True):
        at = fill.write(
            place, rows.length, rows.words, at, numbered, sure, numbers,
            terms.roots, terms.is_word, lengths, float(STEPS), start, found, values,
        )  # fmt: skip
    return {f"{name}_start": start, f"{name}_terms": found, f"{name}_values": values}


def merged(arrays: Mapping[str, Array], terms: int) -> dict[str, Array]:
    """The fields of ``kernel.Merged``: all that a company covers, and all that it needs.

    Of several rows each term has its greatest value, so that the product of two merged rows is at
    least the evidence of any pair of them. Where nobody has several rows, the terms and values are
    left out: they are those of the profiles or the demands.
    """
    companies = len(arrays["profiles_owner"])
    spans = {
        name: (
            arrays[f"{name}_start"][arrays[f"{name}_first"]],
            arrays[f"{name}_terms"],
            arrays[f"{name}_values"],
        )
        for name in SIDES.values()
    }
    result: dict[str, Array] = {}
    for name, sources, is_single in (
        ("covers", ["profiles", "offers"], len(arrays["offers_owner"]) == 0),
        ("needs", ["demands"], bool((np.diff(arrays["demands_first"]) <= 1).all())),
    ):
        parts = spans[sources[0]]
        result[f"{name}_start"] = parts[0]
        if not is_single:
            parts = fill.merge([spans[source] for source in sources], companies, terms)
            fields: tuple[Array, ...] = parts
            for field, values in zip(("start", "terms", "values"), fields, strict=True):
                result[f"{name}_{field}"] = values
        result[f"{name}_most"] = fill.greatest(parts[1], parts[2], terms)
    result["profiles_most"] = fill.greatest(*spans["profiles"][1:], terms)
    return result
