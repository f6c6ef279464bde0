"""From rows and companies to the arrays that the compiled loop reads."""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.kernel import Doubles, Ints, Longs
from matching.engine.packing_limits import ALL, COUNTRY_WORDS, OTHER_COUNTRY, Members
from matching.engine.rows import Row, Side
from matching.engine.terms import STEPS, quantised
from matching.engine.weights import Weights, term_weight

Array = NDArray[np.generic]

SIDES = {Side.PROFILE: "profiles", Side.OFFER: "offers", Side.DEMAND: "demands"}


class PackedRows:
    """Rows as they come in, packed; every company gets a profile row, empty when it has none."""

    def __init__(
        self,
        vocabulary: dict[str, int],
        kinds: dict[str, int],
        countries: dict[str, int],
        *,
        grows: bool,
    ) -> None:
        """Numbers of terms, kinds and countries known so far; more are learnt only if it grows.

        Unknown terms are dropped then.
        """
        self.vocabulary = vocabulary
        self.kinds = kinds
        self.owner = array("i")
        self.side = array("b")
        self.kind = array("i")
        self.words = array("i")
        self.length = array("q")
        self.terms = array("i")
        self.confidence = array("B")
        self.targets = Members(countries, OTHER_COUNTRY, grows=grows)
        self._grows = grows

    def read(self, rows: Iterable[Row], positions: Mapping[int, int]) -> None:
        """Pack all rows; ValueError for one of no company, or a second profile of one company."""
        described: set[int] = set()
        for row in rows:
            if row.owner not in positions:
                raise ValueError(f"a row belongs to the unknown company {row.owner}")
            if row.side is Side.PROFILE:
                if row.owner in described:
                    raise ValueError(f"company {row.owner} has two profile rows")
                described.add(row.owner)
            self._add(row, positions[row.owner])
        self.rows = len(self.owner)
        for company in positions.keys() - described:
            self._add(Row(company, Side.PROFILE, {}), positions[company])

    def _add(self, row: Row, position: int) -> None:
        known = self.vocabulary
        before = len(self.terms)
        words = 0
        for term, confidence in row.terms.items():
            sure = quantised(confidence)
            words += term.startswith("w:")
            number = known.setdefault(term, len(known)) if self._grows else known.get(term, -1)
            if number >= 0:
                self.terms.append(number)
                self.confidence.append(sure)
        is_profile = row.side is Side.PROFILE
        self.owner.append(position)
        self.side.append(row.side)
        self.kind.append(-1 if is_profile else self.kinds.setdefault(row.kind, len(self.kinds)))
        self.words.append(words)
        self.length.append(len(self.terms) - before)
        self.targets.add(row.targets)


@dataclass(frozen=True)
class Terms:
    """The terms of an index in their order, which is also their number."""

    names: list[str]
    rows: Longs
    """In how many rows each stands."""
    roots: Doubles
    """Square root of the weight: both rows of a pair carry half of it."""

    @classmethod
    def of(
        cls,
        packed: PackedRows,
        weights: Weights,
        rows_in_all: int,
        counts: Mapping[str, int] | None = None,
    ) -> tuple["Terms", Ints]:
        """The terms of some rows, and the number of each term in place of its first one.

        They weigh by the rows they stand in here, or in another index (``counts``; missing: one).
        """
        names = sorted(packed.vocabulary)
        numbers = np.empty(len(names), np.int32)
        for number, name in enumerate(names):
            numbers[packed.vocabulary[name]] = number
        rows = np.bincount(numbers[np.array(packed.terms, np.int32)], minlength=len(names))
        if counts is not None:
            rows = np.fromiter((counts.get(name, 1) for name in names), np.int64, len(names))
        worth = (
            term_weight(name, count, rows_in_all, weights)
            for name, count in zip(names, rows.tolist(), strict=True)
        )
        roots = np.sqrt(np.fromiter(worth, np.float64, len(names)))
        return cls(names, rows.astype(np.int64), roots), numbers


def vectors(
    packed: PackedRows,
    numbers: Ints,
    roots: Doubles,
    is_word: NDArray[np.bool_],
    companies: int,
    weights: Weights,
) -> dict[str, Array]:
    """The fields of ``kernel.Vectors`` for each side, rows by company, terms in their order."""
    owner = np.array(packed.owner, np.int32)
    side = np.array(packed.side, np.int8)
    kind = np.array(packed.kind, np.int32)
    row = np.repeat(np.arange(len(owner)), np.array(packed.length, np.int64))
    number = numbers[np.array(packed.terms, np.int32)]
    length = np.maximum(1, np.array(packed.words, np.float64)) ** -weights.length_power
    value = np.array(packed.confidence) / STEPS * roots[number]
    value *= np.where(is_word[number], length[row], 1.0)
    arrays: dict[str, Array] = {}
    targets = packed.targets.bits(COUNTRY_WORDS)
    targets[~targets.any(axis=1)] = ALL
    for which, name in SIDES.items():
        chosen = np.flatnonzero(side == which)
        chosen = chosen[np.argsort(owner[chosen], kind="stable")]
        place = np.full(len(owner), -1, np.int64)
        place[chosen] = np.arange(len(chosen))
        kept = np.flatnonzero((place[row] >= 0) & (value > 0))
        kept = kept[np.lexsort((number[kept], place[row[kept]]))]
        arrays |= {
            f"{name}_start": np.searchsorted(place[row[kept]], np.arange(len(chosen) + 1)),
            f"{name}_terms": number[kept],
            f"{name}_values": value[kept].astype(np.float32),
            f"{name}_owner": owner[chosen],
            f"{name}_kind": kind[chosen],
            f"{name}_targets": targets[chosen],
            f"{name}_first": np.searchsorted(owner[chosen], np.arange(companies + 1)),
        }
    return arrays


def inverted(arrays: Mapping[str, Array], terms: int) -> dict[str, Array]:
    """The fields of ``kernel.Postings`` for each side, from the vectors of the same rows."""
    result: dict[str, Array] = {}
    for name in SIDES.values():
        start, term = arrays[f"{name}_start"], arrays[f"{name}_terms"]
        row = np.repeat(np.arange(len(start) - 1, dtype=np.int32), np.diff(start))
        order = np.argsort(term, kind="stable")
        counts = np.bincount(term, minlength=terms)
        result |= {
            f"by_term_{name}_start": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            f"by_term_{name}_rows": row[order],
            f"by_term_{name}_values": arrays[f"{name}_values"][order],
        }
    return result
