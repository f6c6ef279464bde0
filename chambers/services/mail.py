"""The one gate for mail: a row beside the change that caused it, then a job that sends it.

A mail that leaves twice (a worker died between sending and noting it) carries the same
Message-ID, so the reader's program shows it once. Mails of one thread, such as all that say
something of one meeting to one person, leave in the order in which they were written: a
cancellation never overtakes the invitation before it.

A reader chooses by topic (``chambers.services.topics``) whether a mail leaves at once, waits for
the daily one, or is only kept. What an address refuses for good is not tried again.
"""

from __future__ import annotations

import datetime as dt
import re
import smtplib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chambers.letters import Wording
from chambers.models import ALWAYS, Chamber, Delivery, Job, Mail, User
from chambers.services import jobs, links
from chambers.services.layout import Letter, html_of_text, letter
from chambers.services.topics import DIGEST, delivery_of, topic_of

DIGEST_AT = dt.time(7)  # by the reader's clock
STOP_DAYS = 400  # a mail is found again, and stopped, a year later
REFUSED = 500  # SMTP answers from here on are for good
KEPT_FOR = dt.timedelta(days=400)


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
    once: str = "",
    good_until: dt.datetime | None = None,
    wording: Wording | None = None,
) -> Mail:
    """Write the mail ``kind`` to a person, in their language, from ``mail/<kind>.txt``.

    The template's first line is the subject. Placeholders are text: nothing in a name becomes
    a header, a link or markup. Mails of one ``thread`` leave in order. What is written under a
    ``once`` is written one time ever; a second call gives the first mail. What is of no use any
    more after ``good_until`` waits for no daily mail that comes later. ``wording`` stands instead
    of the template's subject and opening.
    """
    if once and (former := Mail.objects.filter(once=once).first()):
        return former
    topic = topic_of(kind)
    # A calendar that misses a change is wrong from then on.
    delivery = Delivery.NOW if calendar else delivery_of(to, topic)
    if delivery == Delivery.DAILY and good_until and good_until < next_digest(to, timezone.now()):
        delivery = Delivery.NOW
    stop = stop_link(kind, to)
    written = letter(kind, context, to=to, chamber=chamber, stop=stop, wording=wording)
    try:
        with transaction.atomic():
            mail = _store(
                to.email,
                written,
                person=to if to.pk else None,  # who is invited may have no account yet
                language=to.language,
                kind=kind,
                chamber=chamber,
                calendar=calendar,
                thread=thread,
                once=once,
                state=_STATES[delivery],
            )
    except IntegrityError:
        if not once:
            raise
        return Mail.objects.get(once=once)  # another worker wrote it a moment ago
    if mail.state == Mail.State.QUEUED:
        jobs.enqueue("mail.send", {"mail": mail.pk}, key=str(mail.pk), priority=5)
    # No job for a daily mail is written here: its row would be held until the change is committed,
    # and two changes that tell the same people in another order would wait for each other.
    return mail


_STATES = {
    Delivery.NOW: Mail.State.QUEUED,
    Delivery.DAILY: Mail.State.HELD,
    Delivery.OFF: Mail.State.OFF,
}


def stop_link(kind: str, person: User) -> str:
    """The address that ends mails like this one; none for those that always leave."""
    key = kind if kind == DIGEST else topic_of(kind)
    if key in ALWAYS:
        return ""
    return links.link("mail.stop", person=person, key=str(key), days=STOP_DAYS)


def next_digest(person: User, now: dt.datetime) -> dt.datetime:
    """When the next daily mail of a person is due: at ``DIGEST_AT`` of their day."""
    zone = ZoneInfo(person.time_zone)
    day = now.astimezone(zone).date()
    due = dt.datetime.combine(day, DIGEST_AT, zone)
    return due if due > now else dt.datetime.combine(day + dt.timedelta(days=1), DIGEST_AT, zone)


def _store(
    to: str,
    written: Letter,
    *,
    person: User | None = None,
    language: str = "en",
    kind: str = "",
    chamber: Chamber | None = None,
    calendar: CalendarFile | None = None,
    thread: str = "",
    once: str = "",
    state: Mail.State = Mail.State.QUEUED,
) -> Mail:
    domain = urlsplit(settings.BASE_URL).hostname
    return Mail.objects.create(
        to=to,
        person=person,
        subject=written.subject[:250],
        text=written.text,
        html=written.html,
        language=language[:2],
        kind=kind,
        chamber=chamber,
        calendar=calendar.content.decode() if calendar else "",
        method=calendar.method if calendar else "",
        calendar_name=calendar.name if calendar else "",
        cancellations=calendar.cancelled.decode() if calendar else "",
        thread=thread,
        once=once,
        state=state,
        message_id=f"<{uuid.uuid4()}@{domain}>",
    )


def give_mail_up(job: Job, error: str) -> None:
    """Note on the mail that its job is parked; trying the job again sends it after all."""
    Mail.objects.filter(pk=job.payload["mail"], state=Mail.State.QUEUED).update(
        state=Mail.State.FAILED
    )


