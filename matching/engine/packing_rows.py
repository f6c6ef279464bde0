"""Packed rows of many companies as arrays, without Python per term."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.engine.kernel import Ints, Longs, compiled
from matching.engine.packed import FORMAT, UNIT
from matching.engine.terms import CLASS_BITS, WORD

Bytes = NDArray[np.uint8]

_CHUNK = 2048


class Chunk(NamedTuple):
    """Some rows as arrays; the terms and targets of all rows one after the other."""

    company: Ints
    """Which of the byte strings each row comes from."""
    side: NDArray[np.int8]
    kind: Longs
    words: Ints
    length: Ints
    keys: Longs
    sure: Bytes
    target_count: Ints
    targets: NDArray[np.uint16]


def chunks(
    packed: Iterable[tuple[int, bytes]],
) -> Iterator[tuple[list[int], Chunk]]:
    """The rows of many companies, some thousand at a time, with the owner of each byte string.

    Raises ValueError for bytes that ``pack`` has not made.
    """
    waiting = iter(packed)
    while some := list(islice(waiting, _CHUNK)):
        yield [owner for owner, _ in some], unpack([data for _, data in some])


def unpack(strings: list[bytes]) -> Chunk:
    """The rows of some byte strings; ValueError for bytes that ``pack`` has not made."""
    joined = b"".join(strings)
    sizes = np.fromiter(map(len, strings), np.int64, len(strings))
    if (sizes < UNIT).any() or (sizes % UNIT).any():
        raise ValueError("these are no packed rows")
    units = np.frombuffer(joined, np.int64)
    start = np.concatenate([[0], np.cumsum(sizes // UNIT)])
    if (units[start[:-1]] != FORMAT).any():
        raise ValueError("the rows are packed in another format")
    rows, terms, targets = _count(units, start)
    if rows < 0:
        raise ValueError("the packed rows are cut off")
    chunk = Chunk(
        company=np.empty(rows, np.int32),
        side=np.empty(rows, np.int8),
        kind=np.empty(rows, np.int64),
        words=np.empty(rows, np.int32),
        length=np.empty(rows, np.int32),
        keys=np.empty(terms, np.int64),
        sure=np.empty(terms, np.uint8),
        target_count=np.empty(rows, np.int32),
        targets=np.empty(targets, np.uint16),
    )
    _read(units, units.view(np.uint8), units.view(np.uint16), start, chunk)
    return chunk


def country_code(country: str) -> int:
    """A country as it stands among the targets: two letters as a number of 16 bits."""
    return int.from_bytes(country.encode()[:2], "little")


@compiled
def _header(unit: int) -> tuple[int, int, int]:
    return unit & 0xFF, (unit >> 8) & 0xFF, (unit >> 16) & 0xFFFF


@compiled
def _units_of(targets: int, terms: int) -> int:
    """Length of a row."""
    return 2 + (2 * targets + 7) // 8 + terms + (terms + 7) // 8


@compiled
def _count(units: Longs, start: Longs) -> tuple[int, int, int]:
    """Rows, terms and targets of all; -1 when a row goes beyond its company's bytes."""
    rows, terms, targets = 0, 0, 0
    for company in range(len(start) - 1):
        at = start[company] + 1
        while at < start[company + 1]:
            _, named, held = _header(units[at])
            at += _units_of(named, held)
            rows += 1
            terms += held
            targets += named
        if at != start[company + 1]:
            return -1, 0, 0
    return rows, terms, targets


@compiled
def _read(
    units: Longs, bytes_: Bytes, pairs: NDArray[np.uint16], start: Longs, chunk: Chunk
) -> None:
    row, term, target = 0, 0, 0
    for company in range(len(start) - 1):
        at = start[company] + 1
        while at < start[company + 1]:
            side, named, held = _header(units[at])
            chunk.company[row] = company
            chunk.side[row] = side
            chunk.kind[row] = units[at + 1]
            chunk.length[row] = held
            chunk.target_count[row] = named
            place = at + 2
            for x in range(named):
                chunk.targets[target + x] = pairs[4 * place + x]
            target += named
            place += (2 * named + 7) // 8
            words = 0
            for x in range(held):
                key = units[place + x]
                chunk.keys[term + x] = key
                words += (key & ((1 << CLASS_BITS) - 1)) == WORD
            place += held
            for x in range(held):
                chunk.sure[term + x] = bytes_[8 * place + x]
            chunk.words[row] = words
            term += held
            row += 1
            at += _units_of(named, held)
