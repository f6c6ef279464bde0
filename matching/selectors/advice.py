"""Advice told in the reader's language: what to change, what it brings, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chambers.models import Certificate, Country, TradeCode
from marketplace.models import Opportunity
from matching.models import Advice
from matching.profiles import PROFILE

SHOWN = 5


@dataclass(frozen=True)
class Tip:
    """One change: what to do, how many more matches of each kind it brings, and where to do it.

    ``code`` is set for an HS code that the company itself may add at once.
    """

    kind: str
    text: str
    mutual: int
    matches: int
    url: str
    code: str = ""


def tips(advice: Advice, limit: int = SHOWN) -> list[Tip]:
    """The best pieces of advice, best first; those about what is no longer on show are left out."""
    changes = advice.changes
    codes = {
        one.code: one
        for one in TradeCode.objects.filter(
            scheme=TradeCode.Scheme.HS, code__in=_named(changes, "code")
        )
    }
    countries = {
        one.pk: one.name for one in Country.objects.filter(pk__in=_named(changes, "code", length=2))
    }
    refs = {one["row"] for one in changes if one.get("row", PROFILE) != PROFILE}
    rows = {one.reference: one for one in Opportunity.objects.on_show().filter(reference__in=refs)}
    told = [_tip(advice, change, codes, countries, rows) for change in changes]
    return [tip for tip in told if tip is not None][:limit]


def _named(changes: list[dict[str, Any]], name: str, length: int = 0) -> set[str]:
    found = {one[name] for one in changes if one.get(name)}
    return {one for one in found if not length or len(one) == length}


def _tip(
    advice: Advice,
    change: Mapping[str, Any],
    codes: Mapping[str, TradeCode],
    countries: Mapping[str, str],
    rows: Mapping[str, Opportunity],
) -> Tip | None:
    kind, code = change["kind"], change.get("code", "")
    row = rows.get(change.get("row", ""))
    of_profile = change.get("row", PROFILE) == PROFILE
    if not of_profile and row is None:
        return None
    if kind == "code" and code not in codes:
        return None
    values = {
        "code": code,
        "label": codes[code].label if code in codes else "",
        "country": countries.get(code, code),
        "title": row.titled(get_language() or "en")[0] if row is not None else "",
        "certificate": dict(Certificate.choices).get(code, code),
    }
    own_code = kind == "code" and of_profile
    text = _TEXTS["own_code" if own_code else kind]() % values
    url = reverse("conditions")
    if row is not None:
        url = reverse("opportunity", args=[row.public_id])
    elif kind in ("code", "language"):
        url = reverse("company", args=[advice.company.public_id])
    return Tip(kind, text, change["mutual"], change["matches"], url, code if own_code else "")


_TEXTS: dict[str, Callable[[], str]] = {
    "own_code": lambda: _("State HS %(code)s, %(label)s, among your trade codes, if you offer it"),
    "code": lambda: _("State HS %(code)s, %(label)s, in your request “%(title)s”, if you seek it"),
    "any_country": lambda: _("Look for partners in every country"),
    "wanted": lambda: _("Look for partners in %(country)s as well"),
    "excluded": lambda: _("Do not exclude %(country)s"),
    "requires": lambda: _("Do not ask partners for %(certificate)s"),
    "sizes": lambda: _("Accept partners of every size"),
    "competitors": lambda: _("Meet companies that offer the same as you, too"),
    "interpreter": lambda: _("Accept meetings with an interpreter"),
    "language": lambda: _("State English among your working languages"),
    "any_target": lambda: _("Open “%(title)s” to every country"),
    "target": lambda: _("Open “%(title)s” to %(country)s as well"),
}
