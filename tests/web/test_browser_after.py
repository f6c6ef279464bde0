"""The pages after a meeting in a real browser: no barriers, nothing sideways, no script needed."""

import datetime as dt
import zipfile  # noqa: TID251 - reads back what was downloaded

import pytest
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext, override
from playwright.sync_api import expect

from chambers.models import User, today
from marketplace.models import Feedback, Outcome, Slot
from tests.chambers.pictures import pdf
from tests.factories import PASSWORD
from tests.marketplace.test_outcomes import Signed
from tests.web.inspection import visit

PHONE = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}
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


def at(language, name, *keys):
    with override(language):
        return reverse(name, args=keys)


def said(language, text):
    with override(language):
        return gettext(text)


def report_the_agreement(ours, signed):
    """Half a year after the meeting one side says what became of it, and is led to the report."""
    ours.go(at("ru", "meeting-feedback", signed.meeting.public_id))
    page = ours.page
    page.locator("[name=second][value=agreed]").check()
    page.locator("main form .btn--main").last.click()
    page.wait_for_url(f"**{at('ru', 'outcome-new')}?meeting={signed.meeting.public_id}")
    expect(page.locator("#report")).to_contain_text(signed.theirs.legal_name)
    page.locator("[name=kind][value=contract]").check()
    page.locator("[name=subject]").fill("400 датчиков уровня")
    page.locator("[name=claimed][value=signed]").check()
    page.locator("[name=amount]").fill("1 250 000,00")
    page.locator("[name=currency]").fill("RUB")
    page.locator("[name=signed_on]").fill(f"{today()}")
    paper = {"name": "contract.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    page.locator("[name=evidence]").set_input_files(paper)
    page.locator("[name=publicity][value=without_amount]").check()
    page.locator("#report .btn--main").click()
    expect(page.locator("main")).to_contain_text(said("ru", "Waiting for partner’s confirmation"))


def confirm_it(theirs, outcome):
    """The partner reads the paper and confirms it."""
    theirs.go(at("ja", "outcome-confirm", outcome.public_id))
    expect(theirs.page.locator("main")).to_contain_text("1,250,000.00 RUB")
    paper = theirs.page.locator(f"a[href='{at('ja', 'outcome-evidence', outcome.public_id)}']")
    with theirs.page.expect_download() as taken:
        paper.first.click()
    assert taken.value.path().read_bytes().startswith(b"%PDF")
    theirs.page.locator("main form .btn--main").last.click()
    theirs.page.wait_for_url("**/contracts/**")


def test_an_agreement_half_a_year_later_is_reported_and_its_reporter_leaves(
    tab, signed, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    for side in ("host", "guest"):
        signed.says(side, Feedback.Said.HELD)
    half_a_year = dt.timedelta(days=190)
    Slot.objects.update(starts_at=F("starts_at") - half_a_year, ends_at=F("ends_at") - half_a_year)
    signed.we.set_password(PASSWORD)
    signed.we.save()
    ours, theirs = tab(reader=signed.we, **PHONE), tab(reader=signed.they, **PHONE)

    report_the_agreement(ours, signed)
    outcome = Outcome.objects.get()
    theirs.go(at("ja", "meeting-feedback", signed.meeting.public_id))
    assert not theirs.page.locator("[name=second][value=agreed]").is_checked()
    confirm_it(theirs, outcome)
    outcome.refresh_from_db()
    assert (outcome.state, outcome.publicity) == (Outcome.State.WITH_CHAMBER, "without_amount")

    ours.go(at("ru", "own-data"))
    ours.page.locator(f"a[href='{at('ru', 'own-data-download')}']").click()
    ours.page.locator("[name=password]").fill(PASSWORD)
    with ours.page.expect_download() as taken:
        ours.page.locator("main form [type=submit]").last.click()
    with zipfile.ZipFile(taken.value.path()) as archive:
        assert any(
            "400 датчиков уровня" in archive.read(one).decode() for one in archive.namelist()
        )
    theirs.go(at("ja", "meeting", signed.meeting.public_id))
    expect(theirs.page.locator("main")).to_contain_text(signed.host.name)
    ours.go(at("ru", "own-data"))
    ours.page.locator(f"a[href='{at('ru', 'account-delete')}']").click()
    ours.page.locator("[name=confirmed]").fill(signed.we.email)
    ours.page.locator("#end .btn--main").click()
    expect(ours.page.locator("body")).to_contain_text(said("ru", "Your account is deleted."))
    theirs.page.reload()
    expect(theirs.page.locator("main")).to_contain_text(signed.ours.legal_name)
    expect(theirs.page.locator("main")).not_to_contain_text(signed.host.name)
    assert not User.objects.get(pk=signed.we.pk).is_active
    assert Outcome.objects.filter(pk=outcome.pk, reporter=signed.ours).exists()
    assert (ours.sideways(), theirs.sideways()) == (0, 0)
