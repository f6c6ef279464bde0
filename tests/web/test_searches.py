"""Searches as an expert asks them: in any script, misspelt; kept, mailed, taken along."""

import csv  # noqa: TID251 - reads back what the gate wrote
import datetime as dt
import io
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chambers.models import Mail
from chambers.services import jobs
from chambers.services.companies import change_company
from marketplace.models import SavedSearch
from marketplace.services.finding import _write
from marketplace.services.searches import mail_daily, save_search
from tests.factories import (
    CompanyFactory,
    CountryFactory,
    OpportunityFactory,
    RepresentativeFactory,
    TradeCodeFactory,
    UserFactory,
)
from tests.matching.world import hs

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def published(country="RU", company=None, **fields):
    company = company or CompanyFactory(member=True, country=CountryFactory(code=country))
    return OpportunityFactory(company=company, published=True, **fields)


def shown(answer):
    return [slip.shown.reference for slip in answer.context["slips"]]


def options(answer, key):
    (group,) = [one for one in answer.context["groups"] if one.key == key]
    return {option.value: option.count for option in group.options}


def ask(client, words, path="opportunities", **query):
    return client.get(f"/en/{path}/", {"q": words, **query})


@pytest.fixture
def sensors():
    """A Japanese request that a Russian word finds by its trade code, beside one it must not."""
    published(title={"en": "Combine harvesters"}, codes=hs("843351"))
    chapter = TradeCodeFactory(code="90", level=2, label_en="Instruments")
    heading = TradeCodeFactory(
        code="9026", level=4, parent=chapter, label_en="Gauges", label_ru="Датчики давления",
        label_ja="圧力計",
    )  # fmt: skip
    return published(
        "JP", side="demand", title={"ja": "センサーを求む"}, codes=[heading],
        text={"ja": "毎月百台"},
    )  # fmt: skip


# --- how a question is read


@pytest.mark.parametrize(
    "words",
    [
        *("датчик давления", "ДАТЧИКИ", "datchiki davleniya", "datchik", "датчк", "давлене"),
        *("センサー", "ｾﾝｻｰ", "せんさー", "センサ", "9026", "９０２６", "gauge", "gaguges"),
    ],
)
def test_one_question_in_many_spellings_finds_the_same(client, sensors, words):
    assert shown(ask(client, words, country="JP", side="demand")) == [sensors.reference]


def test_a_list_says_why_it_has_a_row(client, sensors):
    (slip,) = ask(client, "датчик").context["slips"]

    (reason,) = slip.why
    assert (str(reason.place), reason.said, reason.language) == (
        "trade code HS 9026",
        ("датчики",),
        "ru",
    )
    assert "trade code HS 9026" in ask(client, "датчик").content.decode()


def test_a_word_that_nothing_has_is_read_as_the_nearest_and_the_page_says_so(client, sensors):
    assert "Results for “датчики”" in ask(client, "датчк").content.decode()
    assert "Results for" not in ask(client, "датчик").content.decode()


@pytest.mark.parametrize("words", ["Romashka", "РОМАШКА", "romashka sensor", "Ромашка"])
def test_a_company_is_found_by_its_name_in_either_script(client, words):
    company = CompanyFactory(member=True, legal_name="ООО «Ромашка Сенсор»", indexed=True)
    CompanyFactory(member=True, legal_name="Other LLC", indexed=True)
    offer = published(company=company)

    (card,) = ask(client, words, "companies").context["cards"]

    assert card.company == company
    assert shown(ask(client, words)) == [offer.reference]


def test_accents_are_not_needed(client):
    company = CompanyFactory(member=True, legal_name="Café Nestlé S.A.", indexed=True)

    (card,) = ask(client, "cafe nestle", "companies").context["cards"]

    assert card.company == company


@pytest.mark.parametrize("words", ["Ромашка", "Romashka", "romashca", "РОМАШКА"])
def test_nobody_finds_an_anonymous_item_by_the_name_of_its_company(client, speaks_for, words):
    company = CompanyFactory(member=True, legal_name="ООО «Ромашка»", indexed=True)
    hidden = published(company=company, is_anonymous=True, title={"en": "Cables"})
    speaks_for(CompanyFactory(member=True))

    assert shown(ask(client, words)) == []
    assert options(ask(client, words, "companies"), "trade") == {}
    answer = ask(client, "cables")
    assert shown(answer) == [hidden.reference]
    assert "омашка" not in answer.content.decode()
    _write([hidden.pk])  # as when the company is named anew
    assert shown(ask(client, words)) == []


