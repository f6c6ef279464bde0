"""Mails about the days in which companies of an event ask each other, with whom they fit best.

Each company reads once that requests are open, and once, a week before they close, that it has
asked nobody. The row of its registration says what it was told, so a clock that was away or a
worker that died neither loses nor repeats a mail.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone, translation

from chambers.models import Job, User
from chambers.services import jobs
from chambers.services.mail import queue_mail
from marketplace.models import Event, MeetingRequest, Registration, RegistrationQuerySet
from marketplace.selectors.encounters import meetings_between, pending_between
from marketplace.selectors.mail_texts import wording_of
from marketplace.selectors.windows import closing_of, window_context
from marketplace.services import rules
from marketplace.services.notices import chamber_of, speakers
from matching.selectors import Suggestion, Way, suggestions_among
from matching.services.rounds import fitting

JOB = "matching.window"
TOLD_WITHIN = dt.timedelta(days=2)  # of the opening, or of an admission after it
IDLE_BEFORE = dt.timedelta(days=7)  # the closing
NOT_SOONER = dt.timedelta(days=2)  # after the opening, or after an admission
ANEW_AFTER = dt.timedelta(days=1)  # a job that failed for good is not tried sooner by itself
TOP = 3  # partners in a mail
LOOKED_AT = 40  # best partners of which some are not listed, or asked already
LABELS = 3  # of what two companies have in common, each way


@dataclass(frozen=True)
class _Kind:
    """One of the two mails: its name, and the column that says it was written."""

    name: str
    column: str


OPEN = _Kind("request_window", "window_told_at")
IDLE = _Kind("remind_requests", "idle_told_at")


@jobs.by_the_clock_every(dt.timedelta(minutes=15))
def look_for_windows(now: dt.datetime) -> None:
    """Ask for the mails of the events where somebody is to be told."""
    events = {one.event_id for kind in (OPEN, IDLE) for one in _due(kind, now).only("event")}
    failed = Job.objects.filter(
        kind=JOB, state=Job.State.PARKED, created_at__gt=now - ANEW_AFTER
    ).values_list("key", flat=True)
    known = set(failed)
    for event in sorted(events):
        if str(event) not in known:
            jobs.enqueue(JOB, {"event": event}, key=str(event))


@jobs.handles(JOB)
def write_window_mails(lease: jobs.Lease) -> None:
    """Write what is due at one event; each company in a transaction of its own."""
    event = Event.objects.get(pk=lease.payload["event"])
    with lease.held():
        told = tell_of_window(event)
    with lease.finish() as result:
        result["companies"] = told


def tell_of_window(event: Event, at: dt.datetime | None = None) -> int:
    """Tell the companies of an event that requests are open, or that they have asked nobody yet.

    Returns how many companies were told; a second call tells none of them again.
    """
    now = at or timezone.now()
    if not event.takes_requests(now):
        return 0
    due = [(kind, one) for kind in (OPEN, IDLE) for one in _due(kind, now).filter(event=event)]
    if not due:
        return 0
    ranked, told = _ranked(event), set()
    for kind, own in due:
        # Who is told of the opening just now is not asked a moment later why it asked nobody.
        if own.pk not in told and _tell(kind, own, ranked.get(own.company_id, []), now):
            told.add(own.pk)
    return len(told)


def _due(kind: _Kind, now: dt.datetime) -> RegistrationQuerySet:
    """Registrations to be told; a few more than will be: the event itself says if it is open."""
    rows = Registration.objects.at_events().filter(
        status=Registration.Status.ADMITTED,
        event__is_published=True,
        event__cancelled_at=None,
        **{kind.column: None},
    )
    if kind is OPEN:
        opened = Q(event__requests_open_at__lte=now)
        newly = opened & Q(event__requests_open_at__gt=now - TOLD_WITHIN)
        late = (opened | Q(event__requests_open_at=None)) & Q(decided_at__gt=now - TOLD_WITHIN)
        closing = Q(event__requests_close_at__gt=now)
        ahead = Q(event__requests_close_at=None, event__ends_on__gte=now.date())
        rows = rows.filter(newly | late, closing | ahead)
    else:
        since = now - NOT_SOONER
        last = now + IDLE_BEFORE
        soon = Q(event__requests_close_at__gt=now, event__requests_close_at__lte=last)
        begins = Q(
            event__requests_close_at=None,
            event__starts_on__gt=now.date(),
            event__starts_on__lte=last.date(),
        )
        sent = MeetingRequest.objects.ever_sent().filter(requester=OuterRef("pk"))
        rows = rows.filter(
            soon | begins,
            Q(event__requests_open_at=None) | Q(event__requests_open_at__lte=since),
            Q(decided_at=None) | Q(decided_at__lte=since),
            ~Exists(sent),
        )
    return rows.order_by("pk")


def _ranked(event: Event) -> dict[int, list[int]]:
    """{company: those of the event that fit it, best first}."""
    coming = Registration.objects.filter(event=event, status=Registration.Status.ADMITTED)
    found: dict[int, list[int]] = {}
    for one, other, _score in fitting(event, list(coming.values_list("company", flat=True))):
        found.setdefault(one, []).append(other)
        found.setdefault(other, []).append(one)
    return found


@transaction.atomic
def _tell(kind: _Kind, own: Registration, ranked: Sequence[int], now: dt.datetime) -> bool:
    """Mail those who speak for a company, unless somebody did a moment ago."""
    rows = Registration.objects.select_for_update(of=("self",), no_key=True)
    locked = rows.select_related("event__chamber", "company").get(pk=own.pk)
    if getattr(locked, kind.column) is not None:
        return False
    for reader in speakers(locked):
        _mail(kind, locked, reader, ranked, now)
    setattr(locked, kind.column, now)
    locked.save(update_fields=[kind.column])
    return True


def _mail(
    kind: _Kind, own: Registration, reader: User, ranked: Sequence[int], now: dt.datetime
) -> None:
    event = own.event
    with translation.override(reader.language):
        context = {
            **window_context(own, reader, now),
            "quota": rules.quota_left(own),
            "rows": _partners(own, reader, ranked),
        }
    told = {"company": own.company.told, "until": context["closes"]}
    queue_mail(
        kind.name,
        to=reader,
        context=context,
        chamber=chamber_of(event),
        once=f"{kind.name} {own.public_id} {reader.pk}",
        good_until=closing_of(event),
        wording=wording_of(event, kind.name, reader, **told),
    )


def _partners(own: Registration, reader: User, ranked: Sequence[int]) -> list[Mapping[str, Any]]:
    """The best partners whom a company may ask and has not, with reasons, in the language in use.

    Only those who agreed to be listed to this reader.
    """
    rows = Registration.objects.listed_for(reader).select_related("event", "company")
    best = ranked[:LOOKED_AT]
    listed = {one.company_id: one for one in rows.filter(event=own.event_id, company__in=best)}
    known = {*pending_between([own], listed.values()), *meetings_between([own], listed.values())}
    free = [
        key
        for key in best
        if key in listed
        and (own.pk, listed[key].pk) not in known
        and rules.may_meet(own, listed[key])
    ]
    fits = suggestions_among(own.company, free, reader)
    shown = [fits[key] for key in free if key in fits and fits[key].dismissal is None]
    return [_row(one, listed[one.partner.pk]) for one in shown[:TOP]]


def _row(one: Suggestion, registration: Registration) -> dict[str, Any]:
    return {
        "company": one.partner.told,
        "country": one.partner.country.name,
        "they": _labels(one.they_cover),
        "you": _labels(one.you_cover),
        "shared": _labels(one.shared),
        "path": reverse("request-new", args=[registration.public_id]),
    }


def _labels(way: Way) -> str:
    told = [one.label or one.answer_word or one.need_word for one in way.reasons]
    return ", ".join([one for one in dict.fromkeys(told) if one][:LABELS])
