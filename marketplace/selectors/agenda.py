"""A company's meetings at an event in the order of the clock, and all tables beside each other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from chambers.models import Company
from marketplace.models import (
    Event,
    Meeting,
    MeetingQuerySet,
    Participant,
    Registration,
    Session,
    Slot,
    Table,
)
from marketplace.selectors.appointments import is_online, place_of, seat_of, told_table
from marketplace.selectors.times import ShownTime, day_of, shown_time

if TYPE_CHECKING:
    from chambers.models import User

ICONS = {
    Meeting.Status.UNSCHEDULED: "clock",
    Meeting.Status.PROVISIONAL: "circle-dashed",
    Meeting.Status.CONFIRMED: "circle-check",
    Meeting.Status.HELD: "check-check",
    Meeting.Status.NO_SHOW: "user-x",
    Meeting.Status.CANCELLED: "circle-x",
}
_TONES = {
    Meeting.Status.PROVISIONAL: "wait",
    Meeting.Status.UNSCHEDULED: "wait",
    Meeting.Status.CONFIRMED: "ok",
    Meeting.Status.HELD: "ok",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A meeting as one of its companies reads it."""

    meeting: Meeting
    time: ShownTime | None
    ours: Sequence[Participant]
    theirs: Sequence[Participant]
    place: str
    seat: str
    """The same without the place of the event, for where that is said above."""

    @property
    def partners(self) -> list[Registration]:
        """The other companies, each once."""
        return list({one.registration_id: one.registration for one in self.theirs}.values())

    @property
    def icon(self) -> str:
        """The name of the icon that says its state."""
        return ICONS[Meeting.Status(self.meeting.status)]

    @property
    def tone(self) -> str:
        """The tag that says its state: ok, wait or no."""
        return _TONES.get(Meeting.Status(self.meeting.status), "no")


@dataclass(frozen=True, slots=True)
class Former:
    """What a meeting had before it was moved; empty where that is as it is now."""

    time: ShownTime | None = None
    place: str = ""
    link: str = ""
    starts_at: dt.datetime | None = None
    """With ``ends_at`` the same as ``time``, for programs."""
    ends_at: dt.datetime | None = None


def former_of(meeting: Meeting, zone: str | None) -> Former:
    """Time, table, place and link that a meeting ahead had before; for a reader in ``zone``.

    A query, unless ``former__table__hall`` is joined.
    """
    was, slot = getattr(meeting, "former", None), meeting.slot
    if was is None or meeting.status not in Meeting.AHEAD:
        return Former()
    place = was.place if was.place != meeting.event.place else ""
    if was.is_online and not is_online(meeting):
        place = ", ".join(filter(None, [_("Online"), place]))
    if was.table is not None and was.table_id != meeting.table_id:
        place = told_table(was.table)
    link = was.link if was.link != meeting.link else ""
    now = (slot.starts_at, slot.ends_at) if slot is not None else None
    if was.starts_at is None or (was.starts_at, was.ends_at) == now:
        return Former(None, place, link)
    time = shown_time(was.starts_at, was.ends_at, zone=meeting.event.zone, reader=zone)
    return Former(time, place, link, was.starts_at, was.ends_at)


def with_people(meetings: QuerySet[Meeting]) -> QuerySet[Meeting]:
    """All that an entry shows, joined. Two queries and more where more than two meet."""
    return meetings.select_related(
        "event",
        "slot",
        "table__hall",
        "interpreter",
        "request__opportunity",
        "host__registration__company__country",
        "guest__registration__company__country",
    ).prefetch_related("others__registration__company__country", "others__person")


def entry_of(meeting: Meeting, own: Registration, zone: str | None) -> Entry:
    """``meeting`` as ``own`` reads it."""
    people = meeting.people()
    slot = meeting.slot
    return Entry(
        meeting,
        shown_time(slot.starts_at, slot.ends_at, zone=meeting.event.zone, reader=zone)
        if slot
        else None,
        [one for one in people if one.registration_id == own.pk],
        [one for one in people if one.registration_id != own.pk],
        place_of(meeting),
        seat_of(meeting),
    )


def meetings_of(own: Registration, user: User) -> MeetingQuerySet:
    """The meetings of a company at its event that it was told of and ``user`` may read."""
    return Meeting.objects.visible_to(user).told().filter(event=own.event).of(own)


def agenda_of(own: Registration, user: User) -> list[Entry]:
    """All meetings of a company that are to be or were held, by the clock; without time last."""
    rows = with_people(meetings_of(own, user).alive())
    entries = [entry_of(one, own, user.time_zone) for one in rows]
    far = dt.datetime.max.replace(tzinfo=dt.UTC)
    return sorted(
        entries,
        key=lambda one: (one.meeting.slot.starts_at if one.meeting.slot else far, one.meeting.pk),
    )


@dataclass(frozen=True, slots=True)
class Day:
    """A day at the place of an event."""

    on: dt.date
    name: str
    entries: Sequence[Entry]


