"""The compiled inner loop: one company against all, exactly, without Python in between.

For each row of a company the inverted lists of its terms are added up, in single precision and in
the order of term numbers, so that a pair gives the same sum from either side and in any order of
companies.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Bits = NDArray[np.uint64]
Flags = NDArray[np.bool_]

_BLOCK = 64
_Function = TypeVar("_Function", bound=Callable[..., Any])


class Vectors(NamedTuple):
    """Rows of terms, one after the other: row r holds ``terms[start[r]:start[r + 1]]``."""

    start: Longs
    terms: Ints
    values: Floats
    owner: Ints
    """Position of the company of each row."""
    kind: Ints
    """Kind of the opportunity; -1 for profiles."""
    targets: Bits
    """Countries each row is meant for, a set of bits in four words."""
    first: Longs
    """The company at position i has the rows from ``first[i]`` up to ``first[i + 1]``."""


class Postings(NamedTuple):
    """The same rows by term: term t stands in ``rows[start[t]:start[t + 1]]``."""

    start: Longs
    rows: Ints
    values: Floats


class Limits(NamedTuple):
    """Who may meet whom, by position of the company."""

    ids: Longs
    country: Ints
    """Number of the country, 0 when unknown."""
    admits: Bits
    """Countries a company looks for partners in, a set of bits in four words."""
    group: Longs
    holds: Bits
    """Certificates held, a set of bits in as many words as there are."""
    requires: Bits
    """Certificates asked of a partner."""
    speaks: Bits
    """Working languages; none when unknown."""
    interpreter: Flags
    size: Ints
    """Number of the size, 0 when unknown."""
    sizes: Bits
    """Sizes accepted of a partner, a set of bits in one word; the lowest is always set."""
    avoids: Flags
    """Whether it meets nobody who trades in one of its headings."""
    trades_start: Longs
    trades: Ints
    """Headings offered, in order."""
    industry: Ints
    """Line of the prior's table, 0 when unknown."""
    standing: Doubles
    apart_start: Longs
    apart: Ints
    """Positions never to meet, both ways, in order."""
    hidden_start: Longs
    hidden: Ints
    """Positions not to show in this company's own list."""
    met_start: Longs
    met: Ints
    """Positions met before, both ways."""


class Lifts(NamedTuple):
    """The prior by numbers of industries and of countries; zero where nothing is known."""

    industry: Floats
    country: Floats


class World(NamedTuple):
    """Companies with their rows; the one that asks may come from another world than the index."""

    limits: Limits
    lifts: Lifts
    profiles: Vectors
    offers: Vectors
    demands: Vectors


class Inverted(NamedTuple):
    """The rows of the index by term; profile rows are numbered by the position of their company."""

    profiles: Postings
    offers: Postings
    demands: Postings


class Rules(NamedTuple):
    """The constants of the score that the loop needs; see ``Weights``."""

    met: float
    further: float
    floor: float
    span: float
    better: float
    field: float
    field_least: float
    prior: float
    standing: float
    prior_most: float
    prior_leaves: float
    met_before: float


class Scratch(NamedTuple):
    """Room for one company's sums; all sums are zero between companies."""

    by_profile: Floats
    by_offer: Floats
    by_demand: Floats
    found: Ints
    amounts: Floats
    best: Floats
    """Best evidence per partner; row 0: they cover, row 1: you cover."""
    total: Doubles
    met: Ints
    """Positions with a met need."""


class Best(NamedTuple):
    """The best partners of each company, best first; -1 where there are no more."""

    partners: Ints
    order: Bits
    mutual: Floats
    they: Floats
    you: Floats
    shared: Floats


def part_of(best: Best, start: int, stop: int) -> Best:
    """Some of the lists, sharing their memory."""
    return Best(
        best.partners[start:stop],
        best.order[start:stop],
        best.mutual[start:stop],
        best.they[start:stop],
        best.you[start:stop],
        best.shared[start:stop],
    )


def _compiled(function: _Function) -> _Function:
    """Compile without the interpreter lock; kept on disk where the installation can be written."""
    try:
        return cast(_Function, numba.njit(nogil=True, cache=True)(function))
    except RuntimeError:
        return cast(_Function, numba.njit(nogil=True)(function))


# The formulas of ``scoring`` once more, and the tests hold them equal: numba would not see that a
# cached loop is out of date when they change in another file.
@_compiled
def _direction(best: float, total: float, further: float) -> float:
    return best + further * (total - best)


@_compiled
def _coverage(amount: float) -> float:
    return -math.expm1(-amount)


