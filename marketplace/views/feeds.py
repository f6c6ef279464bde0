"""A person's meetings for calendar programs, which send no headers: the address is the key."""

from __future__ import annotations

import uuid
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from chambers.gates.calendar import Method, calendar
from chambers.http import PageRequest, SignedInRequest
from chambers.pages import sent_from
from marketplace.forms import FeedForm
from marketplace.models import CalendarFeed
from marketplace.selectors.feeds import appointments_of, feed_of
from marketplace.services.feeds import note_reading, open_feed, revoke_feed
from marketplace.views.acting import carried_out, sent


@require_safe
def feed(request: PageRequest, secret: str) -> HttpResponse:
    """The calendar of whose secret it is; a revoked or unknown one is nothing."""
    found = feed_of(secret)
    if found is None:
        raise Http404
    note_reading(found)
    with translation.override(found.person.language):
        content = calendar(appointments_of(found.person), method=Method.PUBLISH)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def calendars(request: SignedInRequest) -> HttpResponse:
    """One's addresses; a new one is shown in the answer to its making and never again."""
    form, address = FeedForm(sent(request)), ""
    made = carried_out(form, partial(open_feed, request.user))
    if made is not None:
        _feed, secret = made
        address = request.build_absolute_uri(reverse("calendar-feed", args=[secret]))
        form = FeedForm()
    context = {
        "form": form,
        "address": address,
        "webcal": "webcal:" + address.partition(":")[2],
        "feeds": CalendarFeed.objects.visible_to(request.user).open(),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "marketplace/calendars.html", context, status=status)


@sent_from("calendars")
def revoke(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Let an address of one's own answer no more."""
    rows = CalendarFeed.objects.visible_to(request.user)
    revoke_feed(get_object_or_404(rows, public_id=public_id))
    messages.success(request, _("Revoked. The address answers no more."))
    return redirect("calendars")
