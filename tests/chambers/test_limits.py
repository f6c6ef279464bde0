"""Conditions that companies put to partners, and holds by their chambers."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from chambers.models import Company, Job
from chambers.services.limits import hold_company, release_company, set_limits
from tests.factories import (
    ChamberFactory,
    CompanyFactory,
    CountryFactory,
    RepresentativeFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return RepresentativeFactory(company__member=True, role="editor")


@pytest.fixture
def manager(editor):
    return StaffFactory(chamber=editor.company.memberships.get().chamber).person


def refreshes():
    return list(Job.objects.filter(kind="matching.refresh").values_list("payload", flat=True))


def test_a_representative_states_conditions_and_the_matches_follow(editor):
    CountryFactory(code="JP")

    set_limits(
        editor.company,
        by=editor.person,
        certificates=["iso14001", "iso9001", "iso9001"],
        required_certificates=["ce"],
        accepted_sizes=["large", "small"],
        accepts_interpreter=False,
        avoids_competitors=True,
        target_countries=["JP"],
        corporate_group="  Asahi   Holdings ",
    )

    stored = Company.objects.get(pk=editor.company.pk)
    assert stored.certificates == ["iso9001", "iso14001"]
    assert stored.required_certificates == ["ce"]
    assert stored.accepted_sizes == ["small", "large"]
    assert (stored.accepts_interpreter, stored.avoids_competitors) == (False, True)
    assert (stored.target_countries, stored.excluded_countries) == (["JP"], [])
    assert stored.corporate_group == "Asahi Holdings"
    assert refreshes() == [{"company": editor.company.pk}]


@pytest.mark.parametrize(
    ("limits", "where", "code"),
    [
        ({"certificates": ["iso9001", "iso0"]}, "certificates", "item_invalid"),
        ({"accepted_sizes": ["huge"]}, "accepted_sizes", "item_invalid"),
        ({"target_countries": ["QQ"]}, "target_countries", "invalid_choice"),
        (
            {"target_countries": ["JP"], "excluded_countries": ["JP"]},
            "excluded_countries",
            "wanted_and_excluded",
        ),
    ],
)
def test_an_impossible_condition_is_refused_and_nothing_is_changed(editor, limits, where, code):
    CountryFactory(code="JP")

    with pytest.raises(ValidationError) as refused, transaction.atomic():
        set_limits(editor.company, by=editor.person, corporate_group="New", **limits)

    assert {name: [one.code for one in found] for name, found in refused.value.error_dict.items()}[
        where
    ] == [code]
    assert Company.objects.get(pk=editor.company.pk).corporate_group == ""
    assert refreshes() == []


@pytest.mark.parametrize("role", ["viewer", "stranger", "manager"])
def test_only_who_decides_for_the_company_states_its_conditions(editor, manager, role):
    people = {
        "viewer": RepresentativeFactory(company=editor.company, role="viewer").person,
        "stranger": RepresentativeFactory(company__member=True).person,
        "manager": manager,
    }

    with pytest.raises(PermissionDenied):
        set_limits(editor.company, by=people[role], accepts_interpreter=False)

    assert Company.objects.get(pk=editor.company.pk).accepts_interpreter


def test_conditions_are_the_only_fields_that_this_changes(editor):
    with pytest.raises(TypeError):
        set_limits(editor.company, by=editor.person, legal_name="Another")


def test_a_manager_holds_a_company_back_and_releases_it(editor, manager):
    hold_company(editor.company, by=manager, reason=" On a list ")

    held = Company.objects.get(pk=editor.company.pk)
    assert (held.held_on is not None, held.held_reason, held.held_by) == (
        True,
        "On a list",
        manager,
    )
    assert not Company.objects.matched().filter(pk=held.pk).exists()
    assert Company.objects.listed().filter(pk=held.pk).exists()
    assert refreshes() == [{"company": held.pk}]

    release_company(held, by=manager)

    released = Company.objects.get(pk=held.pk)
    assert (released.held_on, released.held_reason, released.held_by) == (None, "", None)
    assert Company.objects.matched().filter(pk=held.pk).exists()


def test_a_hold_says_why_and_is_not_put_twice(editor, manager):
    with pytest.raises(ValidationError) as refused:
        hold_company(editor.company, by=manager, reason="  ")
    assert refused.value.error_dict["reason"][0].code == "no_reason"
    with pytest.raises(ValidationError) as refused:
        release_company(editor.company, by=manager)
    assert refused.value.code == "not_held"

    hold_company(editor.company, by=manager, reason="A list")

    with pytest.raises(ValidationError) as refused:
        hold_company(editor.company, by=manager, reason="Another list")
    assert refused.value.code == "already_held"
    assert Company.objects.get(pk=editor.company.pk).held_reason == "A list"


@pytest.mark.parametrize("role", ["owner", "staff viewer", "other manager"])
def test_only_a_manager_of_its_chamber_holds_a_company_back(editor, role):
    chamber = editor.company.memberships.get().chamber
    people = {
        "owner": RepresentativeFactory(company=editor.company, role="owner").person,
        "staff viewer": StaffFactory(chamber=chamber, role="viewer").person,
        "other manager": StaffFactory(chamber=ChamberFactory()).person,
    }

    with pytest.raises(PermissionDenied):
        hold_company(editor.company, by=people[role], reason="A list")
    Company.objects.filter(pk=editor.company.pk).update(held_on="2026-01-01", held_reason="A list")
    with pytest.raises(PermissionDenied):
        release_company(editor.company, by=people[role])

    assert Company.objects.get(pk=editor.company.pk).held_reason == "A list"


def test_the_database_keeps_no_hold_without_a_reason():
    company = CompanyFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        Company.objects.filter(pk=company.pk).update(held_on="2026-01-01")


def test_a_superuser_may_hold_any_company():
    superuser = UserFactory(superuser=True)

    assert hold_company(CompanyFactory(), by=superuser, reason="A list").held_by == superuser
