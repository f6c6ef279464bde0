"""A reader chooses which mails come at once, once a day or never; some cannot be refused."""

import datetime as dt
import re
import smtplib
import threading

import pytest
from django.core import mail as outbox
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chambers import tasks
from chambers.models import Delivery, Job, Mail, MailChoice, Topic
from chambers.services import jobs
from chambers.services.bounces import note_bounce
from chambers.services.digests import ask_for_digests
from chambers.services.mail import CalendarFile, delete_old_mails, next_digest, queue_mail
from chambers.services.topics import choose_delivery, delivery_of, topic_of
from tests import factories
from tests.factories import token_for

pytestmark = pytest.mark.django_db
assert tasks  # its import registers the jobs

State = Mail.State


def queue(person, kind="membership_admitted", **options):
    membership = factories.MembershipFactory()
    context = {"membership": membership}
    return queue_mail(kind, to=person, chamber=membership.chamber, context=context, **options)


def run_digest():
    """The clock of the next day, and what it asks for."""
    ask_for_digests(timezone.now() + dt.timedelta(days=1))
    jobs.work_off()


def test_what_is_not_wanted_is_kept_and_not_sent(user):
    choose_delivery(user, Topic.MEMBERSHIP, Delivery.OFF)

    mail = queue(user)
    jobs.work_off()

    assert (Mail.objects.get(pk=mail.pk).state, len(outbox.outbox)) == (State.OFF, 0)


def test_what_may_wait_comes_in_one_mail_in_the_morning_with_links(user):
    choose_delivery(user, Topic.MEMBERSHIP, Delivery.DAILY)

    held = [queue(user), queue(user), queue(user)]
    jobs.work_off()
    before = len(outbox.outbox)
    run_digest()
    run_digest()

    (sent,) = outbox.outbox
    assert (before, sent.subject) == (0, "3 things new for you")
    assert [one.subject in sent.body for one in held] == [True] * 3
    assert sent.body.count("http://localhost/en/matches/\n") == 3
    digest = Mail.objects.get(kind="digest")
    told = Mail.objects.filter(kind="membership_admitted")
    assert set(told.values_list("state", "digest")) == {(State.INCLUDED, digest.pk)}


def test_the_clock_asks_for_a_daily_mail_once_and_not_before_the_morning(user):
    choose_delivery(user, Topic.MEMBERSHIP, Delivery.DAILY)
    due = next_digest(user, queue(user).created_at)
    asked = Job.objects.filter(kind="mail.digest")

    ask_for_digests(due - dt.timedelta(seconds=1))
    before = asked.count()
    ask_for_digests(due)
    ask_for_digests(due)
    assert (before, asked.count()) == (0, 1)
    asked.update(state=Job.State.PARKED)
    ask_for_digests(due)
    assert asked.count() == 1
    ask_for_digests(due + dt.timedelta(days=2))
    assert asked.count() == 2


@pytest.mark.django_db(transaction=True)
def test_changes_that_tell_the_same_people_in_another_order_do_not_wait_for_each_other():
    context = {"membership": factories.MembershipFactory()}
    anna, keiko = factories.UserFactory(), factories.UserFactory()
    for reader in (anna, keiko):
        choose_delivery(reader, Topic.MEMBERSHIP, Delivery.DAILY)
        queue_mail("membership_admitted", to=reader, context=context)
    both, failed = threading.Barrier(2), []

    def tell(first, second):
        try:
            with transaction.atomic():
                queue_mail("membership_admitted", to=first, context=context)
                both.wait(timeout=60)
                queue_mail("membership_admitted", to=second, context=context)
        except OperationalError as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=tell, args=pair) for pair in ((anna, keiko), (keiko, anna))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert failed == []
    assert Mail.objects.filter(state=State.HELD).count() == 6


