"""The pages in use: filters, Back, answers, keyboard, a bad network, no script, an old browser."""

import re

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import expect

from matching.models import Dismissal
from tests.factories import RepresentativeFactory

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 390, "height": 844}
OBSCURED = """async () => {
  const found = [];
  for (const e of document.querySelectorAll('main a, main button, main input, main select')) {
    if (!e.offsetParent) continue;
    e.focus();
    await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
    const box = e.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    if (top && !e.contains(top) && !top.contains(e) && !e.labels?.length)
      found.push(e.outerHTML.slice(0, 80) + ' under ' + top.outerHTML.slice(0, 80));
  }
  return found;
}"""

HREFS = "links => links.map(one => one.getAttribute('href').slice(3))"
"""Where links lead, without the language."""
TYPED = """letters => {
  const field = document.activeElement
  for (const letter of letters) {
    field.value += letter
    field.dispatchEvent(new InputEvent('input', {bubbles: true}))
  }
}"""


def settled(one):
    """Wait until htmx has finished what it was doing."""
    one.page.locator(".htmx-request, .htmx-settling").first.wait_for(state="detached")


def pick(one, name, value):
    """Choose a filter and wait for its results."""
    with one.page.expect_response(lambda answer: f"{name}={value}" in answer.url):
        one.page.check(f"input[name={name}][value='{value}']")
    settled(one)


# --- the list as one filters it


def test_a_filter_asks_once_keeps_focus_and_says_the_count(tab, world):
    one = tab()
    one.go("/en/companies/")
    one.requests.clear()

    box = one.page.locator("input[name=country][value=RU]")
    box.focus()
    with one.page.expect_response(lambda answer: "country=RU" in answer.url):
        one.page.keyboard.press("Space")
    one.page.locator(".picked", has_text="Russia").wait_for()

    assert one.asked() == ["/en/companies/?q=&country=RU&sort=new"]
    assert one.page.url.endswith("/en/companies/?country=RU&sort=new")
    assert one.focused("e.value") == "RU"
    expect(one.page.locator("#live")).to_have_text("1 company")
    expect(one.page.locator("#n-speaks-ja")).to_have_text("0")
    expect(one.page.locator("#n-country-JP")).to_have_text("22")


def test_back_brings_the_whole_former_page(tab, world):
    one = tab()
    one.go("/en/companies/")
    pick(one, "country", "RU")

    one.page.go_back()
    one.page.wait_for_url(re.compile(r"/companies/$"))
    one.page.locator("#count", has_text="23").wait_for()

    expect(one.page.locator("header.top")).to_have_count(1)
    expect(one.page.locator("input[name=country][value=RU]")).not_to_be_checked()
    expect(one.page.locator(".picked")).to_have_count(0)


def test_leaving_and_coming_back_keeps_the_filter(tab, world):
    one = tab()
    one.go("/en/companies/")
    pick(one, "country", "RU")

    one.go("/en/scoring/")
    one.page.go_back()
    one.page.locator("#find").wait_for()

    expect(one.page.locator("header.top")).to_have_count(1)
    expect(one.page.locator("input[name=country][value=RU]")).to_be_checked()
    expect(one.page.locator(".picked", has_text="Russia")).to_have_count(1)


def test_typing_asks_when_one_pauses_and_keeps_the_place(tab, world):
    one = tab()
    one.go("/en/companies/")
    one.requests.clear()

    one.page.locator("#q").focus()
    one.page.evaluate(TYPED, "harvesters")  # by keys, a slow machine would make pauses
    one.page.locator("#count", has_text="21 companies").wait_for()
    settled(one)

    assert len(one.asked()) == 1
    assert one.focused("e.id") == "q"


def test_the_order_keeps_its_focus_after_the_list_has_changed(tab, world):
    one = tab()
    one.go("/en/companies/")

    with one.page.expect_response(lambda answer: "sort=name" in answer.url):
        one.page.locator("#sort").focus()
        one.page.select_option("#sort", "name")
    settled(one)

    expect(one.page.locator("#sort")).to_be_focused()
    expect(one.page.locator("#sort")).to_have_value("name")


def test_a_chip_takes_its_filter_away(tab, world):
    one = tab()
    one.go("/en/companies/?country=RU&speaks=ru")

    one.page.click(".picked:has-text('Russia')")
    one.page.wait_for_url(re.compile(r"\?speaks=ru$"))

    expect(one.page.locator(".picked")).to_have_count(1)


# --- answers


