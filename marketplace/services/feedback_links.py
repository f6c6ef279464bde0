"""Answers of one tap, from the mail after a meeting; and the clock that has them asked."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from chambers.models import User
from chambers.services import jobs, links
from marketplace.models import Feedback, Meeting, MeetingQuerySet, Registration
from marketplace.selectors.feedback import SECOND_AFTER, THIRD_AFTER
from marketplace.selectors.times import tell_time
from marketplace.services import calendars, feedback, feedback_mail

Said = Feedback.Said
ASKED_WITHIN = dt.timedelta(days=2)
"""Of a meeting that ended longer ago nobody is asked how it went."""
ASKED_LATER_WITHIN = dt.timedelta(days=30)
"""Nor, when six or 18 months are over for longer than this, what became of it."""
AT_ONCE = 50  # meetings that one tick of the clock takes


# ---------------------------------------------------------------- one tap
def _find(person: User, key: str) -> tuple[Meeting, Registration, Said]:
    meeting, own, said = key.split(":")
    rows = Meeting.objects.run_by(person).select_related(
        "event", "slot", "host__registration__company", "guest__registration__company"
    )
    side = Registration.objects.edited_by(person).get(public_id=own)
    return rows.get(public_id=meeting), side, Said(said)


def _asks(person: User, key: str) -> links.Question:
    meeting, own, said = _find(person, key)
    titles = {
        Said.HELD: _("Did this meeting take place?"),
        Said.THEY_MISSED: _("Did they not come to this meeting?"),
        Said.WE_MISSED: _("Did you not come to this meeting?"),
    }
    slot = meeting.slot
    told = [", ".join(one.company.told for one in _partners(meeting, own))]
    if slot is not None:
        zone, reader = meeting.event.zone, person.time_zone
        told.append(tell_time(slot.starts_at, slot.ends_at, zone=zone, reader=reader))
    return links.Question(titles[said], " · ".join(told), str(said.label))


def _partners(meeting: Meeting, own: Registration) -> list[Registration]:
    sides = (meeting.host.registration, meeting.guest.registration)
    return [one for one in sides if one.pk != own.pk]


@links.handles(feedback_mail.SAID, asks=_asks)
def _say(person: User, key: str) -> links.Done:
    meeting, own, said = _find(person, key)
    feedback.say_what_happened(meeting, said, own=own, by=person)
    return links.Done(
        _("Noted. You can also say what came of it; the other side never reads that."),
        address=reverse("meeting-feedback", args=[meeting.public_id]),
        label=_("Say what came of it"),
    )


# ---------------------------------------------------------------- the clock
@jobs.by_the_clock
def ask_after_meetings(now: dt.datetime) -> None:
    """Ask each side of a meeting that just ended how it went, and again in six and 18 months."""
    ended = Meeting.objects.placed().filter(
        slot__ends_at__lte=now, slot__ends_at__gt=now - ASKED_WITHIN, event__cancelled_at=None
    )
    for one in _unasked(ended, asked_at=None)[:AT_ONCE]:
        with jobs.spared(one):
            _ask(one, now, "asked_at")
    for after, field in ((SECOND_AFTER, "asked_again_at"), (THIRD_AFTER, "asked_last_at")):
        later = now - after
        old = Meeting.objects.filter(
            status=Meeting.Status.HELD,
            slot__ends_at__lte=later,
            slot__ends_at__gt=later - ASKED_LATER_WITHIN,
        )
        for one in _unasked(old, **{field: None})[:AT_ONCE]:
            with jobs.spared(one):
                _ask(one, now, field)


def _unasked(meetings: MeetingQuerySet, **missing: None) -> MeetingQuerySet:
    """Those with a side of host or guest that was not asked yet."""
    rows = Feedback.objects.filter(meeting=OuterRef("pk")).exclude(**missing)
    of_host = rows.filter(side=OuterRef("host__registration"))
    of_guest = rows.filter(side=OuterRef("guest__registration"))
    return meetings.filter(~Exists(of_host) | ~Exists(of_guest)).order_by("slot__ends_at", "pk")


def _ask(meeting: Meeting, now: dt.datetime, field: str) -> None:
    """Ask the sides that were not asked, unless they have answered by themselves."""
    with transaction.atomic():
        calendars.hold_event(meeting.event)
        locked = (
            Meeting.objects.select_for_update(of=("self",), no_key=True)
            .select_related(
                "event", "slot", "host__registration__company", "guest__registration__company"
            )
            .get(pk=meeting.pk)
        )
        rows = {one.side_id: one for one in Feedback.objects.filter(meeting=locked)}
        for own in dict.fromkeys([locked.host.registration, locked.guest.registration]):
            row = rows.get(own.pk) or Feedback(meeting=locked, side=own)
            if getattr(row, field) is not None:
                continue
            setattr(row, field, now)
            row.save()
            if field == "asked_at" and not row.said:
                feedback_mail.ask_what_happened(locked, own)
            elif field == "asked_again_at" and not row.second:
                feedback_mail.ask_what_became(locked, own)
            elif field == "asked_last_at" and not row.third:
                feedback_mail.ask_what_became(locked, own, last=True)
