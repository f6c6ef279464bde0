"""What a company says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from chambers.models import Company, Level, TradeCode, User, today
from chambers.services.companies import change_company, demand_plain_names
from chambers.services.people import demand_editor

PROFILE = (
    "legal_name_latin",
    "city",
    "size",
    "founded",
    "languages",
    "website",
    "email",
    "phone",
    "turnover",
    "turnover_currency",
    "industry",
    "is_family_business",
    "is_listed",
)
OLDEST = 1000  # year in which the oldest company may have been founded


@transaction.atomic
def change_profile(
    company: Company,
    *,
    by: User,
    texts: Mapping[str, str] | None = None,
    levels: Mapping[str, str] | None = None,
    codes: Iterable[TradeCode] | None = None,
    **fields: Any,
) -> Company:
    """Change some of ``PROFILE``, texts of some languages, who sees some fields, or the codes.

    What is not given stays as it is stored, text by text and field by field, so that of two who
    change different ones at once neither undoes the other; an empty text takes that language
    away. Search and matches follow. Raises ValidationError on the field (``address``, ``founded``,
    ``no_currency`` and those of the model), PermissionDenied for who may not decide for the
    company, TypeError for a field that is no part of the profile.
    """
    demand_editor(by, company)
    if strange := set(fields) - set(PROFILE):
        raise TypeError(f"no part of the profile: {', '.join(sorted(strange))}")
    demand_plain_names(
        **{one: fields[one] for one in ("legal_name_latin", "city") if one in fields}
    )
    stored = Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    if texts:
        merged = {**stored.description, **{one: text.strip() for one, text in texts.items()}}
        fields["description"] = {one: text for one, text in merged.items() if text}
    if levels:
        fields["visibility"] = {
            **stored.visibility,
            **{one: Level(level).value for one, level in levels.items()},
        }
    _check_founded(fields.get("founded"))
    _check_turnover(stored, fields)
    return change_company(company, codes=codes, **fields)


def _check_founded(year: int | None) -> None:
    if year is not None and not OLDEST <= year <= today().year:
        raise ValidationError(
            {
                "founded": ValidationError(
                    _("Give a year from %(first)d to %(last)d."),
                    code="founded",
                    params={"first": OLDEST, "last": today().year},
                )
            }
        )


def _check_turnover(stored: Company, fields: dict[str, Any]) -> None:
    """An amount has a currency, and without an amount there is none."""
    if not {"turnover", "turnover_currency"} & fields.keys():
        return
    amount = fields.get("turnover", stored.turnover)
    currency = fields.get("turnover_currency", stored.turnover_currency)
    if amount is None:
        fields["turnover_currency"] = ""
    elif not currency:
        raise ValidationError(
            {
                "turnover_currency": ValidationError(
                    _("Choose the currency of the turnover."), code="no_currency"
                )
            }
        )
