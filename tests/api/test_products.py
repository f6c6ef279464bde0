"""Advice and proposals of three at the REST door."""

import pytest

from chambers.services import jobs
from matching.selectors import suggestions_for
from tests.factories import PairHistoryFactory, RepresentativeFactory
from tests.matching.world import CHIPS, SENSORS, company, hs, match, offers, seeks

pytestmark = pytest.mark.django_db


@pytest.fixture
def three():
    """One seeks chips with sensors; one makes the former, one the latter."""
    seeker = company("KZ", "Seeker")
    chips, sensors = company("JP", "Chips", codes=hs(CHIPS)), company("RU", "Sensors")
    offers(sensors, SENSORS)
    seeks(seeker, CHIPS, SENSORS, title={"en": "A plant"})
    match()
    return seeker, chips, sensors


def test_the_endpoints_tell_what_the_page_tells(three, speaking_for):
    seeker, chips, sensors = three
    reader = speaking_for(RepresentativeFactory(company=seeker).person)
    base = f"/api/v1/companies/{seeker.public_id}"

    (one,) = reader.get(f"{base}/triads/").json()["results"]
    waiting = reader.get(f"{base}/advice/").json()
    jobs.work_off()
    ready = reader.get(f"{base}/advice/").json()

    assert one["seeker"]["id"] == str(seeker.public_id)
    assert {
        part["company"]["id"]: [code["code"] for code in part["codes"]] for part in one["parts"]
    } == {
        str(chips.public_id): [CHIPS[:4]],
        str(sensors.public_id): [SENSORS[:4]],
    }
    assert (waiting["is_ready"], waiting["tips"], waiting["mutual"]) == (False, [], None)
    assert (ready["is_ready"], ready["matches"] > 0) == (True, True)


def test_the_endpoint_leaves_out_who_was_met_unless_asked(three, speaking_for):
    ours = three[0]
    person = RepresentativeFactory(company=ours).person
    theirs = suggestions_for(ours, person).shown[0].partner
    PairHistoryFactory(one=ours, other=theirs)
    reader, path = speaking_for(person), f"/api/v1/companies/{ours.public_id}/suggestions/"

    short, whole = reader.get(path).json(), reader.get(f"{path}?with_met=true").json()

    assert (short["met"], len(short["results"]), len(whole["results"])) == (1, 1, 2)
    assert str(theirs.public_id) in [one["partner"]["id"] for one in whole["results"]]
