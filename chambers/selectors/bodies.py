"""Chambers as their pages show them: members counted, guilds, commissions, agreements, councils."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from chambers.models import (
    Agreement,
    Chamber,
    Commission,
    Council,
    Country,
    Guild,
    GuildMembership,
    Membership,
)
from chambers.selectors.facets import Facet
from chambers.selectors.labels import country_name

_OVER = (Commission.Status.MERGED, Commission.Status.CLOSED)


def with_members(chambers: QuerySet[Chamber], on: dt.date | None = None) -> QuerySet[Any]:
    """Chambers with ``members``: how many listed companies belong to each on a day."""
    memberships = (
        Membership.objects.in_force(on)
        .filter(chamber=OuterRef("pk"), company__is_listed=True)
        .order_by()
        .values("chamber")
        .annotate(number=Count("company", distinct=True))
    )
    return chambers.annotate(members=Coalesce(Subquery(memberships.values("number")), 0))


def members_of(council: Council, on: dt.date | None = None) -> int:
    """How many listed companies belong to a council's chambers on a day, each counted once."""
    memberships = Membership.objects.in_force(on).filter(
        chamber__in=council.chambers.all(), company__is_listed=True
    )
    return memberships.values("company").distinct().count()


def search_chambers(chambers: QuerySet[Chamber], text: str) -> QuerySet[Chamber]:
    """Chambers whose name in any language, short name or city contains ``text``."""
    if not text:
        return chambers
    fields = ("name_en", "name_ru", "name_ja", "name_native", "short_name", "city")
    ways = Q()
    for field in fields:
        ways |= Q(**{f"{field}__icontains": text})
    return chambers.filter(ways)


CHAMBER_FACETS = (
    Facet(
        "country",
        _("Country or region"),
        narrow=lambda rows, codes: rows.filter(country__in=codes),
        spread=lambda rows: rows.annotate(value=F("country_id"), label=country_name("country")),
        repeats=False,
    ),
    Facet(
        "kind",
        _("Kind"),
        narrow=lambda rows, kinds: rows.filter(kind__in=kinds),
        spread=lambda rows: rows.annotate(value=F("kind")),
        labels=lambda kinds: dict(Chamber.Kind.choices),
        repeats=False,
    ),
)


@dataclass(frozen=True)
class ChamberPage:
    """Everything on a chamber's page."""

    chamber: Chamber
    guilds: Sequence[Guild]  # each with ``size``, its listed members
    commissions: Sequence[Commission]  # open ones
    missing: Sequence[Country]  # partner countries without a commission
    agreements: Sequence[tuple[Agreement, Chamber]]  # with the partner; in force first
    councils: Sequence[Council]
    branches: Sequence[Chamber]


def chamber_page(chamber: Chamber, on: dt.date | None = None) -> ChamberPage:
    """What ``chamber``'s page shows on a day, for everyone alike. Seven queries."""
    sizes = (
        GuildMembership.objects.in_force(on)
        .filter(guild=OuterRef("pk"), company__is_listed=True)
        .order_by()
        .values("guild")
        .annotate(number=Count("pk"))
    )
    guilds = chamber.guilds.annotate(
        size=Coalesce(Subquery(sizes.values("number")), 0)
    ).prefetch_related("codes")
    commissions = list(
        chamber.commissions.exclude(status__in=_OVER).select_related("country", "partner_chamber")
    )
    rows = (
        Agreement.objects.of(chamber)
        .exclude(starts_on=None)
        .select_related("first__country", "second__country")
    )
    pairs = [(row, row.partner_of(chamber)) for row in rows]
    councils = chamber.councils.prefetch_related(
        Prefetch("chambers", Chamber.objects.select_related("country"))
    )
    ended = Agreement.Status.ENDED
    pairs.sort(key=lambda pair: (pair[0].status_on(on) == ended, pair[1].name))
    partners = [partner for row, partner in pairs if row.status_on(on) != ended]
    partners += [other for council in councils for other in council.chambers.all()]
    served = {one.country_id for one in commissions} | {chamber.country_id}
    missing = {one.country_id: one.country for one in partners if one.country_id not in served}
    return ChamberPage(
        chamber,
        list(guilds),
        commissions,
        sorted(missing.values(), key=lambda country: country.name),
        pairs,
        list(councils),
        list(with_members(chamber.branches.all(), on)),
    )
