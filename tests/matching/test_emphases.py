"""What a chamber stresses: who decides, whose rows it moves, and what both sides of a pair see.

Versions of an event go the same way; whom they move: ``test_event_emphases``.
"""

import datetime as dt
import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chambers.models import Chamber, Job, today
from chambers.services import companies, jobs
from chambers.services.bodies import change_chamber
from chambers.services.companies import PROFILE_JOB
from chambers.services.memberships import admit_company, end_membership
from matching import profiles
from matching.models import ChamberEmphasis, Profile, SuggestionList
from matching.selectors import suggestions_for
from matching.services.emphases import (
    change_emphasis,
    draft_again,
    draft_emphasis,
    put_emphasis_in_force,
    retire_emphasis,
)
from tests.event_factories import EventFactory
from tests.factories import (
    ChamberEmphasisFactory,
    ChamberFactory,
    CompanyFactory,
    RepresentativeFactory,
    StaffFactory,
    UserFactory,
)
from tests.matching.world import CHIPS, SENSORS, company, match, offers, partners_of, seeks

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return StaffFactory()


@pytest.fixture
def chamber(manager):
    return manager.chamber


@pytest.fixture(params=["chamber", "event"])
def owner(request, chamber):
    """Who stresses something: a chamber, or an event that it organises."""
    return chamber if request.param == "chamber" else EventFactory(chamber=chamber)


@pytest.fixture
def member(chamber):
    """A member that seeks by a code, and by a word that is not in the code's label."""
    return company("RU", "Ours", membership__chamber=chamber)


def say(owner, **parts):
    """Put an emphasis in force, by the installation's hand."""
    boss = UserFactory(superuser=True)
    return put_emphasis_in_force(draft_emphasis(owner, **parts), by=boss)


def another(owner):
    """An owner of the same kind, of another chamber."""
    return ChamberFactory() if isinstance(owner, Chamber) else EventFactory()


def stresses_of(one):
    return [row.get("stress") for row in Profile.objects.get(company=one).rows]


def score_of(one):
    return SuggestionList.objects.current().get(company=one).mutual


def test_a_draft_changes_nothing_and_gets_its_owners_next_number(manager, owner, member):
    match()

    first = draft_emphasis(owner, by=manager.person, codes=2.0, note=" More codes ")
    second = draft_emphasis(owner, by=manager.person)
    other = draft_emphasis(another(owner))

    assert [one.number for one in (first, second, other)] == [1, 2, 1]
    assert (first.state, first.codes, first.words, first.note) == ("draft", 2.0, 1.0, "More codes")
    assert not Job.objects.filter(state="queued", kind=PROFILE_JOB).exists()
    assert profiles.read(type(member).objects.all())[0].is_new is False


def test_what_is_put_in_force_moves_the_members_and_their_mirror_entries(manager, chamber, member):
    theirs = company("JP", "Theirs")
    seeks(member, SENSORS)
    offers(theirs, SENSORS)
    match()
    before = score_of(member)

    put_emphasis_in_force(draft_emphasis(chamber, by=manager.person, codes=2.0), by=manager.person)
    jobs.work_off()

    assert stresses_of(member) == [[1.1892, 0.8409], [1.1892, 0.8409]]
    assert stresses_of(theirs) == [None, None]
    assert score_of(member) > before
    assert score_of(member) == score_of(theirs)
    found = suggestions_for(member, manager.person).shown
    assert [one.partner for one in found] == [theirs]


def test_a_run_finds_what_the_refresh_found(manager, chamber, member):
    theirs, others = company("JP", "Theirs"), company("KZ", "Others")
    seeks(member, SENSORS, CHIPS)
    offers(theirs, SENSORS)
    offers(others, CHIPS)
    match()
    say(chamber, codes=0.5, goods=2.0)
    jobs.work_off()
    refreshed = {one: score_of(one) for one in (member, theirs, others)}

    match()

    assert {one: score_of(one) for one in (member, theirs, others)} == refreshed


def test_a_kind_of_opportunity_that_is_stressed_comes_first(chamber, member):
    sells, lends = company("JP", "Sells"), company("JP", "Lends")
    seeks(member, "9026", kind="goods")
    seeks(member, "8486", kind="service")
    offers(sells, "9026", kind="goods")
    offers(lends, "8486", kind="service")
    say(chamber, goods=0.5, service=2.0)
    match()
    assert partners_of(member) == ["Lends", "Sells"]

    say(chamber, goods=2.0, service=0.5)
    match()

    assert partners_of(member) == ["Sells", "Lends"]


def test_codes_that_count_less_are_stated_all_the_same(chamber, member):
    offers(member, SENSORS)
    say(chamber, codes=0.5)

    match()

    stored = Profile.objects.get(company=member)
    assert stored.trades == ["9026"]
    assert stored.rows[1]["terms"]["hs6:902610"] == 1.0


