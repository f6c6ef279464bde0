"""What invented companies ask of partners, whom they know already, and one that is on hold.

It follows from a company's place in the list, as its membership does; the companies of the
acceptance scripts ask nothing, so that they meet as written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from chambers.models import Certificate, Company, User
from chambers.services.limits import hold_company
from matching.models import PairHistory
from matching.services.history import record_history

Row = dict[str, Any]
Kind = PairHistory.Kind
_MARKS = {  # of the market at home
    "RU": Certificate.EAC,
    "BY": Certificate.EAC,
    "KZ": Certificate.EAC,
    "AM": Certificate.EAC,
    "JP": Certificate.JIS,
    "CN": Certificate.CCC,
    "IN": Certificate.BIS,
    "DE": Certificate.CE,
    "IT": Certificate.CE,
    "FI": Certificate.CE,
}
_TRADES = (  # first and last HS chapter, and what is usual there
    (1, 24, (Certificate.HACCP, Certificate.HALAL)),
    (30, 30, (Certificate.GMP,)),
    (44, 48, (Certificate.FSC,)),
    (50, 63, (Certificate.OEKO_TEX,)),
    (87, 87, (Certificate.IATF_16949,)),
    (88, 88, (Certificate.AS_9100,)),
    (90, 90, (Certificate.ISO_13485,)),
)
_EVERY_HISTORY = 25
_HELD_AT = 77


def asked_of_partners(row: Row, at: int) -> dict[str, Any]:
    """The conditions of the company at a place, as fields; most ask nothing."""
    if "d0" in row:
        return {}
    fields: dict[str, Any] = {}
    if at % 3 == 0:
        fields["certificates"] = _certificates(row)
    if at % 20 == 4:
        fields["required_certificates"] = [Certificate.ISO_9001.value]
    if at % 23 == 6:
        fields["accepted_sizes"] = ["small", "medium", "large"]
    if at % 29 == 8:
        fields["accepts_interpreter"] = False
    if at % 31 == 9:
        fields["avoids_competitors"] = True
    if at % 100 in (12, 13):
        fields["corporate_group"] = f"Polar Group {at % 100}"
    return fields


def tell_histories(companies: Sequence[Company], by: User, today: dt.date) -> None:
    """Some pairs across borders that work together, met, or of which the first declined."""
    for turn, at in enumerate(range(0, len(companies), _EVERY_HISTORY)):
        one = companies[at]
        other = next(
            company
            for company in [*companies[at + 1 :], *companies[:at]]
            if company.country_id != one.country_id
        )
        record_history(
            one,
            other,
            kind=(Kind.MET, Kind.PARTNER, Kind.DECLINED)[turn % 3],
            by=by,
            stated_by=one,
            since=today - dt.timedelta(days=90 + 40 * turn),
            source="demo",
        )


def hold_one(companies: Sequence[Company], by: User) -> None:
    """One company that its chamber keeps out of the matching."""
    hold_company(companies[_HELD_AT], by=by, reason="Demo: name like one on a list, being checked.")


def _certificates(row: Row) -> list[str]:
    found = [Certificate.ISO_9001.value]
    chapters = {int(code[:2]) for code in row.get("hs", ())}
    for first, last, usual in _TRADES:
        if any(first <= chapter <= last for chapter in chapters):
            found += [one.value for one in usual]
    if row["country"] in _MARKS:
        found.append(_MARKS[row["country"]].value)
    if row["size"] == "large":
        found.append(Certificate.ISO_14001.value)
    return found
