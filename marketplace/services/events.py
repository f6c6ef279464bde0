"""Every change to events as a whole, up to their cancellation; their parts have services apart.

``by`` is a manager of the organiser; None is the installation itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from copy import copy
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import Chamber, User
from chambers.services.people import demand_manager
from marketplace.models import (
    Delegation,
    Event,
    Group,
    GroupRule,
    Hall,
    MailText,
    Meeting,
    MeetingRequest,
    Registration,
    Session,
    Slot,
    Table,
)
from marketplace.services import calendars, interpreter_mail, notices, placing, registration_mail

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
    "place_names",
    "desk_phone",
    "zone",
    "members_only",
    "request_quota",
    "meetings_least",
    "meetings_most",
    "walking_minutes",
    "hall_minutes",
    "most_in_a_row",
    "freeze_minutes",
    "fairness",
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
    demand_name(name)
    _demand_kind(kind)
    event.full_clean()
    event.save()
    event.hosts.set(hosts)
    return event


def _demand_kind(kind: str) -> None:
    """Direct meetings are arranged by companies: see ``services.direct``."""
    if kind == Event.Kind.DIRECT:
        text = _("A chamber cannot set up a direct meeting: choose another kind.")
        raise ValidationError({"kind": ValidationError(text, code="bad_kind")})


@transaction.atomic
def change_event(event: Event, *, by: User | None, **fields: Any) -> Event:
    """Change dates and settings; what is not given stays. ``hosts`` replaces them.

    Who comes to a published event is told of other days, another place or clock. Raises
    ValidationError ``cancelled``, ``has_meetings`` for another zone or walk once meetings have a
    time, and as ``create_event``.
    """
    event = hold_to_set_up(event, by)
    before = copy(event)
    hosts = fields.pop("hosts", None)
    placed = Meeting.objects.filter(event=event).placed()
    for name in ("walking_minutes", "zone"):
        if name in fields and fields[name] != getattr(event, name) and placed.exists():
            raise ValidationError(
                _("Meetings have times already: cancel the timetable before you change this."),
                code="has_meetings",
            )
    if "kind" in fields:
        _demand_kind(fields["kind"])
    for name, value in fields.items():
        setattr(event, name, value)
    demand_name(event.name)
    event.full_clean(exclude=["chamber"])
    event.save()
    if hosts is not None:
        event.hosts.set(hosts)
    if event.is_published:
        registration_mail.tell_of_change(event, before)
    return event


@transaction.atomic
def publish_event(event: Event, *, by: User | None) -> Event:
    """Show an event to the world; companies may register from its date on.

    Raises ValidationError ``cancelled``, PermissionDenied as above.
    """
    event = hold_to_set_up(event, by)
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
    event, now = hold_to_set_up(event, by), at or timezone.now()
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
    interpreter_mail.tell_of_ended(event, ended)
    return event


@transaction.atomic
def clone_event(
    event: Event, *, by: User | None, starts_on: dt.date, name: dict[str, str] | None = None
) -> Event:
    """The same event again from another first day, with everything but its companies.

    Halls, shared tables, slots, sessions, groups and their rules, delegations, texts of mails and
    settings come along; times keep their hour at the place, also across a change of the clock.
    Booths become shared tables. It is not published. Raises as ``create_event``.
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
    _clone_place(event, clone, shift)
    _clone_sides(event, clone)
    return clone


def _clone_place(event: Event, clone: Event, shift: dt.timedelta) -> None:
    """Halls, tables, slots and sessions."""
    halls = {
        old.pk: Hall.objects.create(event=clone, name=old.name, names=old.names)
        for old in event.halls.all()
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


def _clone_sides(event: Event, clone: Event) -> None:
    """Groups with their rules, delegations, and the organiser's own words to them all."""
    groups = {
        old.pk: Group.objects.create(event=clone, name=old.name) for old in event.groups.all()
    }
    GroupRule.objects.bulk_create(
        GroupRule(event=clone, first=groups[old.first_id], second=groups[old.second_id])
        for old in event.group_rules.all()
    )
    Delegation.objects.bulk_create(
        Delegation(event=clone, chamber_id=old.chamber_id, name=old.name, seats=old.seats)
        for old in event.delegations.all()
    )
    MailText.objects.bulk_create(
        MailText(
            event=clone,
            kind=old.kind,
            language=old.language,
            subject=old.subject,
            opening=old.opening,
        )
        for old in event.mail_texts.all()
    )


def hold_to_set_up(event: Event, by: User | None) -> Event:
    """The event as it stands, for who manages it and while it is not cancelled."""
    held = calendars.hold_event(event)
    demand_manager(by, held.chamber)
    placing.demand_not_cancelled(held)
    return held


def demand_name(name: dict[str, str]) -> None:
    """Raise ValidationError ``no_name`` when it is empty in all languages."""
    if not any(words.strip() for words in name.values()):
        raise ValidationError(
            {"name": ValidationError(_("Give a name in at least one language."), code="no_name")}
        )


def moment_of(event: Event, day: dt.date, time: dt.time) -> dt.datetime:
    """The instant, in UTC, at which a clock of its place shows this time."""
    return dt.datetime.combine(day, time, event.clock).astimezone(dt.UTC)


def _later(event: Event, moment: dt.datetime, shift: dt.timedelta) -> dt.datetime:
    """The same hour at the place some days later; the clock may have changed between."""
    there = moment.astimezone(event.clock)
    return moment_of(event, there.date() + shift, there.time())


def _times(event: Event, old: Slot | Session, shift: dt.timedelta) -> dict[str, dt.datetime]:
    return {
        "starts_at": _later(event, old.starts_at, shift),
        "ends_at": _later(event, old.ends_at, shift),
    }
