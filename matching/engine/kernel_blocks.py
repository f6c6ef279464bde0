"""The compiled handling of blocks: who may be met, their terms inverted, sums and their peaks."""

import math
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.engine.kernel import (
    ADMITS,
    Bits,
    Floats,
    Ints,
    Limits,
    Longs,
    Merged,
    Rules,
    World,
    compiled,
    country,
    making_arrays,
)

LANES = 16
"""Sub-blocks of a block, laid over each other to find their maxima."""
BINS = 64
MARGIN = 0.9999
"""Sums made in another order differ by rounding; nobody is left out for that."""
NEVER = 1e30


class Inverted(NamedTuple):
    """The terms of a block that somebody asks for.

    Number n stands in ``places[start[n]:start[n + 1]]`` of the block.
    """

    numbers: Ints
    """By term: its number among those asked for, from 1 on; 0 for the others."""
    start: Ints
    places: NDArray[np.uint16]
    values: Floats
    read_numbers: Ints
    """Numbers, places and values as they are read, one company after the other."""
    read_places: NDArray[np.uint16]
    read_values: Floats


class Scratch(NamedTuple):
    """Room for one thread."""

    place: Ints
    """Zero by term between companies, as are the sums by place; see ``lay_out``."""
    values: Floats
    sums: Floats
    docs: Ints
    """Positions of those whom the asking may meet by country."""
    covers: Inverted
    needs: Inverted
    homes: NDArray[np.uint8]
    countries: Bits
    traits: Bits
    prices: Floats
    plain: NDArray[np.uint8]
    they: Floats
    """Sums by place in the block: they cover."""
    you: Floats
    peaks: Floats
    found: Ints
    """Places of those who could enter."""
    bounds: Floats
    """Scores that they cannot exceed."""
    most: Floats
    """How much of their needs can be covered at most."""
    lows: Floats
    """Scores that they have at least."""
    chosen: Ints
    bins: Ints


class Block(NamedTuple):
    """Some of those who may be met."""

    docs: Ints
    homes: NDArray[np.uint8]
    """Country of each."""
    traits: Bits
    """Their limits side by side, see ``Limits``."""
    stride: int
    countries: Bits
    """In which countries they are, one line."""
    price: float
    """The least price of them."""
    prices: Floats
    plain: NDArray[np.uint8]
    """1 for those whose sums are the evidence itself, see ``kernel.CARD``."""


class Askers(NamedTuple):
    """The rows of those who ask on one side: all terms of the first, then of the second, ..."""

    rows: Merged
    first: int
    """Where the terms of the first begin in ``rows``."""
    numbers: Ints
    """The number of each term, see ``Inverted``."""
    distinct: int
    """How many numbers there are."""
    reach: Floats
    """For each term, how far it and those after it could reach together; one 0 at the end."""


@making_arrays
def asked_of(rows: Merged, asking: Longs, most: Floats, lists: Inverted) -> Askers:
    """The rows of some companies, in order; numbers their terms in ``lists``.

    ``most`` is the greatest value of each term among those whom they could meet.
    """
    first = rows.start[asking[0]]
    size = rows.start[asking[-1] + 1] - first
    numbers = np.zeros(size, np.int32)
    reach = np.zeros(size + 1, np.float32)
    lists.numbers[:] = 0
    count = 0
    for i in asking:
        amount = np.float32(0)
        for x in range(rows.start[i + 1] - 1, rows.start[i] - 1, -1):
            term = rows.terms[x]
            if lists.numbers[term] == 0:
                count += 1
                lists.numbers[term] = count
            numbers[x - first] = lists.numbers[term]
            amount += rows.values[x] * most[term] * np.float32(1.0001)
            reach[x - first] = amount
    return Askers(rows, first, numbers, count, reach)


