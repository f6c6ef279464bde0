"""Between halls: who changes, and who has too little time for it."""

import datetime as dt

import pytest
from django.urls import reverse

from marketplace.models import Slot
from marketplace.selectors.walks import walks_of
from tests.event_factories import EventFactory, HallFactory, SlotFactory, TableFactory
from tests.factories import StaffFactory, token_for
from tests.marketplace.timetable_world import made, meet, people

pytestmark = pytest.mark.django_db


@pytest.fixture
def event():
    """A table in each of two halls, two slots; whoever has two meetings may have to change."""
    event = EventFactory(hall_minutes=10)
    for number in range(2):
        SlotFactory(event=event, number=number)
    for _ in range(2):
        TableFactory(event=event, hall=HallFactory(event=event))
    return event


@pytest.fixture
def staff(event):
    return StaffFactory(chamber=event.chamber, role="manager").person


def a_cross(event):
    """Four people who all meet two others: in the second slot two of them change the hall."""
    one, two, three, four = people(event, 4)
    return [meet(event, *pair) for pair in ((one, two), (three, four), (one, three), (two, four))]


def test_a_version_tells_who_has_too_little_time_to_another_hall(event, staff):
    a_cross(event)

    walks = walks_of(made(event, staff))

    assert walks.changes == len(walks.hurries) == 2
    for one in walks.hurries:
        assert one.minutes == 0
        assert {one.person} <= set(one.before.people()) & set(one.after.people())


def test_with_time_enough_a_change_of_hall_is_no_hurry(event, staff):
    later = Slot.objects.order_by("starts_at").last()
    later.starts_at += dt.timedelta(minutes=10)
    later.ends_at += dt.timedelta(minutes=10)
    later.save()
    a_cross(event)

    walks = walks_of(made(event, staff))

    assert (walks.changes, walks.hurries) == (2, [])


def test_nobody_walks_from_one_day_to_the_next(event, staff):
    later = Slot.objects.order_by("starts_at").last()
    later.starts_at += dt.timedelta(days=1)
    later.ends_at += dt.timedelta(days=1)
    later.save()
    a_cross(event)

    assert walks_of(made(event, staff)).changes == 0


def test_where_halls_can_be_kept_nobody_hurries(event, staff):
    one, two, *others = people(event, 6)
    for host, pair in ((one, others[:2]), (two, others[2:])):
        for guest in pair:
            meet(event, host, guest)

    walks = walks_of(made(event, staff))

    assert (walks.changes, walks.hurries) == (0, [])


def test_an_event_with_one_hall_has_no_walks(event, staff):
    event.tables.update(hall=event.halls.first())
    event.halls.exclude(pk=event.halls.first().pk).delete()
    a_cross(event)

    assert walks_of(made(event, staff)) is None


def test_the_page_and_the_programs_tell_the_same_walks(event, staff, client, api):
    a_cross(event)
    timetable = made(event, staff)
    hurry = walks_of(timetable).hurries[0]

    client.force_login(staff)
    page = client.get(reverse("admin:marketplace_timetable_change", args=[timetable.pk]))
    told = api.get(
        f"/api/v1/timetables/{timetable.public_id}/",
        HTTP_AUTHORIZATION=f"Bearer {token_for(staff)}",
    ).json()

    assert "2; with too little time for it: 2" in page.content.decode()
    assert f"{hurry.person.registration.company.told}, {hurry.person.name}" in page.content.decode()
    assert told["walks"]["changes"] == 2
    assert told["walks"]["hurries"][0] == {
        "participant": str(hurry.person.public_id),
        "before": str(hurry.before.public_id),
        "after": str(hurry.after.public_id),
        "minutes": 0,
    }


def test_walks_are_read_in_as_many_queries_for_many_people(
    event, staff, django_assert_max_num_queries
):
    a_cross(event)
    few = made(event, staff)
    for number in (2, 3, 4, 5):
        SlotFactory(event=event, number=number)
    a_cross(event)
    many = made(event, staff)

    taken = []
    for one in (few, many):
        with django_assert_max_num_queries(7) as queries:
            walks_of(one)
        taken.append(len(queries))

    assert taken[0] == taken[1]
