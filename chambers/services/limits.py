"""What limits a company's partners: conditions it states, and a hold by its chamber."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from chambers.models import Certificate, Company, Country, User, today
from chambers.services.companies import change_company, exclude_company, note_change
from chambers.services.people import demand_editor

LIMITS = (
    "certificates",
    "required_certificates",
    "accepted_sizes",
    "accepts_interpreter",
    "avoids_competitors",
    "target_countries",
    "excluded_countries",
    "corporate_group",
)
_ORDERS: dict[str, list[Any]] = {
    "certificates": Certificate.values,
    "required_certificates": Certificate.values,
    "accepted_sizes": Company.Size.values,
}
_COUNTRIES = ("target_countries", "excluded_countries")


@transaction.atomic
def set_limits(company: Company, *, by: User, **limits: Any) -> Company:
    """Change some of ``LIMITS``; suggestions follow. What is not given stays.

    Lists lose doubles and take the order of their choices. Raises ValidationError on the field
    for an unknown code (``invalid_choice``) or for a country both wanted and excluded
    (``wanted_and_excluded``), PermissionDenied for who may not decide for the company, TypeError
    for a field that is no limit.
    """
    demand_editor(by, company)
    if strange := set(limits) - set(LIMITS):
        raise TypeError(f"no limits: {', '.join(sorted(strange))}")
    for name in limits.keys() & _ORDERS.keys():
        limits[name] = _in_order(limits[name], _ORDERS[name])
    for name in limits.keys() & set(_COUNTRIES):
        limits[name] = _known_countries(name, limits[name])
    if "corporate_group" in limits:
        limits["corporate_group"] = " ".join(limits["corporate_group"].split())
    changed = change_company(company, **limits)
    if both := set(changed.target_countries) & set(changed.excluded_countries):
        raise ValidationError(
            {
                "excluded_countries": ValidationError(
                    _("Wanted and excluded at once: %(codes)s."),
                    code="wanted_and_excluded",
                    params={"codes": ", ".join(sorted(both))},
                )
            }
        )
    return changed


@transaction.atomic
def exclude_partner(company: Company, *, partner: Company, by: User) -> None:
    """Never suggest the two to each other again; the other side never learns of it.

    Raises ValidationError ``own_company`` or ``already_excluded``, PermissionDenied for who may
    not decide for the company.
    """
    demand_editor(by, company)
    if partner.pk == company.pk:
        raise ValidationError(_("This is your own company."), code="own_company")
    if company.excluded_companies.filter(pk=partner.pk).exists():
        raise ValidationError(_("This company is already excluded."), code="already_excluded")
    exclude_company(company, other=partner)


@transaction.atomic
def readmit_partner(company: Company, *, partner: Company, by: User) -> None:
    """Take an exclusion back; suggestions follow.

    Raises ValidationError ``not_excluded``, PermissionDenied as above.
    """
    demand_editor(by, company)
    if not company.excluded_companies.filter(pk=partner.pk).exists():
        raise ValidationError(_("This company is not excluded."), code="not_excluded")
    company.excluded_companies.remove(partner)
    note_change(company)


@transaction.atomic
def hold_company(company: Company, *, by: User, reason: str) -> Company:
    """Keep a company out of the matching at once, for a reason that only managers read.

    Raises ValidationError ``no_reason`` or ``already_held``, PermissionDenied for anyone but a
    manager of a chamber of which it is a member.
    """
    if not reason.strip():
        raise ValidationError(
            {"reason": ValidationError(_("Say why the company is on hold."), code="no_reason")}
        )
    locked = _locked(company, by)
    if locked.held_on is not None:
        raise ValidationError(_("This company is already on hold."), code="already_held")
    return _mark(locked, held_on=today(), held_reason=reason.strip(), held_by=by)


@transaction.atomic
def release_company(company: Company, *, by: User) -> Company:
    """Let a company on hold be matched again.

    Raises ValidationError ``not_held``, PermissionDenied as above.
    """
    locked = _locked(company, by)
    if locked.held_on is None:
        raise ValidationError(_("This company is not on hold."), code="not_held")
    return _mark(locked, held_on=None, held_reason="", held_by=None)


def _mark(company: Company, **fields: Any) -> Company:
    for name, value in fields.items():
        setattr(company, name, value)
    company.save(update_fields=[*fields, "updated_at"])
    note_change(company)
    return company


def _locked(company: Company, by: User) -> Company:
    if not Company.objects.managed_by(by).filter(pk=company.pk).exists():
        raise PermissionDenied(_("Only a manager of the company's chamber may do this."))
    return Company.objects.select_for_update(no_key=True).get(pk=company.pk)


def _in_order(given: Iterable[Any], order: list[Any]) -> list[Any]:
    """Each once, known ones as they are listed; unknown ones last, for the field to refuse."""
    places = {one: place for place, one in enumerate(order)}
    return sorted(set(given), key=lambda one: (places.get(one, len(order)), str(one)))


def _known_countries(name: str, given: Iterable[str]) -> list[str]:
    codes = sorted(set(given))
    known = set(Country.objects.filter(code__in=codes).values_list("code", flat=True))
    if strange := [code for code in codes if code not in known]:
        raise ValidationError(
            {
                name: ValidationError(
                    _("There is no country or region of this code: %(codes)s."),
                    code="invalid_choice",
                    params={"codes": ", ".join(strange)},
                )
            }
        )
    return codes
