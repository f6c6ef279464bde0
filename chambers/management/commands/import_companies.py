"""``manage.py import_companies PATH``: companies from JSON Lines or a table."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from chambers.gates.files import BrokenFileError
from chambers.models import Job
from chambers.services import imports, jobs

_LOOK_AGAIN = 0.5  # seconds


class Command(BaseCommand):
    help = (
        "Import companies as members of their countries' national chambers. Columns: id, name, "
        "name_local, country (ISO 3166-1), city, registration_number, website, industry, tags, "
        "description, language. All or nothing; the same file again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="JSON Lines or CSV, also .gz")
        parser.add_argument("--limit", type=_positive, help="only the first rows")
        parser.add_argument("--report", type=Path, help="where the row report is written (CSV)")
        parser.add_argument(
            "--keep-duplicates",
            action="store_true",
            help="also take in rows that are alike by name alone",
        )

    def handle(
        self,
        *,
        path: Path,
        limit: int | None,
        report: Path | None,
        keep_duplicates: bool,
        **options: Any,
    ) -> None:
        report = report or imports.default_report(path)
        with tqdm(disable=None, unit=" rows") as bar:
            try:
                job = _finished(
                    bar, path, report=report, limit=limit, keep_duplicates=keep_duplicates
                )
            except BrokenFileError as error:
                raise _broken(str(error)) from error
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from error
        if job.state != Job.State.DONE:
            raise _unfinished(job)
        self._tell(job.result)

    def _tell(self, result: dict[str, Any]) -> None:
        for label, rows in imports.summary(result):
            self.stdout.write(f"{rows:>9,}  {label}")
        for verdict, column, reason, rows in result["remarks"]:
            self.stdout.write(f"{rows:>9,}    {verdict}: {column}: {reason}")
        if result["unused"]:
            self.stdout.write(_("Not used: %(names)s") % {"names": ", ".join(result["unused"])})
        if made := result["placeholders"]:
            self.stdout.write(
                _(
                    "%(count)d countries had no national chamber; a placeholder each has the new "
                    "members. Name them in the administration or with import_chambers."
                )
                % {"count": len(made)}
            )
        self.stdout.write(_("Row report: %(path)s") % {"path": result["report"]})
        if result["accepted"] or result["updated"]:
            self.stdout.write(_("Next: manage.py match, so that the companies are matched."))


class _ShownLease(jobs.Lease):
    """A lease whose progress moves the bar as well."""

    def __init__(self, job: Job, bar: tqdm) -> None:
        super().__init__(job)
        self._bar = bar

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        super().progress(done, total, message)
        _show(self._bar, done, total, message)


def _finished(bar: tqdm, path: Path, **options: Any) -> Job:
    """The job of this import once it is over, whether this process did it or another."""
    while True:
        job, lease = imports.order_import(path, **options)
        if lease is None:
            _wait_for(job, bar)
        else:
            try:
                jobs.do(_ShownLease(lease.job, bar))
            except KeyboardInterrupt:
                jobs.cancel(lease.job)
                raise CommandError(_("Stopped. Nothing was changed.")) from None
            job.refresh_from_db()
        # Running still: its process died, or ours was too slow and another took over.
        if job.state != Job.State.RUNNING:
            return job


def _wait_for(job: Job, bar: tqdm) -> None:
    """Show how another process proceeds until it ends or falls silent."""
    while job.state == Job.State.RUNNING and (job.lease_until or timezone.now()) >= timezone.now():
        _show(bar, job.done, job.total, _("Another process imports this file"))
        time.sleep(_LOOK_AGAIN)
        job.refresh_from_db()


def _show(bar: tqdm, done: int, total: int | None, message: str) -> None:
    bar.set_description(message, refresh=False)
    bar.total, bar.n = total, done
    bar.refresh()


def _broken(error: str) -> CommandError:
    return CommandError(
        _("%(error)s\nNothing was changed. Mend the file and run the command again.")
        % {"error": error}
    )


def _unfinished(job: Job) -> CommandError:
    if job.state == Job.State.CANCELLED and job.error:
        return _broken(job.error)
    if job.state == Job.State.CANCELLED:
        return CommandError(_("The import was stopped. Nothing was changed."))
    return CommandError(
        _("%(error)s\nNothing was changed. A worker tries again; so does this command.")
        % {"error": job.error}
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
