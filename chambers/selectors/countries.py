"""Which part of the world a country or region is shown under, where many are offered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from babel import Locale

from chambers.models import Country, site_language

_PARTS = {
    "150": """
        AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE
        LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK
    """,
    "142": """
        AE AF AM AZ BD BH BN BT CN GE HK ID IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN
        MO MV MY NP OM PH PK PS QA SA SG SY TH TJ TL TM TR TW UZ VN YE
    """,
    "019": """
        AG AI AR AW BB BL BM BO BQ BR BS BZ CA CL CO CR CU CW DM DO EC FK GD GF GL GP GT GY HN
        HT JM KN KY LC MF MQ MS MX NI PA PE PM PR PY SR SV SX TC TT UM US UY VC VE VG VI
    """,
    "002": """
        AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW IO KE KM LR LS LY
        MA MG ML MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM
        ZW
    """,
    "009": """
        AS AU CC CK CX FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV VU WF WS
    """,
    "AQ": """
        AQ BV GS HM TF
    """,
}
"""Code of a part of the world, as CLDR names it, to the ISO 3166-1 codes of what lies there.

Source: the regions of UN M49; what lies round the South Pole stands by itself.
"""
_PART_OF = {code: part for part, codes in _PARTS.items() for code in codes.split()}


@dataclass(frozen=True)
class Part:
    """A part of the world by its name for this reader, with its countries by name."""

    name: str
    countries: Sequence[tuple[str, str]]


def by_part(countries: Sequence[tuple[str, str]]) -> list[Part]:
    """Countries (code, name) under the parts of the world, their order kept within a part."""
    names = Locale(site_language()).territories
    found: dict[str, list[tuple[str, str]]] = {part: [] for part in _PARTS}
    for code, name in countries:
        found[_PART_OF.get(code, "AQ")].append((code, name))
    return [Part(names[part], there) for part, there in found.items() if there]


def countries_by_name() -> list[tuple[str, str]]:
    """(code, name in the reader's language) of all, by name. One query."""
    return sorted(((one.code, one.name) for one in Country.objects.all()), key=lambda one: one[1])
