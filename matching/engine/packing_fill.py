"""The compiled part of packing: numbering terms and filling the rows, without Python per term."""

import numpy as np
from numpy.typing import NDArray

from matching.engine.kernel import Doubles, Floats, Ints, Longs, compiled, making_arrays
from matching.engine.terms import CLASS_BITS, CLASSES

_LEAST = 1 << 12
_CHAPTER = CLASSES.index("hs2")
_CLASS = (1 << CLASS_BITS) - 1

_Part = tuple[Longs, Ints, Floats]


class KeyTable:
    """Numbers keys of 64 bits in the order in which they first come."""

    def __init__(self) -> None:
        """An empty one."""
        self._count = 0
        self._kept = np.empty(_LEAST, np.int64)
        self._slots = np.full(2 * _LEAST, -1, np.int32)

    @property
    def keys(self) -> Longs:
        """The keys by number."""
        return self._kept[: self._count]

    def numbers(self, keys: Longs) -> Ints:
        """The number of each key; a new key gets the next one."""
        self._make_room(self._count + len(keys))
        found = np.empty(len(keys), np.int32)
        self._count = _number(keys, self._kept, self._slots, self._count, found)
        return found

    def _make_room(self, wanted: int) -> None:
        if wanted <= len(self._kept):
            return
        size = 1 << (wanted - 1).bit_length()
        kept, self._kept = self.keys, np.empty(size, np.int64)
        self._slots = np.full(2 * size, -1, np.int32)
        _number(kept, self._kept, self._slots, 0, np.empty(len(kept), np.int32))


@compiled
def _number(keys: Longs, kept: Longs, slots: Ints, count: int, found: Ints) -> int:
    """Look up keys in a table of open addresses and add the new; how many it holds then."""
    mask = np.uint64(len(slots) - 1)
    for x in range(len(keys)):
        key = keys[x]
        at = (np.uint64(key) >> np.uint64(CLASS_BITS)) & mask
        while slots[at] >= 0 and kept[slots[at]] != key:
            at = (at + np.uint64(1)) & mask
        if slots[at] < 0:
            slots[at] = count
            kept[count] = key
            count += 1
        found[x] = slots[at]
    return count


@compiled
def lead(owner: Ints, length: Ints, row: int, terms: Ints, keys: Longs, found: Longs) -> int:
    """The least key of a chapter of each owner, over a chunk of rows from ``row`` on; the next."""
    at = 0
    while at < len(terms) or (row < len(length) and length[row] == 0):
        for x in range(at, at + length[row]):
            key = keys[terms[x]]
            if (key & _CLASS) == _CHAPTER and key < found[owner[row]]:
                found[owner[row]] = key
        at += length[row]
        row += 1
    return row


@compiled
def measure(place: Longs, length: Ints, row: int, terms: Ints, numbers: Ints, start: Longs) -> int:
    """Count the terms that weigh anything into ``start[place + 1]``; rows of place -1 not."""
    at = 0
    while at < len(terms) or (row < len(length) and length[row] == 0):
        if place[row] >= 0:
            kept = 0
            for x in range(at, at + length[row]):
                kept += numbers[terms[x]] >= 0
            start[place[row] + 1] = kept
        at += length[row]
        row += 1
    return row


@making_arrays
def write(
    place: Longs, length: Ints, words: Ints, row: int, terms: Ints, sure: NDArray[np.uint8],
    numbers: Ints, roots: Doubles, is_word: NDArray[np.bool_], lengths: Doubles, steps: float,
    start: Longs, found: Ints, values: Floats,
) -> int:  # fmt: skip
    """Write a chunk of rows, terms in order, from ``row`` on; the next row."""
    at = 0
    kept = np.empty(1 << 16, np.int64)
    while at < len(terms) or (row < len(length) and length[row] == 0):
        if place[row] >= 0:
            count = 0
            for x in range(at, at + length[row]):
                if numbers[terms[x]] >= 0:
                    kept[count] = np.int64(numbers[terms[x]]) << 8 | np.int64(sure[x])
                    count += 1
            kept[:count].sort()
            for x in range(count):
                number = kept[x] >> 8
                value = np.float64(kept[x] & 0xFF) / steps * roots[number]
                if is_word[number]:
                    value *= lengths[words[row]]
                found[start[place[row]] + x] = number
                values[start[place[row]] + x] = value
        at += length[row]
        row += 1
    return row


@making_arrays
def greatest(found: Ints, values: Floats, terms: int) -> Floats:
    """The greatest value of each term; 0 where it does not stand."""
    most = np.zeros(terms, np.float32)
    for x in range(len(found)):
        most[found[x]] = max(most[found[x]], values[x])
    return most


def merge(parts: list[_Part], companies: int, terms: int) -> tuple[Longs, Ints, Floats]:
    """Start, terms and values of one row per company: of all rows the greatest value per term.

    One or two parts, each with the starts of its companies' terms, row after row.
    """
    most = sum(len(found) for _, found, _ in parts)
    start = np.zeros(companies + 1, np.int64)
    found, values = np.empty(most, np.int32), np.empty(most, np.float32)
    nothing = (np.zeros_like(start), np.empty(0, np.int32), np.empty(0, np.float32))
    one, two = [*parts, nothing][:2]
    count = _merge(*one, *two, start, found, values, np.zeros(terms, np.float32))
    return start, found[:count].copy(), values[:count].copy()


@making_arrays
def _merge(
    one_start: Longs, one_terms: Ints, one_values: Floats,
    two_start: Longs, two_terms: Ints, two_values: Floats,
    start: Longs, found: Ints, values: Floats, greatest: Floats,
) -> int:  # fmt: skip
    count = 0
    for company in range(len(start) - 1):
        begin = count
        for x in range(one_start[company], one_start[company + 1]):
            term = one_terms[x]
            if greatest[term] == 0:
                found[count] = term
                count += 1
            greatest[term] = max(greatest[term], one_values[x])
        for x in range(two_start[company], two_start[company + 1]):
            term = two_terms[x]
            if greatest[term] == 0:
                found[count] = term
                count += 1
            greatest[term] = max(greatest[term], two_values[x])
        found[begin:count].sort()
        for x in range(begin, count):
            values[x] = greatest[found[x]]
            greatest[found[x]] = 0
        start[company + 1] = count
    return count
