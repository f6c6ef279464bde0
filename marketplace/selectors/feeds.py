"""What a person's calendar programs read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db.models import Q
from django.utils import timezone

from chambers.gates.calendar import Appointment
from chambers.models import User
from marketplace.models import CalendarFeed, Meeting, Participant
from marketplace.models.feeds import digest_of
from marketplace.selectors.agenda import with_people
from marketplace.selectors.appointments import appointment_of

CANCELLED_SHOWN_FOR = dt.timedelta(days=30)


def feed_of(secret: str) -> CalendarFeed | None:
    """The open feed with this secret."""
    rows = CalendarFeed.objects.open().select_related("person")
    return rows.filter(digest=digest_of(secret)).first()


def appointments_of(person: User, at: dt.datetime | None = None) -> Iterator[Appointment]:
    """All meetings of a person that have or had a time, at all events.

    A cancelled one is told as cancelled for thirty days, so that each program has taken it out.
    Who speaks for a company no longer reads nothing of it.
    """
    since = (at or timezone.now()) - CANCELLED_SHOWN_FOR
    mine = Participant.objects.filter(
        person=person, registration__company__representatives__person=person
    ).values("pk")
    joined = Meeting.others.through.objects.filter(participant__in=mine).values("meeting")
    rows = Meeting.objects.filter(
        Q(host__in=mine) | Q(guest__in=mine) | Q(pk__in=joined), slot__isnull=False
    ).exclude(status=Meeting.Status.CANCELLED, cancelled_at__lt=since)
    for meeting in with_people(rows).order_by("slot__starts_at", "pk"):
        reader = next(one for one in meeting.people() if one.person_id == person.pk)
        yield appointment_of(meeting, reader=reader)
