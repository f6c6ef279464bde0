"""The daily work of a chamber's staff: decide, keep, appoint, watch."""

import datetime as dt
import zoneinfo

import tzdata
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from chambers.admin_site import queues_for
from chambers.models import (
    Agreement,
    Commission,
    GuildMembership,
    Job,
    Mail,
    Membership,
)
from marketplace.models import Opportunity
from matching.models import Run
from tests import factories
from tests.forms import decide, sent_back

TODAY = timezone.localdate()


def texts(response):
    return [str(message) for message in response.context["messages"]]


def applicant(chamber, **fields):
    company = factories.CompanyFactory(**fields)
    factories.RepresentativeFactory(company=company, person__language="ru")
    return factories.MembershipFactory(applied=True, chamber=chamber, company=company)


def test_a_decision_first_shows_how_many_and_which(client, manager, chamber):
    waiting = [applicant(chamber, legal_name=f"Applicant {number}") for number in range(2)]
    decided = factories.MembershipFactory(chamber=chamber)

    shown = decide(client, "chambers_membership", "approve", *waiting, decided)

    assert shown.status_code == 200
    assert (shown.context["count"], shown.context["left_out"]) == (2, 1)
    assert b"Applicant 0" in shown.content
    assert Membership.objects.filter(decision="pending").count() == 2


def test_approving_admits_and_tells_the_company(client, manager, chamber):
    waiting = applicant(chamber)

    done = decide(client, "chambers_membership", "approve", waiting, starts_on=TODAY.isoformat())

    waiting.refresh_from_db()
    assert done.status_code == 302
    assert (waiting.status, waiting.decided_by) == (Membership.Status.NEW, manager)
    assert Mail.objects.get().kind == "membership_admitted"
    assert LogEntry.objects.get().object_id == str(waiting.pk)


def test_refusing_needs_a_reason_and_keeps_the_rows_chosen(client, manager, chamber):
    waiting = applicant(chamber)

    again = decide(client, "chambers_membership", "refuse", waiting, reason="")

    assert again.status_code == 200
    assert "reason" in again.context["form"].errors
    assert again.context["keys"] == [str(waiting.pk)]
    waiting.refresh_from_db()
    assert waiting.decision == Membership.Decision.PENDING


def test_refusing_writes_the_reason_to_the_company(client, manager, chamber):
    waiting = applicant(chamber)

    decide(client, "chambers_membership", "refuse", waiting, reason="Outside our region.")

    waiting.refresh_from_db()
    assert (waiting.decision, waiting.reason) == ("refused", "Outside our region.")
    assert "Outside our region." in Mail.objects.get().text


def test_when_one_row_refuses_none_is_changed_and_what_was_typed_stays(client, manager, chamber):
    good = factories.MembershipFactory(chamber=chamber)
    later = factories.MembershipFactory(chamber=chamber, starts_on=TODAY + dt.timedelta(days=9))

    again = decide(client, "chambers_membership", "end", good, later, ends_on=TODAY.isoformat())

    good.refresh_from_db()
    assert good.ends_on is None
    assert str(later) in str(again.context["form"].non_field_errors())
    assert again.context["form"]["ends_on"].value() == TODAY.isoformat()


def test_the_page_of_an_application_offers_its_decisions(client, manager, chamber):
    waiting, member = applicant(chamber), factories.MembershipFactory(chamber=chamber)

    offered = [
        [
            name
            for name, _ in client.get(
                reverse("admin:chambers_membership_change", args=[row.pk])
            ).context["decisions"]
        ]
        for row in (waiting, member)
    ]

    assert offered == [["approve", "refuse"], ["end"]]


def test_members_are_found_by_native_and_latin_name_and_number(client, manager, chamber):
    company = factories.CompanyFactory(
        legal_name="ООО «Ромашка Сенсор»",
        legal_name_latin="Romashka Sensor LLC",
        registration_number="7701234567",
        indexed=True,
    )
    row = factories.MembershipFactory(company=company, chamber=chamber)
    factories.MembershipFactory(chamber=chamber)
    address = reverse("admin:chambers_membership_changelist")

    for term in ("ромашка", "Romashka", "7701234567"):
        found = client.get(address, {"q": term})
        assert list(found.context["cl"].result_list) == [row], term


def test_members_are_filtered_by_the_status_of_today(client, manager, chamber):
    grace = factories.MembershipFactory(chamber=chamber, ends_on=TODAY - dt.timedelta(days=1))
    factories.MembershipFactory(chamber=chamber)

    found = client.get(reverse("admin:chambers_membership_changelist"), {"status": "grace"})

    assert list(found.context["cl"].result_list) == [grace]
    assert b"Grace" in found.content


