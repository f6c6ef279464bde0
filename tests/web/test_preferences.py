"""What readers choose for themselves, and where they come back to."""

import pytest
from django.test import Client

from chambers.services.people import create_person
from tests.factories import PASSWORD, RepresentativeFactory, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_person_switches_between_their_companies_and_chambers(client, user):
    first = RepresentativeFactory(person=user).company
    second = RepresentativeFactory(person=user, role="viewer").company
    chamber = StaffFactory(person=user).chamber
    client.force_login(user)

    seen = []
    for key in (f"company:{second.public_id}", f"chamber:{chamber.public_id}"):
        answer = client.post("/en/acting/", {"side": key, "next": "/en/companies/"})
        assert (answer.status_code, answer["Location"]) == (302, "/en/companies/")
        seen.append(client.get("/en/companies/").context["request"].acting)

    assert [one.company for one in seen] == [second, None]
    assert [one.chamber for one in seen] == [None, chamber]
    assert [one.may_edit for one in seen] == [False, True]
    assert first in [side.company for side in seen[0].sides]


def test_nobody_acts_for_a_side_that_is_not_theirs(client, user):
    mine = RepresentativeFactory(person=user).company
    other = RepresentativeFactory().company
    client.force_login(user)

    answer = client.post("/en/acting/", {"side": f"company:{other.public_id}"})

    assert answer.status_code == 404
    assert client.get("/en/chambers/").context["request"].acting.company == mine


def test_a_guest_is_asked_to_sign_in_before_acting(client):
    answer = client.post("/en/acting/", {"side": "company:x"})

    assert answer["Location"] == "/en/accounts/login/?next=/en/"


@pytest.mark.parametrize("address", ["/en/theme/", "/en/language/"])
def test_choices_are_made_by_post_only(client, user, address):
    client.force_login(user)

    assert client.get(address).status_code == 405


def test_a_choice_without_the_form_token_is_refused(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    assert client.post("/en/theme/", {"theme": "dark"}).status_code == 403


@pytest.mark.parametrize(("chosen", "page"), [("light", "light"), ("dark", "dark"), ("system", "")])
def test_the_theme_is_remembered_and_written_into_the_page(client, chosen, page):
    answer = client.post("/en/theme/", {"theme": chosen, "next": "/en/scoring/"})

    text = client.get("/en/scoring/").content.decode()

    assert answer["Location"] == "/en/scoring/"
    assert (f'data-theme="{page}"' in text) is bool(page)
    assert ("data-theme" in text) is bool(page)


def test_a_theme_cookie_of_another_hand_is_not_written_into_the_page(client):
    client.cookies["theme"] = '"><script>'

    assert "<script>" not in client.get("/en/scoring/").content.decode().split("</head>")[1]


def test_a_language_keeps_the_page_and_its_question(client):
    here = "/en/companies/?q=sensor&country=JP"

    answer = client.post("/en/language/", {"language": "ja", "next": here})

    assert answer["Location"] == "/ja/companies/?q=sensor&country=JP"
    assert client.get("/", follow=True).redirect_chain[0][0].startswith("/ja/")


def test_a_signed_in_persons_language_is_theirs_on_every_device(client):
    person = UserFactory(language="en")
    client.force_login(person)

    client.post("/en/language/", {"language": "ru", "next": "/en/"})

    person.refresh_from_db()
    assert person.language == "ru"


def test_signing_in_leads_to_ones_own_language_or_to_the_page_one_came_for(client):
    person = create_person("keiko@example.org", name="Keiko", password=PASSWORD, language="ja")
    RepresentativeFactory(person=person)
    login = {"login": person.email, "password": PASSWORD}

    first = client.post("/en/accounts/login/", login)
    client.logout()
    second = client.post("/en/accounts/login/", login | {"next": "/en/matches/"})

    assert (first["Location"], second["Location"]) == ("/ja/", "/en/matches/")
    assert client.get("/")["Location"] == "/ja/"


def test_an_unknown_language_is_refused_and_nothing_is_remembered(client):
    person = UserFactory(language="en")
    client.force_login(person)

    assert client.post("/en/language/", {"language": "xx"}).status_code == 404
    person.refresh_from_db()
    assert person.language == "en"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil", ""]
)
def test_a_way_back_never_leaves_the_site(client, target):
    answer = client.post("/en/theme/", {"theme": "dark", "next": target})

    assert answer["Location"] == "/en/"
