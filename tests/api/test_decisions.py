"""What a company decides of others over the REST door: not relevant, known, no part in a three."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from chambers.models import Job
from chambers.services.companies import change_company
from matching.engine import Weights
from matching.models import Dismissal, PairHistory, TriadRefusal
from matching.models.constants import CONSTANTS
from tests.factories import (
    CompanyFactory,
    PairHistoryFactory,
    RepresentativeFactory,
    StaffFactory,
)
from tests.matching.test_advice import codes_of
from tests.matching.world import CHIPS, SENSORS, company, match, offers, seeks

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair():
    """Two companies, one of which seeks what the other offers."""
    ours, theirs = company("RU", "Ours"), company("JP", "Theirs")
    seeks(ours, CHIPS, title={"en": "Wafers"})
    offers(theirs, CHIPS, title={"en": "Wafers"})
    match()
    return ours, theirs


@pytest.fixture
def editor(pair):
    return RepresentativeFactory(company=pair[0], role="editor").person


def path(one, *parts):
    return "/".join([f"/api/v1/companies/{one.public_id}", *map(str, parts), ""])


def test_a_partner_that_is_not_relevant_leaves_the_list_and_comes_back(pair, editor, speaking_for):
    api, (ours, theirs) = speaking_for(editor), pair
    body = {"company": str(theirs.public_id), "reason": "field"}

    assert api.post(path(ours, "dismissals"), body, format="json").status_code == 204

    told = api.get(path(ours, "suggestions")).json()
    assert told["results"] == []
    assert [one["partner"]["legal_name"] for one in told["dismissed"]] == ["Theirs"]
    assert Dismissal.objects.get().by == editor
    again = api.post(path(ours, "dismissals"), body, format="json")
    assert (again.status_code, "already" in again.content.decode()) == (409, True)
    back = path(ours, "dismissals", theirs.public_id)
    assert api.delete(back).status_code == 204
    assert len(api.get(path(ours, "suggestions")).json()["results"]) == 1
    assert api.delete(back).status_code == 404


def test_a_reason_that_there_is_not_is_refused_by_its_name(pair, editor, speaking_for):
    api, (ours, theirs) = speaking_for(editor), pair

    for body, field in (
        ({"company": str(theirs.public_id), "reason": "ugly"}, "reason"),
        ({"reason": "field"}, "company"),
    ):
        refused = api.post(path(ours, "dismissals"), body, format="json")
        assert refused.status_code == 400
        assert [one["field"] for one in refused.json()["errors"]] == [field]
    own = {"company": str(ours.public_id), "reason": "field"}
    assert api.post(path(ours, "dismissals"), own, format="json").status_code == 404
    assert not Dismissal.objects.exists()


def test_who_only_reads_for_a_company_decides_nothing(pair, speaking_for):
    ours, theirs = pair
    reader = speaking_for(RepresentativeFactory(company=ours, role="viewer").person)
    name = {"company": str(theirs.public_id)}

    for part, body in (("dismissals", {"reason": "field"}), ("known", {"kind": "partner"})):
        answer = reader.post(path(ours, part), name | body, format="json")
        assert answer.status_code == 403

    assert not Dismissal.objects.exists()
    assert not PairHistory.objects.exists()


def test_what_is_known_of_a_partner_is_recorded_read_and_withdrawn(pair, editor, speaking_for):
    api, (ours, theirs) = speaking_for(editor), pair
    body = {
        "company": str(theirs.public_id),
        "kind": "partner",
        "since": "2024-05-01",
        "note": "Since the fair",
    }

    made = api.post(path(ours, "known"), body, format="json")

    assert made.status_code == 201
    assert made.json()["company"]["legal_name"] == "Theirs"
    assert {name: made.json()[name] for name in ("kind", "since", "note")} == {
        name: body[name] for name in ("kind", "since", "note")
    }
    assert api.get(path(ours, "known")).json()["results"] == [made.json()]
    assert api.get(path(ours, "suggestions")).json()["results"] == []
    assert Job.objects.filter(kind="matching.refresh", key=str(ours.pk)).exists()
    where = path(ours, "known", made.json()["id"])
    assert api.delete(where).status_code == 204
    assert api.delete(where).status_code == 404
    assert len(api.get(path(ours, "suggestions")).json()["results"]) == 1


def test_nobody_learns_here_that_another_company_declined(pair, editor, speaking_for):
    ours, theirs = pair
    row = PairHistoryFactory(one=ours, other=theirs, kind="declined", stated_by=theirs)
    staff = StaffFactory(chamber=ours.memberships.get().chamber).person

    for person in (editor, staff):
        api = speaking_for(person)
        assert api.get(path(ours, "known")).json()["results"] == []
        assert api.delete(path(ours, "known", row.public_id)).status_code == 404


def test_the_list_of_what_is_known_takes_the_same_queries_however_long(pair, editor, speaking_for):
    api, ours = speaking_for(editor), pair[0]
    counted = []
    for number in (1, 2):
        for _ in range(number):
            PairHistoryFactory(
                one=ours, other=CompanyFactory(member=True), kind="met", stated_by=ours
            )
        with CaptureQueriesContext(connection) as told:
            answer = api.get(path(ours, "known"))
        counted.append((len(told), len(answer.json()["results"])))

    assert [length for _queries, length in counted] == [1, 3]
    assert counted[0][0] == counted[1][0]


def test_a_proposal_of_three_is_declined_for_all_three(speaking_for):
    seeker, first, second = (company(code, code) for code in ("KZ", "JP", "RU"))
    change_company(first, codes=codes_of(CHIPS))
    change_company(second, codes=codes_of(SENSORS))
    seeks(seeker, CHIPS, SENSORS, title={"en": "A plant"})
    match()
    api = speaking_for(RepresentativeFactory(company=first, role="editor").person)
    (told,) = api.get(path(first, "triads")).json()["results"]

    assert api.post(path(first, "triads", told["id"], "refuse")).status_code == 204

    assert TriadRefusal.objects.get().company == first
    for one in (seeker, first, second):
        reader = speaking_for(RepresentativeFactory(company=one).person)
        assert reader.get(path(one, "triads")).json()["results"] == []
    assert api.post(path(first, "triads", told["id"], "refuse")).status_code == 404


def test_everybody_reads_by_which_constants_the_lists_are_made(pair, client):
    told = client.get("/api/v1/scoring/", headers={"accept-language": "ru"}).json()

    values = {one["name"]: one["value"] for one in told["constants"]}
    assert told["rules"] == Weights().version
    assert values["met_before"] == Weights().met_before
    assert values["levels.hs4"] == Weights().levels["hs4"]
    labels = {one["name"]: one["label"] for one in told["constants"]}
    with translation.override("ru"):
        assert labels == {one.name: str(one.label) for one in CONSTANTS}
