"""Who is told what of a timetable: all of it when it is new, later only what differs for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone, translation

from chambers.gates.calendar import Appointment, Standing
from chambers.models import User
from chambers.services import jobs
from chambers.services.mail import queue_mail
from marketplace.models import Event, Interpreter, Meeting, Participant, Slot, Table, Timetable
from marketplace.selectors.appointments import appointment_of, place_of
from marketplace.selectors.mail_texts import wording_of
from marketplace.selectors.plan import HallPlan, halls_of
from marketplace.selectors.standing import place_held
from marketplace.selectors.times import tell_time
from marketplace.selectors.timetables import Place
from marketplace.services.calendar_files import calendar_file
from marketplace.services.calendars import hold_event
from marketplace.services.interpreter_mail import Call, tell_interpreters
from marketplace.services.notices import attendees, thread_of
from marketplace.services.publishing import CHANGED, TELL, WITHDRAWN

AT_ONCE = 25
"""Readers told in one transaction: for so long nobody changes the meetings of the event."""


@dataclass
class _Share:
    """What one reader is told: meetings with the time each had before."""

    reader: User
    meetings: list[tuple[Meeting, Participant]] = field(default_factory=list)


@jobs.handles(TELL)
def tell(lease: jobs.Lease) -> None:
    """Write one mail to each person whom a publication concerns, with a calendar file.

    ``changes`` holds, of each meeting that changed, its state before and after: status, slot,
    table and interpreter, as public ids. With ``everybody`` each person reads all their meetings,
    those that were agreed since the version was made among them; else only what differs for them,
    with the old time beside the new one.
    """
    timetable = Timetable.objects.select_related("event__chamber").get(
        pk=lease.payload["timetable"]
    )
    changes: dict[str, Any] = lease.payload["changes"]
    everybody = bool(lease.payload["everybody"])
    kind = str(lease.payload["kind"])
    kind = kind if everybody or kind == WITHDRAWN else CHANGED
    meetings = list(_meetings(timetable, set(changes), everybody=everybody))
    shares = _shares(meetings)
    before = _before(timetable, changes)
    halls = halls_of(timetable.event)
    for start in range(0, len(shares), AT_ONCE):
        some = shares[start : start + AT_ONCE]
        with lease.effect():
            for share in _as_they_are(timetable.event, some):
                # Under a key of its own: who was told before the job was interrupted, is not again.
                key = f"timetable:{lease.job.pk}:{share.reader.pk}"
                _write(timetable, share, before, kind, halls, once=key)
        lease.progress(start + len(some), len(shares))
    with lease.finish() as result:
        helped = tell_interpreters(
            timetable.event,
            _calls(timetable.event, meetings, before),
            everybody=everybody,
            final=timetable.status == Timetable.Status.FINAL,
            version=timetable.number,
        )
        result["mails"] = len(shares) + helped


def _as_they_are(event: Event, shares: Sequence[_Share]) -> list[_Share]:
    """The shares with their meetings as they are now, while nobody else changes them.

    Whoever cancels or moves a meeting tells its people at once. What was read before would be told
    after that, and calls to a meeting that is off.
    """
    hold_event(event)
    wanted = {meeting.pk for share in shares for meeting, _who in share.meetings}
    readers = {share.reader.pk for share in shares}
    now = _joined(Meeting.objects.filter(pk__in=wanted))
    return [share for share in _shares(now) if share.reader.pk in readers]


def _calls(event: Event, meetings: Iterable[Meeting], before: dict[str, Place]) -> list[Call]:
    """Where interpreters are or were to help, as it is now; see ``_as_they_are``."""
    hold_event(event)
    helped = [
        one.pk
        for one in meetings
        if one.interpreter_id or before.get(str(one.public_id), (None,) * 3)[2] is not None
    ]
    now = _joined(Meeting.objects.filter(pk__in=helped))
    return [Call(one, before.get(str(one.public_id)), place_held(one)) for one in now]


def _meetings(
    timetable: Timetable, changed: set[str], *, everybody: bool
) -> QuerySet[Meeting, Meeting]:
    concerned = Q(public_id__in=changed)
    if everybody:
        concerned |= Q(public_id__in=timetable.problem["meetings"])
        concerned |= Q(status__in=Meeting.AHEAD)
    return _joined(Meeting.objects.filter(concerned, event=timetable.event_id))


def _joined(meetings: QuerySet[Meeting, Meeting]) -> QuerySet[Meeting, Meeting]:
    """Those of some meetings that somebody is told of, with all that is told, in order of time."""
    return (
        meetings.filter(is_told=True)
        .exclude(status=Meeting.Status.CANCELLED)
        .select_related(
            "event",
            "slot",
            "request",
            "table__hall",
            "interpreter__person",
            "host__person",
            "host__registration__company",
            "guest__person",
            "guest__registration__company",
        )
        .prefetch_related("others__person", "others__registration__company", "request__slots")
        .order_by("slot__starts_at", "pk")
    )


def _shares(meetings: Iterable[Meeting]) -> list[_Share]:
    shares: dict[int, _Share] = {}
    for meeting in meetings:
        for reader, participant in attendees(meeting):
            share = shares.setdefault(reader.pk, _Share(reader))
            share.meetings.append((meeting, participant))
    return list(shares.values())


def _before(timetable: Timetable, changes: dict[str, Any]) -> dict[str, Place]:
    """The places that changed meetings had."""
    event = timetable.event_id
    slots = {str(one.public_id): one for one in Slot.objects.filter(event=event)}
    tables = {
        str(one.public_id): one for one in Table.objects.filter(event=event).select_related("hall")
    }
    speakers = {
        str(one.public_id): one
        for one in Interpreter.objects.filter(event=event).select_related("person")
    }
    return {
        key: (slots[former[1]], tables.get(former[2] or ""), speakers.get(former[3] or ""))
        for key, (former, _after) in changes.items()
        if former[1] in slots
    }


def _write(
    timetable: Timetable,
    share: _Share,
    before: dict[str, Place],
    kind: str,
    halls: Sequence[HallPlan],
    *,
    once: str,
) -> None:
    reader, event = share.reader, timetable.event
    with translation.override(reader.language):
        theirs = [(one, who, before.get(str(one.public_id))) for one, who in share.meetings]
        context = timetable_context(event, theirs, reader, halls)
        entries = list(entries_of(theirs, reader))
        file = calendar_file(event, entries, version=timetable.number)
    own = share.meetings[0][1].registration.company
    queue_mail(
        kind,
        to=reader,
        context=context,
        chamber=event.chamber,
        calendar=file,
        thread=thread_of(event, reader),
        wording=wording_of(event, kind, reader, company=own.told),
        once=once,
    )


def timetable_context(
    event: Event,
    meetings: Iterable[tuple[Meeting, Participant, Place | None]],
    reader: User,
    halls: Sequence[HallPlan] = (),
) -> dict[str, Any]:
    """What a mail about a timetable tells a reader, in the language in use; with the halls."""
    theirs = list(meetings)
    rows = [row_of(one, who, reader, slot=one.slot, before=former) for one, who, former in theirs]
    return {
        "event": event,
        "event_name": event.named()[0],
        "rows": [row for row in rows if row["time"]],
        "waiting": [
            {**row, **standby_for(one, reader)}
            for row, (one, _who, _former) in zip(rows, theirs, strict=True)
            if not row["time"]
        ],
        # Freed times are offered once no timetable is to come that fills them.
        "standby": not event.awaits_timetable(),
        "halls": [str(one) for one in halls] if any(one.table for one, _w, _p in theirs) else [],
    }


def row_of(
    meeting: Meeting, who: Participant, reader: User, *, slot: Slot | None, before: Place | None
) -> dict[str, str]:
    """A meeting for the list of a mail: ``slot`` is its time now, ``before`` its place before.

    The table of before is told where it is another than now.
    """
    others = [
        one.registration for one in meeting.people() if one.registration_id != who.registration_id
    ]
    return {
        "partner": ", ".join(dict.fromkeys(one.company.told for one in others)),
        "time": _time(slot, meeting, reader),
        "place": place_of(meeting) if slot else "",
        "was": _time(before[0], meeting, reader) if before else "",
        "was_at": str(before[1]) if before and before[1] and before[1] != meeting.table else "",
    }


def standby_for(meeting: Meeting, reader: User) -> dict[str, Any]:
    """The times ahead that a meeting without one was agreed for, and whether any will do."""
    slots = list(meeting.request.slots.all()) if meeting.request is not None else []
    ahead = sorted(
        (one for one in slots if one.starts_at > timezone.now()), key=lambda one: one.starts_at
    )
    return {"times": [_time(one, meeting, reader) for one in ahead], "any": not slots}


def _time(slot: Slot | None, meeting: Meeting, reader: User) -> str:
    if slot is None:
        return ""
    return tell_time(slot.starts_at, slot.ends_at, zone=meeting.event.zone, reader=reader.time_zone)


def entries_of(
    meetings: Iterable[tuple[Meeting, Participant, Place | None]], reader: User
) -> Iterable[Appointment]:
    """Those with a time; of those that have lost theirs, the last of three, that it is off."""
    for meeting, who, before in meetings:
        if meeting.slot is not None:
            yield appointment_of(meeting, reader=who, attendee=reader.email)
        elif before is not None:
            meeting.slot, meeting.table, _interpreter = before
            yield appointment_of(
                meeting, reader=who, attendee=reader.email, standing=Standing.CANCELLED
            )
            meeting.slot = meeting.table = None
