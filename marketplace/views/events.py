"""Events: the list, one event, who else comes."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chambers.http import PageRequest, SignedInRequest
from chambers.pages import page_of, wants_fragment
from chambers.selectors import facets
from marketplace.models import Registration
from marketplace.selectors.events import (
    attendance_of,
    closed_to,
    delegations_of,
    guests,
    listed_events,
    others_at,
    process_line,
    programme_of,
    reader_zone,
)
from marketplace.selectors.groups import who_meets_whom
from marketplace.selectors.progress import search_at
from marketplace.views.acting import desk_context, find_event, may_ask, taking_part


@require_safe
def events(request: PageRequest) -> HttpResponse:
    """Events to come, or those that are over."""
    past = request.GET.get("when") == "past"
    rows = listed_events(request.user, request.acting.company, past=past)
    asked = facets.Asked.read(request.GET, ["when"], {})
    context = {"page": page_of(request, rows), "past": past, "asked": asked}
    return render(request, "marketplace/events/events.html", context)


@require_safe
def event(request: PageRequest, public_id: uuid.UUID) -> HttpResponse:
    """Dates, place, programme, how many come, and how to register."""
    found = find_event(request, public_id)
    zone = reader_zone(request.user)
    hosts = found.hosts.select_related("country")
    context = {
        **desk_context(request, found),
        "hosts": sorted({found.chamber, *hosts}, key=lambda one: one.pk != found.chamber_id),
        "line": process_line(found, zone),
        "programme": programme_of(found, zone),
        "attendance": attendance_of(found),
        "delegations": delegations_of(found),
        "who_meets_whom": who_meets_whom(found).lines(),
        "closed": closed_to(found, request.acting.company, zone),
        "search": search_at(found, request.user),
    }
    return render(request, "marketplace/events/event.html", context)


@require_safe
@taking_part
def people(request: SignedInRequest, own: Registration) -> HttpResponse:
    """Who else comes, as far as they agreed to be seen."""
    asked = facets.Asked.read(request.GET, [], {})
    page = page_of(request, others_at(own.event, own, request.user, asked.text))
    context = {"page": page, "asked": asked, "guests": guests(own, page)}
    context |= {"event": own.event, "own": own, "may_ask": may_ask(request, own)}
    if not asked.text and own.status == Registration.Status.ADMITTED:
        others = attendance_of(own.event)["companies"] - 1
        context["unseen"] = max(0, others - page.paginator.count)
    if wants_fragment(request):
        return render(request, "marketplace/events/_people.html", context)
    context |= desk_context(request, own.event, own)
    return render(request, "marketplace/events/people.html", context)
