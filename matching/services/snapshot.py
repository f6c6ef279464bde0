"""What an index is built from, read by the million: no model instance, no JSON."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from django.db import connection

from chambers.models.levels import DEFAULT_LEVELS
from matching import profiles, ties
from matching.engine.company_columns import CompanyColumns, Pairs


def packed_rows() -> Iterator[tuple[int, bytes]]:
    """(company, packed rows) of every stored profile but those of companies that left."""
    held = "select company_id, packed from matching_profile where packed <> ''"
    query = f"copy ({held}) to stdout (format binary)"
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.set_types(["int8", "bytea"])
        yield from copy.rows()


def limits() -> CompanyColumns:
    """What limits the partners of every company with a profile, as ``engine_company`` tells it.

    Not of those that left: their profile is empty.
    """
    from matching.services.copied import Kind, read  # compiled code: only where it works

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
    columns = {
        "ids": Kind.LONG,
        "country": Kind.TEXT,
        "wanted": Kind.TEXTS,
        "excluded": Kind.TEXTS,
        "group": Kind.TEXT,
        "languages": Kind.TEXTS,
        "interpreter": Kind.FLAG,
        "certificates": Kind.TEXTS,
        "requires": Kind.TEXTS,
        "size": Kind.TEXT,
        "sizes": Kind.TEXTS,
        "avoids_competitors": Kind.FLAG,
        "trades": Kind.TEXTS,
        "industry": Kind.TEXT,
    }
    found = dict(zip(columns, read(query, seen, list(columns.values())), strict=True))
    groups = found.pop("group")
    keys = np.array([profiles.group_key(name) for name in groups.names], np.int64)
    blocked, dismissed, met = _ties()
    return CompanyColumns(
        **found,
        blocked=blocked,
        dismissed=dismissed,
        met=met,
        group=keys[groups.numbers],
        standing=np.zeros(len(found["ids"])),
    )


def _ties() -> list[Pairs]:
    """Who is blocked, dismissed and met, of all companies, as ``ties_of`` tells it."""
    from matching.services.copied import Kind, read  # see above

    query, parameters = ties.stored().query.sql_with_params()
    one, other, how = read(query, parameters, [Kind.LONG, Kind.LONG, Kind.TEXT])
    sorts = np.array([ties.sort_of(name) for name in how.names], np.str_)[how.numbers]
    return [
        Pairs(one[sorts == name], other[sorts == name]) for name in ("blocked", "dismissed", "met")
    ]
