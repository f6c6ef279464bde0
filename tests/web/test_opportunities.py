"""The list of offers and requests, one of them, and its last day for a calendar."""

import csv  # noqa: TID251 - reads back what the gate wrote
import datetime as dt
import io

import icalendar  # noqa: TID251 - reads back what the gate wrote
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from marketplace.models import InvestmentTerms
from marketplace.services import reindex_opportunity
from tests.factories import (
    CompanyFactory,
    CountryFactory,
    InvestmentTermsFactory,
    OpportunityFactory,
)
from tests.matching.world import hs

pytestmark = pytest.mark.django_db


def published(country="RU", **fields):
    company = CompanyFactory(member=True, country=CountryFactory(code=country))
    return OpportunityFactory(company=company, published=True, **fields)


def shown(answer):
    return list(answer.context["page"])


def test_the_list_shows_what_is_published_and_open(client):
    row = published()
    published(expires_on=timezone.localdate() - dt.timedelta(days=1))
    OpportunityFactory()

    assert shown(client.get("/en/opportunities/")) == [row]


def test_a_reference_number_finds_its_opportunity(client):
    row, _other = published(), published()

    assert shown(client.get("/en/opportunities/", {"q": row.reference.lower()})) == [row]


def test_facets_narrow_the_list(client):
    row = published("JP", side="demand", kind="service", codes=hs("902610"))
    published("RU", side="offer", kind="goods", codes=hs("843351"))

    for query in ({"side": "demand"}, {"kind": "service"}, {"country": "JP"}, {"goods": "90"}):
        assert shown(client.get("/en/opportunities/", query)) == [row], query


@pytest.mark.parametrize(
    "query", [{"q": "\x00"}, {"side": "\x00"}, {"goods": "'"}, {"page": "x"}, {"sort": "x"}]
)
def test_no_question_breaks_the_list(client, query):
    published()

    assert client.get("/en/opportunities/", query).status_code == 200


def test_the_closing_order_puts_the_next_last_day_first(client):
    later = published(expires_on=timezone.localdate() + dt.timedelta(days=90))
    soon = published(expires_on=timezone.localdate() + dt.timedelta(days=3))

    assert shown(client.get("/en/opportunities/", {"sort": "closing"})) == [soon, later]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number_of_rows(
    client, count, django_assert_num_queries
):
    for _ in range(count):
        published(codes=hs("902610"))

    with django_assert_num_queries(8):
        client.get("/en/opportunities/", {"country": "RU"})


def test_the_list_as_a_fragment_keeps_its_address_clean(htmx):
    published()

    answer = htmx.get("/en/opportunities/?q=&side=offer&sort=")

    assert "<html" not in answer.content.decode()
    assert answer["HX-Push-Url"] == "/en/opportunities/?side=offer"


def test_a_page_says_who_what_and_until_when(client):
    row = published(
        "JP",
        codes=hs("902610"),
        title={"ja": "圧力計"},
        text={"ja": "毎月百台"},
        target_countries=["RU"],
    )
    CountryFactory(code="RU")

    text = client.get(f"/en/opportunities/{row.public_id}/").content.decode()

    assert row.reference in text
    assert '<h1 lang="ja">圧力計</h1>' in text
    assert "In Japanese" in text
    assert "Label of 902610" in text
    assert "Country RU" in text
    assert f"{row.expires_on:%-d %B %Y}" in text


def test_an_expired_one_keeps_its_address_and_says_so(client):
    row = published(expires_on=timezone.localdate() - dt.timedelta(days=1))

    text = client.get(f"/en/opportunities/{row.public_id}/").content.decode()

    assert "This has expired." in text
    assert "Add to calendar" not in text


@pytest.mark.parametrize("state", [{}, {"in_review": True}])
def test_what_was_never_published_is_seen_by_its_own_people_only(client, speaks_for, state):
    row = OpportunityFactory(**state)
    address = f"/en/opportunities/{row.public_id}/"

    assert client.get(address).status_code == 404
    speaks_for(row.company)
    assert client.get(address).status_code == 200


