"""Search in opportunities; see ``chambers.selectors.search`` for how it works."""

from __future__ import annotations

import re
from collections.abc import Collection

from django.db.models import QuerySet
from django.utils import translation

from chambers.models import SITE_LANGUAGES, TradeCode
from chambers.selectors import indexing, search
from marketplace.models import InvestmentTerms, Opportunity
from marketplace.selectors.amounts import bands_of

_REFERENCE = re.compile(r"[a-z]{2}-[a-z]{2}-[0-9]{8}-[0-9]{3,}", re.IGNORECASE)


def opportunity_index(
    opportunity: Opportunity, codes: Collection[TradeCode] | None = None
) -> indexing.Indexed:
    """What a saved opportunity is found by; ``codes`` are its own, for whoever has them.

    Who has them has joined its investment terms too.
    All of it is public once published; of an anonymous one nothing tells the company.
    """
    terms = _terms_of(opportunity, joined=codes is not None)
    if codes is None:
        codes = list(opportunity.codes.select_related("parent__parent"))
    parts: list[indexing.Part] = [("A", opportunity.reference or "", None)]
    parts += [("A", text, language) for language, text in opportunity.title.items()]
    parts += [("B", text, language) for language, text in opportunity.text.items()]
    parts += indexing.code_labels(codes)
    if terms is not None:
        parts += _said_of(terms)
    company = opportunity.company
    if not opportunity.is_anonymous:
        for name in indexing.names_of(company.legal_name, company.legal_name_latin):
            parts.append(("B", name, None))
    return indexing.indexed(
        parts,
        [
            f"side:{opportunity.side}",
            f"kind:{opportunity.kind}",
            f"country:{company.country_id}",
            *(f"cooperation:{one}" for one in opportunity.cooperation),
            *(f"wanted:{one}" for one in opportunity.target_countries),
            *((f"instrument:{terms.instrument}", *_amounts(terms)) if terms is not None else ()),
            *indexing.code_facets(codes),
        ],
    )


def _terms_of(opportunity: Opportunity, *, joined: bool) -> InvestmentTerms | None:
    """As they stand: a row in memory may have read them before they were changed."""
    if opportunity.kind != Opportunity.Kind.INVESTMENT:
        return None
    if joined:
        return getattr(opportunity, "investment", None)
    return InvestmentTerms.objects.filter(opportunity=opportunity).first()


def _said_of(terms: InvestmentTerms) -> list[indexing.Part]:
    """Field and region as written, and what the instrument is called in each language."""
    parts: list[indexing.Part] = [("B", one, None) for one in (terms.field, terms.region) if one]
    for language in SITE_LANGUAGES:
        with translation.override(language):
            parts.append(("B", terms.get_instrument_display(), language))
    return parts


def _amounts(terms: InvestmentTerms) -> list[str]:
    found = bands_of(terms.amount_min, terms.amount_max, terms.currency)
    return [f"amount:{one}" for one in found]


def search_opportunities(
    opportunities: QuerySet[Opportunity], text: str, *, exact: bool = False
) -> QuerySet[Opportunity]:
    """The rows of ``answered_opportunities``."""
    return answered_opportunities(opportunities, text, exact=exact).rows


def answered_opportunities(
    opportunities: QuerySet[Opportunity], text: str, *, exact: bool = False
) -> search.Answer[Opportunity]:
    """Those that answer ``text`` by reference number, words or codes, best first.

    Where nothing does, those that answer the nearest words, unless it is to be ``exact``.
    """

    def answering(asked: search.Question | None) -> QuerySet[Opportunity]:
        return answering_opportunities(opportunities, asked, text)

    return search.settled(search.read_question(text, Opportunity, exact=exact), answering)


def answering_opportunities(
    opportunities: QuerySet[Opportunity], asked: search.Question | None, text: str
) -> QuerySet[Opportunity]:
    """``search_opportunities`` for whoever has read the question already."""
    wanted = search.clean(text)
    if not wanted:
        return opportunities
    if _REFERENCE.fullmatch(wanted):
        found = opportunities.filter(reference=wanted.upper()).annotate(rank=search.unranked())
    elif asked is None:
        return opportunities.none()
    else:
        found = opportunities.filter(asked.where(member=False)).annotate(rank=asked.order())
    return found.order_by("-rank", search.chance_of_the_day(), "pk")
