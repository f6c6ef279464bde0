"""Reference numbers without gaps and without twins."""

from __future__ import annotations

from django.db import connection


def next_reference(series: str) -> str:
    """The next number of a series of at most 20 characters: BO-RU-20261121-001.

    One statement, so that two at once wait for each other on the row.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into marketplace_referencecounter (series, last) values (%s, 1)"
            " on conflict (series) do update set last = marketplace_referencecounter.last + 1"
            " returning last",
            [series],
        )
        (number,) = cursor.fetchone() or (0,)
    return f"{series}-{number:03d}"
