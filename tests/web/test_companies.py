"""The directory and the page of a company."""

import datetime as dt
import zlib

import pytest
from django.utils import timezone

from chambers.models import Company
from chambers.selectors import search
from tests.factories import (
    ChamberFactory,
    CompanyFactory,
    CountryFactory,
    GuildFactory,
    GuildMembershipFactory,
    MembershipFactory,
    OpportunityFactory,
    RepresentativeFactory,
    TradeCodeFactory,
)
from tests.matching.world import hs

pytestmark = pytest.mark.django_db


def listed(country="RU", **fields):
    return CompanyFactory(member=True, country=CountryFactory(code=country), indexed=True, **fields)


def names(answer):
    return [card.company.legal_name for card in answer.context["cards"]]


def options(answer, key):
    """{value: count} of one facet."""
    (group,) = [one for one in answer.context["groups"] if one.key == key]
    return {option.value: option.count for option in group.options}


def test_guests_find_listed_members_and_nobody_else(client):
    listed(legal_name="Shown")
    listed(legal_name="Unlisted", is_listed=False)
    CompanyFactory(legal_name="No member")

    answer = client.get("/en/companies/")

    assert names(answer) == ["Shown"]
    text = answer.content.decode()
    assert "Unlisted" not in text
    assert "No member" not in text


def test_words_narrow_the_list_across_languages(client):
    sensors = TradeCodeFactory(code="9026", label_ru="Датчики", label_ja="計器", label_en="Gauges")
    listed("JP", legal_name="アサヒ計装", codes=[sensors])
    listed(legal_name="Other", description={"en": "Bread"})

    found = client.get("/ru/companies/", {"q": "датчики"})

    assert names(found) == ["アサヒ計装"]
    assert found.context["page"].paginator.count == 1


def test_choices_of_one_facet_widen_and_facets_narrow_each_other(client):
    for country, language in (("RU", "ru"), ("JP", "ja"), ("JP", "en"), ("DE", "en")):
        listed(country, languages=[language])

    both = client.get("/en/companies/", {"country": ["JP", "DE"], "speaks": "en"})

    assert len(names(both)) == 2
    assert options(both, "country") == {"JP": 1, "DE": 1, "RU": 0}
    assert options(both, "speaks") == {"en": 2, "ja": 1, "ru": 0}


def test_each_facet_keeps_what_it_says(client):
    moscow, tokyo = ChamberFactory(slug="moscow"), ChamberFactory(slug="tokyo")
    guild = GuildFactory(chamber=moscow, slug="tech")
    section = TradeCodeFactory(scheme="nace", code="C", parent=None)
    division = TradeCodeFactory(scheme="nace", code="28", parent=section)
    wanted = listed(
        legal_name="Wanted", membership__chamber=moscow, codes=[division, *hs("902610")]
    )
    GuildMembershipFactory(guild=guild, company=wanted)
    OpportunityFactory(company=wanted, side="demand", published=True)
    other = listed(legal_name="Other", membership__chamber=tokyo, codes=hs("843351"))
    OpportunityFactory(company=other, side="offer", published=True)

    for query in (
        {"chamber": "moscow"},
        {"guild": "moscow--tech"},
        {"industry": "C"},
        {"goods": "90"},
        {"trade": "demand"},
    ):
        assert names(client.get("/en/companies/", query)) == ["Wanted"], query


def test_a_place_in_a_guild_ends_with_the_membership_in_its_chamber(client):
    here = ChamberFactory(slug="here", name_en="Here")
    guild = GuildFactory(chamber=here, slug="tech", name_en="Guild of Makers")
    stays = listed(legal_name="Stays", membership__chamber=here)
    leaves = listed(legal_name="Leaves")
    MembershipFactory(
        company=leaves, chamber=here, starts_on=dt.date(2019, 1, 1), ends_on=dt.date(2020, 1, 1)
    )
    for company in (stays, leaves):
        GuildMembershipFactory(guild=guild, company=company)

    pages = {
        one: client.get(f"/en/companies/{one.public_id}/").content.decode()
        for one in (stays, leaves)
    }

    assert names(client.get("/en/companies/", {"guild": "here--tech"})) == ["Stays"]
    assert "Guild of Makers" in pages[stays]
    assert "Guild of Makers" not in pages[leaves]


def test_an_ended_membership_is_no_choice(client):
    company = listed(membership__chamber=ChamberFactory(slug="here"))
    MembershipFactory(
        company=company,
        chamber=ChamberFactory(slug="left"),
        starts_on=dt.date(2019, 1, 1),
        ends_on=dt.date(2020, 1, 1),
    )

    assert options(client.get("/en/companies/"), "chamber") == {"here": 1}


def test_nobody_finds_a_company_by_a_field_hidden_from_them(client, speaks_for):
    listed(legal_name="Shy", languages=["fi"], visibility={"languages": "members"})
    reader = listed(legal_name="Reader", languages=["en"])

    guest = client.get("/en/companies/", {"speaks": "fi"})
    assert names(guest) == []
    assert options(client.get("/en/companies/"), "speaks") == {"en": 1}

    speaks_for(reader)
    assert names(client.get("/en/companies/", {"speaks": "fi"})) == ["Shy"]


