"""How companies, tables and booths are named to those who read another script."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import translation

from marketplace.services.meetings import arrange_meeting
from tests.event_factories import (
    EventFactory,
    HallFactory,
    ParticipantFactory,
    SlotFactory,
    TableFactory,
)
from tests.factories import RepresentativeFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def event():
    return EventFactory(starts_on=dt.date(2031, 6, 26))


@pytest.fixture
def meeting(event):
    """A company named in Cyrillic meets the reader's at table 1."""
    TableFactory(event=event, number=1)
    people = [
        ParticipantFactory(
            registration__event=event,
            registration__company__legal_name=name,
            registration__company__legal_name_latin=latin,
        )
        for name, latin in (("Ours", ""), ("ОАО «Минский завод»", "Minsk Works"))
    ]
    slot = SlotFactory(event=event)
    return arrange_meeting(*people, slot=slot, by=UserFactory(superuser=True))


@pytest.fixture
def reader(client, meeting):
    person = RepresentativeFactory(company=meeting.host.registration.company).person
    client.force_login(person)
    return person


def pages(client, meeting, language="en"):
    """The pages that name a meeting, as text; lines of the calendar file unfolded."""
    event = [meeting.event.public_id]
    with translation.override(language):
        addresses = [
            reverse("meeting", args=[meeting.public_id]),
            reverse("event-timetable", args=event),
            reverse("event-tables", args=event),
            reverse("event-calendar", args=event),
        ]
    return [client.get(one).content.decode().replace("\r\n ", "") for one in addresses]


@pytest.mark.parametrize(("language", "shown"), [("en", True), ("ja", True), ("ru", False)])
def test_a_name_in_letters_the_reader_does_not_use_has_the_latin_one_beside(
    client, meeting, reader, language, shown
):
    for told in pages(client, meeting, language):
        assert "ОАО «Минский завод»" in told
        assert ("Minsk Works" in told) == shown


def test_a_booth_is_called_a_booth_wherever_a_meeting_is_named(client, event, meeting, reader):
    event.tables.update(owner=meeting.guest.registration)

    page, timetable, grid, calendar = pages(client, meeting)

    for told in (page, timetable, calendar):
        assert "booth 1" in told
        assert "table 1" not in told
    assert "Booth <b>1</b>" in grid


@pytest.mark.parametrize(
    ("language", "place", "hall"),
    [
        ("en", "Tokyo, trade centre", "East hall"),
        ("ru", "Токио, торговый центр", "東館"),
        ("ja", "東京、貿易センター", "東館"),
    ],
)
def test_a_place_and_a_hall_are_called_as_the_reader_calls_them_else_by_their_own_name(
    client, event, meeting, reader, language, place, hall
):
    event.place = "東京、貿易センター"
    event.place_names = {"en": "Tokyo, trade centre", "ru": "Токио, торговый центр"}
    event.save()
    event.tables.update(hall=HallFactory(event=event, name="東館", names={"en": "East hall"}))
    reader.language = language
    reader.save()

    page, timetable, _grid, calendar = pages(client, meeting, language)

    with translation.override(language):
        card = client.get(reverse("event", args=[event.public_id])).content.decode()
    unfolded = calendar.replace("\\,", ",")
    for told in (page, unfolded):
        assert f"{hall}, {place}" in told
    assert hall in timetable
    assert place in timetable  # once, not with every meeting
    assert place in card
