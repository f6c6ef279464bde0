"""Making an account, and that nobody learns from it who has one."""

import datetime as dt
import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from chambers.models import Mail, User
from chambers.services.people import UNCONFIRMED_FOR, create_person, forget_unconfirmed
from tests.factories import PASSWORD, RepresentativeFactory, UserFactory

pytestmark = pytest.mark.django_db

SIGN_UP = "/en/accounts/signup/"


@pytest.fixture(autouse=True)
def as_it_runs(settings):
    settings.ACCOUNT_RATE_LIMITS = False
    settings.EMAIL_BACKEND = "chambers.services.mail.OutboxBackend"


def said(**fields):
    return {
        "name": "Boris Petrov",
        "email": "boris@romashka.example",
        "password1": PASSWORD,
        "language": "ru",
        **fields,
    }


def link_in(mail):
    """The path of the link that a mail brings."""
    return re.search(r"https?://[^/\s]+(/\S+)", mail.text)[1]


def visible(answer):
    """A page without its one-time tokens."""
    return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


@pytest.mark.parametrize(
    ("told", "kept"), [("Asia/Tokyo", "Asia/Tokyo"), ("", "UTC"), ("Mars/Base", "UTC")]
)
def test_times_are_told_by_the_clock_of_who_signs_up_where_the_browser_says_it(client, told, kept):
    form = client.get(SIGN_UP).content.decode()
    client.post(SIGN_UP, said(time_zone=told))

    assert 'type="hidden" name="time_zone" data-own-zone' in form
    assert User.objects.get().time_zone == kept


@pytest.mark.parametrize(("zone", "proposed"), [("UTC", True), ("Europe/Minsk", False)])
def test_the_clock_of_the_browser_is_proposed_to_who_has_chosen_none(client, zone, proposed):
    client.force_login(UserFactory(time_zone=zone))

    page = client.get("/en/my/details/").content.decode()

    assert ("data-own-zone" in page) == proposed


def test_who_signs_up_confirms_the_address_is_signed_in_and_asked_for_a_company(client):
    sent = client.post(SIGN_UP, said(), follow=True)
    person, mail = User.objects.get(), Mail.objects.get()
    opened = client.get(link_in(mail))
    before = EmailAddress.objects.get().verified
    confirmed = client.post(link_in(mail))

    assert "Check your mail" in sent.content.decode()
    assert (person.name, person.language, person.email) == (
        "Boris Petrov", "ru", "boris@romashka.example",
    )  # fmt: skip
    assert (mail.to, mail.language, mail.kind) == (person.email, "ru", "account")
    # A mail scanner follows links; it presses no buttons.
    assert (opened.status_code, before) == (200, False)
    assert confirmed["Location"] == "/ru/join/"
    assert client.get("/ru/join/").status_code == 200
    assert EmailAddress.objects.get().verified


def test_a_link_works_once_and_says_so_the_second_time(client):
    client.post(SIGN_UP, said())
    link = link_in(Mail.objects.get())
    client.post(link)

    again, broken = Client().get(link), Client().get(link[:-5] + "x/")

    assert "confirmed already" in again.content.decode()
    assert "no longer works" in broken.content.decode()
    assert Client().post(link).status_code == 404


def test_in_another_browser_the_link_confirms_and_the_person_then_signs_in(client):
    client.post(SIGN_UP, said())
    phone = Client()

    answer = phone.post(link_in(Mail.objects.get()))

    assert answer["Location"].startswith("/en/accounts/login/")
    assert phone.get("/en/join/").status_code == 302
    signed_in = phone.post("/en/accounts/login/", {"login": said()["email"], "password": PASSWORD})
    assert signed_in["Location"] == "/ru/join/"


