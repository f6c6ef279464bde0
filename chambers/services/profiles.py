"""What a company says of itself."""

from __future__ import annotations

import re
import unicodedata
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
_PHONE = re.compile(
    r"\+?[\d\s().\-‐-―/]{5,40}(?:\s*[,;]?\s*(?:ext\.?|x|доб\.?|内線)\s*\d{1,6})?", re.IGNORECASE
)
PHONE_DIGITS = (5, 21)  # of a number, with the extension at most
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
    away. Search and matches follow. Raises ValidationError as ``faults_of``, all faults at once,
    and those of the model, PermissionDenied for who may not decide for the
    company, TypeError for a field that is no part of the profile.
    """
    demand_editor(by, company)
    if strange := set(fields) - set(PROFILE):
        raise TypeError(f"no part of the profile: {', '.join(sorted(strange))}")
    stored = Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    if texts:
        merged = {**stored.description, **{one: text.strip() for one, text in texts.items()}}
        fields["description"] = {one: text for one, text in merged.items() if text}
    if levels:
        fields["visibility"] = {
            **stored.visibility,
            **{one: Level(level).value for one, level in levels.items()},
        }
    if faults := faults_of(stored, fields):
        raise ValidationError(faults)
    told = {"turnover", "turnover_currency"} & fields.keys()
    if told and fields.get("turnover", stored.turnover) is None:
        fields["turnover_currency"] = ""
    return change_company(company, codes=codes, **fields)


def faults_of(stored: Company, fields: Mapping[str, Any]) -> dict[str, list[ValidationError]]:
    """What is wrong with changed fields of a profile, by field: ``{}`` where nothing is.

    ``address`` on names that read as one, ``founded``, ``phone``, and ``no_currency`` on
    ``turnover_currency`` for an amount without one.
    """
    found: dict[str, list[ValidationError]] = {}
    for name in ("legal_name_latin", "city"):
        try:
            demand_plain_names(**({name: fields[name]} if name in fields else {}))
        except ValidationError as error:
            found |= error.error_dict
    year = fields.get("founded")
    if year is not None and not OLDEST <= year <= today().year:
        said = _("Give a year from %(first)d to %(last)d.")
        params = {"first": OLDEST, "last": today().year}
        found["founded"] = [ValidationError(said, code="founded", params=params)]
    if fields.get("phone") and not _is_phone(fields["phone"]):
        said = _(
            "This is no phone number: write its digits with the country first, as"
            " +375 17 123-45-67."
        )
        found["phone"] = [ValidationError(said, code="phone")]
    if {"turnover", "turnover_currency"} & fields.keys():
        amount = fields.get("turnover", stored.turnover)
        if amount is not None and not fields.get("turnover_currency", stored.turnover_currency):
            said = _("Choose the currency of the turnover.")
            found["turnover_currency"] = [ValidationError(said, code="no_currency")]
    return found


def _is_phone(written: str) -> bool:
    plain = unicodedata.normalize("NFKC", written).strip()
    least, most = PHONE_DIGITS
    digits = sum(letter.isdigit() for letter in plain)
    return bool(_PHONE.fullmatch(plain)) and least <= digits <= most