def test_not_relevant_and_undo_without_leaving_the_page(tab, world):
    one = tab(reader=world.owner)
    one.go("/en/matches/")
    slip = f"#m-{world.theirs.public_id}"

    one.page.click(f"{slip} .acts button[popovertarget]")
    one.page.click(".sheet:popover-open button[value=known]")
    one.page.locator(f"{slip}.slip--off").wait_for()

    assert Dismissal.objects.get().reason == "known"
    expect(one.page.locator(":popover-open")).to_have_count(0)
    expect(one.page.locator(f"#h-{world.theirs.public_id}")).to_be_focused()
    expect(one.page.locator("#live")).to_contain_text("is off your list")

    one.page.click(f"{slip} button:has-text('Undo')")
    one.page.locator(f"{slip}:not(.slip--off)").wait_for()

    assert not Dismissal.objects.exists()
    expect(one.page.locator("#live")).to_contain_text("is back on your list")


def test_pressing_twice_sends_once(tab, world):
    one = tab(reader=world.owner)
    one.go("/en/matches/")
    slip = f"#m-{world.theirs.public_id}"
    one.page.click(f"{slip} .acts button[popovertarget]")

    one.page.dblclick(".sheet:popover-open button[value=field]")
    one.page.locator(f"{slip}.slip--off").wait_for()

    assert len(one.asked("POST")) == 1


@pytest.mark.parametrize("fault", ["no network", "server error"])
def test_a_failed_answer_is_said_in_sight_and_can_be_tried_again(tab, world, fault):
    one = tab(reader=world.owner)
    one.go("/en/matches/")
    slip = f"#m-{world.theirs.public_id}"
    one.page.route(
        "**/not-relevant/",
        lambda route: route.abort() if fault == "no network" else route.fulfill(status=500),
    )

    one.page.click(f"{slip} .acts button[popovertarget]")
    one.page.click(".sheet:popover-open button[value=field]")
    one.page.locator("#failed").wait_for(state="visible")
    box = one.page.locator("#failed").bounding_box()

    assert 0 <= box["y"] <= 900 - box["height"]
    assert one.page.locator(f"{slip} button[value=field]").is_enabled()
    assert not Dismissal.objects.exists()

    one.page.unroute("**/not-relevant/")
    one.page.click(f"{slip} button[value=field]")
    one.page.locator(f"{slip}.slip--off").wait_for()
    expect(one.page.locator("#failed")).to_be_hidden()


# --- choices in the header


def test_theme_language_and_side_are_switched_from_the_menu(tab, world):
    one = tab(reader=world.owner, color_scheme="light")
    one.go("/en/companies/?country=JP")

    one.page.click(".who")
    one.page.click(".menu button[value=dark]")
    one.page.wait_for_load_state()
    assert one.page.get_attribute("html", "data-theme") == "dark"
    dark = one.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")

    one.page.click(".langs button[value=ja]")
    one.page.wait_for_url("**/ja/companies/?country=JP")

    assert dark == "rgb(14, 23, 28)"
    assert one.page.get_attribute("html", "lang") == "ja"
    world.owner.refresh_from_db()
    assert world.owner.language == "ja"


def test_signing_in_and_out(tab, world):
    world.owner.set_password("long enough for a test")
    world.owner.save()
    EmailAddress.objects.create(
        user=world.owner, email=world.owner.email, verified=True, primary=True
    )
    one = tab()
    one.go("/en/matches/")

    one.page.fill("[name=login]", world.owner.email)
    one.page.fill("[name=password]", "long enough for a test")
    one.page.click("main button[type=submit]")
    one.page.wait_for_url("**/en/matches/")
    expect(one.page.locator(".slip")).not_to_have_count(0)

    one.page.click(".who")
    one.page.click(".menu button:has-text('Sign out')")
    one.page.locator("a:has-text('Sign in')").first.wait_for()


# --- both sides of a match


def read_slip(one, language, partner):
    """The strength of a partner's band, its words, and per direction how well it fits and why."""
    one.go(f"/{language}/matches/")
    slip = one.page.locator(f"#m-{partner.public_id}")
    ways = [
        (
            way.locator("progress").get_attribute("value"),
            way.locator(".pairs a").evaluate_all(HREFS),
        )
        for way in slip.locator(".way section").all()
    ]
    return slip.locator(".stub .on").count(), slip.locator(".stub b").inner_text(), ways


def test_both_sides_read_one_match_mirrored_each_in_their_language(tab, world):
    keiko = RepresentativeFactory(company=world.theirs).person

    strength, words, ways = read_slip(tab(reader=world.owner), "ru", world.theirs)
    theirs = read_slip(tab(reader=keiko), "ja", world.ours)

    assert [len(reasons) > 0 for _fit, reasons in ways] == [True, True]
    assert (strength, ways) == (4, theirs[2][::-1])
    assert theirs[0] == strength
    assert (words, theirs[1]) == ("Сильное в обе стороны", "強く適合（双方向）")