@_compiled
def _prior(ours: World, i: int, theirs: World, j: int, rules: Rules) -> float:
    one, other, lifts = ours.limits, theirs.limits, theirs.lifts
    lift = np.float64(lifts.industry[one.industry[i], other.industry[j]]) + np.float64(
        lifts.country[one.country[i], other.country[j]]
    )
    amount = rules.prior * lift + rules.standing * (one.standing[i] + other.standing[j])
    return float(max(-rules.prior_most, min(rules.prior_most, amount)))


@_compiled
def _common(shared: float, prior: float, rules: Rules) -> float:
    return _coverage(max(shared + prior, rules.prior_leaves * shared, 0.0))


@_compiled
def _score(
    they: float, you: float, shared: float, prior: float, met_before: bool, rules: Rules
) -> float:
    high = max(they, you)
    common = _common(shared, prior, rules)
    if high > 0:
        fit = rules.better * high + (1 - rules.better) * min(they, you)
        score = rules.floor + rules.span * fit + rules.field * common
    elif shared > 0 and shared >= rules.field_least:
        score = rules.floor * common
    else:
        return 0.0
    if met_before:
        score *= 1 - rules.met_before
    return float(np.float32(score))


@_compiled
def tie_order(seed: int, one: int, other: int) -> np.uint64:
    """The order of partners with equal scores: by chance, the same chance for the same seed.

    Source: the mixing steps of SplitMix64 (Steele, Lea, Flood 2014).
    """
    mixed = np.uint64(seed)
    for number in (np.uint64(one), np.uint64(other)):
        mixed = (mixed ^ number) + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return mixed


@_compiled
def _has(bits: Bits, row: int, country: int) -> bool:
    word: np.uint64 = bits[row, country >> 6]
    return bool((word >> np.uint64(country & 63)) & np.uint64(1))


@_compiled
def _listed(start: Longs, listed: Ints, row: int, wanted: int) -> bool:
    for at in range(start[row], start[row + 1]):  # noqa: SIM110 -- compiled: faster than any()
        if listed[at] == wanted:
            return True
    return False


@_compiled
def _may_meet(ours: Limits, i: int, theirs: Limits, j: int) -> bool:
    home, abroad = ours.country[i], theirs.country[j]
    if home == 0 or abroad == 0 or home == abroad:
        return False
    if not _has(ours.admits, i, abroad) or not _has(theirs.admits, j, home):
        return False
    if ours.group[i] != 0 and ours.group[i] == theirs.group[j]:
        return False
    for word in range(ours.holds.shape[1]):
        if ours.requires[i, word] & ~theirs.holds[j, word]:
            return False
        if theirs.requires[j, word] & ~ours.holds[i, word]:
            return False
    if not (theirs.sizes[j] >> np.uint64(ours.size[i])) & np.uint64(1):
        return False
    if not (ours.sizes[i] >> np.uint64(theirs.size[j])) & np.uint64(1):
        return False
    if not (ours.interpreter[i] and theirs.interpreter[j]) and _languages_differ(
        ours, i, theirs, j
    ):
        return False
    if (ours.avoids[i] or theirs.avoids[j]) and _compete(ours, i, theirs, j):
        return False
    return not _listed(ours.apart_start, ours.apart, i, j)


@_compiled
def _languages_differ(ours: Limits, i: int, theirs: Limits, j: int) -> bool:
    any_of_ours, any_of_theirs = np.uint64(0), np.uint64(0)
    for word in range(ours.speaks.shape[1]):
        if ours.speaks[i, word] & theirs.speaks[j, word]:
            return False
        any_of_ours |= ours.speaks[i, word]
        any_of_theirs |= theirs.speaks[j, word]
    return bool(any_of_ours != 0 and any_of_theirs != 0)


@_compiled
def _compete(ours: Limits, i: int, theirs: Limits, j: int) -> bool:
    """Whether two offer one heading."""
    x, y = ours.trades_start[i], theirs.trades_start[j]
    while x < ours.trades_start[i + 1] and y < theirs.trades_start[j + 1]:
        if ours.trades[x] == theirs.trades[y]:
            return True
        if ours.trades[x] < theirs.trades[y]:
            x += 1
        else:
            y += 1
    return False


@_compiled
def _add(vectors: Vectors, row: int, postings: Postings, sums: Floats) -> None:
    for x in range(vectors.start[row], vectors.start[row + 1]):
        term = vectors.terms[x]
        value = vectors.values[x]
        # Unsigned, so that no index is checked for being negative.
        for p in range(np.uint64(postings.start[term]), np.uint64(postings.start[term + 1])):
            sums[np.uint64(postings.rows[p])] += value * postings.values[p]