def test_the_terms_of_an_investment_are_shown_with_their_currency(client):
    row = published(kind="investment")
    InvestmentTermsFactory(opportunity=row)

    text = client.get(f"/en/opportunities/{row.public_id}/").content.decode()

    assert "100,000 – 500,000 EUR" in text


@pytest.fixture
def biogas():
    """An investment of 2 to 30 million, sought from Japan; beside it goods and a smaller one."""
    row = published("BY", kind="investment", cooperation=["joint_venture"], target_countries=["JP"])
    InvestmentTermsFactory(
        opportunity=row,
        field="Biogas",
        region="Гродненская область",
        instrument="concession",
        amount_min=2_000_000,
        amount_max=30_000_000,
        currency="USD",
    )
    small = published("RU", kind="investment")
    InvestmentTermsFactory(opportunity=small, instrument="loan", amount_max=900_000, currency="USD")
    published("RU", codes=hs("843351"))
    for one in (row, small):
        reindex_opportunity(one)
    CountryFactory(code="JP")
    return row


@pytest.mark.parametrize(
    "query",
    [
        {"q": "biogas"},
        {"q": "Grodnenskaya"},
        {"q": "концессия"},
        {"q": "コンセッション"},
        {"instrument": "concession"},
        {"amount": "USD-6"},
        {"amount": ["USD-6", "USD-7"]},
        {"cooperation": "joint_venture"},
        {"wanted": "JP"},
        {"instrument": ["concession", "loan"], "amount": "USD-7"},
    ],
    ids=str,
)
def test_an_investment_is_found_by_what_makes_it_one(client, biogas, query):
    assert shown(client.get("/en/opportunities/", query)) == [biogas]


def test_choices_of_investments_tell_how_many_they_leave_in_the_readers_words(client, biogas):
    offered = {
        group.key: [(one.label, one.count) for one in group.options]
        for group in client.get("/ru/opportunities/").context["groups"]
    }

    assert offered["amount"] == [  # of bands with equally many the smaller amounts come first
        ("100\xa0000 – 1\xa0000\xa0000 USD", 1),
        ("1\xa0000\xa0000 – 10\xa0000\xa0000 USD", 1),
        ("10\xa0000\xa0000 – 100\xa0000\xa0000 USD", 1),
    ]
    assert dict(offered["instrument"]) == {"Концессия": 1, "Заём": 1}
    assert [count for _label, count in offered["wanted"]] == [1]


def test_the_card_and_the_table_to_take_along_tell_the_amount(client, biogas, speaks_for):
    text = client.get("/en/opportunities/", {"q": "biogas"}).content.decode()
    speaks_for(CompanyFactory(member=True))
    answer = client.get("/en/opportunities/export.csv", {"amount": "USD-6"})
    header, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))

    assert "2,000,000 – 30,000,000 USD" in text
    assert "Гродненская область" in text
    told = dict(zip(header, row, strict=True))
    wanted = ("Field", "Instrument", "Amount from", "Amount up to", "Currency")
    assert [told[name] for name in wanted] == [
        *("Biogas", "Concession", "2000000.00", "30000000.00", "USD")
    ]


def test_terms_that_change_are_found_as_they_are(client, biogas):
    biogas.investment.delete()
    InvestmentTermsFactory(
        opportunity=biogas, field="Wind", currency="JPY", amount_min=10**9, amount_max=10**9
    )
    reindex_opportunity(biogas)

    assert shown(client.get("/en/opportunities/", {"q": "biogas"})) == []
    assert shown(client.get("/en/opportunities/", {"amount": "JPY-9"})) == [biogas]


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ({"instrument": "concession"}, True),
        ({"amount_from": "USD:30000000.00"}, True),
        ({"amount_from": "USD:30000000.01"}, False),
        ({"amount_to": "USD:2000000", "instrument": "concession"}, True),
        ({"amount_to": "USD:1999999.99", "instrument": "concession"}, False),
        ({"amount_from": "EUR:1"}, False),
        ({"wanted": "JP"}, True),
        ({"wanted": "CN"}, False),
        ({"cooperation": "joint_venture"}, True),
    ],
    ids=str,
)
def test_programs_narrow_investments_by_exact_amounts(client, biogas, query, finds):
    found = client.get("/api/v1/opportunities/", query).json()["results"]

    assert [one["reference"] for one in found] == ([biogas.reference] if finds else [])


