"""A version is published over what has happened since it was made."""

import pytest

from chambers.services import jobs
from marketplace.models import Booking, StandbyOffer
from marketplace.selectors.announcements import announcement_of
from marketplace.services import losses, standby
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
