"""What the solvers are asked and what they answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Container
from dataclasses import asdict, dataclass, field, fields
from enum import IntEnum, StrEnum


class Place(IntEnum):
    """What a meeting takes up besides its people."""

    TABLE = 0
    SCREEN = 1
    """A table with a screen: one side is remote."""
    NONE = 2
    """The booth of one side, or a link only."""


class Status(StrEnum):
    """What is proved of an answer."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Problem:
    """Who meets whom, and when they could. Participants, slots and meetings count from 0.

    A participant is one calendar: a person of a company, or an interpreter. ``slots`` is the
    number of slots, in order of time; ``days`` splits them, and a break never spans two days.
    """

    participants: int
    slots: int
    days: tuple[tuple[int, ...], ...]
    tables: tuple[int, ...]
    """Shared tables in each slot, those with a screen among them."""
    screens: tuple[int, ...]
    meetings: tuple[tuple[int, ...], ...]
    """Attendees of each meeting, two or more; the same pair may meet twice."""
    domains: tuple[tuple[int, ...], ...]
    """Slots in which each meeting may start: its session, a fixed slot and the absences of all
    attendees are taken off already, in ascending order."""
    lengths: tuple[int, ...]
    """Consecutive slots of one day that each meeting takes, mostly 1."""
    places: tuple[Place, ...]
    helpers: tuple[tuple[int, ...], ...]
    """Interpreters of whom exactly one attends; () where none is needed."""
    forbidden: tuple[frozenset[int], ...]
    """Slots in which each participant is away."""
    precedences: tuple[tuple[int, int], ...] = ()
    """Pairs of meetings: the first is over before the second starts, if both are held."""
    counted: tuple[bool, ...] = ()
    """Whose breaks count (not those of interpreters); () everybody's."""
    fairness: int | None = None
    """The most by which the breaks of two counted participants may differ."""
    burden: tuple[tuple[int, ...], ...] = ()
    """Minutes outside 8 to 20 o'clock of their own day, per participant and slot; () nobody's."""
    sessions: tuple[int, ...] = ()
    """The session each meeting belongs to, 0 any; only to explain. () none."""
    fixed: tuple[int, ...] = ()
    """The slot each meeting is fixed to, -1 none; only to explain and to repair. () none."""
    optional: bool = False
    """Meetings may stay unplaced: of an event; a file with one that cannot be placed is
    infeasible."""

    numbers: tuple[int, ...] = ()
    """How many tables there are, and with a screen, where more than are open at once; () no more.
    A problem without them is told and hashed without them."""
    too_long: tuple[int, ...] = ()
    """Per slot the last one of the shortest stretch from it in which nobody who rests is busy all
    the time, -1 where no stretch of its day is; () no limit."""
    resting: tuple[bool, ...] = ()
    """Who rests: not those whose fixed meetings leave no rest. The same holds for both of them."""
    former: Plan | None = None
    """Where people have their meetings by now, and should keep them; None asks for any good plan.
    The same holds for its telling and hash."""

    def counts(self, participant: int) -> bool:
        """Whether breaks of the participant count."""
        return not self.counted or self.counted[participant]

    def rests(self, participant: int) -> bool:
        """Whether the participant has so many meetings in a row at most."""
        return bool(self.too_long) and self.resting[participant]

    def tires(self, participant: int, busy: Container[int], span: range) -> bool:
        """Whether the participant, busy elsewhere as told, would have no rest with this span."""
        if not self.rests(participant):
            return False
        first, end = span.start, span.stop
        while first - 1 in busy:
            first -= 1
        while end in busy:
            end += 1
        return any(0 <= self.too_long[slot] < end for slot in range(first, end))

    def people(self) -> frozenset[int]:
        """Calendars of somebody who can be troubled: not those of booths."""
        guides = {helper for helpers in self.helpers for helper in helpers}
        every = range(self.participants)
        return frozenset(one for one in every if self.counts(one) or one in guides)

    def hash(self) -> str:
        """SHA-256 of the whole problem, in hex."""
        told = {part.name: getattr(self, part.name) for part in fields(self)}
        told["forbidden"] = [sorted(slots) for slots in self.forbidden]
        if not self.numbers:
            del told["numbers"]
        if not self.too_long:
            del told["too_long"], told["resting"]
        del told["former"]
        if self.former is not None:
            told["former"] = asdict(self.former)
        return _digest(told)


