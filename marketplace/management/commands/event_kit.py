"""``manage.py event_kit EVENT --out DIR``: the printed kit of an event as files of a folder."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from chambers.models import SITE_LANGUAGES
from marketplace.models import Event
from marketplace.services.kit import kit_languages, write_kit


class Command(BaseCommand):
    help = (
        "Write the kit of an event into a folder: table cards, sheets of companies and "
        "interpreters, badges with QR codes, the standby list, the form of marks (also as CSV), "
        "and index.html, which answers who is where without a network. Any browser prints them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("event", help="its public id, or its number in the administration")
        parser.add_argument("--out", type=Path, required=True, help="the folder, made if missing")
        parser.add_argument(
            "--languages",
            type=_languages,
            help=f"of the companies' sheets, as ru,en; the first for all else: {_KNOWN}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        event = _event(options["event"])
        folder: Path = options["out"]
        try:
            written = write_kit(event, options["languages"] or kit_languages(event), folder)
        except OSError as error:
            raise CommandError(
                _("%(path)s cannot be written: %(why)s")
                % {"path": error.filename or folder, "why": error.strerror}
            ) from error
        for path in written:
            self.stdout.write(str(path))


_KNOWN = ", ".join(SITE_LANGUAGES)


def _languages(text: str) -> list[str]:
    codes = list(dict.fromkeys(text.lower().replace(" ", "").split(",")))
    if wrong := [code for code in codes if code not in SITE_LANGUAGES]:
        raise ArgumentTypeError(f"{', '.join(wrong)}: choose from {_KNOWN}")
    return codes


def _event(text: str) -> Event:
    """The event that is named. Raises CommandError."""
    rows = Event.objects.select_related("chamber")
    try:
        found = (
            rows.filter(pk=int(text))
            if text.isdecimal()
            else rows.filter(public_id=uuid.UUID(text))
        )
        return found.get()
    except (ValueError, OverflowError, Event.DoesNotExist) as error:
        raise CommandError(
            _("There is no event %(event)s: give the id that its page's address has.")
            % {"event": text}
        ) from error
