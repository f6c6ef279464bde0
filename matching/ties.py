"""Which companies are tied to which: what keeps two apart, and what puts a pair further down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import CharField, Q, QuerySet, Value

from chambers.models import Company
from marketplace.selectors.encounters import pairs_that_met
from matching.models import Dismissal, PairHistory


@dataclass
class Ties:
    """Other companies that concern one in matching, by key."""

    blocked: set[int] = field(default_factory=set)
    """Excluded, partners already, declined: never to meet."""
    dismissed: set[int] = field(default_factory=set)
    """Not relevant: not in its own list."""
    met: set[int] = field(default_factory=set)
    """Met before, as somebody said or a meeting was held: further down."""


NO_TIES = Ties()
_EXCLUDED, _DISMISSED = "excluded", "dismissed"
_MET = Value(PairHistory.Kind.MET.value, CharField())


def ties_of(
    companies: QuerySet[Any] | Iterable[int] | None = None, *, excluded_by_others: bool = True
) -> dict[int, Ties]:
    """The ties of some companies, or of all; who has none is missing. One query.

    The other sides of exclusions and histories come along with what concerns these companies only.
    Without ``excluded_by_others`` an exclusion is a tie of the company that made it.
    """
    found: defaultdict[int, Ties] = defaultdict(Ties)
    rows = stored(companies, excluded_by_others=excluded_by_others)
    # A server-side cursor costs round trips, and only all ties are too many to fetch at once.
    for company, other, how in rows if companies is not None else rows.iterator(chunk_size=5000):
        sort = sort_of(how)
        getattr(found[company], sort).add(other)
        if sort != "dismissed" and (how != _EXCLUDED or excluded_by_others):
            getattr(found[other], sort).add(company)
    return dict(found)


def stored(
    companies: QuerySet[Any] | Iterable[int] | None = None, *, excluded_by_others: bool = True
) -> QuerySet[Any, tuple[int, int, str]]:
    """The ties as they are stored: company, other, and what ``sort_of`` reads.

    Who met may stand several times: said by hand, and once for each held meeting.
    """
    excluded = Company.excluded_companies.through.objects.all()
    dismissed, history = Dismissal.objects.all(), PairHistory.objects.all()
    if companies is not None:
        made, suffered = Q(from_company__in=companies), Q(to_company__in=companies)
        excluded = excluded.filter(made | suffered if excluded_by_others else made)
        dismissed = dismissed.filter(company__in=companies)
        history = history.filter(Q(one__in=companies) | Q(other__in=companies))
    return excluded.values_list("from_company_id", "to_company_id", Value(_EXCLUDED)).union(
        dismissed.order_by().values_list("company_id", "partner_id", Value(_DISMISSED)),
        history.order_by().values_list("one_id", "other_id", "kind"),
        *(rows.annotate(how=_MET) for rows in pairs_that_met(companies)),
        all=True,
    )


def sort_of(how: str) -> str:
    """Which of the ``Ties`` a stored one is; one ``dismissed`` is not the other side's too."""
    if how == _DISMISSED:
        return "dismissed"
    return "met" if how == PairHistory.Kind.MET else "blocked"
