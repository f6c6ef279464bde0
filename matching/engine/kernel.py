"""The compiled core: arrays of companies, who may meet whom, and the score of a pair.

A pair's evidence is always added up from its two rows in single precision and in the order of term
numbers (``kernel_pairs``), so it gives the same score from either side and in any order of work.
"""

import math
from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Bits = NDArray[np.uint64]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_SOURCES = sorted(
    path
    for name in ("kernel*", "packing*", "terms", "copying", "fairness", "standings")
    for path in Path(__file__).parent.glob(f"{name}.py")
)
_STAMP = blake2b(b"".join(path.read_bytes() for path in _SOURCES)).hexdigest()


def compiled(
    function: _Function, *, loosely: bool = False, makes_arrays: bool = False
) -> _Function:
    """Compile without the interpreter lock; kept on disk where the installation can be written.

    ``loosely`` lets sums and comparisons be reordered, for several numbers at once. What
    ``makes_arrays`` counts references to them; that would cost the inner loops most of their time,
    and so only what counts them may return arrays to what counts them.
    """
    options: Any = {"nogil": True, "fastmath": loosely, "_nrt": makes_arrays}
    try:
        made = numba.njit(cache=True, **options)(function)
        # Numba looks only at the file of the function itself to see whether what it kept is out of
        # date; ours call each other across files.
        kept = made._cache._cache_file  # noqa: SLF001
        kept._source_stamp = (kept._source_stamp, _STAMP)  # noqa: SLF001
    except RuntimeError:
        made = numba.njit(**options)(function)
    return cast(_Function, made)


making_arrays = partial(compiled, makes_arrays=True)


class Vectors(NamedTuple):
    """Rows of terms, one after the other: row r holds ``terms[start[r]:start[r + 1]]``, in order.

    Terms are numbered heaviest first.
    """

    start: Longs
    terms: Ints
    values: Floats
    owner: Ints
    """Position of the company of each row."""
    kind: Longs
    """Hash of the kind of the opportunity; 0 for profiles."""
    targets: Bits
    """Countries each row is meant for, a set of bits in four words."""
    first: Longs
    """The company at position i has the rows from ``first[i]`` up to ``first[i + 1]``."""


class Merged(NamedTuple):
    """One row per company in place of several, with the greatest value of each term."""

    start: Longs
    terms: Ints
    values: Floats
    most: Floats
    """The greatest value of each term in any of these rows."""


class Limits(NamedTuple):
    """Who may meet whom, by position of the company."""

    ids: Longs
    traits: Bits
    """What is checked of every pair, side by side: see the numbers of columns below."""
    widths: Longs
    """Words of bits for languages and for certificates."""
    industry: Ints
    """Line of the prior's table, 0 when unknown."""
    standing: Doubles
    trades_start: Longs
    trades: Ints
    """Headings offered, in order."""
    apart_start: Longs
    apart: Ints
    """Positions never to meet, both ways, in order."""
    hidden_start: Longs
    hidden: Ints
    """Positions not to show in this company's own list."""
    met_start: Longs
    met: Ints
    """Positions met before, both ways."""


ADMITS = 0
"""Four words: countries a company looks for partners in."""
EVERY = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
"""A word in which every member of a set is."""
FLAGS = 4
"""Country (8 bits, 0 when unknown), size (8, 0 when unknown), interpreter (1), avoids (1)."""
GROUP = 5
SIZES = 6
"""Sizes accepted of a partner; the lowest bit is always set."""
SPEAKS = 7
"""Working languages, none when unknown; then certificates held, then those required."""


CARD = np.dtype(
    [
        ("profile", np.int64),
        ("profile_end", np.int64),
        ("demand", np.int64),
        ("demand_end", np.int64),
        ("id", np.int64),
        ("standing", np.float64),
        ("industry", np.int32),
        ("country", np.int16),
        ("plain", np.int16),
        ("padding", np.int64),
    ]
)
"""What scoring a pair reads of a company, in one line of the cache: where the terms of its profile
and of its only demand stand, and ``plain``: 1 if it says all it says in at most one row on each
side and for any country, so that the rows of two such companies meet from enough evidence on."""


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
    covers: Merged
    needs: Merged
    profile_most: Floats
    """The greatest value of each term in any profile."""
    most_rows: Longs
    """The most rows of one company that cover (with its profile), and that need."""
    cards: NDArray[Any]
    """Of each company, see ``CARD``."""


class Rules(NamedTuple):
    """The constants of the score that the loop needs; see ``Weights``."""

    met: float
    further: float
    floor: float
    span: float
    better: float
    field: float
    field_least: float
    common_least: float
    prior: float
    standing: float
    prior_most: float
    prior_leaves: float
    prior_gains: float
    met_before: float


class Pair(NamedTuple):
    """What is known of a pair: its score, coverages and evidence of a shared field."""

    score: float
    they: float
    you: float
    shared: float


# The formulas of ``scoring`` once more, and the tests hold them equal.
@compiled
def direction(best: float, total: float, further: float) -> float:
    """Evidence of one direction."""
    return best + further * (total - best)


@compiled
def coverage(amount: float) -> float:
    """The share that evidence covers."""
    return -math.expm1(-amount)


@compiled
def evidence(covered: float) -> float:
    """The evidence that covers a share; infinite for all and more."""
    return -math.log1p(-covered) if covered < 1 else np.inf


