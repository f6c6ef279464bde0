"""The page of a link from a mail: a question and a button, for whoever holds the link."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from chambers.forms.reasons import ReasonForm
from chambers.http import PageRequest
from chambers.services import links

GONE = (Http404, ObjectDoesNotExist, PermissionDenied)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def link(request: PageRequest, token: str) -> HttpResponse:
    """Ask what the link asks; a press of the button does it.

    A mail program that stops a subscription with one press (RFC 8058) sends no token of ours: only
    the right words open that way, and only to a purpose that may be done so.
    """
    if request.method == "POST" and request.POST.get("List-Unsubscribe") == "One-Click":
        return _answer(request, token, one_click=True)
    return _asked(request, token)


@csrf_protect
def _asked(request: PageRequest, token: str) -> HttpResponse:
    return _answer(request, token)


def _answer(request: PageRequest, token: str, *, one_click: bool = False) -> HttpResponse:
    try:
        found = links.read(token)
        timezone.activate(found.person.time_zone)
        if one_click and not found.purpose.one_click:
            raise PermissionDenied
        if request.method == "POST" and one_click:
            return _page(request, {"done": found.purpose.do(found.person, found.key)})
        return _question(request, found)
    except ValidationError as error:
        return _page(request, {"refusals": error.messages}, HTTPStatus.CONFLICT)
    except links.ExpiredLinkError:
        return _page(request, {"expired": True}, HTTPStatus.GONE)
    except (links.UnknownLinkError, *GONE):
        return _page(request, {}, HTTPStatus.NOT_FOUND)


def _question(request: PageRequest, found: links.Link) -> HttpResponse:
    """The question of a link; what was done, once its button is pressed."""
    purpose, pressed = found.purpose, request.method == "POST"
    form = None
    if purpose.reasons:
        form = ReasonForm(request.POST if pressed else None, choices=purpose.reasons)
    if pressed and (form is None or form.is_valid()):
        said = form.cleaned_data if form is not None else {}
        try:
            return _page(request, {"done": purpose.do(found.person, found.key, **said)})
        except ValidationError as error:
            if form is None or not hasattr(error, "error_dict"):
                raise
            form.add_error(None, error)
    question = purpose.asks(found.person, found.key)
    context = {"question": question, "person": found.person, "form": form}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if pressed else HTTPStatus.OK
    return _page(request, context, status)


def _page(
    request: PageRequest, context: dict[str, Any], status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    response = render(request, "chambers/link.html", context, status=status)
    # The address is told to nobody else; with no-referrer a browser would not even tell us where
    # the press of the button comes from, and it would be refused as forged.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response
