"""The page of a company's people."""

import pytest

from chambers.models import Invitation, Mail, Membership, Representative
from tests.factories import (
    CompanyFactory,
    InvitationFactory,
    JoinRequestFactory,
    MembershipFactory,
    RepresentativeFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

PEOPLE = "/en/my/people/"


@pytest.fixture
def company():
    return CompanyFactory(member=True)


def test_a_main_contact_invites_and_takes_back(client, company, speaks_for):
    speaks_for(company)

    sent = client.post(PEOPLE, {"email": "new@example.org", "role": "viewer"}, follow=True)
    made = Invitation.objects.get()
    taken = client.post(f"{PEOPLE}invitations/{made.public_id}/withdraw/", follow=True)

    made.refresh_from_db()
    assert "on its way" in sent.content.decode()
    assert (made.role, made.state) == ("viewer", "withdrawn")
    assert "new@example.org" not in taken.content.decode()


def test_a_fault_names_the_field_and_keeps_what_was_typed(client, company, speaks_for):
    speaks_for(company)

    answer = client.post(PEOPLE, {"email": "nobody", "role": "viewer"})

    assert answer.status_code == 422
    assert 'value="nobody"' in answer.content.decode()
    assert list(answer.context["form"].errors) == ["email"]


@pytest.mark.parametrize("role", ["editor", "viewer"])
def test_colleagues_see_the_people_and_change_nothing(client, company, speaks_for, role):
    contact = RepresentativeFactory(company=company)
    asked = JoinRequestFactory(company=company, person__name="Curious Carl")
    me = speaks_for(company, role)

    page = client.get(PEOPLE).content.decode()
    answers = [
        client.post(PEOPLE, {"email": "new@example.org", "role": "viewer"}),
        client.post(f"{PEOPLE}{contact.person.public_id}/", {"role": "viewer"}),
        client.post(f"{PEOPLE}{contact.person.public_id}/remove/"),
        client.post(f"{PEOPLE}requests/{asked.public_id}/", {"accept": ""}),
    ]

    assert contact.person.name in page
    assert me.name in page
    assert "Curious Carl" not in page
    assert "Main contacts of the company may change it" in page
    assert [one.status_code for one in answers] == [403, 403, 403, 404]
    assert not Mail.objects.exists()


def test_a_main_contact_changes_a_role_and_removes_a_colleague(client, company, speaks_for):
    speaks_for(company)
    other = RepresentativeFactory(company=company, role="editor")
    address = f"{PEOPLE}{other.person.public_id}/"

    assert "checked" in client.get(address).content.decode()
    changed = client.post(address, {"role": "viewer"})
    other.refresh_from_db()
    role = other.role
    removed = client.post(f"{address}remove/")

    assert (changed["Location"], removed["Location"], role) == (PEOPLE, PEOPLE, "viewer")
    assert not Representative.objects.filter(pk=other.pk).exists()


def test_the_last_main_contact_reads_why_they_cannot_go(client, company, speaks_for):
    me = speaks_for(company)
    address = f"{PEOPLE}{me.public_id}/"

    answers = [client.post(address, {"role": "viewer"}), client.post(f"{address}remove/")]

    for answer in answers:
        assert answer.status_code == 422
        assert "Make somebody else one first" in answer.content.decode()
    assert Representative.objects.get(person=me).role == "owner"


def test_a_reader_leaves_and_acts_for_the_company_no_longer(client, company, speaks_for):
    RepresentativeFactory(company=company)
    me = speaks_for(company, "viewer")

    left = client.post(f"{PEOPLE}{me.public_id}/remove/")

    assert left["Location"] == "/en/"
    assert client.get(PEOPLE)["Location"] == "/en/join/"


def test_people_of_another_company_are_missing_pages(client, company, speaks_for):
    speaks_for(company)
    foreign = RepresentativeFactory(role="editor")
    asked, invited = JoinRequestFactory(), InvitationFactory()

    answers = [
        client.get(f"{PEOPLE}{foreign.person.public_id}/"),
        client.post(f"{PEOPLE}{foreign.person.public_id}/", {"role": "viewer"}),
        client.post(f"{PEOPLE}{foreign.person.public_id}/remove/"),
        client.get(f"{PEOPLE}requests/{asked.public_id}/"),
        client.post(f"{PEOPLE}invitations/{invited.public_id}/withdraw/"),
    ]

    assert [one.status_code for one in answers] == [404] * 5


def test_a_main_contact_of_two_companies_answers_for_the_one_that_was_asked(
    client, company, speaks_for
):
    me = speaks_for(company)
    other = RepresentativeFactory(person=me).company
    asked = JoinRequestFactory(company=other, message="From sales")
    address = f"{PEOPLE}requests/{asked.public_id}/"

    page = client.get(address).content.decode()
    client.post(address, {"role": "viewer", "reason": "", "accept": ""})
    again = client.get(address).content.decode()

    assert other.legal_name in page
    assert "From sales" in page
    assert Representative.objects.get(person=asked.person, company=other).role == "viewer"
    assert "Accepted" in again


def test_a_request_is_declined_with_a_reason(client, company, speaks_for):
    speaks_for(company)
    asked = JoinRequestFactory(company=company)

    client.post(
        f"{PEOPLE}requests/{asked.public_id}/", {"role": "editor", "reason": "No.", "decline": ""}
    )

    asked.refresh_from_db()
    assert (asked.state, asked.reason) == ("declined", "No.")


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries_for_any_number(
    client, company, speaks_for, count, django_assert_num_queries
):
    speaks_for(company)
    for number in range(count):
        RepresentativeFactory(company=company, role="editor")
        JoinRequestFactory(company=company)
        InvitationFactory(company=company, email=f"{number}@example.org")
    client.get(PEOPLE)

    with django_assert_num_queries(7):
        answer = client.get(PEOPLE)

    assert len(answer.context["people"]) == count + 1


def test_a_chamber_answers_in_its_administration_and_sees_what_waits(client):
    staff = StaffFactory()
    asked = JoinRequestFactory(
        company=CompanyFactory(member=True, membership__chamber=staff.chamber),
        person=UserFactory(name="Curious Carl"),
    )
    foreign = JoinRequestFactory(company=CompanyFactory(member=True))
    client.force_login(staff.person)
    listed = "/admin/chambers/joinrequest/"

    first = client.get("/admin/").content.decode()
    page = client.get(listed).content.decode()
    client.post(
        listed,
        {"action": "accept", "_selected_action": [asked.pk, foreign.pk], "decided": "1",
         "role": "editor"},
    )  # fmt: skip

    asked.refresh_from_db()
    foreign.refresh_from_db()
    assert "People who ask to join a member company" in first
    assert "Curious Carl" in page
    assert foreign.person.name not in page
    assert (asked.state, foreign.state) == ("accepted", "pending")


def test_an_application_is_taken_back_until_it_is_decided(client, company, speaks_for):
    speaks_for(company, "editor")
    waiting = MembershipFactory(company=company, applied=True)
    decided = company.memberships.exclude(pk=waiting.pk).get()
    foreign = MembershipFactory(applied=True)

    answers = [
        client.post(f"/en/my/memberships/{one.public_id}/withdraw/", follow=True)
        for one in (waiting, decided, foreign)
    ]

    assert [one.status_code for one in answers] == [200, 200, 404]
    assert "already decided" in answers[1].content.decode()
    assert set(Membership.objects.all()) == {decided, foreign}


def test_a_reader_takes_no_application_back(client, company, speaks_for):
    speaks_for(company, "viewer")
    waiting = MembershipFactory(company=company, applied=True)

    answer = client.post(f"/en/my/memberships/{waiting.public_id}/withdraw/")

    assert answer.status_code == 403
    assert Membership.objects.filter(pk=waiting.pk).exists()


def test_a_person_says_how_they_are_called_what_they_read_and_where_their_clock_stands(
    client, user
):
    client.force_login(user)

    wrong = client.post("/en/my/details/", {"name": "", "language": "ja", "time_zone": "Mars"})
    right = client.post(
        "/en/my/details/", {"name": " Keiko  Mihon ", "language": "ja", "time_zone": "Asia/Tokyo"}
    )

    user.refresh_from_db()
    assert set(wrong.context["form"].errors) == {"name", "time_zone"}
    assert right["Location"] == "/ja/my/details/"
    assert (user.name, user.language, user.time_zone) == ("Keiko Mihon", "ja", "Asia/Tokyo")


def test_the_address_that_is_said_aloud_leads_to_a_new_account(client):
    assert client.get("/en/register/")["Location"] == "/en/accounts/signup/"
