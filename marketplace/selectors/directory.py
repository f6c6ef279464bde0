"""The directory of companies: how it is narrowed, ordered and shown to one viewer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import CharField, Exists, F, Func, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from chambers.models import Company, Guild, GuildMembership, Membership, TradeCode, today
from chambers.selectors.facets import Facet, Rows
from chambers.selectors.labels import (
    body_name,
    country_name,
    language_labels,
    root_code,
    root_label,
)
from chambers.selectors.search import search_companies
from chambers.selectors.shown import ShownCompany, Sight, findable_by, shown_companies
from marketplace.models import Opportunity, OpportunityQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django_stubs_ext import StrPromise

    from chambers.models import User

SORTS = {"best": _("Best match first"), "new": _("Newest first"), "name": _("By name")}
HS, NACE = TradeCode.Scheme.HS, TradeCode.Scheme.NACE
GUILD_MARK = "--"  # between the slugs of a chamber and its guild


def company_facets(sight: Sight) -> tuple[Facet, ...]:
    """The facets of the directory; nobody narrows by a field that is hidden from them."""
    return (
        Facet(
            "trade",
            _("Publishes"),
            narrow=lambda rows, sides: rows.filter(
                Exists(_published().filter(company=OuterRef("pk"), side__in=sides))
            ),
            spread=lambda rows: rows.filter(opportunities__in=_published()).annotate(
                value=F("opportunities__side")
            ),
            labels=lambda sides: {"offer": _("Offers"), "demand": _("Requests")},
        ),
        Facet(
            "country",
            _("Country or region"),
            narrow=lambda rows, codes: rows.filter(country__in=codes),
            spread=lambda rows: rows.annotate(value=F("country_id"), label=country_name("country")),
            repeats=False,
        ),
        Facet(
            "chamber",
            _("Member of"),
            narrow=lambda rows, slugs: rows.filter(
                Exists(
                    Membership.objects.in_force().filter(
                        company=OuterRef("pk"), chamber__slug__in=slugs
                    )
                )
            ),
            spread=lambda rows: rows.filter(memberships__in=Membership.objects.in_force()).annotate(
                value=F("memberships__chamber__slug"), label=body_name("memberships__chamber")
            ),
        ),
        _by_code("industry", _("Industry"), NACE, sight),
        _by_code("goods", _("Goods (HS chapter)"), HS, sight),
        Facet(
            "speaks",
            _("Speaks"),
            narrow=lambda rows, codes: rows.filter(
                findable_by("languages", sight), languages__overlap=list(codes)
            ),
            spread=lambda rows: rows.filter(findable_by("languages", sight)).annotate(
                value=Func(F("languages"), function="unnest", output_field=CharField())
            ),
            labels=language_labels,
            repeats=False,
        ),
        Facet("guild", _("Guild"), narrow=_in_guilds, labels=_guild_names),
    )


def codes_below(scheme: str, roots: Collection[str]) -> QuerySet[TradeCode]:
    """Trade codes under any of some HS chapters or NACE sections, those included."""
    return TradeCode.objects.filter(
        Q(code__in=roots) | Q(parent__code__in=roots) | Q(parent__parent__code__in=roots),
        scheme=scheme,
    )


def _by_code(key: str, title: StrPromise, scheme: str, sight: Sight) -> Facet:
    through = Company.codes.through.objects

    def narrow(rows: Rows, roots: Collection[str]) -> Rows:
        under = through.filter(
            company=OuterRef("pk"), tradecode__in=codes_below(scheme, roots).values("pk")
        )
        found: Rows = rows.filter(findable_by("codes", sight), Exists(under))
        return found

    def spread(rows: Rows) -> Rows:
        found: Rows = rows.filter(findable_by("codes", sight), codes__scheme=scheme)
        return found.annotate(value=root_code("codes"), label=root_label("codes"))  # type: ignore[no-any-return]

    return Facet(key, title, narrow, spread)


def _published() -> OpportunityQuerySet:
    """Named opportunities on show; that their company is listed is for the list to see to."""
    return _open().named()


def _open() -> OpportunityQuerySet:
    return Opportunity.objects.filter(status=Opportunity.Status.PUBLISHED, expires_on__gte=today())


def _in_guilds(rows: Rows, marks: Collection[str]) -> Rows:
    wanted = Q(pk=None)
    for mark in marks:
        chamber, _mark, guild = mark.partition(GUILD_MARK)
        wanted |= Q(guild__chamber__slug=chamber, guild__slug=guild)
    places = GuildMembership.objects.in_force().filter(wanted, company=OuterRef("pk"))
    return rows.filter(Exists(places))


def _guild_names(marks: Collection[str]) -> dict[str, str]:
    slugs = [mark.partition(GUILD_MARK)[2] for mark in marks]
    guilds = Guild.objects.filter(slug__in=slugs).select_related("chamber")
    return {f"{one.chamber.slug}{GUILD_MARK}{one.slug}": one.name for one in guilds}


def search_directory(companies: QuerySet[Company], text: str, sight: Sight) -> QuerySet[Company]:
    """Companies that answer ``text``; all of them when there is none."""
    return search_companies(companies, text, member=sight.member) if text else companies


def in_order(companies: QuerySet[Company], sort: str, text: str) -> QuerySet[Company]:
    """Best match first where words were asked for, else newest first; or by name."""
    if sort == "name":
        return companies.order_by("legal_name", "pk")
    if sort == "new" or not text:
        return companies.order_by("-pk")
    return companies


@dataclass(frozen=True)
class Item:
    """A published offer or request on a company's card; ``hit`` when it meets the reader's own."""

    opportunity: Opportunity
    hit: bool


@dataclass(frozen=True)
class Card:
    """A company as a list shows it to one viewer."""

    company: Company
    shown: ShownCompany
    offers: Sequence[Item]
    demands: Sequence[Item]


@dataclass(frozen=True)
class Wanted:
    """The four-digit HS codes that a company's own published requests and offers name."""

    seeks: frozenset[str] = field(default_factory=frozenset)
    offers: frozenset[str] = field(default_factory=frozenset)