def test_after_the_one_in_force_retires_nothing_is_stressed(manager, chamber, member):
    chosen = say(chamber, words=2.0)
    match()
    assert stresses_of(member) != [None]

    retire_emphasis(chosen, by=manager.person)
    jobs.work_off()

    assert stresses_of(member) == [None]
    with pytest.raises(ValidationError) as refused:
        retire_emphasis(chosen, by=manager.person)
    assert refused.value.code == "retired"


def test_the_former_one_retires_and_comes_back_only_as_a_new_draft(manager, owner):
    first, second = say(owner, words=2.0, note="Words"), say(owner, codes=2.0)
    elsewhere = say(another(owner), codes=2.0)
    first.refresh_from_db()
    assert (first.state, second.state) == ("retired", "in_force")
    assert first.retired_at == second.in_force_at

    with pytest.raises(ValidationError) as refused:
        put_emphasis_in_force(first, by=manager.person)
    assert refused.value.code == "not_draft"
    again = draft_again(first, by=manager.person)

    assert (again.number, again.words, again.note, again.state) == (3, 2.0, "Words", "draft")
    assert (again.owner, str(again)) == (owner, f"{owner}, 3")
    elsewhere.refresh_from_db()
    assert elsewhere.state == "in_force"


def test_a_draft_is_changed_and_what_was_in_force_is_not(manager, owner):
    draft = draft_emphasis(owner, by=manager.person)
    change_emphasis(draft, by=manager.person, research=1.5, note=" why ")
    chosen = put_emphasis_in_force(draft, by=manager.person)

    with pytest.raises(ValidationError) as refused:
        change_emphasis(chosen, by=manager.person, research=1.0)

    assert refused.value.code == "not_draft"
    stored = type(draft).objects.get()
    assert (stored.research, stored.note, stored.in_force_by) == (1.5, "why", manager.person)


