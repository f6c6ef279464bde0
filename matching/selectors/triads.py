"""Proposals of three as one of the three reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

from chambers.models import Company, TradeCode
from marketplace.models import Opportunity
from matching import engine
from matching.models import Triad
from matching.selectors.limits import limits_of, profiles_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User

SHOWN = 3


@dataclass(frozen=True)
class Part:
    """A supplier in a proposal, and the parts of the demand that it covers."""

    company: Company
    codes: list[TradeCode]
    is_you: bool


@dataclass(frozen=True)
class Proposal:
    """Two suppliers that together cover a demand, with a reason from each of the three."""

    triad: Triad
    seeker: Company
    demand: Opportunity
    parts: list[Part]
    seeker_is_you: bool


def proposals_for(
    company: Company, viewer: User | AnonymousUser, *, limit: int = SHOWN
) -> list[Proposal]:
    """Open proposals in which a company has a part, best first; a constant number of queries.

    None in which any two are kept apart or one has marked another as not relevant, even before the
    next search, or with somebody whom the viewer may not see.
    """
    # Read first and told by key: as a part of the other question they would be found late, by way
    # of everybody who is matched. Most companies have none, and every page of partners asks.
    keys = list(Triad.objects.of(company).values_list("pk", flat=True))
    if not keys:
        return []
    open_ones = Triad.objects.visible_to(viewer).filter(pk__in=keys).select_related("demand")
    return told(open_ones[: 4 * limit], viewer, you=company)[:limit]


def told(
    triads: Iterable[Triad], viewer: User | AnonymousUser, *, you: Company | None = None
) -> list[Proposal]:
    """Proposals whose companies may meet and the viewer may all see, as they are shown."""
    rows = list(triads)
    involved = {pk for one in rows for pk in (one.demand.company_id, one.first_id, one.second_id)}
    visible = Company.objects.visible_to(viewer).filter(pk__in=involved, held_on=None)
    companies = {one.pk: one for one in visible.select_related("country")}
    limits = limits_of(companies, profiles_of(companies))
    wanted = {code for one in rows for code in (*one.first_brings, *one.second_brings)}
    codes = {
        one.code: one
        for one in TradeCode.objects.filter(scheme=TradeCode.Scheme.HS, code__in=wanted)
    }

    def part(pk: int, brings: list[str]) -> Part:
        labelled = [codes[code] for code in brings if code in codes]
        return Part(companies[pk], labelled, you is not None and pk == you.pk)

    return [
        Proposal(
            triad=one,
            seeker=companies[one.demand.company_id],
            demand=one.demand,
            parts=[part(one.first_id, one.first_brings), part(one.second_id, one.second_brings)],
            seeker_is_you=you is not None and one.demand.company_id == you.pk,
        )
        for one in rows
        if _all_welcome(limits, (one.demand.company_id, one.first_id, one.second_id))
    ]


def _all_welcome(limits: Mapping[int, engine.Company], three: Sequence[int]) -> bool:
    """Whether all are known, any two of them may meet and neither hides the other."""
    if not limits.keys() >= set(three):
        return False
    return all(
        engine.may_meet(one, other) and other.id not in one.dismissed
        for one, other in permutations((limits[pk] for pk in three), 2)
    )
