"""What the administration lists, offers, filters and accepts: one's own chambers' rows."""

import datetime as dt
import json

import pytest
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.test import Client
from django.urls import reverse

from chambers.admin.base import ScopedAdmin, ScopedInline, served
from chambers.models import (
    Agreement,
    Commission,
    Guild,
    GuildMembership,
    Heartbeat,
    Job,
    Membership,
    Staff,
    today,
)
from tests import event_factories as made
from tests import factories

ADMINS = {model._meta.label_lower: one for model, one in admin.site._registry.items()}


@pytest.fixture
def ours(db):
    return factories.ChamberFactory(name_en="Our Chamber")


@pytest.fixture
def theirs(db):
    return factories.ChamberFactory(name_en="Their Chamber")


@pytest.fixture
def manager(client, ours):
    """A signed-in manager of our chamber."""
    person = factories.StaffFactory(chamber=ours).person
    client.force_login(person)
    return person


def member_of(chamber, **fields):
    return factories.CompanyFactory(member=True, membership__chamber=chamber, **fields)


def page(client, name, *args, **query):
    return client.get(reverse(f"admin:{name}", args=args), query)


def rows(response):
    return list(response.context["cl"].result_list)


def test_every_admin_and_every_inline_is_a_scoped_one():
    inlines = [inline for one in ADMINS.values() for inline in one.inlines]

    assert ADMINS
    assert [name for name, one in ADMINS.items() if not isinstance(one, ScopedAdmin)] == []
    assert [one for one in inlines if not issubclass(one, ScopedInline)] == []
    assert all(issubclass(one, InlineModelAdmin) for one in inlines)


def test_an_admin_that_a_library_brings_along_is_not_registered():
    class LibraryAdmin(admin.ModelAdmin):
        pass

    admin.site.register(Heartbeat, LibraryAdmin)

    assert not admin.site.is_registered(Heartbeat)
    assert "account.emailaddress" not in ADMINS
    assert "knox.authtoken" not in ADMINS


def test_a_model_without_a_scope_shows_nothing_even_to_a_superuser():
    assert served(Heartbeat, factories.UserFactory.build(superuser=True)).query.is_empty()


def test_staff_see_members_of_their_chambers_only(client, manager, ours, theirs):
    mine, foreign = member_of(ours), member_of(theirs)

    listed = page(client, "chambers_company_changelist")
    found = page(client, "chambers_company_changelist", q=foreign.legal_name)
    missing = page(client, "chambers_company_change", 10**9)
    hidden = page(client, "chambers_company_change", foreign.pk)

    assert rows(listed) == [mine]
    assert rows(found) == []
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.content == missing.content.replace(b"1000000000", str(foreign.pk).encode())


def test_a_viewer_reads_and_changes_nothing(client, ours):
    client.force_login(factories.StaffFactory(chamber=ours, role=Staff.Role.VIEWER).person)
    guild = factories.GuildFactory(chamber=ours)
    address = reverse("admin:chambers_guild_change", args=[guild.pk])

    shown = client.get(address)
    sent = client.post(address, {"name_en": "Taken over"})

    assert (shown.status_code, sent.status_code) == (200, 403)
    assert b'name="name_en"' not in shown.content
    assert page(client, "chambers_guild_add").status_code == 403
    guild.refresh_from_db()
    assert guild.name_en != "Taken over"


def test_a_viewer_here_and_manager_there_changes_only_there(client, manager, theirs):
    factories.StaffFactory(person=manager, chamber=theirs, role=Staff.Role.VIEWER)
    guild = factories.GuildFactory(chamber=theirs)

    sent = client.post(reverse("admin:chambers_guild_change", args=[guild.pk]), {"name_en": "X"})
    added = client.post(
        reverse("admin:chambers_guild_add"),
        {"chamber": theirs.pk, "name_en": "New", "slug": "new"},
    )

    assert sent.status_code == 403
    assert "chamber" in added.context["adminform"].form.errors
    assert list(Guild.objects.all()) == [guild]


