import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from seeds import reference, testbed


class Command(BaseCommand):
    help = "Make a small fixed world for tests from outside and write every key to it to a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", type=Path, required=True, metavar="FILE", help="what to write"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.DEMO or settings.DEBUG):
            raise CommandError("This hands out keys to everything: for a demo only (DEMO=1).")
        target: Path = options["json"]
        reference.load_reference()
        document = json.dumps(testbed.build(), ensure_ascii=False, indent=2)
        # Readable by its owner only, from the first byte on.
        unfinished = target.with_name(f"{target.name}.part")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(
            os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
        ) as out:
            out.write(f"{document}\n")
        unfinished.replace(target)
        self.stdout.write(f"Base URL, logins, passwords, second factors and tokens: {target}")
