"""Timetable files: the .dzn of the published benchmark, and our JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from marketplace.scheduling.problem import Certificate, Place, Plan, Problem

FAIRNESS = 2
"""What the published tables allow for .dzn files, which do not say it themselves."""


class FormatError(ValueError):
    """A file that cannot be read; the text names file, field and rule."""


def read(path: Path, *, fairness: int | None = None) -> Problem:
    """The problem in a .dzn or .json file.

    ``fairness`` overrides what the file says. A .json file is an object with ``participants``,
    ``slots``, ``tables`` (a number, or one per slot), ``meetings`` ([one, other, session], from
    0; session 0 is any, n the nth of ``sessions``), and if need be ``sessions``, ``days``,
    ``forbidden``, ``fixed`` (-1 is free), ``precedences``, ``fairness`` and
    ``optional_meetings``. Ours adds ``lengths``, ``places``, ``helpers``, ``attendees`` (further
    people per meeting), ``screens``, ``counted`` and ``burden``, as in ``Problem``.

    Raises FormatError.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"{path.name}: cannot be read: {error}") from error
    try:
        told = _from_dzn(text) if path.suffix == ".dzn" else _from_json(text)
        if fairness is not None:
            told["fairness"] = fairness
        return _Reader(told).problem()
    except FormatError as error:
        raise FormatError(f"{path.name}: {error}") from error


def first_number(path: Path) -> int:
    """Whether participants, slots and meetings of a file count from 0 or from 1."""
    return 1 if path.suffix == ".dzn" else 0


def answer(plan: Plan | None, certificate: Certificate, seconds: float) -> dict[str, Any]:
    """What a SCHEDULE.json holds; ``slot`` is all null where there is no plan."""
    told: dict[str, Any] = {
        "slot": list(plan.slot) if plan else [None] * certificate.meetings,
        "table": list(plan.table) if plan else [],
        "helper": list(plan.helper) if plan else [],
        "status": certificate.status.value,
        "placed": certificate.placed,
        "breaks": certificate.breaks if plan else None,
        "lower_bound": certificate.lower_bound,
        "most_placed": certificate.most_placed,
        "idle_slots": certificate.idle_slots,
        "seed": certificate.seed,
        "seconds": round(seconds, 3),
        "input_hash": certificate.input_hash,
    }
    if plan:
        told["plan_hash"] = certificate.plan_hash
    told["unplaced"] = [
        {
            "meeting": unplaced.meeting,
            "cause": unplaced.cause.value,
            "participants": list(unplaced.participants),
            "slots": list(unplaced.slots),
            "others": list(unplaced.others),
        }
        for unplaced in certificate.unplaced
    ]
    return told


def _from_json(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError as error:
        raise FormatError(f"is not JSON: {error}") from error
    if not isinstance(told, dict):
        raise FormatError("holds no object")
    return told


def _from_dzn(text: str) -> dict[str, Any]:
    """The fields of a .dzn file in the words of our JSON; it counts from 1, we from 0."""
    fields: dict[str, str] = {}
    for statement in re.sub(r"%.*", "", text).split(";"):
        name, equals, body = statement.partition("=")
        if equals:
            fields[name.strip()] = body.strip()
    slots, morning = _number(fields, "nTotalSlots"), _number(fields, "nMorningSlots")
    meetings = _number(fields, "nMeetings")
    if not 0 <= morning <= slots:
        raise FormatError(f"nMorningSlots: {morning} of {slots} slots")
    told: dict[str, Any] = {
        "participants": _number(fields, "nBusiness"),
        "slots": slots,
        "tables": _number(fields, "nTables"),
        "sessions": [list(range(morning)), list(range(morning, slots))],
        "meetings": _requested(fields, meetings),
        # A 0 stands for "none" in the sets of this format.
        "forbidden": [[slot - 1 for slot in row if slot > 0] for row in _sets(fields, "forbidden")],
        "fairness": FAIRNESS,
    }
    if "fixed" in fields or "fixat" in fields:
        body = fields.get("fixed", fields.get("fixat", ""))
        told["fixed"] = [int(number) - 1 for number in re.findall(r"\d+", body)]
    if "precedences" in fields:
        rows = _sets(fields, "precedences")
        if len(rows) != meetings:
            raise FormatError(f"precedences: {len(rows)} sets for {meetings} meetings")
        told["precedences"] = [
            [first - 1, second] for second, row in enumerate(rows) for first in row if first > 0
        ]
    return told


def _number(fields: dict[str, str], name: str) -> int:
    body = fields.get(name)
    if body is None:
        raise FormatError(f"{name}: is missing")
    if not re.fullmatch(r"\d+", body):
        raise FormatError(f"{name}: {body[:40]!r} is not a whole number")
    return int(body)


def _requested(fields: dict[str, str], meetings: int) -> list[list[int]]:
    if "requested" not in fields:
        raise FormatError("requested: is missing")
    numbers = [int(number) for number in re.findall(r"-?\d+", fields["requested"])]
    if len(numbers) != 3 * meetings:
        raise FormatError(f"requested: {len(numbers)} numbers for {meetings} meetings of three")
    rows = []
    for first, second, session in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True):
        if session not in (1, 2, 3):
            raise FormatError(f"requested: session {session}, must be 1, 2 or 3")
        rows.append([first - 1, second - 1, session % 3])  # 3 is "any", our 0
    return rows


