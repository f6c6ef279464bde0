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
from matching.engine.kernel import Floats, Limits, Longs, Vectors, country, has, listed, may_meet
from matching.engine.kernel import making_arrays as compiled
from matching.engine.rows import Company, Row

Flags = NDArray[np.bool_]

MOST_PARTS = 6
_NEAREST = 40
"""Companies looked at for each set of parts, those with the most evidence."""
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


def triads(index: Index, here: Flags, needs: Sequence[Need], k: int = 3) -> list[Triad]:
    """The best k pairs of partners for each demand that no single company covers, best first.

    The two and the one that seeks may all meet each other, and none has hidden another; ``here``
    marks positions whose companies still hold. A demand of fewer than two headings, of more than
    ``MOST_PARTS`` or of a company that is not in the index has none. For each set of headings only
    the best few companies are looked at. Ties: the smaller ids.
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
        found += _of_some(index, here, wanted[start : start + _AT_ONCE], k)
    return found


def _of_some(
    index: Index, here: Flags, wanted: Sequence[tuple[int, Need, list[str]]], k: int
) -> list[Triad]:
    rows = [_part(need.row, part) for _, need, parts in wanted for part in parts]
    asked = index.asked(Company(-1, ""), rows)
    seekers = np.repeat([at for at, _, _ in wanted], [len(parts) for _, _, parts in wanted])
    column, position, amount = _met(asked, table_of(asked), seekers, here)
    limits, found, start = asked.theirs.limits, [], 0
    for at, need, parts in wanted:
        chosen = (column >= start) & (column < start + len(parts))
        cover = _cover(limits, at, column[chosen] - start, position[chosen], amount[chosen], parts)
        found += _best(index, limits, need, parts, cover)[:k]
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
    index: Index, limits: Limits, need: Need, parts: Sequence[str], cover: _Cover
) -> list[Triad]:
    """All pairs that cover the demand together, best first; none where one company does alone."""
    whole = (1 << len(parts)) - 1
    if (cover.bits == whole).any():
        return []
    groups = {}
    for bits in np.unique(cover.bits).tolist():
        members = np.flatnonzero(cover.bits == bits)
        ids = index.companies[cover.positions[members]]
        ranked = np.lexsort((ids, -cover.amounts[members].sum(axis=1)))
        groups[bits] = members[ranked[:_NEAREST]]
    found = []
    for one, other in combinations(sorted(groups), 2):
        if one | other == whole:
            found += _pairs(index, limits, need, parts, cover, groups[one], groups[other])
    return sorted(found, key=lambda each: (-each.evidence, each.first, each.second))


def _pairs(
    index: Index, limits: Limits, need: Need, parts: Sequence[str], cover: _Cover, ones: Longs,
    others: Longs,
) -> list[Triad]:  # fmt: skip
    """All pairs of two groups whose companies may meet each other."""
    one, other = (found.ravel() for found in np.meshgrid(ones, others, indexing="ij"))
    may = _welcome(limits, cover.positions[one], cover.positions[other])
    made = []
    for pair in zip(one[may].tolist(), other[may].tolist(), strict=True):
        ids = {int(index.companies[cover.positions[line]]): line for line in pair}
        first, second = sorted(ids)
        brings = [
            tuple(part for n, part in enumerate(parts) if cover.amounts[ids[side], n] > 0)
            for side in (first, second)
        ]
        together = float(cover.amounts[list(pair)].max(axis=0).sum())
        made.append(
            Triad(need.company, need.row.ref, first, second, brings[0], brings[1], together)
        )
    return made


def _welcome(limits: Limits, one: Longs, other: Longs) -> Flags:
    """Whether the companies at some positions may meet those beside them and neither hides one."""
    found = np.empty(len(one), np.bool_)
    _may_pair(limits, one.astype(np.int64), other.astype(np.int64), found)
    return found


@compiled
def _may_pair(limits: Limits, one: Longs, other: Longs, found: Flags) -> None:
    for x in range(len(found)):
        i, j = one[x], other[x]
        found[x] = (
            may_meet(limits, i, limits, j)
            and not listed(limits.hidden_start, limits.hidden, i, j)
            and not listed(limits.hidden_start, limits.hidden, j, i)
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
