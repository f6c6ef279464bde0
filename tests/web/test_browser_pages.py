"""Every page in a real browser: no complaint, no sideways scroll, no barrier, no other host."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command

from tests.web.conftest import build_world

RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}
WIDEST = """[...document.querySelectorAll('main *')].filter(e =>
  e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 90)).slice(0, 3)"""
SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important;
  word-spacing: .16em !important } p { margin-bottom: 2em !important }"""


@pytest.fixture(scope="module")
def transactional_db(django_db_setup, django_db_blocker):
    """The database of the live server, emptied once: these tests look and change nothing."""
    with django_db_blocker.unblock():
        yield
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def world(transactional_db):
    return build_world()


def public(world):
    """Addresses that anyone may open, without their language."""
    return [
        "/",
        "/companies/",
        "/companies/?q=hovercraft&country=JP",
        "/companies/?country=JP&page=2",
        f"/companies/{world.theirs.public_id}/",
        "/opportunities/",
        f"/opportunities/{world.offer.public_id}/",
        f"/opportunities/{world.expired.public_id}/",
        "/chambers/",
        "/chambers/moscow/",
        f"/councils/{world.council.slug}/",
        "/scoring/",
        "/accounts/login/",
        "/accounts/password/reset/",
        "/accounts/signup/",
        "/nowhere/",
    ]


def own(world):
    """Addresses of a person who speaks for a company."""
    return [
        "/",
        "/companies/",
        f"/companies/{world.ours.public_id}/",
        f"/companies/{world.theirs.public_id}/",
        "/matches/",
        f"/matches/{world.theirs.public_id}/",
        f"/matches/{world.theirs.public_id}/not-relevant/",
        f"/matches/{world.theirs.public_id}/known/",
        "/matches/conditions/",
        "/matches/conditions/companies/",
        "/matches/conditions/companies/?q=asahi",
        "/matches/codes/suggested/",
        "/matches/known/",
        "/accounts/2fa/",
        "/accounts/logout/",
    ]


def desk():
    """Addresses of chamber staff; the administration has no language in its address."""
    return [
        "/admin/",
        "/admin/chambers/company/",
        "/admin/chambers/membership/",
        "/admin/chambers/guild/",
        "/admin/matching/run/",
        "/admin/matching/run/reports/history/",
        "/admin/matching/run/reports/exposure/",
        "/admin/matching/run/reports/coverage/",
        "/admin/matching/triad/",
        "/admin/matching/pairhistory/",
        "/admin/matching/weightset/",
        "/api/docs/",
    ]


def visit(tab, addresses, language, broken=("/nowhere/",)):
    """Open each; what went wrong, by address."""
    troubles = {}
    for address in addresses:
        status = tab.go(f"/{language}{address}" if language else address)
        wanted = 404 if address in broken else 200
        wide = tab.sideways()
        for width in (390, 320):
            tab.page.set_viewport_size({"width": width, "height": 800})
            wide = max(wide, tab.sideways())
        tab.page.set_viewport_size({"width": 1280, "height": 900})
        said = [one for one in tab.complaints if "404 (Not Found)" not in one]
        tab.complaints.clear()
        if status != wanted or wide > 0 or said:
            troubles[address] = (status, wide, said)
    return troubles


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ru", "ja"])
def test_no_page_complains_scrolls_sideways_or_leaves_the_host(tab, world, language, theme):
    guest, person = tab(color_scheme=theme), tab(reader=world.owner, color_scheme=theme)

    assert visit(guest, public(world), language) == {}
    assert visit(person, own(world), language) == {}
    assert guest.abroad() + person.abroad() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_administration_keeps_the_content_policy_in_both_themes(tab, world, theme):
    staff = tab(reader=world.staff)
    staff.cookie("theme", theme)

    assert {a: t for a, t in visit(staff, desk(), "").items() if t[0] != 200 or t[2]} == {}
    assert staff.abroad() == []


def test_the_complaints_of_a_page_are_heard(tab, world):
    one = tab()
    one.go("/en/scoring/")

    one.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color:red\">x')")
    one.page.wait_for_timeout(100)

    assert any("Content Security Policy" in said for said in one.complaints)


VARIANTS = [("en", 1280, "light"), ("en", 390, "dark"), ("ru", 1280, "dark"), ("ja", 390, "light")]


@pytest.mark.parametrize(("language", "width", "theme"), VARIANTS)
def test_no_page_has_a_barrier_that_a_machine_can_find(tab, world, language, width, theme):
    # Tall, so that the bar at the bottom of a phone covers nothing the page could scroll away.
    size = {"viewport": {"width": width, "height": 16000}, "color_scheme": theme}
    found = {}
    for one, addresses in (
        (tab(**size), public(world)),
        (tab(reader=world.owner, **size), own(world)),
    ):
        for address in addresses:
            one.go(f"/{language}{address}")
            found[address] = barriers(one)

    assert {address: what for address, what in found.items() if what} == {}


@pytest.mark.parametrize(
    ("address", "opener"),
    [
        ("/en/matches/", ".who"),
        ("/en/companies/", ".bar button[popovertarget=filters]"),
        ("/en/matches/", ".acts button[popovertarget]"),
    ],
)
def test_what_opens_over_a_page_has_no_barrier_either(tab, world, address, opener):
    one = tab(reader=world.owner, viewport={"width": 390, "height": 2000})
    one.go(address)

    one.page.locator(opener).first.click()

    assert one.page.locator(":popover-open").count() == 1
    assert barriers(one) == []


@pytest.mark.parametrize(("language", "width", "theme"), VARIANTS)
def test_the_table_of_all_constants_is_read_at_any_width(tab, world, language, width, theme):
    one = tab(viewport={"width": width, "height": 16000}, color_scheme=theme)
    one.go(f"/{language}/scoring/")
    table = one.page.locator("#constants table")
    assert not table.is_visible()

    one.page.locator("#constants summary").click()

    assert table.is_visible()
    assert table.bounding_box()["width"] <= width
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width
    assert barriers(one) == []


def test_the_search_for_barriers_finds_one(tab, world):
    one = tab()
    one.go("/en/scoring/")

    one.page.evaluate("document.querySelector('h1').innerHTML = '<img src=\"/x.png\">'")

    assert "image-alt" in " ".join(barriers(one))


def barriers(tab):
    """Violations of the rules on a page: ["rule: first place", ...]."""
    answer = Axe().run(tab.page, options=RULES).response
    return [
        f"{one['id']}: {one['nodes'][0]['target']} {one['nodes'][0].get('failureSummary', '')}"
        for one in answer["violations"]
    ]


@pytest.mark.parametrize("language", ["en", "ru", "ja"])
def test_wider_spaced_text_is_not_cut_off(tab, world, language):
    one = tab(reader=world.owner, viewport={"width": 320, "height": 800}, bypass_csp=True)
    wide = {}
    for address in [*public(world), *own(world)]:
        one.go(f"/{language}{address}")
        one.page.add_style_tag(content=SPACED)
        wide[address] = one.sideways() and (one.sideways(), one.page.evaluate(WIDEST))

    assert {address: by for address, by in wide.items() if by} == {}
