"""The page where a manager scores what waits."""

import pytest
from django.urls import reverse

from marketplace.models import Opportunity, Review, Revision
from tests import factories

pytestmark = pytest.mark.django_db
S = Opportunity.Status


@pytest.fixture
def company():
    return factories.CompanyFactory(member=True, legal_name="ООО «Ромашка Сенсор»")


@pytest.fixture
def chamber(company):
    return company.memberships.get().chamber


@pytest.fixture
def manager(chamber, client):
    person = factories.StaffFactory(chamber=chamber).person
    client.force_login(person)
    return person


def address(row, page="review"):
    return reverse(f"admin:marketplace_opportunity_{page}", args=[row.pk])


def scored(*numbers, **more):
    names = ("clarity", "substance", "partner", "value")
    return dict(zip(names, map(str, numbers), strict=True)) | {"expires_on": "2030-01-01"} | more


def test_the_page_shows_the_rule_the_text_and_what_is_published_already(client, company, manager):
    other = factories.OpportunityFactory(published=True, title={"en": "Pressure sensors"})
    row = factories.OpportunityFactory(
        company=company, in_review=True, title={"en": "Sensors of pressure"}
    )

    page = client.get(address(row)).content.decode()

    assert "Sensors of pressure" in page
    assert "10 to 20 points: published" in page
    assert other.reference in page


def test_scores_publish_and_the_queue_gets_shorter(client, company, manager):
    row = factories.OpportunityFactory(company=company, in_review=True)

    answer = client.post(address(row), scored(4, 4, 3, 4, clarity_comment="Good"))

    row.refresh_from_db()
    assert answer.status_code == 302
    assert (row.status, str(row.expires_on)) == (S.PUBLISHED, "2030-01-01")
    assert Review.objects.get().clarity_comment == "Good"
    assert "15" in client.get(address(row, "change")).content.decode()


def test_what_is_not_said_is_asked_for_and_what_was_typed_stays(client, company, manager):
    row = factories.OpportunityFactory(company=company, in_review=True)

    answer = client.post(address(row), scored(2, 2, 1, 2, expires_on="2031-02-03"))

    assert answer.status_code == 422
    assert "Say what the company has to change." in answer.content.decode()
    assert 'value="2031-02-03"' in answer.content.decode()
    row.refresh_from_db()
    assert row.status == S.IN_REVIEW


def test_findings_of_the_check_are_published_only_with_a_reason(client, company, manager):
    row = factories.OpportunityFactory(
        company=company, in_review=True, is_anonymous=True, title={"ru": "Датчики Ромашка Сенсор"}
    )

    page = client.get(address(row)).content.decode()
    refused = client.post(address(row), scored(4, 4, 4, 4))
    client.post(address(row), scored(4, 4, 4, 4, leaks_accepted="The flower"))

    assert "the company&#x27;s name" in page
    assert refused.status_code == 422
    row.refresh_from_db()
    assert row.status == S.PUBLISHED


def test_a_changed_text_is_reviewed_beside_the_old_one(client, company, manager):
    row = factories.OpportunityFactory(company=company, published=True, title={"en": "Old pumps"})
    Revision.objects.create(opportunity=row, title={"en": "New valves"})

    listed = client.get(reverse("admin:marketplace_opportunity_changelist"), {"change": "waiting"})
    page = client.get(address(row)).content.decode()
    client.post(address(row), scored(4, 4, 4, 4))

    assert list(listed.context["cl"].result_list) == [row]
    assert "<del>Old</del>" in page
    row.refresh_from_db()
    assert row.title == {"en": "New valves"}


def test_a_viewer_of_the_chamber_looks_only(client, company, chamber):
    client.force_login(factories.StaffFactory(chamber=chamber, role="viewer").person)
    row = factories.OpportunityFactory(company=company, in_review=True)

    assert client.get(address(row)).status_code == 200
    assert client.post(address(row), scored(4, 4, 4, 4)).status_code == 403


def test_another_chambers_is_not_there(client, manager):
    row = factories.OpportunityFactory(in_review=True)

    assert client.get(address(row)).status_code == 404


def test_a_name_made_of_markup_appears_as_text(client, company, manager):
    company.legal_name = "<a href=//evil>x</a>"
    company.save()
    row = factories.OpportunityFactory(company=company, in_review=True, title={"en": "<b>bold</b>"})

    page = client.get(address(row)).content.decode()

    assert "<a href=//evil>" not in page
    assert "<b>bold</b>" not in page
