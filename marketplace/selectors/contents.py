"""What an opportunity or its changed text says, apart from its side and kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chambers.models import TradeCode
from marketplace.models import InvestmentTerms, Opportunity, Revision

TERMS = ("field", "instrument", "region", "amount_min", "amount_max", "currency")


@dataclass(frozen=True)
class Content:
    """All that a company says of an offer or request, apart from its side and kind.

    ``investment``: the ``TERMS``, for kind investment only; ``amount_min`` and ``amount_max`` are
    decimals.
    """

    title: Mapping[str, str]
    text: Mapping[str, str]
    codes: tuple[TradeCode, ...] = ()
    target_countries: tuple[str, ...] = ()
    cooperation: tuple[str, ...] = ()
    is_anonymous: bool = False
    through_chambers: bool = False
    leak_reason: str = ""
    investment: Mapping[str, Any] | None = None


def content_of(row: Opportunity | Revision) -> Content:
    """What a stored row says."""
    terms: Mapping[str, Any] | None
    if isinstance(row, Revision):
        terms = row.investment and {
            **row.investment,
            "amount_min": Decimal(row.investment["amount_min"]),
            "amount_max": Decimal(row.investment["amount_max"]),
        }
    else:
        found = InvestmentTerms.objects.filter(opportunity=row.pk).first()
        terms = {name: getattr(found, name) for name in TERMS} if found else None
    return Content(
        title=row.title,
        text=row.text,
        codes=tuple(row.codes.all()),
        target_countries=tuple(row.target_countries),
        cooperation=tuple(row.cooperation),
        is_anonymous=row.is_anonymous,
        through_chambers=row.through_chambers,
        leak_reason=row.leak_reason,
        investment=terms,
    )
