"""Partners already, declined, met: who records it, who reads it, and what the lists make of it."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction

from chambers.models import today
from chambers.services import jobs
from chambers.services.limits import hold_company, release_company, set_limits
from matching.models import PairHistory, SuggestionList
from matching.selectors import suggestion_between, suggestions_for
from matching.services.history import record_history, withdraw_history
from tests.factories import (
    PairHistoryFactory,
    RepresentativeFactory,
    StaffFactory,
    UserFactory,
)
from tests.matching.world import CHIPS, SENSORS, company, match, offers, partners_of, seeks

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair():
    """Two companies that suit each other, and a third that suits both."""
    ours, theirs, third = company("RU", "Ours"), company("JP", "Theirs"), company("BY", "Third")
    for one, offered, sought in (
        (ours, SENSORS, CHIPS),
        (theirs, CHIPS, SENSORS),
        (third, CHIPS, SENSORS),
    ):
        offers(one, offered)
        seeks(one, sought)
    return ours, theirs


@pytest.fixture
def owner(pair):
    return RepresentativeFactory(company=pair[0], role="editor").person


def listed():
    """Who stands in whose list; the order of equal scores is the night's."""
    return {one.company_id: set(one.partners) for one in SuggestionList.objects.current()}


def shown_to(person, whose):
    return [one.partner.legal_name for one in suggestions_for(whose, person).shown]


@pytest.mark.parametrize("kind", ["partner", "declined"])
def test_partners_and_those_who_declined_are_kept_apart_until_it_is_withdrawn(pair, owner, kind):
    ours, theirs = pair
    match()
    assert set(partners_of(ours)) == {"Theirs", "Third"}
    before = listed()

    history = record_history(ours, theirs, kind=kind, by=owner, stated_by=ours)
    assert shown_to(owner, ours) == ["Third"]  # at once, before the lists follow
    assert suggestion_between(ours, theirs, owner) is None
    jobs.work_off()

    assert (partners_of(ours), partners_of(theirs)) == (["Third"], [])
    match()
    assert (partners_of(ours), partners_of(theirs)) == (["Third"], [])

    withdraw_history(history, by=owner)
    jobs.work_off()

    assert listed() == before


def test_who_met_is_suggested_further_down(pair, owner):
    ours, theirs = pair
    match()
    fresh = suggestion_between(ours, theirs, owner)

    record_history(ours, theirs, kind="met", by=owner, stated_by=ours, since=today())
    jobs.work_off()

    assert partners_of(ours) == ["Third", "Theirs"]
    assert suggestion_between(ours, theirs, owner).tenths < fresh.tenths


def test_the_pair_stands_once_whichever_side_states_it(pair, owner):
    ours, theirs = pair
    other = RepresentativeFactory(company=theirs).person
    record_history(theirs, ours, kind="partner", by=other, stated_by=theirs)

    with pytest.raises(ValidationError) as refused, transaction.atomic():
        record_history(ours, theirs, kind="partner", by=owner, stated_by=ours)

    assert refused.value.messages == ["This is already recorded for the two companies."]
    stored = PairHistory.objects.get()
    assert (stored.one, stored.other, stored.stated_by) == (
        *sorted(pair, key=lambda c: c.pk),
        theirs,
    )


def test_a_record_says_nothing_impossible(pair, owner):
    ours, theirs = pair

    for fields, code in (
        ({"since": today() + dt.timedelta(days=1)}, "not_yet"),
        ({"kind": "married"}, "invalid_choice"),
    ):
        with pytest.raises(ValidationError) as refused:
            record_history(ours, theirs, by=owner, stated_by=ours, **{"kind": "met", **fields})
        assert [one.code for found in refused.value.error_dict.values() for one in found] == [code]
    with pytest.raises(ValidationError) as refused:
        record_history(ours, ours, kind="met", by=owner, stated_by=ours)
    assert refused.value.code == "itself"
    assert not PairHistory.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "other owner", "staff viewer", "other manager"])
