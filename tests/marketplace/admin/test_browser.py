"""A timetable is edited in a real browser: by keyboard without scripts, or by dragging."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from chambers.services import jobs
from marketplace.models import Timetable
from marketplace.selectors import timetables as read
from marketplace.services.timetables import move_in_plan, start_timetable
from tests import event_factories as made
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_meeting_is_picked_and_moved_by_keyboard_without_scripts(
    browse, chamber, event, three, width
):
    person = factories.StaffFactory(chamber=chamber).person
    timetable = start_timetable(event, by=person, seconds=30)
    jobs.work_off()
    page = browse(person, java_script_enabled=False, viewport={"width": width, "height": 900})

    page.goto(reverse("admin:marketplace_timetable_grid", args=[timetable.pk]))
    page.get_by_role("link", name="Zavod 0 × Zavod 1").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Move to").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Moved to").wait_for()

    assert Timetable.objects.get().changed_by_hand
    expect(page.get_by_text("Changed by hand after the search")).to_be_visible()
    assert page.complaints == []


@pytest.fixture
def drawn(browse, chamber, event, three):
    """The grid of a finished draft, open in a browser."""
    person = factories.StaffFactory(chamber=chamber).person
    timetable = start_timetable(event, by=person, seconds=30)
    jobs.work_off()
    timetable.refresh_from_db()
    page = browse(person, viewport={"width": 1280, "height": 900})
    page.goto(reverse("admin:marketplace_timetable_grid", args=[timetable.pk]))
    return timetable, page


def lift(page, name):
    """Take hold of a meeting; the times at which it could be are lit then."""
    page.get_by_role("link", name=name).hover()
    page.mouse.down()
    page.mouse.move(640, 880, steps=4)
    page.locator("tr.free").first.wait_for()


def let_go_over(page, row):
    box = row.locator("td").first.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 10, steps=4)
    page.mouse.up()


def test_a_meeting_is_dragged_to_a_time_that_is_lit_and_no_other(drawn, three):
    timetable, page = drawn
    cells = read.free_cells(timetable, three[0])
    (free,) = [cell.slot for cell in cells if cell.is_free and not cell.is_present]

    lift(page, "Zavod 0 × Zavod 1")
    lit = page.locator("tr.free")
    assert lit.get_attribute("data-slot") == str(free.public_id)
    expect(page.locator("tr.blocked").first.get_by_text("another meeting: Zavod")).to_be_visible()
    let_go_over(page, lit)
    page.get_by_text("Moved to").wait_for()

    timetable.refresh_from_db()
    assert read.places_of(timetable)[str(three[0].public_id)][0] == free
    assert page.complaints == []


def test_a_meeting_dropped_where_it_cannot_be_stays_and_the_page_is_as_before(drawn, three):
    timetable, page = drawn
    before = page.locator(".grid").inner_text()

    lift(page, "Zavod 0 × Zavod 1")
    let_go_over(page, page.locator("tr.blocked").first)
    page.locator(".grid:not(.dragging)").wait_for()

    assert page.locator(".grid").inner_text() == before
    timetable.refresh_from_db()
    assert not timetable.changed_by_hand
    assert page.complaints == []


def test_a_drop_on_a_version_that_changed_meanwhile_is_refused_with_the_present_one(drawn, three):
    timetable, page = drawn
    move_in_plan(timetable, three[1], slot=None, by=timetable.created_by)

    lift(page, "Zavod 0 × Zavod 1")
    let_go_over(page, page.locator("tr.free").first)
    page.get_by_text("Somebody changed this version meanwhile.").wait_for()

    expect(page.get_by_text("1 meeting without a place")).to_be_visible()


class Finger:
    """A finger on the screen, as the browser hears of it from the machine."""

    def __init__(self, page):
        self._screen = page.context.new_cdp_session(page)

    def _send(self, kind, *points):
        points = [{"x": x, "y": y} for x, y in points]
        self._screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def hold(self, seat):
        box = seat.bounding_box()
        self._send("touchStart", (box["x"] + 10, box["y"] + 8))

    def move(self, place):
        box = place.bounding_box()
        x, y = box["x"] + 20, box["y"] + 10
        self._send("touchMove", (x - 5, y - 5))
        self._send("touchMove", (x, y))

    def lift(self):
        self._send("touchEnd")


def test_a_finger_holds_a_meeting_and_carries_it_to_a_time_or_to_another_day(
    browse, chamber, event, three
):
    tomorrow = [made.SlotFactory(event=event, number=number) for number in (72, 73, 74)]
    person = factories.StaffFactory(chamber=chamber).person
    timetable = start_timetable(event, by=person, seconds=30)
    jobs.work_off()
    page = browse(person, viewport={"width": 390, "height": 900}, has_touch=True)
    page.goto(reverse("admin:marketplace_timetable_grid", args=[timetable.pk]))
    expect(page.get_by_text("on a touch screen hold it for a moment first")).to_be_visible()
    seat, finger = page.get_by_role("link", name="Zavod 0 × Zavod 1"), Finger(page)

    seat.scroll_into_view_if_needed()
    finger.hold(seat)
    lit = page.locator("tr.free").first
    expect(lit).to_be_visible()
    wanted = lit.get_attribute("data-slot")
    finger.move(lit.locator("th"))
    finger.lift()
    expect(page.get_by_text("Moved to")).to_be_visible()
    timetable.refresh_from_db()
    place = read.places_of(timetable)[str(three[0].public_id)]
    assert str(place[0].public_id) == wanted

    page.goto(reverse("admin:marketplace_timetable_grid", args=[timetable.pk]))
    other_day = page.locator(".days a").last
    other_day.scroll_into_view_if_needed()
    finger.hold(seat)
    expect(page.locator("tr.free").first).to_be_visible()
    finger.move(other_day)
    finger.lift()
    expect(page.locator("#picked h2")).to_contain_text("Zavod 0 × Zavod 1")
    page.get_by_role("button", name="Move to").first.tap()
    expect(page.locator("#picked").get_by_role("status")).to_contain_text("Moved to")
    expect(page.get_by_text("Moved to")).to_be_in_viewport()
    timetable.refresh_from_db()
    assert read.places_of(timetable)[str(three[0].public_id)][0] in tomorrow
    assert page.complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_all_that_can_be_done_with_an_event_is_reached_by_keyboard_without_scripts(
    browse, chamber, event, width
):
    person = factories.StaffFactory(chamber=chamber).person
    page = browse(person, java_script_enabled=False, viewport={"width": width, "height": 900})

    page.goto(reverse("admin:marketplace_event_change", args=[event.pk]))
    box = page.get_by_role("navigation", name="What to do")
    expect(box.get_by_role("link", name="Next: Who meets whom")).to_be_visible()
    expect(box.get_by_role("link", name="Desk")).to_be_hidden()
    box.locator("summary", has_text="Event day").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url("**/desk/**")
    assert page.complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_wide_grid_says_that_it_scrolls_and_keeps_the_times_in_sight(
    browse, chamber, event, three, width
):
    for number in range(3, 12):
        made.TableFactory(event=event, number=number)
    person = factories.StaffFactory(chamber=chamber).person
    timetable = start_timetable(event, by=person, seconds=30)
    jobs.work_off()
    page = browse(person, viewport={"width": width, "height": 900})

    page.goto(reverse("admin:marketplace_timetable_grid", args=[timetable.pk]))
    region = page.get_by_role("region", name="Timetable as a grid")
    expect(page.get_by_text("Tables: 11.")).to_be_visible()
    faded = region.evaluate("one => getComputedStyle(one).getPropertyValue('--more')")
    region.focus()
    for _try in range(100):
        page.keyboard.press("ArrowRight")
        if region.evaluate("one => one.scrollLeft") > 60:
            break
        page.wait_for_timeout(50)
    times = [page.locator(".grid thead th").first, page.locator(".grid tbody th").first]

    assert faded == "48px"
    assert region.evaluate("one => one.scrollLeft") > 60
    assert all(one.bounding_box()["x"] >= region.bounding_box()["x"] for one in times)
    region.evaluate("one => { one.scrollLeft = one.scrollWidth }")
    expect(region).to_have_css("--more", "0px")
    assert page.complaints == []
