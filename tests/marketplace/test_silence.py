"""Of meetings of which neither side says anything: a question, two reminders, then a call."""

import datetime as dt
import re

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chambers.models import Delivery, Mail, Topic
from chambers.services import jobs
from chambers.services.topics import choose_delivery
from marketplace.models import Call, Feedback, Meeting
from marketplace.services import feedback_links, meetings
from marketplace.services.feedback import give_feedback
from marketplace.services.silence import chase_the_silent, note_call
from tests import factories
from tests.marketplace.refusals import refused
from tests.marketplace.test_feedback import Past, Said, direct

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
LIST = "/admin/marketplace/call/"


@pytest.fixture
def past():
    return Past(ended=6 * DAY)


def mails():
    return Mail.objects.filter(kind="feedback_week").order_by("pk")


def chase(days, past):
    """How many mails come so many days after the end of the meeting."""
    before = mails().count()
    chase_the_silent(past.meeting.slot.ends_at + days * DAY)
    return mails().count() - before


def all_asked(past):
    for days in (7, 10, 13):
        chase(days, past)


def test_both_sides_are_asked_after_a_week_and_reminded_twice(past):
    counts = {days: chase(days, past) for days in (6, 7, 8, 9, 10, 12, 13, 16, 20)}

    assert counts == {6: 0, 7: 2, 8: 0, 9: 0, 10: 2, 12: 0, 13: 2, 16: 0, 20: 0}
    first, reminder, last = mails().filter(to=past.host.person.email)
    partner = past.guest.registration.company.legal_name
    assert first.subject.startswith("How did it go? ")
    assert reminder.subject.startswith("Reminder: how did it go? ")
    assert all(partner in one.subject for one in (first, reminder, last))
    assert ["the organiser may call you" in one.text for one in (first, reminder, last)] == [
        False,
        False,
        True,
    ]


def test_the_reminder_is_in_the_language_of_its_reader(past):
    type(past.host.person).objects.filter(pk=past.host.person.pk).update(language="ja")

    chase(7, past)

    (mail,) = mails().filter(to=past.host.person.email)
    assert mail.language == "ja"
    assert re.search(r"[ぁ-ん]", mail.subject)


@pytest.mark.parametrize(
    "tell",
    [
        lambda past: past.says("guest", Said.HELD),
        lambda past: give_feedback(
            past.meeting, own=past.host.registration, by=past.host.person, first="possible"
        ),
        lambda past: meetings.record_attendance(past.meeting, by=past.manager, host="came"),
        lambda past: Meeting.objects.update(status="cancelled"),
        lambda past: type(past.event).objects.update(cancelled_at=timezone.now()),
    ],
    ids=["a side", "a side's opinion", "the organiser", "cancelled", "event off"],
)
def test_nobody_is_asked_of_a_meeting_of_which_somebody_told_how_it_went(past, tell):
    assert chase(7, past) == 2
    tell(past)

    assert [chase(days, past) for days in (10, 13)] == [0, 0]


def test_who_tells_after_all_mails_is_called_no_more(past):
    all_asked(past)
    later = past.meeting.slot.ends_at + 17 * DAY
    assert Call.objects.due(later).count() == 2

    past.says("guest", Said.HELD)

    assert not Call.objects.due(later).exists()


def test_the_clock_that_was_away_asks_once_and_of_what_is_long_over_nobody(past):
    assert chase(29, past) == 2
    late = Past(ended=6 * DAY)

    assert chase(31, late) == 0


def test_two_looks_at_the_same_time_write_one_mail(past):
    moment = past.meeting.slot.ends_at + 7 * DAY
    chase_the_silent(moment)
    Feedback.objects.update(chased=0, chased_at=None)

    chase_the_silent(moment)

    assert mails().count() == 2


def test_the_clock_looks_once_in_a_quarter_of_an_hour(past, monkeypatch):
    monkeypatch.setattr(jobs, "_looked", {})
    moment = (past.meeting.slot.ends_at + 8 * DAY).replace(minute=5, second=0, microsecond=0)
    jobs.ask_the_clock(moment)
    assert mails().count() == 2
    Feedback.objects.update(chased_at=moment - 4 * DAY)

    jobs.ask_the_clock(moment + dt.timedelta(minutes=5))
    same_quarter = mails().count()
    jobs.ask_the_clock(moment + dt.timedelta(minutes=15))

    assert (same_quarter, mails().count()) == (2, 4)


