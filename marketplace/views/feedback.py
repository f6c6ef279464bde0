"""After a meeting: whether it took place, and what came of it."""

from __future__ import annotations

import uuid
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chambers.http import SignedInRequest
from chambers.pages import sent_from
from marketplace.forms.feedback import FeedbackForm
from marketplace.models import Feedback
from marketplace.selectors.agenda import with_people
from marketplace.selectors.feedback import look_back, look_back_on, open_questions, past_meetings
from marketplace.services import feedback as services
from marketplace.services import feedback_links
from marketplace.views.acting import (
    carried_out,
    carried_out_or_said,
    desk_context,
    form_page,
    sent,
)
from marketplace.views.meetings import find_meeting

__all__ = ["feedback_links", "give", "overview", "say"]
SHOWN = 20  # meetings on a page


@require_safe
@login_required
def overview(request: SignedInRequest) -> HttpResponse:
    """The meetings of one's company that are over, and what is still asked of them."""
    company = request.acting.company
    if company is None:
        raise Http404
    rows = with_people(past_meetings(company, request.user)).select_related("dispute")
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "past": look_back(list(page), company, request.user.time_zone),
        "waiting": len(open_questions(company, request.user)),
        "address": "?",
    }
    return render(request, "marketplace/after/meetings.html", context)


@sent_from("past-meetings")
def say(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """One tap: it took place, they did not come, or we did not."""
    found, own = find_meeting(request, public_id)
    request.acting.demand_editor()
    said = request.POST.get("said", "")
    if said not in Feedback.Said.values:
        messages.error(request, _("Choose one of the three answers."))
        return redirect("meeting-feedback", found.public_id)
    change = partial(services.say_what_happened, found, said, own=own)
    carried_out_or_said(
        request, change, _("Noted: %(said)s.") % {"said": Feedback.Said(said).label}
    )
    return redirect("meeting-feedback", found.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def give(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """What came of a meeting; an agreement leads on to the report of the paper."""
    found, own = find_meeting(request, public_id)
    after = look_back_on(found, own, request.user.time_zone)
    if after is None:
        messages.info(request, _("After the meeting you can say here how it went."))
        return redirect("meeting", found.public_id)
    if request.method == "POST":
        request.acting.demand_editor()
    form = FeedbackForm(sent(request), after=after)
    change = partial(services.give_feedback, found, own=own, by=request.user)
    if carried_out(form, change):
        latest = form.cleaned_data.get("third") or form.cleaned_data.get("second")
        if latest == Feedback.Second.AGREED:
            messages.success(request, _("Noted. Now say which paper you signed."))
            return redirect(f"{reverse('outcome-new')}?meeting={found.public_id}")
        messages.success(request, _("Noted. The other side does not read it."))
        return redirect("past-meetings")
    context = {**desk_context(request, own.event, own), "own": own, "after": after, "form": form}
    return form_page(request, "feedback.html", context, form)