def test_forms_offer_only_ones_own_chambers_and_partners_of_any(client, manager, ours, theirs):
    form = page(client, "chambers_agreement_add").context["adminform"].form

    assert list(form.fields["first"].queryset) == [ours]
    assert set(form.fields["second"].queryset) == {ours, theirs}


def test_a_forged_company_does_not_get_into_a_guild(client, manager, ours, theirs):
    guild, foreign = factories.GuildFactory(chamber=ours), member_of(theirs)

    sent = client.post(
        reverse("admin:chambers_guildmembership_add"), {"guild": guild.pk, "company": foreign.pk}
    )

    assert "company" in sent.context["adminform"].form.errors
    assert not GuildMembership.objects.exists()


@pytest.mark.parametrize(
    ("model", "field"),
    [
        ("guildmembership", "company"),
        ("membership", "company"),
        ("representative", "company"),
        ("guild", "members"),
        ("company", "excluded_companies"),
    ],
)
def test_autocompletion_finds_only_served_companies(client, manager, ours, theirs, model, field):
    mine = member_of(ours, legal_name="Sensor One", indexed=True)
    member_of(theirs, legal_name="Sensor Two", indexed=True)

    answer = client.get(
        reverse("admin:autocomplete"),
        {"app_label": "chambers", "model_name": model, "field_name": field, "term": "Sensor"},
    )

    assert [one["id"] for one in json.loads(answer.content)["results"]] == [str(mine.pk)]


def test_autocompletion_of_people_finds_only_served_people(client, manager, theirs):
    stranger = factories.StaffFactory(chamber=theirs).person

    answer = client.get(
        reverse("admin:autocomplete"),
        {
            "app_label": "chambers",
            "model_name": "representative",
            "field_name": "person",
            "term": "example.org",
        },
    )

    found = {one["id"] for one in json.loads(answer.content)["results"]}
    assert str(manager.pk) in found
    assert str(stranger.pk) not in found


def test_the_sidebar_lists_only_served_values(client, manager, ours, theirs):
    factories.GuildFactory(chamber=ours)
    factories.GuildFactory(chamber=theirs)

    listed = page(client, "chambers_guild_changelist")

    assert b"Our Chamber" in listed.content
    assert b"Their Chamber" not in listed.content


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("chambers_user_changelist", {"password__startswith": "a"}),
        ("chambers_apitoken_changelist", {"digest__startswith": "a"}),
        ("chambers_guild_changelist", {"chamber__memberships__company__legal_name": "a"}),
        ("chambers_guild_changelist", {"chamber__memberships__company__id__exact": "1"}),
    ],
)
def test_an_address_cannot_search_in_what_the_sidebar_does_not_offer(client, manager, name, query):
    answer = page(client, name, **query)

    assert answer.status_code in (302, 400)


@pytest.mark.parametrize("view", ["change", "history"])
@pytest.mark.parametrize(
    ("model", "make"),
    [
        ("chambers_chamber", lambda chamber: chamber),
        ("chambers_staff", lambda chamber: factories.StaffFactory(chamber=chamber)),
        ("chambers_membership", lambda chamber: factories.MembershipFactory(chamber=chamber)),
        ("chambers_guild", lambda chamber: factories.GuildFactory(chamber=chamber)),
        ("chambers_commission", lambda chamber: factories.CommissionFactory(chamber=chamber)),
        ("chambers_agreement", lambda chamber: factories.AgreementFactory(first=chamber)),
        ("chambers_job", lambda chamber: factories.JobFactory(chamber=chamber)),
        ("chambers_mail", lambda chamber: factories.MailFactory(chamber=chamber)),
        (
            "marketplace_opportunity",
            lambda chamber: factories.OpportunityFactory(company=member_of(chamber)),
        ),
        (
            "matching_suggestionlist",
            lambda chamber: factories.SuggestionListFactory(company=member_of(chamber)),
        ),
    ],
)
def test_a_foreign_page_is_a_missing_page(client, manager, ours, theirs, model, make, view):
    foreign = make(theirs)

    answer = page(client, f"{model}_{view}", foreign.pk)

    assert answer.status_code == 404


