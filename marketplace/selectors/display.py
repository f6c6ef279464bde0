"""What a screen in the hall shows: tables and companies of this time and the next, no people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from marketplace.models import Event, Meeting, Registration
from marketplace.models.feeds import digest_of
from marketplace.selectors.times import day_of

LINES = 10  # on one screen; more take turns


@dataclass(frozen=True, slots=True)
class Place:
    """A table with who meets there; without names where these may not stand in public."""

    table: int | None
    is_booth: bool
    hall: str
    companies: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sitting:
    """Meetings that begin at the same time. ``day`` is "" on the day that it is."""

    begins: str
    ends: str
    day: str
    places: Sequence[Place]


@dataclass(frozen=True, slots=True)
class Display:
    """One screen: the clock of the place, what goes on and what comes next."""

    event: Event
    clock: str
    day: str
    hall: str
    now: Sequence[Sitting]
    next: Sequence[Sitting]
    page: int
    pages: int


def display_of(secret: str) -> Event | None:
    """The event whose screen has this secret."""
    rows = Event.objects.exclude(display_digest="")
    return rows.filter(display_digest=digest_of(secret)).first()


def shown_in_hall(
    event: Event, *, hall: str = "", turn: int = 0, at: dt.datetime | None = None
) -> Display:
    """What goes on now and what begins next. Names stand only where all are listed.

    ``hall`` narrows to one hall, by its name; ``turn`` counts how often the screen was drawn:
    where not all lines have room, they take turns. Three queries.
    """
    now, clock = at or timezone.now(), event.clock
    room = next((one for one in event.halls.all() if one.name == hall), None)
    rows = Meeting.objects.filter(event=event, status__in=Meeting.HOLDING, slot__ends_at__gt=now)
    if room is not None:
        rows = rows.filter(table__hall=room)
    following = (
        rows.filter(slot__starts_at__gt=now)
        .order_by("slot__starts_at")
        .values("slot__starts_at")[:1]
    )
    meetings = list(
        (rows.filter(slot__starts_at__lte=now) | rows.filter(slot__starts_at=following))
        .select_related(
            "slot",
            "table__hall",
            "host__registration__company",
            "guest__registration__company",
        )
        .prefetch_related("others__registration__company")
        .order_by("slot__starts_at", "table__number", "pk")
    )
    pages = max(-(-len(meetings) // LINES), 1)
    page = turn % pages
    shown = meetings[page * LINES : (page + 1) * LINES]
    here = now.astimezone(clock)
    return Display(
        event,
        f"{here:%H:%M}",
        day_of(here.date()),
        str(room or ""),
        _sittings((one for one in shown if _begun(one, now)), here),
        _sittings((one for one in shown if not _begun(one, now)), here),
        page + 1,
        pages,
    )


def _begun(meeting: Meeting, now: dt.datetime) -> bool:
    return meeting.slot is not None and meeting.slot.starts_at <= now


def _sittings(meetings: Iterable[Meeting], here: dt.datetime) -> list[Sitting]:
    found: dict[tuple[dt.datetime, dt.datetime], list[Place]] = {}
    for one in meetings:
        if one.slot is not None:
            found.setdefault((one.slot.starts_at, one.slot.ends_at), []).append(_place(one))
    told = []
    for (starts_at, ends_at), places in found.items():
        first, last = (moment.astimezone(here.tzinfo) for moment in (starts_at, ends_at))
        day = "" if first.date() == here.date() else day_of(first.date())
        told.append(Sitting(f"{first:%H:%M}", f"{last:%H:%M}", day, places))
    return told


def is_public(meeting: Meeting) -> bool:
    """Whether the names of a meeting's companies may stand where everybody reads them.

    All agreed to be listed: beside the name of one, "Reserved" would say whom the other meets.
    """
    hidden = Registration.Consent.NOT_LISTED
    return all(one.registration.consent != hidden for one in meeting.people())


def _place(meeting: Meeting) -> Place:
    table = meeting.table
    sides = {one.registration_id: one.registration for one in meeting.people()}
    named = sides.values() if is_public(meeting) else ()
    return Place(
        table.number if table else None,
        table is not None and table.owner_id is not None,
        str(table.hall) if table and table.hall else "",
        [one.company.told for one in named],
    )
