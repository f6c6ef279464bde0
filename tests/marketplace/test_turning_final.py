"""A version is published over what has happened since it was made."""

import pytest

from chambers.services import jobs
from marketplace.models import Booking, StandbyOffer
from marketplace.selectors import timetables as shown
from marketplace.selectors.announcements import announcement_of
from marketplace.services import losses, participants, standby
from marketplace.services.publishing import publish_timetable
from marketplace.services.repairs import apply_repair
from tests import event_factories as make
from tests.factories import StaffFactory
from tests.marketplace.refusals import refused
from tests.marketplace.timetable_world import made, meet, people, published, small_event, state

pytestmark = pytest.mark.django_db


@pytest.fixture
def event():
    return small_event()


@pytest.fixture
def staff(event):
    return StaffFactory(chamber=event.chamber, role="manager").person


def offered(meeting, **fields):
    """A time offered to a meeting, other than the one it may have."""
    slot = meeting.event.slots.exclude(pk=meeting.slot_id).latest("starts_at")
    return make.StandbyOfferFactory(meeting=meeting, slot=slot, **fields)


@pytest.mark.parametrize("status", ["offered", "waiting"])
def test_a_meeting_that_gets_its_time_is_offered_no_other(event, staff, status):
    one, two, three = people(event, 3)
    meeting = meet(event, one, two)
    draft = made(event, staff)
    late = meet(event, one, three)
    gone, stays = offered(meeting, status=status), offered(late, status=status)

    publish_timetable(draft, by=staff)

    for offer in (gone, stays):
        offer.refresh_from_db()
    assert (gone.status, stays.status) == (StandbyOffer.Status.VOID, status)


@pytest.mark.parametrize("answer", [standby.accept_offer, standby.decline_offer])
def test_an_offer_left_open_does_not_move_a_meeting_that_has_a_time(event, staff, answer):
    meeting = meet(event, *people(event, 2))
    published(event, staff)
    meeting.refresh_from_db()
    meeting.locked = True
    meeting.save()
    offer, was = offered(meeting), state(meeting)

    error = refused("not_waiting", answer, offer, by=staff)

    assert "no longer open" in " ".join(error.messages)
    assert state(meeting) == was


def close_the_table_of(meeting, staff):
    """Mend what it takes that the table of a meeting cannot be used at its time."""
    meeting.refresh_from_db()
    loss = losses.of_tables([meeting.table], [meeting.slot])
    apply_repair(meeting.event, loss, by=staff)
    return meeting.table.number


def test_a_provisional_timetable_that_was_repaired_turns_final_as_it_stands(event, staff):
    one, two, three, four = people(event, 4)
    meetings = [meet(event, one, two), meet(event, three, four)]
    timetable = published(event, staff)
    closed = close_the_table_of(meetings[0], staff)
    mended = [state(one)[1:] for one in meetings]
    assert mended[0][1] != closed
    told = announcement_of(timetable, final=True)

    timetable = publish_timetable(timetable, by=staff, final=True)
    jobs.work_off()

    assert timetable.status == "final"
    assert [state(one) for one in meetings] == [("confirmed", *place) for place in mended]
    assert (told.everybody, told.changes) == (True, 2)


def test_a_meeting_that_lost_its_time_in_the_provisional_stage_waits_on_when_it_turns_final(
    event, staff
):
    meeting, stays = (meet(event, *people(event, 2)) for _meeting in range(2))
    timetable = published(event, staff)
    loss = losses.of_people([meeting.host], event.slots.all())
    apply_repair(event, loss, by=staff)
    assert state(meeting) == ("unscheduled", None, None)

    publish_timetable(timetable, by=staff, final=True)

    assert state(meeting) == ("unscheduled", None, None)
    assert state(stays)[0] == "confirmed"
    assert not Booking.objects.filter(meeting=meeting).exists()


def test_what_the_plan_names_no_more_does_not_keep_the_version_in_force_from_turning_final(
    event, staff
):
    meeting = meet(event, *people(event, 2))
    timetable = published(event, staff)
    close_the_table_of(meeting, staff)
    was = state(meeting)
    event.tables.exclude(pk=meeting.table_id).delete()

    publish_timetable(timetable, by=staff, final=True)

    assert state(meeting) == ("confirmed", *was[1:])


def comes_remotely(person, staff):
    participants.change_participant(person, by=staff, presence="remote")


def test_who_became_remote_stays_at_the_table_with_a_screen_when_the_timetable_turns_final(
    event, staff
):
    make.TableFactory(event=event, number=3, has_screen=True)
    meeting = meet(event, *people(event, 2, speaking=True))
    timetable = published(event, staff)
    assert state(meeting)[2] != 3
    comes_remotely(meeting.guest, staff)
    was = state(meeting)
    assert was[2] == 3

    publish_timetable(timetable, by=staff, final=True)

    assert state(meeting) == ("confirmed", *was[1:])


def test_a_table_without_a_screen_is_not_published_for_who_became_remote(event, staff):
    make.TableFactory(event=event, number=3, has_screen=True)
    meeting = meet(event, *people(event, 2, speaking=True))
    draft = made(event, staff)
    comes_remotely(meeting.guest, staff)

    refused("changed_meanwhile", publish_timetable, draft, by=staff, final=True)

    assert state(meeting) == ("unscheduled", None, None)
    publish_timetable(made(event, staff), by=staff, final=True)
    assert state(meeting)[2] == 3


def test_who_is_remote_is_met_at_the_booth_of_the_other_company(event, staff):
    meeting = meet(event, *people(event, 2, speaking=True))
    booth = make.TableFactory(event=event, number=3, owner=meeting.host.registration)
    draft = made(event, staff)
    comes_remotely(meeting.guest, staff)

    publish_timetable(draft, by=staff)

    assert state(meeting)[2] == booth.number


def long_slot_only(event):
    """Forty minutes from ten o'clock are the only time to meet; ``short_slot`` lies over it."""
    event.slots.all().delete()
    make.SlotFactory(event=event, number=0, minutes=40)


def short_slot(event, number):
    return make.SlotFactory(event=event, number=number)


def test_who_is_away_for_a_part_of_the_time_is_away(event, staff):
    long_slot_only(event)
    meeting = meet(event, *people(event, 2))
    draft = made(event, staff)
    make.AwayFactory(participant=meeting.guest, slot=short_slot(event, 1))

    refused("changed_meanwhile", publish_timetable, draft, by=staff)

    assert state(meeting) == ("unscheduled", None, None)


def test_an_interpreter_away_for_a_part_of_the_time_is_away(event, staff):
    speaker = make.InterpreterFactory(event=event, languages=["ru", "ja"])
    long_slot_only(event)
    host = people(event, 1, registration__languages=["ja"])[0]
    meeting = meet(event, host, people(event, 1, registration__languages=["ru"])[0])
    draft = made(event, staff)
    assert shown.places_of(draft)[str(meeting.public_id)][2] == speaker
    make.InterpreterAwayFactory(interpreter=speaker, slot=short_slot(event, 0))

    refused("changed_meanwhile", publish_timetable, draft, by=staff)


def test_who_is_away_before_and_after_is_there(event, staff):
    long_slot_only(event)
    meeting = meet(event, *people(event, 2))
    draft = made(event, staff)
    make.AwayFactory(participant=meeting.guest, slot=short_slot(event, 2))

    publish_timetable(draft, by=staff)

    assert state(meeting)[0] == "provisional"
