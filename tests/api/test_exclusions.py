"""Companies that a company excludes by name, over the REST door."""

import uuid

import pytest

from chambers.api.exclusions import CompanyExclusions
from chambers.models import Company, Job, Scope
from tests.factories import CompanyFactory, RepresentativeFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return RepresentativeFactory(company__member=True, role="editor")


@pytest.fixture
def other():
    return CompanyFactory(member=True, legal_name="Other", indexed=True)


def path(company, other=None):
    start = f"/api/v1/companies/{company.public_id}/exclusions/"
    return f"{start}{other.public_id}/" if other else start


def test_a_representative_excludes_reads_and_takes_back(editor, other, speaking_for):
    api, where = speaking_for(editor.person), path(editor.company)
    assert api.get(where).json()["results"] == []

    made = api.post(where, {"company": str(other.public_id)}, format="json")

    assert made.status_code == 201
    assert made.json()["id"] == str(other.public_id)
    assert made.json()["company"]["legal_name"] == "Other"
    assert api.get(where).json()["results"] == [made.json()]
    assert Job.objects.filter(key=str(editor.company.pk), kind="matching.refresh").exists()
    assert api.delete(path(editor.company, other)).status_code == 204
    assert api.get(where).json()["results"] == []
    assert api.delete(path(editor.company, other)).status_code == 404


def test_the_list_keeps_the_order_in_which_the_companies_were_registered(editor, speaking_for):
    made = [
        CompanyFactory(member=True, legal_name=name, is_listed=is_listed)
        for name, is_listed in (("Zinc", True), ("Acid", False), ("Brass", True))
    ]
    for one in reversed(made):
        editor.company.excluded_companies.add(one)

    told = speaking_for(editor.person).get(path(editor.company)).json()["results"]

    names = [one["company"] and one["company"]["legal_name"] for one in told]
    assert names == ["Zinc", None, "Brass"]
    assert "order in which the companies were registered" in CompanyExclusions.list.__doc__


def test_what_cannot_be_excluded_is_refused_with_its_reason(editor, other, speaking_for):
    api, where = speaking_for(editor.person), path(editor.company)
    hidden = CompanyFactory(member=True, is_listed=False)
    api.post(where, {"company": str(other.public_id)}, format="json")

    def answer(public_id):
        told = api.post(where, {"company": str(public_id)}, format="json")
        return told.status_code, told.json()["code"]

    assert answer(other.public_id) == (400, "already_excluded")
    assert answer(editor.company.public_id) == (400, "own_company")
    assert answer(hidden.public_id) == (404, "not_found")
    assert answer(uuid.UUID(int=7)) == (404, "not_found")
    wrong = api.post(where, {"company": "x"}, format="json", HTTP_ACCEPT_LANGUAGE="ja")
    assert wrong.status_code == 400
    assert "UUID" not in wrong.json()["errors"][0]["detail"]
    assert editor.company.excluded_companies.get() == other


def test_who_left_the_directory_is_not_named(editor, other, speaking_for):
    editor.company.excluded_companies.add(other)
    Company.objects.filter(pk=other.pk).update(is_listed=False)
    api = speaking_for(editor.person)

    assert api.get(path(editor.company)).json()["results"] == [
        {"id": str(other.public_id), "company": None}
    ]
    assert api.delete(path(editor.company, other)).status_code == 204


def test_staff_read_what_a_member_excludes_and_change_nothing(editor, other, speaking_for):
    editor.company.excluded_companies.add(other)
    staff = speaking_for(StaffFactory(chamber=editor.company.memberships.get().chamber).person)

    assert len(staff.get(path(editor.company)).json()["results"]) == 1
    sent = {"company": str(CompanyFactory(member=True).public_id)}
    assert staff.post(path(editor.company), sent, format="json").status_code == 403
    assert staff.delete(path(editor.company, other)).status_code == 403
    assert editor.company.excluded_companies.get() == other


def test_strangers_and_the_excluded_learn_of_nothing(editor, other, speaking_for):
    editor.company.excluded_companies.add(other)
    excluded = speaking_for(RepresentativeFactory(company=other).person)

    assert excluded.get(path(editor.company)).status_code == 404
    assert excluded.get(path(other)).json()["results"] == []
    assert excluded.delete(path(editor.company, other)).status_code == 404


def test_a_token_for_reading_excludes_nobody(editor, other, speaking_for):
    api = speaking_for(editor.person, Scope.COMPANIES_READ)

    assert api.get(path(editor.company)).status_code == 200
    sent = {"company": str(other.public_id)}
    assert api.post(path(editor.company), sent, format="json").status_code == 403
