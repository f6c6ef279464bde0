"""What the printed kit of an event holds: read once, told in any language.

The meetings are those that the pages of companies show (``agenda_of``), with the same words, read
for all companies at once.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from django.utils.html import format_html_join

from chambers import names
from marketplace.models import (
    Event,
    Interpreter,
    Meeting,
    Participant,
    Registration,
    Slot,
    StandbyOffer,
    Table,
    Timetable,
)
from marketplace.selectors.appointments import place_of
from marketplace.selectors.display import is_public
from marketplace.selectors.times import ShownTime, day_of, shown_time


@dataclass(frozen=True, slots=True)
class Kit:
    """The rows of an event as they stood at one moment."""

    event: Event
    made_at: dt.datetime
    timetable: Timetable | None
    """The version in force."""
    companies: Sequence[Registration]
    """Those that take part, by the Latin form of their names."""
    people: dict[int, list[Participant]]
    """{registration: who comes}"""
    meetings: Sequence[Meeting]
    """All that are to be or were held, by the clock and the table; those without a time last."""
    tables: Sequence[Table]
    interpreters: Sequence[Interpreter]
    standby: Sequence[StandbyOffer]
    """Who stands in line for a freed time, by time and rank."""

    @property
    def placed(self) -> list[Meeting]:
        """The meetings that have a time."""
        return [one for one in self.meetings if one.slot is not None]


def read_kit(event: Event, at: dt.datetime) -> Kit:
    """All that the kit of an event shows. Nine queries for any number of rows."""
    registrations = {
        one.pk: one
        for one in Registration.objects.filter(event=event).select_related(
            "company__country", "group", "delegation"
        )
    }
    people: dict[int, list[Participant]] = defaultdict(list)
    by_key = {}
    for one in Participant.objects.filter(registration__event=event).order_by("pk"):
        one.registration = registrations[one.registration_id]
        by_key[one.pk] = one  # who has left stands in the meetings they had
        if one.left_at is None:
            people[one.registration_id].append(one)
    meetings = _meetings_of(event, by_key)
    known = {one.pk: one for one in meetings}
    offers = []
    for offer in StandbyOffer.objects.filter(
        meeting__event=event, status__in=StandbyOffer.LIVE
    ).select_related("slot"):
        if offer.meeting_id in known:
            offer.meeting = known[offer.meeting_id]
            offers.append(offer)
    coming = [one for one in registrations.values() if one.status == Registration.Status.ADMITTED]
    return Kit(
        event,
        at,
        Timetable.objects.in_force().filter(event=event).defer("problem", "plan").first(),
        sorted(coming, key=lambda one: (name_key(one), one.pk)),
        dict(people),
        meetings,
        list(Table.objects.filter(event=event).select_related("hall", "owner").order_by("number")),
        list(Interpreter.objects.filter(event=event)),
        offers,
    )


def name_key(registration: Registration) -> str:
    """By what a list on paper is ordered: the Latin form of the company's name."""
    company = registration.company
    latin = names.beside(company.legal_name, company.latin, "en")
    return (latin or company.legal_name).casefold()


def _meetings_of(event: Event, people: dict[int, Participant]) -> list[Meeting]:
    """Meetings that companies are told of, with the same people's objects throughout."""
    rows = Meeting.objects.filter(event=event).alive().told()
    found = list(
        rows.select_related("slot", "table__hall", "interpreter", "request").prefetch_related(
            "others", "further_marks"
        )
    )
    for one in found:
        one.event, one.host, one.guest = event, people[one.host_id], people[one.guest_id]
        for other in one.others.all():
            other.registration = people[other.pk].registration
    far = dt.datetime.max.replace(tzinfo=dt.UTC)

    def place(one: Meeting) -> tuple[dt.datetime, int, int]:
        starts = one.slot.starts_at if one.slot is not None else far
        return starts, one.table.number if one.table is not None else 0, one.pk

    return sorted(found, key=place)


@dataclass(frozen=True, slots=True)
class Line:
    """A meeting as one of its companies, or its interpreter, reads it."""

    meeting: Meeting
    time: ShownTime | None
    place: str
    state: str
    others: str
    """The names of the other companies; see ``Sheets``."""
    countries: str
    ours: str
    """Who of the reader's company is there."""
    theirs: str
    """Who of the others, where the two agreed to meet."""


@dataclass(frozen=True, slots=True)
class Agenda:
    """A company's sheet, or an interpreter's: days with meetings, then those without a time."""

    owner: Registration | Interpreter
    name: str
    people: Sequence[Participant]
    days: Sequence[tuple[str, Sequence[Line]]]
    waiting: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Joins:
    """One who joins the host and the guest of a meeting."""

    person: Participant
    company: str
    mark: str
    """A value of ``Meeting.Attendance``"""


@dataclass(frozen=True, slots=True)
class Row:
    """A meeting on a table's card or the desk's lists, read by neither of its sides."""

    meeting: Meeting
    time: ShownTime
    place: str
    state: str
    host: str
    guest: str
    """The guest and whoever joins them."""
    others: Sequence[Joins]
    """Who joins the host and the guest"""
    day: str
    """2026-11-23 at the place"""
    is_open: bool
    """Whether all its companies agreed to be listed: their names may hang in the hall."""


@dataclass(frozen=True, slots=True)
class Card:
    """What happens at a table on a day."""

    table: Table
    day: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Times:
    """All meetings of one slot."""

    time: ShownTime
    rows: Sequence[Row]


