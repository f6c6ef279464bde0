"""A timetable is mended in a real browser, without scripts, on a desk and on a phone."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from marketplace.models import Repair, TableClosed
from tests import event_factories as made
from tests import factories
from tests.marketplace.repair_world import Fair, place

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_lost_table_is_looked_at_mended_and_reopened_without_scripts(
    browse, chamber, width, scheme
):
    fair = Fair(chamber=chamber, people=8, tables=3)
    hall = made.HallFactory(event=fair.event, name="Main hall")
    fair.event.tables.update(hall=hall)
    full = [fair.meet(at, at + 1, slot=0, table=at // 2) for at in (0, 2, 4)]
    fair.meet(6, 7, slot=1, table=0)
    person = factories.StaffFactory(chamber=chamber).person
    size = {"width": width, "height": 900}
    page = browse(person, java_script_enabled=False, viewport=size, color_scheme=scheme)

    page.goto(reverse("admin:marketplace_event_repair", args=[fair.event.pk]))
    page.get_by_role("link", name="A table is lost").click()
    page.get_by_label("Table").select_option(label="table 2, Main hall")
    page.get_by_role("button", name="Show what would happen").click()
    expect(page.get_by_text("2 other people get another hour")).to_be_visible()
    assert not TableClosed.objects.exists()
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    fits = [page.locator("html").evaluate(f"() => {wide}")]
    page.get_by_role("button", name="Do it and tell the people").click()
    page.get_by_text("Done: ").wait_for()

    assert Repair.objects.get().outcome["people"] == 2
    assert sorted(place(one)[1] for one in full)[:2] == [0, 0]
    fits.append(page.locator("html").evaluate(f"() => {wide}"))
    page.get_by_role("button", name="Reopen table 2").click()
    page.get_by_text("can be used again").wait_for()
    assert not TableClosed.objects.exists()
    assert fits == [True, True]
    assert page.complaints == []
