"""Memberships: their status by dates, and every change from application to end."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from chambers.models import Job, Mail, Membership, Staff
from chambers.services import memberships
from tests import factories

FIRST, LAST = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
GRACE = 60  # days
S = Membership.Status


def day(number):
    return FIRST + dt.timedelta(days=number)


@pytest.fixture
def manager(db):
    """A manager of the chamber that ``manager.staff_roles`` names."""
    return factories.StaffFactory().person


@pytest.fixture
def waiting(manager):
    """An application to that chamber."""
    return factories.MembershipFactory(applied=True, chamber=manager.staff_roles.get().chamber)


STATUSES = [
    (FIRST - dt.timedelta(days=1), S.PENDING),
    (FIRST, S.NEW),
    (day(89), S.NEW),
    (day(90), S.CURRENT),
    (LAST, S.CURRENT),
    (LAST + dt.timedelta(days=1), S.GRACE),
    (LAST + dt.timedelta(days=GRACE), S.GRACE),
    (LAST + dt.timedelta(days=GRACE + 1), S.EXPIRED),
]


@pytest.mark.parametrize(("on", "status"), STATUSES)
def test_the_status_follows_from_the_dates_first_and_last_day_included(db, on, status):
    member = factories.MembershipFactory(starts_on=FIRST, ends_on=LAST, chamber__grace_days=GRACE)

    in_sql = Membership.objects.with_status(on).get()

    assert member.status_on(on) == status
    assert in_sql.status_now == status
    assert Membership.objects.in_force(on).exists() == (status in (S.NEW, S.CURRENT, S.GRACE))


@pytest.mark.parametrize(("decision", "status"), [("pending", S.PENDING), ("refused", S.REFUSED)])
def test_what_is_not_admitted_has_no_rights_whatever_its_dates(db, decision, status):
    row = factories.MembershipFactory(starts_on=FIRST, decision=decision, reason="No.")

    assert row.status_on(day(100)) == status
    assert Membership.objects.with_status(day(100)).get().status_now == status
    assert not Membership.objects.in_force(day(100)).exists()


def test_without_a_last_day_a_membership_goes_on(db):
    member = factories.MembershipFactory(starts_on=FIRST)

    assert member.status_on(dt.date(2099, 1, 1)) == S.CURRENT
    assert member.rights_end_on is None


@pytest.mark.parametrize(
    "broken",
    [
        {"starts_on": LAST, "ends_on": FIRST},
        {"starts_on": None, "ends_on": LAST},
        {"starts_on": None},
        {"decision": "refused", "reason": ""},
    ],
)
def test_the_database_keeps_what_must_always_hold(db, broken):
    fields = {"starts_on": FIRST, **broken}

    with pytest.raises(IntegrityError), transaction.atomic():
        factories.MembershipFactory(**fields)


def test_a_company_applies_once_at_a_time(db):
    company, chamber = factories.CompanyFactory(), factories.ChamberFactory()
    memberships.apply_for_membership(company, to=chamber)

    with pytest.raises(ValidationError) as caught:
        memberships.apply_for_membership(company, to=chamber)

    assert caught.value.error_dict["__all__"][0].code == "already_member"
    assert memberships.apply_for_membership(company, to=factories.ChamberFactory()).pk


def test_a_refused_company_may_apply_again(manager, waiting):
    memberships.refuse_membership(waiting, by=manager, reason="Papers are missing.")

    again = memberships.apply_for_membership(waiting.company, to=waiting.chamber)

    assert again.status == S.PENDING


def test_approving_admits_from_today_and_has_the_company_matched(manager, waiting):
    approved = memberships.approve_membership(waiting, by=manager)

    assert (approved.starts_on, approved.status) == (timezone.localdate(), S.NEW)
    assert approved.decided_by == manager
    assert Job.objects.filter(kind="matching.refresh", key=str(waiting.company_id)).exists()


def test_approving_twice_is_refused_and_nothing_is_told_twice(manager, waiting):
    factories.RepresentativeFactory(company=waiting.company)
    memberships.approve_membership(waiting, by=manager)

    with pytest.raises(ValidationError) as caught:
        memberships.approve_membership(waiting, by=manager)

    assert caught.value.code == "already_decided"
    assert Mail.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_refusing_without_a_reason_is_refused(manager, waiting, reason):
    with pytest.raises(ValidationError) as caught:
        memberships.refuse_membership(waiting, by=manager, reason=reason)

    assert caught.value.error_dict["reason"][0].code == "no_reason"
    waiting.refresh_from_db()
    assert waiting.decision == Membership.Decision.PENDING


def _decide(membership, by):
    memberships.approve_membership(membership, by=by)


def _refuse(membership, by):
    memberships.refuse_membership(membership, by=by, reason="No.")


def _renew(membership, by):
    memberships.renew_membership(membership, by=by, ends_on=LAST)


@pytest.mark.parametrize("change", [_decide, _refuse, _renew])
@pytest.mark.parametrize("who", ["viewer here", "manager elsewhere", "owner", "nobody"])
def test_only_a_manager_of_the_chamber_decides(waiting, change, who):
    person = factories.UserFactory()
    if who == "viewer here":
        factories.StaffFactory(person=person, chamber=waiting.chamber, role=Staff.Role.VIEWER)
    elif who == "manager elsewhere":
        factories.StaffFactory(person=person)
    elif who == "owner":
        factories.RepresentativeFactory(person=person, company=waiting.company)

    with pytest.raises(PermissionDenied):
        change(waiting, person)

    waiting.refresh_from_db()
    assert waiting.decision == Membership.Decision.PENDING


def test_renewing_moves_the_last_day_and_the_rights_with_it(manager, waiting):
    member = memberships.approve_membership(waiting, by=manager, starts_on=FIRST)

    memberships.renew_membership(member, by=manager, ends_on=LAST)

    member.refresh_from_db()
    assert member.rights_end_on == LAST + dt.timedelta(days=member.chamber.grace_days)


@pytest.mark.django_db(transaction=True)
def test_of_two_managers_who_decide_at_once_one_is_told_so():
    chamber = factories.ChamberFactory()
    waiting = factories.MembershipFactory(applied=True, chamber=chamber)
    factories.RepresentativeFactory(company=waiting.company)
    start, codes = threading.Barrier(2), []

    def decide(person, change):
        start.wait()
        try:
            change(waiting, person)
        except ValidationError as error:
            codes.append(error.code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=decide, args=(factories.StaffFactory(chamber=chamber).person, how))
        for how in (_decide, _refuse)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert codes == ["already_decided"]
    assert Mail.objects.count() == 1
