"""The profile of a company over the REST door, by the rules of the page's form."""

import pytest

from chambers.models import Company, Job, Scope
from tests.factories import CompanyFactory, RepresentativeFactory, StaffFactory, TradeCodeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    company = CompanyFactory(member=True, legal_name="ООО «Ромашка»", description={"ru": "Насосы"})
    return RepresentativeFactory(company=company, role="editor")


@pytest.fixture
def call(editor, speaking_for):
    """(status, body) of reading the profile, or of changing it with what is given."""
    client = speaking_for(editor.person)

    def ask(sent=None, api=client):
        where = f"/api/v1/companies/{editor.company.public_id}/profile/"
        answer = api.get(where) if sent is None else api.patch(where, sent, format="json")
        return answer.status_code, answer.json()

    return ask


def test_a_representative_reads_the_whole_profile_and_what_it_lacks(call):
    status, told = call()

    assert status == 200
    assert told["description"] == {"ru": "Насосы"}
    assert told["turnover"] is None
    assert told["visibility"]["turnover"] == "partners"
    assert told["completeness"]["of"] == 9
    assert [one["key"] for one in told["completeness"]["missing"]][:2] == ["codes", "english"]


def test_what_is_given_changes_and_the_rest_stays(call, editor):
    TradeCodeFactory(code="9026")
    TradeCodeFactory(scheme="nace", code="26", level=2)
    call({"nace": ["26"], "phone": "+375 17 123-45-67"})

    status, told = call(
        {
            "hs": ["9026"],
            "languages": ["ru", "en"],
            "description": {"en": "Pumps"},
            "visibility": {"contacts": "members"},
            "turnover": "1250000.50",
            "turnover_currency": "RUB",
            "founded": 1991,
            "is_family_business": True,
        }
    )

    assert status == 200
    assert [(one["scheme"], one["code"]) for one in told["codes"]] == [
        ("hs", "9026"),
        ("nace", "26"),
    ]
    assert told["description"] == {"ru": "Насосы", "en": "Pumps"}
    assert (told["visibility"]["contacts"], told["visibility"]["turnover"]) == (
        "members",
        "partners",
    )
    assert (told["turnover"], told["turnover_currency"]) == ("1250000.50", "RUB")
    assert (told["phone"], told["founded"]) == ("+375 17 123-45-67", 1991)
    assert Company.objects.get(pk=editor.company.pk).visibility == {"contacts": "members"}
    assert Job.objects.filter(kind="matching.refresh", key=str(editor.company.pk)).exists()


def test_null_and_empty_take_a_value_away(call):
    call({"turnover": "5", "turnover_currency": "EUR", "founded": 1991, "city": "Minsk"})

    _status, told = call({"turnover": None, "founded": None, "city": "", "description": {"ru": ""}})

    assert (told["turnover"], told["turnover_currency"]) == (None, "")
    assert (told["founded"], told["city"], told["description"]) == (None, "", {})


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        ({"phone": "call us"}, "phone", "phone"),
        ({"founded": 3000}, "founded", "founded"),
        ({"turnover": "5"}, "turnover_currency", "no_currency"),
        ({"turnover": "5", "turnover_currency": "XYZ"}, "turnover_currency", "invalid_choice"),
        ({"city": "www.city.example"}, "city", "address"),
        ({"city": "a" * 121}, "city", "max_length"),
        ({"website": "nowhere"}, "website", "invalid"),
        ({"email": "nobody"}, "email", "invalid"),
        ({"languages": ["qq"]}, "languages", "invalid_choice"),
        ({"hs": ["9999"]}, "hs", "unknown_code"),
        ({"description": {"de": "Pumpen"}}, "description.de", "no_language"),
        ({"visibility": {"name": "public"}}, "visibility.name", "unknown_field"),
        ({"visibility": {"size": "nobody"}}, "visibility.size", "invalid_choice"),
        ({"legal_name": "Other"}, "legal_name", "unknown_field"),
        ({"description": {"en": "a" * 5001}}, "description.en", "invalid"),
    ],
)
def test_what_the_form_refuses_is_refused_by_its_field(call, editor, sent, field, code):
    before = Company.objects.values().get(pk=editor.company.pk)

    status, told = call(sent)

    assert status == 400
    assert [(one["field"], one["code"]) for one in told["errors"]] == [(field, code)]
    assert Company.objects.values().get(pk=editor.company.pk) == before


def test_all_faults_are_told_at_once(call):
    _status, told = call({"phone": "call us", "founded": 3000, "email": "nobody"})

    assert {one["field"] for one in told["errors"]} == {"phone", "founded", "email"}


def test_readers_and_staff_read_and_strangers_find_nothing(call, editor, speaking_for):
    reader = RepresentativeFactory(company=editor.company, role="viewer").person
    staff = StaffFactory(chamber=editor.company.memberships.get().chamber).person
    stranger = RepresentativeFactory(company__member=True).person

    def tries(person, *scopes):
        api = speaking_for(person, *scopes)
        return call(api=api)[0], call({"city": "Minsk"}, api=api)[0]

    assert tries(reader) == (200, 403)
    assert tries(staff) == (200, 403)
    assert tries(stranger) == (404, 404)
    assert tries(editor.person, Scope.COMPANIES_READ, Scope.COMPANIES_WRITE) == (200, 403)
    assert Company.objects.get(pk=editor.company.pk).city != "Minsk"
