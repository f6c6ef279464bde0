"""A company's page and the matches lead to a request, where both take part in an event."""

from types import SimpleNamespace

import pytest
from django.urls import reverse

from marketplace.selectors.encounters import chances_to_meet
from marketplace.services.meetings import arrange_meeting
from marketplace.services.requests import request_meeting
from tests.event_factories import EventFactory, ParticipantFactory, RegistrationFactory
from tests.factories import RepresentativeFactory, UserFactory
from tests.web.conftest import build_world

pytestmark = pytest.mark.django_db


def text(answer):
    return answer.content.decode()


@pytest.fixture
def world(client):
    """Two companies that match, at one event; one signs in for the first."""
    made = build_world()
    event = EventFactory(name={"en": "Forum of Regions"})
    sides = [RegistrationFactory(event=event, company=one) for one in (made.ours, made.theirs)]
    client.force_login(made.owner)
    return SimpleNamespace(
        event=event, ours=made.ours, theirs=made.theirs, own=sides[0], partner=sides[1],
        owner=made.owner,
    )  # fmt: skip


def pages(client, world):
    return [
        text(client.get(reverse(name, args=args)))
        for name, args in (
            ("company", [world.theirs.public_id]),
            ("match", [world.theirs.public_id]),
            ("matches", []),
        )
    ]


def ask_at(world):
    return reverse("request-new", args=[world.partner.public_id])


def test_who_takes_part_in_the_same_event_is_asked_from_page_and_matches(client, world):
    for page in pages(client, world):
        assert ask_at(world) in page
        assert "Forum of Regions" in page


def test_where_they_asked_already_the_request_stands_instead(client, world):
    asked = request_meeting(world.own, world.partner, by=world.owner)

    for page in pages(client, world):
        assert reverse("request", args=[asked.public_id]) in page
        assert ask_at(world) not in page


def test_where_they_meet_already_the_meeting_stands_instead(client, world):
    people = [ParticipantFactory(registration=one) for one in (world.own, world.partner)]
    meeting = arrange_meeting(*people, by=UserFactory(superuser=True))
    meeting.is_told = True
    meeting.save()

    for page in pages(client, world):
        assert reverse("meeting", args=[meeting.public_id]) in page
        assert ask_at(world) not in page


@pytest.mark.parametrize(
    "hindrance",
    [
        {"partner": {"consent": "not_listed"}},
        {"partner": {"status": "applied"}},
        {"own": {"status": "waiting"}},
        {"event": {"is_published": False}},
    ],
)
def test_nobody_is_led_to_who_is_not_listed_not_admitted_or_at_no_open_event(
    client, world, hindrance
):
    for name, fields in hindrance.items():
        row = getattr(world, name)
        type(row).objects.filter(pk=row.pk).update(**fields)

    for page in pages(client, world):
        assert ask_at(world) not in page


def test_a_viewer_is_not_led_to_a_form_they_may_not_send(client, world):
    client.force_login(RepresentativeFactory(company=world.ours, role="viewer").person)

    for page in pages(client, world):
        assert ask_at(world) not in page


@pytest.mark.parametrize("count", [1, 3])
def test_chances_take_the_same_queries_for_any_number_of_companies_and_events(
    world, count, django_assert_num_queries
):
    others = [world.theirs]
    for number in range(count):
        event = EventFactory(name={"en": f"Event {number}"})
        RegistrationFactory(event=event, company=world.ours)
        others.append(RegistrationFactory(event=event).company)
        RegistrationFactory(event=event, company=world.theirs)

    with django_assert_num_queries(4):
        found = chances_to_meet(world.ours, others, world.owner)

    assert len(found[world.theirs.pk]) == 1 + count
    assert [len(found[one.pk]) for one in others[1:]] == [1] * count
