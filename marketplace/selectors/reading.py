"""A problem as it was read from rows, kept with what its numbers mean; see ``problems``."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from marketplace.scheduling.document import problem_of, problem_told
from marketplace.scheduling.problem import Problem

if TYPE_CHECKING:
    from marketplace.scheduling.seating import Room


@dataclass(frozen=True, slots=True)
class Reading:
    """A problem with the public ids of what its numbers mean."""

    problem: Problem
    meetings: list[str]
    calendars: list[str]
    """``participant:<id>``, ``interpreter:<id>``, ``booth:<id>``, or ``nobody`` for an interpreter
    whom the event lacks."""
    units: list[tuple[str, str]]
    """From and until, in UTC."""
    slots: dict[str, tuple[int, int]]
    """First unit and number of units of each slot."""
    tables: list[str]
    """Shared tables, those with a screen first, in the order in which they are given out."""
    halls: list[int]
    """The hall of each of them, as a number."""
    kept: list[int | None]
    """The table that each meeting with a fixed time has now, as its number among ``tables``."""
    closed: list[list[int]] = field(default_factory=list)
    """Units in which each of ``tables`` cannot be used; empty where all can, always."""
    screened: int = 0
    """How many of ``tables`` have a screen."""
    hall_minutes: int = 0
    """Minutes that people need to another hall."""

    def document(self) -> dict[str, Any]:
        """The whole as plain data for ``Timetable.problem``."""
        return {
            "problem": problem_told(self.problem),
            "meetings": self.meetings,
            "calendars": self.calendars,
            "units": [list(unit) for unit in self.units],
            "slots": {slot: list(span) for slot, span in self.slots.items()},
            "tables": self.tables,
            "halls": self.halls,
            "kept": self.kept,
            "closed": self.closed,
            "screened": self.screened,
            "hall_minutes": self.hall_minutes,
        }

    @classmethod
    def of(cls, document: dict[str, Any]) -> Reading:
        """What ``document`` has written."""
        return cls(
            problem_of(document["problem"]),
            document["meetings"],
            document["calendars"],
            [(start, end) for start, end in document["units"]],
            {slot: (first, count) for slot, (first, count) in document["slots"].items()},
            document["tables"],
            document["halls"],
            document["kept"],
            document.get("closed", []),
            document.get("screened", 0),
            document.get("hall_minutes", 0),
        )

    def room(self) -> Room:
        """The shared tables as the solver gives them out."""
        from marketplace.scheduling import seating  # large libraries: only where they work

        if self.closed:
            room = seating.Room(
                hall=tuple(self.halls),
                screen=tuple(at < self.screened for at in range(len(self.tables))),
                owners=(frozenset(),) * len(self.tables),
                closed=tuple(frozenset(units) for units in self.closed),
            )
        else:
            room = seating.room_of(self.problem)
            room = replace(room, hall=tuple(self.halls)) if self.halls else room
        if not self.hall_minutes:
            return room
        return replace(room, hours=tuple(map(_minutes, self.units)), walk=self.hall_minutes)

    def slot_of(self, meeting: int, unit: int) -> str:
        """The slot that starts in a unit and is as long as the meeting."""
        span = (unit, self.problem.lengths[meeting])
        return next(slot for slot, taken in self.slots.items() if taken == span)

    def booth_of(self, meeting: int) -> str | None:
        """The booth in which a meeting is, if one of its companies has one."""
        keys = (self.calendars[one] for one in self.problem.meetings[meeting])
        return next((key.partition(":")[2] for key in keys if key.startswith("booth:")), None)


def told_moment(moment: dt.datetime) -> str:
    """An instant as ``Reading.units`` tells it: ISO 8601 in UTC, ending with Z."""
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _minutes(unit: tuple[str, str]) -> tuple[int, int]:
    """The minutes of an era in which a unit begins and ends."""
    begins, ends = (int(dt.datetime.fromisoformat(one).timestamp() // 60) for one in unit)
    return begins, ends
