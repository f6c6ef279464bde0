"""What the mails of meetings tell, for ``mail_previews``: of a real meeting, else of an example."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from chambers.models import User
from marketplace.models import (
    Event,
    MailText,
    Meeting,
    MeetingQuerySet,
    Registration,
    Slot,
    Table,
)
from marketplace.selectors.agenda import with_people
from marketplace.selectors.appointments import place_of
from marketplace.selectors.times import shown_time, tell_hours, tell_time
from marketplace.services import notices, reminders

Kind = MailText.Kind
OF_MEETINGS = (
    Kind.MEETING_ACCEPTED,
    Kind.MEETING_CONFIRMED,
    Kind.MEETING_MOVED,
    Kind.MEETING_CANCELLED,
    Kind.REMIND_TOMORROW,
    Kind.REMIND_SOON,
)
_FIRST = dt.timedelta(hours=10)  # after midnight, where the event has no meeting to show
_LENGTH = dt.timedelta(minutes=20)


def meetings_for(kind: str, event: Event) -> MeetingQuerySet:
    """Meetings of an event of which such a mail could tell."""
    rows = Meeting.objects.told().filter(event=event)
    if kind == Kind.MEETING_CANCELLED:
        return rows.filter(status=Meeting.Status.CANCELLED)
    return rows.alive() if kind == Kind.MEETING_ACCEPTED else rows.alive().exclude(slot=None)


def meeting_told(kind: str, own: Registration, reader: User) -> dict[str, Any]:
    """What the mail tells ``reader`` for a company of the event, saved or invented."""
    rows = meetings_for(kind, own.event).of(own) if own.pk else Meeting.objects.none()
    found = list(with_people(rows).select_related("former__table__hall").order_by("slot", "pk"))
    if not found:
        with translation.override(reader.language):
            return _example(kind, own, reader)
    first = found[0]
    theirs = [
        (one, one.slot, who)
        for one in found
        for who in one.people()
        if who.registration_id == own.pk and one.slot is not None
    ]
    if kind == Kind.REMIND_SOON:
        meeting, slot, who = theirs[0]
        return reminders.soon_context(meeting, slot, reader, who)
    if kind == Kind.REMIND_TOMORROW:
        day = theirs[0][1].starts_at.astimezone(own.event.clock).date()
        of_day = [
            one for one in theirs if one[1].starts_at.astimezone(own.event.clock).date() == day
        ]
        return reminders.tomorrow_context(reader, of_day)
    was = _former(first) if kind == Kind.MEETING_MOVED else None
    return notices.meeting_context(kind.removeprefix("meeting_"), first, own, reader, was=was)


def _former(meeting: Meeting) -> Meeting:
    """A meeting as it was before it was moved; one time earlier where it never was."""
    was, noted, slot = notices.as_it_was(meeting), getattr(meeting, "former", None), meeting.slot
    if noted is not None and noted.starts_at is not None:
        was.slot = Slot(event=meeting.event, starts_at=noted.starts_at, ends_at=noted.ends_at)
    elif slot is not None:
        first = slot.starts_at - (slot.ends_at - slot.starts_at)
        was.slot = Slot(event=meeting.event, starts_at=first, ends_at=slot.starts_at)
    if noted is not None:
        was.table = None if noted.is_online else noted.table or meeting.table
        was.link = noted.link or meeting.link
    return was


def _example(kind: str, own: Registration, reader: User) -> dict[str, Any]:
    """The same of an invented meeting, in the language in use."""
    event, partner = own.event, _("Another company")
    first = event.begins_at + _FIRST
    meeting = Meeting(
        event=event,
        slot=Slot(event=event, starts_at=first, ends_at=first + _LENGTH),
        table=Table(event=event, number=1),
        reason=_("Our plans have changed."),
    )
    shown = shown_time(first, first + _LENGTH, zone=event.zone)
    row = {
        "meeting": meeting,
        "partner": partner,
        "time": tell_time(first, first + _LENGTH, zone=event.zone, reader=reader.time_zone),
        "place": place_of(meeting),
    }
    if kind == Kind.REMIND_SOON:
        return {**row, "desk": event.desk_phone, "begins": shown.span}
    if kind == Kind.REMIND_TOMORROW:
        desks = [(event.named()[0], event.desk_phone)] if event.desk_phone else []
        return {"rows": [row], "day": shown.day, "total": 1, "desk": desks}
    before = tell_time(first - _LENGTH, first, zone=event.zone, reader=reader.time_zone)
    return {
        **row,
        "own": own,
        "at": tell_hours(first, first + _LENGTH, zone=event.zone),
        "was": f"{before}, {row['place']}",
        "quota": own.most_requests if kind == Kind.MEETING_ACCEPTED else None,
    }