@pytest.mark.parametrize("wrong", [0.49, 2.01, float("nan")])
def test_a_part_out_of_range_is_refused_by_the_form_and_by_the_database(owner, wrong):
    with pytest.raises(ValidationError):
        draft_emphasis(owner, goods=wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        type(draft_emphasis(owner)).objects.update(goods=wrong)


def test_only_managers_of_the_chamber_decide(chamber, owner):
    draft = draft_emphasis(owner)
    strangers = (StaffFactory().person, StaffFactory(chamber=chamber, role="viewer").person)

    for person in strangers:
        for attempt in (
            lambda by: draft_emphasis(owner, by=by),
            lambda by: change_emphasis(draft, by=by, codes=2.0),
            lambda by: put_emphasis_in_force(draft, by=by),
            lambda by: retire_emphasis(draft, by=by),
            lambda by: draft_again(draft, by=by),
        ):
            with pytest.raises(PermissionDenied):
                attempt(person)

    assert list(type(draft).objects.values_list("state", "codes")) == [("draft", 1.0)]


def test_staff_see_their_chambers_and_members_what_is_in_force(manager, chamber, member):
    draft = ChamberEmphasisFactory(chamber=chamber)
    chosen = ChamberEmphasisFactory(chamber=chamber, in_force=True)
    ChamberEmphasisFactory(in_force=True)
    speaker = RepresentativeFactory(company=member).person
    viewer = StaffFactory(chamber=chamber, role="viewer").person
    rows = ChamberEmphasis.objects

    assert set(rows.served_by(viewer)) == set(rows.managed_by(manager.person)) == {draft, chosen}
    assert not rows.managed_by(viewer).exists()
    assert set(rows.visible_to(speaker)) == set(rows.visible_to(viewer)) == {chosen}
    assert not rows.visible_to(UserFactory()).exists()
    assert not rows.served_by(speaker).exists()
    assert rows.served_by(UserFactory(superuser=True)).count() == 3


def test_a_company_in_two_chambers_listens_to_both_alike(chamber, member):
    admit_company(member, to=ChamberFactory(), starts_on=today())
    say(chamber, codes=2.0)

    match()

    assert stresses_of(member) == [[1.0905, 0.917]]


def test_a_chamber_that_is_left_is_not_listened_to_from_the_next_day_on(chamber, member):
    other = admit_company(member, to=ChamberFactory(), starts_on=today())
    say(other.chamber, codes=2.0)
    match()
    assert stresses_of(member) != [None]

    other.chamber.grace_days = 0
    other.chamber.save()
    end_membership(other, ends_on=today(), by=UserFactory(superuser=True))
    jobs.work_off()
    stored = Profile.objects.get(company=member)

    assert stored.holds_until == today()
    tomorrow = today() + dt.timedelta(days=1)
    assert profiles.stale(profiles.version(), on=tomorrow) == [member.pk]
    assert ChamberEmphasis.objects.said_to([member.pk], on=tomorrow) == {}


def test_a_membership_that_is_yet_to_begin_says_nothing_before(chamber):
    newcomer = company("RU", "Newcomer")
    say(chamber, codes=2.0)
    first_day = today() + dt.timedelta(days=3)
    admit_company(newcomer, to=chamber, starts_on=first_day)

    match()

    assert stresses_of(newcomer) == [None]
    assert Profile.objects.get().holds_until == first_day - dt.timedelta(days=1)


def test_a_run_reads_anew_the_members_whose_chamber_stresses_something_else(chamber, member):
    company("JP", "Theirs")
    match()
    Profile.objects.update(checked_at=timezone.now() - dt.timedelta(minutes=5))
    type(member).objects.update(updated_at=timezone.now() - dt.timedelta(days=1))
    assert profiles.stale(profiles.version()) == []

    chosen = say(chamber, codes=2.0)
    Job.objects.all().delete()
    assert profiles.stale(profiles.version()) == [member.pk]
    Profile.objects.update(checked_at=timezone.now() + dt.timedelta(minutes=5))
    assert profiles.stale(profiles.version()) == []
    ChamberEmphasis.objects.filter(pk=chosen.pk).update(
        state="retired", retired_at=timezone.now() + dt.timedelta(minutes=9)
    )
    assert profiles.stale(profiles.version()) == [member.pk]


def test_a_chamber_of_very_many_members_is_left_to_a_run(chamber, monkeypatch):
    monkeypatch.setattr(companies, "SINGLY", 1)
    for name in ("One", "Two"):
        company("RU", name, membership__chamber=chamber)
    Job.objects.all().delete()

    say(chamber, codes=2.0)

    assert list(Job.objects.values_list("kind", flat=True)) == ["matching.anew"]


def test_many_members_cost_as_many_statements_as_one(chamber):
    chosen, counts = [draft_emphasis(chamber) for _ in range(2)], []
    boss = UserFactory(superuser=True)
    for draft, names in zip(chosen, (["One"], ["Two", "Three"]), strict=True):
        members = [company("RU", name, membership__chamber=chamber) for name in names]
        Job.objects.all().delete()
        # The two differ in nothing but the number of members.
        ChamberEmphasis.objects.in_force().update(state="draft", in_force_at=None)
        with CaptureQueriesContext(connection) as statements:
            put_emphasis_in_force(draft, by=boss)
        counts.append(len(statements))

    assert counts[0] == counts[1]
    noted = Job.objects.filter(kind=PROFILE_JOB).values_list("key", flat=True)
    assert set(noted) > {str(one.pk) for one in members}
    assert len(noted) == 3


def test_new_grace_days_move_the_day_until_which_a_members_profile_holds(manager, chamber):
    last, gone = today() + dt.timedelta(days=3), today() - dt.timedelta(days=300)
    for name, day in (("Ours", last), ("Left", gone)):
        company("RU", name, membership__chamber=chamber, membership__ends_on=day)
    company("RU", "Open end", membership__chamber=chamber)
    say(chamber, codes=2.0)
    match()
    stored = Profile.objects.get(company__legal_name="Ours")
    assert stored.holds_until == last + dt.timedelta(days=chamber.grace_days)
    Job.objects.all().delete()

    change_chamber(chamber, by=manager.person, grace_days=7)

    assert list(Job.objects.values_list("key", flat=True)) == [str(stored.company_id)]
    jobs.work_off()
    stored.refresh_from_db()
    assert stored.holds_until == last + dt.timedelta(days=7)
    change_chamber(chamber, by=manager.person, grace_days=7)
    assert not Job.objects.filter(state="queued").exists()


def test_companies_of_chambers_that_stress_nothing_cost_no_query(django_assert_num_queries):
    one = CompanyFactory(member=True)

    with django_assert_num_queries(1):
        assert ChamberEmphasis.objects.said_to([one.pk]) == {}


@pytest.mark.django_db(transaction=True)
def test_of_two_put_in_force_at_once_one_holds(manager, owner):
    drafts = [draft_emphasis(owner, by=manager.person) for _ in range(2)]
    barrier, results = threading.Barrier(2), {}

    def decide(draft):
        try:
            barrier.wait()
            put_emphasis_in_force(draft, by=manager.person)
            results[draft.number] = "won"
        except ValidationError as error:
            results[draft.number] = error.code
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=[draft]) for draft in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    winner = type(drafts[0]).objects.in_force().get()
    assert results[winner.number] == "won"
    assert set(results.values()) <= {"won", "already_in_force"}
