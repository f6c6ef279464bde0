"""Who is told what of registrations, requests and meetings. Each person is told once."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db.models import Q
from django.utils import translation

from chambers.gates.calendar import Standing
from chambers.models import Chamber, Representative, User
from chambers.services.mail import CalendarFile, queue_mail
from marketplace.models import (
    Event,
    Meeting,
    MeetingRequest,
    Participant,
    Registration,
    Slot,
    TimeProposal,
)
from marketplace.selectors.appointments import appointment_of, place_of
from marketplace.selectors.event_days import event_days, has_days
from marketplace.selectors.mail_texts import wording_of
from marketplace.selectors.times import NOT_CHOSEN, city_of, tell_hours, tell_instant, tell_time
from marketplace.selectors.why import WhyTold
from marketplace.services import rules
from marketplace.services.answer_links import answer_links
from marketplace.services.calendar_files import calendar_file

Theirs = list[tuple[Meeting, Participant]]
Shares = dict[int, tuple[User, Theirs]]
"""{key of a reader: who that is, and the meetings that concern them}."""


def speakers(registration: Registration) -> list[User]:
    """Who decides for a company at an event: its main contacts and those of its people who may."""
    voices = Representative.objects.filter(company=registration.company_id).filter(
        Q(role=Representative.Role.OWNER)
        | Q(role=Representative.Role.EDITOR, person__participations__registration=registration)
    )
    people = User.objects.filter(pk__in=voices.values("person"), is_active=True)
    return list(people.order_by("pk"))


def readers_at(registration: Registration) -> list[User]:
    """Who reads of a company's registration: who decides for it, and its people who sign in."""
    coming = User.objects.filter(
        participations__registration=registration, participations__left_at=None, is_active=True
    )
    return list({one.pk: one for one in [*speakers(registration), *coming.order_by("pk")]}.values())


def attendees(meeting: Meeting) -> list[tuple[User, Participant]]:
    """Whom a meeting concerns: its people who sign in, else the speakers of their company.

    Nobody while the organiser only proposes it: who was never told of it reads of no end of it.
    """
    if not meeting.is_told:
        return []
    told: dict[int, tuple[User, Participant]] = {}
    for one in meeting.people():
        readers = [one.person] if one.person else speakers(one.registration)
        for reader in readers:
            told.setdefault(reader.pk, (reader, one))
    return list(told.values())


def shares_of(meetings: Iterable[Meeting], *, but: Registration | None = None) -> Shares:
    """Each reader with what concerns them of some meetings; ``but`` knows already."""
    shares: Shares = {}
    for meeting in meetings:
        for reader, participant in attendees(meeting):
            if but is None or participant.registration_id != but.pk:
                shares.setdefault(reader.pk, (reader, []))[1].append((meeting, participant))
    return shares


def tell_of_request(kind: str, request: MeetingRequest, *, to: Registration) -> None:
    """Mail ``request_<kind>`` about a request to the speakers of one of its sides."""
    why = WhyTold(to.company, request.other_side(to).company)
    for reader in speakers(to):
        context = request_context(request, to, reader, why)
        said = {"partner": context["other"].company.told, "until": context["until"]}
        due = request.expires_at
        mail_of_event(f"request_{kind}", reader, to, context, good_until=due, said=said)


def request_context(
    request: MeetingRequest, to: Registration, reader: User, why: WhyTold | None = None
) -> dict[str, Any]:
    """What a mail about a request tells one of its sides; ``why`` is shared by all its readers."""
    other = request.other_side(to)
    why = why or WhyTold(to.company, other.company)
    due = request.expires_at
    with translation.override(reader.language):
        times = [_told(slot, to, reader) for slot in request.slots.all()]
        until = _instant(due, to, reader) if due else ""
    return {
        "meeting_request": request,
        "own": to,
        "other": other,
        "times": times,
        "until": until,
        "joined": _those_who_meet(request.joins),
        "item": request.opportunity.titled(reader.language)[0] if request.opportunity else "",
        "quota": rules.quota_left(to) if to.pk == request.requester_id else None,
        # Asked where it is told alone, and there in the language of the mail.
        "why": partial(why.to, reader),
        **(answer_links(request, reader) if to.pk == request.answer_from_id else {}),
    }


