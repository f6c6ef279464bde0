"""``manage.py verify_timetable FILE``: whether a timetable is what it claims to be."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from marketplace.verification import UnreadableError, verify_file


class Command(BaseCommand):
    help = (
        "Check a published timetable anew: its rules, its figures and its hashes. Shares no code "
        "with the solver and reads no rows. Exit code 0 accepted, 1 rejected, 2 unreadable."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="published timetable, or an instance")
        parser.add_argument(
            "schedule", type=Path, nargs="?", help="answer of manage.py timetable to the instance"
        )

    def handle(self, *, path: Path, schedule: Path | None, **options: Any) -> None:
        try:
            verdict = verify_file(path, schedule)
        except UnreadableError as error:
            raise CommandError(
                _("The file cannot be checked: %(error)s") % {"error": error}, returncode=2
            ) from error
        if not verdict.accepted:
            raise CommandError("\n".join(verdict.lines()), returncode=1)
        self.stdout.write("\n".join(verdict.lines()))
