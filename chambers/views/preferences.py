"""What a reader chooses for themselves: the side they act for, the language, the theme."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from chambers.acting import SESSION_KEY
from chambers.http import PageRequest, SignedInRequest
from chambers.pages import in_language_of, sent_from, way_back
from chambers.services import people

YEAR = 365 * 24 * 3600  # seconds


@sent_from("home")
def acting(request: SignedInRequest) -> HttpResponse:
    """Act for another of one's own companies or chambers from now on."""
    chosen = request.POST.get("side", "")
    if chosen not in {side.key for side in request.acting.sides}:
        raise Http404
    request.session[SESSION_KEY] = chosen
    return redirect(way_back(cast("PageRequest", request)))


@require_POST
def language(request: PageRequest) -> HttpResponse:
    """Read the same page in another language; a person's choice holds on every device."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        raise Http404
    if request.user.is_authenticated:
        people.choose_language(request.user, chosen)
    response = redirect(in_language_of(way_back(request), chosen))
    _remember(response, settings.LANGUAGE_COOKIE_NAME, chosen)
    return response


@require_POST
def theme(request: PageRequest) -> HttpResponse:
    """Light or dark from now on, or as the system has it."""
    chosen = request.POST.get("theme", "")
    response = redirect(way_back(request))
    if chosen in ("light", "dark"):
        _remember(response, "theme", chosen)
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


def _remember(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=YEAR,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
