"""The hits of a list: their keys in order, and the stored facets that they hold.

Who may see a row is asked of one row after the other, best first, until as many as wanted are
found. Left to choose, PostgreSQL first works out for all companies whether they are shown, which
takes longer than the rest of a search.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists

from chambers.selectors.facets import Rows


class OneByOne(Exists):
    """``Exists`` that PostgreSQL asks of each row as it comes: it joins nothing across OFFSET."""

    template = "EXISTS(%(subquery)s OFFSET 0)"


@dataclass(frozen=True)
class Unseen:
    """Rows of a list that nobody has asked yet whether their reader may see them.

    They are no query set, so that no page reads them by mistake: ``hits_of`` does the asking.
    ``may_see`` reads the key and the columns ``needs`` of a row, nothing else.
    """

    rows: Rows
    may_see: OneByOne
    needs: Sequence[str] = ()


@dataclass(frozen=True)
class Offered:
    """Which stored facets are counted: a regular expression of them.

    ``besides`` are patterns for LIKE of values that it has not, however many there are: these are
    not even grouped.
    """

    values: str
    besides: Sequence[str] = ()


@dataclass(frozen=True)
class Hits:
    """Keys of rows in their order; how many of them hold each stored facet, marks included."""

    keys: list[int]
    held: Counter[str]


def hits_of(unseen: Unseen, most: int, offered: Offered | None = None) -> Hits:
    """The first ``most`` rows that the reader may see, in the order of ``unseen``. One query.

    ``offered``: the stored facets to count; None counts none.
    """
    try:
        inner, parameters = _seen(unseen, most)
    except EmptyResultSet:  # what is asked answers to nothing, and needs no query
        return Hits([], Counter())
    counted = ""
    if offered is not None:
        # Grouped first: a few hundred values are compared, not some thousand.
        counted = (
            " UNION ALL SELECT value, number, NULL FROM (SELECT value, count(*) AS number"
            " FROM hits, unnest(hits.facets) AS value WHERE value NOT LIKE ALL(%s)"
            " GROUP BY value OFFSET 0) AS held WHERE value ~ %s"
        )
        parameters = [*parameters, list(offered.besides), offered.values]
    keys: list[int] = []
    held: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(
            # Both queries inside are Django's; everything that was asked is a parameter.
            f"WITH hits AS MATERIALIZED ({inner})"  # noqa: S608
            f" SELECT NULL, 0, array_agg(id) FROM hits{counted}",
            parameters,
        )
        for value, count, found in cursor.fetchall():
            if value is None:
                keys = list(found or ())
            else:
                held[value] = count
    return Hits(keys, held)


def _seen(unseen: Unseen, most: int) -> tuple[str, list[Any]]:
    """The query of the first rows that the reader may see, and its parameters.

    The condition is Django's own about the table; the ordered rows stand in the table's place.
    """
    model = unseen.rows.model
    rows, given = unseen.rows.values("id", "facets", *unseen.needs).query.sql_with_params()
    compiler = model.objects.filter(unseen.may_see).query.get_compiler(connection=connection)
    condition, asked = compiler.compile(compiler.query.where)
    table = connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001 - Django's word for it
    return (
        f"SELECT id, facets FROM ({rows}) AS {table} WHERE {condition} LIMIT %s",  # noqa: S608
        [*given, *asked, most],
    )
