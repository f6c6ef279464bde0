"""``manage.py read_bounce < REPORT``: a delivery report, as a mail server hands it to a program."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from chambers.services.bounces import note_bounce


class Command(BaseCommand):
    help = (
        "Read one mail from standard input. If it reports that an address refused a mail of ours "
        "for good, the mail is marked so; anything else is left alone."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        mail = note_bounce(sys.stdin.buffer.read())
        self.stdout.write(f"Refused: {mail}" if mail else "No report about a mail of ours.")
