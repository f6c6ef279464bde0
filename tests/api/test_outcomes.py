"""Programs say how meetings went, and report and confirm papers."""

import pytest

from chambers.models import Scope
from marketplace.models import Outcome
from tests import factories
from tests.marketplace.test_outcomes import Signed


@pytest.fixture
def signed(db):
    return Signed()


def post(program, path, **body):
    return program.post(f"/api/v1/{path}", body, format="json")


def test_a_side_says_and_reads_its_own_words_and_never_the_other_sides(signed, speaking_for):
    ours, theirs = speaking_for(signed.we), speaking_for(signed.they)
    path = f"meetings/{signed.meeting.public_id}"

    assert post(ours, f"{path}/said/", said="held").json()["said"] == "held"
    given = post(ours, f"{path}/feedback/", first="possible", note="Ours alone")
    early = post(ours, f"{path}/feedback/", second="agreed")

    assert given.status_code == 200
    assert (early.status_code, early.json()["errors"][0]["code"]) == (409, "too_early")
    own = ours.get(f"/api/v1/{path}/feedback/").json()
    assert [one["note"] for one in own] == ["Ours alone"]
    assert theirs.get(f"/api/v1/{path}/feedback/").json() == []
    assert ours.get(f"/api/v1/{path}/").json()["guest_attendance"] == "came"


def test_marks_that_a_side_sends_are_its_word(signed, speaking_for):
    path = f"meetings/{signed.meeting.public_id}/attendance/"

    assert post(speaking_for(signed.we), path, guest="no_show").json()["status"] == "no_show"
    done = post(speaking_for(signed.they), path, host="came", guest="came").json()

    assert (done["status"], done["guest_attendance"]) == ("confirmed", "unknown")
    staff = post(speaking_for(signed.manager), path, host="came", guest="late").json()
    assert (staff["status"], staff["guest_attendance"]) == ("held", "late")


def test_an_outcome_needs_its_second_party(signed, speaking_for):
    ours, theirs = speaking_for(signed.we), speaking_for(signed.they)
    body = {
        "company": str(signed.ours.public_id),
        "partner": str(signed.theirs.public_id),
        "meeting": str(signed.meeting.public_id),
        "kind": "contract",
        "subject": "Sensors",
        "claimed": "signed",
        "signed_on": "2026-06-26",
        "amount": "1250000.00",
        "currency": "RUB",
    }
    for wrong in (1250000, "", "0.00", "-5", "1250000.001"):
        refused = post(ours, "outcomes/", **{**body, "amount": wrong})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "amount")

    made = post(ours, "outcomes/", **body)

    assert (made.status_code, made.json()["state"], made.json()["stage"]) == (
        201,
        "with_partner",
        "announced",
    )
    path = f"outcomes/{made.json()['id']}"
    assert post(ours, f"{path}/confirm/").status_code == 403
    assert post(theirs, f"{path}/confirm/").json()["state"] == "with_chamber"
    again = post(theirs, f"{path}/confirm/")
    assert (again.status_code, again.json()["code"]) == (409, "bad_transition")
    assert theirs.get(f"/api/v1/{path}/").json()["amount"] == "1250000.00"
    assert speaking_for(factories.UserFactory()).get(f"/api/v1/{path}/").status_code == 404
    assert Outcome.objects.count() == 1


def test_amounts_are_read_with_their_own_scope(signed, speaking_for):
    signed.report()
    others = [one for one in Scope.values if not one.startswith("outcomes:")]

    assert speaking_for(signed.we, *others).get("/api/v1/outcomes/").status_code == 403
    listed = speaking_for(signed.we, "outcomes:read").get("/api/v1/outcomes/").json()
    assert [one["amount"] for one in listed["results"]] == ["1250000.00"]
