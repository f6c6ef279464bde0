"""One record of a company file: checked, cleaned, and ready to be compared and stored.

What says who a company is (name, country, numbers) must be right, or the row is refused. A fault
elsewhere costs only that field, and the report says so.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from chambers import words
from chambers.models import DEFAULT_LEVELS, Company, new_public_id
from chambers.selectors import indexing
from chambers.services.imports.texts import one_line, paragraphs, presentable, repaired, room_in

NEEDED = ("name", "country")
COLUMNS = (
    *("id", "name", "name_local", "country", "city", "registration_number", "website"),
    *("industry", "tags", "description", "language"),
)
LONGEST_DESCRIPTION = 12_000  # characters; words.TEXT_LIMIT is read of it by search

_LIMITS = {
    name: room_in(Company, name)
    for name in ("legal_name", "city", "registration_number", "external_id", "website", "industry")
}
_SHOWN = 200  # characters of a refused row's name in the report
_web_address = URLValidator(schemes=["http", "https"], message=None)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NAMESPACE = re.compile(r"[a-z]{2}:(?=\S)")
_LANGUAGE = re.compile(r"[a-z]{2}(?![a-z])")


class RefusedRowError(Exception):
    """The row cannot be a company; ``field`` says where the fault is."""

    def __init__(self, field: str, reason: str) -> None:
        """``reason`` is for a person."""
        super().__init__(reason)
        self.field, self.reason = field, reason


@dataclass(slots=True)
class CompanyRow:
    """A company as a file states it; an empty text is something the file does not say."""

    external_id: str
    legal_name: str
    legal_name_latin: str
    country: str
    city: str = ""
    registration_number: str = ""
    website: str = ""
    domain: str = ""
    industry: str = ""
    description: str = ""
    language: str = ""
    names: str = ""
    search: str = ""
    head: str = ""
    public_id: uuid.UUID = field(default_factory=new_public_id)
    membership_id: uuid.UUID = field(default_factory=new_public_id)
    remarks: dict[str, str] = field(default_factory=dict)


def read_company(record: Mapping[str, Any], countries: Collection[str]) -> CompanyRow:
    """The company in a record.

    Raises RefusedRowError when it has no name, no known country, or an identity that cannot be.
    """
    remarks: dict[str, str] = {}
    name, local = (_name(record, column, remarks) for column in ("name", "name_local"))
    if not name and not local:
        raise RefusedRowError("name", _("The name is missing."))
    native, latin = _native_and_latin(name, local)
    row = CompanyRow(
        external_id=_identity(record, "id", "external_id"),
        legal_name=native,
        legal_name_latin=latin,
        country=_country(record, countries),
        registration_number=_identity(record, "registration_number", "registration_number"),
        remarks=remarks,
    )
    row.city = _within("city", _line(record, "city", remarks), remarks)
    row.website = _website(record, remarks)
    row.domain = domain_of(row.website)
    row.industry = _industry(record, remarks)
    row.description = _description(record, remarks)
    if row.description:
        row.language = _language(record, row.description, remarks)
    row.names = indexing.name_keys(row.legal_name, row.legal_name_latin)
    parts = indexing.company_parts(
        legal_name=row.legal_name,
        legal_name_latin=row.legal_name_latin,
        description={row.language: row.description} if row.description else {},
        industry=row.industry,
        city=row.city,
        registration_number=row.registration_number,
        labels=(),
        levels=DEFAULT_LEVELS,
    )
    row.search, row.head = indexing.vector(parts), indexing.head(parts)
    return row


def shown(record: Mapping[str, Any], column: str) -> str:
    """What a record says, for the report, whatever it is."""
    value = record.get(column)
    return "" if value is None else presentable(str(value), _SHOWN)


def domain_of(website: str) -> str:
    """The host of a web address without ``www.``; "" for none."""
    try:
        host = urlsplit(website).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


def _text(record: Mapping[str, Any], column: str) -> str:
    """The text in a column, "" when there is none."""
    value = record.get(column)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RefusedRowError(column, _("This is not a text."))
    try:
        text = str(value)
        text.encode()
    except ValueError as error:
        # Half a pair of surrogates, or a number of thousands of digits.
        raise RefusedRowError(column, _("This is not a text.")) from error
    return text


def _line(record: Mapping[str, Any], column: str, remarks: dict[str, str]) -> str:
    return one_line(_repaired(column, _text(record, column), remarks))


def _repaired(column: str, text: str, remarks: dict[str, str]) -> str:
    if (again := repaired(text)) != text:
        remarks[column] = _("Letters that were read wrongly once are repaired.")
    return again


def _name(record: Mapping[str, Any], column: str, remarks: dict[str, str]) -> str:
    name = _line(record, column, remarks)
    if len(name) > _LIMITS["legal_name"]:
        raise RefusedRowError(column, _longer_than(_LIMITS["legal_name"]))
    return name


def _native_and_latin(name: str, local: str) -> tuple[str, str]:
    """The legal name in its own script, and in Latin letters where the file has both."""
    if not local or not name or name == local:
        return name or local, ""
    if _is_latin(name):
        return local, name
    # Two names in the script of the country: ``name`` is the one with the legal form.
    return name, local if _is_latin(local) else ""


def _is_latin(name: str) -> bool:
    return all(letter.isascii() for letter in words.fold(name) if letter.isalpha())


def _identity(record: Mapping[str, Any], column: str, name: str) -> str:
    # As it stands there, but for spaces around it: another sign would be another company.
    text = _text(record, column).strip()
    if not text.isprintable():
        raise RefusedRowError(column, _("There are signs in it that cannot be seen."))
    if len(text) > _LIMITS[name]:
        raise RefusedRowError(column, _longer_than(_LIMITS[name]))
    return text


def _country(record: Mapping[str, Any], countries: Collection[str]) -> str:
    code = one_line(_text(record, "country")).upper()
    if not code:
        raise RefusedRowError("country", _("The country is missing."))
    if code not in countries:
        raise RefusedRowError("country", _("This is no country code (ISO 3166-1) such as JP."))
    return code


def _website(record: Mapping[str, Any], remarks: dict[str, str]) -> str:
    text = one_line(_text(record, "website"))
    if not text:
        return ""
    address = text if _SCHEME.match(text) else f"https://{text}"
    try:
        _web_address(address)
    except ValidationError:
        remarks["website"] = _("Left out: this is no web address.")
        return ""
    return _within("website", address, remarks)


def _industry(record: Mapping[str, Any], remarks: dict[str, str]) -> str:
    """Industry and tags in one line; a tag that is said already is not repeated."""
    said = _line(record, "industry", remarks)
    for tag in _tags(record.get("tags")):
        text = _NAMESPACE.sub("", one_line(_repaired("tags", tag, remarks)))
        if not text or re.search(rf"\b{re.escape(text)}\b", said, re.IGNORECASE):
            continue
        longer = f"{said}; {text}" if said else text
        if len(longer) > _LIMITS["industry"]:
            remarks["tags"] = _("Not all of them have room.")
            break
        said = longer
    return _within("industry", said, remarks)


def _tags(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        value = re.split(r"[|;]", value)
    if not isinstance(value, list):
        raise RefusedRowError("tags", _("This is no list of texts."))
    return [_text({"tags": tag}, "tags") for tag in value]


def _description(record: Mapping[str, Any], remarks: dict[str, str]) -> str:
    text = paragraphs(_repaired("description", _text(record, "description"), remarks))
    if len(text) > LONGEST_DESCRIPTION:
        remarks["description"] = _("Cut after %(count)d characters.") % {
            "count": LONGEST_DESCRIPTION
        }
        text = text[:LONGEST_DESCRIPTION].rstrip()
    return text


def _language(record: Mapping[str, Any], text: str, remarks: dict[str, str]) -> str:
    """Two small letters (ISO 639-1), told from the text where the file does not say."""
    stated = one_line(_text(record, "language")).lower()
    if (code := _LANGUAGE.match(stated)) is not None:
        return code.group()
    if stated:
        remarks["language"] = _("This is no language code (ISO 639-1) such as ja.")
    return words.language_of(text)


def _within(column: str, text: str, remarks: dict[str, str]) -> str:
    if len(text) <= _LIMITS[column]:
        return text
    remarks[column] = _("Left out: %(reason)s") % {"reason": _longer_than(_LIMITS[column])}
    return ""


def _longer_than(limit: int) -> str:
    return _("It is longer than %(limit)d characters.") % {"limit": limit}
