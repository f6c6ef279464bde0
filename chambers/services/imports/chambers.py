"""Import a file of chambers: what stands already keeps its words, only gaps are filled."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from chambers import names, words
from chambers.models import Chamber, Country
from chambers.services.imports.places import known_countries, placeholder_slug
from chambers.services.imports.records import Record, look_at, records
from chambers.services.imports.report import ReportRow, Verdict, write_report
from chambers.services.imports.rows import shown
from chambers.services.imports.texts import one_line, repaired, room_in
from chambers.services.imports.zones import languages_of, zone_of

_KINDS = {
    "national": Chamber.Kind.NATIONAL,
    "city": Chamber.Kind.CITY,
    # Registers seldom say where a chamber of commerce ends: most stand for a region.
    **dict.fromkeys(
        (
            *("regional", "regional branch", "prefectural federation", "commerce/industry"),
            *("crafts/trades", "agriculture", "engineers/professional"),
        ),
        Chamber.Kind.REGIONAL,
    ),
}
_NAME, _CITY, _WEBSITE = (room_in(Chamber, name) for name in ("name_en", "city", "website"))
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
_OWN = ("name_en", "name_native", "name_ru", "name_ja", "city", "zone", "languages", "website")
_FILLED = ("name_native", "name_ru", "name_ja", "city", "website", "parent")
_web_address = URLValidator(schemes=["http", "https"], message=None)


@dataclass
class ChamberImport:
    """What became of a file of chambers."""

    counts: Counter[str] = field(default_factory=Counter)
    rows: list[ReportRow] = field(default_factory=list)


class _RefusedError(Exception):
    """The row cannot be a chamber: (field, reason)."""


@transaction.atomic
def import_chambers(path: Path, *, report: Path) -> ChamberImport:
    """Store the chambers of a file that are not known yet.

    A national chamber takes the place of the one that an import of companies had to make up. Raises
    BrokenFileError, and then nothing is changed, and ValidationError ``no_countries``.
    """
    countries = known_countries()
    found = list(records(look_at(path), needed=("name", "country", "kind")))
    # A regional chamber looks for its parent, so the national ones go first.
    found.sort(key=lambda record: record[1].get("kind") != Chamber.Kind.NATIONAL)
    known = _Known()
    outcome = ChamberImport()
    for record in found:
        row = _import(record, countries, known)
        outcome.rows.append(row)
        outcome.counts[row[3]] += 1
    outcome.rows.sort()
    write_report(report, outcome.rows)
    return outcome


def _import(record: Record, countries: Mapping[str, Country], known: _Known) -> ReportRow:
    line, values = record
    try:
        chamber = _read(values, countries)
    except _RefusedError as refused:
        where, reason = refused.args
        return line, "", shown(values, "name"), Verdict.REFUSED, where, reason, ""
    verdict, where, reason, other = known.place(chamber, line)
    return line, "", chamber.name_en, verdict, where, reason, other


_Placed = tuple[str, str, str, str]  # verdict, field, reason, other


class _Known:
    """The chambers there are, and which row of the file spoke of them."""

    def __init__(self) -> None:
        self._chambers: dict[str, list[Chamber]] = defaultdict(list)
        for chamber in Chamber.objects.order_by("pk"):
            self._chambers[chamber.country_id].append(chamber)
        self._slugs = {one.slug for there in self._chambers.values() for one in there}
        self._lines: dict[int, int] = {}

    def place(self, chamber: Chamber, line: int) -> _Placed:
        """Store it, fill the gaps of the one it is, or leave it out."""
        there = self._chambers[chamber.country_id]
        national = next((one for one in there if one.kind == Chamber.Kind.NATIONAL), None)
        same = next((one for one in there if _are_same(one, chamber)), None)
        if chamber.kind == Chamber.Kind.NATIONAL:
            if national is not None and _is_placeholder(national):
                return self._take_over(national, chamber, line)
            same = same or national  # a country has one
        elif national is not None and same != national and not _is_placeholder(national):
            chamber.parent = national
        if same is None:
            self._store(chamber, line)
            there.append(chamber)
            return Verdict.ACCEPTED, "", "", ""
        if (earlier := self._lines.setdefault(same.pk, line)) != line:
            reason = _("An earlier row is the same chamber.")
            return Verdict.DUPLICATE, "name", reason, f"line {earlier}"
        return _fill(same, chamber)

    def _take_over(self, placeholder: Chamber, chamber: Chamber, line: int) -> _Placed:
        """Make the placeholder the chamber itself, so that its members are in place."""
        for name in (*_OWN, "note"):
            setattr(placeholder, name, getattr(chamber, name))
        self._store(placeholder, line)
        return Verdict.UPDATED, "name", _("Until now a placeholder stood here."), ""

    def _store(self, chamber: Chamber, line: int) -> None:
        plain = slugify(words.transliterate(chamber.name_en))[:60].strip("-") or "chamber"
        country = chamber.country_id.lower()
        endings = chain(["", f"-{country}"], (f"-{country}-{number}" for number in count(2)))
        chamber.slug = next(
            slug for slug in (plain + ending for ending in endings) if slug not in self._slugs
        )
        chamber.full_clean()
        chamber.save()
        self._slugs.add(chamber.slug)
        self._lines[chamber.pk] = line


def _read(values: Mapping[str, Any], countries: Mapping[str, Country]) -> Chamber:
    """The chamber in a record, not saved; raises _RefusedError."""
    name, native, city = (_line(values, column) for column in ("name", "name_local", "city"))
    code, kind = _line(values, "country").upper(), _line(values, "kind").lower()
    if not name:
        raise _RefusedError("name", _("The name is missing."))
    for column, text, limit in (
        ("name", name, _NAME),
        ("name_local", native, _NAME),
        ("city", city, _CITY),
    ):
        if len(text) > limit:
            raise _RefusedError(
                column, _("It is longer than %(limit)d characters.") % {"limit": limit}
            )
    if code not in countries:
        raise _RefusedError("country", _("This is no country code (ISO 3166-1) such as JP."))
    if kind not in _KINDS:
        raise _RefusedError(
            "kind", _("Only chambers of one country, region or city have a place here.")
        )
    languages = languages_of(code)
    return Chamber(
        kind=_KINDS[kind],
        country=countries[code],
        name_en=name,
        name_native=native,
        name_ru=native if "ru" in languages and _CYRILLIC.search(native) else "",
        name_ja=native if "ja" in languages and not native.isascii() else "",
        city=city,
        zone=zone_of(code, city),
        languages=languages,
        website=_website(_line(values, "website")),
    )


def _line(values: Mapping[str, Any], column: str) -> str:
    value = values.get(column)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _RefusedError(column, _("This is not a text."))
    try:
        value.encode()
    except UnicodeError as error:
        raise _RefusedError(column, _("This is not a text.")) from error
    return one_line(repaired(value))


def _website(text: str) -> str:
    """A web address that may be stored, else nothing."""
    try:
        _web_address(text)
    except ValidationError:
        return ""
    return text if len(text) <= _WEBSITE else ""


def _is_placeholder(chamber: Chamber) -> bool:
    return chamber.slug == placeholder_slug(chamber.country_id)


def _are_same(one: Chamber, other: Chamber) -> bool:
    """Whether two chambers of a country share a name in any language, or their web address."""
    return bool(_keys(one) & _keys(other)) or (
        bool(one.website) and _address(one.website) == _address(other.website)
    )


def _keys(chamber: Chamber) -> set[str]:
    texts = (chamber.name_en, chamber.name_native, chamber.name_ru, chamber.name_ja)
    return {names.grouping_key(text) for text in texts if text}


def _address(website: str) -> str:
    return website.partition("://")[2].removeprefix("www.").rstrip("/").lower()


def _fill(stored: Chamber, chamber: Chamber) -> _Placed:
    """Give a stored chamber what it lacks."""
    gaps = [name for name in _FILLED if getattr(chamber, name) and not getattr(stored, name)]
    for name in gaps:
        setattr(stored, name, getattr(chamber, name))
    if gaps:
        stored.full_clean()
        stored.save(update_fields=gaps)
    verdict = Verdict.UPDATED if gaps else Verdict.UNCHANGED
    return verdict, ", ".join(gaps), "", stored.slug