def _sets(fields: dict[str, str], name: str) -> list[list[int]]:
    if name not in fields:
        raise FormatError(f"{name}: is missing")
    return [
        [int(number) for number in re.findall(r"-?\d+", body)]
        for body in re.findall(r"\{([^}]*)\}", fields[name])
    ]


class _Reader:
    """Checks each field of a JSON object and builds the problem from them."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told
        self._participants = self._whole("participants", told.get("participants"), 0)
        self._slots = self._whole("slots", told.get("slots"), 1)
        self._rows = self._meetings()

    def problem(self) -> Problem:
        count = len(self._rows)
        lengths = self._each("lengths", count, least=1, default=1)
        forbidden = [frozenset(row) for row in self._forbidden()]
        people = self._people()
        helpers = self._lists("helpers", count, self._participants)
        fixed = self._each("fixed", count, least=-1, below=self._slots, default=-1)
        days = self._days()
        tables = self._per_slot("tables", None)
        fairness = self._told.get("fairness")
        if fairness is not None:
            self._whole("fairness", fairness, 0)
        places = self._each("places", count, least=0, below=len(Place), default=0)
        return Problem(
            participants=self._participants,
            slots=self._slots,
            days=days,
            tables=tables,
            screens=self._per_slot("screens", tables),
            meetings=people,
            domains=domains(
                days,
                people,
                lengths,
                forbidden,
                fixed,
                [self._session(row[2]) for row in self._rows],
            ),
            lengths=lengths,
            places=tuple(Place(place) for place in places),
            helpers=helpers,
            forbidden=tuple(forbidden),
            precedences=self._precedences(count),
            counted=tuple(
                bool(x) for x in self._each("counted", self._participants, least=0, default=1)
            ),
            fairness=fairness,
            burden=self._burden(),
            sessions=tuple(row[2] for row in self._rows),
            fixed=fixed,
            optional=bool(self._told.get("optional_meetings", False)),
        )

    def _whole(self, name: str, value: Any, least: int, below: int | None = None) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            what = "is missing" if value is None else f"{str(value)[:40]!r} is not a whole number"
            raise FormatError(f"{name}: {what}")
        if value < least or (below is not None and value >= below):
            top = "" if below is None else f" to {below - 1}"
            raise FormatError(f"{name}: {value}, must be {least}{top or ' or more'}")
        return value

    def _rows_of(self, name: str, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise FormatError(f"{name}: is not a list")
        return value

    def _meetings(self) -> list[list[int]]:
        sessions = self._rows_of("sessions", self._told.get("sessions", []))
        rows = self._rows_of("meetings", self._told.get("meetings"))
        for number, row in enumerate(rows):
            name = f"meetings[{number}]"
            if len(self._rows_of(name, row)) != 3:
                raise FormatError(f"{name}: must be [one, other, session]")
            for participant in row[:2]:
                self._whole(name, participant, 0, self._participants)
            self._whole(f"{name} session", row[2], 0, len(sessions) + 1)
        return rows

    def _people(self) -> tuple[tuple[int, ...], ...]:
        more = self._lists("attendees", len(self._rows), self._participants)
        people = tuple(
            (row[0], row[1], *extra) for row, extra in zip(self._rows, more, strict=True)
        )
        for number, attendees in enumerate(people):
            if len(set(attendees)) < len(attendees):
                raise FormatError(f"meetings[{number}]: joins a participant with itself")
        return people

    def _session(self, number: int) -> Sequence[int]:
        """The slots of a session; 0 is the whole time."""
        if not number:
            return range(self._slots)
        slots = self._rows_of("sessions", self._told["sessions"][number - 1])
        return [self._whole(f"sessions[{number - 1}]", slot, 0, self._slots) for slot in slots]

    def _days(self) -> tuple[tuple[int, ...], ...]:
        days = self._told.get("days") or [list(range(self._slots))]
        for number, day in enumerate(self._rows_of("days", days)):
            for slot in self._rows_of(f"days[{number}]", day):
                self._whole(f"days[{number}]", slot, 0, self._slots)
            if day != list(range(day[0], day[0] + len(day))) if day else False:
                raise FormatError(f"days[{number}]: slots of a day follow one another")
        if sorted(slot for day in days for slot in day) != list(range(self._slots)):
            raise FormatError("days: each slot belongs to one day")
        return tuple(sorted(tuple(day) for day in days if day))

    def _each(
        self, name: str, count: int, *, least: int, below: int | None = None, default: int
    ) -> tuple[int, ...]:
        values = self._told.get(name)
        if values is None:
            return (default,) * count
        if len(self._rows_of(name, values)) != count:
            raise FormatError(f"{name}: {len(values)} values, must be {count}")
        return tuple(
            self._whole(f"{name}[{number}]", int(value) if value is True else value, least, below)
            if value is not False
            else 0
            for number, value in enumerate(values)
        )

    def _lists(self, name: str, count: int, below: int) -> tuple[tuple[int, ...], ...]:
        rows = self._told.get(name)
        if rows is None:
            return ((),) * count
        if len(self._rows_of(name, rows)) != count:
            raise FormatError(f"{name}: {len(rows)} rows, must be {count}")
        return tuple(
            tuple(
                self._whole(f"{name}[{number}]", value, 0, below)
                for value in self._rows_of(f"{name}[{number}]", row)
            )
            for number, row in enumerate(rows)
        )

    def _forbidden(self) -> tuple[tuple[int, ...], ...]:
        return self._lists("forbidden", self._participants, self._slots)

    def _per_slot(self, name: str, default: tuple[int, ...] | None) -> tuple[int, ...]:
        value = self._told.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, list):
            return self._each(name, self._slots, least=0, default=0)
        return (self._whole(name, value, 0),) * self._slots

    def _precedences(self, meetings: int) -> tuple[tuple[int, int], ...]:
        rows = self._rows_of("precedences", self._told.get("precedences") or [])
        pairs = []
        for number, row in enumerate(rows):
            name = f"precedences[{number}]"
            if len(self._rows_of(name, row)) != 2:
                raise FormatError(f"{name}: must be [first, second]")
            first, second = (self._whole(name, value, 0, meetings) for value in row)
            pairs.append((first, second))
        return tuple(pairs)

    def _burden(self) -> tuple[tuple[int, ...], ...]:
        rows = self._told.get("burden")
        if rows is None:
            return ()
        table = self._lists("burden", self._participants, 24 * 60)
        if any(len(row) != self._slots for row in table):
            raise FormatError(f"burden: must have {self._slots} values for each participant")
        return table


def domains(
    days: Sequence[Sequence[int]],
    people: Sequence[Sequence[int]],
    lengths: Sequence[int],
    forbidden: Sequence[frozenset[int]],
    fixed: Sequence[int],
    sessions: Sequence[Sequence[int]],
) -> tuple[tuple[int, ...], ...]:
    """The slots in which each meeting may start.

    It is within its session (``sessions`` holds the slots) and one day, all its people are free
    throughout, and it is at its fixed slot if it has one (-1 none).
    """
    day_of = {slot: number for number, day in enumerate(days) for slot in day}
    found = []
    for meeting, attendees in enumerate(people):
        away = frozenset[int]().union(*(forbidden[participant] for participant in attendees))
        usable = set(sessions[meeting]) - away
        length = lengths[meeting]
        found.append(
            tuple(
                slot
                for slot in sorted(usable)
                if fixed[meeting] in (-1, slot)
                and day_of.get(slot + length - 1) == day_of[slot]
                and all(slot + step in usable for step in range(1, length))
            )
        )
    return tuple(found)
