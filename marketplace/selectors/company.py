"""One company as its page shows it to one viewer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chambers.models import (
    Company,
    Country,
    Document,
    Guild,
    GuildMembership,
    Membership,
    TradeCode,
)
from chambers.selectors.documents import brochures_of
from chambers.selectors.labels import countries_of
from chambers.selectors.shown import ShownCompany, Sight, shown_companies
from marketplace.models import Opportunity
from marketplace.selectors.directory import Item, Wanted, items_of
from marketplace.selectors.shown import shown_opportunities

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


@dataclass(frozen=True)
class CompanyPage:
    """Everything on a company's page; what is hidden from the viewer is not in it."""

    company: Company
    shown: ShownCompany
    memberships: Sequence[Membership]  # in force, oldest first
    guilds: Sequence[Guild]
    offers: Sequence[Item]
    demands: Sequence[Item]
    goods: Sequence[TradeCode]  # HS
    fields: Sequence[TradeCode]  # NACE
    markets: Sequence[Country]
    brochures: Sequence[Document]


def company_page(
    company: Company, viewer: User | AnonymousUser, wanted: Wanted, sight: Sight | None = None
) -> CompanyPage:
    """What the page of ``company``, visible to ``viewer``, shows them. Constant queries.

    Offers and requests that meet what the viewer's own company ``wanted`` are marked. With a
    ``sight`` its fields are those that such a reader sees.
    """
    shown = shown_companies([company], viewer, sight)[0]
    places = GuildMembership.objects.in_force().filter(company=company)
    published = Opportunity.objects.visible_to(viewer).on_show().filter(company=company)
    rows = list(published.select_related("investment").prefetch_related("codes"))
    for row in rows:
        row.company = company  # with its country, which is read already
    anonymous = [row for row in rows if row.is_anonymous]
    known = {one.public_id for one in shown_opportunities(anonymous, viewer) if one.company}
    rows = [row for row in rows if not row.is_anonymous or row.public_id in known]
    codes = shown.fields.get("codes", [])
    return CompanyPage(
        company,
        shown,
        sorted(shown.memberships, key=lambda one: (one.starts_on or dt.date.max, one.pk)),
        list(Guild.objects.filter(memberships__in=places).select_related("chamber")),
        items_of(rows, Opportunity.Side.OFFER, wanted.seeks),
        items_of(rows, Opportunity.Side.DEMAND, wanted.offers),
        [code for code in codes if code.scheme == TradeCode.Scheme.HS],
        [code for code in codes if code.scheme == TradeCode.Scheme.NACE],
        countries_of(shown.fields.get("target_countries", [])),
        brochures_of(company) if shown.fields.get("brochures") else [],
    )
