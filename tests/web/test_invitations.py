"""The page to which an invitation leads."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from chambers.models import Mail, Representative, User
from chambers.services import joining
from tests.factories import (
    PASSWORD,
    InvitationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_it_runs(settings):
    settings.ACCOUNT_RATE_LIMITS = False
    settings.EMAIL_BACKEND = "chambers.services.mail.OutboxBackend"


@pytest.fixture
def person(client, user):
    """A signed-in person without a company, whose address is confirmed."""
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client.force_login(user)
    return user


def path_of(invitation, language="en"):
    return f"/{language}/invite/{joining.secret_of(invitation)}/"


def test_an_invited_guest_makes_an_account_without_a_second_mail_and_accepts(client):
    made = InvitationFactory(role="viewer")

    opened = client.get(path_of(made))
    led = client.post(path_of(made))
    form = client.get(led["Location"]).context["form"]
    signed_up = client.post(
        led["Location"],
        {"name": "Boris", "email": made.email, "password1": PASSWORD, "language": "en",
         "next": path_of(made)},
    )  # fmt: skip
    accepted = client.post(signed_up["Location"])

    assert "You need an account" in opened.content.decode()
    assert form["email"].value() == made.email
    assert signed_up["Location"] == path_of(made)
    assert accepted["Location"] == "/en/"
    person = User.objects.get(email=made.email)
    assert Representative.objects.get(person=person).role == "viewer"
    assert not Mail.objects.filter(kind="account").exists()


def test_another_address_than_the_invited_one_has_to_be_confirmed(client):
    made = InvitationFactory()
    led = client.post(path_of(made))

    client.post(
        led["Location"],
        {"name": "Boris", "email": "other@example.org", "password1": PASSWORD, "language": "en"},
    )

    assert not EmailAddress.objects.get(email="other@example.org").verified
    assert client.get("/en/join/").status_code == 302


def test_opening_an_invitation_changes_nothing_and_its_button_does(client, person):
    made = InvitationFactory(email=person.email, company__legal_name="ООО «Ромашка»")

    page = client.get(path_of(made)).content.decode()
    before = Representative.objects.filter(person=person).exists()
    client.post(path_of(made))
    again = client.get(path_of(made)).content.decode()

    assert "Ромашка" in page
    assert not before
    assert Representative.objects.filter(person=person, company=made.company).exists()
    assert "accepted already" in again


def test_who_is_signed_in_with_another_address_is_told_so_and_cannot_accept(client, person):
    made = InvitationFactory(email="else@example.org")

    page = client.get(path_of(made)).content.decode()
    refused = client.post(path_of(made))

    assert f"signed in as {person.email}" in page
    assert refused.status_code == 403
    assert not Representative.objects.filter(person=person).exists()


def test_a_known_guest_is_led_to_sign_in_and_back(client):
    known = UserFactory()
    EmailAddress.objects.create(user=known, email=known.email, verified=True, primary=True)
    made = InvitationFactory(email=known.email)

    led = client.post(path_of(made))
    back = client.post(
        led["Location"], {"login": known.email, "password": PASSWORD, "next": path_of(made)}
    )

    assert led["Location"].startswith("/en/accounts/login/?next=")
    assert back["Location"] == path_of(made)


def test_a_link_cut_off_is_a_missing_page(client):
    assert client.get(path_of(InvitationFactory())[:-4] + "/").status_code == 404


def test_the_page_of_a_person_without_a_company_shows_their_invitations(client, person):
    made = InvitationFactory(email=person.email.upper(), company__legal_name="ООО «Ромашка»")

    page = client.get("/en/join/").content.decode()

    assert "Ромашка" in page
    assert path_of(made) in page
    client.force_login(UserFactory())
    assert "Ромашка" not in client.get("/en/join/").content.decode()


def test_nobody_joins_without_the_token_against_forged_requests(person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)

    assert client.post(path_of(InvitationFactory(email=person.email))).status_code == 403
