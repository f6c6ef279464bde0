"""Four scores decide; the company reads them; what tells it is not published by mistake."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from chambers.models import Mail, Representative
from marketplace import services
from marketplace.models import Opportunity, Review
from marketplace.services.reviews import refuse_opportunity, review_opportunity, verdict_of
from tests import factories

pytestmark = pytest.mark.django_db
S = Opportunity.Status
NAMES = ("clarity", "substance", "partner", "value")


def scored(*numbers):
    return dict(zip(NAMES, numbers, strict=True))


@pytest.fixture
def company():
    return factories.CompanyFactory(member=True, legal_name="ООО «Ромашка Сенсор»")


@pytest.fixture
def owner(company):
    return factories.RepresentativeFactory(company=company).person


@pytest.fixture
def manager(company):
    return factories.StaffFactory(chamber=company.memberships.get().chamber).person


def waiting(company, **fields):
    return factories.OpportunityFactory(company=company, in_review=True, **fields)


@pytest.mark.parametrize(
    ("numbers", "verdict"),
    [
        ((4, 4, 3, 4), "publish"),
        ((3, 3, 2, 2), "publish"),
        ((5, 5, 5, 5), "publish"),
        ((3, 2, 2, 2), "hold"),
        ((2, 2, 1, 2), "hold"),
        ((2, 1, 1, 1), "hold"),
        ((1, 1, 1, 1), "reject"),
        ((5, 5, 5, 0), "hold"),
        ((0, 0, 0, 0), "hold"),
    ],
)
def test_ten_points_publish_five_hold_fewer_reject_and_any_zero_holds(numbers, verdict):
    assert verdict_of(scored(*numbers)) == verdict


def test_a_published_one_is_shown_and_its_company_reads_scores_and_comments(
    company, owner, manager
):
    row = waiting(company)

    review = review_opportunity(
        row, by=manager, scores=scored(4, 4, 3, 4), comments={"partner": "Say which partner."}
    )

    row.refresh_from_db()
    assert (row.status, review.total) == (S.PUBLISHED, 15)
    mail = Mail.objects.get(kind="opportunity_published")
    assert mail.to == owner.email
    assert row.reference in mail.subject
    assert "15" in mail.text
    assert "Say which partner." in mail.text


@pytest.mark.parametrize(
    ("numbers", "status", "kind"),
    [
        ((2, 2, 1, 2), S.ON_HOLD, "opportunity_on_hold"),
        ((1, 1, 1, 1), S.REJECTED, "opportunity_rejected"),
        ((5, 5, 5, 0), S.ON_HOLD, "opportunity_on_hold"),
    ],
)
def test_what_is_not_published_says_what_to_change(company, owner, manager, numbers, status, kind):
    row = waiting(company)

    with pytest.raises(ValidationError) as caught:
        review_opportunity(row, by=manager, scores=scored(*numbers))
    review_opportunity(row, by=manager, scores=scored(*numbers), comment="Name quantities.")

    assert caught.value.error_dict["comment"][0].code == "say_what"
    row.refresh_from_db()
    assert row.status == status
    assert "Name quantities." in Mail.objects.get(kind=kind, to=owner.email).text


def test_what_was_held_is_changed_and_handed_in_again(company, owner, manager):
    row = waiting(company, whole=True)
    review_opportunity(row, by=manager, scores=scored(2, 2, 2, 2), comment="More.")
    reference = row.reference

    again = services.submit_opportunity(row, by=owner)
    review_opportunity(again, by=manager, scores=scored(4, 4, 4, 4))

    row.refresh_from_db()
    assert (row.status, row.reference) == (S.PUBLISHED, reference)
    assert row.reviews.count() == 2


def test_a_forbidden_one_is_rejected_without_scores_but_with_a_reason(company, owner, manager):
    row = waiting(company)

    with pytest.raises(ValidationError) as caught:
        refuse_opportunity(row, by=manager, reason="  ")
    refuse_opportunity(row, by=manager, reason="Weapons are not allowed.")

    assert caught.value.error_dict["reason"][0].code == "say_what"
    row.refresh_from_db()
    assert row.status == S.REJECTED
    assert "Weapons are not allowed." in Mail.objects.get(to=owner.email).text


@pytest.mark.parametrize("scores", [{}, {"clarity": 5}, scored(6, 5, 5, 5), scored(-1, 5, 5, 5)])
def test_all_four_scores_are_needed(company, manager, scores):
    row = waiting(company)

    with pytest.raises(ValidationError) as caught:
        review_opportunity(row, by=manager, scores=scores)

    assert caught.value.code == "no_scores"
    assert not Review.objects.exists()


def test_nobody_reviews_what_their_own_company_wrote(company, manager):
    Representative.objects.create(company=company, person=manager)

    with pytest.raises(PermissionDenied):
        review_opportunity(waiting(company), by=manager, scores=scored(5, 5, 5, 5))


@pytest.mark.parametrize("role", ["owner", "viewer", "stranger"])
def test_only_a_manager_of_the_chamber_reviews(company, owner, role):
    person = {
        "owner": lambda: owner,
        "viewer": lambda: (
            factories.StaffFactory(chamber=company.memberships.get().chamber, role="viewer").person
        ),
        "stranger": lambda: factories.StaffFactory().person,
    }[role]()
    row = waiting(company)

    with pytest.raises(PermissionDenied):
        review_opportunity(row, by=person, scores=scored(5, 5, 5, 5))

    row.refresh_from_db()
    assert row.status == S.IN_REVIEW


def test_an_anonymous_text_that_tells_its_company_is_published_only_with_a_reason(company, manager):
    row = waiting(company, is_anonymous=True, title={"ru": "Датчики Ромашка Сенсор"})

    with pytest.raises(ValidationError) as caught:
        review_opportunity(row, by=manager, scores=scored(4, 4, 4, 4))
    review_opportunity(row, by=manager, scores=scored(4, 4, 4, 4), leaks_accepted="A flower.")

    assert caught.value.error_dict["leaks_accepted"][0].code == "leaks"
    row.refresh_from_db()
    assert row.status == S.PUBLISHED


def test_the_region_of_an_anonymous_investment_is_checked_before_it_is_published(company, manager):
    row = waiting(company, is_anonymous=True, kind=Opportunity.Kind.INVESTMENT)
    factories.InvestmentTermsFactory(opportunity=row, region="Завод Ромашка Сенсор")

    with pytest.raises(ValidationError) as caught:
        review_opportunity(row, by=manager, scores=scored(4, 4, 4, 4))

    assert caught.value.error_dict["leaks_accepted"][0].code == "leaks"


def test_the_database_publishes_nothing_below_ten_points(company):
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(opportunity=waiting(company), verdict="publish", **scored(2, 2, 2, 2))