def test_a_long_day_is_one_mail_that_says_how_many_more_there_are(user):
    choose_delivery(user, Topic.MEMBERSHIP, Delivery.DAILY)
    for _number in range(53):
        queue(user)

    run_digest()

    (sent,) = outbox.outbox
    assert sent.subject == "53 things new for you"
    assert sent.body.count("http://localhost/en/matches/\n") == 50
    assert "And 3 more." in sent.body


def test_the_daily_mail_comes_at_seven_of_ones_own_clock():
    tokyo = factories.UserFactory(time_zone="Asia/Tokyo")
    night = dt.datetime(2026, 6, 26, 20, tzinfo=dt.UTC)  # 5 in the morning of the 27th there

    assert next_digest(tokyo, night) == dt.datetime(2026, 6, 26, 22, tzinfo=dt.UTC)
    later = night + dt.timedelta(hours=2)
    assert next_digest(tokyo, later) == dt.datetime(2026, 6, 27, 22, tzinfo=dt.UTC)


def test_changes_of_meetings_and_the_account_always_leave_at_once(user):
    for topic in (Topic.MEETINGS, Topic.ACCOUNT):
        with pytest.raises(ValidationError):
            choose_delivery(user, topic, Delivery.OFF)
        with pytest.raises(IntegrityError), transaction.atomic():
            MailChoice.objects.create(person=user, topic=topic, delivery=Delivery.DAILY)
        assert delivery_of(user, topic) == Delivery.NOW
    for topic in (Topic.REMINDERS, Topic.SOON):
        with pytest.raises(ValidationError):
            choose_delivery(user, topic, Delivery.DAILY)


def test_what_a_calendar_needs_leaves_at_once_whatever_was_chosen(user):
    choose_delivery(user, Topic.MEMBERSHIP, Delivery.OFF)

    mail = queue(user, calendar=CalendarFile(b"BEGIN:VCALENDAR\r\n", "REQUEST"))

    assert mail.state == State.QUEUED


@pytest.mark.parametrize(
    ("kind", "topic"),
    [
        ("meeting_moved", Topic.MEETINGS),
        ("company_absent", Topic.MEETINGS),
        ("request_received", Topic.REQUESTS),
        ("staff_appointed", Topic.ACCOUNT),
        ("account", Topic.ACCOUNT),
        ("interest_forwarded", Topic.INTERESTS),
        ("remind_tomorrow", Topic.REMINDERS),
        ("remind_soon", Topic.SOON),
    ],
)
def test_a_kind_belongs_to_a_topic(kind, topic):
    assert topic_of(kind) == topic


def test_a_mail_program_stops_such_mails_with_one_press_and_no_others(user):
    queue(user)
    jobs.work_off()
    (sent,) = outbox.outbox
    address = sent.extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://localhost")
    browser = Client(enforce_csrf_checks=True)

    read = browser.get(address).status_code
    before = MailChoice.objects.count()
    stopped = browser.post(address, {"List-Unsubscribe": "One-Click"}).status_code

    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (read, before, stopped) == (200, 0, 200)
    assert list(MailChoice.objects.values_list("person", "topic", "delivery")) == [
        (user.pk, "membership", "off")
    ]


def test_a_mail_of_a_moved_meeting_offers_no_stop(user):
    staff = factories.StaffFactory()
    queue_mail("staff_appointed", to=user, context={"staff": staff, "decided_by": user})
    jobs.work_off()

    (sent,) = outbox.outbox
    assert "List-Unsubscribe" not in sent.extra_headers
    assert "No more mails like this" not in sent.body


