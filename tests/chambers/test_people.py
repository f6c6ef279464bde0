"""People, the sides they act for, staff roles and programs' keys."""

import datetime as dt

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from chambers import tasks
from chambers.acting import SESSION_KEY, acting_for
from chambers.models import ApiToken, Mail, Representative, Scope, Staff, User
from chambers.services import people
from config import celery_app
from tests import factories


def test_a_person_is_known_by_one_address_whatever_its_case(db):
    people.create_person("Anna@Example.org", name="Anna")

    with pytest.raises(ValidationError):
        people.create_person("ANNA@example.ORG", name="Another")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="anna@EXAMPLE.org", name="A third")])
    assert User.objects.get().email == "anna@example.org"


def test_a_person_without_a_password_cannot_sign_in(db):
    person = people.create_person("anna@example.org", name="Anna")

    assert not person.has_usable_password()


@pytest.mark.parametrize(
    "fields", [{"time_zone": "Moscow"}, {"language": "fr"}, {"email": "anna"}, {"name": ""}]
)
def test_a_person_that_breaks_a_rule_is_refused_by_name(db, fields):
    with pytest.raises(ValidationError) as caught:
        people.create_person(**{"email": "anna@example.org", "name": "Anna", **fields})

    assert set(caught.value.error_dict) == set(fields)


def test_a_person_acts_for_companies_and_chambers_and_the_choice_holds_while_it_is_theirs(db):
    person = factories.UserFactory()
    company = factories.RepresentativeFactory(person=person, role="viewer").company
    role = factories.StaffFactory(person=person)
    reading = {SESSION_KEY: f"company:{company.public_id}"}
    deciding = {SESSION_KEY: f"chamber:{role.chamber.public_id}"}

    first, then = acting_for(person, {}), acting_for(person, reading)
    people.dismiss_staff(role)
    after = acting_for(User.objects.get(pk=person.pk), deciding)

    assert (first.chamber, first.may_edit) == (role.chamber, True)
    assert (then.company, then.may_edit) == (company, False)
    assert (after.company, after.chamber) == (company, None)


def test_acting_takes_two_queries_for_any_number_of_sides(db, django_assert_num_queries):
    person = factories.UserFactory()
    for _ in range(3):
        factories.RepresentativeFactory(person=person)
        factories.StaffFactory(person=person)

    with django_assert_num_queries(2):
        acting = acting_for(person, {})

    assert len(acting.sides) == 6


def test_a_role_is_held_once(db):
    staff = factories.StaffFactory()
    representative = factories.RepresentativeFactory()

    with pytest.raises(ValidationError) as at_work:
        people.appoint_staff(staff.person, to=staff.chamber)
    with pytest.raises(ValidationError) as speaking:
        people.add_representative(representative.person, to=representative.company)

    assert at_work.value.error_dict["__all__"][0].code == "already_staff"
    assert speaking.value.error_dict["__all__"][0].code == "already_representative"


@pytest.mark.parametrize("role", [Staff.Role.VIEWER, None])
def test_nobody_grants_what_they_do_not_hold(db, role):
    chamber, newcomer = factories.ChamberFactory(), factories.UserFactory()
    by = factories.StaffFactory().person
    if role:
        factories.StaffFactory(person=by, chamber=chamber, role=role)

    with pytest.raises(PermissionDenied):
        people.appoint_staff(newcomer, to=chamber, role=Staff.Role.VIEWER, by=by)
    with pytest.raises(PermissionDenied):
        people.appoint_by_email("x@example.org", name="X", to=chamber, role="viewer", by=by)

    assert not newcomer.is_staff
    assert not User.objects.filter(email="x@example.org").exists()


