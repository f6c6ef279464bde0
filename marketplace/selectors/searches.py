"""Saved searches as their owner sees them: what is asked, and what is new since they were told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from chambers.models import Membership
from chambers.selectors.facets import Asked, Facet
from chambers.selectors.hits import hits_of
from chambers.selectors.lists import Shelf, in_order_of
from chambers.selectors.shown import sight_of
from marketplace.models import SavedSearch
from marketplace.selectors import directory, listing

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User

Kind = SavedSearch.Kind


@dataclass(frozen=True)
class Kept:
    """A saved search in a list of one's own: where it leads and what it asks, in words."""

    search: SavedSearch
    address: str
    said: Sequence[str]


def read_asked(kind: str, query: QueryDict, viewer: User | AnonymousUser) -> Asked:
    """What a query string asks of a list of ``kind``; what is no possible value is left out."""
    if kind == Kind.COMPANIES:
        return _read(kind, query, directory.company_facets(sight_of(viewer)))
    return _read(kind, query, listing.OPPORTUNITY_FACETS)


def _read(kind: str, query: QueryDict, facets: Sequence[Facet]) -> Asked:
    sorts = directory.SORTS if kind == Kind.COMPANIES else listing.SORTS
    return Asked.read(query, [one.key for one in facets], sorts)


def shelf_of(kind: str, asked: Asked, viewer: User | AnonymousUser) -> Shelf:
    """The list of ``kind`` for ``viewer``."""
    if kind == Kind.COMPANIES:
        return directory.directory_of(viewer, sight_of(viewer), asked)
    return listing.market_of(asked)


def new_for(search: SavedSearch, until: dt.datetime, most: int) -> list[Any]:
    """The first rows that came to the list after its owner was told of it last, newest first."""
    asked = read_asked(search.kind, QueryDict(search.query), search.person)
    shelf = shelf_of(search.kind, asked, search.person).settled
    since, found = search.told_until, shelf.chosen()
    if search.kind == Kind.OPPORTUNITIES:
        fresh = found.rows.filter(published_at__gt=since, published_at__lte=until)
        newest = fresh.order_by("-published_at", "-pk")
    else:
        joined = Membership.objects.in_force().filter(
            company=OuterRef("pk"), decided_at__gt=since, decided_at__lte=until
        )
        made = Q(created_at__gt=since, created_at__lte=until)
        newest = found.rows.filter(Exists(joined) | made).order_by("-pk")
    return in_order_of(hits_of(replace(found, rows=newest), most).keys, shelf.rows)


def kept_by(viewer: User) -> list[Kept]:
    """One's saved searches, the newest first, each with what it asks in words."""
    return kept_among(list(SavedSearch.objects.visible_to(viewer)), viewer)


def kept_among(rows: Sequence[SavedSearch], viewer: User) -> list[Kept]:
    """Some of one's saved searches, each with what it asks in words."""
    facets = _facets_of(viewer)
    asked = [_read(search.kind, QueryDict(search.query), facets[search.kind]) for search in rows]
    # Names are looked up once for all rows, not row by row.
    names = {
        kind: _names(
            several, [one for row, one in zip(rows, asked, strict=True) if row.kind == kind]
        )
        for kind, several in facets.items()
    }
    return [
        Kept(row, address_of(row), _said(one, facets[row.kind], names[row.kind]))
        for row, one in zip(rows, asked, strict=True)
    ]


def address_of(search: SavedSearch) -> str:
    """The list as it was saved."""
    query = f"?{search.query}" if search.query else ""
    return reverse(Kind(search.kind).value) + query


def in_words(kind: str, asked: Asked, viewer: User | AnonymousUser) -> list[str]:
    """What is asked, as the list itself says it: the words and the chosen filters."""
    facets = _facets_of(viewer)[kind]
    return _said(asked, facets, _names(facets, [asked]))


def _facets_of(viewer: User | AnonymousUser) -> dict[str, Sequence[Facet]]:
    """The filters of both lists, as a viewer has them."""
    return {
        Kind.COMPANIES: directory.company_facets(sight_of(viewer)),
        Kind.OPPORTUNITIES: listing.OPPORTUNITY_FACETS,
    }


def _names(facets: Sequence[Facet], several: Sequence[Asked]) -> dict[str, Mapping[str, object]]:
    """{filter: {value: its name}} of all that is chosen."""
    found: dict[str, Mapping[str, object]] = {}
    for facet in facets:
        values = list(dict.fromkeys(one for asked in several for one in _picked(asked, facet)))
        if values and facet.key == "chamber":
            found[facet.key] = directory.chamber_names(values)
        elif values and facet.labels:
            found[facet.key] = facet.labels(values)
    return found


def _said(
    asked: Asked, facets: Sequence[Facet], names: Mapping[str, Mapping[str, object]]
) -> list[str]:
    said = [f"“{asked.text}”"] if asked.text else []
    if asked.exact:
        said.append(_("exactly as typed"))
    for facet in facets:
        known = names.get(facet.key, {})
        said += [str(known.get(one, one)) for one in _picked(asked, facet)]
    return said or [_("Everything")]


def _picked(asked: Asked, facet: Facet) -> Sequence[str]:
    return tuple(asked.picked.get(facet.key, ()))
