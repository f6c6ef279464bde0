"""The people of a company over the REST door, and who asks to join it."""

import pytest

from chambers.models import JoinRequest, Mail, Representative
from tests.factories import (
    CompanyFactory,
    JoinRequestFactory,
    RepresentativeFactory,
    StaffFactory,
)

pytestmark = pytest.mark.django_db


class World:
    """A company with one person of each role, and somebody who asks to join."""

    def __init__(self, speaking_for):
        self.company = CompanyFactory(member=True)
        self.people, self.apis = {}, {}
        for role in Representative.Role.values:
            person = RepresentativeFactory(company=self.company, role=role).person
            self.people[role], self.apis[role] = person, speaking_for(person)
        self.asked = JoinRequestFactory(company=self.company, message="I sell your pumps")

    def path(self, person=None):
        start = f"/api/v1/companies/{self.company.public_id}/people/"
        return f"{start}{person.public_id}/" if person else start

    def roles(self):
        rows = Representative.objects.filter(company=self.company)
        return sorted(rows.values_list("role", flat=True))


@pytest.fixture
def world(speaking_for):
    return World(speaking_for)


def asks(one, step=""):
    return f"/api/v1/join-requests/{one.public_id}/{step}/" if step else "/api/v1/join-requests/"


def test_everybody_of_a_company_reads_who_speaks_for_it(world):
    told = world.apis["viewer"].get(world.path()).json()["results"]

    assert {(one["email"], one["role"]) for one in told} == {
        (person.email, role) for role, person in world.people.items()
    }


def test_a_person_of_two_companies_has_the_role_of_the_one_that_is_read(world):
    other = CompanyFactory(member=True)
    RepresentativeFactory(company=other, person=world.people["viewer"], role="owner")

    told = world.apis["owner"].get(world.path()).json()["results"]

    assert sorted(one["role"] for one in told) == ["editor", "owner", "viewer"]


def test_a_main_contact_changes_roles_and_removes_people(world):
    api = world.apis["owner"]

    changed = api.patch(world.path(world.people["viewer"]), {"role": "editor"}, format="json")

    assert (changed.status_code, changed.json()["role"]) == (200, "editor")
    assert api.delete(world.path(world.people["editor"])).status_code == 204
    assert world.roles() == ["editor", "owner"]
    kinds = set(Mail.objects.values_list("kind", flat=True))
    assert kinds == {"role_changed", "representative_removed"}


def test_who_is_no_main_contact_changes_nobody_but_may_leave(world):
    for role in ("viewer", "editor"):
        api = world.apis[role]
        sent = {"role": "viewer"}
        where = world.path(world.people["owner"])
        assert api.patch(where, sent, format="json").status_code == 403
        assert api.delete(where).status_code == 403
    assert world.roles() == ["editor", "owner", "viewer"]

    assert world.apis["viewer"].delete(world.path(world.people["viewer"])).status_code == 204
    assert world.roles() == ["editor", "owner"]


def test_a_company_keeps_a_main_contact(world):
    where = world.path(world.people["owner"])

    demoted = world.apis["owner"].patch(where, {"role": "viewer"}, format="json")
    left = world.apis["owner"].delete(where)

    for answer in (demoted, left):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_main_contact")
    assert world.roles() == ["editor", "owner", "viewer"]


def test_others_find_no_people(world, speaking_for):
    chamber = world.company.memberships.get().chamber
    for person in (
        RepresentativeFactory(company__member=True).person,
        StaffFactory(chamber=chamber).person,
    ):
        api = speaking_for(person)
        assert api.get(world.path()).status_code == 404
        where = world.path(world.people["viewer"])
        assert api.patch(where, {"role": "owner"}, format="json").status_code == 404


def test_a_main_contact_reads_who_asks_to_join_and_accepts_them(world):
    api = world.apis["owner"]
    (waiting,) = api.get(asks(world.asked)).json()["results"]
    assert waiting["message"] == "I sell your pumps"
    assert waiting["person"]["email"] == world.asked.person.email

    answer = api.post(asks(world.asked, "accept"), {"role": "viewer"}, format="json")

    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
    assert world.roles() == ["editor", "owner", "viewer", "viewer"]
    assert api.get(asks(world.asked)).json()["results"] == []
    again = api.post(asks(world.asked, "decline"), {}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "already_answered")


def test_declining_tells_the_reason(world):
    sent = {"reason": "We do not know you."}

    answer = world.apis["owner"].post(asks(world.asked, "decline"), sent, format="json")

    assert (answer.json()["state"], answer.json()["reason"]) == ("declined", "We do not know you.")
    assert "We do not know you." in Mail.objects.get(kind="join_declined").text
    assert world.roles() == ["editor", "owner", "viewer"]


def test_only_main_contacts_learn_of_who_asks(world, speaking_for):
    for api in (
        world.apis["editor"],
        world.apis["viewer"],
        speaking_for(world.asked.person),  # who asked may not even know the company's name
        speaking_for(RepresentativeFactory(company__member=True, role="owner").person),
    ):
        assert api.get(asks(world.asked)).json()["results"] == []
        assert api.post(asks(world.asked, "accept"), {}, format="json").status_code == 404
    assert JoinRequest.objects.get().state == "pending"


@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_the_same_queries_for_any_number_of_rows(
    speaking_for, count, django_assert_num_queries
):
    owner = RepresentativeFactory(company__member=True, role="owner")
    for _ in range(count):
        RepresentativeFactory(company=owner.company, role="viewer")
        JoinRequestFactory(company=owner.company)
    api = speaking_for(owner.person)
    api.get("/api/v1/me/")

    with django_assert_num_queries(3):
        answer = api.get(f"/api/v1/companies/{owner.company.public_id}/people/")
    assert len(answer.json()["results"]) == count + 1
    with django_assert_num_queries(2):
        answer = api.get("/api/v1/join-requests/")
    assert len(answer.json()["results"]) == count
