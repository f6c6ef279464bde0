"""Who comes for a company: changed, replaced by a colleague, taken off the list."""

from __future__ import annotations

import uuid
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chambers.http import SignedInRequest
from marketplace.forms import PersonForm, RemovePersonForm
from marketplace.models import Participant
from marketplace.selectors.parts import told_ahead
from marketplace.services import participants as services
from marketplace.views.acting import (
    carried_out,
    desk_context,
    find_event,
    form_page,
    not_registered,
    own_registration,
    sent,
)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Another name, position, presence or account; the meetings of the old account go along."""
    person = _person(request, public_id)
    if isinstance(person, HttpResponse):
        return person
    own, names = person.registration, ("name", "position", "presence")
    initial = {name: getattr(person, name) for name in names}
    initial["person"] = person.person.public_id if person.person else None
    form = PersonForm(sent(request), company=own.company, initial=initial)
    if carried_out(form, partial(services.change_participant, person, by=request.user)):
        text = _("Saved: %(name)s.") % {"name": form.cleaned_data["name"]}
        messages.success(request, text)
        return redirect("event-registration", own.event.public_id)
    context = {**desk_context(request, own.event, own), "form": form}
    context |= {"person": person, "ahead": len(told_ahead(person))}
    return form_page(request, "participant.html", context, form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def remove(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take somebody off the list: say who goes to the meetings instead, or why nobody does."""
    person = _person(request, public_id)
    if isinstance(person, HttpResponse):
        return person
    own = person.registration
    form = RemovePersonForm(sent(request), leaving=person)

    def take_off(substitute: Participant | None = None, reason: str = "") -> bool:
        services.remove_participant(person, by=request.user, substitute=substitute, reason=reason)
        return True

    if carried_out(form, take_off):
        text = _("%(name)s is off the list.") % {"name": person.name}
        messages.success(request, text)
        return redirect("event-registration", own.event.public_id)
    context = {**desk_context(request, own.event, own), "form": form}
    context |= {"person": person, "ahead": told_ahead(person)}
    return form_page(request, "participant_remove.html", context, form)


def _person(request: SignedInRequest, public_id: uuid.UUID) -> Participant | HttpResponse:
    """Somebody who comes for the company one decides for, or where to go instead."""
    rows = Participant.objects.visible_to(request.user).coming()
    joined = rows.select_related("registration__company", "registration__event", "person")
    person = get_object_or_404(joined, public_id=public_id)
    event = find_event(request, person.registration.event.public_id)
    own = own_registration(request, event)
    if own is None or own.pk != person.registration_id:
        return not_registered(request, event)
    request.acting.demand_editor()
    person.registration = own
    return person