def test_managers_and_the_person_are_told_of_a_role(db):
    chamber = factories.ChamberFactory()
    by, colleague = (factories.StaffFactory(chamber=chamber).person for _ in range(2))
    factories.StaffFactory(chamber=chamber, role=Staff.Role.VIEWER)
    newcomer = factories.UserFactory(language="ru")

    staff = people.appoint_staff(newcomer, to=chamber, by=by)
    people.change_staff_role(staff, role=Staff.Role.VIEWER, by=by)
    people.dismiss_staff(staff, by=by)

    told = Mail.objects.order_by("pk").values_list("kind", "to")
    readers = {newcomer.email, colleague.email}
    assert {to for _, to in told} == readers
    assert [kind for kind, to in told if to == newcomer.email] == [
        "staff_appointed",
        "staff_appointed",
        "staff_dismissed",
    ]
    newcomer.refresh_from_db()
    assert not newcomer.is_staff


def test_nobody_ends_their_own_role_so_that_a_chamber_keeps_a_manager(db):
    staff = factories.StaffFactory()

    with pytest.raises(ValidationError) as caught:
        people.dismiss_staff(staff, by=staff.person)

    assert caught.value.code == "own_role"
    assert Staff.objects.get() == staff


def test_who_works_for_another_chamber_stays_in_the_administration(db):
    person = factories.UserFactory()
    first = factories.StaffFactory(person=person)
    factories.StaffFactory(person=person)

    people.dismiss_staff(first)

    person.refresh_from_db()
    assert person.is_staff


def test_a_key_is_stored_hashed_and_expires(user):
    token, key = people.issue_token(user, name="CRM", scopes=["runs:read"], days=30)

    assert key not in str(ApiToken.objects.values().get())
    assert token.scopes == ["runs:read"]
    assert abs(token.expiry - timezone.now() - dt.timedelta(days=30)) < dt.timedelta(minutes=1)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"scopes": []}, "bad_scopes"),
        ({"scopes": ["everything"]}, "bad_scopes"),
        ({"days": 0}, "bad_expiry"),
        ({"days": 366}, "bad_expiry"),
    ],
)
def test_a_key_without_bounds_is_refused(user, fields, code):
    with pytest.raises(ValidationError) as caught:
        people.issue_token(user, **{"name": "CRM", "scopes": list(Scope.values), **fields})

    assert caught.value.code == code
    assert not ApiToken.objects.exists()


def test_the_database_knows_no_key_without_an_end(user):
    factories.token_for(user)

    with pytest.raises(IntegrityError), transaction.atomic():
        ApiToken.objects.update(expiry=None)


def test_a_key_is_ended_by_its_owner_or_a_superuser_and_expired_ones_go(user):
    for _ in range(3):
        factories.token_for(user)
    first, second, third = ApiToken.objects.all()

    with pytest.raises(PermissionDenied):
        people.revoke_token(first, by=factories.UserFactory())
    people.revoke_token(first, by=user)
    people.revoke_token(second, by=factories.UserFactory(superuser=True))
    gone = people.delete_expired_tokens(timezone.now() + dt.timedelta(days=91))

    assert gone == 1
    assert not ApiToken.objects.filter(pk=third.pk).exists()


def test_every_night_the_clock_has_expired_keys_and_sessions_deleted(user):
    for _ in range(2):
        factories.token_for(user)
    first, second = ApiToken.objects.all()
    ApiToken.objects.filter(pk=first.pk).update(expiry=timezone.now() - dt.timedelta(days=1))
    for key, days in (("past", -1), ("valid", 1)):
        Session.objects.create(
            session_key=key, expire_date=timezone.now() + dt.timedelta(days=days)
        )

    tasks.tidy()

    assert list(ApiToken.objects.all()) == [second]
    assert [one.session_key for one in Session.objects.all()] == ["valid"]
    assert tasks.tidy.name in {one["task"] for one in celery_app.conf.beat_schedule.values()}


def test_who_is_deactivated_loses_their_keys_at_once(user):
    factories.token_for(user)

    people.change_person(user, is_active=False)

    assert not ApiToken.objects.exists()


def test_representatives_of_a_company_know_their_colleagues(db):
    one = factories.RepresentativeFactory()
    colleague = factories.RepresentativeFactory(company=one.company)
    factories.RepresentativeFactory()

    assert set(Representative.objects.visible_to(one.person)) == {one, colleague}
