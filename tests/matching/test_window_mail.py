"""Companies read once that requests are open, and once that they have asked nobody."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.utils import timezone

from chambers.models import Delivery, Mail, Topic
from chambers.services import jobs
from chambers.services.topics import choose_delivery
from marketplace.models import Registration
from marketplace.services.requests import request_meeting
from matching.services import window_mail
from matching.services.window_mail import tell_of_window
from tests.event_factories import EventFactory, ParticipantFactory
from tests.matching.world import CHIPS, HARVESTERS, SENSORS, company, match, offers, seeks

pytestmark = pytest.mark.django_db
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
LISTED, HIDDEN = Registration.Consent.LISTED, Registration.Consent.NOT_LISTED


@pytest.fixture
def forum():
    """Ours fits theirs and the hidden one; the window opened an hour ago, for three weeks."""
    now = timezone.now()
    event = EventFactory(
        name={"en": "Forum of Regions", "ru": "Форум регионов"},
        requests_open_at=now - HOUR,
        requests_close_at=now + 21 * DAY,
    )

    def comes(country, name, consent=LISTED):
        one = company(country, name)
        return ParticipantFactory(
            registration__event=event,
            registration__company=one,
            registration__consent=consent,
            speaking=True,
        )

    ours, theirs = comes("RU", "Ours"), comes("JP", "Theirs")
    hidden, other = comes("KZ", "Hidden", HIDDEN), comes("BY", "Reaper")
    for one, has, wants in (
        (ours, SENSORS, CHIPS),
        (theirs, CHIPS, SENSORS),
        (hidden, CHIPS, SENSORS),
    ):
        offers(one.registration.company, has)
        seeks(one.registration.company, wants)
    offers(other.registration.company, HARVESTERS)
    match()
    return SimpleNamespace(
        event=event, now=now, ours=ours, theirs=theirs, hidden=hidden, other=other
    )


def mail_to(who, kind):
    return Mail.objects.filter(kind=kind, to=who.person.email)


def test_everybody_who_was_admitted_reads_once_that_requests_are_open(forum):
    applied = ParticipantFactory(
        registration__event=forum.event, registration__status="applied", speaking=True
    )

    counts = [tell_of_window(forum.event, forum.now + hours * HOUR) for hours in (0, 1)]

    assert counts == [4, 0]
    assert Mail.objects.filter(kind="request_window").count() == 4
    assert not mail_to(applied, "request_window").exists()
    (mail,) = mail_to(forum.ours, "request_window")
    assert mail.subject == "Requests for meetings are open: Forum of Regions"
    assert "20 requests of yours" in mail.text
    assert "Theirs, " in mail.text
    assert "They have what you seek: " in mail.text
    assert f"/en/registrations/{forum.theirs.registration.public_id}/ask/" in mail.html
    assert mail.chamber == forum.event.chamber
    (day,) = [line for line in mail.text.splitlines() if line.strip().startswith("Event: ")]
    assert str(forum.event.starts_on.day) in day
    assert "00:00" not in day  # a day has no hour


def test_who_is_not_listed_is_proposed_to_nobody(forum):
    tell_of_window(forum.event, forum.now)

    texts = [one.text + one.html for one in Mail.objects.exclude(to=forum.hidden.person.email)]
    assert len(texts) == 3
    assert not any("Hidden" in one for one in texts)
    assert "Ours, " in mail_to(forum.hidden, "request_window").get().text


def test_it_is_written_in_the_language_and_at_the_pace_of_its_reader(forum):
    person = forum.theirs.person
    person.language = "ru"
    person.save()
    choose_delivery(person, Topic.REQUESTS, Delivery.DAILY)

    tell_of_window(forum.event, forum.now)

    mail = mail_to(forum.theirs, "request_window").get()
    assert (mail.language, mail.state) == ("ru", Mail.State.HELD)
    assert "Форум регионов" in mail.text


def test_nobody_is_told_of_a_window_that_is_ahead_closed_or_long_open(forum):
    for ahead in (-2 * HOUR, 22 * DAY, 3 * DAY):
        assert tell_of_window(forum.event, forum.now + ahead) == 0


def test_who_is_admitted_later_is_told_then(forum):
    tell_of_window(forum.event, forum.now)
    later = forum.now + 5 * DAY
    late = ParticipantFactory(
        registration__event=forum.event, registration__decided_at=later - HOUR, speaking=True
    )

    assert tell_of_window(forum.event, later) == 1
    assert mail_to(late, "request_window").count() == 1


def test_a_week_before_the_end_who_asked_nobody_is_reminded_once(forum):
    request_meeting(forum.ours.registration, forum.theirs.registration, by=forum.ours.person)
    close = forum.event.requests_close_at

    counts = [tell_of_window(forum.event, close - days * DAY) for days in (8, 6, 5)]

    assert counts == [0, 3, 0]
    assert not mail_to(forum.ours, "remind_requests").exists()
    (mail,) = mail_to(forum.hidden, "remind_requests")
    assert mail.subject == "You have asked nobody yet: Forum of Regions"
    assert "Ours, " in mail.text
    # Ours has asked them already: their answer is what is missing, not a request.
    assert "Ours" not in mail_to(forum.theirs, "remind_requests").get().text


def test_a_window_of_a_few_days_opens_and_reminds_on_different_days(forum):
    event = forum.event
    event.requests_close_at = forum.now + 4 * DAY
    event.save()

    tell_of_window(event, forum.now)
    assert not Mail.objects.filter(kind="remind_requests").exists()

    assert tell_of_window(event, forum.now + 2 * DAY) == 4


def test_two_turns_of_the_clock_send_one_mail_each(forum):
    for _turn in range(2):
        window_mail.look_for_windows(forum.now)
        jobs.work_off()

    assert Mail.objects.filter(kind="request_window").count() == 4
