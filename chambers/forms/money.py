"""Amounts of money as people of any country type them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms

_GROUPED = re.compile(r"(?P<whole>\d+(?:[.,’]\d{3})*)(?:[.,](?P<rest>\d{1,2}))?")


class MoneyField(forms.DecimalField):
    """An amount above zero with two decimals, however its reader groups it: 1 250 000,00.

    There are two decimals at most, so a sign before three digits groups, and one before fewer
    begins them: nothing has to be guessed.
    """

    def __init__(self, *, max_digits: int = 18, **kwargs: Any) -> None:
        super().__init__(
            min_value=Decimal("0.01"),
            max_digits=max_digits,
            decimal_places=2,
            widget=forms.TextInput({"inputmode": "decimal"}),
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        """Without decimals where there are none."""
        if isinstance(value, Decimal) and value == value.to_integral_value():
            return value.quantize(Decimal(1))
        return value

    def to_python(self, value: Any) -> Any:
        text = "".join(str(value).split()) if isinstance(value, str) else value
        if isinstance(text, str) and (found := _GROUPED.fullmatch(text)):
            whole = found["whole"].replace(",", "").replace(".", "").replace("’", "")
            text = f"{whole}.{found['rest']}" if found["rest"] else whole
        return super().to_python(text)
