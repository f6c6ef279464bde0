"""The pages after a meeting in a real browser: no barriers, nothing sideways, no script needed."""

import pytest
from django.urls import reverse

from marketplace.models import Feedback, Outcome
from tests.marketplace.test_outcomes import Signed
from tests.web.inspection import visit

LOOKED_THROUGH = ((1280, "light"), (390, "dark"))


@pytest.fixture
def signed(live_server):
    return Signed()


def test_pages_after_a_meeting_have_no_barriers_in_any_width_and_theme(tab, signed):
    signed.says("guest", Feedback.Said.THEY_MISSED)
    outcome = signed.report()
    signed.confirmed(another=True, publicity="with_amount")
    one = outcome.public_id
    of_us = [
        f"/meetings/{signed.meeting.public_id}/feedback/",
        "/after/",
        "/contracts/new/",
        f"/contracts/{one}/",
        f"/contracts/{one}/change/",
        "/my/data/",
    ]
    of_them = ["/contracts/", f"/contracts/{one}/confirm/", "/results/"]

    troubles = {
        **visit(tab(reader=signed.we), of_us, "en", looked_through=LOOKED_THROUGH),
        **visit(tab(reader=signed.they), of_them, "en", looked_through=LOOKED_THROUGH),
    }

    assert troubles == {}


def test_one_tap_and_a_confirmation_need_no_script(tab, signed):
    outcome = signed.report()
    opened = tab(reader=signed.they, java_script_enabled=False)

    opened.go(reverse("past-meetings"))
    opened.page.get_by_role("button", name="It took place").click()
    opened.page.get_by_label("Cooperation possible").check()
    opened.page.get_by_role("button", name="Save").click()
    opened.go(reverse("outcomes"))
    opened.page.get_by_role("link", name="Confirm").click()
    opened.page.get_by_role("button", name="Confirm").click()

    given = Feedback.objects.get()
    assert (given.said, given.first) == ("held", "possible")
    assert Outcome.objects.get(pk=outcome.pk).state == Outcome.State.WITH_CHAMBER
