"""C-3 in a real browser: written without JavaScript, and no barrier on the pages of a writer."""

import pytest
from playwright.sync_api import expect

from marketplace.models import Opportunity, Revision
from tests import factories
from tests.matching.world import hs
from tests.web.inspection import visit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(live_server):
    return factories.CompanyFactory(
        member=True, legal_name="ООО «Ромашка Сенсор»", country=factories.CountryFactory(code="RU")
    )


def test_an_anonymous_offer_is_written_and_handed_in_without_javascript(tab, company):
    hs("902610")
    writer = factories.RepresentativeFactory(company=company).person
    one = tab(reader=writer, java_script_enabled=False, viewport={"width": 390, "height": 844})
    one.go("/en/opportunities/new/")
    page = one.page

    page.get_by_label("Offer", exact=True).check()
    page.get_by_label("What is it about?").fill("Pressure gauges")
    page.get_by_role("button", name="See what is published already").click()
    page.get_by_role("link", name="Write it").click()
    page.locator("#id_text_en").fill("Made by Romashka Sensor")
    page.locator("#id_codes_words").fill("902610")
    page.get_by_role("button", name="Find codes").click()
    page.locator("input[name=codes]").first.check()
    page.get_by_label("Anonymous").check()
    page.get_by_role("button", name="Hand in for review").click()
    expect(page.locator("main")).to_contain_text("The text tells who you are")
    page.locator("#id_text_en").fill("A hundred a month")
    page.get_by_role("button", name="Hand in for review").click()
    expect(page.locator("main")).not_to_contain_text("The text tells who you are")

    row = Opportunity.objects.get()
    assert (row.status, row.title["en"]) == ("in_review", "Pressure gauges")
    assert [code.code for code in row.codes.all()] == ["902610"]
    expect(page.locator("main")).to_contain_text(row.reference)


def test_the_pages_of_a_writer_hold_no_barrier(tab, company):
    writer = factories.RepresentativeFactory(company=company).person
    row = factories.OpportunityFactory(
        company=company, published=True, is_anonymous=True, text={"en": "Ten a month"}
    )
    Revision.objects.create(opportunity=row, title=row.title, text={"en": "Twenty a month"})
    factories.OpportunityFactory(company=company)
    pages = [
        "/opportunities/yours/",
        "/opportunities/new/?side=offer&kind=goods&title=sensors",
        "/opportunities/write/",
        f"/opportunities/{row.public_id}/",
        f"/opportunities/{row.public_id}/edit/",
        f"/opportunities/{row.public_id}/archive/",
    ]

    troubles = visit(
        tab(reader=writer), pages, "en", looked_through={(1280, "light"), (390, "dark")}
    )

    assert troubles == {}