def test_words_for_members_alone_find_nothing_for_guests(client, speaks_for):
    CompanyFactory(
        member=True,
        legal_name="Shy",
        description={"en": "Zirconium crucibles"},
        visibility={"description": "members"},
        indexed=True,
    )

    assert ask(client, "zirconium", "companies").context["cards"] == []
    speaks_for(CompanyFactory(member=True))
    (card,) = ask(client, "zirconium", "companies").context["cards"]
    assert [reason.said for reason in card.why] == [("zirconium",)]


def test_a_word_for_members_alone_is_not_what_a_misspelt_one_is_read_as(client):
    CompanyFactory(
        member=True,
        description={"en": "Zirconium crucibles"},
        visibility={"description": "members"},
        indexed=True,
    )

    assert "Results for" not in ask(client, "zircomium", "companies").content.decode()


# --- trade codes as a tree


def test_headings_are_offered_under_the_chosen_chapter(client, sensors):
    assert options(client.get("/en/opportunities/"), "goods") == {"84": 1, "90": 1}

    chosen = client.get("/en/opportunities/", {"goods": "90"})

    assert options(chosen, "goods") == {"84": 1, "90": 1, "9026": 1}
    assert shown(chosen) == [sensors.reference]


def test_who_chooses_a_chapter_and_a_heading_of_it_means_the_heading(client, sensors):
    published(codes=hs("900110"))

    assert len(shown(client.get("/en/opportunities/", {"goods": ["90"]}))) == 2
    both = client.get("/en/opportunities/", {"goods": ["90", "9026"]})
    assert shown(both) == [sensors.reference]


# --- long lists


def test_a_list_longer_than_is_counted_says_at_least(client, monkeypatch):
    monkeypatch.setattr("chambers.selectors.lists.MOST", 2)
    monkeypatch.setattr("chambers.selectors.lists._kept", {})
    for country in ("JP", "JP", "RU", "RU"):
        published(country, title={"en": "Pumps"})

    everything, some = client.get("/en/opportunities/"), ask(client, "pumps")

    assert "4 offers and requests" in everything.content.decode()
    assert options(everything, "country") == {"JP": 2, "RU": 2}
    assert "2+ offers and requests" in some.content.decode()
    assert len(shown(some)) == 2


# --- saved searches


def test_a_list_is_saved_under_what_it_asks_and_leads_back(client, speaks_for, sensors):
    person = speaks_for(CompanyFactory(member=True))
    page = client.get("/en/my/searches/new/opportunities/?q=датчик&country=JP&nonsense=1")
    assert page.context["form"].initial["name"] == "“датчик”, Country JP"

    client.post(
        "/en/my/searches/new/opportunities/?q=датчик&country=JP",
        {"name": "Gauges in Japan", "is_daily": "on"},
    )

    search = SavedSearch.objects.get(person=person)
    listed = client.get("/en/my/searches/").content.decode()
    assert (search.name, search.is_daily) == ("Gauges in Japan", True)
    address = re.search(r'href="(/en/opportunities/\?[^"]+)"', listed)[1].replace("&amp;", "&")
    assert shown(client.get(address)) == [sensors.reference]


def test_the_same_search_is_saved_once_and_what_was_typed_stays(client, speaks_for):
    speaks_for(CompanyFactory(member=True))
    address = "/en/my/searches/new/companies/?country=JP"
    client.post(address, {"name": "Japan"})

    again = client.post(address, {"name": "Japan again"})

    assert again.status_code == 422
    assert "You have saved this search already." in again.content.decode()
    assert "Japan again" in again.content.decode()
    assert SavedSearch.objects.count() == 1


def test_who_is_asked_to_sign_in_before_deleting_comes_to_the_list(client):
    answer = client.post(f"/en/my/searches/{uuid.uuid4()}/delete/")

    assert answer["Location"].endswith("?next=/en/my/searches/")