def test_nobody_signs_in_with_an_address_that_is_not_confirmed_and_gets_a_new_link(client):
    client.post(SIGN_UP, said())
    other = Client()

    answer = other.post(
        "/en/accounts/login/", {"login": said()["email"], "password": PASSWORD}, follow=True
    )

    assert "Check your mail" in answer.content.decode()
    assert other.get("/en/join/").status_code == 302
    assert Mail.objects.count() == 2


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_known_address_is_answered_like_a_new_one_and_its_reader_is_told(confirmed):
    if confirmed:
        create_person("boris@romashka.example", name="Boris", password=PASSWORD, language="ja")
    else:
        Client().post(SIGN_UP, said(language="ja"))
        Mail.objects.all().delete()
    known, new = Client(), Client()

    answers = [
        one.post(SIGN_UP, said(email=email), follow=True)
        for one, email in ((known, "Boris@Romashka.example"), (new, "new@romashka.example"))
    ]

    assert answers[0].redirect_chain == answers[1].redirect_chain
    assert visible(answers[0]) == visible(answers[1])
    assert User.objects.get(email="boris@romashka.example").name in ("Boris", "Boris Petrov")
    told = Mail.objects.get(to="boris@romashka.example")
    assert told.language == "ja"
    assert "/accounts/password/reset/" in told.text
    assert "/confirm-email/" not in told.text


@pytest.mark.parametrize(
    ("field", "value", "names"),
    [
        ("name", "", "name"),
        ("email", "boris", "email"),
        ("password1", "short", "password1"),
        ("password1", "boris@romashka.example", "password1"),
        ("language", "xx", "language"),
    ],
)
def test_a_form_with_a_fault_keeps_what_was_typed_and_names_the_field(client, field, value, names):
    answer = client.post(SIGN_UP, said(**{field: value}))

    form = answer.context["form"]
    assert list(form.errors) == [names]
    assert f'href="#id_{names}"' in answer.content.decode()
    assert form["name"].value() == ("" if field == "name" else "Boris Petrov")
    assert not User.objects.exists()


def test_a_short_password_is_told_its_rule_once(client):
    hint = client.get(SIGN_UP).context["form"]["password1"].help_text
    form = client.post(SIGN_UP, said(password1="short")).context["form"]

    assert hint
    assert form.errors["password1"]
    assert not form["password1"].help_text


def test_a_name_is_text_wherever_it_is_shown(client):
    name = "<a href=//evil.example>x</a>"
    client.post(SIGN_UP, said(name=name))
    mail = Mail.objects.get()

    page = client.get(link_in(mail)).content.decode()

    assert name not in page
    assert "&lt;a href=//evil.example&gt;" in page
    assert "<a href=//evil" not in mail.html


def test_accounts_that_nobody_confirms_are_forgotten_and_no_others(client):
    client.post(SIGN_UP, said())
    made = create_person("kept@example.org", name="Kept")
    speaks = RepresentativeFactory().person
    signed_in = UserFactory(last_login=timezone.now())
    User.objects.update(joined_at=timezone.now() - UNCONFIRMED_FOR)

    soon = forget_unconfirmed(timezone.now() - dt.timedelta(minutes=1))
    later = forget_unconfirmed(timezone.now() + dt.timedelta(minutes=1))

    assert (soon, later) == (0, 1)
    assert set(User.objects.all()) == {made, speaks, signed_in}


def test_guests_find_the_way_to_an_account(client):
    for address in ("/en/", "/en/accounts/login/"):
        assert "/en/accounts/signup/" in client.get(address).content.decode()


@pytest.mark.parametrize(("asked", "language"), [("", "ja"), ("/en/companies/", "en")])
def test_who_signs_in_is_greeted_in_the_language_of_the_page_they_come_to(client, asked, language):
    person = UserFactory(language="ja", email="sato@asahi.example")
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    greeting = "Successfully signed in as"

    answer = client.post(
        "/ru/accounts/login/",
        {"login": person.email, "password": PASSWORD, "next": asked},
        follow=True,
    )

    told = [str(one) for one in answer.context["messages"]]
    assert f'<html lang="{language}"' in answer.content.decode()
    assert len(told) == 1
    assert (greeting in told[0]) == (language == "en")
    assert "Вы" not in told[0]