def test_a_manager_renews_a_membership(client, manager, chamber):
    member = factories.MembershipFactory(chamber=chamber)

    client.post(
        reverse("admin:chambers_membership_change", args=[member.pk]), {"ends_on": "2030-12-31"}
    )

    member.refresh_from_db()
    assert member.ends_on == dt.date(2030, 12, 31)
    assert member.rights_end_on == dt.date(2031, 3, 1)


def test_a_member_that_is_changed_is_found_by_its_new_name(client, manager, chamber):
    company = factories.CompanyFactory(
        member=True, membership__chamber=chamber, description={"en": "Pumps", "de": "Pumpen"}
    )
    address = reverse("admin:chambers_company_change", args=[company.pk])
    typed = sent_back(client.get(address), "company_form")

    client.post(address, {**typed, "description_en": "Valves", "legal_name": "Zavod Two"})

    company.refresh_from_db()
    assert company.legal_name == "Zavod Two"
    assert company.description == {"en": "Valves", "de": "Pumpen"}
    found = client.get(reverse("admin:chambers_company_changelist"), {"q": "Zavod"})
    assert list(found.context["cl"].result_list) == [company]


def test_a_service_that_refuses_speaks_on_the_form(client, manager, chamber):
    guild = factories.GuildFactory(chamber=chamber)
    applied = applicant(chamber).company

    sent = client.post(
        reverse("admin:chambers_guildmembership_add"), {"guild": guild.pk, "company": applied.pk}
    )

    assert sent.status_code == 200
    assert "is not a member" in str(sent.context["adminform"].form.non_field_errors())
    assert not GuildMembership.objects.exists()


def test_guild_members_are_added_and_removed_on_its_page(client, manager, chamber):
    guild = factories.GuildFactory(chamber=chamber)
    leaves = factories.CompanyFactory(member=True, membership__chamber=chamber)
    joins = factories.CompanyFactory(member=True, membership__chamber=chamber)
    place = factories.GuildMembershipFactory(guild=guild, company=leaves)

    client.post(
        reverse("admin:chambers_guild_change", args=[guild.pk]),
        {
            "name_en": "High Technology Guild",
            "slug": guild.slug,
            "memberships-TOTAL_FORMS": "2",
            "memberships-INITIAL_FORMS": "1",
            "memberships-0-id": place.pk,
            "memberships-0-guild": guild.pk,
            "memberships-0-DELETE": "on",
            "memberships-1-guild": guild.pk,
            "memberships-1-company": joins.pk,
        },
    )

    guild.refresh_from_db()
    assert guild.name_en == "High Technology Guild"
    assert list(guild.members.all()) == [joins]


def test_a_manager_founds_a_guild_and_proposes_a_commission(client, manager, chamber):
    japan = factories.CountryFactory(code="JP")
    code = factories.TradeCodeFactory(code="84")

    client.post(
        reverse("admin:chambers_guild_add"),
        {
            "chamber": chamber.pk,
            "name_en": "Machines",
            "slug": "machines",
            "codes": [code.pk],
            "note_ru": "Станки",
        },
    )
    client.post(
        reverse("admin:chambers_commission_add"),
        {"chamber": chamber.pk, "country": japan.pk, "status": "proposed"},
    )

    guild = chamber.guilds.get()
    assert (list(guild.codes.all()), guild.note) == ([code], {"ru": "Станки"})
    assert Commission.objects.get().country == japan


def test_a_second_commission_on_a_country_is_a_message_not_a_crash(client, manager, chamber):
    first = factories.CommissionFactory(chamber=chamber)

    sent = client.post(
        reverse("admin:chambers_commission_add"),
        {"chamber": chamber.pk, "country": first.country_id, "status": "proposed"},
    )

    assert sent.status_code == 200
    assert "has a commission" in str(sent.context["adminform"].form.errors)


def test_a_manager_registers_and_ends_an_agreement(client, manager, chamber):
    partner = factories.ChamberFactory()

    client.post(
        reverse("admin:chambers_agreement_add"),
        {
            "first": chamber.pk,
            "second": partner.pk,
            "starts_on": "2020-01-01",
            "response_days": "5",
            "scope_en": "Contacts",
        },
    )
    agreement = Agreement.objects.get()
    before = agreement.status
    decide(client, "chambers_agreement", "end", agreement, on=TODAY.isoformat())

    agreement.refresh_from_db()
    assert (before, agreement.ends_on) == (Agreement.Status.IN_FORCE, TODAY)
    assert agreement.scope == {"en": "Contacts"}


