"""The one gate for mail: a row beside the change that caused it, then a job that sends it.

A mail that leaves twice (a worker died between sending and noting it) carries the same
Message-ID, so the reader's program shows it once. Mails of one thread, such as all that say
something of one meeting to one person, leave in the order in which they were written: a
cancellation never overtakes the invitation before it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation

from chambers.models import Chamber, Job, Mail, User
from chambers.services import jobs


@dataclass(frozen=True)
class CalendarFile:
    """A calendar file and what it asks of the reader's program, as in its own METHOD.

    ``name`` has no ending. ``cancelled`` is a second file beside it, with the METHOD ``CANCEL``:
    one file cannot both bring entries and take others away.
    """

    content: bytes
    method: str
    name: str = "meeting"
    cancelled: bytes = b""


@transaction.atomic
def queue_mail(
    kind: str,
    *,
    to: User,
    context: dict[str, Any],
    chamber: Chamber | None = None,
    calendar: CalendarFile | None = None,
    thread: str = "",
) -> Mail:
    """Write the mail ``kind`` to a person, in their language, from ``mail/<kind>.txt``.

    The template's first line is the subject. Placeholders are text: nothing in a name becomes
    a header, a link or markup. Mails of one ``thread`` leave in order.
    """
    with translation.override(to.language):
        body = render_to_string(
            f"mail/{kind}.txt", {**context, "person": to, "site": settings.BASE_URL}
        )
    subject, _, text = body.lstrip().partition("\n")
    return _store(
        to.email,
        " ".join(subject.split()),
        text.lstrip("\n"),
        language=to.language,
        kind=kind,
        chamber=chamber,
        calendar=calendar,
        thread=thread,
    )


def _store(
    to: str,
    subject: str,
    text: str,
    *,
    html: str = "",
    language: str = "en",
    kind: str = "",
    chamber: Chamber | None = None,
    calendar: CalendarFile | None = None,
    thread: str = "",
) -> Mail:
    domain = urlsplit(settings.BASE_URL).hostname
    mail = Mail.objects.create(
        to=to,
        subject=subject[:250],
        text=text,
        html=html,
        language=language[:2],
        kind=kind,
        chamber=chamber,
        calendar=calendar.content.decode() if calendar else "",
        method=calendar.method if calendar else "",
        calendar_name=calendar.name if calendar else "",
        cancellations=calendar.cancelled.decode() if calendar else "",
        thread=thread,
        message_id=f"<{uuid.uuid4()}@{domain}>",
    )
    jobs.enqueue("mail.send", {"mail": mail.pk}, key=str(mail.pk), priority=5)
    return mail


def give_mail_up(job: Job, error: str) -> None:
    """Note on the mail that its job is parked; trying the job again sends it after all."""
    Mail.objects.filter(pk=job.payload["mail"], state=Mail.State.QUEUED).update(
        state=Mail.State.FAILED
    )


@jobs.handles("mail.send", given_up=give_mail_up)
def send_mail(lease: jobs.Lease) -> None:
    """Hand one stored mail to the transport, after those that wait before it in its thread."""
    mail = Mail.objects.get(pk=lease.payload["mail"])
    if mail.thread:
        _send_in_order(mail)
    elif mail.state != Mail.State.SENT:
        _send(mail)
    with lease.finish():
        _note_sent(mail)


def _send_in_order(mail: Mail) -> None:
    """Send all of its thread that wait, up to this mail; one worker at a time does that."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [mail.thread])
        before = Q(thread=mail.thread, state=Mail.State.QUEUED, pk__lt=mail.pk)
        itself = Q(pk=mail.pk) & ~Q(state=Mail.State.SENT)
        for one in Mail.objects.filter(before | itself).order_by("pk"):
            _send(one)
            _note_sent(one)


def _note_sent(mail: Mail) -> None:
    Mail.objects.filter(pk=mail.pk).exclude(state=Mail.State.SENT).update(
        state=Mail.State.SENT, sent_at=timezone.now()
    )


def _send(mail: Mail) -> None:
    message = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        to=[mail.to],
        headers={"Message-ID": mail.message_id},
        connection=get_connection(settings.MAIL_TRANSPORT),
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    if mail.calendar:
        # Beside the text for programs that answer invitations, as a file for everybody else.
        message.attach_alternative(mail.calendar, f"text/calendar; method={mail.method}")
        name = mail.calendar_name or "meeting"
        message.attach(f"{name}.ics", mail.calendar, "text/calendar")
        if mail.cancellations:
            kind = "text/calendar; method=CANCEL"
            message.attach(f"{name}-cancelled.ics", mail.cancellations, kind)
    message.send()


class OutboxBackend(BaseEmailBackend):
    """Django's and django-allauth's own mails take the same way."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Store each message; how many."""
        stored = 0
        with transaction.atomic():
            for message in email_messages:
                html = next(
                    (
                        str(one.content)
                        for one in getattr(message, "alternatives", [])
                        if one.mimetype == "text/html"
                    ),
                    "",
                )
                for recipient in message.recipients():
                    _store(
                        recipient,
                        str(message.subject),
                        str(message.body),
                        html=html,
                        language=translation.get_language() or "en",
                        kind="account",
                    )
                    stored += 1
        return stored
