"""Excluding by name and stating codes in a real browser: legible, by keyboard, without a script."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.factories import RepresentativeFactory
from tests.matching.world import company, nomenclature
from tests.web.inspection import RULES

pytestmark = pytest.mark.django_db(transaction=True)
EXCLUDED = "/en/matches/conditions/companies/"
CODES = "/en/matches/codes/suggested/"


@pytest.fixture
def maker(world):
    """Somebody whose company has a text and no codes."""
    with nomenclature():
        one = company("RU", "Насос", description={"en": "Pumps for liquids"}, indexed=True)
        yield RepresentativeFactory(company=one, person__name="Boris").person


def broken_rules(tab):
    # As tall as the page: what merely lies under the bar of a phone until one scrolls is no fault.
    tall = tab.page.evaluate("document.documentElement.scrollHeight")
    tab.page.set_viewport_size({**tab.page.viewport_size, "height": tall})
    found = Axe().run(tab.page, context={"include": [["main"]]}, options=RULES).response
    return [(one["id"], one["nodes"][0]["target"]) for one in found["violations"]]


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1280, "light")])
def test_exclusions_and_suggested_codes_break_no_rule(world, maker, tab, width, theme):
    viewport = {"width": width, "height": 900}
    maker.representations.get().company.excluded_companies.add(world.theirs)
    page = tab(reader=maker, viewport=viewport, color_scheme=theme)

    for address in (f"{EXCLUDED}?q=romashka", f"{EXCLUDED}?q=zzzz", CODES):
        page.go(address)
        assert (broken_rules(page), page.sideways()) == ([], 0)
    page.go(f"/en/companies/{maker.representations.get().company.public_id}/")
    page.page.get_by_role("heading", name="Codes that your text speaks of").wait_for()
    assert (broken_rules(page), page.sideways(), page.complaints) == ([], 0, [])


def test_a_company_is_found_while_typing_and_excluded_by_keyboard(world, tab):
    page = tab(reader=world.owner)
    page.go(EXCLUDED)

    page.tab_to(page.page.get_by_role("searchbox", name="Exclude a company"))
    page.page.keyboard.type("asahi")
    exclude = page.page.get_by_role("button", name="Exclude 株式会社アサヒ計装")
    exclude.wait_for()
    page.tab_to(exclude, most=3)  # over the button of the search and the name of the company
    page.page.keyboard.press("Enter")

    page.page.get_by_text("is excluded: neither of you is suggested").wait_for()
    assert world.ours.excluded_companies.get() == world.theirs


def test_without_script_a_company_is_excluded_and_taken_back(world, tab):
    page = tab(reader=world.owner, java_script_enabled=False)
    page.go(EXCLUDED)

    page.page.get_by_role("searchbox", name="Exclude a company").fill("asahi")
    page.page.get_by_role("button", name="Search").click()
    page.page.get_by_role("button", name="Exclude 株式会社アサヒ計装").click()
    page.page.get_by_role("button", name="Take back 株式会社アサヒ計装").click()

    page.page.get_by_text("may be suggested again.").wait_for()
    assert not world.ours.excluded_companies.exists()


def test_never_again_turns_the_slip_into_one_with_undo(world, tab):
    page = tab(reader=world.owner)
    page.go("/en/matches/")

    page.page.get_by_role("button", name="Not relevant 株式会社アサヒ計装").click()
    page.page.get_by_role("button", name="Never suggest this company again").click()
    page.page.get_by_role("button", name="Undo 株式会社アサヒ計装").wait_for()

    assert page.page.evaluate("document.activeElement.tagName") == "H3"
    assert world.ours.excluded_companies.get() == world.theirs
    page.page.get_by_role("button", name="Undo 株式会社アサヒ計装").click()
    page.page.get_by_text("may be suggested again.").wait_for()
    assert not world.ours.excluded_companies.exists()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_chosen_code_is_stated(maker, tab, scripts):
    page = tab(reader=maker, java_script_enabled=scripts)
    page.go(CODES)

    page.page.get_by_role("checkbox", name="HS 8413").check()
    page.page.get_by_role("button", name="State the chosen codes").click()

    page.page.get_by_text("Stated. Your matches follow.").wait_for()
    assert [one.code for one in maker.representations.get().company.codes.all()] == ["8413"]
