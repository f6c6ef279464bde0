from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from seeds import demo, reference


class Command(BaseCommand):
    help = "Load countries and trade codes and, once, the demo world."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="reference data only")

    def handle(self, *args: Any, **options: Any) -> None:
        with_demo = not options["no_demo"]
        if with_demo and not (settings.DEMO or settings.DEBUG):
            raise CommandError(
                "The demo's people share a known password, one of them may do everything: "
                "it is for a demo only (DEMO=1). Use --no-demo here."
            )
        self._say("Countries and trade codes")
        changed = reference.load_reference()
        if not with_demo:
            self._say(f"Reference data is there ({changed} rows new or changed).")
        elif demo.is_built():
            self._say("The demo world is there already.")
        else:
            demo.build(self._say)
            self._say("The demo world is ready.")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
