"""A changed text of what is published waits; the old one stays public until it is reviewed."""

import threading
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from chambers.models import Mail
from marketplace.models import Opportunity, Revision
from marketplace.selectors.contents import content_of
from marketplace.selectors.own import change_of
from marketplace.services import archive_opportunity
from marketplace.services.reviews import review_opportunity
from marketplace.services.revisions import revise_opportunity, withdraw_revision
from tests import factories
from tests.marketplace.test_reviews import scored
from tests.matching.world import hs

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    return factories.CompanyFactory(member=True)


@pytest.fixture
def owner(company):
    return factories.RepresentativeFactory(company=company).person


@pytest.fixture
def manager(company):
    return factories.StaffFactory(chamber=company.memberships.get().chamber).person


def published(company, **fields):
    return factories.OpportunityFactory(
        company=company, published=True, whole=True, title={"en": "Old pumps"}, **fields
    )


def changed(row, **fields):
    return replace(content_of(row), **({"title": {"en": "New valves"}} | fields))


def test_the_old_text_stays_until_the_scores_publish_the_new_one(company, owner, manager):
    row = published(company, codes=hs("902610"))
    revision = revise_opportunity(row, by=owner, content=changed(row, codes=tuple(hs("848620"))))

    row.refresh_from_db()
    assert (row.title, row.status) == ({"en": "Old pumps"}, "published")

    review_opportunity(row, by=manager, scores=scored(4, 4, 4, 4), revision=revision)

    row.refresh_from_db()
    assert row.title == {"en": "New valves"}
    assert [code.code for code in row.codes.all()] == ["848620"]
    assert "valv" in Opportunity.objects.filter(pk=row.pk).values_list("search", flat=True)[0]
    assert "changed text" in Mail.objects.get(kind="opportunity_published").subject


def test_a_held_change_leaves_the_published_text_alone(company, owner, manager):
    row = published(company)
    revision = revise_opportunity(row, by=owner, content=changed(row))

    review_opportunity(
        row, by=manager, scores=scored(2, 2, 1, 2), comment="Too short.", revision=revision
    )

    row.refresh_from_db()
    revision.refresh_from_db()
    assert (row.title, row.status) == ({"en": "Old pumps"}, "published")
    assert revision.state == "on_hold"
    assert "the old text stays" in Mail.objects.get(kind="opportunity_on_hold").text


@pytest.mark.parametrize(("points", "state"), [(2, "on_hold"), (1, "rejected")])
def test_a_text_that_came_back_is_gone_on_with_until_a_newer_one_or_its_writer_ends_it(
    company, owner, manager, points, state
):
    row = published(company)
    back = revise_opportunity(row, by=owner, content=changed(row))
    review_opportunity(
        row, by=manager, scores=scored(*[points] * 4), comment="Too short.", revision=back
    )

    assert (change_of(row), change_of(row).state) == (back, state)

    newer = revise_opportunity(row, by=owner, content=changed(row, title={"en": "Newer"}))
    assert change_of(row) == newer
    with pytest.raises(ValidationError) as error:
        withdraw_revision(back, by=owner)
    assert error.value.code == "decided"
    review_opportunity(
        row, by=manager, scores=scored(*[points] * 4), comment="Still short.", revision=newer
    )
    withdraw_revision(newer, by=owner)

    assert change_of(row) is None
    assert set(Revision.objects.values_list("state", flat=True)) == {state, "withdrawn"}


def test_a_second_change_takes_the_place_of_the_one_that_waits(company, owner):
    row = published(company)
    revise_opportunity(row, by=owner, content=changed(row))
    revise_opportunity(row, by=owner, content=changed(row, title={"en": "Newest"}))

    assert Revision.objects.get().title == {"en": "Newest"}


def test_a_change_that_changes_nothing_is_refused(company, owner):
    row = published(company)

    with pytest.raises(ValidationError) as caught:
        revise_opportunity(row, by=owner, content=content_of(row))

    assert caught.value.code == "unchanged"


def test_what_was_published_by_name_does_not_become_anonymous(company, owner):
    row = published(company)

    with pytest.raises(ValidationError) as caught:
        revise_opportunity(row, by=owner, content=changed(row, is_anonymous=True))

    assert caught.value.error_dict["is_anonymous"][0].code == "named_already"


def test_a_change_is_withdrawn_by_its_company_alone(company, owner, manager):
    row = published(company)
    revision = revise_opportunity(row, by=owner, content=changed(row))

    with pytest.raises(PermissionDenied):
        withdraw_revision(revision, by=manager)
    withdraw_revision(revision, by=owner)
    with pytest.raises(ValidationError) as caught:
        review_opportunity(row, by=manager, scores=scored(4, 4, 4, 4), revision=revision)

    assert caught.value.code == "decided"
    row.refresh_from_db()
    assert row.title == {"en": "Old pumps"}


def test_archiving_takes_the_waiting_change_along(company, owner):
    row = published(company)
    revise_opportunity(row, by=owner, content=changed(row))

    archive_opportunity(row, by=owner)

    assert Revision.objects.get().state == "withdrawn"


@pytest.mark.django_db(transaction=True)
def test_two_who_change_at_once_leave_one_waiting_text():
    one = factories.CompanyFactory(member=True)
    person = factories.RepresentativeFactory(company=one).person
    row = published(one)
    start, failed = threading.Barrier(2), []

    def write(title):
        start.wait()
        try:
            revise_opportunity(row, by=person, content=changed(row, title={"en": title}))
        except Exception as error:  # noqa: BLE001 - told by the assertion
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(title,)) for title in ("A", "B")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert Revision.objects.waiting().count() == 1


def test_a_changed_text_needs_words_and_a_code_as_the_first_one_did(company, owner):
    row = published(company, codes=hs("902610"))

    with pytest.raises(ValidationError) as refused:
        revise_opportunity(row, by=owner, content=changed(row, text={}, codes=()))

    told = {name: one[0] for name, one in refused.value.error_dict.items()}
    assert {name: one.code for name, one in told.items()} == {
        "text": "no_text",
        "codes": "no_codes",
    }
    for one in told.values():
        assert "What is published stays until the change is reviewed." in one.messages[0]
        assert "draft" not in one.messages[0]
    assert not Revision.objects.exists()
