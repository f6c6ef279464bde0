"""A company's registration for an event, made to withdrawn; when its people are free."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chambers.http import SignedInRequest
from marketplace.forms import (
    PEOPLE,
    AvailabilityForm,
    ConsentForm,
    PeopleForms,
    PersonForm,
    RegistrationForm,
    WithdrawForm,
    people_of,
)
from marketplace.models import Event, Meeting, MeetingRequest, Participant, Registration, Slot
from marketplace.selectors.times import ShownTime, day_of, shown_time
from marketplace.services import registrations as services
from marketplace.views.events import (
    demand_editor,
    desk_context,
    find_event,
    not_registered,
    own_registration,
    refuse,
)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def register(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Put the company one acts for down for an event, with those who come."""
    event = find_event(request, public_id)
    company = request.acting.company
    if company is None:
        messages.info(request, _("Companies register. Act for one of yours to register it."))
        return redirect("event", event.public_id)
    if own_registration(request, event) is not None:
        return redirect("event-registration", event.public_id)
    demand_editor(request)
    sent = request.POST if request.method == "POST" else None
    first = {"name": request.user.name, "person": request.user.public_id}
    initial = {"consent": Registration.Consent.LISTED}
    form = RegistrationForm(sent, event=event, company=company, initial=initial)
    people = PeopleForms(
        sent,
        prefix="people",
        form_kwargs={"company": company},
        initial=[first] if sent is None else None,
    )
    if sent is None:
        people.extra = PEOPLE - 1
    if sent is not None and form.is_valid() and people.is_valid():
        try:
            services.register_company(
                event, company, by=request.user, people=people_of(people), **form.cleaned_data
            )
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Registered. The organiser decides and writes to you."))
            return redirect("event-registration", event.public_id)
    context = {**desk_context(request, event), "form": form, "people": people}
    status = 422 if form.errors or (sent is not None and not people.is_valid()) else 200
    return render(request, "marketplace/events/register.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def registration(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """How one's registration stands, who comes and when; who sees it is changed here."""
    event = find_event(request, public_id)
    own = own_registration(request, event)
    if own is None:
        return not_registered(request, event)
    sent = request.POST if request.method == "POST" else None
    form = ConsentForm(sent, initial={"consent": own.consent})
    if sent is not None:
        demand_editor(request)
        if form.is_valid():
            services.set_consent(own, form.cleaned_data["consent"], by=request.user)
            messages.success(request, _("Saved. Lists follow at once."))
            return redirect("event-registration", event.public_id)
    return _registration_page(request, own, form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def add_person(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Name one more person who comes."""
    event = find_event(request, public_id)
    own = own_registration(request, event)
    if own is None:
        return not_registered(request, event)
    demand_editor(request)
    form = PersonForm(request.POST if request.method == "POST" else None, company=own.company)
    if form.is_valid():
        try:
            services.add_participant(own, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            text = _("%(name)s is on the list.") % {"name": form.cleaned_data["name"]}
            messages.success(request, text)
            return redirect("event-registration", event.public_id)
    context = {**desk_context(request, event, own), "form": form}
    status = 422 if form.errors else 200
    return render(request, "marketplace/events/person.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def withdraw(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask whether the company really does not come, say what follows, and do it."""
    event = find_event(request, public_id)
    own = own_registration(request, event)
    if own is None:
        return not_registered(request, event)
    demand_editor(request)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.withdraw_registration(own, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Withdrawn. Your partners are told."))
            return redirect("event", event.public_id)
    context = {**desk_context(request, event, own), "form": form, "lost": _at_stake(own)}
    status = 422 if form.errors else 200
    return render(request, "marketplace/events/withdraw.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def availability(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """When a participant takes meetings: a box for each slot, all open until one says otherwise."""
    rows = Participant.objects.visible_to(request.user).select_related("registration__company")
    person = get_object_or_404(rows, public_id=public_id)
    event = find_event(request, person.registration.event.public_id)
    own = own_registration(request, event)
    if own is None or own.pk != person.registration_id:
        return not_registered(request, event)
    slots = list(Slot.objects.filter(event=event))
    closed = set(person.away.values_list("slot", flat=True))
    form = AvailabilityForm(
        request.POST if request.method == "POST" else None,
        event=event,
        reader=request.user.time_zone,
    )
    opened = {one.pk for one in slots if one.pk not in closed}
    if form.is_bound:
        demand_editor(request)
        if form.is_valid():
            opened = {one.pk for one in form.cleaned_data["open"]}
            opened = _with_whole_day(request, event, slots, opened)
            away = [one for one in slots if one.pk not in opened]
            try:
                services.set_availability(person, away=away, by=request.user)
            except ValidationError as error:
                refuse(form, error)
            else:
                messages.success(request, _("Saved: %(name)s.") % {"name": person.name})
                return redirect("availability", person.public_id)
    context = {
        **desk_context(request, event, own),
        "person": person,
        "form": form,
        "days": _grid(event, slots, opened, request.user.time_zone),
    }
    status = 422 if form.errors else 200
    return render(request, "marketplace/events/availability.html", context, status=status)


def _with_whole_day(
    request: SignedInRequest, event: Event, slots: Iterable[Slot], opened: set[int]
) -> set[int]:
    """What the buttons of a day change, beside the boxes as they were sent."""
    for name in ("open_day", "close_day"):
        day = request.POST.get(name, "")
        whole = {
            one.pk
            for one in slots
            if day and one.starts_at.astimezone(event.clock).date().isoformat() == day
        }
        opened = opened | whole if name == "open_day" else opened - whole
    return opened


def _grid(
    event: Event, slots: Iterable[Slot], opened: set[int], reader: str
) -> list[tuple[dt.date, str, list[tuple[Slot, ShownTime, bool]]]]:
    """[(day, its name, [(slot, its time, whether it is open)])] in order."""
    days: dict[dt.date, list[tuple[Slot, ShownTime, bool]]] = {}
    for slot in slots:
        time = shown_time(slot.starts_at, slot.ends_at, zone=event.zone, reader=reader)
        on = slot.starts_at.astimezone(event.clock).date()
        days.setdefault(on, []).append((slot, time, slot.pk in opened))
    return [(on, day_of(on), rows) for on, rows in days.items()]


def _at_stake(own: Registration) -> dict[str, int]:
    """What ends when a company withdraws, as counts."""
    return {
        "meetings": Meeting.objects.told().of(own).ahead().count(),
        "requests": MeetingRequest.objects.open().of(own).count(),
    }


def _registration_page(
    request: SignedInRequest, own: Registration, form: ConsentForm
) -> HttpResponse:
    people: Any = own.participants.select_related("person").prefetch_related("away").order_by("pk")
    context = {
        **desk_context(request, own.event, own),
        "own": own,
        "form": form,
        "people": people,
        "slots": Slot.objects.filter(event=own.event).count(),
        "booths": own.booths.select_related("hall"),
    }
    status = 422 if form.errors else 200
    return render(request, "marketplace/events/registration.html", context, status=status)
