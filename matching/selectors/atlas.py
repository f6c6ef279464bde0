"""Suggested partners and open demand by place: dots on a plain grid, joined to one's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import Count, Q

from chambers.globe import HEIGHT, WIDTH, Spot, centred_on
from chambers.models import Company, Place, TradeCode
from chambers.selectors.places import Address, places_of
from marketplace.models import Opportunity
from matching.selectors.suggestions import Suggestion

MOST_LABELS = 8
ROW = 16.0  # units a label is high
SMALLEST, LARGEST = 4.0, 13.0  # radius of a dot in units


@dataclass(frozen=True)
class Dot:
    """A place with what is there; its area grows with ``partners``, its ring with ``demand``."""

    place: Place
    partners: int
    demand: int
    x: float
    y: float
    radius: float
    ring: float
    ways: list[str]
    """The shortest way from one's own place, as ``points`` of polylines."""
    label: tuple[float, float, str] | None = None
    """Where the name of its country stands, and whether it begins or ends there: start or end."""
    in_country: int = 0
    """Partners in all its country, told beside that name."""


@dataclass(frozen=True)
class Atlas:
    """The picture, most partners first, and the country where most of them are."""

    home: Place
    x: float
    y: float
    dots: list[Dot]
    meridians: list[float]
    parallels: list[float]
    partners: int
    demand: int
    first: str
    """Name of the country with most partners, else with most demand."""
    first_number: int

    width, height = WIDTH, HEIGHT

    @property
    def frame(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of what is drawn: dots at an edge stand whole."""
        edge = max((max(dot.radius, dot.ring) for dot in self.dots), default=0.0) + 2.0
        return (-edge, -edge, WIDTH + 2 * edge, HEIGHT + 2 * edge)


def atlas_of(company: Company, suggestions: Sequence[Suggestion]) -> Atlas | None:
    """Where the suggested partners of ``company`` are, and who asks for what it offers.

    None where there is neither, or no place of them is known, or not its own. Three queries.
    """
    partners = Counter((one.partner.country_id, one.partner.city) for one in suggestions)
    demand = _demand(company)
    own: Address = (company.country_id, company.city)
    places = places_of({own, *partners, *demand})
    if own not in places or not (partners or demand):
        return None
    home = places[own]
    here = Spot(home.latitude, home.longitude)
    grid = centred_on(here)
    counted: dict[int, tuple[Place, list[int]]] = {}
    for column, numbers in enumerate((partners, demand)):
        for address, number in numbers.items():
            if address in places:
                place = places[address]
                counted.setdefault(place.pk, (place, [0, 0]))[1][column] += number
    if not counted:
        return None
    most = [max(1, *(numbers[column] for _p, numbers in counted.values())) for column in (0, 1)]
    dots = [
        Dot(
            place,
            numbers[0],
            numbers[1],
            _tenths(grid.x(place.longitude)),
            _tenths(grid.y(place.latitude)),
            _radius(numbers[0], most[0]),
            _tenths(_radius(numbers[1], most[1]) + 3.0) if numbers[1] else 0.0,
            grid.way(here, Spot(place.latitude, place.longitude)) if numbers[0] else [],
        )
        for place, numbers in counted.values()
    ]
    dots.sort(key=lambda dot: (-dot.partners, -dot.demand, dot.place.name))
    lands: Counter[str] = Counter()
    for dot in dots:
        lands[dot.place.country.name] += dot.partners if partners else dot.demand
    first, number = lands.most_common(1)[0]
    x, y = _tenths(grid.x(home.longitude)), _tenths(grid.y(home.latitude))
    return Atlas(
        home,
        x,
        y,
        _labelled(dots, (x, y)),
        [_tenths(at) for at in grid.meridians()],
        [_tenths(at) for at in grid.parallels()],
        sum(partners.values()),
        sum(demand.values()),
        first,
        number,
    )


def _demand(company: Company) -> Counter[Address]:
    """Published requests of others abroad for the HS headings that the company offers.

    Of an anonymous request only its country is told, here too.
    """
    offered = Opportunity.objects.on_show().filter(company=company, side=Opportunity.Side.OFFER)
    codes = offered.filter(codes__scheme=TradeCode.Scheme.HS, codes__level__gte=4)
    headings = {code[:4] for code in codes.values_list("codes__code", flat=True)}
    if not headings:
        return Counter()
    wanted = Q()
    for heading in headings:
        wanted |= Q(codes__code__startswith=heading)
    rows = (
        Opportunity.objects.on_show()  # which everybody sees
        .filter(wanted, codes__scheme=TradeCode.Scheme.HS, side=Opportunity.Side.DEMAND)
        .exclude(company__country=company.country_id)
    )
    found: Counter[Address] = Counter()
    for country, city, hidden, number in (
        rows.order_by()
        .values_list("company__country", "company__city", "is_anonymous")
        .annotate(number=Count("pk", distinct=True))
    ):
        found[country, "" if hidden else city] += number
    return found


def _radius(number: int, most: int) -> float:
    if not number:
        return 0.0
    share = float((number / most) ** 0.5 if most > 1 else 0.4)
    return _tenths(SMALLEST + (LARGEST - SMALLEST) * share)


def _tenths(units: float) -> float:
    """Nobody sees more of it, and every digit is sent."""
    return round(units, 1)


def _labelled(dots: Sequence[Dot], home: tuple[float, float]) -> list[Dot]:
    """The same dots, the first of each country with its name where that hides nothing."""
    taken = [(home[0] - 9, home[1] - 9, home[0] + 9, home[1] + 9)]
    taken += [_box(dot.x, dot.y, max(dot.radius, dot.ring)) for dot in dots]
    named: set[str] = set()
    lands: Counter[str] = Counter()
    for dot in dots:
        lands[dot.place.country_id] += dot.partners
    found = []
    for dot in dots:
        spot = None
        if dot.place.country_id not in named and len(named) < MOST_LABELS:
            spot = _free(dot, taken)
        if spot is not None:
            named.add(dot.place.country_id)
        found.append(replace(dot, label=spot, in_country=lands[dot.place.country_id]))
    return found


def _box(x: float, y: float, half: float) -> tuple[float, float, float, float]:
    return (x - half, y - half, x + half, y + half)


def _free(
    dot: Dot, taken: list[tuple[float, float, float, float]]
) -> tuple[float, float, str] | None:
    """A place for its name right or left of it, a little higher or lower; None where none is."""
    away = max(dot.radius, dot.ring) + 4.0
    long = sum(12.5 if ord(letter) > 0x2E80 else 7.2 for letter in dot.place.country.name) + 22.0
    for down in (4.5, -9.0, 18.0, -24.0, 33.0, -40.0, 48.0):
        for x, anchor in ((dot.x + away, "start"), (dot.x - away, "end")):
            left = x if anchor == "start" else x - long
            box = (left, dot.y + down - ROW + 4.0, left + long, dot.y + down + 4.0)
            inside = box[0] >= 0 and box[2] <= WIDTH and box[1] >= 0 and box[3] <= HEIGHT
            if inside and not any(_meet(box, other) for other in taken):
                taken.append(box)
                return (_tenths(x), _tenths(dot.y + down), anchor)
    return None


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