def test_choosing_all_rows_touches_only_served_ones(client, manager, ours, theirs):
    mine = factories.MembershipFactory(applied=True, chamber=ours)
    foreign = factories.MembershipFactory(applied=True, chamber=theirs)

    client.post(
        reverse("admin:chambers_membership_changelist"),
        {
            "action": "refuse",
            "_selected_action": [foreign.pk],
            "select_across": "1",
            "decided": "1",
            "reason": "Not of our region.",
        },
    )

    mine.refresh_from_db()
    foreign.refresh_from_db()
    assert mine.decision == Membership.Decision.REFUSED
    assert foreign.decision == Membership.Decision.PENDING


def test_an_action_on_forged_keys_does_nothing(client, manager, theirs):
    foreign = factories.JobFactory(chamber=theirs, parked=True)

    client.post(
        reverse("admin:chambers_job_changelist"),
        {"action": "retry", "_selected_action": [foreign.pk], "decided": "1"},
    )

    foreign.refresh_from_db()
    assert foreign.state == Job.State.PARKED


@pytest.mark.parametrize(
    ("membership", "answers"),
    [
        ({"applied": True}, (200, 403)),
        ({"decision": "refused", "starts_on": None, "reason": "No."}, (404, 404)),
        ({"ends_on": today() - dt.timedelta(days=61)}, (404, 404)),
    ],
)
def test_a_company_of_another_chamber_now_is_only_read_and_only_by_whom_it_asks(
    client, manager, ours, theirs, membership, answers
):
    company = member_of(theirs)
    factories.MembershipFactory(company=company, chamber=ours, **membership)
    draft = factories.OpportunityFactory(company=company)
    address = reverse("admin:chambers_company_change", args=[company.pk])

    shown, sent = client.get(address), client.post(address, {"legal_name": "Renamed"})

    assert (shown.status_code, sent.status_code) == answers
    assert page(client, "marketplace_opportunity_change", draft.pk).status_code == 404


@pytest.mark.parametrize(
    ("membership", "known"),
    [
        ({"applied": True}, True),
        ({"ends_on": today()}, True),
        ({"decision": "refused", "starts_on": None, "reason": "No."}, False),
        ({"ends_on": today() - dt.timedelta(days=61)}, False),
    ],
)
def test_a_registration_number_is_told_and_found_only_while_a_membership_is_open(
    client, manager, ours, theirs, membership, known
):
    company = member_of(
        theirs, registration_number="7701234567", visibility={"registration_number": "accepted"}
    )
    row = factories.MembershipFactory(company=company, chamber=ours, **membership)

    listed = page(client, "chambers_membership_changelist")
    opened = page(client, "chambers_membership_change", row.pk)
    found = page(client, "chambers_membership_changelist", q="77012")

    assert rows(listed) == [row]
    assert ("7701234567" in listed.content.decode()) == known
    assert ("7701234567" in opened.content.decode()) == known
    assert rows(found) == ([row] if known else [])


@pytest.mark.parametrize("who", ["ours", "theirs", "operator"])
def test_who_asked_for_a_run_is_told_to_their_own_chamber_and_to_superusers(
    client, manager, ours, theirs, who
):
    person = {
        "ours": lambda: factories.StaffFactory(chamber=ours).person,
        "theirs": lambda: factories.StaffFactory(chamber=theirs).person,
        "operator": lambda: factories.UserFactory(superuser=True),
    }[who]()
    person.name = "Vera Asked"
    person.save()
    run = factories.RunFactory(current=True, requested_by=person)

    def shown():
        return [
            "Vera Asked" in answer.content.decode()
            for answer in (
                page(client, "matching_run_changelist"),
                page(client, "matching_run_change", run.pk),
            )
        ]

    assert shown() == [who == "ours"] * 2
    client.force_login(factories.UserFactory(superuser=True))
    assert shown() == [True, True]


