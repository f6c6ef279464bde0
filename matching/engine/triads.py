"""Two companies of different countries that together cover what a third one seeks.

A request that names several HS headings has as many parts. Where no single company offers all of
them, two that offer different ones may do it together, if all three may meet each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.engine.advice import Table, inlined, table_of
from matching.engine.index import Asked, Index
from matching.engine.kernel import (
    FLAGS,
    Floats,
    Limits,
    Longs,
    Vectors,
    country,
    has,
    listed,
    may_meet,
    tie_order,
)
from matching.engine.kernel import making_arrays as compiled
from matching.engine.rows import Company, Row
from matching.engine.standings import Orders, orders

Flags = NDArray[np.bool_]

MOST_PARTS = 6
_NEAREST = 200
"""Companies of each country looked at for each set of parts, those with the most evidence."""
_AT_ONCE = 64
"""Demands whose parts are looked for together."""


@dataclass(frozen=True)
class Need:
    """A demand of a company of the index, by the company's id."""

    company: int
    row: Row


@dataclass(frozen=True)
class Triad:
    """Two companies that together cover a demand of a third.

    ``first_brings`` and ``second_brings`` are the headings (``hs4:...``) each covers; ``evidence``
    is what both together share with the demand's codes, each code counted once.
    """

    company: int
    ref: str
    first: int
    second: int
    first_brings: tuple[str, ...]
    second_brings: tuple[str, ...]
    evidence: float


class _Best(NamedTuple):
    """Pairs of lines of a cover, best first; what is not filled has no evidence."""

    amounts: Floats
    orders: Orders
    one: Longs
    other: Longs


class _Cover(NamedTuple):
    """Who covers which part of one demand, one line per company."""

    positions: Longs
    bits: Longs
    """A bit per part."""
    amounts: Floats
    """Evidence by part, 0 where the part is not met."""


def parts_of(row: Row) -> list[str]:
    """The headings that a demand states, ``hs4:8413``, in order; not those read from its text."""
    return sorted(term for term, sure in row.terms.items() if term.startswith("hs4:") and sure >= 1)


def triads(
    index: Index, here: Flags, needs: Sequence[Need], k: int = 3, *, seed: int
) -> list[Triad]:
    """The best k pairs of partners for each demand that no single company covers, best first.

    The two and the one that seeks may all meet each other, and none has hidden another; ``here``
    marks positions whose companies still hold. A demand of fewer than two headings, of more than
    ``MOST_PARTS`` or of a company that is not in the index has none. For each set of headings only
    the best few companies of each country are looked at. Ties: by chance, for each company that
    seeks another one, the same for the same seed.
    Cost: one look at all rows per some hundred headings.
    """
    positions = {company: at for at, company in enumerate(index.companies.tolist())}
    wanted: list[tuple[int, Need, list[str]]] = []
    for need in needs:
        at, parts = positions.get(need.company, -1), parts_of(need.row)
        if at >= 0 and here[at] and 2 <= len(parts) <= MOST_PARTS:
            wanted.append((at, need, parts))
    found = []
    for start in range(0, len(wanted), _AT_ONCE):
        found += _of_some(index, here, wanted[start : start + _AT_ONCE], k, seed)
    return found


def _of_some(
    index: Index, here: Flags, wanted: Sequence[tuple[int, Need, list[str]]], k: int, seed: int
) -> list[Triad]:
    rows = [_part(need.row, part) for _, need, parts in wanted for part in parts]
    asked = index.asked(Company(-1, ""), rows)
    seekers = np.repeat([at for at, _, _ in wanted], [len(parts) for _, _, parts in wanted])
    column, position, amount = _met(asked, table_of(asked), seekers, here)
    limits, found, start = asked.theirs.limits, [], 0
    for at, need, parts in wanted:
        chosen = (column >= start) & (column < start + len(parts))
        cover = _cover(limits, at, column[chosen] - start, position[chosen], amount[chosen], parts)
        found += _best(index, limits, need, parts, cover, k, seed)
        start += len(parts)
    return found


