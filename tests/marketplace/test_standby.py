"""A freed time belongs to a meeting once each side has said yes to it."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from chambers.models import Mail
from marketplace.models import Meeting, StandbyOffer
from marketplace.selectors.standby import reason_of
from marketplace.services import meetings, standby
from tests import event_factories as make
from tests import factories
from tests.marketplace.refusals import refused

pytestmark = pytest.mark.django_db


class Scene:
    """A time that is free by now, offered to a meeting of two others."""

    def __init__(self):
        self.event = make.EventFactory()
        self.slot = make.SlotFactory(event=self.event)
        self.manager = factories.StaffFactory(chamber=self.event.chamber).person
        self.host, self.guest, left, right = make.ParticipantFactory.create_batch(
            4, registration__event=self.event, speaking=True
        )
        self.meeting = make.MeetingFactory(event=self.event, host=self.host, guest=self.guest)
        freed = make.MeetingFactory(
            event=self.event, host=left, guest=right, slot=self.slot, placed=True
        )
        meetings.cancel_meeting(freed, by=left.person, reason="Ill")
        self.offer = StandbyOffer.objects.open().get(slot=self.slot)

    def state(self):
        """Of the offer and of the meeting."""
        self.offer.refresh_from_db()
        self.meeting.refresh_from_db()
        return self.offer.status, self.meeting.status, self.meeting.slot

    def accept(self, who, **fields):
        return standby.accept_offer(self.offer, by=getattr(who, "person", who), **fields)


@pytest.fixture
def scene():
    return Scene()


OPEN = ("offered", "unscheduled", None)


def test_before_the_event_each_side_answers_for_itself(scene):
    scene.accept(scene.host)
    assert scene.state() == OPEN
    scene.accept(scene.host)  # changes nothing
    assert scene.state() == OPEN
    assert not Mail.objects.filter(kind="meeting_confirmed").exists()

    scene.accept(scene.guest)

    assert scene.state() == ("accepted", "confirmed", scene.slot)
    assert Mail.objects.filter(kind="meeting_confirmed").count() == 2


def test_once_the_event_has_begun_the_first_side_answers_for_both(scene):
    begun = scene.event.begins_at
    StandbyOffer.objects.update(answer_by=begun + dt.timedelta(hours=1))

    scene.accept(scene.guest, at=begun)

    assert scene.state() == ("accepted", "confirmed", scene.slot)


def test_the_organiser_answers_for_both(scene):
    scene.accept(scene.manager)

    assert scene.state() == ("accepted", "confirmed", scene.slot)


def test_who_speaks_for_both_companies_answers_once(scene):
    factories.RepresentativeFactory(
        company=scene.guest.registration.company, person=scene.host.person
    )

    scene.accept(scene.host)

    assert scene.state() == ("accepted", "confirmed", scene.slot)


def test_everybody_of_a_meeting_of_three_is_waited_for(scene):
    third = make.ParticipantFactory(registration__event=scene.event, speaking=True)
    scene.meeting.others.add(third)

    scene.accept(scene.host)
    scene.accept(scene.guest)
    assert scene.state() == OPEN
    scene.accept(third)

    assert scene.state() == ("accepted", "confirmed", scene.slot)


def test_either_side_may_decline_even_after_it_accepted(scene):
    scene.accept(scene.host)

    standby.decline_offer(scene.offer, by=scene.host.person)

    assert scene.state() == ("declined", "unscheduled", None)
    refused("not_waiting", scene.accept, scene.guest)


def test_what_one_side_alone_accepted_goes_to_the_next_in_time(scene):
    scene.accept(scene.host)

    standby.expire_offers(scene.offer.answer_by)

    assert scene.state() == ("expired", "unscheduled", None)


def test_what_fails_at_one_event_does_not_keep_offers_of_others_from_ending(scene, monkeypatch):
    other = Scene()
    hold = standby.calendars.hold_event

    def faulty(event):
        if event.pk == scene.event.pk:
            raise ValueError("something unforeseen")
        return hold(event)

    monkeypatch.setattr(standby.calendars, "hold_event", faulty)
    standby.expire_offers(max(scene.offer.answer_by, other.offer.answer_by))

    assert scene.state() == OPEN
    assert other.state() == ("expired", "unscheduled", None)


def test_strangers_accept_nothing(scene):
    with pytest.raises(PermissionDenied):
        scene.accept(make.ParticipantFactory(registration__event=scene.event, speaking=True))

    assert scene.state() == OPEN
    assert not scene.offer.accepted_by.exists()


def test_the_mail_says_whose_answer_counts(scene):
    mail = Mail.objects.get(kind="meeting_standby", to=scene.host.person.email)

    assert "once both of you have accepted" in mail.text


def test_on_the_day_the_mail_says_that_the_first_answers_for_both(scene, settings):
    now = timezone.now()
    scene.event.starts_on = now.date() - dt.timedelta(days=1)
    scene.event.save()
    StandbyOffer.objects.all().delete()
    Mail.objects.all().delete()
    freed = Meeting.objects.get(status="cancelled")
    freed.event.refresh_from_db()

    standby.offer_freed([freed])

    mail = Mail.objects.get(kind="meeting_standby", to=scene.host.person.email)
    assert "The first of you who accepts accepts for both." in mail.text


@pytest.mark.parametrize(
    ("language", "reason", "told"),
    [
        ("en", "agreed", "Agreed on Mon 2 March 2026"),
        ("en", "must", "Must meet; agreed on Mon 2 March 2026"),
        ("ja", "agreed", "2026年3月2日(月)"),
        ("ru", "agreed", "пн 2 марта 2026"),
    ],
)
def test_the_reason_is_told_in_the_language_of_its_reader(scene, language, reason, told):
    scene.offer.reason = reason
    scene.offer.meeting.created_at = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)

    with translation.override(language):
        assert told in reason_of(scene.offer)


def test_a_reason_that_was_written_down_as_text_stays_as_it_is(scene):
    scene.offer.reason = "must meet; agreed on 2026-03-02"

    assert reason_of(scene.offer) == "must meet; agreed on 2026-03-02"


def queries_with(scene, count):
    """Of offering a time while so many meetings that would fit wait for one."""
    more = count - Meeting.objects.filter(status="unscheduled").count()
    make.MeetingFactory.create_batch(more, event=scene.event)
    StandbyOffer.objects.all().delete()
    freed = Meeting.objects.get(status="cancelled")
    with CaptureQueriesContext(connection) as taken:
        made = standby.offer_freed([freed])
    return len(taken), len(made)


def test_only_so_many_are_looked_at_as_get_into_the_line_however_many_wait(scene):
    few, made_for_few = queries_with(scene, 3)
    full, made_for_full = queries_with(scene, standby.MOST)
    many, made_for_many = queries_with(scene, 13)

    assert (made_for_few, made_for_full, made_for_many) == (3, standby.MOST, standby.MOST)
    assert few < full
    assert many == full


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_time_that_the_organiser_frees_by_a_move_is_offered_one_kept_is_not(scene, elsewhere):
    StandbyOffer.objects.all().delete()
    tables = make.TableFactory.create_batch(2, event=scene.event)
    meeting = make.MeetingFactory(event=scene.event, slot=scene.slot, table=tables[0], placed=True)
    to = make.SlotFactory(event=scene.event) if elsewhere else scene.slot

    moved = meetings.move_meeting(meeting, to, table=tables[1], by=scene.manager)

    meeting.refresh_from_db()
    assert (moved.slot, meeting.slot, meeting.table) == (to, to, tables[1])
    offers = StandbyOffer.objects.values_list("meeting", "slot", "freed_by", "status")
    expected = [(scene.meeting.pk, scene.slot.pk, meeting.pk, "offered")]
    assert list(offers) == (expected if elsewhere else [])


def test_a_meeting_that_gets_its_first_time_frees_none(scene):
    StandbyOffer.objects.all().delete()

    meetings.move_meeting(scene.meeting, scene.slot, by=scene.manager)

    assert not StandbyOffer.objects.exists()
