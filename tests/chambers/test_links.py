"""A link from a mail asks first, does one thing for one person, and ends."""

import re

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from chambers.services import links
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def done(monkeypatch):
    """What two purposes were asked to do; they are known for this test only."""
    monkeypatch.setattr(links, "_purposes", dict(links._purposes))
    calls = []

    def asks(person, key):
        return links.Question(f"Renew {key}?", "It stays for a year.", "Renew it")

    @links.handles("test.renew", asks=asks)
    def renew(person, key):
        if key == "foreign":
            raise PermissionDenied
        if key == "late":
            raise ValidationError("It was archived on Monday.", code="archived")
        calls.append((person, key))
        return links.Done("Renewed until March.", "/en/opportunities/", "Opportunities")

    @links.handles("test.stop", asks=asks, one_click=True)
    def stop(person, key):
        calls.append((person, key))
        return links.Done("Stopped.")

    return calls


def path(address):
    assert address.startswith("http://localhost/")
    return address.removeprefix("http://localhost")


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_link_asks_first_and_the_button_does_it_without_a_sign_in(done, user):
    browser = Client(enforce_csrf_checks=True)
    address = path(links.link("test.renew", person=user, key="BO-1"))

    asked = browser.get(address)
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', text(asked))[1]
    before = list(done)
    answer = browser.post(address, {"csrfmiddlewaretoken": token})

    assert ("Renew BO-1?" in text(asked), "Renew it" in text(asked)) == (True, True)
    assert (before, done) == ([], [(user, "BO-1")])
    assert "Renewed until March." in text(answer)
    assert 'href="/en/opportunities/"' in text(answer)


def test_what_reads_every_link_of_a_mail_changes_nothing(done, client, user):
    address = path(links.link("test.renew", person=user, key="BO-1"))

    for method in (client.get, client.head):
        assert method(address).status_code == 200
    assert client.put(address).status_code == 405
    assert client.get(address)["Referrer-Policy"] == "same-origin"
    assert client.get(address)["X-Robots-Tag"] == "noindex"
    assert "no-store" in client.get(address)["Cache-Control"]
    assert done == []


def test_a_press_of_a_mail_program_needs_no_token_only_where_that_is_allowed(done, user):
    browser = Client(enforce_csrf_checks=True)
    stop = path(links.link("test.stop", person=user, key="searches"))
    renew = path(links.link("test.renew", person=user, key="BO-1"))

    told = [
        browser.post(stop, ONE_CLICK).status_code,
        browser.post(stop).status_code,
        browser.post(renew, ONE_CLICK).status_code,
        browser.post(renew).status_code,
    ]

    assert told == [200, 403, 404, 403]
    assert done == [(user, "searches")]


def test_a_link_is_good_for_its_days(done, client, user, monkeypatch):
    address = path(links.link("test.renew", person=user, key="BO-1", days=2))
    now = timezone.now().timestamp()
    monkeypatch.setattr(links.time, "time", lambda: now + 2 * 24 * 3600 + 5)

    answers = [client.get(address), client.post(address)]

    assert [one.status_code for one in answers] == [410, 410]
    assert "good for some days only" in text(answers[0])
    assert done == []


@pytest.mark.parametrize("change", ["is_active", "email"])
def test_a_link_dies_with_the_account_and_with_the_address_it_was_mailed_to(
    done, client, user, change
):
    address = path(links.link("test.renew", person=user, key="BO-1"))
    setattr(user, change, {"is_active": False, "email": "new@example.org"}[change])
    user.save()

    assert [client.get(address).status_code, client.post(address).status_code] == [404, 404]
    assert done == []


def test_a_link_that_was_changed_is_no_link(done, client, user):
    address = path(links.link("test.renew", person=user, key="BO-1"))
    for place in range(len("/en/links/"), len(address) - 1, 7):
        other = "A" if address[place] != "A" else "B"
        changed = f"{address[:place]}{other}{address[place + 1 :]}"
        assert client.post(changed).status_code == 404, changed
    assert done == []


def test_a_refusal_is_said_in_the_words_of_the_rule(done, client, user):
    late = client.post(path(links.link("test.renew", person=user, key="late")))
    foreign = client.post(path(links.link("test.renew", person=user, key="foreign")))

    assert (late.status_code, foreign.status_code) == (409, 404)
    assert "It was archived on Monday." in text(late)


def test_a_link_opens_in_the_language_of_its_person_and_speaks_for_them_alone(done, client):
    anna = UserFactory(language="ru")
    client.force_login(UserFactory())

    address = path(links.link("test.renew", person=anna, key="BO-1"))
    client.post(address)

    assert address.startswith("/ru/links/")
    assert done == [(anna, "BO-1")]


def test_nothing_mails_a_link_that_nothing_would_answer(user):
    with pytest.raises(KeyError):
        links.link("test.nobody", person=user)
