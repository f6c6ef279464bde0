"""Pages for what went wrong, none of which needs the database; programs get problem+json."""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token
from django_htmx.http import HttpResponseClientRefresh

from chambers.http import PageRequest


def _answer(request: HttpRequest, status: HTTPStatus, template: str = "") -> HttpResponse:
    if request.path.startswith("/api/"):
        problem = {"type": "about:blank", "title": status.phrase, "status": status.value}
        return JsonResponse(problem, status=status, content_type="application/problem+json")
    return render(request, template or f"{status.value}.html", status=status)


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, HTTPStatus.BAD_REQUEST)


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, HTTPStatus.FORBIDDEN)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, HTTPStatus.NOT_FOUND)


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """What Django calls while it handles an exception: a database too busy is no fault of ours."""
    if not isinstance(sys.exception(), OperationalError):
        return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR)
    answer = _answer(request, HTTPStatus.SERVICE_UNAVAILABLE)
    answer["Retry-After"] = "5"
    return answer


@requires_csrf_token
def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form older than its session: a whole page says so, a fragment reloads and says so there."""
    if getattr(request, "htmx", None):
        messages.warning(cast("PageRequest", request), _("Your session ended. Try again."))
        return HttpResponseClientRefresh()
    return _answer(request, HTTPStatus.FORBIDDEN, "403_csrf.html")
