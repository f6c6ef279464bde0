"""Every page in a real browser: no complaint, no sideways scroll, no barrier, no other host."""

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from tests.web.conftest import build_world
from tests.web.inspection import barriers, cut_off, visit


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
        "/codes/?q=9026",
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
        "/opportunities/yours/",
        "/opportunities/write/",
        "/my/people/",
        "/my/memberships/",
        "/my/details/",
        "/join/",
        "/join/?country=JP&number=&name=Asahi",
        "/join/new/",
        "/my/profile/",
        "/my/profile/as/?as=partners&q=asahi",
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


VARIANTS = [("en", 1280, "light"), ("en", 390, "dark"), ("ru", 1280, "dark"), ("ja", 390, "light")]


@pytest.mark.parametrize("language", ["en", "ru", "ja"])
def test_no_page_complains_scrolls_sideways_is_cut_off_has_a_barrier_or_leaves_the_host(
    tab, world, language
):
    guest, person = tab(), tab(reader=world.owner)
    closely = {variant[1:] for variant in VARIANTS if variant[0] == language}

    assert visit(guest, public(world), language, looked_through=closely, spaced=True) == {}
    assert visit(person, own(world), language, looked_through=closely, spaced=True) == {}
    assert guest.abroad() + person.abroad() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_administration_keeps_the_content_policy_in_both_themes(tab, world, theme):
    staff = tab(reader=world.staff)
    staff.cookie("theme", theme)

    # Its tables are wider than a phone.
    found = visit(staff, desk(), "", themes=(theme,))
    assert {a: w for a, w in found.items() if any("sideways" not in str(one) for one in w)} == {}
    assert staff.abroad() == []


def test_the_complaints_of_a_page_are_heard(tab, world):
    one = tab()
    one.go("/en/scoring/")

    with one.page.expect_console_message():
        one.page.evaluate(
            "document.body.insertAdjacentHTML('beforeend', '<p style=\"color:red\">x')"
        )

    assert any("Content Security Policy" in said for said in one.complaints)


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

    expect(one.page.locator(":popover-open")).to_have_count(1)
    assert barriers(one, context=":popover-open") == []  # what lies under it is covered


@pytest.mark.parametrize(("language", "width", "theme"), VARIANTS)
def test_the_table_of_all_constants_is_read_at_any_width(tab, world, language, width, theme):
    one = tab(viewport={"width": width, "height": 16000}, color_scheme=theme)
    one.go(f"/{language}/scoring/")
    table = one.page.locator("#constants table")
    expect(table).not_to_be_visible()

    one.page.locator("#constants summary").click()

    expect(table).to_be_visible()
    assert table.bounding_box()["width"] <= width
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width
    assert barriers(one) == []


def test_the_search_for_barriers_finds_one(tab, world):
    one = tab()
    one.go("/en/scoring/")

    one.page.evaluate("document.querySelector('h1').innerHTML = '<img src=\"/x.png\">'")

    assert "image-alt" in " ".join(barriers(one))


@pytest.mark.parametrize("language", ["en", "ru", "ja"])
def test_wider_spaced_text_is_not_cut_off_on_public_pages_for_who_is_signed_in(
    tab, world, language
):
    one = tab(reader=world.owner)
    wide = {}
    for address in set(public(world)) - set(own(world)):
        one.go(f"/{language}{address}")
        wide[address] = cut_off(one)

    assert {address: by for address, by in wide.items() if by} == {}


def test_the_search_for_what_is_cut_off_finds_it(tab, world):
    one = tab()
    one.go("/en/scoring/")
    assert cut_off(one) == []

    one.page.evaluate("document.querySelector('h1').textContent = 'e'.repeat(25)")
    one.page.evaluate("document.querySelector('h1').style.overflowWrap = 'normal'")

    assert cut_off(one) != []
