"""All meetings of a company in one place, and those that it arranges itself outside events."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chambers.http import SignedInRequest
from chambers.models import Company, Membership
from marketplace.forms import HandoverForm
from marketplace.forms.direct import ColleagueForm, DirectAskForm, JoinForm, PlaceForm
from marketplace.models import Meeting, Opportunity, Registration
from marketplace.selectors.agenda import with_people
from marketplace.selectors.inbox import TABS
from marketplace.selectors.place import place_of_meetings
from marketplace.selectors.times import shown_time
from marketplace.services import direct, direct_meetings, participants, rules
from marketplace.views.acting import carried_out, sent
from marketplace.views.meetings import find_meeting
from marketplace.views.timing import own_zone


@require_safe
@login_required
def meetings(request: SignedInRequest) -> HttpResponse:
    """Requests and meetings of the company one acts for, at events and outside them."""
    company = request.acting.company
    if company is None:
        return render(request, "matching/no_company.html")
    asked = request.GET
    found = place_of_meetings(company, request.user, asked.get("tab", ""), asked.get("page", ""))
    context = {
        "place": found,
        "page": found.page,
        "tabs": [(key, name, found.counts[key]) for key, name in TABS.items()],
        "left": rules.direct_quota_left(company),
        "most": rules.DIRECT_MOST,
    }
    return render(request, "marketplace/meetings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def ask(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask a company for a meeting outside events."""
    own, partner = _sides(request, public_id)
    request.acting.demand_editor()
    membership = Membership.objects.in_force().filter(company=own).select_related("chamber")
    first = membership.order_by("starts_on", "pk").first()
    zone = own_zone(request, first.chamber.zone if first is not None else "UTC")
    reference = request.GET.get("about", "").replace("\x00", "")
    about = Opportunity.objects.on_show().named().filter(reference=reference)
    form = DirectAskForm(
        sent(request),
        own=own,
        partner=partner,
        zone=zone,
        initial={"person": request.user.public_id, "opportunity": _key_of(about.first())},
    )
    made = carried_out(form, partial(direct.ask_directly, own, partner, by=request.user))
    if made is not None:
        text = _("%(name)s is asked. You read here and by mail what they answer.")
        messages.success(request, text % {"name": partner.told})
        return redirect("request", made.public_id)
    context = {
        "partner": partner,
        "left": rules.direct_quota_left(own),
        "most": rules.DIRECT_MOST,
        "can_join": _joinable(request, own, partner).exists(),
    }
    return _page(request, "ask.html", context, form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def join(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask a company to come to a meeting that one has with another."""
    own, partner = _sides(request, public_id)
    request.acting.demand_editor()
    rows = with_people(_joinable(request, own, partner))
    zone = request.user.time_zone
    told = [(one.public_id, _told(one, own, zone)) for one in rows]
    form = JoinForm(sent(request), meetings=rows, told=told)

    def change(meeting: Meeting, message: str) -> object:
        return direct_meetings.ask_to_join(meeting, partner, by=request.user, message=message)

    made: Any = carried_out(form, change)
    if made is not None:
        text = _("%(name)s is asked to come, too.") % {"name": partner.told}
        messages.success(request, text)
        return redirect("request", made.public_id)
    context = {"partner": partner, "none": not told, "left": rules.direct_quota_left(own)}
    return _page(request, "join.html", context | {"most": rules.DIRECT_MOST}, form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def where(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Say by which link or at which place a meeting outside events is."""
    found, own = _own_meeting(request, public_id)
    initial = {"place": found.event.place, "link": found.link}
    form = PlaceForm(sent(request), initial=initial)
    if carried_out(form, partial(direct_meetings.set_place, found, by=request.user)):
        messages.success(request, _("Saved. All who come read it by mail."))
        if not any(form.cleaned_data.values()):
            text = _(
                "There is neither a place nor a link now: give one, or nobody finds the other."
            )
            messages.warning(request, text)
        return redirect("meeting", found.public_id)
    return _page(request, "where.html", {"meeting": found, "partners": _others(found, own)}, form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def colleague(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Send somebody else of one's company to one meeting.

    At an event one of those who come for it, outside events whoever may answer for the company.
    """
    found, own = find_meeting(request, public_id)
    request.acting.demand_editor()
    coming = [one for one in found.people() if one.registration_id == own.pk]
    form: ColleagueForm | HandoverForm
    if found.event.is_direct:
        accounts = [one.person for one in coming if one.person is not None]
        form = ColleagueForm(sent(request), own=own.company, coming=accounts)
        change = partial(direct_meetings.send_colleague, found, by=request.user)
        offered = form.fields["person"]
    else:
        form = HandoverForm(sent(request), own=own, going=coming)
        change = partial(participants.hand_over, found, by=request.user)
        offered = form.fields["participant"]
    if carried_out(form, change):
        messages.success(request, _("Changed. The other side reads who comes."))
        return redirect("meeting", found.public_id)
    context = {
        "meeting": found,
        "coming": coming,
        "partners": _others(found, own),
        "none": not offered.queryset.exists(),  # type: ignore[attr-defined]
    }
    return _page(request, "colleague.html", context, form)


def _sides(request: SignedInRequest, public_id: uuid.UUID) -> tuple[Company, Company]:
    """The company one acts for and another that one may see; else 404."""
    own = request.acting.company
    rows = Company.objects.visible_to(request.user).select_related("country")
    partner = get_object_or_404(rows, public_id=public_id)
    if own is None or own.pk == partner.pk:
        raise Http404
    return own, partner


def _own_meeting(request: SignedInRequest, public_id: uuid.UUID) -> tuple[Meeting, Registration]:
    found, own = find_meeting(request, public_id)
    if not found.event.is_direct:
        raise Http404
    request.acting.demand_editor()
    return found, own


def _joinable(request: SignedInRequest, own: Company, partner: Company) -> Any:
    """One's meetings outside events with a time ahead to which ``partner`` does not come yet."""
    rows = Meeting.objects.visible_to(request.user).of_company(own).placed()
    rows = rows.filter(event__kind="direct", slot__starts_at__gt=timezone.now())
    theirs = Meeting.objects.of_company(partner).values("pk")
    return rows.exclude(pk__in=theirs).order_by("slot__starts_at")


def _told(meeting: Meeting, own: Company, zone: str) -> str:
    names = [one.registration.company for one in meeting.people()]
    others = ", ".join(dict.fromkeys(one.told for one in names if one.pk != own.pk))
    if meeting.slot is None:
        return others
    slot = meeting.slot
    time = shown_time(slot.starts_at, slot.ends_at, zone=meeting.event.zone, reader=zone)
    return f"{others} · {time}"


def _others(meeting: Meeting, own: Registration) -> list[Company]:
    found = {one.registration.company.pk: one.registration.company for one in meeting.people()}
    found.pop(own.company_id, None)
    return list(found.values())


def _key_of(opportunity: Opportunity | None) -> Any:
    return opportunity.public_id if opportunity is not None else None


def _page(
    request: SignedInRequest, template: str, context: dict[str, Any], form: BaseForm
) -> HttpResponse:
    status = 422 if form.is_bound and form.errors else 200
    return render(
        request, f"marketplace/direct/{template}", {**context, "form": form}, status=status
    )
