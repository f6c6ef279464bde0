"""Columns of a query that hold texts and sets of texts, without one Python object per row.

Imported only where compiled code works. Source of the layout: PostgreSQL manual, COPY, binary
format; an array is sent as its number of dimensions, a flag, the type of its members, then length
and lower bound of each dimension, then each member like a field. All numbers are big-endian.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from matching.engine.company_columns import Texts, TextSets
from matching.engine.kernel import compiled

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

_HEADER = 19  # bytes before the first row
_FIRST_MEMBER = 20  # bytes of an array before its first member


class Kind(Enum):
    """What a column holds; null nowhere."""

    LONG = ">i8"
    FLAG = "?"
    TEXT = "text"
    TEXTS = "text[]"


def read(query: str, parameters: Sequence[Any], kinds: Sequence[Kind]) -> list[Any]:
    """An array for each ``LONG`` or ``FLAG``, ``Texts`` for ``TEXT``, ``TextSets`` for ``TEXTS``.

    Raises ValueError where something is null or of another kind.
    """
    joined = bytearray()
    with connection.cursor() as cursor:
        copied = f"copy ({query}) to stdout (format binary)"
        with cursor.copy(copied, parameters) as copy:
            for piece in copy:
                joined += piece
    data = np.frombuffer(joined, np.uint8)
    at = np.empty((len(kinds), _rows(data)), np.int64)
    length = np.empty(at.shape, np.int32)
    if not _fields(data, at, length):
        raise ValueError("a column is null, or there are more or fewer than told")
    return [_column(data, *field) for field in zip(kinds, at, length, strict=True)]


def _column(data: Bytes, kind: Kind, at: Longs, length: Ints) -> Any:
    if kind is Kind.TEXT:
        return _texts(data, at, length)
    if kind is Kind.TEXTS:
        start = np.zeros(len(at) + 1, np.int64)
        if not _counts(data, at, start):
            raise ValueError("an array has several dimensions or holds nulls")
        start = np.cumsum(start)
        members, lengths = np.empty(start[-1], np.int64), np.empty(start[-1], np.int32)
        _members(data, at, start, members, lengths)
        return TextSets(start, *_texts(data, members, lengths))
    wanted = np.dtype(kind.value)
    if (length != wanted.itemsize).any():
        raise ValueError("a column is of another kind than told")
    values = data[at[:, None] + np.arange(wanted.itemsize)]
    return values.view(wanted)[:, 0].astype(wanted.newbyteorder("="))


def _texts(data: Bytes, at: Longs, length: Ints) -> Texts:
    """Number the texts at some places, equal ones alike."""
    slots = np.full(1 << (2 * len(at)).bit_length(), -1, np.int32)
    first, numbers = np.empty(len(at), np.int64), np.empty(len(at), np.int32)
    count = _number(data, at, length, slots, first, numbers)
    names = [data[at[x] : at[x] + length[x]].tobytes().decode() for x in first[:count].tolist()]
    return Texts(numbers, names)


@compiled
def _int(data: Bytes, at: int) -> int:
    """A signed number of four bytes."""
    value = 0
    for x in range(4):
        value = value << 8 | int(data[at + x])
    return value - (1 << 32) if value >= 1 << 31 else value


@compiled
def _rows(data: Bytes) -> int:
    """How many rows there are."""
    rows, at = 0, _HEADER
    while True:
        fields = int(data[at]) << 8 | int(data[at + 1])
        if fields == 0xFFFF:
            return rows
        at += 2
        for _ in range(fields):
            at += 4 + max(0, _int(data, at))
        rows += 1


@compiled
def _fields(data: Bytes, at: Longs, length: Ints) -> bool:
    """Where each field [columns, rows] stands; False for what ``read`` refuses."""
    place = _HEADER
    columns, rows = at.shape
    for row in range(rows):
        if int(data[place]) << 8 | int(data[place + 1]) != columns:
            return False
        place += 2
        for column in range(columns):
            size = _int(data, place)
            if size < 0:
                return False
            at[column, row] = place + 4
            length[column, row] = size
            place += 4 + size
    return True


@compiled
def _counts(data: Bytes, at: Longs, counts: Longs) -> bool:
    """How many members each array has, from ``counts[1]`` on; False for what ``read`` refuses."""
    for x in range(len(at)):
        dimensions, nulls = _int(data, at[x]), _int(data, at[x] + 4)
        if dimensions > 1 or nulls != 0:
            return False
        if dimensions == 1:
            counts[x + 1] = _int(data, at[x] + 12)
    return True


@compiled
def _members(data: Bytes, at: Longs, start: Longs, members: Longs, lengths: Ints) -> None:
    """Where each member of each array stands."""
    for x in range(len(at)):
        place = at[x] + _FIRST_MEMBER
        for y in range(start[x], start[x + 1]):
            size = _int(data, place)
            members[y] = place + 4
            lengths[y] = size
            place += 4 + size


@compiled
def _number(data: Bytes, at: Longs, length: Ints, slots: Ints, first: Longs, numbers: Ints) -> int:
    """Number texts as they come by a table of open addresses; how many different ones there are.

    ``first`` learns where each number came first.
    """
    mask = np.uint64(len(slots) - 1)
    count = 0
    for x in range(len(at)):
        key = np.uint64(0xCBF29CE484222325)  # FNV-1a
        for y in range(length[x]):
            key = (key ^ np.uint64(data[at[x] + y])) * np.uint64(0x100000001B3)
        slot = key & mask
        while slots[slot] >= 0 and not _same(data, at, length, x, first[slots[slot]]):
            slot = (slot + np.uint64(1)) & mask
        if slots[slot] < 0:
            slots[slot] = count
            first[count] = x
            count += 1
        numbers[x] = slots[slot]
    return count


@compiled
def _same(data: Bytes, at: Longs, length: Ints, one: int, other: int) -> bool:
    """Whether the texts at two places are equal."""
    same, y = bool(length[one] == length[other]), 0
    while same and y < length[one]:
        same = bool(data[at[one] + y] == data[at[other] + y])
        y += 1
    return same
