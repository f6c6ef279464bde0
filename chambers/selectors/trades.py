"""Trade codes as trees of choices: HS by digits, NACE by sections."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.models import Q

from chambers.models import TradeCode, site_language


class Headings:
    """HS: ``9026`` lies under ``90``."""

    scheme = TradeCode.Scheme.HS
    deep = "___%"

    def parent_of(self, value: str) -> str:
        """The heading or chapter above."""
        return value[:-2] if len(value) > 2 else ""

    def offered(self, picked: Collection[str]) -> str:
        """All chapters, and what lies directly under or above the chosen codes."""
        opened = {
            one[:size] for one in picked if one.isdigit() for size in (2, 4) if size <= len(one)
        }
        return "|".join(["[0-9]{2}", *(f"{one}[0-9]{{2}}" for one in sorted(opened))])


# Which divisions each section of NACE Rev. 2 begins with; Regulation (EC) No 1893/2006, Annex I.
_SECTIONS = {
    "A": "01", "B": "05", "C": "10", "D": "35", "E": "36", "F": "41", "G": "45", "H": "49",
    "I": "55", "J": "58", "K": "64", "L": "68", "M": "69", "N": "77", "O": "84", "P": "85",
    "Q": "86", "R": "90", "S": "94", "T": "97", "U": "99",
}  # fmt: skip


class Divisions:
    """NACE: ``26`` lies under ``C``."""

    scheme = TradeCode.Scheme.NACE
    deep = "__%"

    def parent_of(self, value: str) -> str:
        """The section of a division."""
        if not value.isdigit():
            return ""
        return max(letter for letter, first in _SECTIONS.items() if first <= max(value, "01"))

    def offered(self, picked: Collection[str]) -> str:
        """All sections; the divisions too where any is chosen."""
        return "[A-U]|[0-9]{2}" if picked else "[A-U]"


def deepest(tree: Headings | Divisions, picked: Collection[str]) -> list[str]:
    """The chosen codes without those above another one: who chose both means the lower."""
    above = set()
    for value in picked:
        parent = tree.parent_of(value)
        while parent:
            above.add(parent)
            parent = tree.parent_of(parent)
    return [value for value in picked if value not in above]


def code_names(scheme: str, values: Collection[str]) -> dict[str, str]:
    """Each code with its label in the reader's language. One query."""
    return names_of_codes({scheme: values})[scheme]


def names_of_codes(wanted: Mapping[str, Collection[str]]) -> dict[str, dict[str, str]]:
    """The same for codes of several schemes, by scheme. One query."""
    asked = Q(pk__in=[])
    for scheme, values in wanted.items():
        asked |= Q(scheme=scheme, code__in=values)
    found: dict[str, dict[str, str]] = {scheme: {} for scheme in wanted}
    own = "short_en" if site_language() == "en" else f"label_{site_language()}"
    rows = TradeCode.objects.filter(asked).order_by()
    for scheme, code, *labels in rows.values_list("scheme", "code", own, "short_en", "label_en"):
        found[scheme][code] = next(filter(None, labels), "")  # as ``TradeCode.label``
    return found