@dataclass(frozen=True, slots=True)
class Plan:
    """The slot, table and interpreter of every meeting; None where there is none."""

    slot: tuple[int | None, ...]
    table: tuple[int | None, ...] = ()
    helper: tuple[int | None, ...] = ()

    def hash(self) -> str:
        """SHA-256 of the whole plan, in hex."""
        return _digest(asdict(self))


class Cause(StrEnum):
    """Why a meeting has no place."""

    NO_COMMON_SLOT = "no_common_slot"
    """Its people are never free together."""
    FULL_CALENDAR = "full_calendar"
    """A participant has more meetings than free slots."""
    NO_INTERPRETER = "no_interpreter"
    TABLES = "tables"
    """All tables are taken whenever its people are free."""
    ORDER = "order"
    """It cannot come before, or after, the meetings it has to."""
    CROWDED = "crowded"
    """Each would fit alone, not all together."""
    NO_REST = "no_rest"
    """Somebody would have too many meetings in a row."""
    UNEVEN = "uneven"
    """Breaks cannot be shared out as evenly as asked."""


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A meeting without a place and what stands in its way."""

    meeting: int
    cause: Cause
    participants: tuple[int, ...] = ()
    slots: tuple[int, ...] = ()
    others: tuple[int, ...] = ()
    """Meetings that together with it ask for too much."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How much of the former plan of a problem stays, and what that costs."""

    moved: int = 0
    """Meetings at another slot than before."""
    lost: int = 0
    """Meetings that had a slot and have none."""
    people: int = 0
    """Those with another hour, or without a meeting that they had; an interpreter also with one
    more."""
    people_bound: int = 0
    """No timetable that places as many meetings moves fewer people."""
    other_tables: int = 0
    """Meetings at the same slot and another table."""
    anew_breaks: int | None = None
    """Breaks of the plan that was found as well, with as many meetings and nothing kept; None
    where there is none."""
    anew_people: int | None = None
    """People whom that would move."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What an answer is worth."""

    status: Status
    placed: int
    meetings: int
    breaks: int
    """Groups of idle slots between two meetings of one counted participant on one day."""
    lower_bound: int
    """No timetable that places as many meetings has fewer breaks."""
    seed: int
    input_hash: str
    plan_hash: str
    unplaced: tuple[Unplaced, ...] = ()
    most_placed: int = 0
    """No timetable places more meetings."""
    idle_slots: int = 0
    table_changes: int = 0
    most_breaks: int = 0
    """Of one participant."""
    most_burden: int = 0
    """Minutes outside 8 to 20 o'clock, of the one who has most."""
    kept: Kept | None = None
    """Of a problem with a former plan."""
    seconds: float = field(default=0.0, compare=False)

    @property
    def gap(self) -> int:
        """Breaks that a better timetable could save at most."""
        return self.breaks - self.lower_bound


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is: the best plan so far and what is proved."""

    placed: int
    breaks: int
    lower_bound: int
    plan: Plan | None


Tell = Callable[[Progress], bool]
"""Is told of progress now and then; False asks the search to stop with its best plan."""

GoesOn = Callable[[], bool]
"""Is asked several times a second by what has no news; False asks it to end with what it has."""

Left = Callable[[], float]
"""Seconds until ``Tell`` will ask a search to stop: it reports more often shortly before."""


def _digest(told: object) -> str:
    text = json.dumps(told, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
