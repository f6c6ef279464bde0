"""Messages of the company one acts for: read, answered, blocked, reported."""

from __future__ import annotations

import uuid
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from chambers.http import SignedInRequest
from chambers.models import Company
from chambers.pages import page_of, sent_from
from marketplace.forms.conversations import MessageForm, ReportForm
from marketplace.models import Conversation, Meeting, Message, Opportunity
from marketplace.selectors.conversations import (
    blockable_by,
    blocks_of,
    conversations_of,
    has_blocked,
    lines_of,
    messages_of,
    partner_behind,
    partner_in,
)
from marketplace.selectors.shown import shown_opportunity
from marketplace.services import conversations as services
from marketplace.services.conversations import NOTHING, Item
from marketplace.views.acting import carried_out, sent


@require_safe
@login_required
@never_cache
def conversations(request: SignedInRequest) -> HttpResponse:
    """All conversations of the company one acts for, and whom it has blocked."""
    company = request.acting.company
    if company is None:
        return render(request, "matching/no_company.html")
    page = page_of(request, conversations_of(company, request.user))
    context = {
        "page": page,
        "lines": lines_of(list(page.object_list), company),
        "blocks": blocks_of(company),
    }
    return render(request, "marketplace/messages/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def conversation(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """One conversation, with a field to write on."""
    found, company = _find(request, public_id)
    form = MessageForm(sent(request))
    if form.is_bound:
        request.acting.demand_editor()
        write = partial(services.write_message, found, company=company, by=request.user)
        if carried_out(form, write) is not None:
            return redirect("conversation", found.public_id)
    other = found.other_side(company)
    written = messages_of(found)
    readings = {one.person_id: one.read_at for one in found.readings.all()}
    seen = readings.get(request.user.pk)
    context = {
        "conversation": found,
        "other": other,
        "own": company,
        "written": written,
        "unread": any(
            one.company_id != company.pk and (seen is None or one.sent_at > seen) for one in written
        ),
        "blocked": has_blocked(company, other),
        "form": form,
        **_item_of(found, request),
    }
    status = 422 if form.is_bound else 200
    return render(request, "marketplace/messages/conversation.html", context, status=status)


def _item_of(found: Conversation, request: SignedInRequest) -> dict[str, object]:
    if found.opportunity is None:
        return {"meeting": found.meeting}
    return {"opportunity": shown_opportunity(found.opportunity, request.user)}


@sent_from("conversations")
def read(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Note that all of a conversation is read; the page of it sends this by itself."""
    found, _company = _find(request, public_id)
    services.read_conversation(found, by=request.user)
    if request.htmx:
        return HttpResponse(status=200)
    return redirect("conversation", found.public_id)


@sent_from("conversations")
def block(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take no messages of a company any more, or take them again."""
    company = request.acting.company
    if company is None:
        raise Http404
    other = get_object_or_404(blockable_by(company, request.user), public_id=public_id)
    request.acting.demand_editor()
    lift = request.POST.get("lift") == "yes"
    change = services.unblock_company if lift else services.block_company
    try:
        change(company, other, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request,
            _("Their messages reach you again.")
            if lift
            else _("Blocked. No messages pass between you; they are not told."),
        )
    return redirect("conversations")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def report(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a message of another company to the chambers."""
    own = Conversation.objects.visible_to(request.user)
    rows = Message.objects.filter(conversation__in=own.values("pk"))
    message = get_object_or_404(rows.select_related("conversation", "company"), public_id=public_id)
    company = request.acting.company
    if company is None or message.company_id == company.pk:
        raise Http404
    request.acting.demand_editor()
    form = ReportForm(sent(request))
    change = partial(services.report_message, message, company=company, by=request.user)
    if carried_out(form, change) is not None:
        messages.success(request, _("Reported. Your chamber reads it and looks into it."))
        return redirect("conversation", message.conversation.public_id)
    context = {"form": form, "message": message}
    status = 422 if form.is_bound else 200
    return render(request, "marketplace/messages/report.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def write_to_company(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Write to a company, about nothing in particular."""
    rows = Company.objects.visible_to(request.user).select_related("country")
    return _new(request, get_object_or_404(rows, public_id=public_id), NOTHING)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def write_about_opportunity(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Write to the company of an opportunity about it; of an anonymous one there is none."""
    rows = Opportunity.objects.visible_to(request.user)
    opportunity = get_object_or_404(rows, public_id=public_id)
    partner = partner_behind(opportunity, request.user)
    if partner is None:
        raise Http404
    return _new(request, partner, Item(opportunity=opportunity))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def write_about_meeting(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Write to the partner of a meeting about it."""
    rows = Meeting.objects.run_by(request.user)
    meeting = get_object_or_404(rows, public_id=public_id)
    partner = partner_in(meeting, request.acting.company)
    if partner is None:
        raise Http404
    return _new(request, partner, Item(meeting=meeting))


def _new(request: SignedInRequest, partner: Company, about: Item) -> HttpResponse:
    company = request.acting.company
    if company is None or company.pk == partner.pk:
        raise Http404
    request.acting.demand_editor()
    form = MessageForm(sent(request))
    begin = partial(services.begin_conversation, company, partner, by=request.user, about=about)
    made = carried_out(form, begin)
    if made is not None:
        return redirect("conversation", made.conversation.public_id)
    context = {
        "form": form,
        "other": partner,
        "opportunity": about.opportunity,
        "meeting": about.meeting,
        "most": services.MOST_NEW,
    }
    status = 422 if form.is_bound else 200
    return render(request, "marketplace/messages/new.html", context, status=status)


def _find(request: SignedInRequest, public_id: uuid.UUID) -> tuple[Conversation, Company]:
    """The conversation of an address, and the company as which this reader takes part."""
    rows = Conversation.objects.visible_to(request.user).select_related(
        "asker__country", "partner__country", "opportunity", "meeting__event"
    )
    found = get_object_or_404(rows, public_id=public_id)
    company = request.acting.company
    if company is None or company.pk not in (found.asker_id, found.partner_id):
        raise Http404
    return found, company
