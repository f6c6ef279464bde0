"""Reads published timetables and instances, in the words of ``marketplace.verification``."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TABLE, SCREEN, NONE = 0, 1, 2
"""What a meeting takes: a table, one with a screen, or none."""
_PUBLISHED_FAIRNESS = 2
"""Of .dzn files, which do not say it."""

Object = dict[str, Any]


class UnreadableError(ValueError):
    """A file that cannot be checked at all; the text says why."""


def taken(problem: Object, meeting: int, start: int) -> range:
    """Slots that a meeting takes from its start."""
    return range(start, start + problem["lengths"][meeting])


def day_numbers(days: Sequence[Sequence[int]]) -> dict[int, int]:
    """The number of the day of each slot."""
    return {slot: number for number, day in enumerate(days) for slot in day}


def read(path: Path) -> Object:
    """The object in a JSON file. Raises UnreadableError."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableError(f"{path.name}: cannot be read: {error}") from error
    if not isinstance(told, dict):
        raise UnreadableError(f"{path.name}: holds no object")
    return told


def instance(path: Path) -> Object:
    """The question in an instance file, in the words of a published one."""
    told = _from_dzn(path) if path.suffix == ".dzn" else read(path)
    slots, meetings = told["slots"], told["meetings"]
    count, people = len(meetings), told["participants"]
    days = sorted(day for day in told.get("days") or [list(range(slots))] if day)
    tables = told["tables"] if isinstance(told["tables"], list) else [told["tables"]] * slots
    screens = told.get("screens", tables)
    more = told.get("attendees") or [[]] * count
    problem = {
        "participants": people,
        "slots": slots,
        "days": days,
        "tables": tables,
        "screens": screens if isinstance(screens, list) else [screens] * slots,
        "meetings": [[*row[:2], *extra] for row, extra in zip(meetings, more, strict=True)],
        "lengths": told.get("lengths") or [1] * count,
        "places": told.get("places") or [TABLE] * count,
        "helpers": told.get("helpers") or [[]] * count,
        "forbidden": [sorted(set(row)) for row in told.get("forbidden") or [[]] * people],
        "precedences": told.get("precedences") or [],
        "counted": [bool(one) for one in told.get("counted") or [True] * people],
        "fairness": told.get("fairness"),
        "burden": told.get("burden") or [],
        "sessions": [row[2] for row in meetings],
        "fixed": told.get("fixed") or [-1] * count,
        "optional": bool(told.get("optional_meetings", False)),
    }
    sessions = [range(slots), *told.get("sessions", [])]
    problem["domains"] = [
        _domain(problem, meeting, set(sessions[row[2]])) for meeting, row in enumerate(meetings)
    ]
    return problem


def _domain(problem: Object, meeting: int, session: set[int]) -> list[int]:
    """Slots in which a meeting may start."""
    day_of = day_numbers(problem["days"])
    away = {slot for one in problem["meetings"][meeting] for slot in problem["forbidden"][one]}
    fixed, length = problem["fixed"][meeting], problem["lengths"][meeting]
    return [
        slot
        for slot in sorted(session)
        if fixed in (-1, slot)
        and day_of.get(slot + length - 1) == day_of[slot]
        and all(step in session and step not in away for step in range(slot, slot + length))
    ]


def _from_dzn(path: Path) -> Object:
    """An instance of the published benchmark (JAIR 74, 2022), which counts from 1."""
    try:
        text = re.sub(r"%.*", "", path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableError(f"{path.name}: cannot be read: {error}") from error
    parts = [part.split("=", 1) for part in text.split(";") if "=" in part]
    items = {name.strip(): body for name, body in parts}

    def numbers(name: str) -> list[int]:
        return [int(number) for number in re.findall(r"-?\d+", items[name])]

    def sets(name: str) -> list[list[int]]:
        """From 0; the 0 of the file stands for nothing."""
        bodies = re.findall(r"\{([^}]*)\}", items[name])
        rows = [[int(number) for number in re.findall(r"\d+", body)] for body in bodies]
        return [[number - 1 for number in row if number > 0] for row in rows]

    slots, morning = numbers("nTotalSlots")[0], numbers("nMorningSlots")[0]
    asked = numbers("requested")
    told: Object = {
        "participants": numbers("nBusiness")[0],
        "slots": slots,
        "tables": numbers("nTables")[0],
        "sessions": [list(range(morning)), list(range(morning, slots))],
        "meetings": [
            [asked[at] - 1, asked[at + 1] - 1, asked[at + 2] % 3] for at in range(0, len(asked), 3)
        ],
        "forbidden": [[slot for slot in row if slot < slots] for row in sets("forbidden")],
        "fairness": _PUBLISHED_FAIRNESS,
    }
    for name in ("fixed", "fixat"):
        if name in items:
            told["fixed"] = [number - 1 for number in numbers(name)]
    if "precedences" in items:
        told["precedences"] = [
            [first, second] for second, row in enumerate(sets("precedences")) for first in row
        ]
    return told