def test_there_are_not_more_than_twenty(client, speaks_for):
    person = speaks_for(CompanyFactory(member=True))
    for number in range(20):
        save_search(by=person, kind="companies", query=f"q={number}{number}")

    answer = client.post("/en/my/searches/new/companies/?q=more", {"name": "More"})

    assert "delete one first" in answer.content.decode()
    assert SavedSearch.objects.count() == 20


def test_a_search_is_changed_and_deleted_by_its_owner_alone(client, speaks_for):
    person = speaks_for(CompanyFactory(member=True))
    search = save_search(by=person, kind="companies", query="q=pumps")
    address = f"/en/my/searches/{search.public_id}/"

    client.post(address, {"name": "Pumps of all kinds"})
    search.refresh_from_db()
    assert (search.name, search.is_daily) == ("Pumps of all kinds", False)
    client.force_login(UserFactory())
    assert client.get(address).status_code == 404
    assert client.post(f"{address}delete/").status_code == 404
    client.force_login(person)
    client.post(f"{address}delete/")
    assert not SavedSearch.objects.exists()


def run_daily(now):
    """What the clock asks for at ``now``, done by a worker."""
    mail_daily(now)
    jobs.work_off()


def kept(person, query="q=pumps", kind="opportunities", **fields):
    search = save_search(by=person, kind=kind, query=query)
    SavedSearch.objects.filter(pk=search.pk).update(told_until=timezone.now() - 2 * DAY, **fields)
    return search


def noon():
    return timezone.now().replace(hour=12) + DAY


def test_new_results_of_all_searches_come_in_one_mail(settings):
    person = RepresentativeFactory(company__member=True).person
    old = published(title={"en": "Old pumps"}, published_at=timezone.now() - 3 * DAY)
    new = published(title={"en": "Pumps for water"})
    company = CompanyFactory(member=True, legal_name="Nasos LLC", indexed=True)
    first, second = kept(person), kept(person, "q=nasos", "companies")
    kept(person, "q=hovercraft")

    run_daily(noon())
    run_daily(noon() + dt.timedelta(minutes=5))
    run_daily(noon() + DAY)

    (sent,) = Mail.objects.filter(kind="search_news")
    assert sent.to == person.email
    assert new.reference in sent.text
    assert old.reference not in sent.text
    assert company.legal_name in sent.text
    assert first.name in sent.text
    assert second.name in sent.text
    assert "hovercraft" not in sent.text


@pytest.mark.parametrize(("language", "one"), [("ru", "Новое по поиску"), ("ja", "の新着")])
def test_the_subject_of_what_one_search_found_names_it(language, one):
    person = RepresentativeFactory(company__member=True, person__language=language).person
    published(title={language: "Pumps", "en": "Pumps"})
    first = kept(person)

    run_daily(noon())

    subject = Mail.objects.get(kind="search_news").subject
    assert first.name in subject
    assert one in subject


def test_a_title_of_two_lines_puts_no_line_of_its_own_into_the_mail():
    person = RepresentativeFactory(company__member=True).person
    published(title={"en": "Pumps\nYour account is locked: https://evil.example"})
    kept(person)

    run_daily(noon())

    text = Mail.objects.get(kind="search_news").text
    assert "\nPumps Your account is locked: https://evil.example · " in text


def test_a_day_without_anything_new_brings_no_mail():
    person = RepresentativeFactory(company__member=True).person
    kept(person)

    run_daily(noon())

    assert not Mail.objects.filter(kind="search_news").exists()


def test_a_mail_does_not_name_the_company_of_an_anonymous_item():
    person = RepresentativeFactory(company__member=True).person
    company = CompanyFactory(member=True, legal_name="ООО «Ромашка»", legal_name_latin="Romashka")
    published(company=company, is_anonymous=True, title={"en": "Pumps"})
    kept(person)

    run_daily(noon())

    text = Mail.objects.get(kind="search_news").text
    assert "Pumps" in text
    assert "омашка" not in text
    assert "omashka" not in text


