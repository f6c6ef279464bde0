"""Expressions of interest in a real browser: no barrier, and the whole way without scripts."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from marketplace.models import Interest, MeetingRequest
from marketplace.services import interests as services
from tests.marketplace.interest_world import build
from tests.web.inspection import visit


def pages(*names):
    """Addresses without their language: (name, key) or a name alone."""
    plain = [(one, ()) if isinstance(one, str) else (one[0], one[1:]) for one in names]
    return [reverse(name, args=keys).removeprefix("/en") for name, keys in plain]


@pytest.mark.django_db(transaction=True)
def test_no_page_of_an_interest_complains_scrolls_sideways_or_has_a_barrier(live_server, tab):
    world = build()
    asked = pages("interests", ("interest-new", world.offer.public_id))
    keiko, anna = tab(reader=world.keiko), tab(reader=world.anna)
    closely = {(1280, "light"), (390, "dark")}
    assert visit(keiko, asked, "en", looked_through=closely) == {}

    interest = services.forward_interest(world.express(), by=world.sato, note="A good member")
    interest = services.forward_interest(interest, by=world.irina)
    services.ask_question(interest, by=world.anna, text="Which range?")
    key = interest.public_id

    asking = pages("interests", ("interest", key), ("interest-answer", key))
    assert visit(keiko, asking, "en", looked_through=closely) == {}
    for language in ("ru", "ja"):
        assert visit(keiko, asking, language) == {}
    owning = pages(("interest", key), ("interest-accept", key), ("interest-decline", key))
    assert visit(anna, owning, "en", looked_through=closely) == {}


@pytest.mark.django_db(transaction=True)
def test_interest_is_expressed_and_accepted_without_scripts_and_by_keyboard(live_server, tab):
    world = build()
    keiko = tab(reader=world.keiko, java_script_enabled=False)
    anna = tab(reader=world.anna, java_script_enabled=False)

    keiko.go(reverse("opportunity", args=[world.offer.public_id]))
    keiko.enter(keiko.page.get_by_role("link", name="Express interest"))
    for label, words in (
        ("What cooperation do you seek?", "500 sensors a month"),
        ("About your company", "We make gauges"),
    ):
        keiko.tab_to(keiko.page.get_by_label(label))
        keiko.page.keyboard.type(words)
    keiko.enter(keiko.page.get_by_role("button", name="Express interest"))
    expect(keiko.page.get_by_text("With your chamber").first).to_be_visible()

    interest = services.forward_interest(Interest.objects.get(), by=world.sato)
    services.forward_interest(interest, by=world.irina)
    anna.go(reverse("interest", args=[interest.public_id]))
    assert "Ромашка" not in keiko.page.content()
    anna.enter(anna.page.get_by_role("link", name="Accept and open contacts"))
    anna.enter(anna.page.get_by_role("button", name="Accept and open contacts"))

    expect(anna.page.get_by_text(world.keiko.email)).to_be_visible()
    keiko.page.reload()
    expect(keiko.page.get_by_text(world.anna.email)).to_be_visible()
    keiko.enter(keiko.page.get_by_role("link", name="Request meeting"))
    keiko.page.get_by_label("Message").fill("Your office, any morning")
    keiko.enter(keiko.page.locator("#ask .btn--main"))
    asked = MeetingRequest.objects.get()
    assert (asked.partner.company, asked.opportunity) == (world.owner, None)  # it stays unnamed