def test_what_is_written_once_is_written_once(user):
    first, second = queue(user, once="tomorrow 1"), queue(user, once="tomorrow 1")

    assert (first, Mail.objects.count()) == (second, 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_write_once_what_is_written_once():
    person, membership = factories.UserFactory(), factories.MembershipFactory()
    start = threading.Barrier(2)

    def write():
        start.wait()
        queue_mail("membership_admitted", to=person, context={"membership": membership}, once="now")
        connection.close()

    writers = [threading.Thread(target=write) for _ in range(2)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()

    assert Mail.objects.count() == 1


class Refusing:
    """An address that is not known there."""

    code = 550

    def __init__(self, **options):
        pass

    def send_messages(self, messages):
        refused = dict.fromkeys(messages[0].to, (self.code, b"5.1.1 no such user"))
        raise smtplib.SMTPRecipientsRefused(refused)


class Full(Refusing):
    code = 452


@pytest.mark.parametrize("thread", ["", "meeting-1"])
def test_an_address_that_refuses_for_good_is_not_tried_again(user, settings, thread):
    settings.MAIL_TRANSPORT = "tests.chambers.test_mail_choices.Refusing"
    mail = queue(user, thread=thread)

    jobs.work_off()

    mail.refresh_from_db()
    assert (mail.state, mail.problem) == (State.BOUNCED, "550 5.1.1 no such user")
    assert Job.objects.get(kind="mail.send").state == Job.State.DONE


def test_an_address_that_is_full_is_tried_again(user, settings):
    settings.MAIL_TRANSPORT = "tests.chambers.test_mail_choices.Full"
    mail = queue(user)

    jobs.work_off()

    mail.refresh_from_db()
    assert mail.state == State.QUEUED
    assert Job.objects.get(kind="mail.send").state == Job.State.QUEUED


REPORT = """\
From: MAILER-DAEMON@mx.example
To: noreply@localhost
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

Sorry.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; a@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user

--B
Content-Type: text/rfc822-headers

Message-ID: {message_id}
Subject: Admitted

--B--
"""


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, State.BOUNCED),
        ({"action": "delayed", "status": "4.2.2"}, State.SENT),
        ({"message_id": "<guessed@localhost>"}, State.SENT),
    ],
)
def test_a_report_that_an_address_is_unknown_is_noted_on_its_mail(user, fields, state):
    mail = queue(user)
    jobs.work_off()
    told = {"action": "failed", "status": "5.1.1", "message_id": mail.message_id, **fields}

    noted = note_bounce(REPORT.format(**told).encode())

    mail.refresh_from_db()
    assert (mail.state, noted is not None) == (state, state == State.BOUNCED)
    assert mail.problem == ("5.1.1 550 no such user" if noted else "")


@pytest.mark.parametrize("raw", [b"", b"\xff\x00", b"Subject: Hello\r\n\r\nHow are you?"])
def test_other_mail_is_no_report(raw):
    assert note_bounce(raw) is None


def test_mails_that_are_over_are_deleted_after_a_year_and_a_month(user):
    old, waiting, new = queue(user), queue(user), queue(user)
    Mail.objects.exclude(pk=waiting.pk).update(state=State.SENT)
    Mail.objects.exclude(pk=new.pk).update(created_at=timezone.now() - dt.timedelta(days=401))

    assert delete_old_mails() == 1
    assert not Mail.objects.filter(pk=old.pk).exists()
    assert Mail.objects.count() == 2


# ---------------------------------------------------------------- pages
def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def test_one_chooses_on_a_page_and_it_holds(client, user):
    client.force_login(user)
    page = reverse("mail-choices")
    fields = dict.fromkeys(
        (one for one in Topic.values if one not in ("meetings", "account")), "now"
    )

    done = client.post(page, {**fields, "messages": "daily", "with_text": "on"}, follow=True)

    assert "Saved. It holds from the next mail on." in text(done)
    assert delivery_of(user, Topic.MESSAGES) == Delivery.DAILY
    assert MailChoice.objects.get(topic="messages").with_text
    assert '<option value="daily" selected>Once a day</option>' in text(client.get(page))


def test_a_refused_form_keeps_what_was_chosen(client, user):
    client.force_login(user)

    answer = client.post(reverse("mail-choices"), {"messages": "daily", "requests": "hourly"})

    assert answer.status_code == 422
    assert '<option value="daily" selected>' in text(answer)
    assert MailChoice.objects.count() == 0


