import pytest

from matching.models import Dismissal
from matching.services.dismissals import dismiss_partner
from tests.factories import RepresentativeFactory, StaffFactory, UserFactory
from tests.matching.world import CHIPS, SENSORS, company, match, offers, seeks

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair():
    """Two companies that answer each other."""
    ours = company("RU", "ООО «Ромашка»", languages=["ru"])
    theirs = company("JP", "アサヒ計装", languages=["ja"])
    offers(ours, SENSORS, title={"ru": "Датчики давления"})
    seeks(ours, CHIPS, title={"ru": "Ищем станки"})
    offers(theirs, CHIPS, title={"ja": "半導体製造装置"})
    seeks(theirs, SENSORS, title={"ja": "圧力計を探す"})
    return ours, theirs


def path(one):
    return f"/api/v1/companies/{one.public_id}/suggestions/"


def own(speaking_for, one):
    return speaking_for(RepresentativeFactory(company=one).person)


def test_both_sides_read_the_same_match_from_their_own_end(pair, speaking_for):
    ours, theirs = pair
    run = match()

    mine = own(speaking_for, ours).get(path(ours), HTTP_ACCEPT_LANGUAGE="ru").json()
    (found,) = mine["results"]
    (mirror,) = own(speaking_for, theirs).get(path(theirs)).json()["results"]

    assert mine["company"]["id"] == str(ours.public_id)
    assert mine["run"]["id"] == str(run.public_id)
    assert mine["run"]["rules"] == run.rules
    assert mine["run"]["finished_at"].endswith("Z")
    assert mine["computed_at"] == mine["run"]["finished_at"]
    assert found["partner"]["id"] == str(theirs.public_id)
    assert (found["band"], mirror["band"]) == ("strong_both", "strong_both")
    assert found["mutual"] == mirror["mutual"]
    assert found["they_cover"]["tenths"] == mirror["you_cover"]["tenths"]
    assert found["you_cover"]["tenths"] == mirror["they_cover"]["tenths"]
    (code,) = [one for one in found["they_cover"]["reasons"] if one["code"] == CHIPS]
    assert code["label"] == f"Подпись {CHIPS}"
    assert code["need"] == ours.opportunities.get(side="demand").reference
    assert code["answer"] == theirs.opportunities.get(side="offer").reference
    assert "no_common_language" in [one["code"] for one in found["against"]]
    assert all(isinstance(one["label"], str) and one["label"] for one in found["against"])


def test_numbers_are_coarse(pair, speaking_for):
    match()

    (found,) = own(speaking_for, pair[0]).get(path(pair[0])).json()["results"]

    tenths = [found["mutual"]]
    for way in ("they_cover", "you_cover", "shared"):
        tenths += [found[way]["tenths"], *(one["tenths"] for one in found[way]["reasons"])]
    assert all(isinstance(one, int) and 0 <= one <= 10 for one in tenths)


def test_staff_of_its_chamber_read_what_the_company_reads_and_others_nothing(pair, speaking_for):
    ours, theirs = pair
    match()
    staff = StaffFactory(chamber=ours.memberships.get().chamber).person

    served = speaking_for(staff).get(path(ours)).json()

    assert served == own(speaking_for, ours).get(path(ours)).json()
    for stranger in (UserFactory(), StaffFactory().person):
        assert speaking_for(stranger).get(path(ours)).status_code == 404
    assert own(speaking_for, theirs).get(path(ours)).status_code == 404


def test_a_dismissal_is_told_to_its_own_side_only(pair, speaking_for):
    ours, theirs = pair
    match()
    anna = RepresentativeFactory(company=ours).person
    dismiss_partner(ours, partner=theirs, reason=Dismissal.Reason.COMPETITOR, by=anna)

    mine = speaking_for(anna).get(path(ours)).json()
    other = own(speaking_for, theirs).get(path(theirs)).json()

    assert mine["results"] == []
    (hidden,) = mine["dismissed"]
    assert (hidden["dismissal"]["reason"], hidden["partner"]["id"]) == (
        "competitor",
        str(theirs.public_id),
    )
    assert [one["partner"]["id"] for one in other["results"]] == [str(ours.public_id)]
    assert other["results"][0]["dismissal"] is None
    assert "competitor" not in str(other)


def test_no_reason_names_a_field_that_the_partner_hides(speaking_for):
    ours = company("RU", "Ours", description={"en": "We grow cranberries in marshes."})
    company(
        "JP",
        "Theirs",
        description={"en": "Importer of cranberries."},
        visibility={"description": "accepted"},
    )
    match()

    answer = own(speaking_for, ours).get(path(ours)).json()

    assert "cranberr" not in str(answer)


def test_before_the_first_run_the_list_is_empty(speaking_for):
    ours = company("RU", "Ours")

    answer = own(speaking_for, ours).get(path(ours)).json()

    assert (answer["run"], answer["results"], answer["dismissed"]) == (None, [], [])


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_takes_the_same_queries_for_any_number_of_partners(
    count, speaking_for, django_assert_num_queries
):
    ours = company("RU", "Ours")
    seeks(ours, CHIPS)
    for number in range(count):
        offers(company("JP", f"Maker {number}"), CHIPS)
    match()
    client = own(speaking_for, ours)

    with django_assert_num_queries(1 + 1 + 7):  # token, company, list
        answer = client.get(path(ours))

    assert len(answer.json()["results"]) == count
