"""Every change to companies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from chambers.models import Company, Country, TradeCode, User
from chambers.models.companies import Representative
from chambers.selectors import search
from chambers.services import jobs
from chambers.services.people import add_representative

# Done by the app above; a job is data, not an import.
PROFILE_JOB = "matching.refresh"
ANEW_JOB = "matching.anew"


@transaction.atomic
def create_company(
    *,
    legal_name: str,
    country: Country,
    codes: Iterable[TradeCode] = (),
    owner: User | None = None,
    **fields: Any,
) -> Company:
    """Save a company with its trade codes and, if given, its main contact.

    Raises ValidationError ``already_registered`` for a known registration number.
    """
    company = Company(legal_name=legal_name.strip(), country=country, **fields)
    company.full_clean()
    company.save()
    company.codes.set(codes)
    if owner is not None:
        add_representative(owner, to=company, role=Representative.Role.OWNER)
    reindex_company(company)
    return company


@transaction.atomic
def change_company(
    company: Company, *, codes: Iterable[TradeCode] | None = None, **fields: Any
) -> Company:
    """Change fields and, if given, replace the trade codes; search and matches follow.

    Fields that are not given stay as they are stored: of two who change different ones at once,
    neither undoes the other. ``company`` itself is read anew.
    Raises ValidationError when a rule is broken; nothing is changed then.
    """
    company.refresh_from_db(from_queryset=Company.objects.select_for_update(no_key=True))
    for name, value in fields.items():
        setattr(company, name, value)
    company.full_clean()
    company.save(update_fields=[*fields, "updated_at"])
    if codes is not None:
        company.codes.set(codes)
    reindex_company(company)
    return company


@transaction.atomic
def exclude_company(company: Company, *, other: Company) -> None:
    """Never suggest the two to each other."""
    company.excluded_companies.add(other)
    note_change(company)


def reindex_company(company: Company) -> None:
    """Make a saved company findable as it now stands, and have it matched anew."""
    Company.objects.filter(pk=company.pk).update(
        search=search.as_vector(search.company_vector(company)),
        names=search.name_keys(company.legal_name, company.legal_name_latin),
    )
    note_change(company)


def note_change(company: Company) -> None:
    """Write down, with the change, that this company's suggestions are to be refreshed."""
    jobs.enqueue(PROFILE_JOB, {"company": company.pk}, key=str(company.pk), priority=3)


def note_many_changes() -> None:
    """Write down, with the change, that so much has changed that everyone is to be matched anew."""
    jobs.enqueue(ANEW_JOB, key="anew")
