"""The engine's index of a run: built from profiles, kept in files that every worker maps."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection

from chambers.models import Company
from matching import profiles
from matching.engine import Row, Weights
from matching.models import Dismissal, Run

if TYPE_CHECKING:
    from matching.engine.index import Index


def folder(run: Run) -> Path:
    """Where the files of a run's index stand."""
    return Path(settings.INDEX_DIR) / str(run.public_id)


def build(run: Run) -> Index:
    """The index of all profiles as they stand now, by the run's weights."""
    from matching.engine.index import (
        Index,
    )  # compiled code: only where it works, not at every start

    excluded: dict[int, set[int]] = {}
    pairs = Company.excluded_companies.through.objects.values_list("from_company", "to_company")
    for one, other in pairs:
        excluded.setdefault(one, set()).add(other)
    dismissed: dict[int, set[int]] = {}
    for one, other in Dismissal.objects.values_list("company", "partner"):
        dismissed.setdefault(one, set()).add(other)
    companies = [
        profiles.engine_company(
            company, excluded.get(company.pk, ()), dismissed.get(company.pk, ())
        )
        for company in Company.objects.filter(profile__isnull=False)
        .only("pk", "country_id", "target_countries", "excluded_countries", "languages")
        .order_by("pk")
        .iterator(chunk_size=5000)
    ]
    known = {company.id for company in companies}

    def rows() -> Iterator[Row]:
        for company, stored in profiles.iterate_profiles():
            if company in known:
                yield from profiles.engine_rows(company, stored)

    return Index.build(rows(), companies, weights_of(run))


def weights_of(run: Run) -> Weights:
    """The weights a run was started with."""
    return Weights(**run.weights)


def save(run: Run, index: Index) -> None:
    """Write the index; a half-written one is never read, its table of contents comes last."""
    place = folder(run)
    shutil.rmtree(place, ignore_errors=True)
    index.save(place)
    _load.cache_clear()
    _frequencies.cache_clear()


def load(run: Run) -> Index:
    """The index of a run, mapped into memory; built anew where its files are not at hand."""
    return _load(str(run.public_id))


@lru_cache(maxsize=2)
def _load(public_id: str) -> Index:
    from matching.engine.index import Index  # see above

    run = Run.objects.get(public_id=public_id)
    try:
        return Index.load(folder(run))
    except FileNotFoundError:
        index = build(run)
        save(run, index)
        return index


def frequencies(run: Run) -> dict[str, int]:
    """In how many rows of a run's index each term stands."""
    return _frequencies(str(run.public_id))


@lru_cache(maxsize=1)
def _frequencies(public_id: str) -> dict[str, int]:
    return dict(_load(public_id).frequencies())


def save_terms(run: Run, index: Index) -> None:
    """Keep what each term weighs, for explaining pairs without the index.

    Terms of a single row are left out: one is what a missing term counts as.
    """
    with connection.cursor() as cursor:
        cursor.execute("delete from matching_term where run_id = %s", [run.pk])
        with cursor.copy("copy matching_term (run_id, term, rows) from stdin") as copy:
            for term, rows in index.frequencies():
                if rows > 1:
                    copy.write_row((run.pk, term, rows))


def remove(run: Run) -> None:
    """Delete the files of a run's index."""
    shutil.rmtree(folder(run), ignore_errors=True)