def test_a_key_is_seen_by_its_owner_alone(client, manager, ours):
    colleague = factories.StaffFactory(chamber=ours).person
    factories.token_for(colleague)
    factories.token_for(manager)

    listed = page(client, "chambers_apitoken_changelist")

    assert [token.user for token in rows(listed)] == [manager]


def test_a_superuser_sees_every_chamber(client, ours, theirs):
    client.force_login(factories.UserFactory(superuser=True))
    mine, foreign = member_of(ours), member_of(theirs)

    assert set(rows(page(client, "chambers_company_changelist"))) == {mine, foreign}


def test_nobody_else_enters(client, ours):
    company = member_of(ours)
    client.force_login(factories.RepresentativeFactory(company=company).person)

    for signed_in in (client, Client()):
        answer = signed_in.get(reverse("admin:index"))

        assert answer.status_code == 302
        assert "login" in answer["Location"]


def test_who_is_dismissed_is_out_at_once(client, manager):
    assert page(client, "index").status_code == 200

    Staff.objects.all().delete()
    manager.is_staff = False
    manager.save()

    assert page(client, "index").status_code == 302


def _fill(label, chamber):
    """One more row of a model for its list, in the given chamber."""
    makers = {
        "chambers.agreement": lambda: factories.AgreementFactory(first=chamber),
        "chambers.apitoken": lambda: factories.token_for(factories.UserFactory()),
        "chambers.chamber": factories.ChamberFactory,
        "chambers.commission": lambda: factories.CommissionFactory(
            chamber=chamber, region=f"Region {Commission.objects.count()}"
        ),
        "chambers.company": lambda: factories.RepresentativeFactory(company=member_of(chamber)),
        "chambers.council": lambda: factories.CouncilFactory(chambers=[chamber]),
        "chambers.country": lambda: factories.CountryFactory(
            code=["BY", "KZ", "JP", "CN"][factories.Country.objects.count() - 1]
        ),
        "chambers.guild": lambda: factories.GuildFactory(chamber=chamber),
        "chambers.guildmembership": lambda: factories.GuildMembershipFactory(
            company=member_of(chamber), guild__chamber=chamber
        ),
        "chambers.job": lambda: factories.JobFactory(chamber=chamber),
        "chambers.mail": lambda: factories.MailFactory(chamber=chamber),
        "chambers.membership": lambda: factories.MembershipFactory(chamber=chamber),
        "chambers.staff": lambda: factories.StaffFactory(chamber=chamber),
        "chambers.tradecode": lambda: factories.TradeCodeFactory(
            code=str(9000 + factories.TradeCode.objects.count())
        ),
        "chambers.user": lambda: factories.StaffFactory(chamber=chamber),
        "marketplace.opportunity": lambda: factories.OpportunityFactory(
            published=True, company=member_of(chamber)
        ),
        "marketplace.event": lambda: made.EventFactory(chamber=chamber),
        "marketplace.hall": lambda: made.HallFactory(event__chamber=chamber),
        "marketplace.table": lambda: made.TableFactory(event__chamber=chamber),
        "marketplace.slot": lambda: made.SlotFactory(event__chamber=chamber),
        "marketplace.session": lambda: made.SessionFactory(event__chamber=chamber),
        "marketplace.group": lambda: made.GroupFactory(event__chamber=chamber),
        "marketplace.delegation": lambda: made.DelegationFactory(event__chamber=chamber),
        "marketplace.interpreter": lambda: made.InterpreterFactory(event__chamber=chamber),
        "marketplace.registration": lambda: made.RegistrationFactory(event__chamber=chamber),
        "marketplace.participant": lambda: made.ParticipantFactory(
            registration__event__chamber=chamber
        ),
        "marketplace.meetingrequest": lambda: made.MeetingRequestFactory(event__chamber=chamber),
        "marketplace.meeting": lambda: made.MeetingFactory(event__chamber=chamber, placed=True),
        "marketplace.timetable": lambda: made.TimetableFactory(event__chamber=chamber),
        "chambers.joinrequest": lambda: factories.JoinRequestFactory(company=member_of(chamber)),
        "marketplace.dispute": lambda: made.DisputeFactory(meeting__event__chamber=chamber),
        "marketplace.interpreterwish": lambda: made.InterpreterWishFactory(
            meeting__event__chamber=chamber
        ),
        "marketplace.feedback": lambda: made.FeedbackFactory(meeting__event__chamber=chamber),
        "marketplace.call": lambda: made.FeedbackFactory(
            meeting__event__chamber=chamber, to_call=True
        ),
        "marketplace.interest": lambda: factories.InterestFactory(at_chamber=chamber),
        "marketplace.outcome": lambda: made.OutcomeFactory(
            meeting__host__registration__company=member_of(chamber)
        ),
        "marketplace.report": lambda: factories.ReportFactory(
            message__conversation__partner=member_of(chamber)
        ),
        "matching.pairhistory": lambda: factories.PairHistoryFactory(
            one=member_of(chamber), other=member_of(chamber), recorded_by=factories.UserFactory()
        ),
        "matching.triad": lambda: factories.TriadFactory(first=member_of(chamber)),
        "matching.weightset": factories.WeightSetFactory,
        "matching.chamberemphasis": lambda: factories.ChamberEmphasisFactory(chamber=chamber),
        "matching.eventemphasis": lambda: factories.EventEmphasisFactory(event__chamber=chamber),
        "matching.run": lambda: factories.RunFactory(state="done"),
        "matching.suggestionlist": lambda: factories.SuggestionListFactory(
            run=factories.Run.objects.filter(is_current=True).first()
            or factories.RunFactory(current=True),
            company=member_of(chamber),
        ),
    }
    return makers[label]()


