"""Meetings of which neither side says anything: a question after a week, two reminders, a call."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import User
from chambers.services import jobs
from marketplace.models import Call, Feedback, Meeting
from marketplace.models.feedback import (
    BETWEEN_MAILS,
    CHASED_AFTER,
    MOST_MAILS,
    silent_meetings,
)
from marketplace.services import calendars, feedback_mail

CHASED_WITHIN = dt.timedelta(days=30)
"""Of a meeting that ended longer ago nobody is asked again."""
AT_ONCE = 50  # meetings that one look takes


@jobs.by_the_clock_every(dt.timedelta(minutes=15))
def chase_the_silent(now: dt.datetime) -> None:
    """Ask both sides of meetings that ended a week ago and of which nobody says how they went.

    A side is asked ``MOST_MAILS`` times, ``BETWEEN_MAILS`` apart; from then on it stands in the
    list of calls.
    """
    ended = now - CHASED_AFTER
    old = silent_meetings().filter(slot__ends_at__lte=ended, slot__ends_at__gt=now - CHASED_WITHIN)
    asked = Feedback.objects.filter(meeting=OuterRef("pk"))
    lately = asked.filter(chased_at__gt=now - BETWEEN_MAILS)
    for_all = asked.filter(chased=MOST_MAILS)
    of_host, of_guest = "host__registration", "guest__registration"
    waits = [~Exists((lately | for_all).filter(side=OuterRef(one))) for one in (of_host, of_guest)]
    rows = old.filter(waits[0] | waits[1]).order_by("slot__ends_at", "pk")
    for one in rows[:AT_ONCE]:
        with jobs.spared(one):
            _chase(one, now)


@transaction.atomic
def _chase(meeting: Meeting, now: dt.datetime) -> None:
    calendars.hold_event(meeting.event)
    joined = ("event", "slot", "host__registration__company", "guest__registration__company")
    locked = (
        Meeting.objects.select_for_update(of=("self",), no_key=True)
        .select_related(*joined)
        .get(pk=meeting.pk)
    )
    if not silent_meetings().filter(pk=locked.pk).exists():
        return  # somebody has said it meanwhile
    rows = {one.side_id: one for one in Feedback.objects.filter(meeting=locked)}
    for own in dict.fromkeys([locked.host.registration, locked.guest.registration]):
        row = rows.get(own.pk) or Feedback(meeting=locked, side=own)
        waits = row.chased_at is None or row.chased_at <= now - BETWEEN_MAILS
        if not waits or row.chased >= MOST_MAILS:
            continue
        row.chased, row.chased_at = row.chased + 1, now
        row.asked_at = row.asked_at or now
        row.save()
        feedback_mail.ask_what_happened(locked, own, again=row.chased)


@transaction.atomic
def note_call(call: Call, *, by: User, at: dt.datetime | None = None) -> Call:
    """Take a side from the list of calls, as staff that has called it.

    Raises ValidationError ``called`` when somebody was faster; PermissionDenied for whom the list
    does not concern.
    """
    if not Call.objects.managed_by(by).filter(pk=call.pk).exists():
        raise PermissionDenied(_("Only who the list is for notes a call."))
    locked = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
    if locked.called_at is not None:
        raise ValidationError(_("Somebody has called already."), code="called")
    locked.called_at, locked.called_by = at or timezone.now(), by
    locked.save(update_fields=["called_at", "called_by"])
    return locked
