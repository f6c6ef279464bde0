"""Who sees and who changes which rows, model by model; there is always a row that could leak."""

import datetime as dt

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from chambers.models import (
    ApiToken,
    Chamber,
    Commission,
    Company,
    Council,
    Guild,
    GuildMembership,
    Job,
    Mail,
    Membership,
    Representative,
    ScopedQuerySet,
    Staff,
    User,
)
from marketplace.models import InvestmentTerms, Opportunity
from matching.models import Dismissal, Run, SuggestionList
from tests import factories

GUEST = AnonymousUser()


class World:
    """Two chambers with the same things in each: ``ours`` and ``theirs`` by the same names."""

    def __init__(self):
        self.run = factories.RunFactory(current=True)
        self.ours, self.theirs = self.tenant(), self.tenant()

    def tenant(self):
        chamber = factories.ChamberFactory()
        company = factories.CompanyFactory(member=True, membership__chamber=chamber)
        hidden = factories.CompanyFactory(member=True, membership__chamber=chamber, is_listed=False)
        draft = factories.OpportunityFactory(company=company, kind=Opportunity.Kind.INVESTMENT)
        return {
            "chamber": chamber,
            "manager": factories.StaffFactory(chamber=chamber).person,
            "viewer": factories.StaffFactory(chamber=chamber, role=Staff.Role.VIEWER).person,
            "owner": factories.RepresentativeFactory(company=company).person,
            Company: hidden,
            Membership: factories.MembershipFactory(applied=True, chamber=chamber),
            Representative: company.representatives.get(),
            Guild: factories.GuildFactory(chamber=chamber),
            GuildMembership: factories.GuildMembershipFactory(
                guild__chamber=chamber, company=hidden
            ),
            Commission: factories.CommissionFactory(chamber=chamber),
            Job: factories.JobFactory(chamber=chamber),
            Mail: factories.MailFactory(chamber=chamber),
            Opportunity: draft,
            InvestmentTerms: factories.InvestmentTermsFactory(opportunity=draft),
            SuggestionList: factories.SuggestionListFactory(run=self.run, company=company),
            Dismissal: factories.DismissalFactory(company=company),
            "published": factories.OpportunityFactory(company=company, published=True),
            "company": company,
        }


@pytest.fixture
def world(db):
    return World()


KEPT = [
    Company,
    Membership,
    Representative,
    Guild,
    GuildMembership,
    Commission,
    Job,
    Mail,
    Opportunity,
    InvestmentTerms,
    SuggestionList,
    Dismissal,
]


@pytest.mark.parametrize("model", KEPT)
def test_staff_are_served_the_rows_of_their_chamber_alone(world, model):
    ours, theirs = world.ours[model], world.theirs[model]

    for person in (world.ours["manager"], world.ours["viewer"]):
        served = model.objects.served_by(person)
        assert served.contains(ours)
        assert not served.contains(theirs)


@pytest.mark.parametrize("model", KEPT)
def test_nobody_but_staff_is_served_anything(world, model):
    for person in (GUEST, world.ours["owner"], factories.UserFactory(is_staff=True)):
        assert not model.objects.served_by(person).exists()


@pytest.mark.parametrize("model", KEPT)
def test_a_superuser_is_served_everything(world, model):
    served = model.objects.served_by(factories.UserFactory(superuser=True))

    assert served.count() == model.objects.count()


@pytest.mark.parametrize(
    "model",
    [Company, Membership, Guild, GuildMembership, Commission, Job, Opportunity],
)
def test_only_managers_change_and_only_at_home(world, model):
    ours, theirs = world.ours[model], world.theirs[model]

    assert model.objects.managed_by(world.ours["manager"]).contains(ours)
    assert not model.objects.managed_by(world.ours["manager"]).contains(theirs)
    for person in (GUEST, world.ours["viewer"], world.ours["owner"]):
        assert not model.objects.managed_by(person).exists()


@pytest.mark.parametrize("model", [Mail, Representative, SuggestionList, Dismissal])
def test_what_staff_only_read_no_manager_changes(world, model):
    assert not model.objects.managed_by(world.ours["manager"]).exists()


@pytest.mark.parametrize(
    "model", [Company, Opportunity, InvestmentTerms, SuggestionList, Dismissal, Job, Mail]
)
def test_what_is_not_public_is_shown_to_no_guest_and_no_stranger(world, model):
    for person in (GUEST, world.theirs["owner"], world.theirs["manager"]):
        assert not model.objects.visible_to(person).contains(world.ours[model])


@pytest.mark.parametrize(
    "model", [Opportunity, InvestmentTerms, SuggestionList, Dismissal, Representative]
)
def test_a_company_sees_its_own(world, model):
    visible = model.objects.visible_to(world.ours["owner"])

    assert visible.contains(world.ours[model])
    assert not visible.contains(world.theirs[model])


def test_everyone_sees_listed_members_and_what_they_publish(world):
    for tenant in (world.ours, world.theirs):
        assert Company.objects.visible_to(GUEST).contains(tenant["company"])
        assert Opportunity.objects.visible_to(GUEST).contains(tenant["published"])


