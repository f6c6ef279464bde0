"""The meetings of a company at an event: its timetable, the calendar file, all tables."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chambers.gates.calendar import Method, calendar
from chambers.gates.printing import NoPrinterError, pdf_of
from chambers.http import SignedInRequest
from chambers.models import site_language
from chambers.pages import sent_from
from marketplace.forms import CancelForm, LinkForm, told_slots
from marketplace.models import (
    Event,
    Hall,
    Meeting,
    Registration,
    StandbyOffer,
    Table,
    TimeProposal,
    Timetable,
)
from marketplace.selectors.agenda import (
    agenda_of,
    chosen_day,
    days_of,
    entry_of,
    former_of,
    meetings_of,
    table_grid,
    with_people,
)
from marketplace.selectors.appointments import appointment_of, file_name
from marketplace.selectors.feedback import look_back_on
from marketplace.selectors.standby import each_answers, yet_to_accept
from marketplace.services import meetings as services
from marketplace.services import moves, standby
from marketplace.services.calendars import MINUTES
from marketplace.services.handovers import goes_on_without
from marketplace.services.online import set_link
from marketplace.views import timing
from marketplace.views.acting import (
    carried_out,
    carried_out_or_said,
    desk_context,
    form_page,
    sent,
    taking_part,
)

TABLES = 12  # beside each other
PAPER = Path(settings.BASE_DIR, "config", "static", "ui", "kit.css")  # as the kit of an event


@require_safe
@taking_part
def timetable(request: SignedInRequest, own: Registration) -> HttpResponse:
    """When and where one's company meets whom: passes of a day, then all days as a list."""
    context = {**desk_context(request, own.event, own), **_timetable_of(request, own)}
    wanted = request.GET.get("day", "")
    context["day"] = chosen_day(context["days"], wanted, _today(own.event))
    return render(request, "marketplace/events/timetable.html", context)


@require_safe
@taking_part
def timetable_pdf(request: SignedInRequest, own: Registration) -> HttpResponse:
    """The same for paper, as a file."""
    page = reverse("event-timetable", args=[own.event.public_id])
    address = request.build_absolute_uri(page)
    context = {**_timetable_of(request, own), "address": address, "language": site_language()}
    text = render_to_string("marketplace/events/timetable_paper.html", context, request)
    try:
        content = pdf_of(text, styles=[PAPER.read_text(encoding="utf-8")])
    except NoPrinterError:
        messages.error(
            request,
            _("PDF files cannot be made here now. Print this page in your browser instead."),
        )
        return redirect(page)
    return _file(own.event, content, "application/pdf", "pdf")


def _timetable_of(request: SignedInRequest, own: Registration) -> dict[str, Any]:
    """What the page and the paper show."""
    event, entries = own.event, agenda_of(own, request.user)
    return {
        "event": event,
        "days": days_of(event, entries),
        "placed": [one for one in entries if one.time],
        "waiting": [one for one in entries if not one.time],
        "own": own,
        "provisional": any(one.meeting.status == Meeting.Status.PROVISIONAL for one in entries),
    }


@require_safe
@taking_part
def calendar_file(request: SignedInRequest, own: Registration) -> HttpResponse:
    """The meetings of one's company as a calendar file; cancelled ones take themselves out."""
    rows = with_people(meetings_of(own, request.user).exclude(slot=None))
    entries = []
    for meeting in rows:
        ours = [one for one in meeting.people() if one.registration_id == own.pk]
        entries.append(appointment_of(meeting, reader=ours[0]))
    content = calendar(entries, method=Method.PUBLISH)
    return _file(own.event, content, "text/calendar; charset=utf-8", "ics")


def _file(event: Event, content: bytes, kind: str, ending: str) -> HttpResponse:
    """A download, named after the event and the version of its timetable."""
    response = HttpResponse(content, content_type=kind)
    in_force = Timetable.objects.in_force().filter(event=event)
    name = file_name(event, in_force.values_list("number", flat=True).first())
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.{ending}") or ""
    return response