def test_an_agreement_between_two_others_cannot_be_registered(client, manager):
    first, second = factories.ChamberFactory(), factories.ChamberFactory()

    sent = client.post(
        reverse("admin:chambers_agreement_add"),
        {"first": first.pk, "second": second.pk, "response_days": "5"},
    )

    assert "first" in sent.context["adminform"].form.errors
    assert not Agreement.objects.exists()


def test_new_grace_days_hold_for_present_members(client, superuser, chamber):
    member = factories.MembershipFactory(chamber=chamber, ends_on=dt.date(2030, 1, 1))
    address = reverse("admin:chambers_chamber_change", args=[chamber.pk])
    typed = sent_back(client.get(address), "chamber_form")

    client.post(address, {**typed, "grace_days": "10"})

    member.refresh_from_db()
    assert member.rights_end_on == dt.date(2030, 1, 11)


def test_what_may_not_be_published_is_rejected_with_a_reason(client, manager, chamber):
    company = factories.CompanyFactory(member=True, membership__chamber=chamber)
    waiting = factories.OpportunityFactory(company=company, in_review=True)

    shown = decide(client, "marketplace_opportunity", "reject", waiting)
    decide(client, "marketplace_opportunity", "reject", waiting, decided="1", reason="Weapons")

    waiting.refresh_from_db()
    assert waiting.reference.encode() in shown.content
    assert waiting.status == Opportunity.Status.REJECTED
    assert waiting.reviews.get().comment == "Weapons"


def test_opportunities_that_end_soon_are_renewed_together(client, manager, chamber):
    company = factories.CompanyFactory(member=True, membership__chamber=chamber)
    ending = factories.OpportunityFactory(
        company=company, published=True, expires_on=TODAY + dt.timedelta(days=5)
    )

    decide(client, "marketplace_opportunity", "renew", ending, decided="1")

    ending.refresh_from_db()
    assert ending.expires_on == TODAY + dt.timedelta(days=370)


def test_a_parked_job_is_tried_again(client, manager, chamber):
    job = factories.JobFactory(chamber=chamber, parked=True)

    decide(client, "chambers_job", "retry", job, decided="1")

    job.refresh_from_db()
    assert (job.state, job.tries) == (Job.State.QUEUED, 0)


def test_a_run_is_started_watched_and_stopped(client, manager):
    started = client.post(reverse("admin:matching_run_add"))
    run = Run.objects.get()
    watched = client.get(started["Location"])
    decide(client, "matching_run", "stop", run, decided="1")
    over = client.get(started["Location"], headers={"HX-Request": "true"})

    run.refresh_from_db()
    assert (run.requested_by, run.state) == (manager, Run.State.CANCELLED)
    assert b"<progress" in watched.content
    assert b"hx-get" in watched.content
    assert b"hx-get" not in over.content
    assert over["HX-Refresh"] == "true"


def test_a_second_run_is_refused_on_the_form(client, manager):
    factories.RunFactory(running=True)

    sent = client.post(reverse("admin:matching_run_add"))

    assert "under way" in str(sent.context["adminform"].form.non_field_errors())
    assert Run.objects.count() == 1


def test_the_first_page_counts_what_waits_for_ones_own_chambers(client, manager, chamber):
    old = applicant(chamber)
    old.applied_on = TODAY - dt.timedelta(days=3)
    old.save()
    applicant(factories.ChamberFactory())
    factories.JobFactory(chamber=chamber, parked=True)
    factories.AgreementFactory(first=chamber, ends_on=TODAY + dt.timedelta(days=5))
    factories.RunFactory(running=True)

    waits = {queue.title: queue for queue in queues_for(manager)}
    shown = client.get(reverse("admin:index"))

    assert waits["Applications for membership"].count == 1
    assert waits["Applications for membership"].since == old.applied_on
    assert waits["Jobs parked after repeated failures"].count == 1
    assert waits["Agreements that end soon"].until == TODAY + dt.timedelta(days=5)
    assert waits["Matching run under way"].percent is not None
    for queue in waits.values():
        assert queue.url.encode() in shown.content
        assert client.get(queue.url).status_code == 200


def test_the_administration_speaks_the_persons_language(client, manager):
    manager.language = "ru"
    manager.save()

    shown = client.get(reverse("admin:index"))

    assert 'lang="ru"' in shown.content.decode()


def test_the_first_page_says_which_time_zones_are_known_and_all_machines_know_the_same(
    client, manager
):
    shown = client.get(reverse("admin:index")).content.decode()

    assert f"Time zones as of {tzdata.IANA_VERSION} (IANA)." in shown
    assert zoneinfo.TZPATH == ()
    assert "Europe/Minsk" in zoneinfo.available_timezones()
