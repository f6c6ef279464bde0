"""A run reads anew what may have changed, whoever changed it, and nothing else."""

import datetime as dt

import pytest
from django.utils import timezone

from chambers.models import Company, Job, TradeCode, today
from chambers.services import jobs
from chambers.services.companies import PROFILE_JOB, change_company, exclude_company
from chambers.services.memberships import admit_company, end_membership
from marketplace.models import Opportunity
from marketplace.services import archive_opportunity, draft_opportunity, publish_opportunity
from marketplace.services import submit_opportunity as submit
from matching import profiles
from matching.models import Profile
from matching.services.dismissals import dismiss_partner, restore_partner
from tests.factories import ChamberFactory, CompanyFactory, RepresentativeFactory, UserFactory
from tests.matching.world import CHIPS, HARVESTERS, SENSORS, company, hs, match, offers, seeks

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """Three companies, matched a while ago, with nothing left to do."""
    ours, theirs, others = company("RU", "Ours"), company("JP", "Theirs"), company("KZ", "Others")
    offers(ours, SENSORS)
    seeks(theirs, SENSORS)
    dismiss_partner(others, partner=theirs, reason="field", by=person_of(others))
    match()
    let_time_pass()
    return ours, theirs, others


def let_time_pass():
    """As if all had been read long after the last change, and everything noted were done."""
    Company.objects.update(updated_at=timezone.now() - dt.timedelta(days=1))
    Opportunity.objects.update(updated_at=timezone.now() - dt.timedelta(days=1))
    Profile.objects.update(checked_at=timezone.now() - dt.timedelta(hours=1))
    Job.objects.all().delete()


def person_of(one):
    return RepresentativeFactory(company=one).person


def describe(ours, _theirs):
    change_company(ours, description={"en": "We forge anchors."})
    return ours


def hide(ours, _theirs):
    change_company(ours, visibility={"codes": "partners"})
    return ours


def take_up_another_trade(ours, _theirs):
    change_company(ours, codes=hs(HARVESTERS))
    return ours


def publish(ours, _theirs):
    boss = UserFactory(superuser=True)
    drafted = draft_opportunity(
        ours,
        side="demand",
        kind="goods",
        title={"en": "We seek chips"},
        text={"en": "A thousand a month."},
        by=person_of(ours),
        codes=hs(CHIPS),
    )
    publish_opportunity(submit(drafted, by=person_of(ours)), by=boss)
    return ours


def archive(ours, _theirs):
    archive_opportunity(ours.opportunities.get(), by=person_of(ours))
    return ours


def exclude(ours, theirs):
    exclude_company(ours, other=theirs)
    return ours


def dismiss(ours, theirs):
    dismiss_partner(ours, partner=theirs, reason="field", by=person_of(ours))
    return ours


def restore(_ours, theirs):
    others = Company.objects.get(legal_name="Others")
    restore_partner(others, partner=theirs, by=person_of(others))
    return others


def admit(_ours, _theirs):
    new = CompanyFactory(legal_name="New")
    boss = UserFactory(superuser=True)
    admit_company(new, to=ChamberFactory(), by=boss, starts_on=today())
    return new


CHANGES = [
    describe, hide, take_up_another_trade, publish, archive, exclude, dismiss, restore, admit,
]  # fmt: skip


def test_nothing_is_read_anew_when_nothing_has_changed(world):
    assert profiles.stale(profiles.version()) == []


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_a_service_changes_is_read_by_the_next_run(world, change, settings):
    settings.MATCH_RECHECK = 0
    ours, theirs, _others = world

    changed = change(ours, theirs)

    assert changed.pk in profiles.stale(profiles.version())
    # The run comes before whoever would take up the change by itself.
    Job.objects.update(run_after=timezone.now() + dt.timedelta(days=1))
    match()
    assert [one for one in profiles.read(Company.objects.matched()) if one.is_new] == []