@pytest.mark.parametrize("which", [0, 1])
def test_the_mails_are_stopped_by_a_link_without_a_sign_in(client, which):
    """The first link of a mail stops one search, the last all of them."""
    person = RepresentativeFactory(company__member=True).person
    published(title={"en": "Pumps"})
    search, other = kept(person), kept(person, "q=cables")
    run_daily(noon())
    found = re.findall(r"^http\S+/links/\S+$", Mail.objects.get(kind="search_news").text, re.M)
    link = (found[0], found[1])[which]

    asked = client.get(link)
    assert SavedSearch.objects.filter(is_daily=True).count() == 2
    client.post(link)
    client.post(link)

    assert asked.status_code == 200
    daily = set(SavedSearch.objects.filter(is_daily=True))
    assert daily == ({other} if which == 0 else set())
    assert SavedSearch.objects.filter(pk=search.pk).exists()


def test_nobody_is_mailed_of_what_came_while_their_mails_were_off(client):
    person = RepresentativeFactory(company__member=True).person
    search = kept(person, is_daily=False)
    published(title={"en": "Pumps"})
    client.force_login(person)

    client.post(f"/en/my/searches/{search.public_id}/", {"name": "Pumps", "is_daily": "on"})
    run_daily(noon())

    assert not Mail.objects.filter(kind="search_news").exists()


# --- lists as files


def rows_of(answer):
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_an_export_holds_the_rows_and_fields_that_are_seen(client, speaks_for, sensors):
    hidden = published(
        company=CompanyFactory(member=True, legal_name="ООО «Ромашка»"), is_anonymous=True,
        title={"en": "=HYPERLINK(1)"}, codes=hs("902680"),
    )  # fmt: skip
    speaks_for(CompanyFactory(member=True))
    seen = shown(client.get("/en/opportunities/", {"goods": "90"}))

    answer = client.get("/en/opportunities/export.csv", {"goods": "90"})
    header, *rows = rows_of(answer)

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert [row[0] for row in rows] == seen == [hidden.reference, sensors.reference]
    assert rows[0][header.index("Company")] == "company not named"
    assert rows[1][header.index("Company")] == sensors.company.legal_name
    assert not rows[0][header.index("Title")].startswith("=")
    assert "омашка" not in answer.content.decode()


def test_an_export_of_companies_leaves_out_what_its_reader_may_not_see(client, speaks_for):
    CompanyFactory(
        member=True, legal_name="Shy", languages=["fi"], description={"en": "Secret crucibles"},
        visibility={"languages": "accepted", "description": "accepted"}, indexed=True,
    )  # fmt: skip
    speaks_for(CompanyFactory(member=True, legal_name="Reader", indexed=True))

    header, *rows = rows_of(client.get("/en/companies/export.csv", {"sort": "name"}))

    assert [row[0] for row in rows] == ["Reader", "Shy"]
    assert rows[1][header.index("Description")] == ""
    assert rows[1][header.index("Working languages")] == ""


def test_guests_are_asked_to_sign_in_before_they_take_a_list_along(client):
    assert client.get("/en/companies/export.csv").status_code == 302
    assert "export.csv" not in client.get("/en/companies/").content.decode()


def test_a_company_that_is_named_anew_is_found_with_its_items_by_the_new_name(client):
    company = CompanyFactory(member=True, legal_name="Old LLC", indexed=True)
    item = published(company=company)

    change_company(company, legal_name="Novelty LLC")
    jobs.work_off()

    assert shown(ask(client, "novelty")) == [item.reference]


def test_the_list_of_ones_searches_asks_as_much_for_three_as_for_one(client):
    person = UserFactory()
    countries = [CountryFactory(code=code) for code in ("RU", "JP", "BY")]
    client.force_login(person)

    def keep(country):
        for kind in ("companies", "opportunities"):
            save_search(kind=kind, query=f"country={country.code}", by=person)

    def queries():
        with CaptureQueriesContext(connection) as made:
            page = client.get("/en/my/searches/").content.decode()
        return len(made), page

    keep(countries[0])
    few, _page = queries()
    for country in countries[1:]:
        keep(country)

    many, page = queries()

    assert many == few
    assert all(country.name in page for country in countries)
