"""Import a file of companies: all of it or nothing, as often as one likes.

Rows are read and checked into a table of this connection; one transaction then compares, stores
and ends the job. Whoever is killed before its commit has changed nothing, and the same file can be
imported again by the same command, or by a worker once the lease has run out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.gates import files
from chambers.gates.files import BrokenFileError
from chambers.models import Job
from chambers.services import jobs
from chambers.services.imports import applying, staging, verdicts
from chambers.services.imports.places import known_countries
from chambers.services.imports.records import Record, Source, look_at, records
from chambers.services.imports.report import Verdict, write_report
from chambers.services.imports.rows import (
    COLUMNS,
    NEEDED,
    RefusedRowError,
    read_company,
    shown,
)
from chambers.services.imports.texts import presentable

KIND = "chambers.import"
BATCH = 1_000  # rows between two signs of progress
_ONE_AT_A_TIME = 0x1A7057  # any number that no other advisory lock of this database has
_MOST_REMARKS = 20
_MOST_UNUSED = 30
_LONGEST_NAME, _LONGEST_ERROR = 60, 500  # characters


@dataclass(frozen=True)
class Order:
    """What is to be imported and how; kept with the job, so that a worker can finish it."""

    path: str  # absolute
    report: str  # absolute
    fingerprint: str = ""
    limit: int | None = None
    keep_duplicates: bool = False

    @property
    def key(self) -> str:
        """Orders with the same key would do the same."""
        kept = "keep" if self.keep_duplicates else ""
        return f"{self.fingerprint}:{self.limit or ''}:{kept}"


@dataclass
class _Seen:
    """What was met while reading."""

    rows: int = 0
    unused: set[str] = field(default_factory=set)


def order_import(
    path: Path, *, report: Path, limit: int | None = None, keep_duplicates: bool = False
) -> tuple[Job, jobs.Lease | None]:
    """Write down that a file of companies is to be imported, and take it on in this process.

    Without a lease another process is at it: wait and order again. Raises BrokenFileError for a
    file that cannot be read at all, ValidationError ``no_countries`` in an empty database.
    """
    known_countries()
    order = Order(
        path=str(path.absolute()),
        report=str(report.absolute()),
        fingerprint=files.fingerprint(path),
        limit=limit,
        keep_duplicates=keep_duplicates,
    )
    # Ordered and claimed in one transaction, so that no worker takes it before us.
    with transaction.atomic():
        ours = Job.objects.filter(kind=KIND, key=order.key).open().order_by("pk")
        # One that failed a moment ago need not wait now that somebody asks for it.
        ours.filter(state=Job.State.QUEUED).update(run_after=timezone.now())
        for job in ours:
            if (lease := jobs.claim(pk=job.pk)) is not None:
                lease.job.payload = asdict(order)
                lease.job.save(update_fields=["payload"])
                return lease.job, lease
            job.refresh_from_db()
            if job.state == Job.State.RUNNING:
                return job, None
        job = jobs.enqueue(KIND, asdict(order), key=order.key)
        return job, jobs.claim(pk=job.pk)


@jobs.handles(KIND)
def import_companies(lease: jobs.Lease) -> None:
    """Import the file of a job; a broken one stops the job and changes nothing."""
    order = Order(**lease.payload)
    try:
        source = _source(order)
        staging.create()
        try:
            seen = _stage(source, order, lease)
            _finish(order, seen, lease)
        finally:
            # Without a connection there is no table either.
            with suppress(DatabaseError):
                staging.drop()
    except BrokenFileError as error:
        # No second try would mend it.
        Job.objects.filter(pk=lease.job.pk).update(error=presentable(str(error), _LONGEST_ERROR))
        with suppress(ValidationError):
            jobs.cancel(lease.job)


def _source(order: Order) -> Source:
    path = Path(order.path)
    if files.fingerprint(path) != order.fingerprint:
        raise BrokenFileError(_("The file was changed after the import was ordered."))
    return look_at(path)


def _stage(source: Source, order: Order, lease: jobs.Lease) -> _Seen:
    """Read all rows into the staging table, showing how far it is."""
    countries = known_countries()
    seen = _Seen()
    total = min(source.lines, order.limit or source.lines)
    found = records(source, needed=NEEDED, limit=order.limit)
    lease.progress(0, total, _("Reading"))
    rows = (_checked(record, countries, seen) for record in found)
    while batch := list(islice(rows, BATCH)):
        staging.copy(batch)
        seen.rows += len(batch)
        lease.progress(min(seen.rows, total), total, _("Reading"))
    staging.complete()
    lease.progress(total, total, _("Comparing and storing"))
    return seen


def _checked(record: Record, countries: Collection[str], seen: _Seen) -> staging.Staged:
    line, values = record
    if len(seen.unused) < _MOST_UNUSED:
        seen.unused |= values.keys() - set(COLUMNS)
    try:
        company = read_company(values, countries)
    except RefusedRowError as refused:
        return staging.Staged(line, shown(values, "id"), shown(values, "name"), refused)
    return staging.Staged(line, company.external_id, company.legal_name, company)


def _finish(order: Order, seen: _Seen, lease: jobs.Lease) -> None:
    """Compare, store, report, and end the job: one transaction."""
    with lease.finish() as result:
        _wait_for_others()
        verdicts.decide(keep_duplicates=order.keep_duplicates)
        made = applying.apply()
        result |= {
            **staging.counts(),
            "rows": seen.rows,
            "report": order.report,
            "unused": sorted({presentable(name, _LONGEST_NAME) for name in seen.unused}),
            "remarks": staging.remark_counts()[:_MOST_REMARKS],
            "placeholders": [chamber.name_en for chamber in made],
        }
        # Before the commit: whoever is killed right after it leaves the report of what was done,
        # whoever is killed right before it is followed by one who writes it anew.
        write_report(Path(order.report), staging.report_rows())


def _wait_for_others() -> None:
    """Two imports at a time would each miss the other's companies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])


def summary(result: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """(Verdict for a person, rows) in a fixed order."""
    for verdict in Verdict:
        yield str(verdict.label), int(result.get(verdict.value, 0))
