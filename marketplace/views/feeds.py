"""A person's meetings for calendar programs, which send no headers: the address is the key."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe

from chambers.gates.calendar import Method, calendar
from chambers.http import PageRequest
from marketplace.selectors.feeds import appointments_of, feed_of


@require_safe
def feed(request: PageRequest, secret: str) -> HttpResponse:
    """The calendar of whose secret it is; a revoked or unknown one is nothing."""
    found = feed_of(secret)
    if found is None:
        raise Http404
    with translation.override(found.person.language):
        content = calendar(appointments_of(found.person), method=Method.PUBLISH)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
