"""What became of each row of a file, for the person who brought it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from chambers.gates import tables

HEADER = ("line", "id", "name", "verdict", "field", "reason", "other")

ReportRow = tuple[int, str, str, str, str, str, str]


class Verdict(models.TextChoices):
    """What became of a row."""

    ACCEPTED = "accepted", _("accepted")
    UPDATED = "updated", _("updated")
    UNCHANGED = "unchanged", _("unchanged")
    DUPLICATE = "duplicate", _("duplicate")
    REFUSED = "refused", _("refused")


def default_report(path: Path) -> Path:
    """Where the report on a file goes when nobody says: among this checkout's own data."""
    return settings.BASE_DIR / "var" / "imports" / f"{path.name}.report.csv"


def write_report(path: Path, rows: Iterable[ReportRow]) -> None:
    """Write a row report as a table that Excel opens; whole, or the one before stays."""
    with _replacing(path) as target:
        tables.write_table(target, HEADER, rows)


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as target:
            yield target
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
