"""Pages of the matching in the administration, on a phone."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from matching.models import Run
from tests.factories import (
    ChamberEmphasisFactory,
    EventEmphasisFactory,
    RunFactory,
    StaffFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}
CUT_OFF = """[...document.querySelectorAll('fieldset.module :is(input, textarea, select, label)')]
  .filter(one => {
    const inner = one.getBoundingClientRect();
    const frame = one.closest('fieldset').getBoundingClientRect();
    return inner.width > 1 && (inner.right > frame.right - 4 || inner.left < frame.left + 4);
  }).map(one => one.name || one.textContent)"""
WIDER = """[...document.querySelectorAll('.report .scroll')]
  .filter(one => one.scrollWidth > one.clientWidth).length"""


@pytest.fixture
def manager():
    return StaffFactory()


@pytest.mark.parametrize("of", ["chamber", "event"])
@pytest.mark.parametrize("page", ["change", "add"])
def test_the_form_of_an_emphasis_stays_inside_its_frame(browse, manager, page, of):
    draft = {
        "chamber": lambda: ChamberEmphasisFactory(chamber=manager.chamber),
        "event": lambda: EventEmphasisFactory(event__chamber=manager.chamber),
    }[of]()
    args = [draft.pk] if page == "change" else []
    phone = browse(manager.person, viewport=PHONE)

    phone.goto(reverse(f"admin:matching_{of}emphasis_{page}", args=args))

    assert phone.locator("fieldset.module input").count() > 0
    assert phone.evaluate(CUT_OFF) == []


def test_what_the_runs_took_fits_a_phone(browse, manager):
    timings = {stage: {"seconds": 43.5} for stage in Run.Stage.values}
    figures = {"companies": 54_013, "served": 53_802, "pairs": 1_043_218}
    RunFactory(state="done", timings=timings, tables="a1b2c3d4e5f6a7b8", **figures)
    phone = browse(manager.person, viewport=PHONE)

    phone.goto(reverse("admin:matching_run_history_report"))

    expect(phone.get_by_text("1,043,218")).to_be_visible()
    assert phone.evaluate(WIDER) == 0
    assert phone.evaluate("document.scrollingElement.scrollWidth") == PHONE["width"]
