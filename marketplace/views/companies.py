"""The directory of companies, and one company."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django_htmx.http import push_url

from chambers.http import PageRequest
from chambers.models import Company
from chambers.pages import PAGE_SIZE, wants_fragment
from chambers.selectors import facets
from chambers.selectors.exclusions import with_exclusion
from chambers.selectors.lists import listed
from chambers.selectors.shown import sight_of
from chambers.selectors.why import read_as
from marketplace.selectors import directory
from marketplace.selectors.company import company_page
from marketplace.selectors.encounters import chances_to_meet
from marketplace.services.visits import note_visit


@require_safe
def companies(request: PageRequest) -> HttpResponse:
    """Companies that this reader may see, narrowed by words and facets."""
    sight = sight_of(request.user)
    keys = [one.key for one in directory.company_facets(sight)]
    asked = facets.Asked.read(request.GET, keys, directory.SORTS)
    shelf = directory.directory_of(request.user, sight, asked)
    rows = shelf.rows.select_related("country")
    found = listed(shelf, rows, request.GET.get("page"), PAGE_SIZE)
    own = directory.wanted_by(request.acting.company)
    cards = directory.cards(list(found.page), request.user, sight, own, found.question)
    context = {
        "asked": asked,
        "found": found,
        "groups": [group for group in found.groups if group.key != "guild"],
        "chips": facets.chips(found.groups, asked),
        "sorts": directory.SORTS,
        "page": found.page,
        "cards": cards,
        "question": found.question,
        "read_as": read_as(found.question, asked.text, [card.why for card in cards]),
    }
    if wants_fragment(request):
        response = render(request, "marketplace/_companies.html", {**context, "fragment": True})
        return push_url(response, f"{request.path}?{asked.query()}")
    return render(request, "marketplace/companies.html", context)


@require_safe
def company(request: PageRequest, public_id: uuid.UUID) -> HttpResponse:
    """What a company is, offers and seeks."""
    own = request.acting.company
    rows = Company.objects.visible_to(request.user).select_related("country")
    found = get_object_or_404(with_exclusion(rows, own), public_id=public_id)
    if request.method == "GET":
        note_visit(found, own)
    return render(
        request,
        "marketplace/company.html",
        {
            "shown": company_page(found, request.user, directory.wanted_by(own)),
            "chances": chances_to_meet(own, [found], request.user).get(found.pk, ()),
            "is_own": own is not None and own.pk == found.pk,
            "is_excluded": found.is_excluded,
        },
    )
