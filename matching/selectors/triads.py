"""Proposals of three as one of the three reads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chambers.models import Company, TradeCode
from marketplace.models import Opportunity
from matching import profiles
from matching.models import Triad

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

    None with somebody it is kept apart from, whom it has marked as not relevant or whom the viewer
    may not see.
    """
    ties = profiles.ties_of([company.pk]).get(company.pk, profiles.NO_TIES)
    away = ties.blocked | ties.dismissed
    found = [
        one
        for one in Triad.objects.visible_to(viewer)
        .of(company)
        .select_related("demand")[: 4 * limit]
        if not away & {one.demand.company_id, one.first_id, one.second_id}
    ]
    return told(found, viewer, you=company)[:limit]


def told(
    triads: Iterable[Triad], viewer: User | AnonymousUser, *, you: Company | None = None
) -> list[Proposal]:
    """Proposals whose companies the viewer may all see, as they are shown."""
    rows = list(triads)
    involved = {pk for one in rows for pk in (one.demand.company_id, one.first_id, one.second_id)}
    visible = Company.objects.visible_to(viewer).filter(pk__in=involved, held_on=None)
    companies = {one.pk: one for one in visible.select_related("country")}
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
        if {one.demand.company_id, one.first_id, one.second_id} <= companies.keys()
    ]