def test_what_a_reader_chose_for_such_mails_is_heeded(past):
    choose_delivery(past.host.person, Topic.OUTCOMES, Delivery.OFF)
    choose_delivery(past.guest.person, Topic.OUTCOMES, Delivery.DAILY)

    chase(7, past)

    states = dict(mails().values_list("to", "state"))
    assert states == {past.host.person.email: "off", past.guest.person.email: "held"}


def test_the_link_of_the_reminder_asks_first_and_notes_at_the_button(past, client):
    chase(7, past)
    mail = mails().get(to=past.guest.person.email)
    held = re.findall(r"https?://[^/]+(\S*/links/\S+)", mail.text)[0]

    page = client.get(held)
    assert "Did this meeting take place?" in page.content.decode()
    assert not Feedback.objects.exclude(said="").exists()
    client.post(held)

    assert Feedback.objects.exclude(said="").get().side == past.guest.registration
    assert past.marks() == ("came", "came", "held")


def asked_and_silent(ended=17 * DAY):
    """A meeting of which nobody said anything after all mails."""
    past = Past(ended=ended)
    all_asked(past)
    return past


def test_the_organiser_finds_whom_to_call_why_and_until_when(client):
    past, foreign = asked_and_silent(), asked_and_silent()
    soon = Past(ended=12 * DAY)
    all_asked(soon)
    type(past.host.registration.company).objects.update(phone="+375 17 200")
    client.force_login(past.manager)

    page = client.get(LIST).content.decode()

    assert page.count("+375 17 200") == 2
    assert past.host.person.email in page
    assert past.guest.person.email in page
    assert "3 mails since" in page
    assert f"{(past.meeting.slot.ends_at + 60 * DAY).year}" in page
    for one in (foreign, soon):
        assert one.host.registration.company.legal_name not in page
    assert LIST in client.get("/admin/").content.decode()


def test_who_was_called_leaves_the_list_and_is_found_among_all(client):
    past = asked_and_silent()
    call = Call.objects.due().get(side=past.host.registration)
    client.force_login(past.manager)

    client.post(
        LIST, {"action": "note_calls", "_selected_action": [call.pk], "decided": "1"}, follow=True
    )

    call.refresh_from_db()
    assert call.called_by == past.manager
    name = past.host.person.email
    assert name not in client.get(LIST).content.decode()
    assert name in client.get(f"{LIST}?due=0").content.decode()
    refused("called", note_call, call, by=past.manager)


def test_nobody_else_notes_a_call_or_is_shown_one():
    past = asked_and_silent()
    viewer = factories.StaffFactory(chamber=past.event.chamber, role="viewer").person
    call = Call.objects.due().first()
    assert Call.objects.served_by(viewer).count() == 2

    for one in (past.host.person, viewer, factories.StaffFactory().person):
        with pytest.raises(PermissionDenied):
            note_call(call, by=one)
    assert not Call.objects.visible_to(past.host.person).exists()


def test_two_months_after_the_meeting_nobody_is_called():
    past = asked_and_silent()

    assert Call.objects.due(past.meeting.slot.ends_at + 59 * DAY).count() == 2
    assert not Call.objects.due(past.meeting.slot.ends_at + 60 * DAY).exists()


def test_outside_events_the_chamber_of_who_asked_calls_its_member_alone():
    past = Past(ended=17 * DAY)
    judge = direct(past)
    host = past.host.registration.company
    other = factories.StaffFactory(chamber=host.memberships.get().chamber).person

    all_asked(past)

    assert "the chamber of the company that asked may call" in mails().last().text
    assert "organiser" not in mails().last().text
    for one in (judge, past.manager):  # the chamber of who asked, and the one that vouched for it
        assert [call.side for call in Call.objects.served_by(one)] == [past.guest.registration]
    assert not Call.objects.served_by(other).exists()


def test_the_list_takes_the_same_queries_for_any_number_of_calls(client):
    past = asked_and_silent()

    def queries():
        with CaptureQueriesContext(connection) as made:
            assert client.get(LIST).status_code == 200
        return len(made)

    client.force_login(past.manager)
    queries()
    few = queries()
    for _number in range(2):
        more = Past(ended=18 * DAY)
        type(more.event).objects.filter(pk=more.event.pk).update(chamber=past.event.chamber)
        all_asked(more)
    assert Call.objects.served_by(past.manager).due().count() == 6

    assert queries() == few


def test_who_was_asked_right_after_is_still_asked_after_a_week():
    past = Past()
    feedback_links.ask_after_meetings(timezone.now())

    chase(7, past)

    assert Mail.objects.filter(kind="feedback_asked").count() == 2
    assert mails().count() == 2
