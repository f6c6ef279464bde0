"""The desk on the day: who has come, who is away for the rest of it, the screen in the hall."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from chambers.models import Mail, Staff
from marketplace.models import Booking, Meeting, StandbyOffer
from marketplace.selectors.display import display_of
from marketplace.services import desk, registrations
from tests import event_factories as make
from tests import factories
from tests.marketplace.refusals import refused
from tests.marketplace.test_races import connect

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def event(db):
    """It goes on today: ten to half past eleven, four slots of twenty minutes, three tables."""
    event = make.EventFactory(starts_on=timezone.now().date(), zone="UTC")
    for number in range(4):
        make.SlotFactory(event=event, number=number)
    make.TableFactory.create_batch(3, event=event)
    return event


@pytest.fixture
def manager(event):
    return factories.StaffFactory(chamber=event.chamber, person__name="Pavel").person


@pytest.fixture
def person(event):
    return make.ParticipantFactory(registration__event=event, speaking=True)


def test_a_second_check_in_keeps_the_first_and_says_so(event, manager, person):
    colleague = factories.StaffFactory(chamber=event.chamber).person
    at = timezone.now()

    first = desk.check_in(person, by=manager, at=at)
    second = desk.check_in(person, by=colleague, at=at + HOUR)

    assert (first.already, second.already) == (False, True)
    person.refresh_from_db()
    assert (person.checked_in_at, person.checked_in_by) == (at, manager)


def test_who_is_checked_in_by_mistake_is_expected_again(manager, person):
    desk.check_in(person, by=manager)

    desk.undo_check_in(person, by=manager)

    person.refresh_from_db()
    assert (person.checked_in_at, person.checked_in_by) == (None, None)
    refused("not_here", desk.undo_check_in, person, by=manager)


@pytest.mark.parametrize("status", ["applied", "waiting", "withdrawn"])
def test_who_does_not_take_part_is_not_checked_in(event, manager, status):
    person = make.ParticipantFactory(registration__event=event, registration__status=status)

    refused("not_admitted", desk.check_in, person, by=manager)

    person.refresh_from_db()
    assert person.checked_in_at is None


def test_who_no_longer_comes_is_not_checked_in(event, manager):
    person = make.ParticipantFactory(registration__event=event, left_at=timezone.now())

    refused("left", desk.check_in, person, by=manager)

    person.refresh_from_db()
    assert person.checked_in_at is None


def test_who_was_taken_off_the_list_meanwhile_is_refused_and_not_an_error(manager, person):
    type(person).objects.filter(pk=person.pk).delete()

    refused("gone", desk.check_in, person, by=manager)
    refused("gone", desk.undo_check_in, person, by=manager)


@pytest.mark.parametrize(
    "do",
    [
        lambda event, person, by: desk.check_in(person, by=by),
        lambda event, person, by: desk.undo_check_in(person, by=by),
        lambda event, person, by: desk.mark_absent(person.registration, by=by, reason="Ill"),
        lambda event, person, by: desk.open_display(event, by=by),
        lambda event, person, by: desk.close_display(event, by=by),
    ],
)
def test_only_managers_of_the_organiser_work_at_the_desk(event, person, do):
    others = [
        person.person,
        factories.StaffFactory().person,
        factories.StaffFactory(chamber=event.chamber, role=Staff.Role.VIEWER).person,
    ]
    for by in others:
        with pytest.raises(PermissionDenied):
            do(event, person, by)


@pytest.mark.django_db(transaction=True)
def test_one_badge_at_two_desks_is_checked_in_once(event, manager, person):
    start, found = threading.Barrier(2), []

    def at_a_desk():
        connect()
        try:
            start.wait()
            found.append(desk.check_in(person, by=manager).already)
        finally:
            connection.close()

    desks = [threading.Thread(target=at_a_desk) for _ in range(2)]
    for one in desks:
        one.start()
    for one in desks:
        one.join()

    assert sorted(found) == [False, True]


class Absent:
    """A company with a meeting that goes on, two to come today and one tomorrow."""

    def __init__(self, event, person):
        self.slots = list(event.slots.all())
        self.tomorrow = make.SlotFactory(event=event, number=72)
        self.now = self.slots[0].starts_at + dt.timedelta(minutes=5)
        self.partner = make.ParticipantFactory(registration__event=event, speaking=True)
        tables = event.tables.all()
        self.running, self.next, self.last, self.later = (
            make.MeetingFactory(
                event=event,
                host=self.partner,
                guest=person,
                slot=slot,
                table=tables[0],
                placed=True,
            )
            for slot in (*self.slots[:3], self.tomorrow)
        )


def test_a_company_that_is_absent_loses_its_meetings_of_today_alone(event, manager, person):
    absent = Absent(event, person)

    ended = desk.mark_absent(person.registration, by=manager, reason="Flight", at=absent.now)

    assert ended == [absent.next, absent.last]
    for one in ended:
        one.refresh_from_db()
        assert (one.status, one.reason) == ("cancelled", "Flight")
        assert one.cancelled_side == person.registration
    assert not Booking.objects.filter(meeting__in=ended).exists()
    absent.running.refresh_from_db()
    absent.later.refresh_from_db()
    assert absent.running.status == Meeting.Status.NO_SHOW
    assert (absent.running.host_attendance, absent.running.guest_attendance) == (
        "unknown",
        "no_show",
    )
    assert absent.later.status == Meeting.Status.CONFIRMED


def test_each_partner_of_an_absent_company_is_told_once_with_the_reason(event, manager, person):
    absent = Absent(event, person)

    desk.mark_absent(person.registration, by=manager, reason="Flight is late", at=absent.now)

    assert sorted(Mail.objects.values_list("to", flat=True)) == sorted(
        [absent.partner.person.email, person.person.email]
    )
    mail = Mail.objects.get(to=absent.partner.person.email)
    assert (mail.kind, mail.method) == ("company_absent", "CANCEL")
    assert mail.calendar.count("STATUS:CANCELLED") == 2
    for said in ("Flight is late", "10:20–10:40", "10:40–11:00"):
        assert said in mail.text
    assert "10:00–10:20" not in mail.text


def test_times_of_an_absent_company_are_offered_to_others_and_not_to_itself(event, manager, person):
    absent = Absent(event, person)
    own = make.MeetingFactory(event=event, host=person)
    waiting = make.MeetingFactory(event=event, host=absent.partner)
    live = make.StandbyOfferFactory(meeting=own, slot=absent.slots[3])

    desk.mark_absent(person.registration, by=manager, reason="Flight", at=absent.now)

    live.refresh_from_db()
    assert live.status == StandbyOffer.Status.VOID
    offered = StandbyOffer.objects.filter(status="offered")
    assert {(one.meeting, one.slot) for one in offered} == {
        (waiting, absent.slots[1]),
        (waiting, absent.slots[2]),
    }


def test_what_is_noted_of_a_meeting_stays_when_its_company_leaves(event, manager, person):
    absent = Absent(event, person)
    Meeting.objects.filter(pk=absent.running.pk).update(guest_attendance="came")

    desk.mark_absent(person.registration, by=manager, reason="Had to leave", at=absent.now)

    absent.running.refresh_from_db()
    assert (absent.running.status, absent.running.guest_attendance) == ("confirmed", "came")


def test_nobody_is_absent_without_a_reason_or_from_where_it_does_not_come(event, manager, person):
    refused("no_reason", desk.mark_absent, person.registration, by=manager, reason=" ")
    registrations.withdraw_registration(person.registration, by=manager)
    person.registration.refresh_from_db()

    refused("not_admitted", desk.mark_absent, person.registration, by=manager, reason="Ill")


def test_a_company_is_absent_though_somebody_of_it_left_earlier(event, manager, person):
    absent = Absent(event, person)
    left = make.ParticipantFactory(registration=person.registration, left_at=absent.now)

    ended = desk.mark_absent(person.registration, by=manager, reason="Flight", at=absent.now)

    assert ended == [absent.next, absent.last]
    assert not left.away.exists()
    assert set(person.away.values_list("slot", flat=True)) == {one.pk for one in absent.slots[1:]}


def test_a_meeting_goes_on_without_the_third_company_that_is_absent(event, manager, person):
    absent = Absent(event, person)
    second = make.ParticipantFactory(registration__event=event, speaking=True)
    of_three = make.MeetingFactory(
        event=event, host=absent.partner, guest=second, others=[person], slot=absent.slots[3],
        table=event.tables.first(), placed=True,
    )  # fmt: skip

    ended = desk.mark_absent(person.registration, by=manager, reason="Flight", at=absent.now)

    assert of_three not in ended
    of_three.refresh_from_db()
    assert (of_three.status, of_three.people()) == ("confirmed", [absent.partner, second])
    assert not Booking.objects.filter(meeting=of_three, participant=person).exists()
    told = Mail.objects.filter(to=second.person.email)
    assert [(one.kind, one.method) for one in told] == [("people_changed", "REQUEST")]


def test_who_has_meetings_that_end_and_one_that_goes_on_is_told_of_all_in_one_mail(
    event, manager, person
):
    absent = Absent(event, person)
    second = make.ParticipantFactory(registration__event=event, speaking=True)
    make.MeetingFactory(
        event=event, host=absent.partner, guest=second, others=[person], slot=absent.slots[3],
        table=event.tables.first(), placed=True,
    )  # fmt: skip

    desk.mark_absent(person.registration, by=manager, reason="Flight", at=absent.now)

    both = Mail.objects.get(to=absent.partner.person.email)
    own = Mail.objects.get(to=person.person.email)
    assert (both.kind, own.kind) == ("company_absent", "company_absent")
    assert both.cancellations.count("STATUS:CANCELLED") == 2
    assert both.calendar.count("STATUS:CONFIRMED") == 1
    assert second.registration.company.told in both.text
    assert "11:00–11:20" in both.text
    assert own.calendar.count("STATUS:CANCELLED") == 3
    assert "11:00–11:20" in own.text
    assert Mail.objects.count() == 3


def test_who_joins_a_meeting_that_goes_on_and_is_away_missed_it_and_nobody_else_did(
    event, manager, person
):
    absent = Absent(event, person)
    two = make.ParticipantFactory.create_batch(2, registration__event=event)
    colleague = make.ParticipantFactory(registration=person.registration)
    running = make.MeetingFactory(
        event=event, host=two[0], guest=two[1], others=[colleague], slot=absent.slots[0],
        table=event.tables.last(), status="confirmed",
    )  # fmt: skip

    desk.mark_absent(person.registration, by=manager, reason="Flight", at=absent.now)

    running.refresh_from_db()
    assert (running.status, running.host_attendance) == ("confirmed", "unknown")
    assert [(one.participant, one.attendance) for one in running.further_marks.all()] == [
        (colleague, "no_show")
    ]


def test_the_address_of_the_screen_is_kept_as_its_hash_and_closed_for_good(event, manager):
    first = desk.open_display(event, by=manager)
    assert display_of(first) == event
    event.refresh_from_db()
    assert first not in event.display_digest

    second = desk.open_display(event, by=manager)
    assert display_of(first) is None
    assert display_of(second) == event

    desk.close_display(event, by=manager)
    assert display_of(second) is None
    assert display_of("") is None
