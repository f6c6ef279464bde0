"""Amounts in bands of ten times each, in the currency that was written: nothing is converted."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from django.utils.formats import number_format

_LEAST, _MOST = 3, 11  # powers of ten: what lies beyond counts with the first and last band


def bands_of(least: Decimal, most: Decimal, currency: str) -> list[str]:
    """The bands that a range touches, such as ``USD-6`` from a million to under ten."""
    first, last = (min(max(amount.adjusted(), _LEAST), _MOST) for amount in (least, most))
    return [f"{currency}-{power}" for power in range(first, last + 1)]


def band_labels(bands: Collection[str]) -> dict[str, str]:
    """What readers call some bands; what is no band is left out."""
    told = {}
    for band in bands:
        currency, _sep, power = band.partition("-")
        if power.isdecimal() and _LEAST <= int(power) <= _MOST:
            told[band] = f"{_amount(int(power))} – {_amount(int(power) + 1)} {currency}"
    return told


def _amount(power: int) -> str:
    return str(number_format(10**power, use_l10n=True, force_grouping=True))
