"""What an index is built from, read by the million: no model instance, no JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection

from chambers.models.levels import DEFAULT_LEVELS
from matching import engine, profiles
from matching.engine.rows import NOBODY, NOTHING


def packed_rows() -> Iterator[tuple[int, bytes]]:
    """(company, packed rows) of every stored profile but those of companies that left."""
    held = "select company_id, packed from matching_profile where packed <> ''"
    query = f"copy ({held}) to stdout (format binary)"
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.set_types(["int8", "bytea"])
        yield from copy.rows()


def limits() -> Iterator[engine.Company]:
    """What limits the partners of every company with a profile, as ``engine_company`` tells it.

    Not of those that left: their profile is empty.
    """
    ties = profiles.ties_of()
    query = (
        "select c.id, c.country_id, c.target_countries, c.excluded_countries, c.corporate_group,"
        " case when coalesce(c.visibility->>'languages', %s) = any(%s) then c.languages"
        " else '{}' end, c.accepts_interpreter, c.certificates, c.required_certificates,"
        " case when coalesce(c.visibility->>'size', %s) = any(%s) then c.size else '' end,"
        " c.accepted_sizes, c.avoids_competitors, p.trades, p.topic"
        " from chambers_company c join matching_profile p on p.company_id = c.id"
        " where p.digest <> '' order by c.id"
    )
    levels = sorted(level.value for level in profiles.SEEN_BY_MEMBERS)
    seen = [DEFAULT_LEVELS["languages"], levels, DEFAULT_LEVELS["size"], levels]
    known: dict[tuple[str, ...], frozenset[str]] = {}

    def one(names: list[str]) -> frozenset[str]:
        if not names:
            return NOTHING
        key = tuple(names)
        return known.get(key) or known.setdefault(key, frozenset(key))

    for row in _rows_of(query, seen):
        found = ties.get(row[0], profiles.NO_TIES)
        yield engine.Company(
            id=row[0],
            country=row[1],
            wanted=one(row[2]),
            excluded=one(row[3]),
            blocked=frozenset(found.blocked) if found.blocked else NOBODY,
            dismissed=frozenset(found.dismissed) if found.dismissed else NOBODY,
            met=frozenset(found.met) if found.met else NOBODY,
            group=profiles.group_key(row[4]) if row[4] else 0,
            languages=one(row[5]),
            interpreter=row[6],
            certificates=one(row[7]),
            requires=one(row[8]),
            size=row[9],
            sizes=one(row[10]),
            avoids_competitors=row[11],
            trades=one(row[12]),
            industry=row[13],
        )


def _rows_of(query: str, parameters: list[Any]) -> Iterator[Any]:
    """The rows of a query, some thousand at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, parameters)
        while rows := cursor.fetchmany(5000):
            yield from rows
