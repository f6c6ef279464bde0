"""How lists of suggestions reach the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from matching.models import Run

if TYPE_CHECKING:
    from matching.engine.index import Top

_COPY = (
    "copy matching_suggestionlist"
    " (run_id, company_id, partners, mutual, they_cover, you_cover, shared) from stdin"
)


def copy_lists(run: Run, found: Top) -> int:
    """Write the lists of some companies the fast way; how many."""
    written = 0
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for company, partners, scores in found.lists():
            copy.write_row((run.pk, company, partners, *scores))
            written += 1
    return written


def lock_lists() -> None:
    """Be the only one who changes profiles or current lists, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('matching lists'))")