@require_safe
@taking_part
def tables(request: SignedInRequest, own: Registration) -> HttpResponse:
    """All tables of a hall on a day by time, for those who take part."""
    event = own.event
    if own.status != Registration.Status.ADMITTED:
        return redirect("event-registration", event.public_id)
    days = days_of(event, ())
    day = chosen_day(days, request.GET.get("day", ""), _today(event))
    halls = list(Hall.objects.filter(event=event, tables__isnull=False).distinct())
    hall = next((one for one in halls if str(one.public_id) == request.GET.get("hall")), None)
    rows = Table.objects.filter(event=event).select_related("hall", "owner__company")
    rows = rows.order_by("number") if hall is None else rows.filter(hall=hall).order_by("number")
    page = Paginator(rows, TABLES).get_page(request.GET.get("page"))
    context = {
        **desk_context(request, event, own),
        "days": days,
        "day": day,
        "halls": halls,
        "hall": hall,
        "page": page,
        "grid": table_grid(event, own, list(page), day.on, request.user),
        "address": f"?day={day.on.isoformat()}{f'&hall={hall.public_id}' if hall else ''}",
    }
    return render(request, "marketplace/events/tables.html", context)


def _today(event: Event) -> dt.date:
    """The day that it is at the place."""
    return timezone.now().astimezone(event.clock).date()


