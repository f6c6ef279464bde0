"""The list of opportunities: how it is narrowed and ordered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from chambers.models import TradeCode
from chambers.selectors.facets import Facet, Rows
from chambers.selectors.labels import country_name, root_code, root_label
from marketplace.models import Opportunity
from marketplace.selectors.directory import codes_below

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User

HS = TradeCode.Scheme.HS
SORTS = {"best": _("Best match first"), "new": _("Newest first"), "closing": _("Closing soon")}


def _under_chapters(rows: Rows, chapters: Collection[str]) -> Rows:
    through = Opportunity.codes.through.objects
    codes = codes_below(HS, chapters)
    return rows.filter(
        Exists(through.filter(opportunity=OuterRef("pk"), tradecode__in=codes.values("pk")))
    )


OPPORTUNITY_FACETS = (
    Facet(
        "side",
        _("Offer or request"),
        narrow=lambda rows, sides: rows.filter(side__in=sides),
        spread=lambda rows: rows.annotate(value=F("side")),
        labels=lambda sides: dict(Opportunity.Side.choices),
        repeats=False,
    ),
    Facet(
        "kind",
        _("Kind"),
        narrow=lambda rows, kinds: rows.filter(kind__in=kinds),
        spread=lambda rows: rows.annotate(value=F("kind")),
        labels=lambda kinds: dict(Opportunity.Kind.choices),
        repeats=False,
    ),
    Facet(
        "country",
        _("Country or region"),
        narrow=lambda rows, codes: rows.filter(company__country__in=codes),
        spread=lambda rows: rows.annotate(
            value=F("company__country_id"), label=country_name("company__country")
        ),
        repeats=False,
    ),
    Facet(
        "goods",
        _("Goods (HS chapter)"),
        narrow=_under_chapters,
        spread=lambda rows: rows.filter(codes__scheme=HS).annotate(
            value=root_code("codes"), label=root_label("codes")
        ),
    ),
)


def in_order(rows: QuerySet[Opportunity], sort: str, text: str) -> QuerySet[Opportunity]:
    """Best match first where words were asked for, else newest first; or by closing date."""
    if sort == "closing":
        return rows.order_by("expires_on", "pk")
    if sort == "new" or not text:
        return rows.order_by("-published_at", "-pk")
    return rows


def answering(
    opportunity: Opportunity, viewer: User | AnonymousUser, limit: int = 5
) -> list[Opportunity]:
    """Up to ``limit`` opportunities of the other side from abroad that name the same HS heading."""
    headings = {code.code[:4] for code in opportunity.codes.all() if code.scheme == HS}
    if not headings:
        return []
    through = Opportunity.codes.through.objects
    same = through.filter(opportunity=OuterRef("pk"), tradecode__in=_under_headings(headings))
    rows = Opportunity.objects.visible_to(viewer).on_show().exclude(side=opportunity.side)
    abroad = rows.exclude(company__country=opportunity.company.country_id).filter(Exists(same))
    joined = abroad.select_related("company__country", "investment").prefetch_related("codes")
    return list(joined.order_by("-published_at")[:limit])


def _under_headings(headings: Collection[str]) -> QuerySet[TradeCode]:
    wanted = Q()
    for heading in headings:
        wanted |= Q(code__startswith=heading)
    return TradeCode.objects.filter(wanted, scheme=HS)


@dataclass(frozen=True)
class Encounter:
    """A published request and an offer from another country of goods of one HS heading."""

    demand: Opportunity
    offer: Opportunity
    code: TradeCode


def newest_encounter() -> Encounter | None:
    """The newest published request that a published offer from abroad answers; two queries."""
    through = Opportunity.codes.through.objects
    shown = Opportunity.objects.on_show().named()
    offers = through.filter(opportunity__in=shown.filter(side=Opportunity.Side.OFFER))
    answers = offers.filter(tradecode=OuterRef("tradecode")).exclude(
        opportunity__company__country=OuterRef("opportunity__company__country")
    )
    asked = (
        through.filter(
            Exists(answers),
            opportunity__in=shown.filter(side=Opportunity.Side.DEMAND),
            tradecode__scheme=HS,
            tradecode__level__gte=4,
        )
        .select_related("opportunity__company__country", "tradecode")
        .order_by("-opportunity__published_at", "tradecode")
        .first()
    )
    if asked is None:
        return None
    answer = (
        offers.filter(tradecode=asked.tradecode)
        .exclude(opportunity__company__country=asked.opportunity.company.country)
        .select_related("opportunity__company__country")
        .order_by("-opportunity__published_at")
        .first()
    )
    return Encounter(asked.opportunity, answer.opportunity, asked.tradecode) if answer else None
