"""Texts as sparse rows of counted words, and the few products that an evaluation needs of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """Row r holds ``values[start[r]:start[r + 1]]`` in the columns of the same places."""

    start: Longs
    columns: Ints
    values: Floats
    width: int

    def __len__(self) -> int:
        return len(self.start) - 1

    @cached_property
    def spread(self) -> Longs:
        """The number of holders of each column."""
        return np.bincount(self.columns, minlength=self.width)

    @cached_property
    def row(self) -> Longs:
        """The row of each value."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    @cached_property
    def by_column(self) -> Rows:
        """The same values with rows and columns exchanged."""
        order = np.argsort(self.columns, kind="stable")
        start = np.concatenate([[0], np.cumsum(self.spread)]).astype(np.int64)
        return Rows(start, self.row[order].astype(np.int32), self.values[order], len(self))

    def weighted(self, values: NDArray[np.floating]) -> Rows:
        """The same places with other values."""
        return Rows(self.start, self.columns, values.astype(np.float32), self.width)

    def normalised(self) -> Rows:
        """Each row divided by its length."""
        squares = np.bincount(self.row, self.values.astype(np.float64) ** 2, len(self))
        return self.weighted(self.values / np.sqrt(np.maximum(squares, 1e-12))[self.row])

    def times(self, dense: Floats) -> Floats:
        """The product with a dense matrix of ``width`` rows."""
        found = np.zeros((len(self), dense.shape[1]), np.float32)
        _times(self.start, self.columns, self.values, np.ascontiguousarray(dense), found)
        return found

    def scores(self, columns: Ints, values: Floats) -> Doubles:
        """The product of every row with one more sparse row, one number per row."""
        turned = self.by_column
        found = np.zeros(len(self), np.float64)
        for column, value in zip(columns.tolist(), values.tolist(), strict=True):
            part = slice(turned.start[column], turned.start[column + 1])
            found[turned.columns[part]] += value * turned.values[part]
        return found


class Vocabulary:
    """Words by number, in the order of their first use."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def grow(self, texts: Iterable[Mapping[str, float]]) -> Rows:
        """Texts as rows; every word gets a number."""
        numbers = self.numbers
        start, columns, values = [0], [], []
        for text in texts:
            for word, value in text.items():
                columns.append(numbers.setdefault(word, len(numbers)))
                values.append(value)
            start.append(len(columns))
        return Rows(
            np.array(start, np.int64),
            np.array(columns, np.int32),
            np.array(values, np.float32),
            len(numbers),
        )

    def read(self, text: Mapping[str, float]) -> tuple[Ints, Floats]:
        """The known words of one text: their numbers and values."""
        known = [
            (self.numbers[word], value) for word, value in text.items() if word in self.numbers
        ]
        return (
            np.array([number for number, _ in known], np.int32),
            np.array([value for _, value in known], np.float32),
        )


def counted(lexemes: Sequence[str]) -> Counter[str]:
    """How often each lexeme stands in a text; numbers are left out, as the engine leaves them."""
    return Counter(lexeme for lexeme in lexemes if not lexeme.isdigit())


@numba.njit(nogil=True, cache=True)
def _times(
    start: Longs, columns: Ints, values: Floats, dense: Floats, found: Floats
) -> None:  # pragma: no cover -- compiled
    for row in range(len(start) - 1):
        for at in range(start[row], start[row + 1]):
            value, column = values[at], columns[at]
            for x in range(dense.shape[1]):
                found[row, x] += value * dense[column, x]
