"""C-3 in a real browser: written without JavaScript, and no barrier on the pages of a writer."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from chambers.models import Mail, today
from marketplace.models import SCORES, Opportunity, Revision
from marketplace.services.expiring import remind_of_last_days
from tests import factories
from tests.matching.world import hs
from tests.web.inspection import visit

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}


@pytest.fixture
def company(live_server):
    return factories.CompanyFactory(
        member=True, legal_name="ООО «Ромашка Сенсор»", country=factories.CountryFactory(code="RU")
    )


def test_an_offer_goes_from_its_draft_over_its_review_to_its_renewal_without_javascript(
    tab, company
):
    hs("902610")
    writer = factories.RepresentativeFactory(company=company).person
    one = tab(reader=writer, **PHONE)
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

    desk = tab(reader=factories.StaffFactory(chamber=company.memberships.get().chamber).person)
    review(desk, row, (2, 2, 1, 2), what_to_change="State the range")
    page.reload()
    expect(page.locator("main")).to_contain_text("State the range")
    page.get_by_role("link", name="Change").first.click()
    page.locator("#id_text_en").fill("A hundred a month, from 0 to 10 bar")
    page.get_by_role("button", name="Hand in for review").click()
    expect(page.locator("#id_text_en")).to_have_count(0)
    review(desk, row, (4, 4, 3, 4), clarity_comment="Clear to everybody")
    row.refresh_from_db()
    assert row.status == "published"
    page.reload()
    expect(page.locator("main")).to_contain_text("Clear to everybody")

    change(one, row)
    renew(tab(**PHONE), row)


def review(desk, row, scores, what_to_change="", **comments):
    """Score an opportunity in the administration, as its reviewer does."""
    desk.go(reverse("admin:marketplace_opportunity_review", args=[row.pk]))
    for name, score in zip(SCORES, scores, strict=True):
        desk.page.locator(f"[name={name}][value='{score}']").check()
    for name, text in {"comment": what_to_change, **comments}.items():
        desk.page.locator(f"[name={name}]").fill(text)
    desk.page.get_by_role("button", name="Score it").click()
    expect(desk.page.get_by_text("The company has been told.")).to_be_visible()


def change(one, row):
    """The owner changes what is published: the old text stays until the new one is read."""
    one.go(reverse("opportunity-edit", args=[row.public_id]))
    one.page.locator("#id_text_en").fill("Two hundred a month, from 0 to 10 bar")
    one.page.get_by_role("button", name="Hand in the changed text").click()
    expect(one.page.locator("#id_text_en")).to_have_count(0)
    row.refresh_from_db()
    assert row.text["en"].startswith("A hundred")
    assert row.revisions.get().text["en"].startswith("Two hundred")


def renew(guest, row):
    """The link of the mail before the last day renews without signing in, by its button."""
    Opportunity.objects.filter(pk=row.pk).update(expires_on=today() + dt.timedelta(days=13))
    assert remind_of_last_days() == 1
    mail = Mail.objects.get(kind="opportunity_expiring")
    guest.go(re.search(r"^https?://[^/]+(/\S+/links/\S+)$", mail.text, re.MULTILINE)[1])
    guest.page.get_by_role("button", name="Renew").click()
    expect(guest.page.locator("main")).to_contain_text("Renewed: it is shown until")
    row.refresh_from_db()
    assert row.expires_on > today() + dt.timedelta(days=300)


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
