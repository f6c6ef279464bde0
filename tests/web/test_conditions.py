"""The pages on which a company says whom it wants and whom it knows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chambers.models import Company
from matching.models import PairHistory
from tests.factories import (
    CountryFactory,
    PairHistoryFactory,
    RepresentativeFactory,
    StaffFactory,
)
from tests.forms import sent_back
from tests.matching.world import company

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours():
    return company("RU", "Ромашка")


@pytest.fixture
def theirs():
    return company("JP", "アサヒ計装")


def test_conditions_are_read_changed_and_saved_without_scripts(client, ours, speaks_for):
    CountryFactory(code="JP")
    speaks_for(ours, role="editor")
    page = client.get(reverse("conditions"))
    assert sent_back(page, "conditions")["accepts_interpreter"] == ["on"]

    saved = client.post(
        reverse("conditions"),
        {
            "target_countries": ["JP"],
            "accepted_sizes": ["small", "large"],
            "required_certificates": ["iso9001"],
            "certificates": ["ce"],
            "avoids_competitors": "on",
            "corporate_group": "Asahi Holdings",
        },
        follow=True,
    )

    assert b"Saved. Your matches follow." in saved.content
    stored = Company.objects.get(pk=ours.pk)
    assert (stored.target_countries, stored.accepted_sizes) == (["JP"], ["small", "large"])
    assert (stored.required_certificates, stored.certificates) == (["iso9001"], ["ce"])
    assert (stored.accepts_interpreter, stored.avoids_competitors) == (False, True)
    again = sent_back(saved, "conditions")
    assert again["required_certificates"] == ["iso9001"]
    assert again["corporate_group"] == ["Asahi Holdings"]
    assert "accepts_interpreter" not in again


def test_countries_are_boxes_by_part_of_the_world_and_the_chosen_ones_come_first(
    client, ours, speaks_for
):
    for code in ("JP", "CL", "AQ"):
        CountryFactory(code=code)
    Company.objects.filter(pk=ours.pk).update(target_countries=["JP"])
    speaks_for(ours)

    with CaptureQueriesContext(connection) as made:
        page = client.get(reverse("conditions"))

    field = page.context["form"]["target_countries"]
    assert [code for code, _name in field.chosen] == ["JP"]
    there = {part.name: [code for code, _name in part.countries] for part in field.parts}
    assert {name: there[name] for name in ("Americas", "Antarctica")} == {
        "Americas": ["CL"],
        "Antarctica": ["AQ"],
    }
    assert "JP" not in there.get("Asia", [])
    assert sent_back(page, "conditions")["target_countries"] == ["JP"]
    assert sum('FROM "chambers_country" ' in one["sql"] for one in made) == 2  # one for each list


@pytest.mark.parametrize("wrong", ["QQ", "<b>", ""])
def test_a_country_that_is_not_offered_is_refused_beside_its_field(client, ours, speaks_for, wrong):
    speaks_for(ours)

    answer = client.post(reverse("conditions"), {"target_countries": [wrong]})

    assert answer.status_code == 422
    errors = answer.context["form"].errors.as_data()["target_countries"]
    assert [one.code for one in errors] == ["invalid_choice"]


def test_what_was_typed_stays_when_it_cannot_be_saved(client, ours, speaks_for):
    CountryFactory(code="JP")
    speaks_for(ours)

    answer = client.post(
        reverse("conditions"),
        {
            "target_countries": ["JP"],
            "excluded_countries": ["JP"],
            "certificates": ["ce"],
            "corporate_group": "Typed",
        },
    )

    assert answer.status_code == 422
    assert b"Wanted and excluded at once: JP." in answer.content
    kept = sent_back(answer, "conditions")
    assert (kept["corporate_group"], kept["certificates"]) == (["Typed"], ["ce"])
    assert (kept["target_countries"], kept["excluded_countries"]) == (["JP"], ["JP"])
    assert Company.objects.get(pk=ours.pk).corporate_group == ""


def test_a_reader_of_the_company_sees_the_conditions_and_may_not_change_them(
    client, ours, speaks_for
):
    Company.objects.filter(pk=ours.pk).update(corporate_group="Asahi Holdings")
    speaks_for(ours, role="viewer")

    page = client.get(reverse("conditions"))

    assert b"Asahi Holdings" in page.content
    assert sent_back(page, "conditions").keys() <= {"csrfmiddlewaretoken"}
    assert client.post(reverse("conditions"), {}).status_code == 403
    assert Company.objects.get(pk=ours.pk).corporate_group == "Asahi Holdings"


def test_who_acts_for_a_chamber_is_told_that_conditions_belong_to_a_company(client, serves):
    serves(StaffFactory().chamber)

    for page in ("conditions", "known"):
        assert b"Matches belong to a company" in client.get(reverse(page)).content
    assert client.post(reverse("conditions"), {}).status_code == 404


def test_a_partner_is_recorded_shown_and_withdrawn(client, ours, theirs, speaks_for):
    speaks_for(ours)
    where = reverse("known-record", args=[theirs.public_id])
    assert client.get(where).status_code == 200

    shown = client.post(where, {"kind": "partner", "note": "Since the fair"}, follow=True)

    history = PairHistory.objects.get()
    assert (history.stated_by, history.kind, history.note) == (ours, "partner", "Since the fair")
    assert "アサヒ計装" in shown.content.decode()
    assert b"Since the fair" in shown.content
    gone = client.post(reverse("known-withdraw", args=[history.public_id]), follow=True)
    assert b"Nothing is recorded yet" in gone.content
    assert not PairHistory.objects.exists()


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"note": "typed"}, "This field is required."),
        ({"kind": "met", "since": "2999-01-01", "note": "typed"}, "This day is yet to come."),
        ({"kind": "partner", "note": "typed"}, "This is already recorded for the two companies."),
    ],
)
def test_a_record_that_cannot_be_keeps_what_was_typed(client, ours, theirs, speaks_for, sent, told):
    PairHistoryFactory(one=ours, other=theirs, kind="partner", stated_by=theirs)
    speaks_for(ours)

    answer = client.post(reverse("known-record", args=[theirs.public_id]), sent)

    assert (answer.status_code, told in answer.content.decode()) == (422, True)
    assert sent_back(answer, "record")["note"][0].strip() == "typed"
    assert PairHistory.objects.count() == 1


def test_each_side_reads_what_both_know_and_only_its_own_refusals(client, ours, theirs, speaks_for):
    PairHistoryFactory(one=ours, other=theirs, kind="partner", stated_by=theirs, note="Their note")
    PairHistoryFactory(one=ours, other=theirs, kind="declined", stated_by=theirs, note="Refused")
    speaks_for(ours)

    page = client.get(reverse("known")).content.decode()

    assert "They work together" in page
    assert "stated by them" in page
    assert "Their note" not in page
    assert "One side declined" not in page
    assert "Refused" not in page
    assert "withdraw" not in page
    own = PairHistory.objects.get(kind="declined")
    assert client.post(reverse("known-withdraw", args=[own.public_id])).status_code == 404


def test_a_person_of_both_companies_reads_as_the_one_they_act_for(client, ours, theirs, speaks_for):
    person = speaks_for(ours)
    RepresentativeFactory(company=theirs, person=person)
    PairHistoryFactory(one=ours, other=theirs, kind="declined", stated_by=theirs, note="Refused")
    client.post(reverse("acting"), {"side": f"company:{ours.public_id}"})

    assert "Refused" not in client.get(reverse("known")).content.decode()


def test_a_reader_of_the_company_records_nothing(client, ours, theirs, speaks_for):
    history = PairHistoryFactory(one=ours, other=theirs, stated_by=ours)
    speaks_for(ours, role="viewer")

    assert (
        client.post(reverse("known-record", args=[theirs.public_id]), {"kind": "met"}).status_code
        == 403
    )
    assert client.post(reverse("known-withdraw", args=[history.public_id])).status_code == 403
    assert PairHistory.objects.count() == 1


@pytest.mark.parametrize("count", [1, 4])
def test_the_page_of_known_partners_takes_the_same_queries_for_any_number(
    client, ours, speaks_for, count, django_assert_num_queries
):
    for number in range(count):
        PairHistoryFactory(one=ours, other=company("JP", f"Partner {number}"))
    speaks_for(ours)

    with django_assert_num_queries(4):
        page = client.get(reverse("known"))

    assert len(page.context["found"]) == count
