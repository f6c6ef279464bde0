"""Two people change the same part at once: what each has set stands, or one is told why not."""

from functools import partial

import pytest

from marketplace.models import Meeting, MeetingOrder, MeetingRequest, Participant
from marketplace.services import meetings, orders, participants, parts, requests
from marketplace.services.slots import change_slot, remove_slots
from tests import event_factories as make
from tests import factories
from tests.marketplace.test_races import CLIENTS, race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def event():
    return make.EventFactory()


@pytest.fixture
def manager(event):
    return factories.StaffFactory(chamber=event.chamber).person


def test_different_fields_set_at_once_all_stand(event, manager):
    table, hall = make.TableFactory(event=event), make.HallFactory(event=event)
    fields = [{"number": 7}, {"seats": 6}, {"has_screen": True}, {"hall": hall}]

    answers = race(*(partial(parts.change_table, table, by=manager, **one) for one in fields))

    table.refresh_from_db()
    assert answers == {"won": 4}
    assert (table.number, table.seats, table.has_screen, table.hall) == (7, 6, True, hall)


def test_one_number_goes_to_one_of_many_tables(event, manager):
    tables = make.TableFactory.create_batch(CLIENTS, event=event)

    answers = race(*(partial(parts.change_table, one, by=manager, number=99) for one in tables))

    assert answers == {"won": 1, "table_exists": CLIENTS - 1}
    assert event.tables.filter(number=99).count() == 1


def test_a_part_is_removed_once(event, manager):
    hall = make.HallFactory(event=event)

    answers = race(*[partial(parts.remove_part, hall, by=manager)] * CLIENTS)

    assert answers == {"won": 1, "gone": CLIENTS - 1}


def test_a_table_goes_or_a_meeting_gets_it_never_both(event, manager):
    table, slot = make.TableFactory(event=event), make.SlotFactory(event=event)
    make.TableFactory(event=event)
    meeting = make.MeetingFactory(event=event)
    place = partial(meetings.move_meeting, meeting, slot, by=manager)

    answers = race(place, *[partial(parts.remove_part, table, by=manager)] * (CLIENTS - 1))

    meeting.refresh_from_db()
    assert meeting.is_placed
    assert event.tables.filter(pk=meeting.table_id).exists()
    assert set(answers) <= {"won", "gone", "has_meetings"}


def test_a_slot_goes_or_a_request_for_it_is_accepted_and_none_turns_to_any_time(event, manager):
    slot = make.SlotFactory(event=event)
    asked = make.ParticipantFactory(registration__event=event, speaking=True)
    request = make.MeetingRequestFactory(event=event, partner=asked.registration, slots=[slot])
    accept = partial(requests.accept_request, request, by=asked.person, slot=slot)

    answers = race(accept, *[partial(remove_slots, [slot], event=event, by=manager)] * 3)

    request.refresh_from_db()
    placed = Meeting.objects.filter(slot=slot, status="confirmed").exists()
    assert placed == event.slots.filter(pk=slot.pk).exists()
    assert placed == (request.status == MeetingRequest.Status.ACCEPTED)
    assert request.status != MeetingRequest.Status.PENDING
    assert answers["won"] >= 1


def test_two_slots_do_not_move_to_one_time(event, manager):
    slots = [make.SlotFactory(event=event, number=number) for number in range(CLIENTS)]
    target = {"starts_at": event.begins_at, "ends_at": slots[0].ends_at}

    answers = race(*(partial(change_slot, one, by=manager, **target) for one in slots))

    assert answers == {"won": 1, "slot_exists": CLIENTS - 1}


def test_orders_set_at_once_make_no_circle(event, manager):
    one, other, third = make.MeetingFactory.create_batch(3, event=event)
    pairs = [(one, other), (other, third), (third, one)]

    answers = race(*(partial(orders.set_order, *pair, by=manager) for pair in pairs))

    assert answers == {"won": 2, "cycle": 1}
    assert MeetingOrder.objects.count() == 2


def test_a_person_is_replaced_once(event):
    person = make.ParticipantFactory(registration__event=event, speaking=True)
    meeting = make.MeetingFactory(event=event, host=person, placed=True)
    colleagues = make.ParticipantFactory.create_batch(CLIENTS, registration=person.registration)
    leave = partial(participants.remove_participant, person, by=person.person)

    answers = race(*(partial(leave, substitute=one) for one in colleagues))

    meeting.refresh_from_db()
    assert answers == {"won": 1, "gone": CLIENTS - 1}
    assert meeting.host in colleagues
    assert meeting.bookings.filter(participant=meeting.host).count() == 1
    assert not Participant.objects.filter(pk=person.pk).exists()
