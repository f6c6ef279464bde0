"""A version is published over what has happened since it was made."""

import pytest

from marketplace.models import StandbyOffer
from marketplace.services import standby
from marketplace.services.publishing import publish_timetable
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
