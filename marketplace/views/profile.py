"""One's own company with the eyes of others."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chambers.http import SignedInRequest
from chambers.models import Company, Representative, User
from chambers.selectors.search import search_companies
from chambers.selectors.shown import Audience, Sight, sight_of_audience, sight_of_company
from marketplace.selectors import directory
from marketplace.selectors.company import CompanyPage, company_page

HITS = 5  # companies offered to look as


@require_safe
@login_required
def profile_as(request: SignedInRequest) -> HttpResponse:
    """The page of one's company as a kind of reader, or a certain company, sees it."""
    own = request.acting.company
    if own is None:
        return render(request, "matching/no_company.html")
    words = request.GET.get("q", "").strip()[:100]
    chosen = request.GET.get("as", Audience.PUBLIC.value)
    other = None if chosen in Audience else _company_named(request, own, chosen)
    context = {
        "company": own,
        "audiences": Audience.choices,
        "chosen": chosen,
        "other": other,
        "words": words,
        "hits": list(_hits(request, own, words)) if words else [],
        "is_listed": Company.objects.listed().filter(pk=own.pk).exists(),
        "shown": _seen_by(own, sight_of_company(other), _speaker_for(other))
        if other
        else _seen_by(own, sight_of_audience(Audience(chosen), own)),
    }
    return render(request, "marketplace/profile_as.html", context)


def _seen_by(own: Company, sight: Sight, reader: User | None = None) -> CompanyPage:
    """The page as such a reader gets it; ``reader`` where it matters who it is."""
    return company_page(own, reader or AnonymousUser(), directory.wanted_by(None), sight)


def _speaker_for(company: Company) -> User | None:
    """Whoever speaks for a company longest: what was told to it by name, they were told."""
    rows = Representative.objects.filter(company=company).select_related("person")
    found = rows.order_by("pk").first()
    return found.person if found else None


def _others(request: SignedInRequest, own: Company) -> QuerySet[Company]:
    rows = Company.objects.visible_to(request.user).exclude(pk=own.pk)
    return rows.select_related("country")


def _hits(request: SignedInRequest, own: Company, words: str) -> QuerySet[Company]:
    return search_companies(_others(request, own), words, member=True)[:HITS]


def _company_named(request: SignedInRequest, own: Company, chosen: str) -> Company:
    """The company of a public id, 404 where this reader does not see it."""
    try:
        return _others(request, own).get(public_id=uuid.UUID(chosen))
    except (ValueError, Company.DoesNotExist) as error:
        raise Http404 from error
