"""Meetings that come one before the other do so in every timetable and after every move."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from chambers.services import jobs
from marketplace import tasks
from marketplace.models import Meeting, MeetingOrder
from marketplace.scheduling.document import plan_of, plan_told
from marketplace.scheduling.problem import Plan
from marketplace.selectors.problems import read_event
from marketplace.selectors.timetables import free_cells, stays_for_evenness, without_place
from marketplace.services import calendars, events, meetings, orders, parts, slots, standby
from marketplace.services.publishing import publish_timetable
from marketplace.services.timetables import move_in_plan, start_timetable
from tests import event_factories as make
from tests import factories
from tests.marketplace.refusals import refused

assert tasks  # its import registers the jobs


@pytest.fixture
def event(db):
    event = make.EventFactory()
    make.SlotFactory.create_batch(4, event=event)
    make.TableFactory.create_batch(3, event=event)
    return event


@pytest.fixture
def one(event):
    return make.MeetingFactory(event=event)


@pytest.fixture
def other(event):
    return make.MeetingFactory(event=event)


def slot(event, number):
    return event.slots.all()[number]


def planned(event, by, *units):
    """A finished draft that has the meetings in these units, in the order of their making."""
    timetable = start_timetable(event, by=by, seconds=30)
    jobs.work_off()
    timetable.refresh_from_db()
    nowhere = (None,) * len(units)
    tables = tuple(range(len(units)))
    timetable.plan = plan_told(Plan(slot=units, table=tables, helper=nowhere))
    timetable.save()
    return timetable


def test_an_order_is_set_between_any_two_meetings_and_dropped(event, manager, one, other):
    order = orders.set_order(one, other, by=manager)

    assert (order.first, order.second) == (one, other)
    refused("order_exists", orders.set_order, one, other, by=manager)
    orders.drop_order(order, by=manager)
    orders.drop_order(order, by=manager)
    assert not MeetingOrder.objects.exists()


def test_what_cannot_be_an_order_is_refused(event, manager, one, other):
    third = make.MeetingFactory(event=event)
    orders.set_order(one, other, by=manager)
    orders.set_order(other, third, by=manager)
    over = make.MeetingFactory(event=event, status="cancelled")
    foreign = make.MeetingFactory(event__chamber=event.chamber)

    error = refused("cycle", orders.set_order, third, one, by=manager)
    refused("cycle", orders.set_order, other, one, by=manager)
    refused("same_meeting", orders.set_order, one, one, by=manager)
    refused("other_event", orders.set_order, one, foreign, by=manager)
    refused("over", orders.set_order, one, over, by=manager)

    assert other.host.registration.company.told in error.messages[0]
    assert MeetingOrder.objects.count() == 2


def test_only_managers_of_the_organiser_set_orders(event, one, other):
    viewer = factories.StaffFactory(chamber=event.chamber, role="viewer").person
    order = make.MeetingOrderFactory(first=one, second=other)

    for by in (viewer, factories.StaffFactory().person):
        with pytest.raises(PermissionDenied):
            orders.set_order(other, one, by=by)
        with pytest.raises(PermissionDenied):
            orders.drop_order(order, by=by)

    assert MeetingOrder.objects.get() == order


def test_times_that_are_the_other_way_round_are_moved_first(event, manager, one, other):
    for meeting, number in ((one, 2), (other, 0)):
        meetings.move_meeting(meeting, slot(event, number), by=manager)
        meeting.refresh_from_db()

    refused("wrong_order", orders.set_order, one, other, by=manager)
    meetings.move_meeting(other, slot(event, 3), by=manager)
    orders.set_order(one, other, by=manager)

    assert MeetingOrder.objects.count() == 1


def test_a_meeting_between_two_others_keeps_a_time_that_it_could_have(event, manager, one, other):
    last = make.MeetingFactory(event=event)
    for meeting, number in ((one, 3), (last, 0)):
        meetings.move_meeting(meeting, slot(event, number), by=manager)
    orders.set_order(one, other, by=manager)

    error = refused("wrong_order", orders.set_order, other, last, by=manager)

    assert str(one.host.registration.company) in str(error.params["first"])
    assert str(last.host.registration.company) in str(error.params["second"])
    meetings.cancel_meeting(Meeting.objects.get(pk=one.pk), by=manager, reason="Ill")
    orders.set_order(other, last, by=manager)
    first = make.MeetingFactory(event=event)
    meetings.move_meeting(first, slot(event, 2), by=manager)
    refused("wrong_order", orders.set_order, first, other, by=manager)


def test_nobody_moves_a_meeting_before_what_it_comes_after(event, manager, one, other):
    orders.set_order(one, other, by=manager)
    meetings.move_meeting(one, slot(event, 1), by=manager)
    one.refresh_from_db()

    error = refused("order", meetings.move_meeting, other, slot(event, 0), by=manager)
    refused("order", meetings.move_meeting, other, slot(event, 1), by=manager, force=True)
    free = list(calendars.free_slots(event, other.people(), besides=other))
    meetings.move_meeting(other, slot(event, 2), by=manager)
    refused("order", meetings.move_meeting, one, slot(event, 3), by=manager)

    assert one.host.registration.company.told in error.messages[0]
    assert free == list(event.slots.all()[2:])


def test_an_order_holds_over_a_meeting_that_has_no_time(event, manager, one, other):
    last = make.MeetingFactory(event=event)
    orders.set_order(one, other, by=manager)
    orders.set_order(other, last, by=manager)
    meetings.move_meeting(one, slot(event, 1), by=manager)
    one.refresh_from_db()

    error = refused("order", meetings.move_meeting, last, slot(event, 0), by=manager)
    free = list(calendars.free_slots(event, last.people(), besides=last))
    meetings.move_meeting(last, slot(event, 2), by=manager)
    refused("order", meetings.move_meeting, one, slot(event, 3), by=manager)

    assert one.host.registration.company.told in error.messages[0]
    assert free == list(event.slots.all()[2:])


def test_a_cancelled_meeting_hands_no_order_on(event, manager, one, other):
    last = make.MeetingFactory(event=event)
    orders.set_order(one, other, by=manager)
    orders.set_order(other, last, by=manager)
    meetings.move_meeting(one, slot(event, 1), by=manager)
    Meeting.objects.filter(pk=other.pk).update(status="cancelled")

    meetings.move_meeting(last, slot(event, 0), by=manager)

    last.refresh_from_db()
    assert last.slot == slot(event, 0)


def test_a_meeting_of_a_section_is_moved_within_its_hours_alone(event, manager, one):
    first, second = event.slots.all()[:2]
    section = make.SessionFactory(event=event, starts_at=first.starts_at, ends_at=first.ends_at)
    meetings.set_section(one, section, by=manager)
    one.refresh_from_db()

    error = refused("section", meetings.move_meeting, one, second, by=manager)
    free = list(calendars.free_slots(event, one.people(), besides=one))
    meetings.move_meeting(one, first, by=manager)

    assert str(section) in error.messages[0]
    assert free == [first]


@pytest.mark.parametrize("count", [1, 3])
def test_dropping_an_order_takes_the_same_queries_for_any_number(
    client, event, manager, one, count, django_assert_num_queries
):
    orders_of_one = [
        make.MeetingOrderFactory(first=one, second__event=event) for _one in range(count + 1)
    ]
    client.force_login(manager)
    page = reverse("admin:marketplace_meeting_order", args=[one.pk])
    client.post(page, {"drop": str(orders_of_one[0].pk)})  # what is read once a process is read

    with django_assert_num_queries(12):
        client.post(page, {"drop": str(orders_of_one[1].pk)})

    assert MeetingOrder.objects.count() == count - 1
    assert client.post(page, {"drop": "9" * 30}).status_code == 404


def test_a_freed_time_is_not_offered_to_what_has_to_come_later(event, manager, one, other):
    orders.set_order(one, other, by=manager)
    meetings.move_meeting(one, slot(event, 2), by=manager)
    freed = make.MeetingFactory(event=event, placed=True, slot=slot(event, 0))
    third = make.MeetingFactory(event=event)

    offers = standby.offer_freed([freed])

    assert [offer.meeting for offer in offers] == [third]


def test_orders_reach_the_search_unless_they_are_decided(event, manager, one, other):
    third = make.MeetingFactory(event=event, placed=True, slot=slot(event, 0))
    fourth = make.MeetingFactory(event=event, placed=True, slot=slot(event, 1))
    for first, second in ((one, other), (third, one), (third, fourth)):
        orders.set_order(first, second, by=manager)
    Meeting.objects.filter(pk=other.pk).update(status="cancelled")

    reading = read_event(event)

    keys = [str(meeting.public_id) for meeting in (one, third, fourth)]
    assert sorted(reading.meetings) == sorted(keys)
    assert [
        tuple(reading.meetings[number] for number in pair) for pair in reading.problem.precedences
    ] == [(keys[1], keys[0])]


def test_a_timetable_keeps_orders_and_leaves_out_what_they_make_impossible(event, manager):
    only = [slot(event, number) for number in (3, 0)]
    early = make.MeetingRequestFactory(event=event, slots=[only[1]], status="accepted")
    late = make.MeetingRequestFactory(event=event, slots=[only[0]], status="accepted")
    first = make.MeetingFactory(event=event, request=late)
    second = make.MeetingFactory(event=event, request=early)
    third = make.MeetingFactory(event=event)
    orders.set_order(first, second, by=manager)
    orders.set_order(third, first, by=manager)

    timetable = start_timetable(event, by=manager, seconds=30)
    jobs.work_off()
    timetable.refresh_from_db()

    plan = plan_of(timetable.plan)
    assert sum(unit is None for unit in plan.slot) == 1
    assert timetable.certificate["status"] == "optimal"
    ((_meeting, told),) = without_place(timetable)
    assert told.startswith("it cannot come before or after the meetings it has to")


def test_in_a_draft_a_meeting_is_moved_only_where_its_order_lets_it(event, manager, one, other):
    orders.set_order(one, other, by=manager)
    timetable = planned(event, manager, 1, 2)

    refused("occupied", move_in_plan, timetable, other, slot=slot(event, 0), by=manager)
    timetable = move_in_plan(timetable, other, slot=slot(event, 3), by=manager)
    free = [cell.slot for cell in free_cells(timetable, one) if cell.is_free]

    assert free == list(event.slots.all()[:3])


def test_in_a_draft_a_long_meeting_is_over_before_the_next_begins(event, manager):
    long = make.SlotFactory(event=event, number=0, minutes=40)
    asked = make.MeetingRequestFactory(event=event, slots=[long], status="accepted")
    first, second = (
        make.MeetingFactory(event=event, request=asked),
        make.MeetingFactory(event=event),
    )
    orders.set_order(first, second, by=manager)
    timetable = planned(event, manager, 0, 3)
    within = event.slots.get(starts_at__gt=long.starts_at, starts_at__lt=long.ends_at)

    refused("occupied", move_in_plan, timetable, second, slot=within, by=manager)


def test_a_version_made_before_an_order_is_not_published_against_it(event, manager, one, other):
    timetable = planned(event, manager, 2, 0)
    orders.set_order(one, other, by=manager)

    error = refused("changed_meanwhile", publish_timetable, timetable, by=manager)

    assert one.host.registration.company.told in error.messages[0]
    assert not Meeting.objects.filter(event=event).placed().exists()


@pytest.mark.parametrize("what", ["table", "slot", "hours", "moved", "session"])
def test_a_version_with_parts_that_are_no_longer_so_is_not_published(
    event, manager, one, other, what
):
    session = make.SessionFactory(event=event)
    Meeting.objects.filter(pk=one.pk).update(session=session)
    timetable = planned(event, manager, 0, 1)
    used = slot(event, 0)
    if what == "table":
        parts.remove_part(event.tables.order_by("number").first(), by=manager)
    elif what == "slot":
        slots.remove_slots([used], event=event, by=manager)
    elif what == "session":
        parts.change_session(session, by=manager, starts_at=used.ends_at)
    else:
        later = slot(event, 3).ends_at if what == "moved" else used.starts_at
        slots.change_slot(
            used, by=manager, starts_at=later, ends_at=later + (used.ends_at - used.starts_at) / 2
        )

    refused("changed_meanwhile", publish_timetable, timetable, by=manager)

    assert not Meeting.objects.filter(event=event).placed().exists()


def test_fairness_is_set_copied_and_heeded(event, manager):
    busy = make.ParticipantFactory(registration__event=event)
    for number in (0, 2):
        asked = make.MeetingRequestFactory(
            event=event, slots=[slot(event, number)], status="accepted"
        )
        make.MeetingFactory(event=event, host=busy, request=asked)
    events.change_event(event, by=manager, fairness=0)
    event.refresh_from_db()
    clone = events.clone_event(event, by=manager, starts_on=event.starts_on)

    timetable = start_timetable(event, by=manager, seconds=30)
    jobs.work_off()
    timetable.refresh_from_db()

    assert clone.fairness == 0
    assert timetable.certificate["placed"] == 1  # both would leave one person alone with a break
    ((_meeting, told),) = without_place(timetable)
    assert told.startswith("breaks could not be shared out as evenly as the event asks")


def test_a_move_by_hand_keeps_breaks_as_even_as_the_event_asks(event, manager):
    busy = make.ParticipantFactory(registration__event=event)
    pair = [make.MeetingFactory(event=event, host=busy) for _meeting in "ab"]
    events.change_event(event, by=manager, fairness=0)
    event.refresh_from_db()
    timetable = planned(event, manager, 0, 1)

    error = refused("uneven", move_in_plan, timetable, pair[1], slot=slot(event, 2), by=manager)

    assert "over 0 breaks more" in error.messages[0]
    timetable.refresh_from_db()
    assert timetable.plan["slot"] == [0, 1]


def test_before_a_move_one_reads_where_breaks_would_be_too_uneven(event, manager):
    busy = make.ParticipantFactory(registration__event=event)
    pair = [make.MeetingFactory(event=event, host=busy) for _meeting in "ab"]
    before = [cell.reasons for cell in free_cells(planned(event, manager, 0, 1), pair[1])]
    events.change_event(event, by=manager, fairness=0)
    event.refresh_from_db()
    timetable = planned(event, manager, 0, 1)

    cells = free_cells(timetable, pair[1])

    assert [cell.is_free for cell in cells] == [False, True, False, False]
    assert before[2:] == [[], []]  # as long as nobody asks for evenness
    name = f"{busy.registration.company.told}, {busy.name}"
    assert [cell.reasons for cell in cells[2:]] == [
        [f"breaks would be less even than the event asks: {name}"]
    ] * 2


def test_what_may_not_leave_the_plan_for_evenness_is_known_before(event, manager):
    busy = make.ParticipantFactory(registration__event=event)
    three = [make.MeetingFactory(event=event, host=busy) for _meeting in "abc"]
    events.change_event(event, by=manager, fairness=0)
    event.refresh_from_db()
    timetable = planned(event, manager, 0, 1, 2)

    stays = [stays_for_evenness(timetable, one) for one in three]

    assert stays == [False, True, False]
    refused("uneven", move_in_plan, timetable, three[1], slot=None, by=manager)


def test_before_a_move_one_reads_with_which_meeting_the_order_is_broken(event, manager):
    first, between, last = (make.MeetingFactory(event=event) for _meeting in "abc")
    orders.set_order(first, between, by=manager)
    orders.set_order(between, last, by=manager)
    # The one between has no time: it hands the order on.
    timetable = planned(event, manager, 1, None, 3)

    cells = free_cells(timetable, last)

    assert [cell.is_free for cell in cells] == [False, False, True, True]
    assert [cell.reasons for cell in cells[:2]] == [[f"the order of meetings: {first.told}"]] * 2
