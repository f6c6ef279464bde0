"""What the people of a company are told of its registration, with the event for their calendar.

Each of them reads each news once. The days of the event come along, uncertain at first, certain
with the admission, and go once the company does not come. Who wants no mails about events, or wants
them once a day, gets no file: a file makes a mail leave at once. Who has one is told what ends it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from chambers.models import Delivery, Mail, Topic, User
from chambers.services.topics import delivery_of
from marketplace.models import Event, Meeting, Participant, Registration
from marketplace.selectors.event_days import has_days, was_sent
from marketplace.selectors.times import city_of, days_between, tell_instant
from marketplace.selectors.windows import closing_of, dates_ahead
from marketplace.services import notices

Status = Registration.Status
_NEWS = {Status.APPLIED: "received", Status.ADMITTED: "admitted"}
_TOLD = ("starts_on", "ends_on", "place", "place_names", "zone")


def tell_of_application(registration: Registration, now: dt.datetime) -> None:
    """Mail ``registration_received``: what was understood, and what comes next."""
    _tell("received", registration, now)


def tell_of_decision(registration: Registration, now: dt.datetime) -> None:
    """Mail what the organiser has decided, as ``registration_<status>``."""
    _tell(registration.status, registration, now)


def tell_newcomer(participant: Participant, now: dt.datetime) -> None:
    """Tell who is named later what the others were told, unless they read it with them."""
    registration, reader = participant.registration, participant.person
    kind = _NEWS.get(Status(registration.status))
    event = registration.event
    if reader is None or kind is None or event.is_direct:
        return
    thread = notices.thread_of(event, reader)
    if not Mail.objects.filter(person=reader, kind=f"registration_{kind}", thread=thread).exists():
        _tell_one(kind, registration, reader, now)


def tell_of_withdrawal(registration: Registration, ended: Sequence[Meeting]) -> None:
    """Take an event that a company does not come to out of the calendars that have it.

    Its meetings that ``ended`` go with it, of those that a mail has brought there. Others of the
    company know already: it withdrew.
    """
    event, lost = registration.event, notices.shares_of(ended)
    for reader in notices.readers_at(registration):
        days = [registration] if has_days(registration, reader) else []
        theirs = lost[reader.pk][1] if reader.pk in lost else []
        theirs = [(one, who) for one, who in theirs if who.registration_id == registration.pk]
        if not days:
            theirs = [(one, who) for one, who in theirs if was_sent(str(one.uid), reader)]
        file = notices.file_of(event, reader, theirs, days=days)
        if file is None:
            continue
        context = {"registration": registration}
        notices.mail_of_event("registration_withdrawn", reader, registration, context, file)


def tell_of_change(event: Event, before: Event) -> None:
    """Mail ``event_changed`` where other days, another place or clock are told than ``before``.

    The days follow in the calendars that have them.
    """
    if all(getattr(before, name) == getattr(event, name) for name in _TOLD):
        return  # most changes of a setting: nobody is looked for
    coming = Registration.objects.alive().filter(event=event).select_related("company")
    for registration in coming:
        registration.event = event
        for reader in notices.readers_at(registration):
            with translation.override(reader.language):
                changes = _changes(before, event)
            if not changes:
                continue
            days = [registration] if has_days(registration, reader) else []
            file = notices.file_of(event, reader, [], days=days)
            context = {"changes": changes, "has_file": file is not None, "own": registration}
            notices.mail_of_event("event_changed", reader, registration, context, file)


def _changes(before: Event, after: Event) -> list[tuple[str, str, str]]:
    """Name, text before and text now of what differs, in the language in use."""
    told = (
        (_("Days"), *(days_between(one.starts_on, one.ends_on) for one in (before, after))),
        (_("Place"), before.told_place or "—", after.told_place or "—"),
        (_("By the clock of"), city_of(before.zone), city_of(after.zone)),
    )
    return [(name, was, now) for name, was, now in told if was != now]


def registration_context(
    registration: Registration, reader: User, now: dt.datetime
) -> dict[str, Any]:
    """What a mail about a registration tells a reader, in the language in use.

    ``requests`` says whether one may ask others for meetings: ahead, open, closed, or "" where
    nobody may yet or any more.
    """
    event = registration.event
    opens, closes = event.requests_open_at, closing_of(event)
    requests = ""
    if event.takes_requests(now):
        requests = "open"
    elif opens is not None and opens > now:
        requests = "ahead"
    elif event.is_published and event.cancelled_at is None:
        requests = "closed"
    return {
        "registration": registration,
        "event": event,
        "event_name": event.named()[0],
        "days": days_between(event.starts_on, event.ends_on),
        "place": event.told_place,
        "requests": requests,
        "opens": _instant(opens, event, reader) if opens is not None else "",
        "closes": _instant(closes, event, reader),
        "dates": dates_ahead(event, reader, now),
    }


def _instant(at: dt.datetime, event: Event, reader: User) -> str:
    return tell_instant(at, zone=event.zone, reader=reader.time_zone)


def _tell(kind: str, registration: Registration, now: dt.datetime) -> None:
    for reader in notices.readers_at(registration):
        _tell_one(kind, registration, reader, now)


def _tell_one(kind: str, registration: Registration, reader: User, now: dt.datetime) -> None:
    file = None
    if _brings_file(registration, reader):
        file = notices.file_of(registration.event, reader, [], days=[registration])
    with translation.override(reader.language):
        context = registration_context(registration, reader, now)
    notices.mail_of_event(f"registration_{kind}", reader, registration, context, file)


def _brings_file(registration: Registration, reader: User) -> bool:
    """Whether a mail brings the days of the event: where wanted, and where they are already."""
    if registration.status == Status.WAITING:
        return False  # as uncertain as before
    if has_days(registration, reader):
        return True
    wanted = delivery_of(reader, Topic.EVENTS) == Delivery.NOW
    return wanted and not registration.is_over
