"""Requests for meetings: asked, read, answered, taken back."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from itertools import product

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms import BaseForm
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chambers.http import SignedInRequest
from marketplace.forms import AcceptForm, AskForm, DeclineForm, TimesForm
from marketplace.models import MeetingRequest, Participant, Registration, Slot
from marketplace.selectors.inbox import TABS, inbox_of, letter_of, requests_of
from marketplace.services import requests as services
from marketplace.services import rules
from marketplace.services.calendars import free_slots
from marketplace.views.events import (
    demand_editor,
    desk_context,
    find_event,
    not_registered,
    own_registration,
    refuse,
)

PAIRS = 9  # people of both sides whose calendars are compared
TIMES = 60  # shown


@require_safe
@login_required
def requests(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Requests and meetings of one's company in four tabs."""
    event = find_event(request, public_id)
    own = own_registration(request, event)
    if own is None:
        return not_registered(request, event)
    inbox = inbox_of(own, request.user, request.GET.get("tab", ""))
    tabs = [(key, name, inbox.counts[key]) for key, name in TABS.items()]
    context = {
        **desk_context(request, event, own),
        "own": own,
        "inbox": inbox,
        "tabs": tabs,
        "left": rules.quota_left(own),
    }
    return render(request, "marketplace/events/requests.html", context)


@require_safe
@login_required
def one(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """A request with what it says, and what can be done with it."""
    asked, own = _find(request, public_id)
    return _page(request, "request.html", asked, own)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def ask(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask the company of a registration for a meeting."""
    rows = Registration.objects.listed_for(request.user).select_related(
        "event__chamber", "company__country"
    )
    partner = get_object_or_404(rows, public_id=public_id)
    own = own_registration(request, partner.event)
    if own is None or own.pk == partner.pk:
        raise Http404
    demand_editor(request)
    form = AskForm(
        request.POST if request.method == "POST" else None,
        own=own,
        partner=partner,
        reader=request.user.time_zone,
    )
    if form.is_valid():
        try:
            services.request_meeting(own, partner, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            text = _("%(name)s is asked. You read here and by mail what they answer.")
            messages.success(request, text % {"name": partner.company.legal_name})
            return redirect(f"{_inbox(own)}?tab=sent")
    context = {
        **desk_context(request, own.event, own),
        "own": own,
        "partner": partner,
        "form": form,
        "left": rules.quota_left(own),
        "warning": rules.warning_for(own, partner),
    }
    status = 422 if form.errors else 200
    return render(request, "marketplace/events/ask.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def accept(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Agree to meet, at one of the times that are free for both."""
    asked, own = _find(request, public_id)
    demand_editor(request)
    if not letter_of(asked, own, None).to_answer:
        return _nothing_to_answer(request, asked)
    event, wanted = asked.event, asked.slots.all()
    timeless = event.awaits_timetable() or not event.slots.exists()
    form = AcceptForm(
        request.POST if request.method == "POST" else None,
        own=own,
        reader=request.user.time_zone,
        among=_free(asked, own, wanted if wanted.exists() else None),
        open_time=_("The timetable of the event sets it") if timeless else _("The first for both"),
    )
    if form.is_valid():
        try:
            meeting = services.accept_request(asked, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Accepted. Both sides read of it by mail."))
            return redirect("meeting", meeting.public_id)
    return _page(request, "accept.html", asked, own, form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def decline(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Do not meet, with a reason if one likes."""
    asked, own = _find(request, public_id)
    demand_editor(request)
    if not letter_of(asked, own, None).to_answer:
        return _nothing_to_answer(request, asked)
    form = DeclineForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.decline_request(asked, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Declined. They read it."))
            return redirect(_inbox(own))
    return _page(request, "decline.html", asked, own, form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def propose(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Answer with other times."""
    asked, own = _find(request, public_id)
    demand_editor(request)
    if not letter_of(asked, own, None).to_answer:
        return _nothing_to_answer(request, asked)
    form = TimesForm(
        request.POST if request.method == "POST" else None,
        event=asked.event,
        reader=request.user.time_zone,
        among=_free(asked, own, None),
    )
    if form.is_valid():
        try:
            services.propose_times(asked, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Proposed. Now they answer."))
            return redirect(f"{_inbox(own)}?tab=sent")
    return _page(request, "propose.html", asked, own, form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def withdraw(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take one's own request back."""
    asked, own = _find(request, public_id)
    demand_editor(request)
    if asked.requester_id != own.pk:
        return _nothing_to_answer(request, asked)
    if request.method == "POST":
        try:
            services.withdraw_request(asked, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("Withdrawn. Your quota is free again."))
        return redirect(f"{_inbox(own)}?tab=past")
    return _page(request, "take_back.html", asked, own)


def _find(request: SignedInRequest, public_id: uuid.UUID) -> tuple[MeetingRequest, Registration]:
    """A request of the company one acts for, and that company's registration; else 404."""
    company = request.acting.company
    if company is None:
        raise Http404
    sides = Q(requester__company=company) | Q(partner__company=company) & ~Q(status="draft")
    rows = MeetingRequest.objects.visible_to(request.user).filter(sides)
    found = get_object_or_404(
        rows.select_related(
            "opportunity",
            "participant",
            "event__chamber",
            "requester__company__country",
            "partner__company__country",
        ).prefetch_related("slots"),
        public_id=public_id,
    )
    own = found.requester if found.requester.company_id == company.pk else found.partner
    own.event = found.event
    return found, own


def _page(
    request: SignedInRequest,
    template: str,
    asked: MeetingRequest,
    own: Registration,
    form: BaseForm | None = None,
) -> HttpResponse:
    # What a service changed before it refused is not in this row: read it again.
    asked = requests_of(own, request.user).get(pk=asked.pk) if form and form.errors else asked
    context = {
        **desk_context(request, own.event, own),
        "own": own,
        "letter": letter_of(asked, own, request.user.time_zone),
        "form": form,
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, f"marketplace/events/{template}", context, status=status)


def _nothing_to_answer(request: SignedInRequest, asked: MeetingRequest) -> HttpResponse:
    """Lead to the request, which says how it stands."""
    return redirect("request", asked.public_id)


def _inbox(own: Registration) -> str:
    return reverse("event-requests", args=[own.event.public_id])


def _free(asked: MeetingRequest, own: Registration, wanted: Iterable[Slot] | None) -> list[Slot]:
    """Slots ahead in which somebody of each side is free, by the clock."""
    other = asked.other_side(own)
    theirs = list(Participant.objects.filter(registration=other))
    if asked.participant is not None and other.pk == asked.requester_id:
        theirs = [asked.participant]
    ours = list(Participant.objects.filter(registration=own))
    among = None if wanted is None else Slot.objects.filter(pk__in=[one.pk for one in wanted])
    found: dict[int, Slot] = {}
    for pair in list(product(ours, theirs))[:PAIRS]:
        for slot in free_slots(asked.event, pair, among=among)[:TIMES]:
            found.setdefault(slot.pk, slot)
    return sorted(found.values(), key=lambda slot: (slot.starts_at, slot.ends_at))[:TIMES]
