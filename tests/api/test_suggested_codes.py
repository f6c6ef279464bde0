"""Codes that a company's text speaks of, over the REST door."""

import pytest

from chambers.models import Job, Scope
from tests.factories import RepresentativeFactory, StaffFactory
from tests.matching.world import company, nomenclature

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def labels():
    with nomenclature():
        yield


@pytest.fixture
def ours():
    return company("RU", "Ромашка", description={"en": "Pumps for liquids"})


def test_programs_read_and_state_them(ours, speaking_for):
    api = speaking_for(RepresentativeFactory(company=ours, role="editor").person)
    where = f"/api/v1/companies/{ours.public_id}/codes/suggested/"

    first = api.get(where).json()["results"][0]
    left = api.post(where, {"codes": ["hs:8413"]}, format="json")

    assert (first["scheme"], first["code"], first["label"]) == ("hs", "8413", "Pumps for liquids")
    assert first["counts"] is True
    assert left.status_code == 200
    assert "8413" not in [one["code"] for one in left.json()["results"]]
    assert [one.code for one in ours.codes.all()] == ["8413"]
    assert Job.objects.filter(kind="matching.refresh", key=str(ours.pk)).exists()


@pytest.mark.parametrize("codes", [[], ["hs:99"], ["8413"], "hs:8413", ["hs:8413"] * 51])
def test_codes_that_are_none_are_refused_to_programs(ours, speaking_for, codes):
    api = speaking_for(RepresentativeFactory(company=ours).person)
    where = f"/api/v1/companies/{ours.public_id}/codes/suggested/"

    assert api.post(where, {"codes": codes}, format="json").status_code == 400
    assert not ours.codes.exists()


def test_staff_read_them_and_strangers_learn_of_none(ours, speaking_for):
    where = f"/api/v1/companies/{ours.public_id}/codes/suggested/"
    staff = speaking_for(StaffFactory(chamber=ours.memberships.get().chamber).person)
    reading_only = speaking_for(RepresentativeFactory(company=ours).person, Scope.COMPANIES_READ)
    stranger = speaking_for(RepresentativeFactory(company__member=True).person)

    assert staff.get(where).status_code == 200
    assert staff.post(where, {"codes": ["hs:8413"]}, format="json").status_code == 403
    assert reading_only.post(where, {"codes": ["hs:8413"]}, format="json").status_code == 403
    assert stranger.get(where).status_code == 404
