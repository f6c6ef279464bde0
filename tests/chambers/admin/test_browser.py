"""The administration in a real browser under its content policy."""

import datetime as dt

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from chambers.models import Membership
from marketplace.models import Event, Meeting, Timetable
from marketplace.selectors.problems import read_event
from tests import event_factories as made
from tests import factories
from tests.access_events import WORTH

pytestmark = pytest.mark.django_db(transaction=True)


def _hold_event(chamber):
    """An event with a row of each kind that it can have, and a timetable that moved its meeting."""
    event = made.EventFactory(chamber=chamber)
    for part in (
        made.HallFactory,
        made.TableFactory,
        made.SlotFactory,
        made.SessionFactory,
        made.GroupFactory,
        made.DelegationFactory,
        made.InterpreterFactory,
        made.MeetingRequestFactory,
        made.MeetingFactory,
    ):
        part(event=event)
    made.TimetableFactory(
        event=event,
        problem=read_event(event).document(),
        plan={"slot": [0], "table": [0], "helper": [None]},
        certificate=WORTH,
        progress=[[0.1, 0, 3, None], [2.0, 1, 0, 0]],
    )


@pytest.fixture
def world():
    """A row for every list."""
    chamber = factories.ChamberFactory()
    company = factories.CompanyFactory(
        member=True,
        membership__chamber=chamber,
        indexed=True,
        codes=[factories.TradeCodeFactory()],
        website="https://example.org",
        description={"en": "Sensors"},
    )
    factories.RepresentativeFactory(company=company)
    factories.MembershipFactory(applied=True, chamber=chamber)
    factories.GuildMembershipFactory(guild__chamber=chamber, company=company)
    factories.CommissionFactory(chamber=chamber)
    factories.AgreementFactory(first=chamber, ends_on=timezone.localdate() + dt.timedelta(days=9))
    factories.CouncilFactory(chambers=[chamber])
    factories.OpportunityFactory(company=company, in_review=True)
    factories.JobFactory(chamber=chamber, parked=True)
    factories.MailFactory(chamber=chamber)
    _hold_event(chamber)
    event = Event.objects.get()
    meeting = made.MeetingFactory(event=event, host__registration__company=company, placed=True)
    made.FeedbackFactory(meeting=meeting)
    made.FeedbackFactory(meeting=meeting, side=meeting.guest.registration, to_call=True)
    made.DisputeFactory(meeting=meeting)
    made.OutcomeFactory(meeting=meeting)
    made.InterpreterWishFactory(meeting=meeting)
    factories.JoinRequestFactory(company=company)
    factories.InterestFactory(at_chamber=chamber)
    factories.ReportFactory(message__conversation__partner=company)
    factories.SuggestionListFactory(company=company)
    factories.RunFactory(running=True)
    factories.PairHistoryFactory(one=company, kind="partner")
    factories.WeightSetFactory()
    factories.ChamberEmphasisFactory(chamber=chamber)
    factories.EventEmphasisFactory(event=event)
    factories.TriadFactory(first=company)
    person = factories.StaffFactory(chamber=chamber, person__superuser=True).person
    factories.token_for(person)
    return person


def test_no_page_of_the_administration_breaks_the_content_policy(browse, world):
    page = browse(world)
    addresses = [reverse("admin:index")]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.order_by("pk").last()
        addresses += [
            reverse(f"{name}_changelist"),
            reverse(f"{name}_change", args=[row.pk]),
            reverse(f"{name}_history", args=[row.pk]),
        ]
    addresses += [
        reverse(f"admin:{name}_add")
        for name in (
            "chambers_guild",
            "chambers_agreement",
            "chambers_staff",
            "marketplace_event",
            "marketplace_session",
            "marketplace_meeting",
            "marketplace_timetable",
            "matching_run",
            "matching_pairhistory",
            "matching_weightset",
            "matching_chamberemphasis",
            "matching_eventemphasis",
        )
    ]

    addresses += [
        reverse(f"admin:marketplace_{model}_{page_of}", args=[made_of.objects.earliest("pk").pk])
        for model, made_of, pages in (
            ("event", Event, ("tables", "slots", "rules", "coverage")),
            ("meeting", Meeting, ("move",)),
            ("timetable", Timetable, ("grid", "compare", "publish")),
        )
        for page_of in pages
    ]

    for address in addresses:
        answer = page.goto(address, wait_until="load")
        assert answer.status == 200, address
        assert page.complaints == [], address


def test_an_application_is_refused_with_a_reason_in_the_browser(browse, world):
    waiting = Membership.objects.get(decision="pending")
    page = browse(world)

    page.goto(reverse("admin:chambers_membership_changelist"))
    page.locator(f"input[name=_selected_action][value='{waiting.pk}']").check()
    page.locator("select[name=action]").select_option("refuse")
    page.locator("button[name=index]").click()
    page.get_by_label("Reason").fill("Outside our region.")
    page.get_by_role("button", name="Refuse applications (1)").click()
    page.get_by_text("Refuse applications: 1 done.").wait_for()

    waiting.refresh_from_db()
    assert (waiting.decision, waiting.reason) == ("refused", "Outside our region.")
    assert page.complaints == []


def test_a_company_is_found_by_typing_and_joins_a_guild_in_the_browser(browse, world):
    member = factories.CompanyFactory(
        legal_name="Zavod Nine",
        member=True,
        indexed=True,
        membership__chamber=world.staff_roles.get().chamber,
    )
    guild = world.staff_roles.get().chamber.guilds.get()
    page = browse(world)

    page.goto(reverse("admin:chambers_guild_change", args=[guild.pk]))
    page.get_by_role("button", name="Add another Guild membership").click()
    page.locator("#id_memberships-1-company + .select2 .select2-selection").click()
    page.locator("input.select2-search__field").last.fill("Zavod")
    page.locator(".select2-results__option", has_text="Zavod Nine").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was changed successfully").wait_for()

    assert guild.members.contains(member)
    assert page.complaints == []


def test_the_page_of_a_run_shows_its_progress_as_it_grows(browse, world):
    run = factories.Run.objects.get(state="running")
    page = browse(world)

    page.goto(reverse("admin:matching_run_change", args=[run.pk]))
    bar = page.locator("#run progress")
    before = bar.get_attribute("value")
    factories.Run.objects.filter(pk=run.pk).update(shards_done=4)
    expect(bar).not_to_have_attribute("value", before)
    assert int(bar.get_attribute("value")) > int(before)
    factories.Run.objects.filter(pk=run.pk).update(state="failed", error="stopped by a test")
    page.get_by_text("stopped by a test").wait_for()

    assert page.locator("#run[hx-get]").count() == 0
    assert page.complaints == []
