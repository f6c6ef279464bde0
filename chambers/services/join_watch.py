"""What the clock does about people whose request to join a company nobody answers.

Those who are to answer are reminded after three working days; three working days later the
company's chambers are asked, which may answer in their place. The mails are the record. Where
neither a main contact nor a manager of a chamber is left who could answer, a request ends, and its
person reads why.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from chambers.deadlines import after_working_days
from chambers.models import Chamber, Company, JoinRequest, Mail, User
from chambers.services import jobs
from chambers.services.joining import chamber_managers, who_answers
from chambers.services.mail import queue_mail
from chambers.services.representatives import main_contacts

PATIENCE = 3  # working days before the reminder, and again before the chamber is asked


@jobs.by_the_clock_every(dt.timedelta(days=1))
def watch_join_requests(now: dt.datetime) -> None:
    """See to the requests that wait."""
    remind_of_join_requests(now.astimezone(dt.UTC).date())


def remind_of_join_requests(day: dt.date) -> int:
    """Remind and escalate what is due on ``day``; how many mails. A second call writes none."""
    sent = 0
    for one in JoinRequest.objects.pending().order_by("asked_at", "pk"):
        if _patience_ends(one.asked_at) <= day:
            with jobs.spared(one):
                sent += _see_to(one, day)
    return sent


@transaction.atomic
def _see_to(request: JoinRequest, day: dt.date) -> int:
    """Remind of a request that still waits, or ask the chambers once a reminder was in vain."""
    rows = JoinRequest.objects.select_for_update(of=("self",), no_key=True)
    row = rows.select_related("company", "person").filter(pk=request.pk).first()
    if row is None or row.state != JoinRequest.State.PENDING:
        return 0
    readers = [*who_answers(row.company)]
    if not readers:
        return _end(row)
    keys = [_once("join_waiting", row, reader) for reader, _chamber in readers]
    first = Mail.objects.filter(once__in=keys).order_by("created_at").first()
    if first is None:
        return sum(_mail("join_waiting", row, *each) for each in readers)
    if not main_contacts(row.company) or _patience_ends(first.created_at) > day:
        return 0
    return sum(_mail("join_escalated", row, *each) for each in chamber_managers(row.company))


def _end(request: JoinRequest) -> int:
    """Close a request that nobody can answer, and say so; it may be made again at once."""
    request.state, request.answered_at = JoinRequest.State.ENDED, timezone.now()
    request.full_clean()
    request.save(update_fields=["state", "answered_at"])
    # Who found a company by its number alone has not been told its name, and is not now.
    named = Company.objects.visible_to(request.person).filter(pk=request.company_id).exists()
    queue_mail("join_ended", to=request.person, context={"request": request, "named": named})
    return 1


def _mail(kind: str, request: JoinRequest, reader: User, chamber: Chamber | None) -> int:
    once = _once(kind, request, reader)
    if not reader.is_active or Mail.objects.filter(once=once).exists():
        return 0
    context = {"request": request, "by_chamber": chamber is not None}
    queue_mail(kind, to=reader, chamber=chamber, context=context, once=once)
    return 1


def _once(kind: str, request: JoinRequest, reader: User) -> str:
    return f"{kind} {request.public_id} {reader.pk}"


def _patience_ends(since: dt.datetime) -> dt.date:
    return after_working_days(since.astimezone(dt.UTC).date(), PATIENCE)
