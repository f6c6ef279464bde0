"""Chambers and councils."""

import datetime as dt

import pytest
from django.utils import timezone

from chambers.models import Commission
from tests.factories import (
    AgreementFactory,
    ChamberFactory,
    CommissionFactory,
    CompanyFactory,
    CouncilFactory,
    CountryFactory,
    GuildFactory,
    GuildMembershipFactory,
    MembershipFactory,
    TradeCodeFactory,
)

pytestmark = pytest.mark.django_db


def chamber(country="RU", **fields):
    return ChamberFactory(country=CountryFactory(code=country), **fields)


def test_the_list_counts_the_members_that_stand_in_the_directory(client):
    one = chamber(name_en="Moscow", city="Moscow")
    MembershipFactory(chamber=one)
    MembershipFactory(chamber=one, company=CompanyFactory(is_listed=False))
    MembershipFactory(chamber=one, applied=True)

    (row,) = client.get("/en/chambers/").context["page"]

    assert (row, row.members) == (one, 1)


@pytest.mark.parametrize("words", ["tokyo", "東京", "Токио", "TCCI"])
def test_a_chamber_is_found_by_any_of_its_names(client, words):
    wanted = chamber(
        "JP", name_en="Tokyo Chamber", name_ru="Палата Токио", name_ja="東京商工会議所",
        short_name="TCCI",
    )  # fmt: skip
    chamber()

    assert list(client.get("/en/chambers/", {"q": words}).context["page"]) == [wanted]


def test_country_and_kind_narrow_the_list(client, htmx):
    wanted = chamber("JP", kind="national")
    chamber("JP", kind="city")
    chamber("RU", kind="national")

    answer = htmx.get("/en/chambers/?country=JP&kind=national")

    assert list(answer.context["page"]) == [wanted]
    assert "<html" not in answer.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number_of_chambers(
    client, count, django_assert_num_queries
):
    for _ in range(count):
        MembershipFactory(chamber=chamber())

    with django_assert_num_queries(4):
        client.get("/en/chambers/")


def test_a_page_shows_guilds_commissions_agreements_and_councils(client):
    one, partner = chamber(name_en="Moscow"), chamber("BY", name_en="Minsk", slug="minsk")
    guild = GuildFactory(chamber=one, name_en="High Technology Guild")
    guild.codes.add(TradeCodeFactory(code="90"))
    member = MembershipFactory(chamber=one).company
    elsewhere = CompanyFactory(member=True)
    for company in (member, elsewhere, CompanyFactory()):
        GuildMembershipFactory(guild=guild, company=company)
    CommissionFactory(chamber=one, country__code="BY", chair="Ivan Chair")
    AgreementFactory(first=partner, second=one, scope={"en": "Introductions"})
    CouncilFactory(chambers=[one, partner], name_en="Council of Heads")

    answer = client.get(f"/en/chambers/{one.slug}/")
    text, shown = answer.content.decode(), answer.context["shown"]

    for words in ("High Technology Guild", "Ivan Chair", "Introductions", "Council of Heads"):
        assert words in text
    assert [one.size for one in shown.guilds] == [1]
    assert f"?guild={one.slug}--{guild.slug}" in text


def test_the_missing_commission_is_said_openly(client):
    one = chamber(name_en="Moscow")
    for country in ("JP", "BY"):
        AgreementFactory(first=one, second=chamber(country))
    AgreementFactory(
        first=one, second=chamber("KZ"), ends_on=timezone.localdate() - dt.timedelta(days=1)
    )
    CommissionFactory(chamber=one, country__code="BY")

    answer = client.get(f"/en/chambers/{one.slug}/")

    assert [country.code for country in answer.context["shown"].missing] == ["JP"]
    assert "No commission yet, though a partner chamber is there:" in answer.content.decode()


def test_a_commission_without_a_chair_begins_with_its_secretary(client):
    one = chamber()
    CommissionFactory(chamber=one, country__code="BY", chair="", secretary="Vera Vasil")
    CommissionFactory(chamber=one, country__code="KZ", chair="Ilya Kim", secretary="Anna Serik")

    page = client.get(f"/en/chambers/{one.slug}/").content.decode()

    assert "<small>Secretary: Vera Vasil" in page
    assert "<small>Chair: Ilya Kim · Secretary: Anna Serik" in page


def test_a_closed_commission_is_not_shown(client):
    one = chamber()
    CommissionFactory(chamber=one, status=Commission.Status.CLOSED, chair="Gone Chair")

    assert "Gone Chair" not in client.get(f"/en/chambers/{one.slug}/").content.decode()


@pytest.mark.parametrize(
    ("starts", "ends", "label"),
    [(-100, None, "In force"), (-100, 30, "Ending soon"), (-100, -1, "Ended"), (5, None, "Negoti")],
)
def test_the_status_of_an_agreement_follows_from_its_dates(client, starts, ends, label):
    one, today = chamber(), timezone.localdate()
    AgreementFactory(
        first=one,
        starts_on=today + dt.timedelta(days=starts),
        ends_on=ends and today + dt.timedelta(days=ends),
    )

    assert label in client.get(f"/en/chambers/{one.slug}/").content.decode()


def test_an_agreement_without_dates_is_nobodys_business_yet(client):
    one = chamber()
    AgreementFactory(first=one, second=chamber(name_en="Secret partner"), starts_on=None)

    assert "Secret partner" not in client.get(f"/en/chambers/{one.slug}/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_a_chamber_page_takes_the_same_queries_for_any_number_of_bodies(
    client, count, django_assert_num_queries
):
    one = chamber()
    for number in range(count):
        GuildFactory(chamber=one)
        MembershipFactory(chamber=one)
        CommissionFactory(chamber=one, country__code=["BY", "JP", "KZ"][number])
        AgreementFactory(first=one, second=chamber("JP"))
        CouncilFactory(chambers=[one, chamber("DE")])
        chamber(parent=one)

    with django_assert_num_queries(9):
        client.get(f"/en/chambers/{one.slug}/")


def test_there_is_no_page_for_a_chamber_that_is_not(client):
    assert client.get("/en/chambers/nowhere/").status_code == 404
    assert client.get("/en/councils/nowhere/").status_code == 404


def test_a_council_counts_every_company_of_its_chambers_once(client):
    sitting = [chamber(), chamber("JP")]
    for one in sitting:
        member = MembershipFactory(chamber=one).company
    MembershipFactory(chamber=sitting[0], company=member)
    MembershipFactory(chamber=sitting[0], company=CompanyFactory(is_listed=False))
    MembershipFactory(chamber=chamber("DE"))
    council = CouncilFactory(chambers=sitting, formed_on=dt.date(2018, 7, 1))

    answer = client.get(f"/en/councils/{council.slug}/")

    assert answer.context["members"] == 2
    assert "Formed in July 2018" in answer.content.decode()
