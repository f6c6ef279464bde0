"""Mail is a row beside the change that caused it, then one message, in the reader's language."""

import re
import smtplib
import threading
from email import message_from_string
from pathlib import Path

import pytest
from django.core import mail as outbox
from django.core.mail import EmailMultiAlternatives, send_mail
from django.db import transaction
from django.utils import translation

from chambers.models import Job, Mail
from chambers.services import jobs
from chambers.services.mail import CalendarFile, queue_mail
from chambers.services.memberships import approve_membership
from tests import factories
from tests.marketplace.refusals import refused


def queue(person, *, calendar=None, thread="", **fields):
    membership = factories.MembershipFactory(**fields)
    return queue_mail(
        "membership_admitted",
        to=person,
        chamber=membership.chamber,
        context={"membership": membership},
        calendar=calendar,
        thread=thread,
    )


def test_a_mail_stands_or_falls_with_the_change_that_caused_it(user):
    with transaction.atomic():
        queue(user)
        transaction.set_rollback(True)

    assert (Mail.objects.count(), Job.objects.count()) == (0, 0)


def test_a_mail_is_sent_once_with_the_message_id_of_its_row(user):
    mail = queue(user)

    jobs.work_off()
    jobs.work_off()

    mail.refresh_from_db()
    (sent,) = outbox.outbox
    assert sent.extra_headers["Message-ID"] == mail.message_id
    assert (sent.to, sent.subject, sent.body) == ([user.email], mail.subject, mail.text)
    assert (mail.state, mail.sent_at is not None) == (Mail.State.SENT, True)


def test_a_worker_that_dies_after_sending_sends_the_same_message_again_never_another(user):
    mail = queue(user)
    jobs.work_off()
    Mail.objects.update(state=Mail.State.QUEUED)  # it died before it could note that
    Job.objects.update(state=Job.State.QUEUED)

    jobs.work_off()

    assert [one.extra_headers["Message-ID"] for one in outbox.outbox] == [mail.message_id] * 2


def test_what_is_noted_as_sent_is_not_sent_again(user):
    queue(user)
    jobs.work_off()
    Job.objects.update(state=Job.State.QUEUED)

    jobs.work_off()

    assert len(outbox.outbox) == 1


def test_a_calendar_file_is_an_invitation_and_an_attachment(user):
    queue(user, calendar=CalendarFile(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "REQUEST"))

    jobs.work_off()

    (sent,) = outbox.outbox
    types = [part["Content-Type"] for part in sent.message().walk()]
    assert [kind.split(";")[0] for kind in types if "calendar" in kind] == ["text/calendar"] * 2
    assert 'text/calendar; method="REQUEST"; charset="utf-8"' in types


def test_what_is_off_is_a_file_of_its_own_with_the_name_of_the_first(user):
    live, off = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", b"BEGIN:VCALENDAR\r\nX-OFF:1\r\n"
    queue(user, calendar=CalendarFile(live, "PUBLISH", "форум-3", off))

    jobs.work_off()

    (message,) = outbox.outbox
    parts = [part for part in message.message().walk() if part.get_filename()]
    assert [part.get_filename() for part in parts] == ["форум-3.ics", "форум-3-cancelled.ics"]
    assert parts[1].get_param("method") == "CANCEL"
    assert b"X-OFF" in parts[1].get_payload(decode=True)
    assert b"X-OFF" not in parts[0].get_payload(decode=True)


def test_of_one_thread_the_later_mail_takes_the_earlier_along_and_never_overtakes_it(user):
    first, second = queue(user, thread="meeting-1"), queue(user, thread="meeting-1")
    other = queue(user, thread="meeting-2")
    later = jobs.claim(pk=Job.objects.get(kind="mail.send", key=str(second.pk)).pk)

    jobs.do(later)

    ids = [one.extra_headers["Message-ID"] for one in outbox.outbox]
    assert ids == [first.message_id, second.message_id]
    jobs.work_off()
    ids = [one.extra_headers["Message-ID"] for one in outbox.outbox]
    assert ids == [first.message_id, second.message_id, other.message_id]


def test_a_mail_of_a_thread_that_was_given_up_is_sent_when_its_job_is_tried_again(user, settings):
    settings.MAIL_TRANSPORT = "tests.chambers.test_mail.Broken"
    mail = queue(user, thread="meeting-1")
    Job.objects.update(tries=4)
    jobs.work_off()
    settings.MAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"

    jobs.retry(Job.objects.get(kind="mail.send"))
    jobs.work_off()

    mail.refresh_from_db()
    assert (len(outbox.outbox), mail.state) == (1, Mail.State.SENT)


def call_to(number):
    """A calendar file for one appointment."""
    lines = (
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        f"UID:meeting-{number}@host",
        "END:VEVENT",
        "END:VC",
    )
    return CalendarFile("\r\n".join(lines).encode(), "REQUEST")


def test_a_call_that_was_given_up_is_not_sent_after_a_later_mail_of_the_same_appointment(
    user, settings
):
    settings.MAIL_TRANSPORT = "tests.chambers.test_mail.Broken"
    first, other = (queue(user, thread="event 1", calendar=call_to(one)) for one in (1, 2))
    Job.objects.update(tries=4)
    jobs.work_off()
    settings.MAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    later = queue(user, thread="event 1", calendar=call_to(1))
    jobs.work_off()
    parked = {one.key: one for one in Job.objects.filter(state=Job.State.PARKED)}
    assert set(parked) == {str(first.pk), str(other.pk)}

    error = refused("overtaken", jobs.retry, parked[str(first.pk)])
    jobs.retry(parked[str(other.pk)])
    jobs.work_off()

    assert later.subject in error.messages[0]
    assert user.email in error.messages[0]
    ids = [one.extra_headers["Message-ID"] for one in outbox.outbox]
    assert ids == [later.message_id, other.message_id]
    first.refresh_from_db()
    assert (first.state, Job.objects.get(key=str(first.pk)).state) == ("failed", "parked")
    Mail.objects.filter(pk=first.pk).delete()  # as mails of its age are
    refused("gone", jobs.retry, parked[str(first.pk)])


