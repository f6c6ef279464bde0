"""The desk and the screen in the hall in a browser, at a table and on a phone."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from marketplace.services import desk
from tests import event_factories as made
from tests import factories
from tests.marketplace.admin.test_desk import meeting, slot_in, where_it_is_noon

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = [(1280, 900), (390, 844)]
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
TOO_SMALL = """[...document.querySelectorAll('#desk button, .desk-row button')]
  .filter(one => one.getBoundingClientRect().height < 43).map(one => one.textContent)"""
LONG = "Открытое акционерное общество «Минский приборостроительный завод имени Ленина»"


@pytest.fixture
def day():
    """An event that goes on, with long names, somebody late, waiting and in line."""
    chamber = factories.ChamberFactory(name_en="Our Chamber")
    manager = factories.StaffFactory(chamber=chamber, person__name="Pavel").person
    event = made.EventFactory(
        chamber=chamber,
        name={"en": "Forum of regions and their neighbours"},
        zone=where_it_is_noon(),
        starts_on=timezone.now().date() - dt.timedelta(days=1),
        ends_on=timezone.now().date() + dt.timedelta(days=1),
    )
    hall = made.HallFactory(event=event, name="Great hall of the congress centre")
    names = (LONG, "株式会社アサヒ計装", "Minsk Instruments", "Unseen Works")
    people = [
        made.ParticipantFactory(
            registration__event=event,
            registration__consent="not_listed" if name == "Unseen Works" else "listed",
            registration__company__legal_name=name,
            registration__company__indexed=True,
            name=person,
        )
        for name, person in zip(
            names, ("Анна Иванова", "佐藤 健", "Ján Kováč", "Nobody Known"), strict=True
        )
    ]
    now, later, past = (slot_in(event, minutes) for minutes in (-5, 30, -60))
    for slot in (now, later, past):
        meeting(event, slot, people[0], people[1])
    alone = meeting(event, now, people[2], people[3])
    event.tables.update(hall=hall)
    type(alone).objects.filter(pk=alone.pk).update(host_attendance="came")
    for person in people[:2]:
        desk.check_in(person, by=manager)
    waiting = made.MeetingFactory(event=event, host=people[2], guest=people[1])
    made.StandbyOfferFactory(meeting=waiting, slot=slot_in(event, 60))
    return event, people, manager


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_desk_is_worked_at_from_a_table_and_a_phone(browse, day, width, height):
    event, people, manager = day
    page = browse(manager, viewport={"width": width, "height": height})
    page.goto(reverse("admin:marketplace_event_desk", args=[event.pk]))

    expect(page.locator("#badge")).to_be_focused()
    assert page.evaluate(SIDEWAYS) <= 0
    if width < 400:
        assert page.evaluate(TOO_SMALL) == []
    page.keyboard.type(people[2].badge_code.lower())
    page.keyboard.press("Enter")
    page.get_by_text("Ján Kováč (Minsk Instruments) is checked in.").wait_for()
    expect(page.locator(".desk-found").get_by_text("checked in by Pavel")).to_be_visible()

    page.goto(reverse("admin:marketplace_event_desk", args=[event.pk]))
    row = page.locator(".desk-side.late", has_text="Nobody Known").first
    row.get_by_role("button", name="Did not come").click()
    page.get_by_text("Nobody Known (Unseen Works): Did not come").wait_for()
    page.get_by_role("button", name="Accept for both").click()
    page.get_by_text("takes the freed time.").wait_for()
    assert page.evaluate(SIDEWAYS) <= 0
    assert page.complaints == []


def test_the_desk_refreshes_itself_keeps_what_is_typed_and_tells_its_age(browse, day):
    event, people, manager = day
    page = browse(manager)
    page.clock.install()
    page.goto(reverse("admin:marketplace_event_desk", args=[event.pk]))
    page.locator("#badge").fill("half a na")
    desk.check_in(people[3], by=manager)
    expect(page.get_by_text("2 of 4 people checked in")).to_be_visible()

    page.clock.run_for(12_000)
    expect(page.locator("#as-of")).to_contain_text("12 s old")
    page.clock.run_for(9_000)
    page.get_by_text("3 of 4 people checked in").wait_for()
    assert page.locator("#badge").input_value() == "half a na"

    page.context.clear_cookies()  # signed out elsewhere: the last desk stays, and says its age
    with page.expect_response(lambda answer: "/login/" in answer.url) as refused:
        page.clock.run_for(60_000)
    refused.value.finished()
    page.get_by_text("No answer: what you see is").wait_for()
    assert page.evaluate(
        "new Promise(done => requestAnimationFrame(() => done(location.pathname)))"
    )
    expect(page.get_by_text("3 of 4 people checked in")).to_be_visible()
    assert "/desk/" in page.url


def test_the_desk_works_without_script(browse, day):
    event, people, manager = day
    page = browse(manager, java_script_enabled=False)
    page.goto(reverse("admin:marketplace_event_desk", args=[event.pk]))

    page.locator("#q").fill("иванова")
    page.locator("#q").press("Enter")
    expect(page.locator(".desk-found", has_text="Анна Иванова")).to_be_visible()
    page.get_by_role("link", name="Refresh").click()
    expect(page.locator(".desk-found", has_text="Анна Иванова")).to_be_visible()
    page.goto(reverse("admin:marketplace_event_badge", args=[people[3].badge_code]))
    page.get_by_role("button", name="Check in").click()
    expect(page.get_by_text("by Pavel").first).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [*SIZES, (1920, 1080)])
def test_the_screen_in_the_hall_fits_and_names_nobody_unlisted(browse, day, width, height):
    event, _people, manager = day
    secret = desk.open_display(event, by=manager)
    page = browse(viewport={"width": width, "height": height}, color_scheme="dark")

    page.goto(reverse("display", args=[secret]) + "?lang=en")

    expect(page.get_by_text("Reserved")).to_be_visible()
    assert page.get_by_text("Unseen Works").count() == 0
    assert page.evaluate(SIDEWAYS) <= 0
    if width > 1900:
        assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 32
        assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
    assert page.complaints == []
