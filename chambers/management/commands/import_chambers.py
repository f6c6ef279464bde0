"""``manage.py import_chambers PATH``: chambers from a table or JSON Lines."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from chambers.gates.files import BrokenFileError
from chambers.services import imports


class Command(BaseCommand):
    help = (
        "Import chambers of commerce. Columns: name, name_local, country (ISO 3166-1), city, "
        "website, kind (national, regional, city ...). Known chambers keep what they have; gaps "
        "are filled. A broken file changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="CSV or JSON Lines, also .gz")
        parser.add_argument("--report", type=Path, help="where the row report is written (CSV)")

    def handle(self, *, path: Path, report: Path | None, **options: Any) -> None:
        report = report or imports.default_report(path)
        try:
            outcome = imports.import_chambers(path, report=report)
        except BrokenFileError as error:
            raise CommandError(
                _("%(error)s\nNothing was changed. Mend the file and run the command again.")
                % {"error": error}
            ) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        for verdict in imports.Verdict:
            self.stdout.write(f"{outcome.counts[verdict]:>9,}  {verdict.label}")
        self.stdout.write(_("Row report: %(path)s") % {"path": report})
