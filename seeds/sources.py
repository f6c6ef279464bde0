"""The data files beside this module, as Python objects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chambers.gates import tables

DATA = Path(__file__).parent / "data"


def table(name: str) -> list[dict[str, str]]:
    """The rows of ``<name>.csv``, by column."""
    with (DATA / f"{name}.csv").open("rb") as stream:
        return [row for _line, row in tables.read_table(stream, "utf-8-sig").rows]


def document(name: str) -> dict[str, Any]:
    """What ``<name>.json`` says."""
    return dict(json.loads((DATA / f"{name}.json").read_text(encoding="utf-8")))


def companies() -> list[dict[str, Any]]:
    """The demo's companies, countries mixed, so that any stretch of the list shows the world.

    The first of each file come last, so that they stand newest.
    """
    mixed: list[tuple[float, dict[str, Any]]] = []
    for path in sorted((DATA / "companies").glob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))["companies"]
        mixed += [((at + 0.5) / len(found), company) for at, company in enumerate(found)]
    return [company for _place, company in sorted(mixed, key=lambda one: one[0], reverse=True)]
