"""Columns of a query as arrays, without one Python object per row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

_HEADER, _TRAILER = 19, 2  # bytes of a binary COPY before and after its rows
LONG, REAL, INTEGER = np.dtype(">i8"), np.dtype(">f4"), np.dtype(">i4")


def read(query: str, parameters: Sequence[Any], kinds: Sequence[np.dtype]) -> list[NDArray[Any]]:
    """One array per column of a query, each of the machine's byte order.

    ``kinds`` are ``LONG`` (bigint), ``REAL`` (real) or ``INTEGER`` (integer), as the columns are;
    none may be null.
    Source of the layout: PostgreSQL manual, COPY, binary format.
    """
    layout: list[tuple[str, np.dtype]] = [("fields", np.dtype(">i2"))]
    for at, kind in enumerate(kinds):
        layout += [(f"length{at}", INTEGER), (f"value{at}", kind)]
    copied = f"copy ({query}) to stdout (format binary)"
    with connection.cursor() as cursor, cursor.copy(copied, parameters) as copy:
        found = b"".join(copy)
    rows = np.frombuffer(memoryview(found)[_HEADER : len(found) - _TRAILER], np.dtype(layout))
    return [
        rows[f"value{at}"].astype(kind.newbyteorder("="), order="C")
        for at, kind in enumerate(kinds)
    ]
