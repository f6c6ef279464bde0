#!/usr/bin/env python
"""Run a management command, with the services that it needs."""

import os
import sys
from importlib.util import find_spec


def execute(argv: list[str]) -> None:
    from django.core.management import execute_from_command_line

    execute_from_command_line(argv)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if find_spec("django") is None:
        sys.exit("Django is not installed here. Use make install, then .venv/bin/python manage.py.")
    from config.stack.commands import run

    sys.exit(run(sys.argv, execute))
