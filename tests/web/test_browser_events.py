"""The pages of events in a real browser: nothing sideways, no barrier, no need of scripts."""

import pytest
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import expect

from marketplace.models import Meeting
from tests.factories import CompanyFactory, RepresentativeFactory
from tests.web.event_world import addresses, build_event
from tests.web.inspection import visit


@pytest.fixture(scope="module")
def transactional_db(django_db_setup, django_db_blocker):
    """The database of the live server, emptied once; what a test changes no other looks at."""
    with django_db_blocker.unblock():
        yield
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def world(transactional_db):
    return build_event()


@pytest.fixture(scope="module")
def newcomer(world):
    """Speaks for a member company that is not registered."""
    company = CompanyFactory(member=True, languages=["ru"])
    return RepresentativeFactory(company=company).person


def registering(world):
    return f"/events/{world.event.public_id}/register/"


@pytest.mark.parametrize(
    ("language", "closely"),
    [("en", {(1280, "light"), (390, "dark")}), ("ru", set()), ("ja", {(390, "light")})],
)
def test_no_page_of_an_event_complains_scrolls_sideways_or_has_a_barrier(
    tab, world, newcomer, language, closely
):
    person, new, guest = tab(reader=world.owner), tab(reader=newcomer), tab()

    assert visit(person, addresses(world), language, looked_through=closely) == {}
    assert visit(new, [registering(world)], language, looked_through=closely) == {}
    assert visit(guest, addresses(world)[:2], language) == {}
    assert person.abroad() == []


def test_times_are_closed_and_a_request_accepted_without_scripts_and_by_keyboard(tab, world):
    one = tab(reader=world.owner, java_script_enabled=False)
    boris = world.own.participants.get(name="Boris")

    one.go(reverse("availability", args=[boris.public_id]))
    one.page.get_by_role("button", name="Close whole day").last.press("Enter")
    box = one.page.locator("input[name=open]").nth(1)
    box.press("Space")
    one.page.get_by_role("button", name="Save").press("Enter")
    one.go(reverse("request-accept", args=[world.incoming.public_id]))
    one.page.get_by_role("button", name="Accept").press("Enter")

    expect(one.page.get_by_text("Accepted. Both sides read of it by mail.")).to_be_visible()
    assert Meeting.objects.get(request=world.incoming).status == "confirmed"
    closed = {away.slot for away in boris.away.select_related("slot")}
    assert closed == {*world.slots[:2], *world.slots[12:]}
