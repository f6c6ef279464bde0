"""Amounts in bands of ten times each, in the currency that was written: nothing is converted."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

_FIRST, _LAST = 3, 11  # powers of ten; the first band has what is less, too, the last what is more
MOST = Decimal(10) ** 13
"""More than any amount that is stored."""


def bands_of(least: Decimal, most: Decimal, currency: str) -> list[str]:
    """The bands that a range touches, such as ``USD-6`` from a million to under ten."""
    first, last = (
        min(max(amount.adjusted(), _FIRST), _LAST) if amount else _FIRST for amount in (least, most)
    )
    return [f"{currency}-{power}" for power in range(first, last + 1)]


def band_labels(bands: Collection[str]) -> dict[str, str]:
    """What readers call some bands; what is no band is left out."""
    told = {}
    for band in bands:
        currency, _sep, power = band.partition("-")
        if power.isdecimal() and _FIRST <= int(power) <= _LAST:
            told[band] = _called(int(power), currency)
    return told


def band_rank(band: str) -> tuple[str, int]:
    """The place of a band among others: by currency, the smallest amounts first."""
    currency, _sep, power = band.partition("-")
    return currency, int(power) if power.isdecimal() else 0


def _called(power: int, currency: str) -> str:
    said = {"currency": currency, "least": _amount(power), "most": _amount(power + 1)}
    if power == _FIRST:
        return _("under %(most)s %(currency)s") % said
    if power == _LAST:
        return _("%(least)s %(currency)s and more") % said
    return f"{said['least']} – {said['most']} {currency}"


def _amount(power: int) -> str:
    return str(number_format(10**power, use_l10n=True, force_grouping=True))
