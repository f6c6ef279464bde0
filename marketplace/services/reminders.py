"""Reminders: of the meetings of tomorrow, of one that begins, of requests that wait for an answer.

Each is written once, however often it is asked for: the mail itself is the record. So a clock that
was away, or two clocks, neither lose nor repeat one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation

from chambers.models import Mail, User
from chambers.services import jobs
from chambers.services.mail import queue_mail
from marketplace.models import Meeting, MeetingRequest, Participant, Registration, Slot
from marketplace.selectors.agenda import with_people
from marketplace.selectors.appointments import place_of
from marketplace.selectors.mail_texts import wording_of
from marketplace.selectors.times import shown_time, tell_instant, tell_time
from marketplace.services.answer_links import answer_links
from marketplace.services.notices import attendees, chamber_of, speakers, thread_of

SOON = dt.timedelta(minutes=10)
TOMORROW = dt.timedelta(hours=24)
TOO_LATE = dt.timedelta(hours=1)  # for a list of the day: its first meeting is about to begin
AGAIN = dt.timedelta(days=3)  # between two mails on the same waiting requests
_STAMP = "%Y%m%d%H%M"


@dataclass
class _Day:
    """The meetings of one reader on one day, at the place."""

    reader: User
    meetings: list[tuple[Meeting, Slot, Participant]] = field(default_factory=list)


@jobs.by_the_clock_every(dt.timedelta(minutes=1))
def remind_soon(now: dt.datetime) -> int:
    """Write to all whose meeting begins within ``SOON``; how many mails."""
    due = []
    for meeting, slot in _between(now, now + SOON):
        for reader, who in attendees(meeting):
            # A meeting that is moved begins anew.
            once = f"soon {meeting.public_id} {slot.starts_at:%Y%m%d%H%M} {reader.pk}"
            due.append((once, meeting, slot, reader, who))
    written = _written(once for once, *_rest in due)
    for once, meeting, slot, reader, who in due:
        if once not in written:
            _tell_soon(once, meeting, slot, reader, who)
    return len(due) - len(written)


@jobs.by_the_clock_every(dt.timedelta(minutes=15))
def remind_tomorrow(now: dt.datetime) -> int:
    """Write to all who meet somebody within a day, one list for each day; how many mails."""
    days: dict[str, _Day] = {}
    for meeting, slot in _between(now, now + TOMORROW):
        day = slot.starts_at.astimezone(ZoneInfo(meeting.event.zone)).date()
        for reader, who in attendees(meeting):
            share = days.setdefault(f"tomorrow {day} {reader.pk}", _Day(reader))
            share.meetings.append((meeting, slot, who))
    written = _written(days)
    sent = 0
    for once, share in days.items():
        first = share.meetings[0][1]
        if once not in written and first.starts_at > now + TOO_LATE:
            _tell_tomorrow(once, share)
            sent += 1
    return sent


@jobs.by_the_clock_every(dt.timedelta(minutes=15))
def remind_to_answer(now: dt.datetime) -> int:
    """Write to those who have let requests wait, every ``AGAIN``; how many mails.

    Each reader's time runs from their last such mail, not from a request: the oldest may be
    answered meanwhile, and others come after all were.
    """
    waiting: dict[Registration, list[MeetingRequest]] = {}
    rows = (
        MeetingRequest.objects.open()
        .filter(created_at__lte=now - AGAIN, expires_at__gt=now)
        .select_related(
            "answer_from__company",
            "answer_from__event__chamber",
            "requester__company",
            "partner__company",
        )
        .prefetch_related("slots")
        .order_by("expires_at", "pk")
    )
    for request in rows:
        if request.answer_from is not None:
            waiting.setdefault(request.answer_from, []).append(request)
    sent, quarter = 0, now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    for own, requests in waiting.items():
        readers = list(speakers(own))
        lately = _asked_since(own, readers, quarter - AGAIN)
        for reader in readers:
            if reader.pk not in lately:
                once = f"answer {own.pk} {quarter.astimezone(dt.UTC):{_STAMP}} {reader.pk}"
                _tell_to_answer(once, reader, own, requests)
                sent += 1
    return sent


def _asked_since(own: Registration, readers: Iterable[User], moment: dt.datetime) -> set[int]:
    """Keys of the readers who were asked to answer for a company after a moment."""
    found = set()
    rows = Mail.objects.filter(kind="remind_answers", person__in=readers)
    for once, reader in rows.values_list("once", "person"):
        parts = once.split(" ")
        # Mails of former versions name how often they asked, not when.
        if len(parts) == 4 and parts[1] == str(own.pk) and len(parts[2]) == 12:
            asked = dt.datetime.strptime(parts[2], _STAMP).replace(tzinfo=dt.UTC)
            if asked > moment:
                found.add(reader)
    return found


def _between(first: dt.datetime, last: dt.datetime) -> list[tuple[Meeting, Slot]]:
    """Confirmed meetings that begin after ``first``, up to ``last``, by their time."""
    rows = Meeting.objects.told().filter(
        status=Meeting.Status.CONFIRMED, slot__starts_at__gt=first, slot__starts_at__lte=last
    )
    joined = with_people(rows).select_related("event__chamber", "host__person", "guest__person")
    found = joined.order_by("slot__starts_at", "pk")
    return [(meeting, meeting.slot) for meeting in found if meeting.slot is not None]


def _written(keys: Iterable[str]) -> set[str]:
    return set(Mail.objects.filter(once__in=list(keys)).values_list("once", flat=True))


def _partner(meeting: Meeting, who: Participant) -> str:
    others = [
        one.registration.company.told
        for one in meeting.people()
        if one.registration_id != who.registration_id
    ]
    return ", ".join(dict.fromkeys(others))


def _time(meeting: Meeting, slot: Slot, reader: User) -> str:
    return tell_time(slot.starts_at, slot.ends_at, zone=meeting.event.zone, reader=reader.time_zone)


def _tell_soon(once: str, meeting: Meeting, slot: Slot, reader: User, who: Participant) -> None:
    event, context = meeting.event, soon_context(meeting, slot, reader, who)
    told = {"partner": context["partner"], "time": context["begins"]}
    queue_mail(
        "remind_soon",
        to=reader,
        context=context,
        chamber=chamber_of(event),
        thread=thread_of(event, reader),
        once=once,
        wording=wording_of(
            event, "remind_soon", reader, company=who.registration.company.told, **told
        ),
    )


def soon_context(meeting: Meeting, slot: Slot, reader: User, who: Participant) -> dict[str, Any]:
    """What the reminder of a meeting that begins tells one of its people."""
    event = meeting.event
    with translation.override(reader.language):
        return {
            "meeting": meeting,
            "desk": event.desk_phone,
            "partner": _partner(meeting, who),
            "begins": shown_time(slot.starts_at, slot.ends_at, zone=event.zone).span,
            "time": _time(meeting, slot, reader),
            "place": place_of(meeting),
        }


def _tell_tomorrow(once: str, share: _Day) -> None:
    reader, (first, _slot, who) = share.reader, share.meetings[0]
    event, context = first.event, tomorrow_context(reader, share.meetings)
    told = {"day": context["day"], "number": context["total"]}
    # What one organiser writes does not stand above the meetings of another's event.
    is_one = all(meeting.event_id == event.pk for meeting, _slot, _who in share.meetings)
    queue_mail(
        "remind_tomorrow",
        to=reader,
        context=context,
        chamber=chamber_of(event),
        thread=thread_of(event, reader),
        once=once,
        wording=wording_of(
            event, "remind_tomorrow", reader, company=who.registration.company.told, **told
        )
        if is_one
        else None,
    )


def tomorrow_context(
    reader: User, meetings: Sequence[tuple[Meeting, Slot, Participant]]
) -> dict[str, Any]:
    """What the reminder of a day tells of a reader's meetings, which come by the clock."""
    with translation.override(reader.language):
        rows = [
            {
                "partner": _partner(meeting, who),
                "time": _time(meeting, slot, reader),
                "place": place_of(meeting),
                "meeting": meeting,
            }
            for meeting, slot, who in meetings
        ]
        # One day may hold meetings of two events: each has its desk.
        events = {one.event_id: one.event for one, _slot, _who in meetings}
        desks = [(one.named()[0], one.desk_phone) for one in events.values() if one.desk_phone]
        first = meetings[0][1]
        day = shown_time(first.starts_at, first.ends_at, zone=meetings[0][0].event.zone).day
    return {"rows": rows, "day": day, "total": len(rows), "desk": desks}


def _tell_to_answer(
    once: str, reader: User, own: Registration, requests: list[MeetingRequest]
) -> None:
    context = answers_context(reader, own, requests)
    told = {"company": context["company"], "number": context["total"]}
    queue_mail(
        "remind_answers",
        to=reader,
        context=context,
        chamber=chamber_of(own.event),
        once=once,
        wording=wording_of(own.event, "remind_answers", reader, **told),
    )


def answers_context(
    reader: User, own: Registration, requests: Sequence[MeetingRequest]
) -> dict[str, Any]:
    """What the reminder of requests that wait for a company tells."""
    with translation.override(reader.language):
        rows = [
            {
                "request": one,
                "company": one.other_side(own).company.told,
                "until": tell_instant(one.expires_at, zone=own.event.zone, reader=reader.time_zone)
                if one.expires_at
                else "",
                **answer_links(one, reader),
            }
            for one in requests
        ]
    return {"rows": rows, "total": len(rows), "company": own.company.told}