def _part(row: Row, part: str) -> Row:
    """A heading of a demand with its positions, as a demand of its own."""
    digits = part.removeprefix("hs4:")
    terms = {
        term: sure
        for term, sure in row.terms.items()
        if term == part or term.startswith(f"hs6:{digits}")
    }
    return replace(row, owner=-1, terms=terms, ref=part)


def _met(asked: Asked, table: Table, seekers: Longs, here: Flags) -> tuple[Longs, Longs, Floats]:
    """(column, position, evidence) of everybody's profile and offers that meet a part."""
    room = 1 << 16
    while True:
        column, position = np.empty(room, np.int64), np.empty(room, np.int64)
        amount = np.empty(room, np.float32)
        count = _fill(asked, table, seekers, here, column, position, amount)
        if count <= room:
            return column[:count], position[:count], amount[:count]
        room = count


def _cover(
    limits: Limits, at: int, part: Longs, position: Longs, amount: Floats, parts: Sequence[str]
) -> _Cover:
    """What the companies that the seeking one may meet cover of its demand."""
    positions, line = np.unique(position, return_inverse=True)
    amounts = np.zeros((len(positions), len(parts)), np.float32)
    np.maximum.at(amounts, (line, part), amount)
    kept = _welcome(limits, np.full(len(positions), at), positions)
    amounts = amounts[kept]
    return _Cover(positions[kept], (amounts > 0) @ (1 << np.arange(len(parts))), amounts)


def _best(
    index: Index, limits: Limits, need: Need, parts: Sequence[str], cover: _Cover, k: int, seed: int
) -> list[Triad]:
    """The best k pairs that cover the demand together; none where one company does alone."""
    whole = (1 << len(parts)) - 1
    if (cover.bits == whole).any():
        return []
    ids = index.companies[cover.positions]
    ties = orders(seed, need.company, ids)
    groups = {
        bits: _nearest(limits, cover, ties, np.flatnonzero(cover.bits == bits))
        for bits in np.unique(cover.bits).tolist()
    }
    best = _Best(
        np.zeros(k, np.float32),
        np.zeros(k, np.uint64),
        np.full(k, -1, np.int64),
        np.full(k, -1, np.int64),
    )
    sums = cover.amounts.sum(axis=1)
    for one, other in combinations(sorted(groups), 2):
        if one | other == whole:
            _choose(limits, cover, sums, ids, ties, groups[one], groups[other], best)
    return [
        _told(need, parts, cover, {int(ids[line]): line for line in pair}, float(amount))
        for *pair, amount in zip(best.one.tolist(), best.other.tolist(), best.amounts, strict=True)
        if amount > 0
    ]


def _nearest(limits: Limits, cover: _Cover, ties: Orders, members: Longs) -> Longs:
    """Some lines: of each country those with the most evidence; who has most stands first."""
    amounts, ties = cover.amounts[members].sum(axis=1), ties[members]
    countries = limits.traits[cover.positions[members], FLAGS] & np.uint64(0xFF)
    ranked = np.lexsort((ties, -amounts, countries))
    first = np.searchsorted(countries[ranked], countries[ranked])
    kept = ranked[np.arange(len(ranked)) - first < _NEAREST]
    found: Longs = members[kept[np.lexsort((ties[kept], -amounts[kept]))]]
    return found


def _told(
    need: Need, parts: Sequence[str], cover: _Cover, lines: dict[int, int], evidence: float
) -> Triad:
    """Two companies, by id their line of the cover, as a proposal."""
    first, second = sorted(lines)
    brings = [
        tuple(part for n, part in enumerate(parts) if cover.amounts[lines[side], n] > 0)
        for side in (first, second)
    ]
    return Triad(need.company, need.row.ref, first, second, brings[0], brings[1], evidence)


