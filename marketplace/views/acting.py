"""What pages of an event share: whose company acts in it, and how a form becomes a change."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from chambers.http import PageRequest, SignedInRequest
from chambers.pages import refuse
from marketplace.models import Event, Registration
from marketplace.selectors.events import Desk, desk_of, with_timetable

Changed = TypeVar("Changed")
Rest = ParamSpec("Rest")


# ---------------------------------------------------------------- who acts in which event
def find_event(request: PageRequest, public_id: uuid.UUID) -> Event:
    """The event of an address, 404 where this reader does not see it."""
    rows = Event.objects.visible_to(request.user).select_related("chamber__country")
    return get_object_or_404(with_timetable(rows), public_id=public_id)


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


def taking_part(
    view: Callable[Concatenate[SignedInRequest, Registration, Rest], HttpResponse],
) -> Callable[..., HttpResponseBase]:
    """Give ``view`` the registration of the company one acts for, in place of the event's id.

    A guest is asked to sign in; who does not take part is led to the event.
    """

    @wraps(view)
    def guarded(
        request: SignedInRequest, public_id: uuid.UUID, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> HttpResponse:
        event = find_event(request, public_id)
        own = own_registration(request, event)
        if own is None:
            return not_registered(request, event)
        return view(request, own, *args, **kwargs)

    return login_required(guarded)


def may_ask(request: SignedInRequest, own: Registration) -> bool:
    """Whether this reader may ask others for meetings now."""
    admitted = own.status == Registration.Status.ADMITTED
    return admitted and request.acting.may_edit and own.event.takes_requests()


def desk_context(
    request: PageRequest, event: Event, own: Registration | None = None
) -> dict[str, Any]:
    """``event`` and ``desk``: how the company one acts for stands to it."""
    desk: Desk = desk_of(event, request.acting.company, request.user, own)
    return {"event": event, "desk": desk}


# ---------------------------------------------------------------- a form becomes a change
def sent(request: HttpRequest) -> QueryDict | None:
    """What a form sends; None where the page is only read."""
    return request.POST if request.method == "POST" else None


def carried_out(form: BaseForm, change: Callable[..., Changed]) -> Changed | None:
    """What ``change`` made of the fields of a form.

    None while the form is only shown, holds errors, or was refused: the refusal then stands
    beside the field it is about, or on top.
    """
    if not form.is_valid():
        return None
    try:
        return change(**form.cleaned_data)
    except ValidationError as error:
        refuse(form, error)
        return None


def carried_out_or_said(
    request: SignedInRequest, change: Callable[..., object], said: str, **chosen: Any
) -> bool:
    """For a button without a form: say that it is done, or why it was refused."""
    try:
        change(by=request.user, **chosen)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return False
    messages.success(request, said)
    return True


def form_page(
    request: HttpRequest, template: str, context: dict[str, Any], *forms: BaseForm | None
) -> HttpResponse:
    """A page of an event; 422 where one of its forms was refused."""
    refused = any(form is not None and form.is_bound and form.errors for form in forms)
    return render(
        request, f"marketplace/events/{template}", context, status=422 if refused else 200
    )
