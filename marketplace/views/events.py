"""Events: the list, one event, who else comes, and what every page of an event shares."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chambers.http import PageRequest, SignedInRequest
from chambers.pages import page_of, wants_fragment
from chambers.selectors import facets
from marketplace.models import Event, Registration
from marketplace.selectors.events import (
    Desk,
    attendance_of,
    delegations_of,
    desk_of,
    guests,
    listed_events,
    others_at,
    process_line,
    programme_of,
    reader_zone,
)


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
        "takes_registrations": found.takes_registrations(),
    }
    return render(request, "marketplace/events/event.html", context)


@require_safe
@login_required
def people(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Who else comes, as far as they agreed to be seen."""
    found = find_event(request, public_id)
    own = own_registration(request, found)
    if own is None:
        return not_registered(request, found)
    asked = facets.Asked.read(request.GET, [], {})
    page = page_of(request, others_at(found, own, request.user, asked.text))
    context = {"page": page, "asked": asked, "guests": guests(own, page, request.user)}
    context |= {"event": found, "may_ask": may_ask(request, own)}
    if wants_fragment(request):
        return render(request, "marketplace/events/_people.html", context)
    context |= desk_context(request, found, own)
    return render(request, "marketplace/events/people.html", context)


# ---------------------------------------------------------------- shared by the pages of an event
def find_event(request: PageRequest, public_id: uuid.UUID) -> Event:
    """The event of an address, 404 where this reader does not see it."""
    rows = Event.objects.visible_to(request.user).select_related("chamber__country")
    return get_object_or_404(rows, public_id=public_id)


def own_registration(request: SignedInRequest, event: Event) -> Registration | None:
    """That of the company one acts for, unless it was refused or withdrawn."""
    own = request.acting.company
    if own is None:
        return None
    rows = Registration.objects.run_by(request.user).alive().filter(event=event, company=own)
    found = rows.select_related("group", "delegation").first()
    if found is not None:
        found.event, found.company = event, own
    return found


def not_registered(request: SignedInRequest, event: Event) -> HttpResponse:
    """Lead those whose company does not take part to the event, and say so."""
    messages.info(request, _("Your company is not registered for this event."))
    return redirect("event", event.public_id)


def may_ask(request: SignedInRequest, own: Registration) -> bool:
    """Whether this reader may ask others for meetings now."""
    admitted = own.status == Registration.Status.ADMITTED
    return admitted and request.acting.may_edit and own.event.takes_requests()


def demand_editor(request: SignedInRequest) -> None:
    """Let only who decides for the company they act for pass."""
    if not request.acting.may_edit:
        raise PermissionDenied(_("Only representatives of the company may do this."))


def desk_context(
    request: PageRequest, event: Event, own: Registration | None = None
) -> dict[str, Any]:
    """``event`` and ``desk``: how the company one acts for stands to it."""
    desk: Desk = desk_of(event, request.acting.company, request.user, own)
    return {"event": event, "desk": desk}


def refuse(form: BaseForm, error: ValidationError) -> None:
    """Put what a service refuses beside the field it is about, or on top."""
    for name, found in getattr(error, "error_dict", {None: [error]}).items():
        form.add_error(name if name in form.fields else None, cast("ValidationError", found))
