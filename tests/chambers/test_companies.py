"""Changes to companies: each keeps what it does not name."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from chambers.models import Company
from chambers.services import companies
from tests import factories


def test_two_editors_of_different_fields_both_keep_what_they_typed(db):
    row = factories.CompanyFactory(city="Kazan", website="")
    one, other = Company.objects.get(pk=row.pk), Company.objects.get(pk=row.pk)

    companies.change_company(one, city="Tomsk")
    companies.change_company(other, website="https://example.org/")

    row.refresh_from_db()
    assert (row.city, row.website) == ("Tomsk", "https://example.org/")
    assert (other.city, other.website) == (row.city, row.website)


def test_a_change_is_dated_and_found(db):
    row = factories.CompanyFactory(legal_name="Alpha")
    before = timezone.now()

    companies.change_company(row, legal_name="Omega Sensors")

    row.refresh_from_db()
    assert row.updated_at > before
    assert Company.objects.filter(names__contains="omega").get() == row


def test_a_broken_rule_changes_nothing(db):
    row = factories.CompanyFactory(city="Kazan")

    with pytest.raises(ValidationError):
        companies.change_company(row, city="Tomsk", legal_name="")

    assert Company.objects.get().city == "Kazan"


@pytest.mark.django_db(transaction=True)
def test_who_comes_second_waits_and_starts_from_what_the_first_has_saved():
    row = factories.CompanyFactory(city="Kazan", website="")
    begun, done = threading.Event(), threading.Event()

    def second():
        begun.set()
        try:
            companies.change_company(Company.objects.get(pk=row.pk), website="https://example.org/")
        finally:
            connection.close()
            done.set()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        companies.change_company(row, city="Tomsk")
        thread.start()
        begun.wait()
        assert not done.wait(0.3)
    thread.join()

    row.refresh_from_db()
    assert (row.city, row.website) == ("Tomsk", "https://example.org/")