def test_what_a_company_published_goes_with_its_membership(world):
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    Membership.objects.filter(company=world.ours["company"]).update(
        ends_on=yesterday, rights_end_on=yesterday
    )

    for person in (GUEST, world.theirs["owner"], world.ours["manager"]):
        assert not Opportunity.objects.visible_to(person).contains(world.ours["published"])
    assert Opportunity.objects.visible_to(world.ours["owner"]).contains(world.ours["published"])
    assert not Company.objects.listed().contains(world.ours["company"])


@pytest.mark.parametrize("decision", ["refused", "pending", "ended"])
def test_a_chamber_that_a_company_is_no_member_of_has_no_part_in_its_affairs(world, decision):
    company, theirs = world.ours["company"], world.theirs
    past = timezone.localdate() - dt.timedelta(days=900)
    fields = (
        {"starts_on": past, "ends_on": past}
        if decision == "ended"
        else {"decision": decision, "starts_on": None, "reason": "No."}
    )
    factories.MembershipFactory(company=company, chamber=theirs["chamber"], **fields)

    Company.objects.filter(pk=company.pk).update(is_listed=False)
    for rows, row in (
        (Company.objects.served_by(theirs["manager"]), company),
        (Company.objects.visible_to(theirs["manager"]), company),
        (Representative.objects.served_by(theirs["manager"]), world.ours[Representative]),
        (User.objects.served_by(theirs["manager"]), world.ours["owner"]),
    ):
        assert rows.contains(row) == (decision == "pending")
    assert Membership.objects.served_by(theirs["manager"]).filter(company=company).exists()
    assert not Company.objects.managed_by(theirs["manager"]).contains(company)
    for model in (Opportunity, SuggestionList, Dismissal):
        assert not model.objects.served_by(theirs["manager"]).contains(world.ours[model])
    assert not Opportunity.objects.managed_by(theirs["manager"]).contains(world.ours[Opportunity])


def test_only_the_lists_of_the_current_run_are_seen(world):
    former = factories.SuggestionListFactory(
        run=factories.RunFactory(state=Run.State.DONE), company=world.ours["company"]
    )

    for person in (world.ours["owner"], world.ours["manager"]):
        assert not SuggestionList.objects.visible_to(person).contains(former)


def test_any_staff_watches_a_run_and_any_manager_stops_it(world):
    assert Run.objects.visible_to(world.theirs["viewer"]).contains(world.run)
    assert Run.objects.managed_by(world.theirs["manager"]).contains(world.run)
    assert not Run.objects.managed_by(world.theirs["viewer"]).exists()
    for person in (GUEST, world.ours["owner"], factories.UserFactory(is_staff=True)):
        assert not Run.objects.visible_to(person).exists()


def test_people_are_served_to_the_chambers_they_have_to_do_with(world):
    served = User.objects.served_by(world.ours["viewer"])

    assert set(served) == {world.ours[one] for one in ("manager", "viewer", "owner")}
    assert list(User.objects.visible_to(world.ours["owner"])) == [world.ours["owner"]]
    assert not User.objects.managed_by(world.ours["manager"]).exists()


def test_a_key_is_its_owners_own_matter(world):
    owner = world.ours["owner"]
    factories.token_for(owner)

    assert ApiToken.scoped.served_by(owner).get().user == owner
    assert not ApiToken.scoped.served_by(world.ours["manager"]).exists()
    assert ApiToken.scoped.served_by(factories.UserFactory(superuser=True)).exists()


def test_staff_roles_are_served_and_managed_at_home(world):
    manager, viewer = world.ours["manager"], world.ours["viewer"]

    assert set(Staff.objects.served_by(viewer)) == set(world.ours["chamber"].staff_roles.all())
    assert set(Staff.objects.managed_by(manager)) == set(world.ours["chamber"].staff_roles.all())
    assert not Staff.objects.managed_by(viewer).exists()


def test_chambers_and_councils_are_public_and_councils_nobodys_but_the_platforms(world):
    council = factories.CouncilFactory(chambers=[world.ours["chamber"]])

    assert Chamber.objects.visible_to(GUEST).count() == 2
    assert Chamber.objects.served_by(world.ours["viewer"]).get() == world.ours["chamber"]
    assert Council.objects.visible_to(GUEST).get() == council
    assert not Council.objects.served_by(world.ours["manager"]).exists()


def test_every_model_of_ours_with_rows_of_a_chamber_says_who_sees_them():
    ours = [
        model
        for app in ("chambers", "marketplace", "matching")
        for model in apps.get_app_config(app).get_models()
    ]
    unscoped = {
        model.__name__
        for model in ours
        if not any(
            isinstance(manager.get_queryset(), ScopedQuerySet) for manager in model._meta.managers
        )
    }

    # Signs of life, counters, and the own tables of engine and search: no page shows their rows.
    engine = {"IndexFile", "Profile", "SearchWord", "Shortlist", "Term"}
    assert unscoped == {"Heartbeat", "ReferenceCounter"} | engine