# ---------------------------------------------------------------- one meeting
@require_safe
@login_required
def meeting(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """A meeting with its time, place and people, and what can be done with it."""
    found, own = find_meeting(request, public_id)
    return _page(request, "meeting.html", found, own)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def cancel(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Cancel a meeting, with a reason that the other side reads."""
    found, own = find_meeting(request, public_id)
    request.acting.demand_editor()
    form = CancelForm(sent(request))
    if carried_out(form, partial(services.cancel_meeting, found, by=request.user)):
        messages.success(request, _("Cancelled. The other side reads why."))
        if own.event.is_direct:
            return redirect("meetings")
        return redirect("event-timetable", own.event.public_id)
    return _page(request, "cancel.html", found, own, form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def link(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Say by which link those meet who do not come to the place."""
    found, own = find_meeting(request, public_id)
    request.acting.demand_editor()
    form = LinkForm(sent(request), initial={"link": found.link})
    if carried_out(form, partial(set_link, found, by=request.user)):
        messages.success(request, _("Saved. All who come read it by mail."))
        return redirect("meeting", found.public_id)
    return _page(request, "link.html", found, own, form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def move(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask the other side for another time; the present one stays until they agree."""
    found, own = find_meeting(request, public_id)
    request.acting.demand_editor()
    form, change = timing.moving(request, found)
    if carried_out(form, change):
        messages.success(request, _("Proposed. The old time stays until they agree."))
        return redirect("meeting", found.public_id)
    return _page(request, "move.html", found, own, form)


@sent_from("events")
def answer_move(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Agree to one of the proposed times, keep the old one, or take one's own proposal back."""
    found, _own = find_meeting(request, public_id)
    request.acting.demand_editor()
    proposal = get_object_or_404(TimeProposal.objects.open(), meeting=found)
    slots = {str(one.public_id): one for one in proposal.slots.all()}
    wanted = slots.get(request.POST.get("slot", ""))
    if request.POST.get("answer") == "decline":
        decline = partial(moves.decline_move, proposal)
        carried_out_or_said(request, decline, _("Declined. The old time stays."))
    elif request.POST.get("answer") == "withdraw":
        withdraw = partial(moves.withdraw_move, proposal)
        carried_out_or_said(request, withdraw, _("Taken back. The time stays as it is."))
    elif wanted is None:
        messages.error(request, _("Choose one of the proposed times."))
    else:
        accept = partial(moves.accept_move, proposal, slot=wanted)
        carried_out_or_said(request, accept, _("Moved. Both sides read the new time."))
    return redirect("meeting", found.public_id)


@sent_from("events")
def answer_offer(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take a freed time that is offered to this meeting, or leave it to the next in line."""
    found, own = find_meeting(request, public_id)
    request.acting.demand_editor()
    offer = _offer_to(found)
    if offer is None:
        raise Http404
    if request.POST.get("answer") == "decline":
        decline = partial(standby.decline_offer, offer)
        carried_out_or_said(request, decline, _("Left to the next in line."))
    else:
        text = _("Taken. Both sides read the time.")
        if _others_answer(offer, own):
            text = _("Accepted. The meeting has this time once the other side accepts it too.")
        carried_out_or_said(request, partial(standby.accept_offer, offer), text)
    return redirect("meeting", found.public_id)


def _offer_to(meeting: Meeting) -> StandbyOffer | None:
    """The freed time that is offered to a meeting; of several, as they become free at once, one."""
    rows = StandbyOffer.objects.open().filter(meeting=meeting).select_related("slot")
    return rows.order_by("slot__starts_at", "pk").first()


def _offer_context(offer: StandbyOffer | None, own: Registration) -> dict[str, Any]:
    """A freed time that is offered to a meeting, and whose answer it waits for."""
    if offer is None:
        return {"offer": None}
    return {
        "offer": offer,
        "offer_accepted": own.pk not in yet_to_accept(offer),
        "offer_waits": _others_answer(offer, own),
        "offer_each": each_answers(own.event),
    }


def _others_answer(offer: StandbyOffer, own: Registration) -> bool:
    """Whether an offered time waits for another side, whatever one's own says."""
    return each_answers(own.event) and bool(yet_to_accept(offer) - {own.pk})


def find_meeting(request: SignedInRequest, public_id: uuid.UUID) -> tuple[Meeting, Registration]:
    """A meeting of the company one acts for, and that company's registration; else 404."""
    rows = with_people(Meeting.objects.visible_to(request.user))
    found = get_object_or_404(
        rows.select_related(
            "event__chamber", "host__person", "guest__person", "former__table__hall"
        ),
        public_id=public_id,
    )
    company = request.acting.company
    sides = [one.registration for one in found.people()]
    own = next((one for one in sides if company and one.company_id == company.pk), None)
    if own is None:
        raise Http404
    own.event = found.event
    return found, own


def _page(
    request: SignedInRequest,
    template: str,
    found: Meeting,
    own: Registration,
    form: BaseForm | None = None,
) -> HttpResponse:
    zone = request.user.time_zone
    proposal = TimeProposal.objects.open().filter(meeting=found).prefetch_related("slots").first()
    offer = _offer_to(found)
    begun = found.slot is not None and found.slot.starts_at <= timezone.now()
    ahead = found.status in Meeting.AHEAD and not begun
    ours = [one for one in found.people() if one.registration_id == own.pk]
    context = {
        **desk_context(request, own.event, own),
        "own": own,
        "entry": entry_of(found, own, zone),
        "former": former_of(found, zone),
        "with_names": found.is_agreed,
        "with_contact": found.is_agreed and found.status in (*Meeting.AHEAD, Meeting.Status.HELD),
        "proposal": proposal,
        "proposed": told_slots(own.event, proposal.slots.all(), zone) if proposal else [],
        "ours": proposal is not None and proposal.proposer_id == own.pk,
        **_offer_context(offer, own),
        "after": look_back_on(found, own, zone),
        "leaves": goes_on_without(found, ours),
        "hints": _hints(request, found) if form is not None else [],
        "can_cancel": ahead,
        "can_move": ahead and found.is_placed and proposal is None,
        "form": form,
    }
    return form_page(request, template, context, form)


def _hints(request: SignedInRequest, found: Meeting) -> list[timing.Hint]:
    """Other times that would do for all, where they are typed."""
    minutes = found.slot.minutes if found.slot is not None else MINUTES
    return timing.hints(request, found.event, found.people(), minutes)