@compiled
def light_from(asked: Askers, i: int, least: float) -> int:
    """From which term of a row on all together reach no further than ``least``."""
    low, high = asked.rows.start[i] - asked.first, asked.rows.start[i + 1] - asked.first
    while low < high:
        middle = (low + high) >> 1
        if asked.reach[middle] <= least:
            high = middle
        else:
            low = middle + 1
    return int(low)


@compiled
def left(asked: Askers, i: int, light: int) -> float:
    """How far the terms of a row from ``light`` on could reach."""
    if light < asked.rows.start[i + 1] - asked.first:
        return float(asked.reach[light])
    return 0.0


@making_arrays
def admitted(limits: Limits, start: int, stop: int, docs: Ints) -> int:
    """Positions that companies from ``start`` up to ``stop`` may meet by country; how many."""
    homes, goals = np.zeros(4, np.uint64), np.zeros(4, np.uint64)
    one = np.uint64(1)
    for i in range(start, stop):
        home = np.uint64(country(limits, i))
        if home != 0:
            homes[home >> np.uint64(6)] |= one << (home & np.uint64(63))
            for word in range(4):
                goals[word] |= limits.traits[i, ADMITS + word]
    count = 0
    for j in range(len(limits.ids)):
        there = np.uint64(country(limits, j))
        own, bit = there >> np.uint64(6), one << (there & np.uint64(63))
        if there == 0 or not goals[own] & bit:
            continue
        meets = np.uint64(0)
        for other in range(4):
            wanted = homes[other] & limits.traits[j, ADMITS + other]
            if other == own:
                wanted &= ~bit
            meets |= wanted
        if meets:
            docs[count] = j
            count += 1
    return count


@compiled
def invert(rows: Merged, docs: Ints, lists: Inverted, count: int) -> None:
    """Write the terms of some companies' rows by number; places are those in ``docs``."""
    start = lists.start[: count + 3]
    start[:] = 0
    kept = np.uint64(0)
    for place in range(len(docs)):
        doc = docs[place]
        for x in range(np.uint64(rows.start[doc]), np.uint64(rows.start[doc + 1])):
            number = lists.numbers[np.uint64(rows.terms[x])]
            start[np.uint64(number) + np.uint64(2)] += 1
            lists.read_numbers[kept] = number
            lists.read_places[kept] = place
            lists.read_values[kept] = rows.values[x]
            kept += np.uint64(number > 0)
    # What nobody asks for was counted under 0.
    start[2] = 0
    total = np.int32(0)
    for number in range(len(start)):
        total += start[number]
        start[number] = total
    for x in range(kept):
        after = np.uint64(lists.read_numbers[x]) + np.uint64(1)
        at = np.uint64(start[after])
        lists.places[at] = lists.read_places[x]
        lists.values[at] = lists.read_values[x]
        start[after] += 1


@compiled
def add(asked: Askers, i: int, stop: int, lists: Inverted, sums: Floats) -> int:
    """Add up the terms of a row up to ``stop``; how many places were touched."""
    touched = 0
    first = np.uint64(asked.first)
    for x in range(np.uint64(asked.rows.start[i]) - first, np.uint64(stop)):
        number = np.uint64(asked.numbers[x])
        value = asked.rows.values[first + x]
        begin, end = lists.start[number], lists.start[number + np.uint64(1)]
        touched += end - begin
        for p in range(np.uint64(begin), np.uint64(end)):
            sums[lists.places[p]] += value * lists.values[p]
    return touched


@partial(compiled, loosely=True)
def _two_way_peaks(
    they: Floats, you: Floats, stride: int, high: float, met: float, alone: float, peaks: Floats
) -> None:
    """Per line of places ``stride`` apart, whether any could enter: at least 0 if so.

    Either both are at least ``met`` and one is ``high``, or one reaches ``alone``.
    """
    high_, met_, alone_ = np.float32(high), np.float32(met), np.float32(alone)
    for k in range(np.uint64(stride)):
        peaks[k] = np.float32(-1)
    for lane in range(np.uint64(LANES)):
        at = lane * np.uint64(stride)
        for k in range(np.uint64(stride)):
            more, less = max(they[at + k], you[at + k]), min(they[at + k], you[at + k])
            peaks[k] = max(peaks[k], max(min(more - high_, less - met_), more - alone_))