def wanted_by(company: Company | None) -> Wanted:
    """What ``company`` seeks and offers now. One query; none without a company."""
    if company is None:
        return Wanted()
    rows = _open().filter(company=company, codes__scheme=HS)
    sides: dict[str, set[str]] = {"offer": set(), "demand": set()}
    for side, code in rows.order_by().values_list("side", "codes__code"):
        sides[side].add(code[:4])
    return Wanted(frozenset(sides["demand"]), frozenset(sides["offer"]))


def cards(
    companies: Sequence[Company],
    viewer: User | AnonymousUser,
    sight: Sight,
    wanted: Wanted,
) -> list[Card]:
    """The companies of one page, each as ``viewer`` may see it. Constant queries."""
    shown = shown_companies(companies, viewer, sight)
    theirs: dict[int, list[Opportunity]] = {one.pk: [] for one in companies}
    rows = _published().filter(company__in=theirs).order_by("-published_at", "-pk")
    for row in rows.prefetch_related(Prefetch("codes", TradeCode.objects.filter(scheme=HS))):
        theirs[row.company_id].append(row)
    return [
        Card(
            company,
            facts,
            items_of(theirs[company.pk], Opportunity.Side.OFFER, wanted.seeks),
            items_of(theirs[company.pk], Opportunity.Side.DEMAND, wanted.offers),
        )
        for company, facts in zip(companies, shown, strict=True)
    ]


def items_of(rows: Sequence[Opportunity], side: str, codes: Collection[str]) -> list[Item]:
    """Those of one side, hits first."""
    items = [
        Item(row, any(code.code[:4] in codes for code in row.codes.all()))
        for row in rows
        if row.side == side
    ]
    return sorted(items, key=lambda item: not item.hit)
