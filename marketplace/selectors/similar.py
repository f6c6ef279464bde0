"""What is published of the same already, for who is about to write."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Exists, F, OuterRef, Q

from chambers import words
from chambers.models import TradeCode
from marketplace.models import Opportunity
from marketplace.selectors.shown import ShownOpportunity, shown_opportunities

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User

SHOWN = 5
_WORDS = 8  # of a title that are looked for


def similar(
    titles: Mapping[str, str],
    viewer: User | AnonymousUser,
    *,
    side: str,
    codes: Collection[TradeCode] = (),
    but: Opportunity | None = None,
) -> list[ShownOpportunity]:
    """Published ones of a side that share words or an HS heading, best first; ``SHOWN`` at most.

    ``titles``: {language or "": words}. A few queries for any number.
    """
    asked = _any_word(titles)
    headings = {code.code[:4] for code in codes if code.scheme == TradeCode.Scheme.HS}
    if asked is None and not headings:
        return []
    ways = [Q(search=asked)] if asked is not None else []
    if headings:
        starts = reduce(or_, (Q(tradecode__code__startswith=one) for one in headings))
        links = Opportunity.codes.through.objects.filter(starts, tradecode__scheme="hs")
        ways.append(Q(Exists(links.filter(opportunity=OuterRef("pk")))))
    rows = Opportunity.objects.visible_to(viewer).on_show().filter(reduce(or_, ways), side=side)
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    if asked is not None:
        rows = rows.annotate(nearness=SearchRank(F("search"), asked)).order_by("-nearness", "-pk")
    joined = rows.select_related("company__country", "investment").prefetch_related("codes")
    return shown_opportunities(list(joined[:SHOWN]), viewer)


def _any_word(titles: Mapping[str, str]) -> SearchQuery | None:
    found: dict[str, None] = {}
    for language, title in titles.items():
        found.update(dict.fromkeys(words.lexemes(title, language or None)[:_WORDS]))
    if not found:
        return None
    quoted = ("'{}'".format(one.replace("\\", "\\\\").replace("'", "''")) for one in found)
    return SearchQuery("|".join(quoted), config="simple", search_type="raw")