@partial(compiled, loosely=True)
def _peaks(sums: Floats, stride: int, least: float, peaks: Floats) -> None:
    least_ = np.float32(least)
    for k in range(np.uint64(stride)):
        peaks[k] = np.float32(-1)
    for lane in range(np.uint64(LANES)):
        at = lane * np.uint64(stride)
        for k in range(np.uint64(stride)):
            peaks[k] = max(peaks[k], sums[at + k] - least_)


@compiled
def _looks_at(looks: Bits, i: int, home: np.uint8) -> np.uint64:
    """1 if a company looks for partners in a country, else 0."""
    word: np.uint64 = looks[np.uint64(i), np.uint64(home) >> np.uint64(6)]
    return (word >> (np.uint64(home) & np.uint64(63))) & np.uint64(1)


@compiled
def _lines(scratch: Scratch, stride: int) -> int:
    """The lines of a block with anybody who could enter, put into ``chosen``; how many."""
    count = 0
    for line in range(np.uint64(stride)):
        scratch.chosen[count] = line
        count += scratch.peaks[line] >= 0
    return count


@compiled
def who_could_meet(
    scratch: Scratch, block: Block, high: float, met: float, alone: float,
    rest: float, stretch: float, rules: Rules, looks: Bits, i: int,
) -> int:  # fmt: skip
    """Places and bounds of those whose sums let them enter; leaves the sums zero.

    The score of a plain one is also at least what its sums alone give.
    """
    stride, step = block.stride, np.uint64(block.stride)
    they, you = scratch.they[: LANES * stride], scratch.you[: LANES * stride]
    _two_way_peaks(they, you, stride, high, met, alone, scratch.peaks)
    high_, met_, alone_ = np.float32(high), np.float32(met), np.float32(alone)
    lines = _lines(scratch, stride)
    count = 0
    for x in range(lines):
        for at in range(np.uint64(scratch.chosen[x]), np.uint64(LANES * stride), step):
            more, less = max(they[at], you[at]), min(they[at], you[at])
            if (more >= high_ and less >= met_) or more >= alone_:
                scratch.found[count] = at
                count += int(_looks_at(looks, i, block.homes[at]))
    for x in range(count):
        place = np.uint64(scratch.found[x])
        more, less = max(they[place], you[place]), min(they[place], you[place])
        most = at_most((np.float64(more) + rest) * stretch)
        least = at_most((np.float64(less) + rest) * stretch) if less >= met_ else 0.0
        fit = rules.better * most + (1 - rules.better) * least
        scratch.bounds[x] = rules.floor + rules.span * fit + rules.field
        scratch.most[x] = most if you[place] == more else least
        scratch.lows[x] = -NEVER
        if block.plain[place] and more * MARGIN >= rules.met:
            fit = rules.better * at_least(more)
            if less * MARGIN >= rules.met:
                fit += (1 - rules.better) * at_least(less)
            scratch.lows[x] = rules.floor + rules.span * fit
    they[:] = 0
    you[:] = 0
    return count


@compiled
def who_shares(scratch: Scratch, block: Block, least: float, looks: Bits, i: int) -> int:
    """Places of those whose sums let them enter."""
    stride, step = block.stride, np.uint64(block.stride)
    sums = scratch.they[: LANES * stride]
    least_ = np.float32(least)
    _peaks(sums, stride, least, scratch.peaks)
    lines = _lines(scratch, stride)
    count = 0
    if 4 * lines > stride:
        for at in range(np.uint64(len(block.docs))):
            scratch.found[count] = at
            enters = np.uint64(sums[at] >= least_)
            count += int(enters & _looks_at(looks, i, block.homes[at]))
        return count
    for x in range(lines):
        for at in range(np.uint64(scratch.chosen[x]), np.uint64(LANES * stride), step):
            if sums[at] >= least_:
                scratch.found[count] = at
                count += int(_looks_at(looks, i, block.homes[at]))
    return count


