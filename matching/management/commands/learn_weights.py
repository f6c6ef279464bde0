"""Propose constants of the score from what happened; puts nothing in force."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from matching.models.constants import changed_constants
from matching.services.learning import learn_weights
from matching.services.weights import weights_in_force


class Command(BaseCommand):
    help = "Learn from accepted and declined partners; writes a draft where that is surely better."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="draws the events held back")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            lesson = learn_weights(seed=options["seed"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        found = lesson.learnt
        if found is not None:
            self.stdout.write(
                f"Learnt from {found.accepted} accepted and {found.declined} declined; "
                f"held back {found.held_accepted} and {found.held_declined}."
            )
            self.stdout.write(
                f"AUC {found.before.auc:.3f} -> {found.after.auc:.3f}, "
                f"gain {found.gain:+.3f} [{found.interval[0]:+.3f}, {found.interval[1]:+.3f}]"
            )
            for constant, before, after in changed_constants(weights_in_force(), found.weights):
                self.stdout.write(f"  {constant.name}: {before:.4g} -> {after:.4g}")
        self.stdout.write(lesson.told)