def test_companies_are_found_by_their_size_where_they_tell_it(client, speaks_for):
    listed(legal_name="Small", size="small")
    listed(legal_name="Shy", size="small", visibility={"size": "members"})
    reader = listed(legal_name="Reader")

    assert names(client.get("/en/companies/", {"size": "small"})) == ["Small"]
    assert options(client.get("/en/companies/"), "size") == {"small": 1}
    told = client.get("/api/v1/companies/", {"size": "small"}).json()["results"]
    assert [one["legal_name"] for one in told] == ["Small"]

    speaks_for(reader)
    assert sorted(names(client.get("/en/companies/", {"size": "small"}))) == ["Shy", "Small"]
    told = client.get("/api/v1/companies/", {"size": "small"}).json()["results"]
    assert sorted(one["legal_name"] for one in told) == ["Shy", "Small"]


def test_equals_stand_in_another_order_each_day_and_in_one_the_whole_day(client, monkeypatch):
    for letter in "ABCDEF":
        listed(legal_name=f"Pumps {letter}")

    orders = []
    for day in (1, 2, 2, 3):
        monkeypatch.setattr(search, "today", lambda: dt.date(2026, 3, day))  # noqa: B023
        orders.append(names(client.get("/en/companies/", {"q": "pumps"})))

    assert orders[1] == orders[2]
    assert len({tuple(one) for one in orders}) == 3
    assert len({frozenset(one) for one in orders}) == 1


def test_a_choice_in_force_can_be_taken_away_and_the_others_stay(client):
    listed("JP", languages=["ja"])

    answer = client.get(
        "/en/companies/", {"q": "", "country": "JP", "speaks": "ja", "sort": "name"}
    )

    assert {chip.label: chip.query for chip in answer.context["chips"]} == {
        "Country JP": "speaks=ja&sort=name",
        "Japanese": "country=JP&sort=name",
    }


@pytest.mark.parametrize(
    "query",
    [
        {"q": "\x00"},
        {"q": "a" * 5000},
        {"q": "'); drop table x; -- & | ! :* <->"},
        {"country": ["\x00", "' or 1=1", "x" * 500]},
        {"country": [f"C{n}" for n in range(500)]},
        {"page": "zwölf"},
        {"page": "99999"},
        {"page": "-1"},
        {"sort": "password"},
        {"goods": "%"},
        {"guild": "x"},
        {"industry": "C", "speaks": "zz", "chamber": "none", "trade": "x"},
    ],
)
def test_no_question_breaks_the_list(client, query):
    listed()

    assert client.get("/en/companies/", query).status_code == 200


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("name", ["A", "B", "C"]), ("new", ["B", "C", "A"]), ("", ["B", "C", "A"])],
)
def test_the_order_is_the_one_asked_for(client, sort, expected):
    for name in ("A", "C", "B"):
        listed(legal_name=name)

    assert names(client.get("/en/companies/", {"sort": sort})) == expected


def test_pages_follow_each_other(client):
    for _ in range(21):
        listed()

    second = client.get("/en/companies/", {"page": "2", "country": "RU"})

    assert len(names(second)) == 1
    assert "?country=RU&amp;page=1" in second.content.decode()


def test_the_same_address_answers_whole_or_as_a_fragment(client, htmx):
    listed()

    whole, part = client.get("/en/companies/"), htmx.get("/en/companies/?q=&country=RU")
    back = htmx.get("/en/companies/", headers={"HX-History-Restore-Request": "true"})

    assert ["<html" in one.content.decode() for one in (whole, part, back)] == [True, False, True]
    assert part["HX-Push-Url"] == "/en/companies/?country=RU"
    assert "HX-Request" in part["Vary"]
    assert 'id="n-country-RU" hx-swap-oob="true"' in part.content.decode()


def test_an_empty_answer_says_what_to_do(client):
    text = client.get("/en/companies/", {"q": "hovercraft"}).content.decode()

    assert "No company answers “hovercraft”" in text
    assert "Show all companies" in text


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number_of_companies(
    client, count, speaks_for, django_assert_num_queries
):
    speaks_for(listed("JP"))
    for _ in range(count):
        company = listed(languages=["ru"], codes=hs("902610"), description={"en": "Sensors"})
        OpportunityFactory(company=company, published=True, codes=hs("902610"))
        OpportunityFactory(company=company, side="demand", published=True)
    client.get("/en/companies/")

    with django_assert_num_queries(22):
        client.get("/en/companies/", {"country": "RU"})


@pytest.mark.parametrize("count", [1, 3])
def test_guests_cost_fewer_queries(client, count, django_assert_num_queries):
    for _ in range(count):
        OpportunityFactory(company=listed(codes=hs("902610")), published=True, codes=hs("902610"))

    with django_assert_num_queries(10):
        client.get("/en/companies/")


