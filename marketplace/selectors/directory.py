"""The directory of companies: how it is narrowed, ordered and shown to one viewer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import (
    Count,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    prefetch_related_objects,
)
from django.utils.translation import gettext_lazy as _

from chambers.models import Chamber, Company, Guild, GuildMembership, Membership, TradeCode, today
from chambers.selectors.facets import Asked, Facet, Rows, Within
from chambers.selectors.hits import OneByOne, Unseen
from chambers.selectors.indexing import FOR_MEMBERS
from chambers.selectors.labels import body_name, country_labels, language_labels
from chambers.selectors.lists import EVERY_MARK, UNREAD, Marks, Shelf
from chambers.selectors.search import Question, answering_companies, read_question
from chambers.selectors.shown import ShownCompany, Sight, shown_companies
from chambers.selectors.trades import Divisions, Headings, code_names, deepest
from chambers.selectors.why import Reason, places_of_company, why
from marketplace.models import Opportunity, OpportunityQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django_stubs_ext import StrPromise

    from chambers.models import User

SORTS = {"best": _("Best match first"), "new": _("Newest first"), "name": _("By name")}
HS = TradeCode.Scheme.HS
GUILD_MARK = "--"  # between the slugs of a chamber and its guild


def company_facets(sight: Sight) -> tuple[Facet, ...]:
    """The facets of the directory; nobody narrows by a field that is hidden from them."""
    marks = marks_of(sight)
    return (
        Facet(
            "trade",
            _("Publishes"),
            narrow=lambda rows, sides: rows.filter(
                Exists(_published().filter(company=OuterRef("pk"), side__in=sides))
            ),
            tally=_publishing,
            labels=lambda sides: {"offer": _("Offers"), "demand": _("Requests")},
        ),
        Facet(
            "country",
            _("Country or region"),
            narrow=lambda rows, codes: rows.filter(country__in=codes),
            labels=country_labels,
            is_stored=True,
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
            tally=_memberships,
        ),
        by_code("industry", _("Industry"), Divisions(), marks),
        by_code("goods", _("Goods (HS code)"), Headings(), marks),
        Facet(
            "speaks",
            _("Speaks"),
            narrow=lambda rows, codes: rows.filter(marks.matching("speaks", codes)),
            labels=language_labels,
            is_stored=True,
        ),
        Facet(
            "size",
            _("Size"),
            narrow=lambda rows, sizes: rows.filter(marks.matching("size", sizes)),
            labels=lambda _sizes: dict(Company.Size.choices),
            is_stored=True,
        ),
        Facet("guild", _("Guild"), narrow=_in_guilds, labels=_guild_names),
    )


def _publishing(companies: Within) -> Iterator[tuple[str, str, int]]:
    """How many of some companies publish offers, and requests."""
    theirs = _published().filter(companies.has("company")).order_by().values("company")
    sides = {side: BoolOr(Q(side=side)) for side in Opportunity.Side.values}
    each = theirs.annotate(**{f"has_{side}": found for side, found in sides.items()})
    counts = {side: Count("company", filter=Q(**{f"has_{side}": True})) for side in sides}
    for side, count in each.aggregate(**counts).items():
        if count:
            yield side, side, count


def _memberships(companies: Within) -> QuerySet[Membership, Any]:
    """How many of some companies are members of each chamber."""
    rows = Membership.objects.in_force().filter(companies.has("company")).order_by()
    named = rows.annotate(slug=F("chamber__slug"), label=body_name("chamber"))
    return named.values_list("slug", "label").annotate(count=Count("company", distinct=True))


def marks_of(sight: Sight) -> Marks:
    """By which stored facets a reader finds companies: ``findable_by`` for columns of facets."""
    if sight.everything:
        return Marks(EVERY_MARK)
    inside = Q()
    if sight.companies:
        inside |= Q(pk__in=sight.companies)
    if sight.serves:
        theirs = Membership.objects.open().filter(chamber__in=sight.serves)
        inside |= Q(pk__in=theirs.values("company"))
    return Marks(("", FOR_MEMBERS) if sight.member else ("",), inside or None)


def by_code(key: str, title: StrPromise | str, tree: Headings | Divisions, marks: Marks) -> Facet:
    """A facet of the trade codes that rows hold in ``facets``."""
    return Facet(
        key,
        title,
        narrow=lambda rows, codes: rows.filter(marks.matching(key, deepest(tree, codes))),
        labels=lambda codes: code_names(tree.scheme, codes),
        is_stored=True,
        tree=tree,
    )


def directory_of(viewer: User | AnonymousUser, sight: Sight, asked: Asked) -> Shelf:
    """The directory as ``viewer`` may search it by what is ``asked``."""
    rows = Company.objects.visible_to(viewer)
    narrow = any(asked.picked.get(key) for key in ("country", "chamber", "industry", "goods"))

    def answering(question: Question | None) -> Unseen:
        found = answering_companies(
            Company.objects.all(), question, asked.text, member=sight.member
        )
        return Unseen(found, OneByOne(rows.filter(pk=OuterRef("pk"))))

    return Shelf(
        kind="companies",
        whole=Company.objects.listed(),
        rows=rows,
        answering=answering,
        order=lambda found: in_order(found, asked.sort, asked.text),
        facets=company_facets(sight),
        asked=asked,
        marks=marks_of(sight),
        question=read_question(asked.text, Company, narrow=narrow, exact=asked.exact),
    )


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


def chamber_names(slugs: Collection[str]) -> dict[str, str]:
    """Each chamber's slug with its name for this reader. One query."""
    return {one.slug: one.name for one in Chamber.objects.filter(slug__in=slugs)}


