"""A timetable is edited in a real browser by keyboard alone, without scripts."""

import pytest
from django.urls import reverse

from chambers.services import jobs
from marketplace.models import Timetable
from marketplace.services.timetables import start_timetable
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_meeting_is_picked_and_moved_by_keyboard_without_scripts(
    browse, chamber, event, three, width
):
    person = factories.StaffFactory(chamber=chamber).person
    timetable = start_timetable(event, by=person, seconds=5)
    jobs.work_off()
    page = browse(person, java_script_enabled=False, viewport={"width": width, "height": 900})

    page.goto(reverse("admin:marketplace_timetable_grid", args=[timetable.pk]))
    page.get_by_role("link", name="Zavod 0 × Zavod 1").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Move to").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Moved to").wait_for()

    assert Timetable.objects.get().changed_by_hand
    assert page.get_by_text("Changed by hand after the search").is_visible()
    assert page.complaints == []
