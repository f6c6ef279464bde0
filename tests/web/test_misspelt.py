"""Questions with slips of the hand: what they find, what the page says, and what stays hidden."""

import csv  # noqa: TID251 - reads back what the gate wrote
import datetime as dt
import io
import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chambers.models import Company, Mail, SearchWord
from chambers.selectors.search import search_companies
from chambers.selectors.spelling import likeness, nearest
from chambers.services import jobs
from chambers.services.companies import change_company
from chambers.services.finding import learn_all_words
from marketplace.models import SavedSearch
from marketplace.services.searches import mail_daily, save_search
from tests.factories import (
    CompanyFactory,
    CountryFactory,
    OpportunityFactory,
    RepresentativeFactory,
)

pytestmark = pytest.mark.django_db


def published(country="RU", **fields):
    company = CompanyFactory(member=True, country=CountryFactory(code=country))
    return OpportunityFactory(company=company, published=True, **fields)


@pytest.fixture
def sensor():
    """What is meant, beside words that look like it: a German stem, and a slip that is stored."""
    published("DE", title={"de": "Sensen und Sicheln"}, text={"de": "Sensen für jede Wiese"})
    published("DE", title={"en": "Presure washers"})
    published("DE", title={"en": "Tea leaves"}, text={"en": "Pressed, from the garden"})
    return published(
        "JP",
        title={"en": "Pressure sensors", "ru": "Датчик давления", "ja": "圧力センサー"},
        text={"ja": "コンプレッサーにも使えます"},
    )


def ask(client, words, path="opportunities", **query):
    return client.get(f"/en/{path}/", {"q": words, **query})


def shown(answer):
    return [slip.shown.reference for slip in answer.context["slips"]]


SLIPS = [
    ("pressure senser", "Pressure sensors"),
    ("presure senser", "Pressure sensors"),
    ("pressure sesnor", "Pressure sensors"),
    ("sensr presure", "sensors Pressure"),
    ("датчик давлния", "датчик давления"),
    ("датчки давлния", "Датчик давления"),
    ("圧力センソー", "圧力センサー"),
    ("圧力センセ", "圧力センサー"),
    ("せんそー", "センサー"),
    ("コンプレサー", "コンプレッサー"),
]


@pytest.mark.parametrize("query", [{}, {"country": "JP"}])
@pytest.mark.parametrize(("typed", "meant"), SLIPS)
def test_words_with_slips_find_what_was_meant_and_the_page_says_so(
    client, sensor, typed, meant, query
):
    answer = ask(client, typed, **query)

    assert shown(answer) == [sensor.reference]
    assert answer.context["read_as"].casefold() == meant.casefold()
    page = answer.content.decode()
    assert f"instead of “{typed}”" in page
    assert "Search exactly as typed" in page


@pytest.mark.parametrize("typed", ["pressure sensor", "датчик давления", "圧力センサー", "presure"])
def test_words_that_find_something_are_left_alone(client, sensor, typed):
    answer = ask(client, typed)

    assert shown(answer)
    assert answer.context["read_as"] == ""


def test_a_stem_of_another_language_does_not_hide_the_word_that_was_meant(client, sensor):
    published("DE", title={"en": "Pressure sensing"})  # in English it has the German stem

    found = ask(client, "presure senser")

    assert sensor.reference in shown(found)
    assert found.context["read_as"].casefold() == "pressure sensors"


def test_who_wants_the_words_as_they_are_gets_nothing_else(client, sensor):
    link = "?q=pressure+senser&amp;country=JP&amp;exact=1"
    assert link in ask(client, "pressure senser", country="JP").content.decode()

    exactly = ask(client, "pressure senser", country="JP", exact="1")

    assert shown(exactly) == []
    assert 'href="?q=pressure+senser&amp;country=JP"' in exactly.content.decode()
    assert shown(ask(client, "sensr", exact="1")) == []
    assert sensor.reference in shown(ask(client, "sensr"))


def test_a_filter_that_leaves_nothing_is_no_slip_of_the_hand(client, sensor):
    published("BY", title={"en": "Pressure censors"})

    answer = ask(client, "pressure sensor", country="BY")

    assert shown(answer) == []
    assert answer.context["read_as"] == ""


