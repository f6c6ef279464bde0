"""Who has come, over REST: checked in once, noticed twice, taken back; and who may."""

import datetime as dt

import pytest

from chambers.models import Scope, Staff
from marketplace.services import desk
from tests.event_factories import EventFactory, ParticipantFactory, clock_time
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def event():
    return EventFactory()


@pytest.fixture
def manager(event):
    return StaffFactory(chamber=event.chamber, person__name="Pavel").person


@pytest.fixture
def person(event):
    return ParticipantFactory(registration__event=event, speaking=True, name="Aiko Sato")


@pytest.fixture
def path(event):
    return f"/api/v1/events/{event.public_id}/check-ins/"


def send(client, path, code):
    return client.post(path, {"badge_code": code}, format="json")


def test_a_badge_is_checked_in_once_and_a_second_time_says_so(speaking_for, manager, person, path):
    program = speaking_for(manager)

    first = send(program, path, f" {person.badge_code[:5].lower()}-{person.badge_code[5:]}")
    second = send(program, path, person.badge_code)

    assert (first.status_code, second.status_code) == (201, 200)
    assert (first.json()["already"], second.json()["already"]) == (False, True)
    assert first.json()["checked_in_at"] == second.json()["checked_in_at"]
    told = second.json()
    assert (told["participant"]["name"], told["checked_in_by"]) == ("Aiko Sato", "Pavel")
    assert told["participant"]["side"]["id"] == str(person.registration.public_id)


def test_who_has_come_is_listed_for_staff(speaking_for, event, manager, person, path):
    ParticipantFactory(registration__event=event, name="Not here yet")
    at = clock_time(event, 9, 12)
    desk.check_in(person, by=manager, at=at)
    viewer = StaffFactory(chamber=event.chamber, role=Staff.Role.VIEWER).person

    (told,) = speaking_for(viewer).get(path).json()["results"]

    assert told["participant"]["name"] == "Aiko Sato"
    assert told["checked_in_at"] == f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_who_has_left_since_is_not_listed_as_come(speaking_for, event, manager, person, path):
    desk.check_in(person, by=manager)
    type(person).objects.filter(pk=person.pk).update(left_at=clock_time(event, 12))

    assert speaking_for(manager).get(path).json()["results"] == []


def test_a_check_in_is_taken_back_once(speaking_for, manager, person, path):
    program = speaking_for(manager)
    desk.check_in(person, by=manager)

    gone = program.delete(f"{path}{person.public_id}/")
    again = program.delete(f"{path}{person.public_id}/")

    person.refresh_from_db()
    assert (gone.status_code, person.checked_in_at) == (204, None)
    assert (again.status_code, again.json()["code"]) == (409, "not_here")


def test_an_unknown_badge_and_one_of_another_event_are_refused_alike(speaking_for, manager, path):
    elsewhere = ParticipantFactory()

    for code in (elsewhere.badge_code, "2222222222", "no code"):
        answer = send(speaking_for(manager), path, code)

        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_badge")
        assert answer.json()["detail"] == "Nobody at this event has this badge."
    elsewhere.refresh_from_db()
    assert elsewhere.checked_in_at is None


def test_who_does_not_take_part_is_not_checked_in(speaking_for, event, manager, path):
    late = ParticipantFactory(registration__event=event, registration__status="waiting")

    answer = send(speaking_for(manager), path, late.badge_code)

    assert (answer.status_code, answer.json()["code"]) == (400, "not_admitted")


def test_only_managers_check_in_and_companies_learn_nothing(speaking_for, event, person, path):
    viewer = StaffFactory(chamber=event.chamber, role=Staff.Role.VIEWER).person
    reading = StaffFactory(chamber=event.chamber).person

    assert send(speaking_for(viewer), path, person.badge_code).status_code == 403
    assert send(speaking_for(reading, Scope.EVENTS_READ), path, "x").status_code == 403
    for stranger in (person.person, StaffFactory().person):
        assert speaking_for(stranger).get(path).status_code == 404
        assert send(speaking_for(stranger), path, person.badge_code).status_code == 404
        gone = speaking_for(stranger).delete(f"{path}{person.public_id}/")
        assert gone.status_code == 404
    person.refresh_from_db()
    assert person.checked_in_at is None


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number(
    speaking_for, event, manager, path, count, django_assert_num_queries
):
    for _ in range(count):
        desk.check_in(ParticipantFactory(registration__event=event), by=manager)
    program = speaking_for(manager)

    with django_assert_num_queries(3):
        told = program.get(path).json()["results"]

    assert len(told) == count
