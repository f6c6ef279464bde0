"""What would bring more partners: one change at a time, counted by the very score of the lists."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from matching.engine.index import Asked, Index
from matching.engine.kernel import (
    Bits,
    Floats,
    Ints,
    Limits,
    Longs,
    Vectors,
    country,
    has,
    listed,
    may_meet,
)
from matching.engine.kernel import making_arrays as compiled
from matching.engine.rows import Company, Row, Side

Flags = NDArray[np.bool_]

MOST_CHANGES = 200

inlined = numba.njit(inline="always")
"""For what is called for every row of every company: tuples of arrays are dear to hand over."""


@dataclass(frozen=True)
class Change:
    """One thing a company could do otherwise: another row in the place of one, or other limits.

    ``at`` is the place of the row that changes among the company's rows; ``row`` stands for the
    same side and kind. ``company`` is as it would be then, None where its limits stay.
    """

    at: int = -1
    row: Row | None = None
    company: Company | None = None


class Matches(NamedTuple):
    """With how many companies one matches.

    A match is a pair that no limit keeps apart and that is not hidden, in which one meets a stated
    need of the other; a mutual match one in which each does.
    """

    mutual: int
    all: int


class Table(NamedTuple):
    """The rows of one company side by side: offers, the profile, demands."""

    values: Floats
    """By number of the term, 0 for none, and by row."""
    place: Ints
    """Number of each term of the index."""
    kinds: Longs
    """Kind of each row; that of a profile fits any."""
    targets: Bits
    """Countries each row is meant for."""
    needs: int
    """The first column of a demand; the one before it is the profile."""


class _Plan(NamedTuple):
    """Which column of the table stands for what."""

    covers: Ints
    """Columns of the company's offers and profile as they are."""
    needs: Ints
    """Columns of its demands as they are."""
    like: Ints
    """By column: the column whose kind it has; -1 for columns that nobody asks for."""
    instead: Ints
    """By change: the column that takes the place of ``like``; -1 where rows stay."""
    limits: Ints
    """By change: which limits hold."""


def weigh(
    indexes: Sequence[tuple[Index, Flags]],
    company: Company,
    rows: Sequence[Row],
    changes: Sequence[Change],
) -> tuple[Matches, list[Matches]]:
    """A company's matches as it is, and after each change made alone.

    ``indexes`` with the positions in each whose companies still hold. Exact: made so and nothing
    else changed, the company has as many. Cost: about as much as one company against all, and
    one more check of limits against all per change of limits.
    Raises ValueError for more than ``MOST_CHANGES``.
    """
    if len(changes) > MOST_CHANGES:
        raise ValueError(f"at most {MOST_CHANGES} changes at once")
    limits = [company, *(one.company for one in changes if one.company is not None)]
    limits = list(dict.fromkeys(limits))
    plan, laid = _planned(company, rows, changes, limits)
    counts = np.zeros((len(changes) + 1, 2), np.int64)
    for index, here in indexes:
        asked = index.asked(company, laid)
        table = table_of(asked)
        table = table._replace(kinds=table.kinds[np.maximum(plan.like, 0)])
        able = np.flatnonzero(_able(asked, table, here))
        admitted = np.empty((len(limits), len(able)), np.bool_)
        for at, one in enumerate(limits):
            own = asked if at == 0 else index.asked(one, [])
            _admitted(own.ours.limits, asked.theirs.limits, able, admitted[at])
        _count(asked, table, plan, able, np.ascontiguousarray(admitted.T), counts)
    now, *after = (Matches(*line) for line in counts.tolist())
    return now, after


def table_of(asked: Asked) -> Table:
    """The rows of one company laid out, so that a row of another meets them all at once."""
    ours, place = asked.ours, asked.place
    parts = (ours.offers, ours.profiles, ours.demands)
    terms = np.unique(np.concatenate([part.terms for part in parts]))
    place[terms] = np.arange(1, len(terms) + 1)
    values = np.zeros((len(terms) + 1, sum(len(part.owner) for part in parts)), np.float32)
    column = 0
    for part in parts:
        row = np.repeat(np.arange(len(part.owner)), np.diff(part.start))
        values[place[part.terms], column + row] = part.values
        column += len(part.owner)
    kinds = np.concatenate([part.kind for part in parts])
    targets = np.concatenate([part.targets for part in parts])
    return Table(values, place, kinds, targets, len(ours.offers.owner) + 1)