def _guild_names(marks: Collection[str]) -> dict[str, str]:
    slugs = [mark.partition(GUILD_MARK)[2] for mark in marks]
    guilds = Guild.objects.filter(slug__in=slugs).select_related("chamber")
    return {f"{one.chamber.slug}{GUILD_MARK}{one.slug}": one.name for one in guilds}


def in_order(companies: QuerySet[Company], sort: str, text: str) -> QuerySet[Company]:
    """Best match first where words were asked for, else newest first; or by name."""
    if sort == "name":
        return companies.order_by("legal_name", "pk")
    if sort == "new" and text:
        # No index is in this order: PostgreSQL would walk all companies for the few that answer.
        return companies.order_by((F("pk") + 0).desc())
    return companies if text else companies.order_by("-pk")


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
    why: Sequence[Reason] = ()


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
    question: Question | None = None,
) -> list[Card]:
    """The companies of one page, each as ``viewer`` may see it. Constant queries.

    With the question that found them each says why.
    """
    if question is not None:
        prefetch_related_objects(companies, Prefetch("codes", TradeCode.objects.with_parents()))
    shown = shown_companies(companies, viewer, sight)
    theirs: dict[int, list[Opportunity]] = {one.pk: [] for one in companies}
    rows = _published().filter(company__in=theirs).order_by("-published_at", "-pk")
    rows = rows.defer("text", *UNREAD)  # a card names them by their titles
    if wanted.seeks or wanted.offers:
        rows = rows.prefetch_related(Prefetch("codes", TradeCode.objects.filter(scheme=HS)))
    for row in rows:
        theirs[row.company_id].append(row)
    return [
        Card(
            company,
            facts,
            items_of(theirs[company.pk], Opportunity.Side.OFFER, wanted.seeks),
            items_of(theirs[company.pk], Opportunity.Side.DEMAND, wanted.offers),
            why(question, places_of_company(facts)) if question else (),
        )
        for company, facts in zip(companies, shown, strict=True)
    ]


def items_of(rows: Sequence[Opportunity], side: str, codes: Collection[str]) -> list[Item]:
    """Those of one side, hits first."""
    items = [
        Item(row, bool(codes) and any(code.code[:4] in codes for code in row.codes.all()))
        for row in rows
        if row.side == side
    ]
    return sorted(items, key=lambda item: not item.hit)
