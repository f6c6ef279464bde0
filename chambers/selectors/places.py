"""Where companies lie: the place of a city under any of its names, else that of its country."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from chambers.models import Place
from chambers.words import fold

Address = tuple[str, str]
"""(country code, city as a company wrote it, or nothing)."""


def places_of(addresses: Collection[Address]) -> dict[Address, Place]:
    """The place of each address; one without city, or with a city not known, is its country's.

    Addresses in countries without any place are left out. One query.
    """
    cities = {fold(city).strip() for _country, city in addresses if city.strip()}
    countries = {country for country, _city in addresses}
    known: dict[Address, Place] = {}
    stand_ins: dict[str, Place] = {}
    named = Q(names__overlap=sorted(cities))
    rows = Place.objects.filter(named | Q(is_capital=True), country__in=countries)
    for place in rows.select_related("country").order_by("population"):  # the largest of a name
        known |= {(place.country_id, name): place for name in place.names if name in cities}
        if place.is_capital:
            stand_ins[place.country_id] = place
    found: dict[Address, Place] = {}
    for country, city in addresses:
        at = known.get((country, fold(city).strip())) or stand_ins.get(country)
        if at is not None:
            found[country, city] = at
    return found