def test_a_company_whose_membership_has_ended_keeps_nothing_in_its_profile(world):
    ours, _theirs, _others = world
    ended = today() - dt.timedelta(days=400)
    membership = ours.memberships.get()
    membership.starts_on = ended - dt.timedelta(days=9)
    membership.save()

    end_membership(membership, ends_on=ended, by=UserFactory(superuser=True))
    Job.objects.all().delete()
    match()

    kept = Profile.objects.filter(company=ours).values("rows", "surfaces", "trades", "digest")
    assert list(kept) == [{"rows": [], "surfaces": {}, "trades": [], "digest": ""}]


def test_an_opportunity_that_ends_by_its_date_makes_its_company_stale(world):
    ours, _theirs, _others = world
    Opportunity.objects.filter(company=ours).update(expires_on=today())
    Profile.objects.filter(company=ours).update(holds_until=today())

    assert profiles.stale(profiles.version()) == []
    assert profiles.stale(profiles.version(), on=today() + dt.timedelta(days=1)) == [ours.pk]


def test_what_has_ended_by_its_date_leaves_the_profile_without_waiting_for_the_next_run(world):
    ours, _theirs, _others = world
    ended = today() - dt.timedelta(days=1)
    Opportunity.objects.filter(company=ours).update(expires_on=ended)
    Profile.objects.filter(company=ours).update(holds_until=ended)
    before = Profile.objects.get(company=ours).rows

    for _look in range(2):  # asked for once, however often the clock looks
        jobs.ask_the_clock(timezone.now() + dt.timedelta(minutes=16))
    asked = Job.objects.filter(kind=PROFILE_JOB, state=Job.State.QUEUED)
    assert list(asked.values_list("key", flat=True)) == [str(ours.pk)]
    jobs.work_off()

    now = Profile.objects.get(company=ours)
    assert len(now.rows) < len(before)
    assert now.holds_until is None or now.holds_until >= today()


def test_the_profile_holds_until_the_first_of_its_opportunities_ends():
    ours = company("RU", "Ours")
    for days in (9, 5):
        offers(ours, SENSORS, expires_on=today() + dt.timedelta(days=days))

    match()

    assert Profile.objects.get().holds_until == today() + dt.timedelta(days=5)


def test_other_labels_of_codes_make_everyone_stale(world):
    TradeCode.objects.filter(code=SENSORS).update(label_ru="Датчики")

    assert len(profiles.stale(profiles.read_labels_anew())) == 3


def test_those_read_longest_ago_are_read_again_for_safety(world):
    ours, *_ = world
    Profile.objects.filter(company=ours).update(checked_at=timezone.now() - dt.timedelta(hours=2))

    assert profiles.stale(profiles.version(), recheck=1) == [ours.pk]


def test_a_change_under_way_while_profiles_are_read_is_not_taken_for_read():
    ours = company("RU", "Ours")
    jobs.work_off()

    (built,) = profiles.read(Company.objects.matched())

    assert built.checked_at < timezone.now()
    assert built.company == ours.pk


def test_a_request_is_worth_the_same_with_and_without_a_capital_at_its_beginning():
    large, small = (
        offers(company("RU", name), title={"en": title}, text={"en": f"{title} for heating."})
        for name, title in (("Large", "Cermets and valves"), ("Small", "cermets and valves"))
    )

    built = profiles.read(Company.objects.order_by("pk"))

    terms = [one.rows[1]["terms"] for one in built]
    assert [one.rows[1]["ref"] for one in built] == [large.reference, small.reference]
    assert terms[0] == terms[1]
    assert terms[0]["w:valv"] > terms[0]["w:cermet"] > 0.5


def test_who_left_is_found_without_comparing_everybody_with_all():
    gone = company("RU", "Gone", is_listed=False)
    profiles.save(profiles.build(type(gone).objects.filter(pk=gone.pk)))

    left = profiles.of_those_who_left()

    assert [one.company for one in left] == [gone]
    # "NOT (... IN (SubPlan))" takes hours where its keys do not fit in memory.
    assert "SubPlan" not in left.explain()
