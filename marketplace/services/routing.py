"""The way of an interest from chamber to chamber, over the agreements in force on a day.

Chambers are the places, agreements the roads. One road from the asking company's chamber to the
owner's is the rule; without it, one partner whom both chambers have in common may lead there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from chambers.models import Agreement, Chamber, Company
from marketplace.models import Opportunity

MOST_CHAMBERS = 3  # own, a common partner's, the owner's
ANSWER_DAYS = 5  # working days where no agreement says how many
Road = tuple[int, int, int]  # chamber, chamber, working days to answer


@dataclass(frozen=True)
class Stop:
    """A chamber on the way, and the agreement over which it comes there; None for the first."""

    chamber: Chamber
    agreement: Agreement | None


@dataclass(frozen=True)
class Route:
    """The chambers that pass an interest on, the asking company's first, the owner's last."""

    stops: tuple[Stop, ...]

    @property
    def via(self) -> tuple[Chamber, ...]:
        """The common partners in between; empty where one agreement leads there."""
        return tuple(stop.chamber for stop in self.stops[1:-1])

    @cached_property
    def days(self) -> tuple[int, ...]:
        """Working days that each chamber has, and at the end those of the owner.

        Each answers within the days of the agreement it works under: the first chamber of the
        one to the next, every other of the one over which it got it.
        """
        promised = [stop.agreement.response_days for stop in self.stops if stop.agreement]
        if not promised:
            return (ANSWER_DAYS,) * (len(self.stops) + 1)
        return (promised[0], *promised, promised[-1])


@dataclass(frozen=True)
class Ways:
    """How a company may ask about an item: through the chambers, directly, or as it likes."""

    route: Route | None
    direct: bool


def ways_for(opportunity: Opportunity, company: Company, on: dt.date | None = None) -> Ways:
    """How ``company`` may express interest in ``opportunity``.

    What is asked through the chambers may be asked without them only where no agreement leads to
    the owner's chamber, or only one by way of a common partner.
    """
    if not opportunity.is_routed:
        return Ways(None, direct=True)
    route = route_between(company, opportunity.company, on)
    return Ways(route, direct=route is None or bool(route.via))


def route_between(asking: Company, owner: Company, on: dt.date | None = None) -> Route | None:
    """The best way from one company's chambers to another's; None where no agreement leads."""
    return route_to(_chambers_of(asking, on), owner, on)


def route_to(starts: Collection[int], owner: Company, on: dt.date | None = None) -> Route | None:
    """The best way from the chambers with the keys ``starts`` to those of ``owner``."""
    rows = Agreement.objects.in_force(on).select_related("first__country", "second__country")
    agreements: dict[frozenset[int], Agreement] = {}
    # Where two bind the same chambers, the one that answers sooner, then the elder.
    for row in rows.order_by("-response_days", "-starts_on", "-pk"):
        agreements[frozenset((row.first_id, row.second_id))] = row
    roads = [(row.first_id, row.second_id, row.response_days) for row in agreements.values()]
    path = best_path(roads, starts, _chambers_of(owner, on))
    if not path:
        return None
    chambers = Chamber.objects.select_related("country").in_bulk(path)
    pairs = pairwise(path)
    over = [None, *(agreements[frozenset(pair)] for pair in pairs)]
    return Route(tuple(Stop(chambers[key], by) for key, by in zip(path, over, strict=True)))


def best_path(
    roads: Iterable[Road], starts: Collection[int], ends: Collection[int]
) -> tuple[int, ...]:
    """The shortest path of at most ``MOST_CHAMBERS`` places from a start to an end; () for none.

    Of equally short ones the one with the fewest days, then the one with the lowest keys.
    """
    shared = sorted(set(starts) & set(ends))
    if shared:
        return (shared[0],)
    out = _neighbours(roads)
    paths: dict[tuple[int, ...], int] = {(start,): 0 for start in starts}
    for _length in range(1, MOST_CHAMBERS):
        paths = {
            (*path, place): days + more
            for path, days in paths.items()
            for place, more in out.get(path[-1], {}).items()
            if place not in path
        }
        arrived = [(days, path) for path, days in paths.items() if path[-1] in ends]
        if arrived:
            return min(arrived)[1]
    return ()


def _neighbours(roads: Iterable[Road]) -> Mapping[int, Mapping[int, int]]:
    """{place: {place one road away: the fewest days}}; roads lead both ways."""
    out: dict[int, dict[int, int]] = {}
    for one, other, days in roads:
        for start, end in ((one, other), (other, one)):
            known = out.setdefault(start, {})
            known[end] = min(days, known.get(end, days))
    return out


def _chambers_of(company: Company, on: dt.date | None) -> set[int]:
    rows = company.memberships.in_force(on).order_by()
    return set(rows.values_list("chamber_id", flat=True))