def test_what_is_tried_again_leaves_before_what_is_written_then(user, settings):
    settings.MAIL_TRANSPORT = "tests.chambers.test_mail.Broken"
    first = queue(user, thread="event 1", calendar=call_to(1))
    Job.objects.update(tries=4)
    jobs.work_off()
    settings.MAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    jobs.retry(Job.objects.get(key=str(first.pk)))
    later = queue(user, thread="event 1", calendar=call_to(1))

    jobs.do(jobs.claim(pk=Job.objects.get(key=str(later.pk)).pk))

    ids = [one.extra_headers["Message-ID"] for one in outbox.outbox]
    assert ids == [first.message_id, later.message_id]


def test_a_transport_that_fails_leaves_the_mail_waiting(user, settings):
    settings.MAIL_TRANSPORT = "tests.chambers.test_mail.Broken"
    mail = queue(user)

    jobs.work_off()

    mail.refresh_from_db()
    job = Job.objects.get(kind="mail.send")
    assert (mail.state, job.state) == (Mail.State.QUEUED, Job.State.QUEUED)
    assert "SMTPServerDisconnected" in job.error


class Broken:
    def __init__(self, **options):
        pass

    def send_messages(self, messages):
        raise smtplib.SMTPServerDisconnected("gone")


def test_a_mail_that_is_given_up_says_so(user, settings):
    settings.MAIL_TRANSPORT = "tests.chambers.test_mail.Broken"
    mail = queue(user)
    Job.objects.update(tries=4)

    jobs.work_off()

    mail.refresh_from_db()
    assert mail.state == Mail.State.FAILED


@pytest.mark.parametrize("language", ["en", "ru", "ja"])
def test_a_mail_speaks_its_readers_language_whoever_caused_it(db, language):
    reader = factories.UserFactory(language=language)

    with translation.override("de"):
        mail = queue(reader)

    assert mail.language == language
    assert f"/{language}/matches/" in mail.text


def test_a_decision_writes_to_each_main_contact_in_their_language(db):
    manager = factories.StaffFactory()
    waiting = factories.MembershipFactory(applied=True, chamber=manager.chamber)
    for language, role in (("ru", "owner"), ("ja", "owner"), ("en", "viewer")):
        factories.RepresentativeFactory(
            company=waiting.company, person__language=language, role=role
        )

    approve_membership(waiting, by=manager.person)

    assert sorted(Mail.objects.values_list("language", flat=True)) == ["ja", "ru"]
    assert set(Mail.objects.values_list("chamber", flat=True)) == {manager.chamber_id}


@pytest.mark.parametrize(
    "name",
    [
        "Sensor\r\nBcc: victim@example.org",
        "Sensor\nBcc: victim@example.org\n\nA text of theirs",
        "Sensor\u2028Bcc: victim@example.org",
        "Sensor\x0bBcc: victim@example.org",
    ],
)
def test_nothing_in_a_name_becomes_a_header(user, name):
    queue(user, company__legal_name=name)

    jobs.work_off()

    (sent,) = outbox.outbox
    parsed = message_from_string(sent.message().as_string())
    assert parsed["Bcc"] is None
    assert "\n" not in sent.subject
    assert sent.recipients() == [user.email]


def test_nothing_in_a_name_becomes_markup_or_a_link(user):
    queue(user, company__legal_name='<a href="https://evil.example">Click</a>')

    jobs.work_off()

    (sent,) = outbox.outbox
    (html,) = sent.alternatives
    assert '<a href="https://evil.example">Click</a>' in sent.body
    assert (
        "&lt;a href=&quot;https:<wbr>//evil<wbr>.example&quot;&gt;Click&lt;/a&gt;" in html.content
    )
    links = re.findall(r'href="([^"]+)"', html.content)
    assert [link for link in links if not link.startswith("http://localhost/en/")] == []


def test_djangos_own_mail_takes_the_same_way_one_row_for_each_reader(db, settings):
    settings.EMAIL_BACKEND = "chambers.services.mail.OutboxBackend"
    message = EmailMultiAlternatives("Hello", "Text", to=["a@example.org"], cc=["b@example.org"])
    message.attach_alternative("<p>Text</p>", "text/html")

    sent = message.send() + send_mail("Plain", "Text", None, ["c@example.org"])
    before = list(outbox.outbox)
    jobs.work_off()

    assert (sent, before) == (3, [])
    assert sorted(one.to[0] for one in outbox.outbox) == [
        "a@example.org",
        "b@example.org",
        "c@example.org",
    ]
    assert [one.html for one in Mail.objects.order_by("to")] == ["<p>Text</p>", "<p>Text</p>", ""]
    assert Mail.objects.values("message_id").distinct().count() == 3


def test_every_mail_template_exists_in_one_place_and_begins_with_its_subject():
    templates = sorted(Path("config/templates/mail").glob("*.txt"))

    assert templates
    for template in templates:
        assert template.read_text().startswith("{% load i18n %}{% autoescape off %}"), template


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_a_mail_once():
    mail = queue(factories.UserFactory())
    Job.objects.exclude(kind="mail.send").delete()
    start = threading.Barrier(2)

    def work():
        from django.db import connection

        start.wait()
        jobs.work_off()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    mail.refresh_from_db()
    assert (len(outbox.outbox), mail.state) == (1, Mail.State.SENT)