@pytest.mark.parametrize("amount", ["5", "usd:5", "USD:", "USD:5.001", "USD:-5"])
def test_programs_name_the_currency_of_an_amount(client, biogas, amount):
    refused = client.get("/api/v1/opportunities/", {"amount_from": amount})

    assert refused.status_code == 400
    assert [one["field"] for one in refused.json()["errors"]] == ["amount_from"]


def test_what_answers_it_from_abroad_stands_beside_it(client):
    row = published("RU", side="offer", codes=hs("902610"))
    answer = published("JP", side="demand", codes=hs("902680"))
    published("RU", side="demand", codes=hs("902680"))
    published("JP", side="demand", codes=hs("843351"))
    published("JP", side="offer", codes=hs("902610"))

    answers = client.get(f"/en/opportunities/{row.public_id}/").context["answers"]
    assert [one.public_id for one in answers] == [answer.public_id]


def test_the_last_day_is_a_calendar_file(client):
    row = published(title={"en": "Sensors"})

    answer = client.get(f"/en/opportunities/{row.public_id}/last-day.ics")
    (event,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")

    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert event["dtstart"].dt == row.expires_on
    assert event["summary"] == f"Last day: {row.reference} Sensors"
    assert f"/en/opportunities/{row.public_id}/" in event["url"]


def test_a_draft_has_no_last_day_to_put_into_a_calendar(client, speaks_for):
    row = OpportunityFactory()
    speaks_for(row.company)

    assert client.get(f"/en/opportunities/{row.public_id}/last-day.ics").status_code == 404


def test_a_stranger_gets_no_calendar_file_of_a_draft(client):
    row = OpportunityFactory(in_review=True)

    assert client.get(f"/en/opportunities/{row.public_id}/last-day.ics").status_code == 404


def test_the_first_and_the_last_band_are_open(client, biogas):
    InvestmentTerms.objects.filter(opportunity=biogas).update(amount_min=500, amount_max=5 * 10**12)
    reindex_opportunity(biogas)

    offered = {group.key: group for group in client.get("/en/opportunities/").context["groups"]}

    told = [str(one.label) for one in offered["amount"].options]
    assert "under 10,000 USD" in told
    assert "100,000,000,000 USD and more" in told
    assert "1,000 – 10,000 USD" not in told
    for band in ("USD-3", "USD-11"):
        assert shown(client.get("/en/opportunities/", {"amount": band})) == [biogas]


@pytest.mark.parametrize("status", [{}, {"status": "published"}])
@pytest.mark.parametrize(
    "wish",
    [
        {"wanted": "JP"},
        {"cooperation": "joint_venture"},
        {"instrument": "concession"},
        {"amount_from": "USD:2500000.00"},
        {"amount_to": "USD:2500000.00", "instrument": "concession"},
    ],
    ids=str,
)
def test_a_wish_over_rest_is_asked_of_the_indexed_marks(client, biogas, wish, status):
    with CaptureQueriesContext(connection) as asked:
        found = client.get("/api/v1/opportunities/", wish | status).json()["results"]

    assert [one["reference"] for one in found] == [biogas.reference]
    found, told = [one["sql"] for one in asked if '"marketplace_opportunity"."id"' in one["sql"]][
        :2
    ]
    assert '"facets" && ' in found  # what the index of marks answers
    assert ('"title"' in found, '"title"' in told) == (False, True)  # sorted while narrow
