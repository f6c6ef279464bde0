"""The meetings of an event as they stand, for mending: what is confirmed may move, too.

Each meeting takes what it holds now, whatever rule would give it another table or interpreter
today; so nothing is touched that the damage does not concern.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from marketplace.models import (
    Event,
    Interpreter,
    Meeting,
    MeetingQuerySet,
    Participant,
    Slot,
    Table,
)
from marketplace.scheduling.problem import Place as Kind
from marketplace.scheduling.problem import Plan
from marketplace.selectors.problems import Lost, Reader
from marketplace.selectors.reading import Reading
from marketplace.selectors.timetables import Place


@dataclass(frozen=True, slots=True)
class Standing:
    """The event as it has become, and the plan that was in force."""

    reading: Reading
    plan: Plan
    meetings: list[Meeting]
    """The rows, in the order of the problem."""
    window: frozenset[int]
    """Units in which nothing changes any more: they are over, go on, or begin too soon."""
    others: dict[str, str]
    """Of who signs in as several participants, those beside the first; see ``Accounts``."""
    slots: dict[str, Slot]
    tables: dict[str, Table]
    interpreters: dict[str, Interpreter]

    def place(self, plan: Plan, meeting: int) -> Place | None:
        """Where a plan has a meeting, as rows."""
        unit = plan.slot[meeting]
        if unit is None:
            return None
        reading, number, helper = self.reading, plan.table[meeting], plan.helper[meeting]
        table = reading.booth_of(meeting) or (reading.tables[number] if number is not None else "")
        guide = reading.calendars[helper].partition(":")[2] if helper is not None else ""
        slot = self.slots[reading.slot_of(meeting, unit)]
        return slot, self.tables.get(table), self.interpreters.get(guide)

    def number(self, kind: str, public_id: object) -> int | None:
        """The calendar of a person, interpreter or booth; None for who has no meetings."""
        key = f"{kind}:{self.others.get(str(public_id), public_id)}"
        return self.reading.calendars.index(key) if key in self.reading.calendars else None


def read_standing(event: Event, lost: Lost, *, at: dt.datetime | None = None) -> Standing:
    """The event without what is ``lost``. Raises ValidationError as ``read_event``."""
    return _StandingReader(event, at or timezone.now(), {}, lost).standing()


def place_held(meeting: Meeting) -> Place | None:
    """Where a meeting is by its row."""
    if meeting.slot is None or not meeting.is_placed:
        return None
    return meeting.slot, meeting.table, meeting.interpreter


class _StandingReader(Reader):
    """Reads every meeting that is not over with what it holds."""

    def standing(self) -> Standing:
        """The problem, the plan in force, and the rows."""
        reading = self.read()
        frozen = self._now + dt.timedelta(minutes=self._event.freeze_minutes)
        tables = Table.objects.filter(event=self._event).select_related("hall")
        return Standing(
            reading,
            self._plan(reading),
            self._meetings,
            frozenset(at for at, (start, _end) in enumerate(self._units) if start <= frozen),
            {str(one): str(first) for one, first in self._accounts.others.items()},
            {str(one.public_id): one for one in self._slots},
            {str(one.public_id): one for one in tables},
            {str(one.public_id): one for one in self._interpreters},
        )

    def _rows(self) -> MeetingQuerySet:
        """Those without a time, and those that have not ended; what goes on keeps its people."""
        ahead = Q(slot=None, status=Meeting.Status.UNSCHEDULED) | Q(
            slot__ends_at__gt=self._now, status__in=Meeting.HOLDING
        )
        return Meeting.objects.filter(ahead, event=self._event)

    def _plan(self, reading: Reading) -> Plan:
        helpers = [
            self._calendars.number("interpreter", one.interpreter.public_id)
            if one.slot is not None and one.interpreter is not None
            else None
            for one in self._meetings
        ]
        return Plan(
            slot=tuple(self._first_unit(one.slot) if one.slot else None for one in self._meetings),
            table=tuple(reading.kept),
            helper=tuple(helpers),
        )

    def _fixed(self, meeting: Meeting) -> int:
        return -1

    def _standing_at(self, fixed: Sequence[int]) -> Sequence[int]:
        """Where all are now: whoever has chosen a day without a rest keeps it."""
        return [self._first_unit(one.slot) if one.slot else -1 for one in self._meetings]

    def _kept_tables(self, fixed: object) -> list[int | None]:
        """Of every meeting; none of one that is at a booth, or whose table is gone for good."""
        numbers = {table.pk: at for at, table in enumerate(self._shared)}
        return [numbers.get(one.table_id or 0) for one in self._meetings]

    def _starts(self) -> tuple[list[int], list[list[int]]]:
        """As agreed; and where it is, whatever was agreed."""
        lengths, starts = super()._starts()
        for at, meeting in enumerate(self._meetings):
            if meeting.slot is not None:
                starts[at] = sorted({*starts[at], self._first_unit(meeting.slot)})
        return lengths, starts

    def _precedences(self, fixed: Sequence[int]) -> tuple[tuple[int, int], ...]:
        """Orders that are kept now; one that is not was set too late."""

        def kept(first: int, second: int) -> bool:
            one, other = self._meetings[first].slot, self._meetings[second].slot
            return one is None or other is None or one.ends_at <= other.starts_at

        return tuple(pair for pair in super()._precedences(fixed) if kept(*pair))

    def _helpers(self, meeting: Meeting) -> tuple[int, ...]:
        """The interpreter it has, or another who can; none where it has none now."""
        able = super()._helpers(meeting)
        if meeting.slot is None:
            return able
        if meeting.interpreter is None:
            return ()
        own = self._calendars.number("interpreter", meeting.interpreter.public_id)
        nobody = self._calendars.places.get("nobody")
        return (own, *(one for one in able if one not in (own, nobody)))

    def _booth(self, meeting: Meeting) -> Table | None:
        """The booth it is at; where that is lost and there are shared tables, one of those."""
        if meeting.slot is None:
            return super()._booth(meeting)
        table = meeting.table
        if table is None or table.owner_id is None:
            return None
        return None if self._shared and self._is_closed(table, meeting.slot) else table

    def _is_closed(self, table: Table, slot: Slot) -> bool:
        return not self._closed[table.pk].isdisjoint(self._covered[slot.pk])

    def _place(self, meeting: Meeting) -> Kind:
        if meeting.slot is None:
            return super()._place(meeting)
        table = meeting.table
        if table is None or self._booth(meeting) is not None:
            return Kind.NONE
        remote = any(one.presence == Participant.Presence.REMOTE for one in meeting.people())
        # Somebody remote at a table without a screen came to be there by hand: it will do.
        return Kind.SCREEN if remote and table.has_screen else Kind.TABLE
