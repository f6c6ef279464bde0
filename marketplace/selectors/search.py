"""Search in opportunities; see ``chambers.selectors.search`` for how it works."""

from __future__ import annotations

from django.contrib.postgres.search import SearchRank
from django.db.models import F, Q, QuerySet

from chambers.selectors import search
from marketplace.models import Opportunity


def opportunity_vector(opportunity: Opportunity) -> str:
    """The tsvector literal of a saved opportunity; all of it is public once published."""
    parts: list[tuple[str, str, str | None]] = [("A", opportunity.reference or "", None)]
    parts += [("A", text, language) for language, text in opportunity.title.items()]
    parts += [("B", text, language) for language, text in opportunity.text.items()]
    codes = opportunity.codes.select_related("parent__parent")
    parts += [("B", label, language) for language, label in search.code_labels(codes)]
    return search.vector(parts)


def search_opportunities(opportunities: QuerySet[Opportunity], text: str) -> QuerySet[Opportunity]:
    """Those that answer ``text`` by reference number, words or codes, best first."""
    clean = text.replace("\x00", "").strip()[: search.LONGEST_QUESTION]
    if not clean:
        return opportunities
    asked = search.question(clean, member=True)
    wanted = Q(reference__iexact=clean)
    if asked is None:
        return opportunities.filter(wanted)
    return (
        opportunities.filter(wanted | Q(search=asked))
        .annotate(rank=SearchRank(F("search"), asked))
        .order_by("-rank", "-published_at", "-pk")
    )