def tell_of_meeting(
    kind: str,
    meeting: Meeting,
    *,
    was: Meeting | None = None,
    extra: dict[str, Any] | None = None,
) -> None:
    """Mail ``meeting_<kind>`` to all whom a meeting concerns, who did it too: calendars need it.

    With a slot it brings the calendar file: an invitation, or what takes it out of the calendar.
    ``was`` is the meeting as it was before a move; see ``as_it_was``.
    """
    for reader, participant in attendees(meeting):
        tell_attendee(kind, meeting, reader, participant, was=was, extra=extra)


def tell_attendee(
    kind: str,
    meeting: Meeting,
    reader: User,
    participant: Participant,
    *,
    was: Meeting | None = None,
    extra: dict[str, Any] | None = None,
) -> None:
    """Mail ``meeting_<kind>`` to one reader."""
    own = participant.registration
    context = {**meeting_context(kind, meeting, own, reader, was=was), **(extra or {})}
    file = invitation(meeting, reader, participant) if meeting.slot else None
    said = {"partner": context["partner"], "time": context["at"]}
    mail_of_event(f"meeting_{kind}", reader, own, context, file, said=said)


def meeting_context(
    kind: str, meeting: Meeting, own: Registration, reader: User, *, was: Meeting | None = None
) -> dict[str, Any]:
    """What the mail ``meeting_<kind>`` tells one of the companies that meet."""
    with translation.override(reader.language):
        return {
            "meeting": meeting,
            "own": own,
            "partner": _partner(meeting, own),
            "time": _told(meeting.slot, own, reader) if meeting.slot else "",
            "at": _brief(meeting.slot, own, reader) if meeting.slot else "",
            **(_before(was, meeting, own, reader) if was else {}),
            "place": place_of(meeting),
            "quota": rules.quota_left(own) if kind == "accepted" and _asked(meeting, own) else None,
        }


def as_it_was(meeting: Meeting) -> Meeting:
    """The meeting with its time and place as now, to be told once these are changed."""
    former = copy.copy(meeting)
    former.event = copy.copy(meeting.event)
    return former


def _before(was: Meeting, meeting: Meeting, own: Registration, reader: User) -> dict[str, Any]:
    """The former time and place in one line, in the language in force, and the former link.

    Where only place or link change, the line says nothing of the time, which stays.
    """
    stays = was.slot is not None and was.slot == meeting.slot
    time = _told(was.slot, own, reader) if was.slot and not stays else ""
    return {
        "time_stays": stays,
        "was": ", ".join(filter(None, [time, place_of(was)])),
        "was_link": was.link if was.link != meeting.link else "",
    }


def _asked(meeting: Meeting, own: Registration) -> bool:
    return meeting.request is not None and meeting.request.requester_id == own.pk


def tell_of_proposal(proposal: TimeProposal, slots: Sequence[Slot]) -> None:
    """Mail ``meeting_proposal`` with the proposed times to the other side of a meeting."""
    meeting = proposal.meeting
    for reader, participant in attendees(meeting):
        own = participant.registration
        if own.pk == proposal.proposer_id:
            continue
        with translation.override(reader.language):
            extra = {"proposal": proposal, "times": [_told(one, own, reader) for one in slots]}
        tell_attendee("proposal", meeting, reader, participant, extra=extra)


def offered(slot: Slot, own: Registration, reader: User, until: dt.datetime) -> dict[str, str]:
    """The words of a standby offer: the time, and until when to answer."""
    with translation.override(reader.language):
        return {
            "time": _told(slot, own, reader),
            "at": _brief(slot, own, reader),
            "until": _instant(until, own, reader),
        }


def invitation(meeting: Meeting, reader: User, participant: Participant) -> CalendarFile | None:
    """The calendar file of a meeting for one reader: REQUEST, or CANCEL once it is cancelled."""
    with translation.override(reader.language):
        entry = appointment_of(meeting, reader=participant, attendee=reader.email)
        return calendar_file(meeting.event, [entry])


