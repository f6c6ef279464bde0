"""Requests for meetings: asked, read, answered, taken back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial, wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chambers.http import SignedInRequest
from marketplace.forms import AskForm, DeclineForm
from marketplace.models import MeetingRequest, Registration
from marketplace.selectors.groups import who_meets_whom
from marketplace.selectors.inbox import TABS, inbox_of, is_for_timetable, letter_of, requests_of
from marketplace.selectors.times import shown_time
from marketplace.selectors.why import why_they_fit
from marketplace.services import requests as services
from marketplace.services import rules
from marketplace.services.calendars import MINUTES
from marketplace.views import timing
from marketplace.views.acting import (
    carried_out,
    carried_out_or_said,
    desk_context,
    form_page,
    own_registration,
    sent,
    taking_part,
)

DRAFT = MeetingRequest.Status.DRAFT


@require_safe
@taking_part
def requests(request: SignedInRequest, own: Registration) -> HttpResponse:
    """Requests and meetings of one's company in four tabs."""
    inbox = inbox_of(own, request.user, request.GET.get("tab", ""))
    tabs = [(key, name, inbox.counts[key]) for key, name in TABS.items()]
    context = {
        **desk_context(request, own.event, own),
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
    why = why_they_fit(own.company, asked.other_side(own).company, request.user)
    return _page(request, "request.html", asked, own, why=why)


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
    request.acting.demand_editor()
    begun = MeetingRequest.objects.filter(requester=own, partner=partner, status=DRAFT).first()
    if begun is not None:
        return redirect("request-draft", begun.public_id)
    keeps = "draft" in request.POST
    form = _ask_form(request, own, partner)
    change = partial(services.request_meeting, own, partner, by=request.user, draft=keeps)
    if carried_out(form, change):
        return _asked(request, own, partner, keeps=keeps)
    return _ask_page(request, own, partner, form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def draft(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Go on writing a request that was not sent yet; keep it, or send it."""
    asked, own = _find(request, public_id)
    request.acting.demand_editor()
    if asked.status != DRAFT:
        return redirect("request", asked.public_id)
    keeps = "draft" in request.POST
    form = _ask_form(request, own, asked.partner, asked)
    if carried_out(form, partial(services.write_draft, asked, by=request.user, send=not keeps)):
        return _asked(request, own, asked.partner, keeps=keeps)
    return _ask_page(request, own, asked.partner, form, asked)


def _ask_form(
    request: SignedInRequest,
    own: Registration,
    partner: Registration,
    begun: MeetingRequest | None = None,
) -> AskForm:
    names = ("wish", "message", "opportunity", "participant")
    initial = {name: getattr(begun, name) for name in names} if begun else {}
    if begun is not None:
        initial["slots"] = begun.slots.all()
    return AskForm(
        sent(request), own=own, partner=partner, reader=request.user.time_zone, initial=initial
    )


def _ask_page(
    request: SignedInRequest,
    own: Registration,
    partner: Registration,
    form: AskForm,
    begun: MeetingRequest | None = None,
) -> HttpResponse:
    until = rules.expiry_of(own.event)
    context = {
        **desk_context(request, own.event, own),
        "own": own,
        "answer_by": shown_time(until, zone=own.event.zone, reader=request.user.time_zone),
        "for_timetable": is_for_timetable(own.event, until),
        "partner": partner,
        "form": form,
        "begun": begun,
        "left": rules.quota_left(own),
        "refusal": who_meets_whom(own.event).refusal(own, partner),
        "warning": rules.warning_for(own, partner),
    }
    return form_page(request, "ask.html", context, form)


def _asked(
    request: SignedInRequest, own: Registration, partner: Registration, *, keeps: bool
) -> HttpResponse:
    """Say what became of what was written, where it stands now."""
    if keeps:
        text = _("The draft for %(name)s is kept. They learn nothing until you send it.")
    else:
        text = _("%(name)s is asked. You read here and by mail what they answer.")
    messages.success(request, text % {"name": partner.company.told})
    return redirect(f"{_inbox(own)}?tab=sent")


def to_answer(
    view: Callable[[SignedInRequest, MeetingRequest, Registration], HttpResponse],
) -> Callable[..., HttpResponseBase]:
    """Give ``view`` a request that waits for the company one acts for, and its registration.

    What is answered already leads to its page, which says how it stands.
    """

    @wraps(view)
    def guarded(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
        asked, own = _find(request, public_id)
        request.acting.demand_editor()
        if not letter_of(asked, own, None).to_answer:
            return redirect("request", asked.public_id)
        return view(request, asked, own)

    return login_required(guarded)


@require_http_methods(["GET", "HEAD", "POST"])
@to_answer
def accept(request: SignedInRequest, asked: MeetingRequest, own: Registration) -> HttpResponse:
    """Agree to meet, at one of the times that are free for both."""
    form, change = timing.accepting(request, asked, own)
    meeting = carried_out(form, change)
    if meeting is not None:
        messages.success(request, _("Accepted. Both sides read of it by mail."))
        return redirect("meeting", meeting.public_id)
    slot = form.fields.get("slot")
    none_left = slot is not None and not list(slot.choices)  # type: ignore[attr-defined]
    return _page(request, "accept.html", asked, own, form, none_left=none_left)


@require_http_methods(["GET", "HEAD", "POST"])
@to_answer
def decline(request: SignedInRequest, asked: MeetingRequest, own: Registration) -> HttpResponse:
    """Do not meet, with a reason if one likes."""
    form = DeclineForm(sent(request))
    if carried_out(form, partial(services.decline_request, asked, by=request.user)):
        messages.success(request, _("Declined. They read it."))
        return redirect(_inbox(own))
    return _page(request, "decline.html", asked, own, form)


@require_http_methods(["GET", "HEAD", "POST"])
@to_answer
def propose(request: SignedInRequest, asked: MeetingRequest, own: Registration) -> HttpResponse:
    """Answer with other times."""
    if asked.joins_id is not None:  # it has its time
        return redirect("request", asked.public_id)
    form, change = timing.proposing(request, asked, own)
    if carried_out(form, change):
        messages.success(request, _("Proposed. Now they answer."))
        return redirect(f"{_inbox(own)}?tab=sent")
    return _page(request, "propose.html", asked, own, form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def withdraw(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take one's own request back."""
    asked, own = _find(request, public_id)
    request.acting.demand_editor()
    if asked.requester_id != own.pk:
        return redirect("request", asked.public_id)
    if request.method == "POST":
        was_draft = asked.status == DRAFT
        said = (
            _("Thrown away. Nobody learns of it.")
            if was_draft
            else _("Withdrawn. Your quota is free again.")
        )
        carried_out_or_said(request, partial(services.withdraw_request, asked), said)
        return redirect(f"{_inbox(own)}?tab={'sent' if was_draft else 'past'}")
    return _page(request, "take_back.html", asked, own)


def _find(request: SignedInRequest, public_id: uuid.UUID) -> tuple[MeetingRequest, Registration]:
    """A request of the company one acts for, and that company's registration; else 404."""
    company = request.acting.company
    if company is None:
        raise Http404
    rows = MeetingRequest.objects.visible_to(request.user).of_company(company)
    found = get_object_or_404(
        rows.select_related(
            "opportunity",
            "participant",
            "joins__slot",
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
    **more: object,
) -> HttpResponse:
    # What a service changed before it refused is not in this row: read it again.
    asked = requests_of(own, request.user).get(pk=asked.pk) if form and form.errors else asked
    context = {
        **desk_context(request, own.event, own),
        "own": own,
        "letter": letter_of(asked, own, request.user.time_zone),
        "hints": _hints(request, asked, own) if form is not None else [],
        "form": form,
        **more,
    }
    return form_page(request, template, context, form)


def _hints(request: SignedInRequest, asked: MeetingRequest, own: Registration) -> list[timing.Hint]:
    """Times that would do for both, where they are typed."""
    slot = asked.slots.first()
    minutes = slot.minutes if slot is not None else MINUTES
    return timing.hints(request, asked.event, timing.both_of(asked, own), minutes)


def _inbox(own: Registration) -> str:
    if own.event.is_direct:
        return reverse("meetings")
    return reverse("event-requests", args=[own.event.public_id])
