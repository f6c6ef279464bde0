"""A mail of an event as one of its readers would get it, before an organiser's words are kept.

Made of the event's own rows as far as there are any, by the very functions that make the mail.
Where nobody was admitted or asked yet, invented names stand for them. Nothing is written.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chambers.models import Company, User
from chambers.services.layout import Letter, letter
from marketplace.models import Event, MailText, Meeting, MeetingRequest, Registration
from marketplace.selectors.agenda import with_people
from marketplace.selectors.mail_texts import worded
from marketplace.selectors.plan import halls_of
from marketplace.selectors.times import tell_instant
from marketplace.selectors.windows import window_context
from marketplace.services import notices, reminders, rules
from marketplace.services.meeting_previews import OF_MEETINGS, meeting_told, meetings_for
from marketplace.services.registration_mail import registration_context
from marketplace.services.timetable_mail import timetable_context

Kind = MailText.Kind


def preview(row: MailText) -> Letter:
    """The mail that ``row``, saved or not, would become, in its language."""
    event = row.event
    own = _company_of(event, row.kind)
    reader = _reader(own, row.language)
    with translation.override(row.language):
        context = {"event": event, "event_name": event.named()[0], **_told(row, own, reader)}
    other = context["other"].company.told if "other" in context else ""
    values = {
        "company": own.company.told,
        "until": context.get("closes") or context.get("until"),
        "number": context.get("total", ""),
        "partner": other or context.get("partner", ""),
        "time": context.get("at") or context.get("begins", ""),
        "day": context.get("day", ""),
    }
    wording = worded(row, reader, **values)
    return letter(row.kind, context, to=reader, chamber=event.chamber, wording=wording)


def _told(row: MailText, own: Registration, reader: User) -> dict[str, Any]:
    """What the mail tells beside the event, by its kind."""
    if row.kind == Kind.REGISTRATION_ADMITTED:
        return registration_context(own, reader, timezone.now())
    if row.kind in (Kind.REQUEST_WINDOW, Kind.REMIND_REQUESTS):
        return {**window_context(own, reader, timezone.now()), "quota": own.most_requests}
    if row.kind == Kind.REQUEST_RECEIVED:
        return _request(own, reader)
    if row.kind == Kind.REMIND_ANSWERS:
        return _waiting(own, reader)
    if row.kind in OF_MEETINGS:
        return meeting_told(row.kind, own, reader)
    rows = with_people(Meeting.objects.told().alive().of(own)) if own.pk else []
    theirs = [
        (one, who, None) for one in rows for who in one.people() if who.registration_id == own.pk
    ]
    return timetable_context(own.event, theirs, reader, halls_of(own.event))


def _company_of(event: Event, kind: str) -> Registration:
    """The first of those who get such a mail; an invented one while there is none."""
    rows = Registration.objects.taking_part().filter(event=event).select_related("company__country")
    if kind in (Kind.REQUEST_RECEIVED, Kind.REMIND_ANSWERS):
        asked = MeetingRequest.objects.ever_sent().filter(event=event).values("partner")
        rows = rows.filter(pk__in=asked)
    elif kind in (Kind.TIMETABLE_PROVISIONAL, Kind.TIMETABLE_FINAL):
        met = Meeting.objects.told().alive().filter(event=event).values("host__registration")
        rows = rows.filter(pk__in=met)
    elif kind in OF_MEETINGS:
        rows = rows.filter(pk__in=meetings_for(kind, event).values("host__registration"))
    found = rows.order_by("pk").first() or _example(event, _("Your company"))
    found.event = event
    return found


def _reader(own: Registration, language: str) -> User:
    """Somebody who speaks for the company, as if they read this language; never saved."""
    speaking = notices.speakers(own) if own.pk else []
    known = speaking[0] if speaking else None
    return User(
        name=known.name if known else _("First name and family name"),
        email=known.email if known else "",
        language=language,
        time_zone=known.time_zone if known else own.event.zone,
    )


def _request(own: Registration, reader: User) -> dict[str, Any]:
    found = _newest(own)
    if found is not None:
        return notices.request_context(found, own, reader)
    request = _example_request(own)
    return {
        "meeting_request": request,
        "own": own,
        "other": request.requester,
        "until": _until(own.event, reader),
    }


def _waiting(own: Registration, reader: User) -> dict[str, Any]:
    found = _newest(own)
    if found is not None:
        return reminders.answers_context(reader, own, [found])
    request = _example_request(own)
    row = {
        "request": request,
        "company": request.requester.company.told,
        "until": _until(own.event, reader),
    }
    return {"rows": [row], "total": 1, "company": own.company.told}


def _until(event: Event, reader: User) -> str:
    return tell_instant(rules.expiry_of(event), zone=event.zone, reader=reader.time_zone)


def _newest(own: Registration) -> MeetingRequest | None:
    """What was last asked of a company."""
    if not own.pk:
        return None
    return MeetingRequest.objects.ever_sent().filter(partner=own).order_by("-created_at").first()


def _example(event: Event, name: str) -> Registration:
    country = event.chamber.country
    return Registration(event=event, company=Company(legal_name=name, country=country))


def _example_request(own: Registration) -> MeetingRequest:
    other = _example(own.event, _("Another company"))
    return MeetingRequest(event=own.event, requester=other, partner=own)
