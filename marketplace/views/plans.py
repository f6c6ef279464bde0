"""Where the tables of an event stand, as a picture that a mail links to."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from chambers.http import SignedInRequest
from marketplace.models import Registration
from marketplace.selectors.plan import drawn, halls_of, own_tables
from marketplace.views.acting import taking_part


@require_safe
@taking_part
def plan(request: SignedInRequest, own: Registration) -> HttpResponse:
    """The halls with their tables, those at which one meets marked; for who is admitted."""
    if own.status != Registration.Status.ADMITTED:
        return redirect("event-registration", own.event.public_id)
    halls = halls_of(own.event)
    if not halls:
        raise Http404
    context = {"event": own.event, "drawing": drawn(halls, own_tables(own))}
    response = render(
        request,
        "marketplace/events/plan_svg.html",
        context,
        content_type="image/svg+xml; charset=utf-8",
    )
    response["Cache-Control"] = "private, no-cache"
    return response