def test_nobody_states_anything_for_a_company_they_do_not_decide_for(pair, role):
    ours, theirs = pair
    people = {
        "viewer": RepresentativeFactory(company=ours, role="viewer").person,
        "other owner": RepresentativeFactory(company=theirs).person,
        "staff viewer": StaffFactory(chamber=ours.memberships.get().chamber, role="viewer").person,
        "other manager": StaffFactory().person,
    }
    history = PairHistoryFactory(one=ours, other=theirs, stated_by=ours)

    with pytest.raises(PermissionDenied):
        record_history(ours, theirs, kind="partner", by=people[role], stated_by=ours)
    with pytest.raises(PermissionDenied):
        withdraw_history(history, by=people[role])

    assert list(PairHistory.objects.all()) == [history]


@pytest.mark.parametrize("side", [0, 1])
def test_a_manager_of_either_chamber_records_and_withdraws(pair, side):
    ours, theirs = pair
    manager = StaffFactory(chamber=pair[side].memberships.get().chamber).person

    history = record_history(ours, theirs, kind="partner", by=manager, stated_by=theirs)
    assert history.recorded_by == manager
    with pytest.raises(ValidationError):
        record_history(ours, theirs, kind="met", by=manager, stated_by=company("KZ", "Fourth"))
    withdraw_history(history, by=manager)

    assert not PairHistory.objects.exists()


def test_only_a_manager_of_the_side_that_declined_records_and_withdraws_it(pair):
    ours, theirs = pair
    own, other = (StaffFactory(chamber=one.memberships.get().chamber).person for one in pair)

    with pytest.raises(PermissionDenied):
        record_history(ours, theirs, kind="declined", by=other, stated_by=ours)
    declined = record_history(ours, theirs, kind="declined", by=own, stated_by=ours)
    with pytest.raises(PermissionDenied):
        withdraw_history(declined, by=other)
    assert not PairHistory.objects.managed_by(other).exists()
    withdraw_history(declined, by=own)

    assert not PairHistory.objects.exists()


def test_both_sides_decline_without_learning_of_each_other(pair, owner):
    ours, theirs = pair
    other = RepresentativeFactory(company=theirs).person
    match()

    first = record_history(ours, theirs, kind="declined", by=owner, stated_by=ours)
    record_history(theirs, ours, kind="declined", by=other, stated_by=theirs)
    with pytest.raises(ValidationError), transaction.atomic():
        record_history(ours, theirs, kind="declined", by=owner, stated_by=ours)
    withdraw_history(first, by=owner)
    jobs.work_off()

    assert PairHistory.objects.get().stated_by == theirs
    assert (partners_of(ours), partners_of(theirs)) == (["Third"], [])


def test_only_who_declined_and_its_own_chamber_read_of_it(pair, owner):
    ours, theirs = pair
    other = RepresentativeFactory(company=theirs).person
    stranger = RepresentativeFactory(company__member=True).person
    own_staff, other_staff = (
        StaffFactory(chamber=one.memberships.get().chamber, role="viewer").person for one in pair
    )
    declined = PairHistoryFactory(
        one=ours, other=theirs, kind="declined", stated_by=ours, note="Too small"
    )
    met = PairHistoryFactory(one=ours, other=theirs, kind="met", stated_by=ours)

    assert set(PairHistory.objects.visible_to(owner)) == {declined, met}
    assert set(PairHistory.objects.visible_to(other)) == {met}
    assert not PairHistory.objects.visible_to(stranger).exists()
    for person in (own_staff, UserFactory(superuser=True)):
        assert set(PairHistory.objects.served_by(person)) == {declined, met}
    assert set(PairHistory.objects.served_by(other_staff)) == {met}
    for person in (owner, stranger, StaffFactory().person):
        assert not PairHistory.objects.served_by(person).exists()
    assert not PairHistory.objects.managed_by(own_staff).exists()


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "declined", "stated_by": None},
        {"stated_by": "third"},
        {"order": "turned"},
    ],
)
def test_the_database_refuses_what_the_rules_forbid(pair, broken):
    one, other = sorted(pair, key=lambda side: side.pk)
    if broken.pop("order", None):
        one, other = other, one
    if broken.get("stated_by") == "third":
        broken = {"stated_by": company("KZ", "Fourth")}

    with pytest.raises(IntegrityError), transaction.atomic():
        PairHistory.objects.create(**{"one": one, "other": other, "kind": "met", **broken})


