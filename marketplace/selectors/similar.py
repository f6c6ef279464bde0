"""What is published of the same already, for who is about to write."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, Q

from chambers import words
from chambers.models import TradeCode
from chambers.selectors.lists import in_order_of
from marketplace.models import Opportunity
from marketplace.selectors.listing import OPEN_MARKS, joined
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
    # By the short vectors of titles and codes and by stored marks, each with its index: the long
    # vector of every row that has one common word would have to be opened.
    ways = [Q(head=asked)] if asked is not None else []
    if headings:
        ways.append(OPEN_MARKS.matching("goods", headings))
    rows = Opportunity.objects.on_show().filter(reduce(or_, ways), side=side)
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    if asked is not None:
        rows = rows.annotate(nearness=SearchRank(F("head"), asked)).order_by("-nearness", "-pk")
    keys = list(rows.values_list("pk", flat=True)[:SHOWN])
    found = in_order_of(keys, joined(Opportunity.objects.all()))  # all of it is on show
    return shown_opportunities(found, viewer)


def _any_word(titles: Mapping[str, str]) -> SearchQuery | None:
    found: dict[str, None] = {}
    for language, title in titles.items():
        found.update(dict.fromkeys(words.lexemes(title, language or None)[:_WORDS]))
    if not found:
        return None
    quoted = ("'{}'".format(one.replace("\\", "\\\\").replace("'", "''")) for one in found)
    return SearchQuery("|".join(quoted), config="simple", search_type="raw")