@compiled
def prior_of(ours: World, i: int, theirs: World, j: int, rules: Rules) -> float:
    """What speaks for a pair beyond its texts."""
    one, other, lifts = ours.cards[i], theirs.cards[j], theirs.lifts
    lift = np.float64(lifts.industry[one.industry, other.industry]) + np.float64(
        lifts.country[one.country, other.country]
    )
    amount = rules.prior * lift + rules.standing * (one.standing + other.standing)
    return float(max(-rules.prior_most, min(rules.prior_most, amount)))


@compiled
def score_of(
    they: float, you: float, shared: float, prior: float, met_before: bool, rules: Rules
) -> float:
    """The score of a pair, in single precision."""
    high = max(they, you)
    moved = min(shared + prior, rules.prior_gains * shared)
    common = coverage(max(moved, rules.prior_leaves * shared))
    if high > 0:
        fit = rules.better * high + (1 - rules.better) * min(they, you)
        score = rules.floor + rules.span * fit + rules.field * common
    elif shared > 0 and shared >= rules.field_least and common >= rules.common_least:
        score = rules.floor * common
    else:
        return 0.0
    if met_before:
        score *= 1 - rules.met_before
    return float(np.float32(score))


@compiled
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


@compiled
def country(limits: Limits, i: int) -> int:
    """Number of a company's country, 0 when unknown."""
    return int(limits.traits[i, FLAGS] & np.uint64(0xFF))


@compiled
def fill_cards(
    limits: Limits, profiles: Vectors, offers: Vectors, demands: Vectors, cards: NDArray[Any]
) -> None:
    """Write the cards of all companies."""
    for i in range(len(cards)):
        card = cards[i]
        card.profile, card.profile_end = profiles.start[i], profiles.start[i + 1]
        row, after = demands.first[i], demands.first[i + 1]
        card.demand = card.demand_end = 0
        plain = offers.first[i] == offers.first[i + 1] and after - row <= 1
        named = np.uint64(0)
        for word in range(4):
            named |= ~profiles.targets[i, word]
            if after - row == 1:
                named |= ~demands.targets[row, word]
        if after - row == 1:
            card.demand, card.demand_end = demands.start[row], demands.start[after]
        card.plain = plain and named == 0
        card.id, card.standing = limits.ids[i], limits.standing[i]
        card.industry, card.country = limits.industry[i], country(limits, i)


@compiled
def has(bits: Bits, row: int, member: int) -> bool:
    """Whether a set of bits, from its first column on, has a member."""
    word: np.uint64 = bits[row, member >> 6]
    return bool((word >> np.uint64(member & 63)) & np.uint64(1))


@compiled
def listed(start: Longs, members: Ints, row: int, wanted: int) -> bool:
    """Whether one of a list's few members is the wanted one."""
    for at in range(start[row], start[row + 1]):  # noqa: SIM110 -- compiled: faster than any()
        if members[at] == wanted:
            return True
    return False


@compiled
def may_meet(ours: Limits, i: int, theirs: Limits, j: int) -> bool:
    """Whether no hard limit of either side keeps two companies apart; see ``rows.may_meet``."""
    return traits_fit(ours.traits, i, theirs.traits, j, ours.widths) and not kept_apart(
        ours, i, theirs, j
    )


@compiled
def kept_apart(ours: Limits, i: int, theirs: Limits, j: int) -> bool:
    """Whether two companies whose traits fit compete, or one blocks the other."""
    either = ours.traits[i, FLAGS] | theirs.traits[j, FLAGS]
    if (either >> np.uint64(17)) & np.uint64(1) and _compete(ours, i, theirs, j):
        return True
    return listed(ours.apart_start, ours.apart, i, j)


@compiled
def traits_fit(ours: Bits, i: int, theirs: Bits, j: int, widths: Longs) -> bool:
    """Whether countries, groups, sizes, certificates and languages let two companies meet."""
    flags, other = ours[i, FLAGS], theirs[j, FLAGS]
    home, abroad = flags & np.uint64(0xFF), other & np.uint64(0xFF)
    if home == 0 or abroad == 0 or home == abroad:
        return False
    one = np.uint64(1)
    if not (ours[i, abroad >> np.uint64(6)] >> (abroad & np.uint64(63))) & one:
        return False
    if not (theirs[j, home >> np.uint64(6)] >> (home & np.uint64(63))) & one:
        return False
    if ours[i, GROUP] != 0 and ours[i, GROUP] == theirs[j, GROUP]:
        return False
    if not (ours[i, SIZES] >> ((other >> np.uint64(8)) & np.uint64(0xFF))) & one:
        return False
    if not (theirs[j, SIZES] >> ((flags >> np.uint64(8)) & np.uint64(0xFF))) & one:
        return False
    holds = SPEAKS + widths[0]
    requires = holds + widths[1]
    for word in range(widths[1]):
        if ours[i, requires + word] & ~theirs[j, holds + word]:
            return False
        if theirs[j, requires + word] & ~ours[i, holds + word]:
            return False
    interpreted = ((flags & other) >> np.uint64(16)) & one
    return bool(interpreted) or not _languages_differ(ours, i, theirs, j, widths[0])


@compiled
def _languages_differ(ours: Bits, i: int, theirs: Bits, j: int, words: int) -> bool:
    any_of_ours, any_of_theirs = np.uint64(0), np.uint64(0)
    for word in range(SPEAKS, SPEAKS + words):
        if ours[i, word] & theirs[j, word]:
            return False
        any_of_ours |= ours[i, word]
        any_of_theirs |= theirs[j, word]
    return bool(any_of_ours != 0 and any_of_theirs != 0)


@compiled
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
