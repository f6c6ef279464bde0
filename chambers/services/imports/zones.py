"""A time zone and languages for a chamber whose file does not name them."""

from __future__ import annotations

from functools import cache
from importlib import resources

from babel.languages import get_official_languages

# The table lists zones from east to west or by name here, not by people.
_MAIN = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
    "XK": "Europe/Belgrade",  # has no line of its own
}


def zone_of(country: str, city: str = "") -> str:
    """The IANA zone of a city that a zone is named after, else of most people of the country.

    ``UTC`` for an unknown country. Source: zone.tab of the IANA time zone database, whose order
    within a country puts the most populous zone first as a rule.
    """
    zones = _zones().get(country, ["UTC"])
    wanted = city.casefold().replace(" ", "_")
    named = [zone for zone in zones if wanted and zone.casefold().endswith(f"/{wanted}")]
    return (named or [_MAIN.get(country, zones[0])])[0]


def languages_of(country: str) -> list[str]:
    """The official languages of a country (ISO 639-1) by Unicode's CLDR, and English."""
    official = get_official_languages(country, de_facto=True)
    return list(dict.fromkeys([*(code for code in official if len(code) == 2), "en"]))


@cache
def _zones() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    table = resources.files("tzdata") / "zoneinfo" / "zone.tab"
    for line in table.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _coordinates, zone, *_comment = line.split("\t")
            found.setdefault(country, []).append(zone)
    return found
