"""Every change to companies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from chambers.models import Company, Country, TradeCode, User
from chambers.models.companies import Representative
from chambers.selectors import indexing
from chambers.services import jobs
from chambers.services.finding import FOUND_JOB, learn_company
from chambers.services.people import add_representative, demand_editor

# Done by the app above; a job is data, not an import.
PROFILE_JOB = "matching.refresh"
ANEW_JOB = "matching.anew"
_ONE_LINE = ("legal_name", "legal_name_latin", "city", "industry")
_TOLD_BESIDE = {"legal_name", "legal_name_latin", "country"}  # what its opportunities repeat
CODES_AT_ONCE = 50  # stated by one press of a button
SINGLY = 500  # companies up to whom each is matched anew by itself; above, everyone is by a run


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
    company = Company(country=country, **_in_lines({"legal_name": legal_name, **fields}))
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
    for name, value in _in_lines(fields).items():
        setattr(company, name, value)
    company.full_clean()
    company.save(update_fields=[*fields, "updated_at"])
    if codes is not None:
        company.codes.set(codes)
    reindex_company(company)
    if _TOLD_BESIDE & fields.keys():
        jobs.enqueue(FOUND_JOB, {"company": company.pk}, key=str(company.pk), priority=2)
    return company


@transaction.atomic
def state_codes(company: Company, codes: Iterable[str], *, by: User) -> list[TradeCode]:
    """Add trade codes, named like ``hs:8413``, to those of a company; suggestions follow.

    Returns those it did not state before. Raises ValidationError ``no_code`` for none,
    ``too_many_codes`` for more than ``CODES_AT_ONCE``, ``unknown_code``, PermissionDenied for who
    may not decide for the company.
    """
    demand_editor(by, company)
    wanted = list(dict.fromkeys(codes))
    if not wanted:
        raise ValidationError(_("Choose one code at least."), code="no_code")
    if len(wanted) > CODES_AT_ONCE:
        raise ValidationError(
            _("Choose at most %(most)d codes at once."),
            code="too_many_codes",
            params={"most": CODES_AT_ONCE},
        )
    pairs = [one.replace("\x00", "").partition(":")[::2] for one in wanted]
    named = reduce(or_, (Q(scheme=scheme, code=code) for scheme, code in pairs))
    found = list(TradeCode.objects.filter(named))
    if len(found) < len(wanted):
        raise ValidationError(_("There is no such code."), code="unknown_code")
    # Another code that is being added at the same moment is waited for, and then kept.
    company.refresh_from_db(from_queryset=Company.objects.select_for_update(no_key=True))
    stated = list(company.codes.all())
    new = [code for code in found if code not in stated]
    if new:
        change_company(company, codes=[*stated, *new])
    return new


@transaction.atomic
def exclude_company(company: Company, *, other: Company) -> None:
    """Never suggest the two to each other."""
    company.excluded_companies.add(other)
    note_change(company)


def reindex_company(company: Company) -> None:
    """Make a saved company findable as it now stands, and have it matched anew."""
    made = indexing.company_index(company)
    Company.objects.filter(pk=company.pk).update(names=made.names, **made.columns())
    learn_company(company, made.spoken)
    note_change(company)


def demand_plain_names(**names: str) -> None:
    """Refuse a web address for a name: mails bring names to people who never asked for them.

    Raises ValidationError ``address`` on the field.
    """
    for field, said in names.items():
        if "://" in said or "www." in said.lower():
            text = _("Give the name alone; a web address has a field of its own in the profile.")
            raise ValidationError({field: ValidationError(text, code="address")})


def _in_lines(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with every name in one line: mails and lists write them among words of ours."""
    return {
        name: " ".join(value.split()) if name in _ONE_LINE else value
        for name, value in fields.items()
    }


def note_change(company: Company) -> None:
    """Write down, with the change, that this company's suggestions are to be refreshed."""
    jobs.enqueue(PROFILE_JOB, {"company": company.pk}, key=str(company.pk), priority=3)


def note_changes(companies: QuerySet[Company]) -> None:
    """``note_change`` for some companies at once, in as many statements for few as for many.

    Of more than ``SINGLY`` everyone is to be matched anew.
    """
    keys = list(companies.order_by("pk").values_list("pk", flat=True)[: SINGLY + 1])
    if len(keys) > SINGLY:
        note_many_changes()
        return
    jobs.enqueue_many(PROFILE_JOB, [({"company": pk}, str(pk)) for pk in keys], priority=3)


def note_many_changes() -> None:
    """Write down, with the change, that so much has changed that everyone is to be matched anew."""
    jobs.enqueue(ANEW_JOB, key="anew")
