"""The screen in the hall: no sign-in on that machine, so the address is the key."""

from __future__ import annotations

import time

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from chambers.http import PageRequest
from chambers.models import SITE_LANGUAGES
from marketplace.selectors.display import display_of, shown_in_hall

SECONDS = 30  # a screen is drawn anew


@require_safe
def display(request: PageRequest, secret: str) -> HttpResponse:
    """Tables and companies of now and next; a closed or unknown address is nothing.

    ``?lang=`` keeps one language, else they take turns; ``?hall=`` shows one hall.
    """
    event = display_of(secret)
    if event is None:
        raise Http404
    turn, languages = int(time.time()) // SECONDS, list(SITE_LANGUAGES)
    asked = request.GET.get("lang", "")
    language = asked if asked in languages else languages[turn % len(languages)]
    if language != asked:  # each part is shown in all languages before the next
        turn //= len(languages)
    with translation.override(language):
        name, name_language = event.named(language)
        context = {
            "shown": shown_in_hall(event, hall=request.GET.get("hall", ""), turn=turn),
            "name": name,
            "name_language": name_language,
            "seconds": SECONDS,
        }
        response = render(request, "marketplace/display.html", context)
    response["Content-Language"] = language
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