def days_of(event: Event, entries: Iterable[Entry]) -> list[Day]:
    """The days of an event, also those outside its dates that have meetings, in order."""
    found: dict[dt.date, list[Entry]] = {
        event.starts_on + dt.timedelta(days=number): []
        for number in range(min((event.ends_on - event.starts_on).days, 31) + 1)
    }
    for entry in entries:
        if entry.meeting.slot is not None:
            on = entry.meeting.slot.starts_at.astimezone(event.clock).date()
            found.setdefault(on, []).append(entry)
    return [Day(on, day_of(on), found[on]) for on in sorted(found)]


def chosen_day(days: Sequence[Day], asked: str, today: dt.date) -> Day:
    """The day that an address names; else today, the first with meetings, or the first."""
    by_date = {one.on.isoformat(): one for one in days}
    if asked in by_date:
        return by_date[asked]
    with_meetings = next((one for one in days if one.entries), days[0])
    return by_date.get(today.isoformat(), with_meetings)


# ---------------------------------------------------------------- all tables
@dataclass(frozen=True, slots=True)
class Cell:
    """What a table holds from a time on. ``kind``: free, mine, agreed, hold or taken."""

    kind: str
    meeting: Meeting | None = None
    companies: tuple[Company, ...] = ()
    """Those that may be named: the partner of one's own, both of others that agreed to it."""
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A time and what each table holds then; ``pause`` names a break, with no cells.

    A cell that a longer meeting covers is left out: the one above it spans several rows.
    """

    time: str
    cells: Sequence[Cell]
    pause: str = ""


def table_grid(
    event: Event, own: Registration, tables: Sequence[Table], on: dt.date, user: User
) -> list[Row]:
    """The tables of a day by time, as somebody who takes part may see them.

    Names stand only where both companies agreed to be listed, or where it is one's own meeting;
    everybody else's meeting is "occupied". Five queries.
    """
    clock = event.clock
    since = dt.datetime.combine(on, dt.time(), clock)
    until = dt.datetime.combine(on + dt.timedelta(days=1), dt.time(), clock)
    slots = Slot.objects.filter(event=event, starts_at__gte=since, starts_at__lt=until)
    starts = sorted({slot.starts_at for slot in slots})
    rows = Meeting.objects.filter(event=event, table__in=tables).placed()
    rows = rows.filter(slot__starts_at__gte=since, slot__starts_at__lt=until)
    placed = {
        (one.table_id, one.slot.starts_at): one
        for one in rows.select_related(
            "slot", "host__registration__company", "guest__registration__company"
        ).prefetch_related("others")
        if one.slot is not None
    }
    listed = set(
        Registration.objects.listed_for(user).filter(event=event).values_list("pk", flat=True)
    )
    pauses = Session.objects.filter(
        event=event, kind=Session.Kind.BREAK, starts_at__gte=since, starts_at__lt=until
    )
    grid: list[Row | None] = []
    covered = dict.fromkeys((table.pk for table in tables), since)
    waiting = list(pauses)
    for start in starts:
        while waiting and waiting[0].starts_at < start:
            grid.append(_pause(waiting.pop(0), clock, covered))
        cells = []
        for table in tables:
            if covered[table.pk] > start:
                continue
            meeting = placed.get((table.pk, start))
            cell, end = _cell(meeting, own, listed, starts, start)
            covered[table.pk] = end
            cells.append(cell)
        grid.append(Row(f"{start.astimezone(clock):%H:%M}", cells))
    grid += [_pause(one, clock, covered) for one in waiting]
    return [row for row in grid if row is not None]


def _pause(session: Session, clock: dt.tzinfo, covered: dict[int, dt.datetime]) -> Row | None:
    """A break over all tables; None where a meeting goes on through it."""
    if any(end > session.starts_at for end in covered.values()):
        return None
    first, last = session.starts_at.astimezone(clock), session.ends_at.astimezone(clock)
    return Row(f"{first:%H:%M}", (), f"{first:%H:%M}–{last:%H:%M} · {session.titled()[0]}")


def _cell(
    meeting: Meeting | None,
    own: Registration,
    listed: set[int],
    starts: Sequence[dt.datetime],
    start: dt.datetime,
) -> tuple[Cell, dt.datetime]:
    """What one table holds from ``start`` on, and until when its cell reaches."""
    if meeting is None or meeting.slot is None:
        return Cell("free"), start
    end = meeting.slot.ends_at
    rows = sum(start <= one < end for one in starts)
    sides = (meeting.host.registration, meeting.guest.registration)
    keys = {one.registration_id for one in meeting.people()}
    if own.pk in keys:
        partner = next((side for side in sides if side.pk != own.pk), sides[0])
        return Cell("mine", meeting, (partner.company,), rows), end
    if not keys <= listed:
        return Cell("taken", None, (), rows), end
    kind = "hold" if meeting.status == Meeting.Status.PROVISIONAL else "agreed"
    return Cell(kind, None, (sides[0].company, sides[1].company), rows), end
