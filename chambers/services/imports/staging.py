"""The rows of one file in a table of this connection alone, before any of them counts.

The table lives and dies with the connection, so whoever is killed in the middle leaves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from chambers.services.imports.report import ReportRow, Verdict
from chambers.services.imports.rows import CompanyRow, RefusedRowError

_TABLE = """
CREATE TEMPORARY TABLE import_row (
    line integer NOT NULL,
    shown_id text NOT NULL,
    shown_name text NOT NULL,
    verdict text NOT NULL,   -- '' until it is known
    field text NOT NULL,
    reason text NOT NULL,
    other text NOT NULL DEFAULT '',
    external_id text, legal_name text, legal_name_latin text, country text, city text,
    registration_number text, website text, domain text, industry text,
    description text, language text, names text, search tsvector, head tsvector,
    public_id uuid, membership_id uuid,
    company bigint,          -- the stored company that this row is
    by_name boolean NOT NULL DEFAULT false  -- told by its name only
)
"""

_COPY = """
COPY import_row (
    line, shown_id, shown_name, verdict, field, reason,
    external_id, legal_name, legal_name_latin, country, city, registration_number, website,
    domain, industry, description, language, names, search, head, public_id,
    membership_id
) FROM STDIN
"""

_INDEXES = """
CREATE UNIQUE INDEX ON import_row (line);
CREATE INDEX ON import_row (external_id) WHERE verdict = '';
ANALYZE import_row
"""


@dataclass(frozen=True)
class Staged:
    """A row of the file: what the report will call it, and what it holds or why it cannot."""

    line: int
    shown_id: str
    shown_name: str
    found: CompanyRow | RefusedRowError


def create() -> None:
    """Make the empty table, in place of one that an earlier import of this connection left."""
    drop()
    _execute(_TABLE)


def drop() -> None:
    """Forget the rows and what was worked out from them: the connection may serve another."""
    _execute("DROP TABLE IF EXISTS import_row, import_key, import_merged, import_vector")


def copy(rows: Iterable[Staged]) -> None:
    """Add rows."""
    with connection.cursor() as cursor, cursor.copy(_COPY) as target:
        for row in rows:
            target.write_row(_values(row))


def complete() -> None:
    """Say that all rows are there: from now on they are compared."""
    _execute(_INDEXES)


def counts() -> dict[str, int]:
    """How many rows have each verdict; every verdict is named."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT verdict, count(*) FROM import_row GROUP BY verdict")
        found = dict(cursor.fetchall())
    return {verdict: found.get(verdict, 0) for verdict in Verdict.values}


def remark_counts() -> list[tuple[str, str, str, int]]:
    """(Verdict, field, reason, rows) of all rows with a reason, the commonest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT verdict, field, reason, count(*) FROM import_row WHERE reason <> '' "
            "GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3"
        )
        return list(cursor.fetchall())


def report_rows() -> Iterator[ReportRow]:
    """All rows in the order of the file, streamed."""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY (SELECT line, shown_id, shown_name, verdict, field, reason, other "
            "FROM import_row ORDER BY line) TO STDOUT"
        ) as found,
    ):
        found.set_types(["int4", "text", "text", "text", "text", "text", "text"])
        yield from found.rows()


def _values(row: Staged) -> tuple[Any, ...]:
    shown = (row.line, row.shown_id, row.shown_name)
    found = row.found
    if isinstance(found, RefusedRowError):
        return (*shown, Verdict.REFUSED.value, found.field, found.reason, *[None] * 16)
    return (
        *shown,
        "",
        ", ".join(found.remarks),
        " ".join(dict.fromkeys(found.remarks.values())),
        found.external_id,
        found.legal_name,
        found.legal_name_latin,
        found.country,
        found.city,
        found.registration_number,
        found.website,
        found.domain,
        found.industry,
        found.description,
        found.language,
        found.names,
        found.search,
        found.head,
        found.public_id,
        found.membership_id,
    )


def _execute(statements: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statements)