def wait_again(job: Job) -> None:
    """Let a mail that was given up wait for its turn in its thread as before.

    Raises ValidationError ``overtaken`` where a later calendar file for the same appointments has
    left meanwhile: this one would call people to what was moved or cancelled since. ``gone``
    where it was deleted with the mails of its age.
    """
    mail = Mail.objects.filter(pk=job.payload["mail"]).first()
    if mail is None:
        text = _("This mail was deleted meanwhile, so it cannot be sent. Leave it out.")
        raise ValidationError(text, code="gone")
    if mail.thread:
        _hold_thread(mail.thread)
    if later := _overtaking(mail):
        raise ValidationError(
            _(
                "“%(subject)s” is not sent to %(to)s any more: a later mail tells of the same"
                " appointments, “%(later)s”. Leave it out."
            ),
            code="overtaken",
            params={"subject": mail.subject, "to": mail.to, "later": later.subject},
        )
    Mail.objects.filter(pk=mail.pk, state=Mail.State.FAILED).update(state=Mail.State.QUEUED)


def _overtaking(mail: Mail) -> Mail | None:
    """A later mail of its thread that has left and changes the same entries of a calendar."""
    entries = _entries(mail)
    if not mail.thread or not entries:
        return None
    later = Mail.objects.filter(
        thread=mail.thread, pk__gt=mail.pk, created_at__gte=mail.created_at, state=Mail.State.SENT
    ).exclude(calendar="")
    return next((one for one in later.order_by("-pk") if entries & _entries(one)), None)


def _entries(mail: Mail) -> set[str]:
    """The names of the entries in its calendar files."""
    files = f"{mail.calendar}\r\n{mail.cancellations}".replace("\r\n ", "")
    return set(re.findall(r"^UID:(\S+)", files, re.MULTILINE))


@jobs.handles("mail.send", given_up=give_mail_up, again=wait_again)
def send_mail(lease: jobs.Lease) -> None:
    """Hand one stored mail to the transport, after those that wait before it in its thread."""
    mail = Mail.objects.select_related("chamber", "person").get(pk=lease.payload["mail"])
    problem = ""
    if mail.thread:
        _send_in_order(mail)
    elif mail.state not in _OVER:
        problem = _send(mail)
    with lease.finish():
        _note(mail, problem)


_OVER = (Mail.State.SENT, Mail.State.BOUNCED)


def _send_in_order(mail: Mail) -> None:
    """Send all of its thread that wait, up to this mail; one worker at a time does that."""
    with transaction.atomic():
        _hold_thread(mail.thread)
        before = Q(thread=mail.thread, state=Mail.State.QUEUED, pk__lt=mail.pk)
        itself = Q(pk=mail.pk) & ~Q(state__in=_OVER)
        waiting = Mail.objects.filter(before | itself).select_related("chamber", "person")
        for one in waiting.order_by("pk"):
            _note(one, _send(one))


def _hold_thread(thread: str) -> None:
    """Wait until nobody else sends of a thread, and keep others from it in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [thread])


def _note(mail: Mail, problem: str) -> None:
    open_still = Mail.objects.filter(pk=mail.pk).exclude(state__in=_OVER)
    if problem:
        open_still.update(state=Mail.State.BOUNCED, problem=problem[:300])
    else:
        open_still.update(state=Mail.State.SENT, sent_at=timezone.now())


def _send(mail: Mail) -> str:
    """Hand it over; why the address is refused for good, or nothing."""
    message = message_of(mail)
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        if code < REFUSED:
            raise  # full or busy: tried again later
        return f"{code} {reason.decode(errors='replace')}"
    return ""


def message_of(mail: Mail) -> EmailMultiAlternatives:
    """A stored mail as it leaves."""
    with translation.override(mail.language):
        sender = sender_of(mail.chamber)
    message = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        sender,
        to=[mail.to],
        headers=_headers(mail),
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
    return message


def sender_of(chamber: Chamber | None) -> str:
    """The one address that mails leave from, under the name of the chamber they speak for.

    A name is one line here, whatever it holds: no header comes out of it.
    """
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    if chamber is None:
        return formataddr((name, address))
    return formataddr((f"{' '.join(chamber.name.split())} · {name}", address))


def _headers(mail: Mail) -> dict[str, str]:
    headers = {"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"}
    stop = stop_link(mail.kind, mail.person) if mail.person else ""
    if stop:
        headers["List-Unsubscribe"] = f"<{stop}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def delete_old_mails(now: dt.datetime | None = None) -> int:
    """Delete mails that are over and older than ``KEPT_FOR``; how many."""
    before = (now or timezone.now()) - KEPT_FOR
    waiting = [Mail.State.QUEUED, Mail.State.HELD]
    deleted, _by_model = (
        Mail.objects.filter(created_at__lt=before).exclude(state__in=waiting).delete()
    )
    return deleted


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
                subject, text = str(message.subject), str(message.body)
                written = Letter(subject, text, html or html_of_text(subject, text))
                for recipient in message.recipients():
                    mail = _store(
                        recipient,
                        written,
                        language=translation.get_language() or "en",
                        kind="account",
                    )
                    jobs.enqueue("mail.send", {"mail": mail.pk}, key=str(mail.pk), priority=5)
                    stored += 1
        return stored
