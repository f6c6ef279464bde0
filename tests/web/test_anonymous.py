"""Of an anonymous offer or request nobody learns whose it is, at no door; those inside know."""

import pytest

from matching import profiles
from tests import factories
from tests.matching.world import hs

pytestmark = pytest.mark.django_db
NAMES = ("Ромашка", "Romashka", "7701234567", "romashka.example")


@pytest.fixture
def company():
    return factories.CompanyFactory(
        member=True,
        legal_name="ООО «Ромашка Сенсор»",
        legal_name_latin="Romashka Sensor LLC",
        registration_number="7701234567",
        website="https://romashka.example/",
        country=factories.CountryFactory(code="RU", name_en="Russia"),
        indexed=True,
    )


@pytest.fixture
def row(company):
    return factories.OpportunityFactory(
        company=company,
        published=True,
        is_anonymous=True,
        title={"en": "Pressure gauges"},
        text={"en": "A hundred a month"},
        codes=hs("902610"),
    )


@pytest.fixture
def partner(client):
    """A member of another chamber, signed in."""
    person = factories.RepresentativeFactory(company__member=True).person
    client.force_login(person)
    return person


def doors(row):
    page, api = f"/en/opportunities/{row.public_id}/", "/api/v1/opportunities/"
    return {
        "page": page,
        "last day": f"{page}last-day.ics",
        "list": "/en/opportunities/",
        "found by its words": "/en/opportunities/?q=gauges",
        "endpoint": f"{api}{row.public_id}/",
        "endpoint by reference": f"{api}{row.reference}/",
        "endpoints": api,
        "endpoints by words": f"{api}?q=gauges",
        "export": "/en/opportunities/export.csv?q=gauges",
    }


def test_no_door_tells_a_stranger_whose_it_is(client, row, partner):
    for name, address in doors(row).items():
        answer = client.get(address)
        body = answer.content.decode()
        assert answer.status_code == 200, name
        assert row.reference in body, name
        assert not [one for one in NAMES if one in body], name
        assert str(row.company.public_id) not in body, name


def test_guests_learn_no_more(client, row):
    for name, address in doors(row).items():
        body = client.get(address).content.decode()
        assert not [one for one in NAMES if one in body], name


@pytest.mark.parametrize("words", ["Ромашка", "Romashka", "ромашка сенсор", "7701234567"])
def test_it_is_not_found_by_its_company(client, row, partner, words):
    for address in ("/en/opportunities/", "/api/v1/opportunities/"):
        body = client.get(address, {"q": words}).content.decode()
        assert row.reference not in body, address


def test_its_country_is_told(client, row):
    assert "Russia" in client.get(doors(row)["page"]).content.decode()
    told = client.get(doors(row)["endpoint"]).json()
    assert (told["company"], told["country"]["code"], told["is_anonymous"]) == (None, "RU", True)


def test_the_page_of_its_company_does_not_list_it(client, company, row, partner):
    named = factories.OpportunityFactory(company=company, published=True, side="demand")

    body = client.get(f"/en/companies/{company.public_id}/").content.decode()

    assert named.reference in body
    assert row.reference not in body
    assert "gauges" not in body


@pytest.mark.parametrize("query", ["/en/companies/?trade=offer", "/api/v1/companies/?side=offer"])
def test_its_company_is_not_found_by_having_published_it(client, company, row, partner, query):
    assert str(company.public_id) not in client.get(query).content.decode()

    factories.OpportunityFactory(company=company, published=True)
    assert str(company.public_id) in client.get(query).content.decode()


def test_the_cards_of_the_directory_do_not_show_it(client, company, row, partner):
    body = client.get("/en/companies/").content.decode()

    assert "Ромашка" in body
    assert "gauges" not in body


def test_no_reason_of_a_match_names_it(company, row):
    named = factories.OpportunityFactory(company=company, published=True)

    built = profiles.read(type(company).objects.filter(pk=company.pk))

    refs = str(built)
    assert named.reference in refs
    assert row.reference not in refs


def test_a_list_of_answers_abroad_does_not_name_its_company(client, row, partner):
    asking = factories.OpportunityFactory(
        company__member=True,
        company__country=factories.CountryFactory(code="JP"),
        published=True,
        side="demand",
        codes=hs("902610"),
    )

    body = client.get(f"/en/opportunities/{asking.public_id}/").content.decode()

    assert row.reference in body
    assert "company not named" in body
    assert "Ромашка" not in body


@pytest.mark.parametrize("inside", ["own people", "own chamber"])
def test_those_inside_know(client, company, row, inside):
    person = {
        "own people": lambda: factories.RepresentativeFactory(company=company).person,
        "own chamber": lambda: (
            factories.StaffFactory(chamber=company.memberships.get().chamber).person
        ),
    }[inside]()
    client.force_login(person)

    assert "Ромашка" in client.get(doors(row)["page"]).content.decode()
    assert row.reference in client.get(f"/en/companies/{company.public_id}/").content.decode()


def test_staff_of_another_chamber_do_not_know(client, row):
    client.force_login(factories.StaffFactory().person)

    assert "Ромашка" not in client.get(doors(row)["page"]).content.decode()
