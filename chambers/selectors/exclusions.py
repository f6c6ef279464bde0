"""Companies that a company excludes by name: for its own people and its chambers' staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, QuerySet

from chambers.models import Company
from chambers.selectors.search import search_companies
from chambers.selectors.shown import sight_of

if TYPE_CHECKING:
    from chambers.models import User

HITS = 10  # of a search


def excluded_by(company: Company, viewer: User) -> QuerySet[Company]:
    """Those excluded, by name; ``is_shown`` says whether ``viewer`` may still see them.

    Who has left the directory stays excluded, and is not named any more.
    """
    seen = Company.objects.visible_to(viewer).filter(pk=OuterRef("pk"))
    rows = company.excluded_companies.annotate(is_shown=Exists(seen)).select_related("country")
    return rows.order_by("-is_shown", "legal_name", "pk")


def found_to_exclude(company: Company, text: str, viewer: User) -> QuerySet[Company]:
    """At most ``HITS`` companies that answer ``text``, best first, as the directory finds them.

    ``is_excluded`` says which are excluded already.
    """
    rows = Company.objects.visible_to(viewer).exclude(pk=company.pk)
    found = search_companies(rows, text, member=sight_of(viewer).member)
    return with_exclusion(found, company).select_related("country")[:HITS]


def with_exclusion(rows: QuerySet[Company], company: Company | None) -> QuerySet[Any]:
    """The rows with ``is_excluded``: whether ``company``, if any, excludes them by name."""
    mine = Company.objects.none() if company is None else company.excluded_companies.all()
    return rows.annotate(is_excluded=Exists(mine.filter(pk=OuterRef("pk"))))