@pytest.mark.parametrize("label", sorted(ADMINS))
def test_a_list_takes_the_same_queries_for_any_number_of_rows(
    client, ours, label, django_assert_max_num_queries
):
    client.force_login(factories.UserFactory(superuser=True))
    address = reverse(f"admin:{label.replace('.', '_')}_changelist")
    taken = []
    for more in (1, 2):
        for _ in range(more):
            _fill(label, ours)
        client.get(address)  # so that caches of content types and the like are warm
        with django_assert_max_num_queries(25) as queries:
            shown = client.get(address)
        taken.append((len(rows(shown)), len(queries)))

    assert taken[0][0] < taken[1][0]
    assert taken[0][1] == taken[1][1]


@pytest.mark.parametrize(
    ("page_of", "more"),
    [
        (
            "guild",
            lambda chamber, guild, company: factories.GuildMembershipFactory(
                guild=guild, company=member_of(chamber)
            ),
        ),
        (
            "company",
            lambda chamber, guild, company: factories.RepresentativeFactory(company=company),
        ),
    ],
)
def test_a_page_takes_the_same_queries_for_any_number_of_rows_on_it(
    client, ours, page_of, more, django_assert_max_num_queries
):
    client.force_login(factories.UserFactory(superuser=True))
    guild, company = factories.GuildFactory(chamber=ours), member_of(ours)
    row = {"guild": guild, "company": company}[page_of]
    address = reverse(f"admin:chambers_{page_of}_change", args=[row.pk])
    taken = []
    for _ in range(2):
        more(ours, guild, company)
        client.get(address)
        with django_assert_max_num_queries(40) as queries:
            client.get(address)
        taken.append(len(queries))
        more(ours, guild, company)

    assert taken[0] == taken[1]


def test_a_chambers_counts_do_not_multiply(client, manager, ours):
    for _ in range(2):
        member_of(ours)
        factories.GuildFactory(chamber=ours)
    factories.MembershipFactory(applied=True, chamber=ours)

    (row,) = rows(page(client, "chambers_chamber_changelist"))

    assert (row.members_now, row.guilds_now) == (2, 2)


def test_agreements_of_two_foreign_chambers_are_not_ours(client, manager):
    factories.AgreementFactory()

    assert rows(page(client, "chambers_agreement_changelist")) == []
    assert Agreement.objects.count() == 1
