"""What a viewer may see of an opportunity: the one rule behind pages, cards, endpoints and files.

Which *rows* a viewer may see comes first: ``Opportunity.objects.visible_to``. Of an anonymous one
its company is absent here, so that no caller can tell it by mistake. Whatever starts from a
*company* (its page, facets, reasons of a match) reads only ``Opportunity.objects.named()``.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Value, prefetch_related_objects

from chambers.models import Chamber, Company, Country, Membership, TradeCode, in_language
from marketplace.models import Interest, InvestmentTerms, Opportunity

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


@dataclass(frozen=True)
class ShownOpportunity:
    """An opportunity as one viewer may see it; it holds no way to the row or its company."""

    public_id: uuid.UUID
    reference: str
    side: Opportunity.Side
    kind: Opportunity.Kind
    status: Opportunity.Status  # today
    title: dict[str, str]
    text: dict[str, str]
    codes: tuple[TradeCode, ...]
    cooperation: tuple[Opportunity.Cooperation, ...]
    target_countries: tuple[str, ...]
    investment: InvestmentTerms | None
    is_anonymous: bool
    is_routed: bool  # who is interested asks through the chambers
    country: Country  # where its company is
    company: Company | None  # None: not for this viewer
    inside: bool  # the viewer speaks for the company or looks after it
    published_at: dt.datetime | None
    expires_on: dt.date | None
    changed_at: dt.datetime

    def titled(self, language: str | None = None) -> tuple[str, str]:
        """(title, its language); see ``in_language``."""
        return in_language(self.title, language)

    def described_in(self, language: str | None = None) -> tuple[str, str]:
        """(text, its language); see ``in_language``."""
        return in_language(self.text, language)

    def get_side_display(self) -> str:
        """Offer or request, in the reader's language; named as on the row for shared templates."""
        return str(self.side.label)

    def get_kind_display(self) -> str:
        """The kind in the reader's language."""
        return str(self.kind.label)


def shown_opportunity(opportunity: Opportunity, viewer: User | AnonymousUser) -> ShownOpportunity:
    """``opportunity`` as ``viewer`` may see it; the row itself must be visible to them."""
    return shown_opportunities([opportunity], viewer)[0]


def chambers_behind(shown: ShownOpportunity) -> list[Chamber]:
    """The chambers that its company is a member of; none where the company is not told."""
    if shown.company is None:
        return []
    joined = Membership.objects.in_force().filter(company=shown.company)
    return list(Chamber.objects.filter(pk__in=joined.values("chamber")).order_by("name_en"))


def shown_opportunities(
    opportunities: Sequence[Opportunity], viewer: User | AnonymousUser
) -> list[ShownOpportunity]:
    """Each opportunity as ``viewer`` may see it, in the same order.

    One query for any number where somebody is signed in, plus one each where the company with
    its country, the codes or the investment terms are not joined.
    """
    if not opportunities:
        return []
    prefetch_related_objects(opportunities, "company__country", "codes", "investment")
    companies = {one.company_id for one in opportunities}
    anonymous = {one.pk for one in opportunities if one.is_anonymous}
    inside, known = _known_to(viewer, companies, anonymous)
    return [
        _shown(
            one,
            inside=one.company_id in inside,
            named=not one.is_anonymous or one.company_id in inside or one.pk in known,
        )
        for one in opportunities
    ]


def _known_to(
    viewer: User | AnonymousUser, companies: Collection[int], anonymous: Collection[int]
) -> tuple[set[int], set[int]]:
    """What the viewer knows of who writes. One query, none for a guest.

    Keys of those ``companies`` that they speak for or have members' affairs of; and keys of those
    ``anonymous`` opportunities whose company they have been told: it accepted the interest of a
    company that they speak for, in this very opportunity. A contact over another one tells nothing
    of who wrote an anonymous text.
    """
    if not viewer.is_authenticated:
        return set(), set()
    if viewer.is_superuser:
        return set(companies), set()
    asked = Company.objects.filter(pk__in=companies)
    theirs = asked.run_by(viewer) | asked.members_served_by(viewer)
    accepted = Interest.objects.filter(
        opportunity__in=anonymous,
        company__in=Company.objects.run_by(viewer).values("pk"),
        status=Interest.Status.ACCEPTED,
    )
    found: dict[str, set[int]] = {"inside": set(), "named": set()}
    inside = theirs.order_by().values_list(Value("inside"), "pk")
    for what, key in inside.union(
        accepted.order_by().values_list(Value("named"), "opportunity_id")
    ):
        found[what].add(key)
    return found["inside"], found["named"]


def _shown(opportunity: Opportunity, *, inside: bool, named: bool) -> ShownOpportunity:
    return ShownOpportunity(
        public_id=opportunity.public_id,
        reference=opportunity.reference,
        side=Opportunity.Side(opportunity.side),
        kind=Opportunity.Kind(opportunity.kind),
        status=opportunity.status_now,
        title=opportunity.title,
        text=opportunity.text,
        codes=tuple(opportunity.codes.all()),
        cooperation=tuple(Opportunity.Cooperation(one) for one in opportunity.cooperation),
        target_countries=tuple(opportunity.target_countries),
        investment=getattr(opportunity, "investment", None),
        is_anonymous=opportunity.is_anonymous,
        is_routed=opportunity.is_routed,
        country=opportunity.company.country,
        company=opportunity.company if named else None,
        inside=inside,
        published_at=opportunity.published_at,
        expires_on=opportunity.expires_on,
        changed_at=opportunity.updated_at,
    )
