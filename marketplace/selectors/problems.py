"""Events as the solver reads them: rows become a ``Problem``, and its answer names rows again.

Times are cut into units: the stretches between all starts and ends of slots, so that slots of
several lengths lie over each other. A meeting starts in the first unit of one of its slots and
takes as many units as the slot. The booth of a company is a calendar of its own, like a person's.
"""

from __future__ import annotations

import bisect
import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mode
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.models import (
    Away,
    Booking,
    Event,
    Interpreter,
    InterpreterAway,
    Meeting,
    MeetingQuerySet,
    Participant,
    Slot,
    Table,
    TableClosed,
)
from marketplace.scheduling.problem import Place, Problem
from marketplace.selectors.accounts import accounts_of
from marketplace.selectors.loading import load_meetings
from marketplace.selectors.orders import ordered_pairs
from marketplace.selectors.reading import Reading, told_moment
from marketplace.selectors.units import (
    busy_all_through,
    cut,
    ends_of_stretches,
    strange_minutes,
    zones_of,
)

_Units = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """What is lost beyond what is written down already: keys of rows, each with that of a slot."""

    away: frozenset[tuple[int, int]] = frozenset()
    """Participants."""
    absent: frozenset[tuple[int, int]] = frozenset()
    """Interpreters."""
    closed: frozenset[tuple[int, int]] = frozenset()
    """Tables."""


def read_event(
    event: Event, *, at: dt.datetime | None = None, kept: Mapping[str, Slot] | None = None
) -> Reading:
    """What is to be seated at an event as it stands now.

    Every meeting that is still to be: those that a person confirmed or locked, and those that have
    begun or lie within the freeze window, keep their time; those in ``kept``, by public id, have
    that slot. Raises ValidationError ``no_slots``, ``no_meetings``, ``walking``.
    """
    return Reader(event, at or timezone.now(), kept or {}).read()


@dataclass
class _Calendars:
    """Numbers of people, interpreters and booths, in the order in which they are met."""

    keys: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def number(self, kind: str, public_id: object = "") -> int:
        key = f"{kind}:{public_id}" if public_id else kind
        if key not in self.places:
            self.places[key] = len(self.keys)
            self.keys.append(key)
        return self.places[key]