def test_who_has_an_address_that_refuses_mail_reads_of_it(client, user):
    queue(user)
    Mail.objects.update(state=State.BOUNCED)
    client.force_login(user)

    assert "Your address refused a mail on" in text(client.get(reverse("mail-choices")))


def test_the_demo_shows_every_mail_with_its_links(client, user, settings):
    settings.MAIL_VIEWER = True
    mail = queue(user)

    listed = text(client.get(reverse("demo-mails"), {"q": user.email}))
    one = text(client.get(reverse("demo-mail", args=[mail.public_id])))
    shown = client.get(reverse("demo-mail-html", args=[mail.public_id]))

    assert mail.subject in listed
    assert '<a href="http://localhost/en/matches/">' in one
    assert "sandbox" in shown["Content-Security-Policy"]
    assert "default-src 'none'" in shown["Content-Security-Policy"]
    assert shown.content.decode() == mail.html
    missing = text(client.get(reverse("demo-mails"), {"q": "nobody"}))
    assert "No such mail" in missing


def test_the_demo_gives_the_calendar_file_of_a_mail_that_has_one(client, user, settings):
    settings.MAIL_VIEWER = True
    plain, mail = queue(user), queue(user)
    Mail.objects.filter(pk=mail.pk).update(calendar="BEGIN:VCALENDAR", method="REQUEST")
    file = reverse("demo-mail-calendar", args=[mail.public_id])

    one, other = (
        text(client.get(reverse("demo-mail", args=[which.public_id]))) for which in (mail, plain)
    )
    answer = client.get(file)

    assert (file in one, "calendar file" in other) == (True, False)
    assert answer.content == b"BEGIN:VCALENDAR"
    assert answer["Content-Type"] == "text/calendar; charset=utf-8; method=REQUEST"
    missing = client.get(reverse("demo-mail-calendar", args=[plain.public_id]))
    assert missing.status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number_of_mails(
    client, user, settings, count, django_assert_num_queries
):
    settings.MAIL_VIEWER = True
    for _number in range(count):
        queue(user)

    with django_assert_num_queries(2):
        answer = client.get(reverse("demo-mails"))

    assert len(answer.context["page"].object_list) == count


def test_elsewhere_there_is_no_such_page(client, user):
    mail = queue(user)

    assert client.get(reverse("demo-mails")).status_code == 404
    for name in ("demo-mail", "demo-mail-html", "demo-mail-calendar"):
        assert client.get(reverse(name, args=[mail.public_id])).status_code == 404


def test_a_person_chooses_over_rest_and_a_token_only_reads(api, user):
    api.force_login(user)
    page = "/api/v1/me/mails/"

    changed = api.post(page, {"topic": "soon", "delivery": "off"}, format="json")
    late = api.post(page, {"topic": "reminders", "delivery": "daily"}, format="json")
    staff = api.post(page, {"topic": "chamber", "delivery": "off"}, format="json")
    always = api.post(page, {"topic": "meetings", "delivery": "off"}, format="json")
    api.logout()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token_for(user)}")
    read = api.get(page).json()["choices"]
    refused = api.post(page, {"topic": "soon", "delivery": "now"}, format="json")

    assert [one.status_code for one in (changed, late, staff, always)] == [200, 409, 409, 400]
    wrong = [one.json()["errors"][0] for one in (late, staff)]
    assert [one["field"] for one in wrong] == ["delivery", "topic"]
    assert "now, off" in wrong[0]["detail"]
    assert {one["topic"]: one["delivery"] for one in read if one["delivery"] != "now"} == {
        "soon": "off"
    }
    (soon,) = [one for one in read if one["topic"] == "soon"]
    assert (soon["label"], soon["deliveries"]) == ("Ten minutes before a meeting", ["now", "off"])
    assert (refused.status_code, refused.json()["code"]) == (403, "session_needed")
    assert list(MailChoice.objects.values_list("topic", "delivery")) == [("soon", "off")]
