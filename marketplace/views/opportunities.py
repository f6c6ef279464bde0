"""Offers and requests: the list, one of them, its last day as a calendar file."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_htmx.http import push_url

from chambers.gates.calendar import Entry, calendar
from chambers.http import PageRequest
from chambers.models import User
from chambers.pages import PAGE_SIZE, wants_fragment
from chambers.selectors import facets
from chambers.selectors.labels import countries_of
from chambers.selectors.lists import listed
from chambers.selectors.why import read_as
from marketplace.models import Opportunity
from marketplace.selectors.interests import standing_of
from marketplace.selectors.listing import (
    OPPORTUNITY_FACETS,
    SORTS,
    answering,
    joined,
    market_of,
    slips,
)
from marketplace.selectors.own import file_of
from marketplace.selectors.shown import chambers_behind, shown_opportunities, shown_opportunity


@require_safe
def opportunities(request: PageRequest) -> HttpResponse:
    """What is published now, narrowed by words and facets."""
    asked = facets.Asked.read(request.GET, [one.key for one in OPPORTUNITY_FACETS], SORTS)
    shelf = market_of(asked)
    found = listed(shelf, joined(shelf.rows), request.GET.get("page"), PAGE_SIZE)
    rows = slips(list(found.page), request.user, found.question)
    context = {
        "asked": asked,
        "found": found,
        "groups": found.groups,
        "chips": facets.chips(found.groups, asked),
        "sorts": SORTS,
        "page": found.page,
        "slips": rows,
        "question": found.question,
        "read_as": read_as(found.question, asked.text, [slip.why for slip in rows]),
    }
    if wants_fragment(request):
        response = render(request, "marketplace/_opportunities.html", {**context, "fragment": True})
        return push_url(response, f"{request.path}?{asked.query()}")
    return render(request, "marketplace/opportunities.html", context)


@require_safe
def opportunity(request: PageRequest, public_id: uuid.UUID) -> HttpResponse:
    """One offer or request; it keeps its address after its last day."""
    rows = Opportunity.objects.visible_to(request.user)
    rows = rows.select_related("company__country", "investment").prefetch_related("codes")
    found = get_object_or_404(rows, public_id=public_id)
    shown = shown_opportunity(found, request.user)
    viewer = request.user
    context = {
        "file": file_of(found, viewer) if shown.inside and isinstance(viewer, User) else None,
        "acts": request.acting.company is not None
        and request.acting.company.pk == found.company_id,
        "opportunity": shown,
        "status": shown.status,
        "terms": shown.investment,
        "countries": countries_of(list(shown.target_countries)),
        "answers": shown_opportunities(answering(found, request.user), request.user),
        "chambers": chambers_behind(shown),
        "interest": standing_of(shown, request.acting),
    }
    return render(request, "marketplace/opportunity.html", context)


@require_safe
def closing(request: PageRequest, public_id: uuid.UUID) -> HttpResponse:
    """The last day of a published opportunity as a calendar file."""
    rows = Opportunity.objects.visible_to(request.user)
    found = get_object_or_404(rows, public_id=public_id)
    if found.expires_on is None:
        raise Http404
    title = _("Last day: %(reference)s %(title)s") % {
        "reference": found.reference or "",
        "title": found.titled()[0],
    }
    url = request.build_absolute_uri(reverse("opportunity", args=[found.public_id]))
    entry = Entry(
        uid=f"{found.public_id}@{request.get_host()}",
        title=title,
        day=found.expires_on,
        changed_at=found.updated_at,
        url=url,
    )
    response = HttpResponse(calendar([entry]), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.reference or "draft"}.ics"'
    return response