def _planned(
    company: Company, rows: Sequence[Row], changes: Sequence[Change], limits: Sequence[Company]
) -> tuple[_Plan, list[Row]]:
    """The rows to lay out, and what their columns mean: offers, the profile, demands.

    A changed profile stands among the offers, since a company has one profile; the kind is taken
    from the row that it replaces.
    """
    changed = [one.row for one in changes if one.row is not None]
    offers = [at for at, row in enumerate(rows) if row.side is Side.OFFER]
    demands = [at for at, row in enumerate(rows) if row.side is Side.DEMAND]
    covers = [at for at, row in enumerate(changed) if row.side is not Side.DEMAND]
    needs = [at for at, row in enumerate(changed) if row.side is Side.DEMAND]
    profile = len(offers) + len(covers)
    width = profile + 1 + len(demands) + len(needs)
    column = {at: place for place, at in enumerate(offers)}
    column |= {at: profile + 1 + place for place, at in enumerate(demands)}
    column |= {at: profile for at, row in enumerate(rows) if row.side is Side.PROFILE}
    of_changed = {at: len(offers) + place for place, at in enumerate(covers)}
    of_changed |= {at: profile + 1 + len(demands) + place for place, at in enumerate(needs)}
    like, instead = np.full(width, -1, np.int32), np.full(len(changes), -1, np.int32)
    like[[*column.values(), profile]] = [*column.values(), profile]
    at_row = 0
    for number, change in enumerate(changes):
        if change.row is None:
            continue
        instead[number] = of_changed[at_row]
        like[instead[number]] = column.get(change.at, profile)
        at_row += 1
    laid = [
        *(row for row in rows if row.side is not Side.DEMAND),
        *(replace(changed[at], side=Side.OFFER, owner=company.id) for at in covers),
        *(rows[at] for at in demands),
        *(replace(changed[at], owner=company.id) for at in needs),
    ]
    plan = _Plan(
        np.array([*(column[at] for at in offers), profile], np.int32),
        np.array([column[at] for at in demands], np.int32),
        like,
        instead,
        np.array([limits.index(one.company or company) for one in changes], np.int32),
    )
    return plan, laid


@compiled
def _admitted(ours: Limits, theirs: Limits, able: Longs, found: Flags) -> None:
    """Which of some companies the only one of ``ours`` may meet and has not hidden."""
    for x in range(len(able)):
        found[x] = may_meet(ours, 0, theirs, able[x]) and not listed(
            ours.hidden_start, ours.hidden, 0, able[x]
        )


@compiled
def _able(asked: Asked, table: Table, here: Flags) -> Flags:
    """Which companies meet any of the rows, whatever the limits."""
    sums = np.zeros(table.values.shape[1], np.float32)
    meets, found = np.zeros(len(sums), np.bool_), np.zeros(len(here), np.bool_)
    for j in range(len(here)):
        if here[j]:
            meets[:] = False
            _meet_all(asked, table, j, sums, meets)
            found[j] = meets.any()
    return found


@compiled
def _count(
    asked: Asked, table: Table, plan: _Plan, able: Longs, admitted: Flags, counts: Longs
) -> None:
    """Add the matches in one index to ``counts``: as it is, then after each change."""
    sums = np.zeros(table.values.shape[1], np.float32)
    meets = np.zeros(len(sums), np.bool_)
    for x in range(len(able)):
        meets[:] = False
        _meet_all(asked, table, able[x], sums, meets)
        _note(meets, table.needs, plan, admitted[x], counts)


@inlined
def _meet_all(asked: Asked, table: Table, j: int, sums: Floats, meets: Flags) -> None:
    """Mark our rows that meet any row of company j."""
    theirs, width = asked.theirs, len(sums)
    home, abroad = country(asked.ours.limits, 0), country(theirs.limits, j)
    least = asked.rules.met
    meet(table, theirs.profiles, j, home, abroad, least, table.needs, width, sums, meets)
    for row in range(theirs.offers.first[j], theirs.offers.first[j + 1]):
        meet(table, theirs.offers, row, home, abroad, least, table.needs, width, sums, meets)
    for row in range(theirs.demands.first[j], theirs.demands.first[j + 1]):
        meet(table, theirs.demands, row, home, abroad, least, 0, table.needs, sums, meets)


@inlined
def meet(
    table: Table, vectors: Vectors, row: int, home: int, abroad: int, least: float, start: int,
    stop: int, sums: Floats, meets: Flags,
) -> None:  # fmt: skip
    """Mark our rows from start up to stop that meet one row of another company.

    Evidence is added up in the order of terms, as for the lists.
    """
    shares = False
    for x in range(np.uint64(vectors.start[row]), np.uint64(vectors.start[row + 1])):
        number = table.place[vectors.terms[x]]
        if number != 0:
            if not shares:
                sums[start:stop] = 0
                shares = True
            value, line = vectors.values[x], table.values[number]
            for column in range(np.uint64(start), np.uint64(stop)):
                sums[column] += line[column] * value
    if shares and has(vectors.targets, row, home):
        for column in range(start, stop):
            if sums[column] >= least and not meets[column]:
                mine, other = table.kinds[column], vectors.kind[row]
                if mine == 0 or other == 0 or mine == other:
                    meets[column] = has(table.targets, column, abroad)


@compiled
def _note(meets: Flags, needs: int, plan: _Plan, admitted: Flags, counts: Longs) -> None:
    """Count one company in, as it is and after each change."""
    you, they = 0, 0
    for column in plan.covers:
        you += meets[column]
    for column in plan.needs:
        they += meets[column]
    if admitted[0]:
        counts[0, 0] += you > 0 and they > 0
        counts[0, 1] += you > 0 or they > 0
    for change in range(len(plan.instead)):
        if not admitted[plan.limits[change]]:
            continue
        yours, theirs = you, they
        column = plan.instead[change]
        if column >= needs:
            theirs += int(meets[column]) - int(meets[plan.like[column]])
        elif column >= 0:
            yours += int(meets[column]) - int(meets[plan.like[column]])
        counts[change + 1, 0] += yours > 0 and theirs > 0
        counts[change + 1, 1] += yours > 0 or theirs > 0