def test_a_company_on_hold_leaves_every_list_at_once_and_comes_back(pair, owner):
    ours, theirs = pair
    manager = StaffFactory(chamber=theirs.memberships.get().chamber).person
    asked = RepresentativeFactory(company=theirs).person
    match()
    before = listed()

    hold_company(theirs, by=manager, reason="On a list")
    theirs.refresh_from_db()
    assert shown_to(owner, ours) == ["Third"]
    assert shown_to(asked, theirs) == []
    assert suggestion_between(ours, theirs, owner) is None
    jobs.work_off()

    assert (partners_of(ours), partners_of(theirs)) == (["Third"], None)
    match()
    assert (partners_of(ours), partners_of(theirs)) == (["Third"], None)

    release_company(theirs, by=manager)
    jobs.work_off()

    assert listed() == before


@pytest.mark.parametrize(
    ("ours_state", "theirs_state"),
    [
        ({"required_certificates": ["iso9001"]}, {"certificates": ["ce"]}),
        ({"accepted_sizes": ["large"]}, {}),
        ({"accepts_interpreter": False}, {}),
        ({"corporate_group": "Asahi Holdings"}, {"corporate_group": "ASAHI HOLDINGS"}),
    ],
)
def test_a_condition_of_one_side_keeps_both_apart(pair, owner, ours_state, theirs_state):
    ours, theirs = pair
    type(ours).objects.filter(pk=ours.pk).update(languages=["ru"])
    type(ours).objects.filter(pk=theirs.pk).update(languages=["ja"], size="small")
    match()
    assert "Theirs" in partners_of(ours)

    set_limits(ours, by=owner, **ours_state)
    if theirs_state:
        set_limits(theirs, by=RepresentativeFactory(company=theirs).person, **theirs_state)
    jobs.work_off()

    assert "Theirs" not in partners_of(ours)
    assert "Ours" not in partners_of(theirs)
    refreshed = listed()
    match()
    assert listed() == refreshed


def test_who_avoids_competitors_meets_nobody_who_states_the_same_trade():
    ours, theirs = company("RU", "Ours"), company("JP", "Theirs")
    for one in (ours, theirs):
        offers(one, SENSORS, CHIPS)
        seeks(one, SENSORS)
    owner = RepresentativeFactory(company=ours).person
    match()
    assert partners_of(ours) == ["Theirs"]

    set_limits(ours, by=owner, avoids_competitors=True)
    jobs.work_off()

    assert (partners_of(ours), partners_of(theirs)) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_of_two_who_record_the_same_at_once_one_is_told_so():
    ours, theirs = company("RU", "Ours"), company("JP", "Theirs")
    people = [RepresentativeFactory(company=one).person for one in (ours, theirs)]
    start, told = threading.Barrier(2), []

    def record(person, own, other):
        start.wait()
        try:
            record_history(own, other, kind="partner", by=person, stated_by=own)
        except ValidationError as error:
            told.append(error.messages)
        finally:
            connection.close()

    pairs = ((people[0], ours, theirs), (people[1], theirs, ours))
    threads = [threading.Thread(target=record, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told == [["This is already recorded for the two companies."]]
    assert PairHistory.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_managers_who_hold_a_company_at_once_one_is_told_so():
    held = company("JP", "Held")
    chamber = held.memberships.get().chamber
    managers = [StaffFactory(chamber=chamber).person for _ in range(2)]
    start, told = threading.Barrier(2), []

    def hold(manager):
        start.wait()
        try:
            hold_company(held, by=manager, reason=f"By {manager.pk}")
        except ValidationError as error:
            told.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=hold, args=[manager]) for manager in managers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    held.refresh_from_db()
    assert told == ["already_held"]
    assert held.held_reason == f"By {held.held_by_id}"
