"""Advice and proposals of three in a real browser: legible, reachable, without a script."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from chambers.services import jobs
from chambers.services.companies import change_company
from matching import reading
from matching.models import TriadRefusal
from tests.matching.world import CHIPS, SENSORS, company, hs, labelled, match, seeks
from tests.web.inspection import RULES

pytestmark = pytest.mark.django_db(transaction=True)
PUMPS = "841370"


@pytest.fixture
def busy(world):
    """The world, with a demand that two cover together and a code that our text speaks of."""
    labelled(PUMPS[:4], "Pumps for liquids")
    reading.forget_labels()
    change_company(world.ours, description={"en": "Pumps for liquids"})
    seeker = company("KZ", "Qazaq Plant", languages=["ru"])
    seeks(seeker, SENSORS, CHIPS, title={"en": "Equipment for a plant"})
    for number in range(3):
        other = company("DE", f"Wafer {number} GmbH", codes=hs(CHIPS))
        seeks(other, PUMPS, title={"en": "Machine"})
    match(seed=5)
    yield world
    reading.forget_labels()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_advice_and_proposals_break_no_rule(busy, tab, width, theme):
    page = tab(reader=busy.owner, viewport={"width": width, "height": 900}, color_scheme=theme)
    page.go("/en/matches/")
    expect(page.page.get_by_text("This is being worked out")).to_be_visible()
    jobs.work_off()

    page.go("/en/matches/")

    expect(page.page.get_by_role("heading", name="What would bring more partners")).to_be_visible()
    expect(page.page.get_by_role("heading", name="Together with a third")).to_be_visible()
    assert page.page.get_by_role("button", name="State this code 8413").count() == 1
    assert page.sideways() == 0
    ours = {"include": [["#advice"], ["#three"]]}
    found = Axe().run(page.page, context=ours, options=RULES).response
    assert [(one["id"], one["nodes"][0]["target"]) for one in found["violations"]] == []
    assert page.complaints == []


def test_a_code_is_stated_and_a_proposal_declined_by_keyboard_without_scripts(busy, tab):
    page = tab(reader=busy.owner, java_script_enabled=False)
    page.go("/en/matches/")
    jobs.work_off()
    page.go("/en/matches/")

    page.enter(page.page.get_by_role("button", name="State this code 8413"))
    page.page.get_by_text("The code is stated.").wait_for()
    page.enter(page.page.get_by_role("button", name="Decline").first)

    page.page.get_by_text("Declined. The others are not told").wait_for()
    assert busy.ours.codes.filter(code="8413").exists()
    assert TriadRefusal.objects.get().company == busy.ours
