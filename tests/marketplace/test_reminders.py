"""Who meets somebody, or lets somebody wait, is reminded in time, and once."""

import datetime as dt
from importlib import import_module
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.utils import timezone

from chambers.models import Delivery, Mail, MailChoice, Topic
from chambers.services import jobs
from chambers.services.mail import stop_link
from chambers.services.topics import choose_delivery, delivery_of
from marketplace.models import Event, Meeting, MeetingRequest
from marketplace.services.reminders import remind_soon, remind_to_answer, remind_tomorrow
from tests import event_factories as make
from tests import factories

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = (dt.timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days"))


def mails(kind):
    return Mail.objects.filter(kind=kind).order_by("pk")


@pytest.fixture
def meeting():
    return make.MeetingFactory(placed=True)


def test_who_meets_in_ten_minutes_is_told_once_where_and_whom(meeting):
    now = meeting.slot.starts_at - 9 * MINUTE
    Event.objects.update(desk_phone="+375 17 200-00-00")

    assert (remind_soon(now), remind_soon(now + MINUTE)) == (2, 0)
    told = mails("remind_soon")
    assert {one.to for one in told} == {meeting.host.person.email, meeting.guest.person.email}
    of_host = told.get(to=meeting.host.person.email)
    assert meeting.guest.registration.company.legal_name in of_host.subject
    assert of_host.subject.startswith("In 10 minutes: ")
    assert "The desk: +375 17 200-00-00\n" in of_host.text
    assert f"/en/meetings/{meeting.public_id}/\n" in of_host.text


@pytest.mark.parametrize("before", [11, 0, -1])
def test_nobody_is_told_too_early_or_of_what_has_begun(meeting, before):
    assert remind_soon(meeting.slot.starts_at - before * MINUTE) == 0


@pytest.mark.parametrize("status", ["cancelled", "provisional"])
def test_nobody_is_reminded_of_what_is_off_or_not_sure(meeting, status):
    Meeting.objects.update(status=status)

    assert remind_soon(meeting.slot.starts_at - 5 * MINUTE) == 0
    assert remind_tomorrow(meeting.slot.starts_at - 20 * HOUR) == 0


def test_a_meeting_that_is_moved_is_told_anew(meeting):
    remind_soon(meeting.slot.starts_at - 5 * MINUTE)
    later = meeting.slot.starts_at + 2 * HOUR
    meeting.slot = make.SlotFactory(
        event=meeting.event, starts_at=later, ends_at=later + 20 * MINUTE
    )
    meeting.save()

    assert remind_soon(later - 5 * MINUTE) == 2


def test_the_day_before_one_mail_lists_all_of_tomorrow(meeting):
    later = meeting.slot.starts_at + HOUR
    slot = make.SlotFactory(event=meeting.event, starts_at=later, ends_at=later + 20 * MINUTE)
    second = make.MeetingFactory(event=meeting.event, host=meeting.host, placed=True, slot=slot)
    now = meeting.slot.starts_at - 22 * HOUR
    Event.objects.update(desk_phone="+375 17 200-00-00")

    first, again = remind_tomorrow(now), remind_tomorrow(now + HOUR)

    (told,) = mails("remind_tomorrow").filter(to=meeting.host.person.email)
    assert (first, again) == (3, 0)
    assert told.subject.endswith(": 2 meetings")
    assert told.text.count(": +375 17 200-00-00\n") == 1
    for one in (meeting, second):
        assert one.guest.registration.company.legal_name in told.text
        assert f"/en/meetings/{one.public_id}/" in told.text


def test_the_list_of_the_day_does_not_come_when_the_day_has_begun(meeting):
    assert remind_tomorrow(meeting.slot.starts_at - HOUR / 2) == 0


def test_who_lets_requests_wait_is_told_every_three_days_of_all_of_them():
    asked = make.ParticipantFactory(speaking=True)
    own, now = asked.registration, timezone.now()
    rows = [
        make.MeetingRequestFactory(event=own.event, partner=own, expires_at=now + 9 * DAY)
        for _number in range(2)
    ]
    MeetingRequest.objects.update(created_at=now - 3 * DAY)

    counts = [remind_to_answer(now + days * DAY) for days in (0, 1, 3, 5)]

    assert counts == [1, 0, 1, 0]
    told = mails("remind_answers")[0]
    assert (told.to, told.subject) == (asked.person.email, "Please answer: 2 requests wait")
    for one in rows:
        assert one.requester.company.legal_name in told.text
        assert f"/en/requests/{one.public_id}/" in told.text


def test_requests_that_come_after_all_were_answered_are_reminded_of_in_their_turn():
    asked = make.ParticipantFactory(speaking=True)
    own, now = asked.registration, timezone.now()
    late = {"event": own.event, "partner": own, "expires_at": now + 30 * DAY}
    first = make.MeetingRequestFactory(**late, created_at=now - 3 * DAY)
    assert [remind_to_answer(now + days * DAY) for days in (0, 3)] == [1, 1]

    MeetingRequest.objects.filter(pk=first.pk).update(status="declined", answer_from=None)
    make.MeetingRequestFactory(**late, created_at=now + 7 * DAY)

    counts = [remind_to_answer(now + days * DAY) for days in (9, 10, 12, 13)]
    assert counts == [0, 1, 0, 1]


def test_an_answer_to_the_oldest_request_does_not_bring_the_next_reminder_nearer():
    asked = make.ParticipantFactory(speaking=True)
    own, now = asked.registration, timezone.now()
    late = {"event": own.event, "partner": own, "expires_at": now + 30 * DAY}
    first = make.MeetingRequestFactory(**late, created_at=now - 9 * DAY)
    make.MeetingRequestFactory(**late, created_at=now - 4 * DAY)
    assert remind_to_answer(now) == 1

    MeetingRequest.objects.filter(pk=first.pk).update(status="declined", answer_from=None)

    counts = [remind_to_answer(now + days * DAY) for days in (1, 2, 3)]
    assert counts == [0, 0, 1]


def test_nobody_is_asked_to_answer_what_is_new_or_over():
    asked = make.ParticipantFactory(speaking=True)
    make.MeetingRequestFactory(event=asked.registration.event, partner=asked.registration)
    now = timezone.now()
    early = remind_to_answer(now + DAY)
    MeetingRequest.objects.update(expires_at=now + 2 * DAY)

    assert (early, remind_to_answer(now + 4 * DAY)) == (0, 0)


@pytest.mark.parametrize(
    ("unwanted", "tomorrow", "soon"),
    [(Topic.SOON, "queued", "off"), (Topic.REMINDERS, "off", "queued")],
)
def test_the_day_before_and_the_ten_minutes_are_wanted_each_for_itself(
    meeting, unwanted, tomorrow, soon
):
    choose_delivery(meeting.host.person, unwanted, Delivery.OFF)

    remind_tomorrow(meeting.slot.starts_at - 20 * HOUR)
    remind_soon(meeting.slot.starts_at - 5 * MINUTE)

    states = {(one.to, one.kind): one.state for one in Mail.objects.all()}
    host, guest = meeting.host.person.email, meeting.guest.person.email
    assert states == {
        (host, "remind_tomorrow"): tomorrow,
        (host, "remind_soon"): soon,
        (guest, "remind_tomorrow"): "queued",
        (guest, "remind_soon"): "queued",
    }


def test_the_link_in_the_ten_minutes_mail_stops_that_mail_alone(client, meeting):
    reader = meeting.host.person
    remind_soon(meeting.slot.starts_at - 5 * MINUTE)
    mail = Mail.objects.get(person=reader)

    answer = client.post(urlsplit(stop_link(mail.kind, reader)).path, {})

    assert answer.status_code == 200
    made = MailChoice.objects.filter(person=reader).values_list("topic", "delivery")
    assert list(made) == [("soon", "off")]


def test_who_wanted_no_reminders_at_all_gets_none_by_the_new_topic_either():
    user = factories.UserFactory()
    choose_delivery(user, Topic.REMINDERS, Delivery.OFF)

    import_module("chambers.migrations.0025_ten_minutes_for_themselves").carry_over(apps, None)

    assert delivery_of(user, Topic.SOON) == Delivery.OFF
    assert delivery_of(factories.UserFactory(), Topic.SOON) == Delivery.NOW


def test_a_tick_looks_once_a_minute(meeting, monkeypatch):
    monkeypatch.setattr(jobs, "_looked", {})
    now = meeting.slot.starts_at - 5 * MINUTE
    now = now.replace(second=5, microsecond=0)
    jobs.ask_the_clock(now)
    Mail.objects.all().delete()

    jobs.ask_the_clock(now + dt.timedelta(seconds=5))
    same_minute = Mail.objects.count()
    jobs.ask_the_clock(now + MINUTE)

    assert (same_minute, Mail.objects.count()) == (0, 2)
