"""Proposals of three, found after each run and declined without a word."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from chambers.models import Job
from chambers.services import jobs
from chambers.services.companies import change_company
from chambers.services.limits import set_limits
from matching.models import Run, SuggestionList, Triad, TriadRefusal
from matching.selectors.triads import proposals_for
from matching.services.triads import ask_for_triads, refuse_triad
from tests.factories import (
    DismissalFactory,
    PairHistoryFactory,
    RepresentativeFactory,
    StaffFactory,
    UserFactory,
)
from tests.matching.test_advice import codes_of
from tests.matching.world import CHIPS, HARVESTERS, SENSORS, company, match, seeks

pytestmark = pytest.mark.django_db


@pytest.fixture
def three():
    """One seeks chips with sensors; one makes the former, one the latter."""
    seeker, chips, sensors = (company(code, code) for code in ("KZ", "JP", "RU"))
    change_company(chips, codes=codes_of(CHIPS))
    change_company(sensors, codes=codes_of(SENSORS))
    seeks(seeker, CHIPS, SENSORS, title={"en": "A plant"})
    match()
    return seeker, chips, sensors


def person_of(one, role="owner"):
    return RepresentativeFactory(company=one, role=role).person


def test_a_run_is_followed_by_a_search_for_proposals_of_three(three):
    seeker, chips, sensors = three

    (found,) = Triad.objects.all()

    assert found.demand.company == seeker
    assert {found.first, found.second} == {chips, sensors}
    assert (found.first_brings, found.second_brings) == ([CHIPS[:4]], [SENSORS[:4]])


def test_the_next_search_exchanges_what_was_found(three):
    _seeker, chips, _sensors = three
    change_company(chips, codes=codes_of(HARVESTERS))
    match(seed=2)

    assert not Triad.objects.exists()


def test_parts_of_companies_follow_each_other(three, monkeypatch):
    monkeypatch.setattr("matching.services.triads.PART", 1)
    late = company("DE", "Late")
    seeks(late, CHIPS, SENSORS, title={"en": "Another"})

    match(seed=2)

    assert Triad.objects.count() == 2


def test_a_new_search_begins_at_the_first_company_while_a_part_of_the_last_waits(three):
    former = Run.objects.current()
    ask_for_triads(former, after=three[0].pk)
    Triad.objects.all().delete()

    match(seed=2)

    assert Triad.objects.count() == 1
    assert not Job.objects.filter(kind="matching.triads").open().exists()


@pytest.mark.parametrize("apart", ["declined", "excluded", "not relevant", "certificates"])
def test_two_that_are_kept_apart_are_proposed_to_nobody_at_once(three, apart):
    _seeker, chips, sensors = three
    assert [len(proposals_for(one, person_of(one))) for one in three] == [1, 1, 1]

    if apart == "declined":
        PairHistoryFactory(one=chips, other=sensors, kind="declined", stated_by=chips)
    elif apart == "excluded":
        chips.excluded_companies.add(sensors)
    elif apart == "not relevant":
        DismissalFactory(company=chips, partner=sensors)
    else:
        set_limits(chips, by=person_of(chips), required_certificates=["iso9001"])

    assert [proposals_for(one, person_of(one)) for one in three] == [[], [], []]


@pytest.mark.parametrize("who", range(3))
@pytest.mark.parametrize(
    "gone", [{"held_on": "2026-01-01", "held_reason": "x"}, {"is_listed": False}, "left"]
)
def test_a_company_that_is_held_or_gone_takes_its_proposals_along_at_once(client, three, who, gone):
    staff = StaffFactory(chamber=three[who - 1].memberships.get().chamber).person
    if gone == "left":
        three[who].memberships.all().delete()
    else:
        type(three[who]).objects.filter(pk=three[who].pk).update(**gone)

    assert not Triad.objects.served_by(staff).exists()
    assert not Triad.objects.visible_to(person_of(three[who - 1])).exists()
    client.force_login(staff)
    listed = client.get(reverse("admin:matching_triad_changelist"))
    assert not listed.context["cl"].result_list


def test_each_of_the_three_and_their_chambers_see_it_and_nobody_else(three):
    (found,) = Triad.objects.all()
    for one in three:
        staff = StaffFactory(chamber=one.memberships.get().chamber).person
        assert list(Triad.objects.visible_to(person_of(one))) == [found]
        assert list(Triad.objects.visible_to(staff)) == [found]
    for stranger in (UserFactory(), StaffFactory().person, person_of(company("DE", "Other"))):
        assert not Triad.objects.visible_to(stranger).exists()


@pytest.mark.parametrize("who", range(3))
def test_who_declines_takes_it_back_for_all_and_for_good(three, who):
    (found,) = Triad.objects.all()

    refuse_triad(found, company=three[who], by=person_of(three[who]))

    assert [Triad.objects.visible_to(person_of(one)).count() for one in three] == [0, 0, 0]
    match(seed=2)
    assert Triad.objects.count() == 1
    assert [Triad.objects.visible_to(person_of(one)).count() for one in three] == [0, 0, 0]


def test_a_refusal_touches_neither_lists_nor_the_others(three):
    (found,) = Triad.objects.all()
    before = {one.company_id: one.partners for one in SuggestionList.objects.all()}

    refuse_triad(found, company=three[0], by=person_of(three[0]))
    refuse_triad(found, company=three[0], by=person_of(three[0]))

    assert jobs.work_off() == 0
    assert TriadRefusal.objects.count() == 1
    assert {one.company_id: one.partners for one in SuggestionList.objects.all()} == before


def test_only_who_decides_for_one_of_the_three_declines(three):
    (found,) = Triad.objects.all()
    other = company("DE", "Other")
    for who, by in (
        (three[0], UserFactory()),
        (three[0], person_of(three[0], "viewer")),
        (three[0], person_of(three[1])),
        (other, person_of(other)),
    ):
        with pytest.raises(PermissionDenied):
            refuse_triad(found, company=who, by=by)
    assert not TriadRefusal.objects.exists()


def test_a_demand_that_is_no_longer_on_show_has_no_proposals(three):
    (found,) = Triad.objects.all()
    found.demand.status = "archived"
    found.demand.save()

    assert not Triad.objects.open().exists()


def test_staff_read_the_proposals_of_their_members_until_one_declines(client, three):
    (found,) = Triad.objects.all()
    client.force_login(StaffFactory(chamber=three[2].memberships.get().chamber).person)
    address = reverse("admin:matching_triad_changelist")

    listed = client.get(address).content.decode()
    shown = client.get(reverse("admin:matching_triad_change", args=[found.pk])).content.decode()
    refuse_triad(found, company=three[0], by=person_of(three[0]))
    after = client.get(address).content.decode()

    assert "A plant" in listed
    assert f"{SENSORS[:4]} Label of {SENSORS[:4]}" in shown
    assert "A plant" not in after