@_compiled
def _sift(sums: Floats, least: float, scratch: Scratch) -> int:
    """Find the rows with at least this sum, in order; their number. Leaves the sums zero."""
    count = 0
    for block in range(0, len(sums), _BLOCK):
        part = sums[block : block + _BLOCK]
        highest = np.float32(0)
        for x in range(len(part)):
            highest = max(highest, part[x])
        if highest >= least:
            for x in range(len(part)):
                if part[x] >= least:
                    scratch.found[count] = block + x
                    scratch.amounts[count] = part[x]
                    count += 1
        part[:] = 0
    return count


@_compiled
def _note(
    ours: World,
    i: int,
    mine: Vectors,
    row: int,
    theirs: World,
    others: Vectors,
    found: int,
    side: int,
    scratch: Scratch,
    met: int,
) -> int:
    """Record the found rows that fit one of ours by kind and country; the partners met so far."""
    home = ours.limits.country[i]
    for x in range(found):
        other = scratch.found[x]
        j = others.owner[other]
        if mine.kind[row] >= 0 and others.kind[other] >= 0 and mine.kind[row] != others.kind[other]:
            continue
        if not _has(others.targets, other, home):
            continue
        if not _has(mine.targets, row, theirs.limits.country[j]):
            continue
        if scratch.best[0, j] == 0 and scratch.best[1, j] == 0:
            scratch.met[met] = j
            met += 1
        amount = scratch.amounts[x]
        scratch.best[side, j] = max(scratch.best[side, j], amount)
        # Singles of this size add up exactly in doubles, hence to the same in any order.
        scratch.total[side, j] += np.float64(amount)
    return met


@_compiled
def _evidence(
    ours: World, i: int, theirs: World, lists: Inverted, rules: Rules, scratch: Scratch
) -> int:
    """Fill the scratch with all evidence of one company; the number of partners with a met need.

    Leaves the evidence of profile against profile in ``scratch.by_profile``.
    """
    met = 0
    for row in range(ours.demands.first[i], ours.demands.first[i + 1]):
        _add(ours.demands, row, lists.profiles, scratch.by_profile)
        found = _sift(scratch.by_profile, rules.met, scratch)
        met = _note(ours, i, ours.demands, row, theirs, theirs.profiles, found, 0, scratch, met)
        _add(ours.demands, row, lists.offers, scratch.by_offer)
        found = _sift(scratch.by_offer, rules.met, scratch)
        met = _note(ours, i, ours.demands, row, theirs, theirs.offers, found, 0, scratch, met)
    if len(lists.demands.rows) > 0:
        for mine in (ours.profiles, ours.offers):
            for row in range(mine.first[i], mine.first[i + 1]):
                _add(mine, row, lists.demands, scratch.by_demand)
                found = _sift(scratch.by_demand, rules.met, scratch)
                met = _note(ours, i, mine, row, theirs, theirs.demands, found, 1, scratch, met)
    for row in range(ours.profiles.first[i], ours.profiles.first[i + 1]):
        _add(ours.profiles, row, lists.profiles, scratch.by_profile)
    return met


@_compiled
def _covered(scratch: Scratch, side: int, j: int, rules: Rules) -> float:
    return _coverage(
        _direction(np.float64(scratch.best[side, j]), scratch.total[side, j], rules.further)
    )


@_compiled
def _push(
    best: Best, n: int, count: int, j: int, order: np.uint64, they: float, you: float,
    shared: float, score: float,
) -> int:  # fmt: skip
    """Put a partner in its place of list n; the new length of the list."""
    k = int(best.partners.shape[1])
    at = count
    while at > 0 and (
        best.mutual[n, at - 1] < score
        or (best.mutual[n, at - 1] == score and best.order[n, at - 1] > order)
    ):
        at -= 1
    if at >= k:
        return count
    for x in range(min(count, k - 1), at, -1):
        best.partners[n, x] = best.partners[n, x - 1]
        best.order[n, x] = best.order[n, x - 1]
        best.mutual[n, x] = best.mutual[n, x - 1]
        best.they[n, x] = best.they[n, x - 1]
        best.you[n, x] = best.you[n, x - 1]
        best.shared[n, x] = best.shared[n, x - 1]
    best.partners[n, at] = j
    best.order[n, at] = order
    best.mutual[n, at] = score
    best.they[n, at] = they
    best.you[n, at] = you
    best.shared[n, at] = shared
    return min(count + 1, k)


