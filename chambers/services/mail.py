"""The one gate for mail: a row beside the change that caused it, then a job that sends it.

A mail that leaves twice (a worker died between sending and noting it) carries the same
Message-ID, so the reader's program shows it once.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from chambers.models import Chamber, Job, Mail, User
from chambers.services import jobs


@transaction.atomic
def queue_mail(
    kind: str, *, to: User, context: dict[str, Any], chamber: Chamber | None = None
) -> Mail:
    """Write the mail ``kind`` to a person, in their language, from ``mail/<kind>.txt``.

    The template's first line is the subject. Placeholders are text: nothing in a name becomes
    a header, a link or markup.
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
    """Hand one stored mail to the transport."""
    mail = Mail.objects.get(pk=lease.payload["mail"])
    if mail.state != Mail.State.SENT:
        message = EmailMultiAlternatives(
            mail.subject,
            mail.text,
            to=[mail.to],
            headers={"Message-ID": mail.message_id},
            connection=get_connection(settings.MAIL_TRANSPORT),
        )
        if mail.html:
            message.attach_alternative(mail.html, "text/html")
        message.send()
    with lease.finish():
        Mail.objects.filter(pk=mail.pk).update(state=Mail.State.SENT, sent_at=timezone.now())


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
