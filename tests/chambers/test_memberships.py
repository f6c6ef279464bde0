"""Memberships: their status by dates, and every change from application to end."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from chambers.models import Job, Mail, Membership, Staff, today
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


DAY = dt.timedelta(days=1)


def _code(caught):
    return caught.value.error_dict["__all__"][0].code


@pytest.mark.parametrize(
    ("first", "last"), [(-365, None), (-365, 30), (-365, 0), (-365, -60), (5, None), (5, 30)]
)
def test_a_member_does_not_apply_while_it_has_rights_or_will_have(db, first, last):
    member = factories.MembershipFactory(
        starts_on=today() + first * DAY,
        ends_on=last if last is None else today() + last * DAY,
        chamber__grace_days=GRACE,
    )

    with pytest.raises(ValidationError) as caught:
        memberships.apply_for_membership(member.company, to=member.chamber)

    assert _code(caught) == "already_member"


def test_a_former_member_may_apply_again_and_be_admitted(manager):
    chamber = manager.staff_roles.get().chamber
    former = factories.MembershipFactory(
        chamber=chamber, ends_on=today() - (chamber.grace_days + 1) * DAY
    )

    again = memberships.apply_for_membership(former.company, to=chamber)

    assert memberships.approve_membership(again, by=manager).status == S.NEW


@pytest.mark.parametrize(
    ("first", "last"),
    [(FIRST, LAST), (LAST, None), (FIRST - DAY, FIRST), (FIRST - DAY, None), (day(9), day(9))],
)
def test_a_company_is_admitted_once_at_a_time(db, first, last):
    member = factories.MembershipFactory(starts_on=FIRST, ends_on=LAST)

    with pytest.raises(ValidationError) as caught:
        memberships.admit_company(member.company, to=member.chamber, starts_on=first, ends_on=last)

    assert _code(caught) == "already_member"
    assert Membership.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.MembershipFactory(
            company=member.company, chamber=member.chamber, starts_on=first, ends_on=last
        )


def test_a_company_is_admitted_anew_from_the_day_after(db):
    member = factories.MembershipFactory(starts_on=FIRST, ends_on=LAST)

    memberships.admit_company(member.company, to=member.chamber, starts_on=LAST + DAY)
    memberships.admit_company(member.company, to=factories.ChamberFactory(), starts_on=FIRST)

    assert Membership.objects.count() == 3


def test_an_applicant_is_not_admitted_beside_its_application(waiting):
    with pytest.raises(ValidationError) as caught:
        memberships.admit_company(waiting.company, to=waiting.chamber, starts_on=FIRST)

    assert _code(caught) == "already_member"


def test_approving_and_renewing_into_another_membership_is_refused(manager, waiting):
    later = factories.MembershipFactory(
        company=waiting.company, chamber=waiting.chamber, starts_on=LAST
    )
    member = factories.MembershipFactory(
        company=waiting.company, chamber=waiting.chamber, starts_on=FIRST, ends_on=day(1)
    )

    for change in (
        lambda: memberships.approve_membership(waiting, by=manager, starts_on=later.starts_on),
        lambda: memberships.renew_membership(member, by=manager, ends_on=LAST),
    ):
        with pytest.raises(ValidationError) as caught:
            change()
        assert _code(caught) == "already_member"


def test_days_in_the_wrong_order_are_refused_in_words(db):
    with pytest.raises(ValidationError) as caught:
        memberships.admit_company(
            factories.CompanyFactory(),
            to=factories.ChamberFactory(),
            starts_on=LAST,
            ends_on=FIRST,
        )

    assert caught.value.messages == ["A membership cannot end before it starts."]


@pytest.mark.django_db(transaction=True)
def test_of_two_applications_at_once_one_is_told_so():
    company, chamber = factories.CompanyFactory(), factories.ChamberFactory()
    start, codes = threading.Barrier(2), []

    def apply():
        start.wait()
        try:
            memberships.apply_for_membership(company, to=chamber)
        except ValidationError as error:
            codes.append(error.error_dict["__all__"][0].code)
        finally:
            connection.close()

    threads = [threading.Thread(target=apply) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert codes == ["already_member"]
    assert Membership.objects.count() == 1


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
