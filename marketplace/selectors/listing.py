"""The list of opportunities: how it is narrowed and ordered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from chambers.models import Company, TradeCode
from chambers.selectors.facets import Asked, Facet
from chambers.selectors.hits import OneByOne, Unseen
from chambers.selectors.indexing import names_of
from chambers.selectors.labels import country_labels
from chambers.selectors.lists import UNREAD, Marks, Shelf
from chambers.selectors.search import Question, read_question
from chambers.selectors.trades import Divisions, Headings
from chambers.selectors.why import Place, Reason, places_of_codes, places_of_texts, why
from marketplace.models import InvestmentTerms, Opportunity
from marketplace.selectors.amounts import band_labels, band_rank
from marketplace.selectors.directory import by_code
from marketplace.selectors.search import answering_opportunities
from marketplace.selectors.shown import ShownOpportunity, shown_opportunities

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django_stubs_ext import StrPromise

    from chambers.models import User

    Labels = Callable[[Collection[str]], Mapping[str, StrPromise | str]]

HS = TradeCode.Scheme.HS
SORTS = {"best": _("Best match first"), "new": _("Newest first"), "closing": _("Closing soon")}


OPEN_MARKS = Marks()  # all that is published is everybody's to find


def _stored(
    key: str,
    title: StrPromise | str,
    labels: Labels,
    rank: Callable[[str], object] | None = None,
) -> Facet:
    return Facet(
        key,
        title,
        narrow=lambda rows, values: rows.filter(OPEN_MARKS.matching(key, values)),
        labels=labels,
        is_stored=True,
        rank=rank,
    )


OPPORTUNITY_FACETS = (
    Facet(
        "side",
        _("Offer or request"),
        narrow=lambda rows, sides: rows.filter(side__in=sides),
        labels=lambda sides: dict(Opportunity.Side.choices),
        is_stored=True,
    ),
    Facet(
        "kind",
        _("Kind"),
        narrow=lambda rows, kinds: rows.filter(kind__in=kinds),
        labels=lambda kinds: dict(Opportunity.Kind.choices),
        is_stored=True,
    ),
    _stored("country", _("Country or region"), country_labels),
    by_code("goods", _("Goods (HS code)"), Headings(), OPEN_MARKS),
    by_code("industry", _("Industry"), Divisions(), OPEN_MARKS),
    _stored(
        "cooperation",
        _("Kind of cooperation"),
        lambda _values: dict(Opportunity.Cooperation.choices),
    ),
    _stored("wanted", _("Looks for partners in"), country_labels),
    _stored(
        "instrument",
        _("Investment: instrument"),
        lambda _values: dict(InvestmentTerms.Instrument.choices),
    ),
    _stored("amount", _("Investment: amount"), band_labels, band_rank),
)


def market_of(asked: Asked) -> Shelf:
    """What is published now, as it may be searched by what is ``asked``."""
    rows = Opportunity.objects.on_show()  # all of that is visible to everybody

    def answering(question: Question | None) -> Unseen:
        found = answering_opportunities(Opportunity.objects.current(), question, asked.text)
        may_see = OneByOne(Company.objects.listed().filter(pk=OuterRef("company")))
        return Unseen(found, may_see, needs=("company_id",))

    return Shelf(
        kind="opportunities",
        whole=rows,
        rows=rows,
        answering=answering,
        order=lambda found: in_order(found, asked),
        facets=OPPORTUNITY_FACETS,
        asked=asked,
        marks=OPEN_MARKS,
        question=read_question(asked.text, Opportunity, narrow=is_narrow(asked), exact=asked.exact),
    )


def joined(rows: QuerySet[Opportunity]) -> QuerySet[Opportunity]:
    """With all that a list tells of each, and none of the long texts of its company."""
    long = (*UNREAD, "names", "description", "industry", "visibility")
    with_company = rows.select_related("company__country", "investment")
    return with_company.defer(*(f"company__{one}" for one in long)).prefetch_related("codes")


def is_narrow(asked: Asked) -> bool:
    """Whether the choices leave few enough rows to look at each of them."""
    return len(asked.picked.get("country", ())) == 1 or bool(asked.picked.get("goods"))


@dataclass(frozen=True)
class Slip:
    """An opportunity in a list as one viewer may see it, and why the list has it."""

    shown: ShownOpportunity
    why: Sequence[Reason]


def slips(
    rows: Sequence[Opportunity], viewer: User | AnonymousUser, question: Question | None
) -> list[Slip]:
    """The opportunities of one page; with the question that found them each says why."""
    if question is not None:
        above = TradeCode.objects.select_related("parent").defer("search", "parent__search")
        prefetch_related_objects(rows, Prefetch("codes__parent", above))
    return [
        Slip(shown, why(question, _places(shown)) if question else ())
        for shown in shown_opportunities(rows, viewer)
    ]


def _places(shown: ShownOpportunity) -> Iterator[Place]:
    """What the reader sees of an opportunity, the most telling first."""
    yield Place(_("reference number"), shown.reference)
    yield from places_of_texts(_("title"), shown.title, shown.titled()[1])
    yield from places_of_codes(shown.codes, _("trade code %(code)s"))
    yield from places_of_texts(_("text"), shown.text, shown.described_in()[1])
    if (terms := shown.investment) is not None:
        yield Place(_("field"), terms.field)
        yield Place(_("region"), terms.region)
        yield Place(_("instrument"), terms.get_instrument_display())
    if shown.company is not None:
        for name in names_of(shown.company.legal_name, shown.company.legal_name_latin):
            yield Place(_("company"), name)


def in_order(rows: QuerySet[Opportunity], asked: Asked) -> QuerySet[Opportunity]:
    """Best match first where words were asked for, else newest first; or by closing date."""
    if asked.sort == "closing":
        return rows.order_by("expires_on", "pk")
    if asked.sort == "new" or not asked.text:
        # The index of dates is walked for a list of most rows; of those of one country or code it
        # would be walked past all others, so that they are sorted by what is no index.
        few = asked.text or is_narrow(asked)
        newest = Coalesce("published_at", "published_at").desc() if few else "-published_at"
        return rows.order_by(newest, "-pk")
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
    found: QuerySet[TradeCode] = TradeCode.objects.filter(wanted, scheme=HS)
    return found


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
