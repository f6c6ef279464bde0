"""Lists of suggestions as PostgreSQL's binary COPY reads them: arrays in, bytes out.

Source: PostgreSQL manual, COPY, binary format; the wire format of arrays in ``array_send``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.fairness import best_columns
from matching.engine.kernel import compiled, making_arrays

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
COLUMNS = (
    "run_id", "company_id", "partners", "mutual", "reserve", "reserve_mutual", "price",
    "threshold", "least", "last", "listed_by",
)  # fmt: skip
_LONG, _REAL = 20, 700  # PostgreSQL's numbers of the types bigint and real
_FIXED = 220
"""Bytes of a row without the elements of its arrays, at most."""


@dataclass(frozen=True)
class Lists:
    """Everybody's list, one line per company; positions are places in ``ids``."""

    ids: Longs
    partners: Ints
    """Positions of the partners, best first, -1 after the last; those in reserve follow."""
    mutual: Floats
    shown: int
    """How many partners a list shows; the others are its reserve."""
    price: Floats
    threshold: Floats
    least: Floats
    last: Ints
    """Position of the last on the shortlist, -1 for none."""


def best_by_value(positions: Ints, scores: Floats, prices: Floats, k: int) -> tuple[Ints, Floats]:
    """The k best by score less price of each line of candidates, and their scores.

    Equal ones stay in the order of the candidates; -1 and 0 after the last.
    """
    partners = np.full((len(positions), k), -1, np.int32)
    mutual = np.zeros((len(positions), k), np.float32)
    _best_by_value(positions, scores, prices, partners, mutual)
    return partners, mutual


def listed_by(partners: Ints) -> tuple[Longs, Ints]:
    """Who lists each company: its lines are ``owners[start[i]:start[i + 1]]``, in order."""
    start = np.zeros(len(partners) + 1, np.int64)
    owners = np.empty(int((partners >= 0).sum()), np.int32)
    _invert(partners, start, owners)
    return start, owners


def rows(run: int, lists: Lists, start: Longs, owners: Ints, first: int, stop: int) -> memoryview:
    """The rows of the companies at positions ``first`` up to ``stop``, without header and end."""
    listed = int(start[stop] - start[first])
    size = (stop - first) * (_FIXED + 20 * lists.partners.shape[1]) + 12 * listed
    out = np.empty(size, np.uint8)
    end = _write(
        out, run, lists.ids, lists.partners, lists.mutual.view(np.int32), lists.shown,
        lists.price.view(np.int32), lists.threshold.view(np.int32), lists.least.view(np.int32),
        lists.last, start, owners, first, stop,
    )  # fmt: skip
    return out[:end].data


@making_arrays
def _best_by_value(
    positions: Ints, scores: Floats, prices: Floats, partners: Ints, mutual: Floats
) -> None:
    k = partners.shape[1]
    chosen, values = np.empty(k, np.int32), np.empty(k, np.float32)
    for i in range(positions.shape[0]):
        for x in range(best_columns(positions, scores, prices, i, chosen, values)):
            partners[i, x] = positions[i, chosen[x]]
            mutual[i, x] = scores[i, chosen[x]]


@making_arrays
def _invert(partners: Ints, start: Longs, owners: Ints) -> None:
    companies, k = partners.shape
    for i in range(companies):
        for x in range(k):
            if partners[i, x] >= 0:
                start[partners[i, x] + 1] += 1
    for i in range(companies):
        start[i + 1] += start[i]
    place = start[:-1].copy()
    for i in range(companies):
        for x in range(k):
            j = partners[i, x]
            if j >= 0:
                owners[place[j]] = i
                place[j] += 1


@compiled
def _put(out: Bytes, at: int, value: int, size: int) -> int:
    for x in range(size):
        out[at + x] = (value >> (8 * (size - 1 - x))) & 255
    return at + size


@compiled
def _start_array(out: Bytes, at: int, kind: int, size: int, count: int) -> int:
    """The header of a field that holds an array of ``count`` values of ``size`` bytes."""
    if count == 0:
        at = _put(out, at, 12, 4)
        at = _put(out, at, 0, 4)
        at = _put(out, at, 0, 4)
        return _put(out, at, kind, 4)
    at = _put(out, at, 20 + count * (4 + size), 4)
    at = _put(out, at, 1, 4)
    at = _put(out, at, 0, 4)
    at = _put(out, at, kind, 4)
    at = _put(out, at, count, 4)
    return _put(out, at, 1, 4)


@compiled
def _field(out: Bytes, at: int, value: int, size: int) -> int:
    return _put(out, _put(out, at, size, 4), value, size)


@compiled
def _write(
    out: Bytes, run: int, ids: Longs, partners: Ints, mutual: Ints, shown: int, price: Ints,
    threshold: Ints, least: Ints, last: Ints, start: Longs, owners: Ints, first: int, stop: int,
) -> int:  # fmt: skip
    at = 0
    for i in range(first, stop):
        count = 0
        while count < partners.shape[1] and partners[i, count] >= 0:
            count += 1
        listed = min(count, shown)
        at = _put(out, at, 11, 2)
        at = _field(out, at, run, 8)
        at = _field(out, at, ids[i], 8)
        for begin, end in ((0, listed), (listed, count)):
            at = _start_array(out, at, _LONG, 8, end - begin)
            for x in range(begin, end):
                at = _field(out, at, ids[partners[i, x]], 8)
            at = _start_array(out, at, _REAL, 4, end - begin)
            for x in range(begin, end):
                at = _field(out, at, mutual[i, x], 4)
        at = _field(out, at, price[i], 4)
        at = _field(out, at, threshold[i], 4)
        at = _field(out, at, least[i], 4)
        at = _field(out, at, ids[last[i]] if last[i] >= 0 else -1, 8)
        at = _start_array(out, at, _LONG, 8, start[i + 1] - start[i])
        for x in range(start[i], start[i + 1]):
            at = _field(out, at, ids[owners[x]], 8)
    return at
