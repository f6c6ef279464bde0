"""The money paths in all three languages: typed as their readers write amounts, and read so."""

import pytest
from django.urls import reverse
from django.utils.translation import override
from playwright.sync_api import expect

from chambers.models import today
from marketplace.models import SCORES, Opportunity, Outcome
from marketplace.services.outcomes import approve_outcome
from marketplace.services.reviews import review_opportunity
from tests import factories
from tests.marketplace.test_outcomes import Signed
from tests.matching.world import hs

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}
TYPED = {"en": "1,250,000.50", "ru": "1 250 000,50", "ja": "1,250,000.50"}
READ = {"en": "1,250,000.50", "ru": "1\u202f250\u202f000,50", "ja": "1,250,000.50"}
ROUND = {"en": "250,000", "ru": "250\u202f000", "ja": "250,000"}


def at(language, name, *keys):
    with override(language):
        return reverse(name, args=keys)


@pytest.mark.parametrize("language", TYPED)
def test_a_contract_with_its_amount_is_reported_and_confirmed_by_both(live_server, tab, language):
    signed = Signed()
    ours, theirs = tab(reader=signed.we, **PHONE), tab(reader=signed.they, **PHONE)

    ours.go(at(language, "outcome-new"))
    page = ours.page
    page.locator("[name=met]").select_option(index=0)
    page.locator("[name=kind][value=contract]").check()
    page.locator("[name=subject]").fill("400 level sensors")
    page.locator("[name=amount]").fill(TYPED[language])
    page.locator("[name=currency]").fill("R1")
    page.locator("[name=signed_on]").fill(f"{today()}")
    page.locator("[name=publicity][value=with_amount]").check()
    page.locator("main form [type=submit]").last.click()
    expect(page.locator("[name=amount]")).to_have_value(TYPED[language])  # what was typed stays
    page.locator("[name=currency]").fill("RUB")
    page.locator("main form [type=submit]").last.click()
    expect(page.locator("main")).to_contain_text(f"{READ[language]} RUB")

    outcome = Outcome.objects.get()
    theirs.go(at(language, "outcome-confirm", outcome.public_id))
    expect(theirs.page.locator("main")).to_contain_text(f"{READ[language]} RUB")
    theirs.page.locator("[name=publicity][value=with_amount]").check()
    theirs.page.locator("main form [type=submit]").last.click()
    theirs.page.wait_for_url("**/contracts/**")
    outcome.refresh_from_db()
    assert outcome.state == Outcome.State.WITH_CHAMBER
    approve_outcome(outcome, by=signed.chamber)

    guest = tab(**PHONE)
    guest.go(at(language, "results"))
    expect(guest.page.locator("main")).to_contain_text(f"{READ[language]} RUB")
    assert [one.sideways() for one in (ours, theirs, guest)] == [0, 0, 0]
    heard = [one for one in ours.complaints + theirs.complaints if "422" not in one]
    assert heard == []  # but of the form that was refused on purpose


@pytest.mark.parametrize("language", TYPED)
def test_an_investment_is_written_and_read_with_its_amounts(live_server, tab, language):
    hs("902610")
    company = factories.CompanyFactory(member=True)
    writer = tab(reader=factories.RepresentativeFactory(company=company).person, **PHONE)
    page = writer.page

    writer.go(f"{at(language, 'opportunity-write')}?side=demand&kind=investment&title=Plant")
    page.locator(f"#id_title_{language}").fill("A plant for level sensors")
    page.locator(f"#id_text_{language}").fill("Two lines of forty people each")
    page.locator("#id_codes_words").fill("902610")
    page.locator("button[name=codes_find]").click()
    page.locator("input[name=codes]").first.check()
    page.locator("[name=instrument]").select_option("loan")
    page.locator("[name=amount_min]").fill(ROUND[language].replace("\u202f", " "))
    page.locator("[name=amount_max]").fill(TYPED[language])
    page.locator("[name=currency]").select_option("EUR")
    page.locator("main button[name=submit]").click()
    page.wait_for_url("**/opportunities/*-*/")

    terms = Opportunity.objects.get().investment
    assert (str(terms.amount_min), str(terms.amount_max)) == ("250000.00", "1250000.50")
    shown = f"{ROUND[language]} – {READ[language]} EUR"
    expect(page.locator("#terms + dl")).to_contain_text(shown)
    assert writer.sideways() == 0

    chamber = company.memberships.get().chamber
    desk = factories.StaffFactory(chamber=chamber).person
    review_opportunity(Opportunity.objects.get(), by=desk, scores=dict.fromkeys(SCORES, 4))
    factories.OpportunityFactory(published=True)  # one without amounts
    guest = tab(**PHONE)
    guest.go(f"{at(language, 'opportunities')}?amount=EUR-6")
    expect(guest.page.locator("#results article")).to_have_count(1)
    expect(guest.page.locator("#results")).to_contain_text("A plant for level sensors")
