"""Every list and detail takes the same number of queries for one row and for many."""

import pytest

from tests.factories import (
    AgreementFactory,
    ChamberFactory,
    CommissionFactory,
    CompanyFactory,
    CouncilFactory,
    GuildFactory,
    InvestmentTermsFactory,
    OpportunityFactory,
    RepresentativeFactory,
    RunFactory,
    StaffFactory,
    TradeCodeFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("count", [1, 3])]
TOKEN = 1


@pytest.fixture
def member(speaking_for):
    """A program of a member's representative."""
    company = CompanyFactory(member=True, is_listed=False)
    return speaking_for(RepresentativeFactory(company=company).person)


def answered(assert_num, number, client, path, count=None):
    with assert_num(number):
        answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.content
    if count is not None:
        assert len(answer.json()["results"]) == count
    return answer.json()


def test_companies(count, api, member, django_assert_num_queries):
    for n in range(count):
        codes = [TradeCodeFactory(code=f"90{n}{k}") for k in range(2)]
        CompanyFactory(member=True, codes=codes)

    answered(django_assert_num_queries, 3, api, "companies/", count)
    answered(django_assert_num_queries, 4 + TOKEN, member, "companies/", count + 1)
    query = "?hs=90&side=offer&q=company&language=ja&country=RU"
    member.get(f"/api/v1/companies/{query}")  # how many rows have a word is kept for a while
    # A word that finds nothing is looked for among the words that are known.
    answered(django_assert_num_queries, 6 + TOKEN, member, f"companies/{query}", 0)


def test_company(count, api, member, django_assert_num_queries):
    codes = [TradeCodeFactory(code=f"902{k}") for k in range(count)]
    company = CompanyFactory(member=True, codes=codes)

    answered(django_assert_num_queries, 3, api, f"companies/{company.public_id}/")
    answered(django_assert_num_queries, 4 + TOKEN, member, f"companies/{company.public_id}/")


def test_opportunities(count, api, member, django_assert_num_queries):
    for n in range(count):
        one = OpportunityFactory(published=True, codes=[TradeCodeFactory(code=f"90{n}0")])
        InvestmentTermsFactory(opportunity=one)

    answered(django_assert_num_queries, 3, api, "opportunities/", count)
    answered(django_assert_num_queries, 4 + TOKEN, member, "opportunities/", count)
    answered(django_assert_num_queries, 3 + TOKEN, member, f"opportunities/{one.public_id}/")


def test_chambers(count, api, django_assert_num_queries):
    for _ in range(count):
        ChamberFactory(parent=ChamberFactory())

    answered(django_assert_num_queries, 1, api, "chambers/", 2 * count)


def test_chamber(count, api, django_assert_num_queries):
    chamber = ChamberFactory()
    for n in range(count):
        GuildFactory(chamber=chamber).codes.add(TradeCodeFactory(code=f"0{n}"))
        CommissionFactory(chamber=chamber, region=f"Region {n}", partner_chamber=ChamberFactory())
        AgreementFactory(first=chamber)
        CouncilFactory(chambers=[chamber])

    answer = answered(django_assert_num_queries, 6, api, f"chambers/{chamber.public_id}/")

    assert [len(answer[key]) for key in ("guilds", "commissions", "agreements", "councils")] == [
        count
    ] * 4


def test_runs(count, speaking_for, django_assert_num_queries):
    staff = speaking_for(StaffFactory().person)
    for _ in range(count):
        RunFactory(state="done")

    answered(django_assert_num_queries, 2 + TOKEN, staff, "runs/", count)


def test_tokens(count, client, user, speaking_for, django_assert_num_queries):
    for _ in range(count):
        speaking_for(user)
    client.force_login(user)

    # A session costs two: itself and its person.
    answered(django_assert_num_queries, 1 + 2, client, "tokens/", count)


def test_me(count, speaking_for, user, django_assert_num_queries):
    for _ in range(count):
        RepresentativeFactory(person=user)
        StaffFactory(person=user)

    answered(django_assert_num_queries, 2 + TOKEN, speaking_for(user), "me/")
