"""The days of an event in the calendar of who registered for it."""

from __future__ import annotations

import datetime as dt
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Max, Min
from django.urls import reverse

from chambers.gates.calendar import Appointment, Standing
from chambers.models import Mail, User
from marketplace.models import Event, Registration, Session, Slot

Status = Registration.Status
_SINCE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_RANKS = {Status.APPLIED: 0, Status.WAITING: 1, Status.ADMITTED: 2}
_LAST = 3


def has_days(registration: Registration, reader: User) -> bool:
    """Whether a mail has brought the days of this registration into a reader's calendar."""
    return was_sent(str(registration.public_id), reader)


def was_sent(uid: str, reader: User) -> bool:
    """Whether a mail has brought an entry, by the first part of its UID, to a reader."""
    return Mail.objects.filter(person=reader, calendar__contains=f"UID:{uid}").exists()


def event_days(registration: Registration, *, attendee: str) -> Appointment:
    """An event from its first hour to its last by the clock of its place, as an open time.

    Without a programme these are the midnights around its days. Uncertain until the company is
    admitted; off once it does not come or the event is cancelled. In the language in use.
    """
    event = registration.event
    starts_at, ends_at = hours_of(event)
    changed_at = max(registration.decided_at or registration.registered_at, event.updated_at)
    standing = Standing.TENTATIVE
    if registration.status == Status.ADMITTED:
        standing = Standing.CONFIRMED
    rank = _RANKS.get(Status(registration.status), _LAST)
    if registration.is_over or event.cancelled_at is not None:
        standing, rank = Standing.CANCELLED, _LAST
    if event.cancelled_at is not None:
        changed_at = max(changed_at, event.cancelled_at)
    page = reverse("event", args=[event.public_id])
    return Appointment(
        uid=f"{registration.public_id}@{urlsplit(settings.BASE_URL).hostname}",
        title=event.named()[0],
        starts_at=starts_at,
        ends_at=ends_at,
        changed_at=changed_at,
        # Of two changes within one second the later state is the newer one.
        sequence=max(0, int((changed_at - _SINCE).total_seconds())) + rank,
        standing=standing,
        place=event.told_place,
        text=registration.company.told,
        url=f"{settings.BASE_URL}{page}",
        organiser=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        attendee=attendee,
        is_open=True,
    )


def hours_of(event: Event) -> tuple[dt.datetime, dt.datetime]:
    """When an event begins and ends, by the clock of its place. Two queries."""
    first, last = event.begins_at, event.over_at
    spans = [
        rows.filter(event=event, starts_at__gte=first, ends_at__lte=last).aggregate(
            first=Min("starts_at"), last=Max("ends_at")
        )
        for rows in (Slot.objects.all(), Session.objects.all())
    ]
    begins = [span["first"] for span in spans if span["first"] is not None]
    ends = [span["last"] for span in spans if span["last"] is not None]
    day = dt.timedelta(days=1)
    # A programme that is set for some of the days only says nothing of the others.
    if begins and min(begins) < first + day:
        first = min(begins).astimezone(event.clock)
    if ends and max(ends) > last - day:
        last = max(ends).astimezone(event.clock)
    return first, last
