"""Inviting somebody to a company, seeing who is invited, and taking it back, by a program."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chambers.models import Invitation, Mail
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return factories.RepresentativeFactory(role="owner")


def address_of(company, invitation=None):
    own = f"/api/v1/companies/{company.public_id}/invitations/"
    return own if invitation is None else f"{own}{invitation.public_id}/"


def test_a_main_contact_invites_lists_and_takes_back(client, lead):
    client.force_login(lead.person)
    address = address_of(lead.company)

    made = client.post(
        address, {"email": "New@Example.org", "role": "viewer"}, content_type="application/json"
    )

    assert made.status_code == 201
    told = made.json()
    assert (told["email"], told["role"], told["state"]) == ("new@example.org", "viewer", "pending")
    assert Mail.objects.get(kind="invited").to == "new@example.org"
    assert client.get(address).json()["results"] == [told]
    row = Invitation.objects.get()
    assert client.delete(address_of(lead.company, row)).status_code == 204
    assert client.get(address).json()["results"] == []
    row.refresh_from_db()
    assert row.state == "withdrawn"
    again = client.delete(address_of(lead.company, row))
    assert (again.status_code, again.json()["code"]) == (409, "already_answered")


def test_an_answer_never_holds_the_link_that_only_the_mail_brings(client, lead):
    client.force_login(lead.person)
    made = client.post(
        address_of(lead.company), {"email": "new@example.org"}, content_type="application/json"
    )

    link = next(
        line for line in Mail.objects.get(kind="invited").text.split() if "/invite/" in line
    )
    secret = link.rstrip("/").rpartition("/")[2]
    assert secret
    assert secret not in made.content.decode()
    assert secret not in client.get(address_of(lead.company)).content.decode()


@pytest.mark.parametrize(
    "sent",
    [{}, {"email": "nobody"}, {"email": 7}, {"email": "a@example.org", "role": "boss"},
     {"email": "a@example.org", "rolle": "owner"}],
)  # fmt: skip
def test_what_is_no_invitation_is_refused_and_nobody_is_mailed(client, lead, sent):
    client.force_login(lead.person)

    answer = client.post(address_of(lead.company), sent, content_type="application/json")

    assert answer.status_code == 400
    assert not Mail.objects.exists()


def test_the_same_address_is_not_invited_twice_at_once(client, lead):
    client.force_login(lead.person)
    sent = {"email": "new@example.org"}
    client.post(address_of(lead.company), sent, content_type="application/json")

    again = client.post(address_of(lead.company), sent, content_type="application/json")

    assert again.status_code == 409
    assert "already_invited" in again.content.decode()
    assert Mail.objects.count() == 1


def test_a_colleague_reads_but_does_not_invite_and_a_stranger_finds_nothing(client, lead):
    row = factories.InvitationFactory(company=lead.company)
    colleague = factories.RepresentativeFactory(company=lead.company, role="editor").person
    stranger = factories.RepresentativeFactory(role="owner")
    answers = {}
    for who, person in (("colleague", colleague), ("stranger", stranger.person)):
        client.force_login(person)
        answers[who] = [
            client.get(address_of(lead.company)).status_code,
            client.post(
                address_of(lead.company),
                {"email": "a@example.org"},
                content_type="application/json",
            ).status_code,
            client.delete(address_of(lead.company, row)).status_code,
        ]
    client.force_login(stranger.person)
    astray = client.delete(address_of(stranger.company, row)).status_code

    assert answers == {"colleague": [200, 403, 403], "stranger": [404, 404, 404]}
    assert astray == 404
    assert Invitation.objects.get().state == "pending"


@pytest.mark.parametrize(
    ("scopes", "reads", "writes"),
    [
        (["invitations:read"], 200, 403),
        (["invitations:write"], 403, 201),
        (["people:read", "people:write"], 403, 403),
    ],
)
def test_a_token_needs_the_scope_of_invitations(client, lead, scopes, reads, writes):
    key = factories.token_for(lead.person, *scopes)
    header = {"HTTP_AUTHORIZATION": f"Bearer {key}"}

    assert client.get(address_of(lead.company), **header).status_code == reads
    sent = {"email": "new@example.org"}
    answer = client.post(address_of(lead.company), sent, content_type="application/json", **header)
    assert answer.status_code == writes


def test_the_list_takes_the_same_queries_for_any_number_of_invitations(client, lead):
    client.force_login(lead.person)

    def queries():
        with CaptureQueriesContext(connection) as made:
            answer = client.get(address_of(lead.company))
        return len(made), len(answer.json()["results"])

    factories.InvitationFactory(company=lead.company)
    queries()
    few = queries()
    for _number in range(2):
        factories.InvitationFactory(company=lead.company, sent_at=timezone.now())
    many = queries()

    assert (few[1], many[1]) == (1, 3)
    assert few[0] == many[0]