def tell_of_withdrawal(
    registration: Registration,
    meetings: Sequence[Meeting],
    requests: Iterable[MeetingRequest],
    going_on: Sequence[Meeting],
) -> set[int]:
    """Tell each partner once that a company does not come, whatever they would have had together.

    One mail lists all of a reader's meetings that end, which its calendar file cancels, and those
    that go on without the company. Who only goes to such reads of it elsewhere. Returns the keys
    of those told.
    """
    lost = shares_of(meetings, but=registration)
    kept = shares_of(going_on, but=registration)
    for key, (reader, theirs) in lost.items():
        _tell_lost(reader, registration, theirs[0][1].registration, theirs, _kept(kept, key))
    return set(lost) | tell_of_requests_lost(registration, requests, lost, kept)


def tell_of_absence(
    registration: Registration,
    meetings: Sequence[Meeting],
    reason: str,
    going_on: Sequence[Meeting] = (),
    left: Shares | None = None,
) -> set[int]:
    """Tell each person once that a company is away for the rest of a day, and why.

    Its own people too: one mail lists all that a reader's calendar loses, and what goes on there
    without the company. ``left`` are meetings of the company that go on and to which its people
    no longer go. Who only has such reads of it elsewhere. Returns the keys of those told.
    """
    lost, kept = shares_of(meetings), shares_of(going_on)
    for key, (reader, theirs) in lost.items():
        own = theirs[0][1].registration
        stays, leaves = _kept(kept, key), _kept(left or {}, key)
        with translation.override(reader.language):
            context = {
                **_lost_context(registration, own, theirs, reader),
                "reason": reason,
                "going_on": _rows(stays, reader),
                "leaves": _rows(leaves, reader),
            }
        file = file_of(own.event, reader, [*theirs, *stays], leaves)
        mail_of_event("company_absent", reader, own, context, file)
    return set(lost)


def tell_of_requests_lost(
    registration: Registration,
    requests: Iterable[MeetingRequest],
    told: Iterable[int],
    kept: Shares,
) -> set[int]:
    """Tell those whose requests end because a company does not come, unless told already.

    They read of meetings that go on, too. Returns the keys of those told here.
    """
    known = set(told)
    before = set(known)
    for request in requests:
        other = request.other_side(registration)
        for reader in speakers(other):
            if reader.pk not in known:
                known.add(reader.pk)
                _tell_lost(reader, registration, other, [], _kept(kept, reader.pk))
    return known - before


def tell_of_cancelled_event(
    event: Event, reason: str, coming: Iterable[Registration], meetings: Sequence[Meeting]
) -> None:
    """Tell each person once that an event is called off, with what leaves their calendar."""
    lost = shares_of(meetings)
    sides: dict[int, tuple[User, dict[int, Registration]]] = {}
    for reader, theirs in lost.values():
        sides[reader.pk] = (reader, {who.registration_id: who.registration for _one, who in theirs})
    for registration in coming:
        for reader in readers_at(registration):
            sides.setdefault(reader.pk, (reader, {}))[1].setdefault(registration.pk, registration)
    for reader, own in sides.values():  # who speaks for two companies has the days twice
        for registration in own.values():
            registration.event = event
        days = [one for one in own.values() if has_days(one, reader)]
        file = file_of(event, reader, _kept(lost, reader.pk), days=days)
        mail_of_event("event_cancelled", reader, next(iter(own.values())), {"reason": reason}, file)


def _kept(shares: Shares, key: int) -> Theirs:
    return shares[key][1] if key in shares else []


def file_of(
    event: Event,
    reader: User,
    theirs: Iterable[tuple[Meeting, Participant]],
    leaves: Iterable[tuple[Meeting, Participant]] = (),
    days: Iterable[Registration] = (),
) -> CalendarFile | None:
    """The calendar file of some meetings as they stand; those that a reader ``leaves`` go.

    With it the days of an event for some registrations, as these stand.
    """
    with translation.override(reader.language):
        entries = [
            appointment_of(one, reader=who, attendee=reader.email, standing=standing)
            for standing, some in ((None, theirs), (Standing.CANCELLED, leaves))
            for one, who in some
            if one.slot is not None
        ]
        entries += [event_days(one, attendee=reader.email) for one in days]
        return calendar_file(event, entries)