Namer = Callable[[Registration], str]


class Sheets:
    """A kit told in the language in use while it is asked."""

    def __init__(self, kit: Kit, named: Namer) -> None:
        """``named`` writes the name of a company; it is asked once for each."""
        self.kit = kit
        self._named: Namer = cache(named)
        self._states = {one: str(one.label) for one in Meeting.Status}
        slots: dict[int, Slot] = {one.slot.pk: one.slot for one in kit.meetings if one.slot}
        self._times = {key: self.time_of(slot) for key, slot in slots.items()}
        clock = kit.event.clock
        self._days = {
            key: slot.starts_at.astimezone(clock).date().isoformat() for key, slot in slots.items()
        }
        self._places = {one.pk: place_of(one) for one in kit.meetings}
        self._people = {one.pk: one.people() for one in kit.meetings}
        self.rows = [self._row(one) for one in kit.placed]

    def days(self) -> list[tuple[str, str]]:
        """Days with meetings: (2026-11-23, its name)."""
        found = sorted({row.day for row in self.rows})
        return [(day, day_of(dt.date.fromisoformat(day))) for day in found]

    def companies(self) -> list[Agenda]:
        """Each company that takes part, with its meetings as it reads them itself."""
        lines: dict[int, list[Line]] = defaultdict(list)
        for meeting in self.kit.meetings:
            for key in dict.fromkeys(one.registration_id for one in self._people[meeting.pk]):
                lines[key].append(self._line(meeting, key))
        return [
            self._agenda(one, self._named(one), self.kit.people.get(one.pk, ()), lines[one.pk])
            for one in self.kit.companies
        ]

    def interpreters(self) -> list[Agenda]:
        """Each interpreter with the meetings in which they speak."""
        lines: dict[int, list[Line]] = defaultdict(list)
        for meeting in self.kit.placed:
            if meeting.interpreter_id is not None:
                lines[meeting.interpreter_id].append(self._line(meeting, None))
        return [self._agenda(one, one.name, (), lines[one.pk]) for one in self.kit.interpreters]

    def cards(self) -> list[Card]:
        """Each table on each day on which the event has meetings."""
        by_table: dict[tuple[int | None, str], list[Row]] = defaultdict(list)
        for row in self.rows:
            by_table[row.meeting.table_id, row.day].append(row)
        days = self.days()
        return [
            Card(table, name, by_table[table.pk, day])
            for table in self.kit.tables
            for day, name in days
        ]

    def times(self) -> list[Times]:
        """The meetings by slot, in the order of the clock, then of the tables."""
        by_slot: dict[int, list[Row]] = defaultdict(list)
        for row in self.rows:
            by_slot[row.meeting.slot_id or 0].append(row)
        return [Times(rows[0].time, rows) for rows in by_slot.values()]

    def time_of(self, slot: Slot) -> ShownTime:
        """When a slot is, by the clock of the place."""
        return shown_time(slot.starts_at, slot.ends_at, zone=self.kit.event.zone)

    def names(self, meeting: Meeting) -> list[str]:
        """The companies of a meeting, its host first."""
        sides = {one.registration_id: one.registration for one in self._people[meeting.pk]}
        return [self._named(one) for one in sides.values()]

    def _row(self, meeting: Meeting) -> Row:
        key = meeting.slot_id or 0
        host, *guests = self.names(meeting)
        return Row(
            meeting,
            self._times[key],
            self._places[meeting.pk],
            self._states[Meeting.Status(meeting.status)],
            host,
            together(guests or [host]),
            self._joining(meeting),
            self._days[key],
            is_public(meeting),
        )

    def _joining(self, meeting: Meeting) -> list[Joins]:
        seen = {one.participant_id: one.attendance for one in meeting.further_marks.all()}
        return [
            Joins(one, self._named(one.registration), seen.get(one.pk, Meeting.Attendance.UNKNOWN))
            for one in self._people[meeting.pk][2:]
        ]

    def _line(self, meeting: Meeting, own: int | None) -> Line:
        """``own``: the registration that reads; an interpreter reads of all sides and people."""
        people = self._people[meeting.pk]
        ours = [one for one in people if one.registration_id == own]
        theirs = [one for one in people if one.registration_id != own]
        partners = {one.registration_id: one.registration for one in theirs}.values()
        with_names = own is None or meeting.is_agreed
        return Line(
            meeting,
            self._times.get(meeting.slot_id or 0),
            self._places[meeting.pk],
            self._states[Meeting.Status(meeting.status)],
            together([self._named(one) for one in partners]),
            ", ".join(dict.fromkeys(str(one.company.country.name) for one in partners)),
            ", ".join(one.name for one in ours),
            "; ".join(map(_person, theirs)) if with_names else "",
        )

    def _agenda(
        self,
        owner: Registration | Interpreter,
        name: str,
        people: Sequence[Participant],
        lines: Iterable[Line],
    ) -> Agenda:
        days: dict[str, list[Line]] = {}
        waiting = []
        for line in lines:
            if line.time is None:
                waiting.append(line)
            else:
                days.setdefault(line.time.day, []).append(line)
        return Agenda(owner, name, people, list(days.items()), waiting)


def together(names: Sequence[str]) -> str:
    """Names of companies beside each other; safe HTML stays so."""
    return names[0] if len(names) == 1 else format_html_join(" × ", "{}", ((one,) for one in names))


def _person(participant: Participant) -> str:
    return ", ".join(filter(None, [participant.name, participant.position]))