def test_pages_files_mails_and_endpoints_read_a_slip_alike(client, sensor, settings):
    person = RepresentativeFactory(company__member=True).person
    client.force_login(person)
    search = save_search(by=person, kind="opportunities", query="q=presure+senser")
    day = dt.timedelta(days=1)
    SavedSearch.objects.filter(pk=search.pk).update(told_until=timezone.now() - day)

    file = client.get("/en/opportunities/export.csv", {"q": "presure senser"})
    called = client.get("/api/v1/opportunities/", {"q": "presure senser"}).json()["results"]
    exactly = client.get("/api/v1/opportunities/", {"q": "presure senser", "exact": "true"}).json()
    mail_daily(timezone.now().replace(hour=12) + day)
    jobs.work_off()

    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == [sensor.reference]
    assert [one["reference"] for one in called] == [sensor.reference]
    assert exactly["results"] == []
    assert sensor.reference in Mail.objects.get(kind="search_news").text


def test_a_company_is_found_by_two_words_of_which_one_is_misspelt(client):
    wanted = CompanyFactory(
        member=True, legal_name="Volga LLC", description={"en": "Pressure sensors"}, indexed=True
    )
    CompanyFactory(member=True, description={"de": "Sensen"}, indexed=True)
    learn_all_words()

    (card,) = ask(client, "pressure senser", "companies").context["cards"]
    called = client.get("/api/v1/companies/", {"q": "pressure senser"}).json()["results"]

    assert card.company == wanted
    assert [one["legal_name"] for one in called] == ["Volga LLC"]
    assert search_companies(Company.objects.all(), "presure senser", member=False).get() == wanted
    assert not search_companies(
        Company.objects.all(), "presure senser", member=False, exact=True
    ).exists()


# --- what is hidden


def hidden_companies():
    """Words that a guest may not find anything by, each beside one that they may."""
    CompanyFactory(
        member=True, legal_name="Open LLC", description={"en": "Crucibles"}, indexed=True
    )
    unlisted = CompanyFactory(
        member=True, description={"en": "Obsidian crucibles"}, indexed=True, legal_name="Once LLC"
    )
    learn_all_words()
    change_company(unlisted, is_listed=False)  # its words stay known
    CompanyFactory(
        member=True, description={"en": "Zirconium crucibles"}, indexed=True,
        visibility={"description": "members"}, legal_name="Shy LLC",
    )  # fmt: skip
    CompanyFactory(
        member=True, is_listed=False, description={"en": "Vanadium crucibles"}, indexed=True
    )
    owner = CompanyFactory(member=True, legal_name="Malachite LLC", is_listed=False, indexed=True)
    OpportunityFactory(
        company=owner, published=True, is_anonymous=True, title={"en": "Crucibles wanted"}
    )
    learn_all_words()


def test_no_page_hints_at_a_word_that_its_reader_finds_nothing_by(client):
    hidden_companies()
    assert SearchWord.objects.filter(word="obsidian").exists()
    slips = ["obsidien", "zirconiun", "vanadiun", "malachitte"]

    for path, (slip, more) in itertools.product(
        ("companies", "opportunities"), itertools.product(slips, ("", " crucibles"))
    ):
        page = ask(client, slip + more, path)
        text = page.content.decode().casefold()
        assert page.context["read_as"] == "", slip
        assert not any(
            word in text for word in ("obsidian", "zirconium", "vanadium", "malachite")
        ), slip


def test_words_for_members_alone_are_in_no_list_of_words(db):
    hidden_companies()

    known = set(SearchWord.objects.values_list("word", flat=True))

    assert known.isdisjoint({"zirconium", "vanadium", "malachit", "malachite"})
    assert nearest({"zirconiun"}) == []


# --- how near words are


@pytest.mark.parametrize(
    ("typed", "nearer", "farther"),
    [
        ("senser", "sensor", "sender"),  # another vowel
        ("presure", "pressure", "prepsure"),  # a letter no longer doubled
        ("sesnor", "sensor", "seanor"),  # two letters exchanged
    ],
)
def test_slips_that_are_made_often_count_less(typed, nearer, farther):
    assert likeness(typed, nearer) == likeness(nearer, typed) > likeness(typed, farther)
    assert likeness(typed, typed) == 1.0
    assert 0.0 <= likeness("abc", "xyz") < likeness(typed, farther)


def test_a_page_that_finds_something_asks_no_more_and_one_with_slips_little(client, sensor):
    def queries(words):
        ask(client, words)
        with CaptureQueriesContext(connection) as made:
            ask(client, words)
        return len(made)

    right, slips = queries("pressure sensor"), queries("pressure senser")

    assert queries("sensor") == right
    assert slips <= right + 8
