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
    """The terms of a block: term t stands in ``places[start[t]:start[t + 1]]`` of the block."""

    start: Ints
    places: NDArray[np.uint16]
    values: Floats


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
    they: Floats
    """Sums by place in the block: they cover."""
    you: Floats
    peaks: Floats
    found: Ints
    """Places of those who could enter."""
    bounds: Floats
    """Scores that they cannot exceed."""
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


@making_arrays
def reach_of(rows: Merged, start: int, stop: int, most: Floats) -> Floats:
    """For each term of some companies' rows, how far it and those after it could reach together.

    ``most`` is the greatest value of each term among those whom they could meet.
    """
    first = rows.start[start]
    reach = np.zeros(rows.start[stop] - first + 1, np.float32)
    for i in range(start, stop):
        amount = np.float32(0)
        for x in range(rows.start[i + 1] - 1, rows.start[i] - 1, -1):
            amount += rows.values[x] * most[rows.terms[x]] * np.float32(1.0001)
            reach[x - first] = amount
    return reach


@compiled
def light_from(rows: Merged, i: int, reach: Floats, first: int, least: float) -> int:
    """From which term of a row on all together reach no further than ``least``."""
    low, high = rows.start[i], rows.start[i + 1]
    while low < high:
        middle = (low + high) >> 1
        if reach[middle - first] <= least:
            high = middle
        else:
            low = middle + 1
    return int(low)


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
def invert(rows: Merged, docs: Ints, lists: Inverted) -> None:
    """Write the terms of some companies' rows by term; places are those in ``docs``."""
    start = lists.start
    start[:] = 0
    for doc in docs:
        for x in range(np.uint64(rows.start[doc]), np.uint64(rows.start[doc + 1])):
            start[np.uint64(rows.terms[x]) + np.uint64(2)] += 1
    total = np.int32(0)
    for term in range(len(start)):
        total += start[term]
        start[term] = total
    for place in range(len(docs)):
        doc = docs[place]
        for x in range(np.uint64(rows.start[doc]), np.uint64(rows.start[doc + 1])):
            after = np.uint64(rows.terms[x]) + np.uint64(1)
            at = np.uint64(start[after])
            lists.places[at] = place
            lists.values[at] = rows.values[x]
            start[after] += 1


@compiled
def add(rows: Merged, start: int, stop: int, lists: Inverted, sums: Floats) -> int:
    """Add up the terms of a row from ``start`` up to ``stop``; how many places were touched."""
    touched = 0
    for x in range(np.uint64(start), np.uint64(stop)):
        term = np.uint64(rows.terms[x])
        value = rows.values[x]
        begin, end = lists.start[term], lists.start[term + np.uint64(1)]
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
    """Places and bounds of those whose sums let them enter; leaves the sums zero."""
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
        fit = rules.better * at_most((np.float64(more) + rest) * stretch)
        if less >= met_:
            fit += (1 - rules.better) * at_most((np.float64(less) + rest) * stretch)
        scratch.bounds[x] = rules.floor + rules.span * fit + rules.field
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


@making_arrays
def block_of(limits: Limits, docs: Ints, scratch: Scratch, prices: Floats) -> Block:
    """Some companies as a block, with what is asked of all of them side by side."""
    homes, countries, traits = scratch.homes, scratch.countries, scratch.traits
    countries[:] = 0
    price = np.inf
    for at in range(len(docs)):
        home = np.uint64(country(limits, docs[at]))
        homes[at] = home
        traits[at] = limits.traits[docs[at]]
        countries[0, home >> np.uint64(6)] |= np.uint64(1) << (home & np.uint64(63))
        price = min(price, np.float64(prices[docs[at]]))
    stride = (len(docs) + LANES - 1) // LANES
    return Block(docs, homes, traits, (stride + 15) // 16 * 16, countries, price)


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