def test_what_meets_the_readers_own_needs_is_marked(client, speaks_for):
    mine = listed("JP")
    OpportunityFactory(company=mine, side="demand", published=True, codes=hs("902610"))
    theirs = listed(legal_name="Theirs")
    OpportunityFactory(company=theirs, side="offer", published=True, codes=hs("902680"))
    OpportunityFactory(company=theirs, side="offer", published=True, codes=hs("843351"))
    speaks_for(mine)

    (card,) = [
        one for one in client.get("/en/companies/").context["cards"] if one.company == theirs
    ]

    assert [item.hit for item in card.offers] == [True, False]


# --- the page of one company


def test_a_company_page_shows_names_chamber_and_what_it_trades(client):
    chamber = ChamberFactory(name_en="Moscow Chamber")
    company = listed(
        legal_name="ООО «Ромашка»",
        legal_name_latin="Romashka LLC",
        membership__chamber=chamber,
        membership__starts_on=dt.date(2024, 3, 5),
        codes=hs("902610"),
        description={"ru": "Датчики давления"},
    )
    offer = OpportunityFactory(company=company, published=True, title={"en": "Sensors"})
    seek = OpportunityFactory(company=company, side="demand", published=True)

    answer = client.get(f"/en/companies/{company.public_id}/")
    text = answer.content.decode()

    assert '<span lang="ru">ООО «Ромашка»</span>' in text
    assert "Romashka LLC" in text
    assert "Moscow Chamber, member since March 2024" in text
    assert '<p class="prose" lang="ru">Датчики давления</p>' in text
    assert "In Russian" in text
    assert "Label of 902610" in text
    assert [item.opportunity for item in answer.context["shown"].offers] == [offer]
    assert [item.opportunity for item in answer.context["shown"].demands] == [seek]


def test_codes_are_labelled_in_the_readers_language(client):
    company = listed(codes=hs("902610"))

    assert "見出し 902610" in client.get(f"/ja/companies/{company.public_id}/").content.decode()


def test_a_hidden_field_is_absent_from_the_page(client, speaks_for):
    company = listed(
        website="https://canary.example/",
        founded=1987,
        registration_number="777canary",
        visibility={"website": "accepted", "founded": "members"},
    )
    address = f"/en/companies/{company.public_id}/"

    guest = client.get(address).content.decode()
    speaks_for(listed("JP"))
    member = client.get(address).content.decode()

    assert [word in guest for word in ("canary.example", "1987", "777canary")] == [False] * 3
    assert [word in member for word in ("canary.example", "1987", "777canary")] == [
        False,
        True,
        True,
    ]


def test_an_unlisted_company_has_a_page_only_for_its_own_people(client, speaks_for):
    company = listed(is_listed=False)
    address = f"/en/companies/{company.public_id}/"

    assert client.get(address).status_code == 404
    speaks_for(company)
    assert client.get(address).status_code == 200


def test_expired_and_unpublished_opportunities_are_not_on_the_page(client):
    company = listed()
    OpportunityFactory(company=company, expired=True, title={"en": "Old one"})
    OpportunityFactory(company=company, title={"en": "Draft one"})

    text = client.get(f"/en/companies/{company.public_id}/").content.decode()

    assert "Old one" not in text
    assert "Draft one" not in text


@pytest.mark.parametrize("count", [1, 3])
def test_a_company_page_takes_the_same_queries_for_any_number_of_opportunities(
    client, count, django_assert_num_queries
):
    company = listed()
    for _ in range(count):
        OpportunityFactory(company=company, published=True, codes=hs("902610"))
        GuildMembershipFactory(company=company)

    with django_assert_num_queries(7):
        client.get(f"/en/companies/{company.public_id}/")


def test_a_reader_with_a_company_is_led_to_how_they_match(client, speaks_for):
    company = listed()
    address = f"/en/companies/{company.public_id}/"

    assert "See how you match" not in client.get(address).content.decode()
    speaks_for(listed("JP"))
    assert f"/en/matches/{company.public_id}/" in client.get(address).content.decode()
    client.force_login(RepresentativeFactory(company=company).person)
    assert "This is your company" in client.get(address).content.decode()


def test_a_company_that_joined_today_is_listed_today(client):
    MembershipFactory(company=CompanyFactory(legal_name="New"), starts_on=timezone.localdate())

    assert names(client.get("/en/companies/")) == ["New"]
    assert Company.objects.count() == 1


def test_a_page_of_twenty_companies_is_light(client):
    for _ in range(20):
        company = listed(
            languages=["ru", "en"], codes=hs("902610"), description={"en": "Pressure sensors. " * 9}
        )
        OpportunityFactory(company=company, published=True, title={"en": "Sensors for water"})

    page = client.get("/en/companies/").content

    assert len(page) < 100_000
    assert len(zlib.compress(page)) < 15_000
