"""A company's registration for an event, made to withdrawn; when its people are free."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseFormSet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chambers.http import SignedInRequest
from chambers.models import Company
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
from marketplace.selectors.events import closed_to, named_before
from marketplace.selectors.times import ShownTime, day_of, shown_time
from marketplace.services import registrations as services
from marketplace.services.handovers import ends_without
from marketplace.views.acting import (
    carried_out,
    desk_context,
    find_event,
    form_page,
    not_registered,
    own_registration,
    sent,
    taking_part,
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
    request.acting.demand_editor()
    closed = closed_to(event, company, request.user.time_zone)
    if closed is not None and request.method != "POST":
        context = {**desk_context(request, event), "closed": closed}
        return render(request, "marketplace/events/closed.html", context)
    # What was typed before it closed is sent back with the refusal of the service.
    form, people = _registration_forms(request, event, company)
    if people.is_valid():
        apply = partial(
            services.register_company, event, company, by=request.user, people=people_of(people)
        )
        if carried_out(form, apply):
            messages.success(request, _("Registered. The organiser decides and writes to you."))
            return redirect("event-registration", event.public_id)
    context = {**desk_context(request, event), "form": form, "people": people}
    answer = form_page(request, "register.html", context, form)
    if people.is_bound and not people.is_valid():
        answer.status_code = 422
    return answer


def _registration_forms(
    request: SignedInRequest, event: Event, company: Company
) -> tuple[RegistrationForm, BaseFormSet]:
    """The registration and who comes: those named before a withdrawal, else who fills it in."""
    given = sent(request)
    first = {"name": request.user.name, "person": request.user.public_id}
    named = [] if given is not None else (named_before(event, company) or [first])
    people = PeopleForms(
        given, prefix="people", form_kwargs={"company": company}, initial=named or None
    )
    if given is None:
        people.extra = max(PEOPLE - len(named), 1)
    initial = {"consent": Registration.Consent.LISTED}
    return RegistrationForm(given, event=event, company=company, initial=initial), people


@require_http_methods(["GET", "HEAD", "POST"])
@taking_part
def registration(request: SignedInRequest, own: Registration) -> HttpResponse:
    """How one's registration stands, who comes and when; who sees it is changed here."""
    form = ConsentForm(sent(request), initial={"consent": own.consent})
    if form.is_bound:
        request.acting.demand_editor()
    if carried_out(form, partial(services.set_consent, own, by=request.user)):
        messages.success(request, _("Saved. Lists follow at once."))
        return redirect("event-registration", own.event.public_id)
    return _registration_page(request, own, form)


@require_http_methods(["GET", "HEAD", "POST"])
@taking_part
def add_person(request: SignedInRequest, own: Registration) -> HttpResponse:
    """Name one more person who comes."""
    request.acting.demand_editor()
    form = PersonForm(sent(request), company=own.company)
    if carried_out(form, partial(services.add_participant, own, by=request.user)):
        text = _("%(name)s is on the list.") % {"name": form.cleaned_data["name"]}
        messages.success(request, text)
        return redirect("event-registration", own.event.public_id)
    context = {**desk_context(request, own.event, own), "form": form}
    return form_page(request, "person.html", context, form)


@require_http_methods(["GET", "HEAD", "POST"])
@taking_part
def withdraw(request: SignedInRequest, own: Registration) -> HttpResponse:
    """Ask whether the company really does not come, say what follows, and do it."""
    request.acting.demand_editor()
    form = WithdrawForm(sent(request))
    if carried_out(form, partial(services.withdraw_registration, own, by=request.user)):
        messages.success(request, _("Withdrawn. Your partners are told."))
        return redirect("event", own.event.public_id)
    context = {**desk_context(request, own.event, own), "form": form, "lost": _at_stake(own)}
    return form_page(request, "withdraw.html", context, form)


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
    form = AvailabilityForm(sent(request), event=event, reader=request.user.time_zone)
    opened = {one.pk for one in slots if one.pk not in closed}
    if form.is_bound:
        request.acting.demand_editor()
    if form.is_valid():
        # Kept as typed where it is refused.
        opened = _with_whole_day(request, event, slots, {o.pk for o in form.cleaned_data["open"]})

    def keep(**_boxes: object) -> Participant:
        away = [one for one in slots if one.pk not in opened]
        services.set_availability(person, away=away, by=request.user)
        return person

    if carried_out(form, keep):
        messages.success(request, _("Saved: %(name)s.") % {"name": person.name})
        return redirect("availability", person.public_id)
    context = {
        **desk_context(request, event, own),
        "person": person,
        "form": form,
        "days": _grid(event, slots, opened, request.user.time_zone),
    }
    return form_page(request, "availability.html", context, form)


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
    ahead = Meeting.objects.told().of(own).ahead().select_related("host", "guest")
    return {
        "meetings": sum(ends_without(one, own) for one in ahead.prefetch_related("others")),
        "requests": MeetingRequest.objects.open().of(own).count(),
    }


def _registration_page(
    request: SignedInRequest, own: Registration, form: ConsentForm
) -> HttpResponse:
    people: Any = (
        Participant.objects.coming()
        .filter(registration=own)
        .select_related("person")
        .prefetch_related("away")
        .order_by("pk")
    )
    context = {
        **desk_context(request, own.event, own),
        "own": own,
        "form": form,
        "people": people,
        "slots": Slot.objects.filter(event=own.event).count(),
        "booths": own.booths.select_related("hall"),
    }
    return form_page(request, "registration.html", context, form)