class Reader:
    """One event, read once."""

    def __init__(
        self, event: Event, now: dt.datetime, kept: Mapping[str, Slot], lost: Lost | None = None
    ) -> None:
        """Read the rows. Raises as ``read_event``."""
        self._event, self._now, self._kept = event, now, kept
        self._lost = lost or Lost()
        self._slots = list(Slot.objects.filter(event=event).order_by("starts_at", "ends_at", "pk"))
        if not self._slots:
            raise ValidationError(
                _("The event has no slots: add the times in which meetings may be."),
                code="no_slots",
            )
        self._units, self._spans = cut(self._slots)
        self._refuse_hurry()
        self._covered = {
            slot.pk: range(first, first + count)
            for slot, (first, count) in zip(self._slots, self._spans, strict=True)
        }
        self._meetings = load_meetings(event, self._rows())
        if not self._meetings:
            raise ValidationError(
                _("There are no meetings to seat: accept requests or propose meetings first."),
                code="no_meetings",
            )
        self._interpreters = list(Interpreter.objects.filter(event=event).order_by("pk"))
        self._booths = {
            table.owner_id: table
            for table in Table.objects.filter(event=event, owner__isnull=False).order_by("-number")
        }
        self._closed = self._closings()
        every = set(range(len(self._units)))
        self._shared = [
            table
            for table in Table.objects.filter(event=event).shared()
            if self._closed[table.pk] != every
        ]
        self._shared.sort(key=lambda table: not table.has_screen)
        self._calendars = _Calendars()
        self._accounts = accounts_of(event)

    def _rows(self) -> MeetingQuerySet:
        """The meetings that are asked for."""
        return Meeting.objects.filter(event=self._event, status__in=Meeting.AHEAD)

    def _closings(self) -> dict[int, set[int]]:
        """Units in which tables cannot be used, by the key of the table."""
        closed: dict[int, set[int]] = defaultdict(set)
        rows = TableClosed.objects.filter(table__event=self._event).values_list("table", "slot")
        for table, slot in {*rows, *self._lost.closed}:
            closed[table].update(self._covered[slot])
        return closed

    def read(self) -> Reading:
        """The problem and what its numbers mean."""
        attendees = [self._attendees(one) for one in self._meetings]
        helpers = [self._helpers(one) for one in self._meetings]
        fixed = [self._fixed(one) for one in self._meetings]
        lengths, starts = self._starts()
        forbidden = self._forbidden()
        domains = [
            _open(starts[at], lengths[at], attendees[at], forbidden, fixed[at])
            for at in range(len(self._meetings))
        ]
        closed = [sorted(self._closed[table.pk]) for table in self._shared]
        screened = sum(table.has_screen for table in self._shared)
        problem = Problem(
            participants=len(self._calendars.keys),
            slots=len(self._units),
            days=self._days(),
            tables=self._open_tables(self._shared),
            screens=self._open_tables([table for table in self._shared if table.has_screen]),
            meetings=tuple(attendees),
            domains=tuple(domains),
            lengths=tuple(lengths),
            places=tuple(self._place(one) for one in self._meetings),
            helpers=tuple(helpers),
            forbidden=tuple(forbidden),
            counted=tuple(key.startswith("participant:") for key in self._calendars.keys),
            precedences=self._precedences(fixed),
            fairness=self._event.fairness,
            **self._rests(attendees, lengths, fixed),
            burden=self._burden(),
            fixed=tuple(fixed),
            optional=True,
            numbers=(len(self._shared), screened) if any(closed) else (),
        )
        return Reading(
            problem,
            [str(one.public_id) for one in self._meetings],
            self._calendars.keys,
            [(told_moment(start), told_moment(end)) for start, end in self._units],
            {
                str(slot.public_id): span
                for slot, span in zip(self._slots, self._spans, strict=True)
            },
            [str(table.public_id) for table in self._shared],
            self._halls(),
            self._kept_tables(fixed),
            closed if any(closed) else [],
            screened,
            self._event.hall_minutes,
        )

    def _rests(
        self, attendees: Sequence[_Units], lengths: Sequence[int], fixed: Sequence[int]
    ) -> dict[str, Any]:
        """How long nobody is busy all the time; but who stands without a rest stays so."""
        if (most := self._event.most_in_a_row) is None:
            return {}
        ends = ends_of_stretches(self._slots, self._units, self._days(), most)
        tireless = busy_all_through(ends, attendees, lengths, self._standing_at(fixed))
        resting = tuple(
            key.startswith("participant:") and one not in tireless
            for one, key in enumerate(self._calendars.keys)
        )
        return {"too_long": ends, "resting": resting}

    def _standing_at(self, fixed: Sequence[int]) -> Sequence[int]:
        """The unit in which each meeting is whatever comes, -1 where it may move."""
        return fixed

    def _open_tables(self, tables: Sequence[Table]) -> _Units:
        """How many of some tables can be used in each unit."""
        return tuple(
            sum(unit not in self._closed[table.pk] for table in tables)
            for unit in range(len(self._units))
        )

    def _halls(self) -> list[int]:
        known = list(dict.fromkeys(table.hall_id for table in self._shared))
        return [known.index(table.hall_id) for table in self._shared]

    def _kept_tables(self, fixed: Sequence[int]) -> list[int | None]:
        numbers = {table.pk: at for at, table in enumerate(self._shared)}
        return [
            numbers.get(one.table_id or 0) if fixed[at] >= 0 else None
            for at, one in enumerate(self._meetings)
        ]

    def _refuse_hurry(self) -> None:
        """Bookings of people include the minutes to walk, so slots must leave them free."""
        walk = dt.timedelta(minutes=self._event.walking_minutes)
        starts = sorted({slot.starts_at for slot in self._slots})
        ends = {slot.ends_at for slot in self._slots}
        nexts = ((end, bisect.bisect_left(starts, end)) for end in ends)
        if walk and any(at < len(starts) and starts[at] - end < walk for end, at in nexts):
            raise ValidationError(
                _(
                    "People need %(minutes)d minutes to walk, but slots follow each other sooner:"
                    " leave a break between slots, or set the minutes to walk to 0."
                ),
                code="walking",
                params={"minutes": self._event.walking_minutes},
            )

    def _attendees(self, meeting: Meeting) -> tuple[int, ...]:
        numbers = [
            self._calendars.number("participant", self._accounts.calendar(one.public_id))
            for one in meeting.people()
        ]
        booth = self._booth(meeting)
        if booth is not None:
            numbers.append(self._calendars.number("booth", booth.public_id))
        return tuple(dict.fromkeys(numbers))

    def _booth(self, meeting: Meeting) -> Table | None:
        sides = (meeting.host.registration_id, meeting.guest.registration_id)
        return next((self._booths[side] for side in sides if side in self._booths), None)

    def _helpers(self, meeting: Meeting) -> tuple[int, ...]:
        """Interpreters who speak a language of each side, where the sides share none.

        A meeting that keeps its time keeps the one it has.
        """
        if meeting.interpreter is not None and self._fixed(meeting) >= 0:
            return (self._calendars.number("interpreter", meeting.interpreter.public_id),)
        sides = [meeting.host.registration, meeting.guest.registration]
        one, other = (set(side.speaks) for side in sides)
        if not self._interpreters or not one or not other or one & other:
            return ()
        able = [
            self._calendars.number("interpreter", each.public_id)
            for each in self._interpreters
            if one & set(each.languages) and other & set(each.languages)
        ]
        return tuple(able) or (self._calendars.number("nobody"),)

    def _place(self, meeting: Meeting) -> Place:
        remote = [one.presence == Participant.Presence.REMOTE for one in meeting.people()]
        bare = not (self._shared or self._booths)  # an event without tables needs none
        if self._event.kind == Event.Kind.ONLINE or bare or all(remote) or self._booth(meeting):
            return Place.NONE
        return Place.SCREEN if any(remote) else Place.TABLE

    def _fixed(self, meeting: Meeting) -> int:
        """The unit in which it has to stay, -1 where it may move."""
        slot = self._slot(meeting)
        if slot is None:
            return -1
        frozen = self._now + dt.timedelta(minutes=self._event.freeze_minutes)
        stays = meeting.is_settled or str(meeting.public_id) in self._kept
        return self._first_unit(slot) if stays or slot.starts_at <= frozen else -1

    def _slot(self, meeting: Meeting) -> Slot | None:
        """The one where it is pinned, else the one it has."""
        return self._kept.get(str(meeting.public_id), meeting.slot)

    def _first_unit(self, slot: Slot) -> int:
        return self._covered[slot.pk].start

    def _starts(self) -> tuple[list[int], list[list[int]]]:
        """For each meeting how many units it takes, and in which it may start, in order."""
        frozen = self._now + dt.timedelta(minutes=self._event.freeze_minutes)
        spans = dict(zip((slot.pk for slot in self._slots), self._spans, strict=True))
        lengths, starts = [], []
        for meeting in self._meetings:
            wanted = list(meeting.request.slots.all()) if meeting.request else []
            choice = wanted or self._slots
            if meeting.session is not None:
                session = meeting.session
                choice = [
                    slot
                    for slot in choice
                    if session.starts_at <= slot.starts_at and slot.ends_at <= session.ends_at
                ]
            present = self._slot(meeting)
            if present is not None:
                length = present.minutes
            else:
                length = min((slot.minutes for slot in choice), default=0)
            fitting = [slot for slot in choice if slot.minutes == length]
            ahead = [spans[slot.pk] for slot in fitting if slot.starts_at > frozen]
            # A slot takes other numbers of units where others lie over it: the commonest counts.
            sizes = [count for _first, count in ahead] or [1]
            lengths.append(spans[present.pk][1] if present is not None else mode(sizes))
            starts.append([first for first, count in ahead if count == lengths[-1]])
        return lengths, starts

    def _precedences(self, fixed: Sequence[int]) -> tuple[tuple[int, int], ...]:
        """Which meetings come before which, where a plan decides it.

        What lies between two of them counts. Where both keep their time it is decided, and so it
        is where one was held or cancelled.
        """
        numbers = {meeting.pk: at for at, meeting in enumerate(self._meetings)}
        pairs = (
            (numbers[first], numbers[second])
            for first, second in ordered_pairs(self._event)
            if first in numbers and second in numbers
        )
        return tuple(pair for pair in pairs if any(fixed[at] < 0 for at in pair))

    def _forbidden(self) -> list[frozenset[int]]:
        """Units in which each calendar is closed."""
        covered = self._covered
        away: dict[str, set[int]] = defaultdict(set)
        people = Away.objects.filter(participant__registration__event=self._event)
        for public_id, slot in people.values_list("participant__public_id", "slot"):
            away[f"participant:{self._accounts.calendar(public_id)}"].update(covered[slot])
        walk = dt.timedelta(minutes=self._event.walking_minutes)
        for person, units in self._accounts.busy_units(self._units, walk).items():
            away[f"participant:{person}"] |= units
        for public_id, slot in InterpreterAway.objects.filter(
            interpreter__event=self._event
        ).values_list("interpreter__public_id", "slot"):
            away[f"interpreter:{public_id}"].update(covered[slot])
        elsewhere = Booking.objects.filter(interpreter__event=self._event)
        for public_id, during in elsewhere.exclude(meeting__event=self._event).values_list(
            "interpreter__public_id", "during"
        ):
            away[f"interpreter:{public_id}"].update(
                at
                for at, (start, end) in enumerate(self._units)
                if start < during.upper and during.lower < end
            )
        self._add_lost(away, covered)
        for booth in self._booths.values():
            away[f"booth:{booth.public_id}"] = self._closed[booth.pk]
        away["nobody"] = set(range(len(self._units)))
        return [frozenset(away[key]) for key in self._calendars.keys]

    def _add_lost(self, away: dict[str, set[int]], covered: Mapping[int, range]) -> None:
        """Add the absences that are not written down."""
        for model, kind, pairs in (
            (Participant, "participant", self._lost.away),
            (Interpreter, "interpreter", self._lost.absent),
        ):
            keys = {key for key, _slot in pairs}
            ids = dict(model.objects.filter(pk__in=keys).values_list("pk", "public_id"))
            for key, slot in pairs:
                away[f"{kind}:{self._accounts.calendar(ids[key])}"].update(covered[slot])

    def _days(self) -> tuple[_Units, ...]:
        days: dict[dt.date, list[int]] = defaultdict(list)
        for at, (start, _end) in enumerate(self._units):
            days[start.astimezone(self._event.clock).date()].append(at)
        return tuple(tuple(units) for units in days.values())

    def _burden(self) -> tuple[tuple[int, ...], ...]:
        """Minutes of each unit outside 8 to 20 o'clock of a person's own day, online only."""
        if self._event.kind != Event.Kind.ONLINE:
            return ()
        zones = zones_of(self._event, self._calendars.keys)
        return tuple(
            tuple(strange_minutes(unit, zones[key]) if key in zones else 0 for unit in self._units)
            for key in self._calendars.keys
        )


def _open(
    starts: Sequence[int],
    length: int,
    attendees: Sequence[int],
    forbidden: Sequence[frozenset[int]],
    fixed: int,
) -> tuple[int, ...]:
    """Where a meeting may start: a fixed one only where it is, whoever is away."""
    if fixed >= 0:
        return (fixed,)
    closed = frozenset().union(*(forbidden[one] for one in attendees))
    return tuple(first for first in starts if closed.isdisjoint(range(first, first + length)))