def _tell_lost(
    reader: User, registration: Registration, own: Registration, theirs: Theirs, kept: Theirs
) -> None:
    with translation.override(reader.language):
        lost = _lost_context(registration, own, theirs, reader)
        context = {**lost, "going_on": _rows(kept, reader)}
    file = file_of(own.event, reader, [*theirs, *kept])
    mail_of_event("partner_withdrew", reader, own, context, file)


def _rows(theirs: Theirs, reader: User) -> list[dict[str, str]]:
    """Times and partners of some meetings, in the language in force."""
    return [
        {
            "time": _told(one.slot, who.registration, reader) if one.slot is not None else "",
            "partner": _partner(one, who.registration),
        }
        for one, who in theirs
    ]


def _lost_context(
    registration: Registration, own: Registration, theirs: Theirs, reader: User
) -> dict[str, Any]:
    """What a mail tells of meetings that end with ``registration``, in the language in force.

    Each with whom the reader's company would have sent, for it may meet one company twice; and
    with the other companies, where they are not just the one that does not come.
    """
    gone = registration.company.told
    rows = _rows(theirs, reader)
    for row, (meeting, who) in zip(rows, theirs, strict=True):
        side = who.registration_id
        row["ours"] = ", ".join(one.name for one in meeting.people() if one.registration_id == side)
        row["partner"] = "" if row["partner"] == gone else row["partner"]
    return {"registration": registration, "own": own, "lost": rows}


def chamber_of(event: Event) -> Chamber | None:
    """Whose staff may look its mails up: nobody's where companies meet by themselves."""
    return None if event.is_direct else event.chamber


def thread_of(event: Event, reader: User) -> str:
    """Mails of one event to one person leave in order: no cancellation before its invitation."""
    return f"event {event.pk} {reader.pk}"


def _partner(meeting: Meeting, own: Registration) -> str:
    others = [one.registration for one in meeting.people() if one.registration_id != own.pk]
    return ", ".join(dict.fromkeys(one.company.told for one in others))


def _those_who_meet(meeting: Meeting | None) -> str:
    return ", ".join(one.told for one in meeting.companies()) if meeting is not None else ""


def _told(slot: Slot, registration: Registration, reader: User) -> str:
    zone = registration.event.zone
    return tell_time(slot.starts_at, slot.ends_at, zone=zone, reader=reader.time_zone)


def _instant(at: dt.datetime, registration: Registration, reader: User) -> str:
    return tell_instant(at, zone=registration.event.zone, reader=reader.time_zone)


def _brief(slot: Slot, registration: Registration, reader: User) -> str:
    """The time for a subject: at the place of the event alone.

    A meeting outside events has no such place: it is told by the reader's clock, with its city.
    """
    event = registration.event
    if not event.is_direct:
        return tell_hours(slot.starts_at, slot.ends_at, zone=event.zone)
    zone = event.zone if reader.time_zone == NOT_CHOSEN else reader.time_zone
    return f"{tell_hours(slot.starts_at, slot.ends_at, zone=zone)} {city_of(zone)}"


def mail_of_event(
    kind: str,
    reader: User,
    own: Registration,
    context: dict[str, Any],
    file: CalendarFile | None = None,
    good_until: dt.datetime | None = None,
    said: Mapping[str, str] | None = None,
) -> None:
    """Mail somebody what they read of an event as one of a company that takes part.

    ``good_until`` and ``said`` as in ``queue_mail`` and ``wording_of``.
    """
    event = own.event
    with translation.override(reader.language):
        named = {"event": event, "event_name": event.named()[0], **context}
    queue_mail(
        kind,
        to=reader,
        context=named,
        chamber=chamber_of(event),
        calendar=file,
        thread=thread_of(event, reader),
        good_until=good_until,
        wording=wording_of(event, kind, reader, company=own.company.told, **(said or {})),
    )