@compiled
def at_most(amount: float) -> float:
    """Hardly more than the coverage of some evidence, in a fraction of its time."""
    return 1.00001 - math.exp(np.float32(-amount))


@compiled
def at_least(amount: float) -> float:
    """Hardly less than the coverage of some evidence."""
    return 0.99999 - math.exp(np.float32(-amount))


@making_arrays
def block_of(world: World, docs: Ints, scratch: Scratch, prices: Floats) -> Block:
    """Some companies as a block, with what is asked of all of them side by side."""
    limits = world.limits
    homes, countries, traits = scratch.homes, scratch.countries, scratch.traits
    countries[:] = 0
    price = np.inf
    for at in range(len(docs)):
        home = np.uint64(country(limits, docs[at]))
        homes[at] = home
        traits[at] = limits.traits[docs[at]]
        scratch.prices[at] = prices[docs[at]]
        scratch.plain[at] = world.cards[docs[at]].plain
        countries[0, home >> np.uint64(6)] |= np.uint64(1) << (home & np.uint64(63))
        price = min(price, np.float64(prices[docs[at]]))
    stride = (len(docs) + LANES - 1) // LANES
    stride = (stride + 15) // 16 * 16
    return Block(docs, homes, traits, stride, countries, price, scratch.prices, scratch.plain)


@compiled
def looks_there(limits: Limits, i: int, block: Block) -> bool:
    """Whether a company looks for partners in any country of a block."""
    looks = np.uint64(0)
    for word in range(4):
        looks |= limits.traits[i, ADMITS + word] & block.countries[0, word]
    return bool(looks != 0)


@compiled
def block_end(docs: Ints, start: int, one: Longs, two: Longs, scratch: Scratch) -> int:
    """Where a block from ``start`` on has as many companies or terms as there is room for."""
    room = len(scratch.covers.places)
    held_one, held_two = 0, 0
    end = start
    while end < len(docs) and end - start < len(scratch.homes):
        doc = docs[end]
        held_one += one[doc + 1] - one[doc]
        held_two += two[doc + 1] - two[doc]
        if end > start and max(held_one, held_two) > room:
            break
        end += 1
    return end


@compiled
def sort(chosen: Ints, count: int, bounds: Floats) -> None:
    """Put the chosen in order, greatest bound first (heapsort: it needs no further room)."""
    end, root = count, count // 2
    while end > 1:
        if root > 0:
            root -= 1
        else:
            end -= 1
            chosen[0], chosen[end] = chosen[end], chosen[0]
        at, moved = root, chosen[root]
        while 2 * at + 1 < end:
            child = 2 * at + 1
            if child + 1 < end and bounds[chosen[child + 1]] < bounds[chosen[child]]:
                child += 1
            if bounds[chosen[child]] >= bounds[moved]:
                break
            chosen[at] = chosen[child]
            at = child
        chosen[at] = moved


@compiled
def reached_by(bounds: Floats, count: int, wanted: int, bins: Ints) -> np.float32:
    """A bound that about so many reach; below all when they are few."""
    if count <= 2 * wanted:
        return np.float32(-NEVER)
    low, high = bounds[0], bounds[0]
    for x in range(count):
        low, high = min(low, bounds[x]), max(high, bounds[x])
    if high <= low:
        return np.float32(-NEVER)
    bins[:] = 0
    scale = np.float32(BINS - 1) / (high - low)
    for x in range(count):
        bins[int((bounds[x] - low) * scale)] += 1
    reached, at = 0, BINS
    while reached < wanted:
        at -= 1
        reached += bins[at]
    return np.float32(low + np.float32(at) / scale)
