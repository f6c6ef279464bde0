"""Every change to events and what they consist of, up to the cancellation of the whole.

``by`` is a manager of the organiser; None is the installation itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Max, Model
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import Chamber, User
from chambers.services.people import demand_manager
from marketplace.models import (
    Booking,
    Delegation,
    Event,
    Group,
    GroupRule,
    Hall,
    Interpreter,
    InterpreterAway,
    Meeting,
    MeetingRequest,
    Registration,
    Session,
    Slot,
    Table,
)
from marketplace.services import calendars, notices, placing

_Part = TypeVar("_Part", bound=Model)
_DATES = (
    "registration_opens_at",
    "registration_closes_at",
    "requests_open_at",
    "requests_close_at",
    "provisional_at",
    "final_at",
)
_SETTINGS = (
    "kind",
    "name",
    "theme",
    "place",
    "zone",
    "members_only",
    "request_quota",
    "meetings_least",
    "meetings_most",
    "walking_minutes",
    "freeze_minutes",
    "same_partner_rule",
)


@transaction.atomic
def create_event(
    chamber: Chamber,
    *,
    by: User | None,
    kind: str,
    name: dict[str, str],
    zone: str,
    starts_on: dt.date,
    ends_on: dt.date,
    hosts: Iterable[Chamber] = (),
    **fields: Any,
) -> Event:
    """Set up an event that only its staff sees until it is published.

    Raises ValidationError ``no_name`` and what the dates are wrong in, PermissionDenied for
    anyone but a manager of the chamber.
    """
    demand_manager(by, chamber)
    event = Event(
        chamber=chamber,
        kind=kind,
        name=name,
        zone=zone,
        starts_on=starts_on,
        ends_on=ends_on,
        **fields,
    )
    _demand_name(name)
    event.full_clean()
    event.save()
    event.hosts.set(hosts)
    return event


@transaction.atomic
def change_event(event: Event, *, by: User | None, **fields: Any) -> Event:
    """Change dates and settings; what is not given stays. ``hosts`` replaces them.

    Raises ValidationError ``cancelled``, ``has_meetings`` for another zone or walk once meetings
    have a time, and as ``create_event``.
    """
    event = _held(event, by)
    hosts = fields.pop("hosts", None)
    placed = Meeting.objects.filter(event=event).placed()
    for name in ("walking_minutes", "zone"):
        if name in fields and fields[name] != getattr(event, name) and placed.exists():
            raise ValidationError(
                _("Meetings have times already: cancel the timetable before you change this."),
                code="has_meetings",
            )
    for name, value in fields.items():
        setattr(event, name, value)
    _demand_name(event.name)
    event.full_clean(exclude=["chamber"])
    event.save()
    if hosts is not None:
        event.hosts.set(hosts)
    return event


@transaction.atomic
def publish_event(event: Event, *, by: User | None) -> Event:
    """Show an event to the world; companies may register from its date on.

    Raises ValidationError ``cancelled``, PermissionDenied as above.
    """
    event = _held(event, by)
    event.is_published = True
    event.save(update_fields=["is_published", "updated_at"])
    return event


@transaction.atomic
def cancel_event(event: Event, *, by: User, reason: str, at: dt.datetime | None = None) -> Event:
    """Call an event off: every meeting ahead is cancelled, every open request ends.

    Each person of a company that takes part is told once, with what leaves their calendar.
    Raises ValidationError ``no_reason``, ``cancelled``, PermissionDenied as above.
    """
    if not reason.strip():
        raise ValidationError(
            {"reason": ValidationError(_("Say why: the companies read it."), code="no_reason")}
        )
    event, now = _held(event, by), at or timezone.now()
    event.cancelled_at = now
    event.save(update_fields=["cancelled_at", "updated_at"])
    ended = []
    for meeting in Meeting.objects.filter(event=event).ahead(now).select_related("event"):
        locked = placing.lock_meeting(meeting)
        placing.end_meeting(locked, by=by, side=None, reason=reason.strip(), at=now)
        ended.append(locked)
    MeetingRequest.objects.open().filter(event=event).update(
        status=MeetingRequest.Status.EXPIRED, decided_at=now, answer_from=None
    )
    coming = Registration.objects.alive().filter(event=event).select_related("company")
    notices.tell_of_cancelled_event(event, reason.strip(), list(coming), ended)
    return event


@transaction.atomic
def clone_event(
    event: Event, *, by: User | None, starts_on: dt.date, name: dict[str, str] | None = None
) -> Event:
    """The same event again from another first day, with everything but its companies.

    Halls, shared tables, slots, sessions, groups and their rules, delegations and settings come
    along; times keep their hour at the place, also across a change of the clock. Booths become
    shared tables. It is not published. Raises as ``create_event``.
    """
    demand_manager(by, event.chamber)
    shift = starts_on - event.starts_on
    clone = Event(chamber=event.chamber, starts_on=starts_on, ends_on=event.ends_on + shift)
    for field in _SETTINGS:
        setattr(clone, field, getattr(event, field))
    for field in _DATES:
        moment = getattr(event, field)
        setattr(clone, field, moment and _later(event, moment, shift))
    clone.name = name or event.name
    clone.full_clean()
    clone.save()
    clone.hosts.set(event.hosts.all())
    halls = {old.pk: Hall.objects.create(event=clone, name=old.name) for old in event.halls.all()}
    groups = {
        old.pk: Group.objects.create(event=clone, name=old.name) for old in event.groups.all()
    }
    Table.objects.bulk_create(
        Table(
            event=clone,
            hall=halls[old.hall_id] if old.hall_id else None,
            number=old.number,
            has_screen=old.has_screen,
            seats=old.seats,
        )
        for old in event.tables.all()
    )
    Slot.objects.bulk_create(
        Slot(event=clone, **_times(event, old, shift)) for old in event.slots.all()
    )
    Session.objects.bulk_create(
        Session(
            event=clone,
            kind=old.kind,
            title=old.title,
            chair=old.chair,
            hall=halls[old.hall_id] if old.hall_id else None,
            **_times(event, old, shift),
        )
        for old in event.sessions.all()
    )
    GroupRule.objects.bulk_create(
        GroupRule(event=clone, first=groups[old.first_id], second=groups[old.second_id])
        for old in event.group_rules.all()
    )
    Delegation.objects.bulk_create(
        Delegation(event=clone, chamber_id=old.chamber_id, name=old.name, seats=old.seats)
        for old in event.delegations.all()
    )
    return clone


@transaction.atomic
def add_slots(
    event: Event,
    *,
    by: User | None,
    day: dt.date,
    starts: dt.time,
    ends: dt.time,
    minutes: int,
    gap: int = 0,
    breaks: Iterable[tuple[dt.time, dt.time]] = (),
) -> list[Slot]:
    """Fill hours of a day with slots of one length; another length is another call.

    Times are those of the place. ``gap`` are free minutes after each slot, ``breaks`` (from,
    until) are left free; the slots after a break begin at its end. Slots that are there already
    stay. Returns the new ones.

    Raises ValidationError ``outside`` for a day that is no day of the event, ``no_length``, and
    ``too_short`` when no slot fits.
    """
    event = _held(event, by)
    if not event.starts_on <= day <= event.ends_on:
        raise ValidationError(_("This is no day of the event."), code="outside")
    if not 1 <= minutes <= 24 * 60 or gap < 0:
        raise ValidationError(_("Give a length of one minute or more."), code="no_length")
    pauses = sorted((_moment(event, day, a), _moment(event, day, b)) for a, b in breaks)
    length, between = dt.timedelta(minutes=minutes), dt.timedelta(minutes=gap)
    at, until, times = _moment(event, day, starts), _moment(event, day, ends), []
    while at + length <= until:
        pause = next((one for one in pauses if one[0] < at + length and at < one[1]), None)
        if pause is not None:
            at = pause[1]
            continue
        times.append((at, at + length))
        at += length + between
    if not times:
        raise ValidationError(_("No slot of this length fits into these hours."), code="too_short")
    known = set(event.slots.values_list("starts_at", "ends_at"))
    return Slot.objects.bulk_create(
        Slot(event=event, starts_at=a, ends_at=b) for a, b in times if (a, b) not in known
    )


@transaction.atomic
def remove_slots(slots: Iterable[Slot], *, event: Event, by: User | None) -> int:
    """Take slots away in which nothing happens; how many.

    Raises ValidationError ``has_meetings`` for one with meetings.
    """
    event = _held(event, by)
    chosen = Slot.objects.filter(event=event, pk__in=[slot.pk for slot in slots])
    if Meeting.objects.filter(slot__in=chosen).exists():
        raise ValidationError(
            _("There are meetings at this time: move them first."), code="has_meetings"
        )
    count = chosen.count()
    chosen.delete()
    return count


@transaction.atomic
def add_tables(
    event: Event,
    count: int,
    *,
    by: User | None,
    hall: Hall | None = None,
    has_screen: bool = False,
    seats: int = 4,
) -> list[Table]:
    """Add shared tables, numbered on from the last one of the event.

    Raises ValidationError ``other_event``, ``no_count`` for fewer than 1 or more than 1,000.
    """
    event = _held(event, by)
    if hall is not None and hall.event_id != event.pk:
        raise placing.other_event()
    if not 1 <= count <= 1000:
        raise ValidationError(_("Add between 1 and 1,000 tables."), code="no_count")
    last = event.tables.aggregate(last=Max("number"))["last"] or 0
    return Table.objects.bulk_create(
        Table(event=event, hall=hall, number=number, has_screen=has_screen, seats=seats)
        for number in range(last + 1, last + count + 1)
    )


@transaction.atomic
def give_booth(table: Table, registration: Registration | None, *, by: User | None) -> Table:
    """Make a table the booth of a company, or with None a shared one again.

    Raises ValidationError ``other_event``, ``not_admitted``.
    """
    _held(table.event, by)
    if registration is not None:
        if registration.event_id != table.event_id:
            raise placing.other_event()
        if registration.status != Registration.Status.ADMITTED:
            raise ValidationError(
                _("%(company)s does not take part: admit it first."),
                code="not_admitted",
                params={"company": str(registration.company)},
            )
    table.owner = registration
    table.save(update_fields=["owner"])
    return table


def add_hall(event: Event, name: str, *, by: User | None) -> Hall:
    """Add a hall. Raises ValidationError ``hall_exists``."""
    return _add(Hall(event=event, name=name.strip()), event, by)


def add_session(event: Event, *, by: User | None, **fields: Any) -> Session:
    """Add a part of the programme: kind, title, chair, hall, starts_at, ends_at."""
    return _add(Session(event=event, **fields), event, by)


def add_group(event: Event, name: dict[str, str], *, by: User | None) -> Group:
    """Add a kind of participants."""
    _demand_name(name)
    return _add(Group(event=event, name=name), event, by)


def add_delegation(event: Event, chamber: Chamber, *, by: User | None, **fields: Any) -> Delegation:
    """Add the delegation of a chamber: name, leader, seats."""
    return _add(Delegation(event=event, chamber=chamber, **fields), event, by)


def add_interpreter(event: Event, *, by: User | None, **fields: Any) -> Interpreter:
    """Add an interpreter: name, languages, person."""
    return _add(Interpreter(event=event, **fields), event, by)


@transaction.atomic
def let_meet(event: Event, pairs: Iterable[tuple[Group, Group]], *, by: User | None) -> None:
    """Replace the rules of who meets whom; none lets everybody meet everybody.

    Raises ValidationError ``other_event``.
    """
    event = _held(event, by)
    wanted = {tuple(sorted((one.pk, other.pk))): (one, other) for one, other in pairs}
    if any(side.event_id != event.pk for pair in wanted.values() for side in pair):
        raise placing.other_event()
    event.group_rules.all().delete()
    GroupRule.objects.bulk_create(
        GroupRule(event=event, first=one, second=other) for one, other in wanted.values()
    )


@transaction.atomic
def set_interpreter_away(
    interpreter: Interpreter, slots: Iterable[Slot], *, by: User | None
) -> None:
    """Replace the slots in which an interpreter is not there.

    Raises ValidationError ``has_meeting`` for a slot in which they interpret, ``other_event``.
    """
    event = _held(interpreter.event, by)
    chosen = list(slots)
    if any(slot.event_id != event.pk for slot in chosen):
        raise placing.other_event()
    held = set(interpreter.away.values_list("slot", flat=True))
    for slot in (one for one in chosen if one.pk not in held):
        during = DateTimeTZRange(slot.starts_at, slot.ends_at)
        if Booking.objects.filter(interpreter=interpreter, during__overlap=during).exists():
            raise ValidationError(
                _("There is a meeting at this time: move or cancel it first (%(slot)s)."),
                code="has_meeting",
                params={"slot": str(slot)},
            )
    interpreter.away.all().delete()
    InterpreterAway.objects.bulk_create(
        InterpreterAway(interpreter=interpreter, slot=slot) for slot in chosen
    )


@transaction.atomic
def _add(part: _Part, event: Event, by: User | None) -> _Part:
    _held(event, by)
    part.full_clean()
    part.save()
    return part


def _held(event: Event, by: User | None) -> Event:
    """The event as it stands, for who manages it and while it is not cancelled."""
    held = calendars.hold_event(event)
    demand_manager(by, held.chamber)
    placing.demand_not_cancelled(held)
    return held


def _demand_name(name: dict[str, str]) -> None:
    if not any(words.strip() for words in name.values()):
        raise ValidationError(
            {"name": ValidationError(_("Give a name in at least one language."), code="no_name")}
        )


def _moment(event: Event, day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, event.clock).astimezone(dt.UTC)


def _later(event: Event, moment: dt.datetime, shift: dt.timedelta) -> dt.datetime:
    """The same hour at the place some days later; the clock may have changed between."""
    there = moment.astimezone(event.clock)
    return _moment(event, there.date() + shift, there.time())


def _times(event: Event, old: Slot | Session, shift: dt.timedelta) -> dict[str, dt.datetime]:
    return {
        "starts_at": _later(event, old.starts_at, shift),
        "ends_at": _later(event, old.ends_at, shift),
    }