@compiled
def _choose(
    limits: Limits, cover: _Cover, sums: Floats, ids: Longs, ties: Orders, ones: Longs,
    others: Longs, best: _Best,
) -> None:  # fmt: skip
    """Note the pairs of two groups that may meet, as far as they are among the best.

    Both groups stand in order of their evidence, so a line whose best pair is too little ends it.
    """
    k = len(best.amounts)
    for one in ones:
        for other in others:
            least = best.amounts[k - 1]
            # Sums are rounded: what is level with the last may be among the best by chance.
            if (sums[one] + sums[other]) * np.float32(1.0001) < least:
                break
            together = np.float32(0)
            for part in range(cover.amounts.shape[1]):
                together += max(cover.amounts[one, part], cover.amounts[other, part])
            # One order for the pair, whichever of the two comes first.
            order = tie_order(ties[one] ^ ties[other], min(ids[one], ids[other]), 0)
            if together < least or (together == least and order >= best.orders[k - 1]):
                continue
            i, j = cover.positions[one], cover.positions[other]
            if _hidden(limits, i, j) or not may_meet(limits, i, limits, j):
                continue
            _insert(best, together, order, one, other)


@compiled
def _insert(best: _Best, amount: np.float32, order: np.uint64, one: int, other: int) -> None:
    at = len(best.amounts) - 1
    while at > 0 and (
        best.amounts[at - 1] < amount
        or (best.amounts[at - 1] == amount and best.orders[at - 1] > order)
    ):
        best.amounts[at], best.orders[at] = best.amounts[at - 1], best.orders[at - 1]
        best.one[at], best.other[at] = best.one[at - 1], best.other[at - 1]
        at -= 1
    best.amounts[at], best.orders[at], best.one[at], best.other[at] = amount, order, one, other


def _welcome(limits: Limits, one: Longs, other: Longs) -> Flags:
    """Whether the companies at some positions may meet those beside them and neither hides one."""
    found = np.empty(len(one), np.bool_)
    _may_pair(limits, one.astype(np.int64), other.astype(np.int64), found)
    return found


@compiled
def _may_pair(limits: Limits, one: Longs, other: Longs, found: Flags) -> None:
    for x in range(len(found)):
        i, j = one[x], other[x]
        found[x] = may_meet(limits, i, limits, j) and not _hidden(limits, i, j)


@compiled
def _hidden(limits: Limits, i: int, j: int) -> bool:
    """Whether one of two companies has hidden the other."""
    return listed(limits.hidden_start, limits.hidden, i, j) or listed(
        limits.hidden_start, limits.hidden, j, i
    )


@compiled
def _fill(
    asked: Asked, table: Table, seekers: Longs, here: Flags, column: Longs, position: Longs,
    amount: Floats,
) -> int:  # fmt: skip
    """Note what meets a part while there is room; how much there is."""
    theirs, count = asked.theirs, 0
    best, sums = np.zeros(len(seekers), np.float32), np.zeros(len(seekers), np.float32)
    homes = np.array([country(theirs.limits, at) for at in seekers])
    for j in range(len(here)):
        if not here[j]:
            continue
        abroad = country(theirs.limits, j)
        shares = _raise(table, theirs.profiles, j, homes, abroad, sums, best)
        for row in range(theirs.offers.first[j], theirs.offers.first[j + 1]):
            shares |= _raise(table, theirs.offers, row, homes, abroad, sums, best)
        if not shares:
            continue
        for part in range(len(best)):
            if best[part] >= asked.rules.met:
                if count < len(column):
                    column[count], position[count], amount[count] = part, j, best[part]
                count += 1
        best[:] = 0
    return count


@inlined
def _raise(
    table: Table, vectors: Vectors, row: int, homes: Longs, abroad: int, sums: Floats, best: Floats
) -> bool:
    """Note what one row of another has of each part, if it is more; False for nothing at all."""
    shares = False
    for x in range(np.uint64(vectors.start[row]), np.uint64(vectors.start[row + 1])):
        number = table.place[vectors.terms[x]]
        if number != 0:
            if not shares:
                sums[:] = 0
                shares = True
            value, line = vectors.values[x], table.values[number]
            for part in range(len(sums)):
                sums[part] += line[1 + part] * value
    if shares:
        for part in range(len(sums)):
            if sums[part] <= best[part]:
                continue
            mine, other = table.kinds[1 + part], vectors.kind[row]
            fits = mine == 0 or other == 0 or mine == other
            if (
                fits
                and has(vectors.targets, row, homes[part])
                and has(table.targets, 1 + part, abroad)
            ):
                best[part] = sums[part]
    return shares