@_compiled
def _least(best: Best, n: int, count: int, rules: Rules) -> float:
    """Evidence of a shared field below which no further partner enters the list."""
    if count < best.partners.shape[1]:
        return rules.field_least
    needed = best.mutual[n, count - 1] / rules.floor
    if needed >= 1:
        return float(np.inf)
    # Rounding may make equal scores of slightly unequal evidence.
    margin = -0.9999 * float(np.log1p(-np.float64(needed)))
    return max(rules.field_least, margin - rules.prior_most)


@_compiled
def _list_of(
    ours: World, i: int, theirs: World, rules: Rules, seed: int, scratch: Scratch, met: int,
    best: Best, n: int,
) -> None:  # fmt: skip
    """Fill list n with the partners of one company; leaves the scratch zero."""
    limits, others = ours.limits, theirs.limits
    same = scratch.by_profile
    count = 0
    for x in range(met):
        j = scratch.met[x]
        if _may_meet(limits, i, others, j) and not _listed(
            limits.hidden_start, limits.hidden, i, j
        ):
            they, you = _covered(scratch, 0, j, rules), _covered(scratch, 1, j, rules)
            amount = np.float64(same[j])
            order = tie_order(seed, limits.ids[i], others.ids[j])
            known = _listed(limits.met_start, limits.met, i, j)
            score = _score(they, you, amount, _prior(ours, i, theirs, j, rules), known, rules)
            shared = _coverage(amount)
            count = _push(best, n, count, j, order, they, you, shared, score)
    least = np.float32(_least(best, n, count, rules))
    for block in range(0, len(same), _BLOCK):
        part = same[block : block + _BLOCK]
        highest = np.float32(0)
        for x in range(len(part)):
            highest = max(highest, part[x])
        if highest <= 0 or highest < least:
            continue
        for x in range(len(part)):
            j = block + x
            if part[x] <= 0 or part[x] < least:
                continue
            if scratch.best[0, j] > 0 or scratch.best[1, j] > 0:
                continue
            if _may_meet(limits, i, others, j) and not _listed(
                limits.hidden_start, limits.hidden, i, j
            ):
                amount = np.float64(part[x])
                order = tie_order(seed, limits.ids[i], others.ids[j])
                known = _listed(limits.met_start, limits.met, i, j)
                score = _score(0.0, 0.0, amount, _prior(ours, i, theirs, j, rules), known, rules)
                shared = _coverage(amount)
                count = _push(best, n, count, j, order, 0.0, 0.0, shared, score)
                least = np.float32(_least(best, n, count, rules))
    same[:] = 0
    _forget(scratch, met)


@_compiled
def _forget(scratch: Scratch, met: int) -> None:
    for x in range(met):
        for side in range(2):
            scratch.best[side, scratch.met[x]] = 0
            scratch.total[side, scratch.met[x]] = 0


@_compiled
def fill_lists(
    ours: World, start: int, stop: int, theirs: World, lists: Inverted, rules: Rules, seed: int,
    scratch: Scratch, best: Best,
) -> None:  # fmt: skip
    """The best partners of the companies at positions from start up to stop."""
    for i in range(start, stop):
        met = _evidence(ours, i, theirs, lists, rules, scratch)
        _list_of(ours, i, theirs, rules, seed, scratch, met, best, i - start)


@_compiled
def fill_scores(
    ours: World, theirs: World, lists: Inverted, rules: Rules, scratch: Scratch, scores: Floats
) -> None:
    """Scores of the only company of one world against all of the other.

    Rows of ``scores``: mutual, they cover, you cover, shared; zero where the two may not meet or
    nothing speaks for them.
    """
    met = _evidence(ours, 0, theirs, lists, rules, scratch)
    for j in range(scores.shape[1]):
        they, you = _covered(scratch, 0, j, rules), _covered(scratch, 1, j, rules)
        same = np.float64(scratch.by_profile[j])
        if they == 0 and you == 0 and (same <= 0 or same < rules.field_least):
            continue
        if _may_meet(ours.limits, 0, theirs.limits, j):
            known = _listed(ours.limits.met_start, ours.limits.met, 0, j)
            prior = _prior(ours, 0, theirs, j, rules)
            scores[0, j] = _score(they, you, same, prior, known, rules)
            scores[1, j], scores[2, j], scores[3, j] = they, you, _coverage(same)
    scratch.by_profile[:] = 0
    _forget(scratch, met)