# --- keyboard


def test_the_first_stop_of_the_keyboard_skips_to_the_content(tab, world):
    one = tab()
    one.go("/en/companies/")

    one.page.keyboard.press("Tab")
    assert one.focused("e.className") == "skip"
    one.page.keyboard.press("Enter")
    assert one.focused("e.id") == "main"


@pytest.mark.parametrize(
    ("address", "opener", "opened"),
    [
        ("/en/matches/", ".who", "account"),
        ("/en/companies/", ".bar button[popovertarget=filters]", "filters"),
    ],
)
def test_menu_and_filters_open_and_close_by_keyboard(tab, world, address, opener, opened):
    one = tab(reader=world.owner, viewport=PHONE)
    one.go(address)
    one.page.locator(opener).focus()

    one.page.keyboard.press("Enter")
    expect(one.page.locator(f"#{opened}")).to_be_visible()
    one.page.keyboard.press("Tab")
    assert one.focused(f"document.getElementById('{opened}').contains(e)")
    one.page.keyboard.press("Escape")

    expect(one.page.locator(f"#{opened}")).not_to_be_visible()
    assert one.focused(f"e === document.querySelector({opener!r})")


def test_nothing_focused_hides_under_the_bars(tab, world):
    one = tab(reader=world.owner, viewport=PHONE)
    for address in ("/en/companies/", "/en/matches/"):
        one.go(address)
        assert one.page.evaluate(OBSCURED) == []


# --- without script, and in an old browser


def test_without_script_the_filter_sheet_works_by_plain_forms(tab, world):
    one = tab(java_script_enabled=False, viewport=PHONE)
    one.go("/en/companies/")

    one.page.click(".bar button[popovertarget=filters]")
    one.page.check("input[name=country][value=RU]")
    one.page.click(".filters__bar button")
    one.page.wait_for_url(re.compile("country=RU"))

    expect(one.page.locator("#count")).to_have_text("1 company")


def test_without_script_a_partner_is_taken_off_and_back(tab, world):
    one = tab(reader=world.owner, java_script_enabled=False, viewport=PHONE)
    one.go("/en/matches/")
    slip = f"#m-{world.theirs.public_id}"

    one.page.click(f"{slip} .acts button[popovertarget]")
    one.page.click(f"{slip} button[value=known]")
    one.page.wait_for_url("**/matches/#not-relevant")
    expect(one.page.locator(".notes")).to_contain_text("is off your list")

    one.page.click(f"{slip} button:has-text('Undo')")
    one.page.wait_for_url(f"**/matches/{slip}")
    assert not Dismissal.objects.exists()


def test_without_script_the_theme_is_switched(tab, world):
    one = tab(java_script_enabled=False)
    one.go("/en/companies/")

    one.page.click("button[popovertarget=account]")
    one.page.click(".menu button[value=dark]")
    one.page.wait_for_load_state()

    assert one.page.get_attribute("html", "data-theme") == "dark"


def as_old(route):
    """What a browser of 2023 makes of an answer: no popover, no light-dark()."""
    answer = route.fetch()
    text = answer.text()
    for new, old in (
        (":popover-open", ":nope"),
        ("[popovertarget]", "[data-pt]"),
        ("[popover]", "[data-po]"),
        ("light-dark(", "nope("),
    ):
        text = text.replace(new, old)
    text = re.sub(r"\bpopovertarget(action)?=", r"data-pt\1=", text)
    text = re.sub(r"(\s)popover(?=[\s>])", r"\1data-po", text)
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in ("content-encoding", "content-length")
    }
    route.fulfill(status=answer.status, headers=headers, body=text)


def test_an_old_browser_gets_whole_pages_in_the_light_theme(tab, world):
    one = tab(reader=world.owner, viewport=PHONE, color_scheme="dark")
    one.page.route("**/*", as_old)

    one.go("/en/companies/")
    expect(one.page.locator("#filters")).to_be_visible()
    assert one.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == (
        "rgb(243, 246, 247)"
    )
    one.go("/en/matches/")
    assert one.sideways() <= 0
    one.page.click(f"#m-{world.theirs.public_id} a:has-text('Not relevant')")
    one.page.wait_for_url("**/not-relevant/")
    one.page.click("button[value=field]")
    one.page.locator(".slip--off").first.wait_for(state="attached")

    assert Dismissal.objects.count() == 1
    one.page.unroute_all(behavior="wait")


# --- weight


def test_a_page_is_light(tab, world):
    one = tab(viewport=PHONE)

    one.go("/en/companies/")

    assert len(one.requests) <= 8
    assert one.abroad() == []
