"""Names for this reader: of languages, and in the database of countries, chambers, trade codes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache

from babel import Locale
from django.db.models import Case, F, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, NullIf

from chambers.models import Country, site_language


@cache
def _names(reader: str) -> Mapping[str, str]:
    return {
        code: name[:1].upper() + name[1:]
        for code, name in Locale(reader).languages.items()
        if len(code) == 2
    }


@cache
def _currencies(reader: str) -> Mapping[str, str]:
    return dict(Locale(reader).currencies)


def language_name(code: str) -> str:
    """The name of an ISO 639-1 language in the reader's own; the code itself when unknown."""
    return _names(site_language()).get(code, code)


def language_names(codes: Iterable[str]) -> str:
    """Names of languages, joined as the reader's language joins a list."""
    return ("、" if site_language() == "ja" else ", ").join(map(language_name, codes))


def language_labels(codes: Collection[str]) -> dict[str, str]:
    """Each code with its name."""
    return {code: language_name(code) for code in codes}


CURRENCIES = (
    "BYN", "RUB", "JPY", "USD", "EUR", "CNY", "KZT", "UZS", "KGS", "AMD", "AZN", "GEL", "MNT",
    "INR", "KRW", "VND", "THB", "IDR", "MYR", "SGD", "HKD", "AED", "SAR", "TRY", "GBP", "CHF",
    "PLN", "CZK", "HUF", "RSD", "BRL", "ZAR", "EGP", "CAD", "AUD",
)  # fmt: skip
"""Currencies (ISO 4217) that forms offer, those of our first chambers in front."""


def currency_name(code: str) -> str:
    """A currency as a list names it for this reader: "RUB · Russian Ruble"."""
    name = _currencies(site_language()).get(code, "")
    return f"{code} · {name}" if name else code


def countries_of(codes: Collection[str]) -> list[Country]:
    """The countries with these codes, by their names for this reader. One query, none for none."""
    found = Country.objects.filter(pk__in=codes) if codes else ()
    return sorted(found, key=lambda country: country.name)


def country_labels(codes: Collection[str]) -> dict[str, str]:
    """Each country code with its name for this reader. One query."""
    return dict(Country.objects.filter(pk__in=codes).values_list("pk", f"name_{site_language()}"))


def country_name(path: str) -> Combinable:
    """``Country.name`` in SQL; ``path`` leads from the row to the country."""
    return F(f"{path}__name_{site_language()}")


def body_name(path: str) -> Combinable:
    """``Chamber.name`` in SQL; ``path`` leads from the row to the chamber."""
    return _or_else(f"{path}__name_{site_language()}", f"{path}__name_en")


def root_code(path: str) -> Combinable:
    """The HS chapter or NACE section above a trade code; ``path`` leads to the code."""
    return Coalesce(f"{path}__parent__parent__code", f"{path}__parent__code", f"{path}__code")


def root_label(path: str) -> Combinable:
    """The label of ``root_code``, as ``TradeCode.label`` has it."""
    return Case(
        When(**{f"{path}__parent__parent__isnull": False}, then=_label(f"{path}__parent__parent")),
        When(**{f"{path}__parent__isnull": False}, then=_label(f"{path}__parent")),
        default=_label(path),
    )


def _label(path: str) -> Combinable:
    english = _or_else(f"{path}__short_en", f"{path}__label_en")
    own = f"{path}__label_{site_language()}"
    return english if site_language() == "en" else _or_else(own, english)


def _or_else(first: str, second: str | Combinable) -> Combinable:
    return Coalesce(NullIf(F(first), Value("")), second)
