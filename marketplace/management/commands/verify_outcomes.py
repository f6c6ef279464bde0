"""Check that the record of outcomes is whole and that every paper is stored as it says."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.models import OutcomeEntry
from marketplace.selectors.outcomes import broken_lines


class Command(BaseCommand):
    """Walks the chain of hashes from its first line; needs no secret."""

    help = "Check the record of outcomes; ends with an error where it does not hold."

    def handle(self, *args: Any, **options: Any) -> None:
        """Name each place that does not hold; CommandError when there is one."""
        broken = list(broken_lines())
        for one in broken:
            self.stdout.write(f"line {one.number}, {one.reference}: {one.what}")
        if broken:
            raise CommandError(f"The record does not hold in {len(broken)} places.")
        last = OutcomeEntry.objects.order_by("-number").first()
        end = f", ending with {last.digest}" if last else ""
        self.stdout.write(f"The record holds: {OutcomeEntry.objects.count()} lines{end}")
