"""Opportunities are written, submitted and reviewed over REST (R-J5)."""

import pytest

from chambers.models import Scope, today
from marketplace.models import Opportunity, Revision
from tests import factories
from tests.matching.world import hs

pytestmark = pytest.mark.django_db
SCORES = {"clarity": 4, "substance": 4, "partner": 3, "value": 4}


def terms(**changed):
    said = {"instrument": "loan", "amount_min": "100.5", "amount_max": "900", "currency": "EUR"}
    return said | changed


@pytest.fixture
def company():
    return factories.CompanyFactory(member=True, country=factories.CountryFactory(code="RU"))


@pytest.fixture
def ours(company, speaking_for):
    return speaking_for(factories.RepresentativeFactory(company=company).person)


@pytest.fixture
def chamber(company, speaking_for):
    home = company.memberships.get().chamber
    return speaking_for(factories.StaffFactory(chamber=home).person)


def said(company, **changed):
    return {
        "company": str(company.public_id),
        "side": "offer",
        "kind": "goods",
        "title": {"en": "Pressure sensors", "ja": "圧力センサー"},
        "text": {"en": "A hundred a month."},
    } | changed


def address(row, step=""):
    return f"/api/v1/opportunities/{row.public_id}/{step}"


def test_a_draft_is_written_submitted_and_gets_its_number(company, ours):
    hs("902610")
    factories.CountryFactory(code="JP")

    made = ours.post(
        "/api/v1/opportunities/",
        said(company, hs=["902610"], target_countries=["JP"], cooperation=["supply"]),
        format="json",
    )
    sent = ours.post(f"/api/v1/opportunities/{made.json()['id']}/submit/")

    assert (made.status_code, made.json()["status"], made.json()["reference"]) == (201, "draft", "")
    assert [code["code"] for code in made.json()["codes"]] == ["902610"]
    assert (sent.status_code, sent.json()["status"]) == (200, "in_review")
    assert sent.json()["reference"] == f"BO-RU-{today():%Y%m%d}-001"


def test_what_is_missing_is_named_when_it_is_submitted(company, ours):
    made = ours.post("/api/v1/opportunities/", said(company, text={}), format="json")

    sent = ours.post(f"/api/v1/opportunities/{made.json()['id']}/submit/")

    assert (made.status_code, sent.status_code) == (201, 400)
    assert {one["field"] for one in sent.json()["errors"]} == {"text", "codes"}
    assert Opportunity.objects.get().status == "draft"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": {"en": ""}}, "title"),
        ({"text": {"en": "a\0b"}}, "text"),
        ({"side": "both"}, "side"),
        ({"hs": ["9"]}, "hs"),
        ({"hs": ["999999"]}, "hs"),
        ({"target_countries": ["XX"]}, "target_countries"),
        ({"colour": "red"}, "colour"),
        ({"investment": terms(amount_min="")}, "investment.amount_min"),
        ({"investment": terms(amount_max=100)}, "investment.amount_max"),
    ],
)
def test_each_error_names_its_field_in_the_callers_language(company, ours, changed, field):
    answer = ours.post(
        "/api/v1/opportunities/",
        said(company, **changed),
        format="json",
        headers={"accept-language": "ru"},
    )

    assert answer.status_code == 400
    assert any(one["field"].startswith(field) for one in answer.json()["errors"])
    assert answer["Content-Language"] == "ru"
    assert not Opportunity.objects.exists()


def test_a_company_publishes_nothing_itself_and_its_chamber_does(company, ours, chamber):
    row = factories.OpportunityFactory(company=company, in_review=True)

    refused = ours.post(address(row, "review/"), SCORES, format="json")
    done = chamber.post(address(row, "review/"), SCORES, format="json")
    again = chamber.post(address(row, "review/"), SCORES, format="json")

    assert refused.status_code == 403
    assert (done.status_code, done.json()["verdict"], done.json()["total"]) == (201, "publish", 15)
    assert (again.status_code, again.json()["code"]) == (409, "bad_transition")
    told = ours.get(address(row, "reviews/")).json()
    assert told["reviews"][0]["total"] == 15


def test_what_does_not_wait_is_not_reviewed_whatever_the_review_says(company, chamber):
    row = factories.OpportunityFactory(company=company, published=True)

    for wrong in ({"clarity": 0}, {"expires_on": "2000-01-01"}):
        answer = chamber.post(address(row, "review/"), SCORES | wrong, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "bad_transition")


def test_an_investment_is_written_with_exact_amounts(company, ours):
    asked = said(company, kind="investment", investment=terms())

    made = ours.post("/api/v1/opportunities/", asked, format="json")

    told = made.json()["investment"]
    assert (told["amount_min"], told["amount_max"]) == ("100.50", "900.00")


def test_a_change_of_what_is_published_waits(company, ours):
    row = factories.OpportunityFactory(
        company=company, published=True, whole=True, title={"en": "Old"}
    )

    answer = ours.patch(address(row), {"title": {"en": "New"}}, format="json")

    assert (answer.status_code, answer.json()["title"]) == (202, {"en": "Old"})
    assert Revision.objects.get().title == {"en": "New"}


def test_what_is_left_out_of_a_change_stays(company, ours):
    row = factories.OpportunityFactory(company=company, text={"en": "Kept"}, codes=hs("902610"))

    ours.patch(address(row), {"title": {"en": "New"}}, format="json")

    row.refresh_from_db()
    assert (row.title, row.text) == ({"en": "New"}, {"en": "Kept"})
    assert [code.code for code in row.codes.all()] == ["902610"]


def test_an_anonymous_text_that_tells_its_company_is_not_submitted(company, ours):
    company.legal_name = "ООО «Ромашка Сенсор»"
    company.save()
    row = factories.OpportunityFactory(
        company=company, is_anonymous=True, whole=True, title={"en": "Made by Romashka Sensor"}
    )

    answer = ours.post(address(row, "submit/"))

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "leaks")


def test_a_token_that_only_reads_writes_nothing(company, speaking_for):
    person = factories.RepresentativeFactory(company=company).person
    reading = speaking_for(person, Scope.OPPORTUNITIES_READ)

    answer = reading.post("/api/v1/opportunities/", said(company), format="json")

    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")


def test_a_strangers_draft_and_its_reviews_are_not_there(speaking_for):
    row = factories.OpportunityFactory(published=True)
    draft = factories.OpportunityFactory()
    stranger = speaking_for(factories.RepresentativeFactory().person)

    assert stranger.get(address(row, "reviews/")).status_code == 404
    assert stranger.patch(address(draft), {}, format="json").status_code == 404
    assert stranger.post(address(row, "archive/")).status_code == 403
