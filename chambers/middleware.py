"""What every page needs: for whom the reader acts, and privacy of what they are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django_htmx.http import HttpResponseClientRedirect

from chambers.acting import Acting, acting_for
from chambers.http import PageRequest

GetResponse = Callable[[HttpRequest], HttpResponse]


class ActingMiddleware:
    """Sets ``request.acting``, the person's zone, and their language where no path names one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        page = cast("PageRequest", request)
        page.acting = cast(
            "Acting", SimpleLazyObject(lambda: acting_for(request.user, request.session))
        )
        if not request.user.is_authenticated:
            return self.get_response(request)
        if translation.get_language_from_path(request.path_info) is None:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(request.user.time_zone):
            return self.get_response(request)


class PrivatePagesMiddleware:
    """One address has two bodies (page, fragment), and neither belongs in a shared cache."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
            if "Cache-Control" not in response:
                private = request.user.is_authenticated if hasattr(request, "user") else False
                response["Cache-Control"] = "private, no-store" if private else "private, no-cache"
        htmx = getattr(request, "htmx", None)
        if htmx and response.status_code == 302 and "/accounts/login/" in response["Location"]:
            # Without this the sign-in page would be swapped into a card.
            return HttpResponseClientRedirect(response["Location"])
        return response


class CompressedPagesMiddleware(GZipMiddleware):
    """Pages leave compressed; on a phone's line that is what they cost most.

    Pages alone: files are compressed already, and an API's strong ETag would turn weak. What a page
    keeps secret does not show in its length: the token against forged requests is masked anew in
    each answer, and up to 100 random bytes are added to it (BREACH).
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
