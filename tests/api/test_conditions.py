"""What a company asks of partners, over the REST door."""

import pytest

from chambers.models import Company, Job, Scope
from tests.factories import CountryFactory, RepresentativeFactory, StaffFactory

pytestmark = pytest.mark.django_db
EMPTY = {
    "certificates": [],
    "required_certificates": [],
    "accepted_sizes": [],
    "accepts_interpreter": True,
    "avoids_competitors": False,
    "target_countries": [],
    "excluded_countries": [],
    "corporate_group": "",
}


@pytest.fixture
def editor():
    return RepresentativeFactory(company__member=True, role="editor")


def path(company):
    return f"/api/v1/companies/{company.public_id}/conditions/"


def test_a_representative_reads_and_changes_some_and_the_others_stay(editor, speaking_for):
    CountryFactory(code="JP")
    api, where = speaking_for(editor.person), path(editor.company)
    assert api.get(where).json() == EMPTY
    api.post(where, {"corporate_group": "Asahi"}, format="json")

    answer = api.post(
        where, {"required_certificates": ["iso9001"], "target_countries": ["JP"]}, format="json"
    )

    told = {
        **EMPTY,
        "corporate_group": "Asahi",
        "required_certificates": ["iso9001"],
        "target_countries": ["JP"],
    }
    assert (answer.status_code, answer.json()) == (200, told)
    assert api.get(where).json() == told
    assert Job.objects.filter(kind="matching.refresh").count() == 1


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"certificates": ["iso0"]}, "certificates.0"),
        ({"accepted_sizes": "small"}, "accepted_sizes"),
        ({"target_countries": ["QQ"]}, "target_countries"),
        ({"target_countries": ["JP"], "excluded_countries": ["JP"]}, "excluded_countries"),
        ({"corporate_group": "x" * 201}, "corporate_group"),
        ({"accepts_interpreter": None}, "accepts_interpreter"),
    ],
)
def test_what_cannot_hold_is_refused_with_its_field(editor, speaking_for, sent, field):
    CountryFactory(code="JP")

    answer = speaking_for(editor.person).post(path(editor.company), sent, format="json")

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert Company.objects.get(pk=editor.company.pk).target_countries == []


def test_a_token_for_reading_changes_nothing(editor, speaking_for):
    api = speaking_for(editor.person, Scope.COMPANIES_READ)

    assert api.get(path(editor.company)).status_code == 200
    assert api.post(path(editor.company), {}, format="json").status_code == 403


def test_staff_read_a_members_conditions_and_strangers_learn_of_none(editor, speaking_for):
    chamber = editor.company.memberships.get().chamber
    staff = speaking_for(StaffFactory(chamber=chamber).person)
    stranger = speaking_for(RepresentativeFactory(company__member=True).person)

    assert staff.get(path(editor.company)).json() == EMPTY
    assert staff.post(path(editor.company), {}, format="json").status_code == 403
    assert stranger.get(path(editor.company)).status_code == 404
    assert stranger.post(path(editor.company), {}, format="json").status_code == 404
