"""How the REST door says no, describes itself, and answers where there is nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from math import ceil
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.core.exceptions import ValidationError as ModelError
from django.core.signals import got_request_exception
from django.db import DataError, IntegrityError, OperationalError
from django.db.models import BaseConstraint, UniqueConstraint
from django.http import Http404
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.generators import SchemaGenerator
from psycopg.errors import QueryCanceled
from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.settings import api_settings

from chambers.api.base import Door
from chambers.api.schema import PROBLEM

log = logging.getLogger(__name__)

# What the last part of a problem's ``type`` stands for; the documentation explains each.
TITLES = {
    400: ("invalid", gettext_lazy("The request is wrong")),
    401: ("unauthenticated", gettext_lazy("Who are you?")),
    403: ("forbidden", gettext_lazy("Not allowed")),
    404: ("not-found", gettext_lazy("Not found")),
    405: ("method-not-allowed", gettext_lazy("Not possible here")),
    406: ("not-acceptable", gettext_lazy("Only JSON is spoken here")),
    409: ("conflict", gettext_lazy("A conflict with what is stored")),
    413: ("too-large", gettext_lazy("Too large")),
    415: ("unsupported-media-type", gettext_lazy("Only JSON is understood here")),
    429: ("throttled", gettext_lazy("Too many requests")),
    500: ("internal-error", gettext_lazy("An error of ours")),
    503: ("unavailable", gettext_lazy("Not available right now")),
}

# Codes of services that refuse because of the present state, not because of what was sent.
STATE_CODES = {
    "not_for_topic",
    "other_wordings",
    "over",
    "bad_transition",
    "already_decided",
    "already_meeting",
    "no_common_time",
    "no_table",
    "not_waiting",
    "not_open",
    "no_route",
    "registration_closed",
    "requests_closed",
    "has_meeting",
    "has_meetings",
    "not_begun",
    "not_placed",
    "frozen",
    "locked",
    "too_many_moves",
    "being_proposed",
    "not_here",
    "no_plan",
    "superseded",
    "changed_meanwhile",
    "order",
    "gone",
    "known_already",
    "not_closed",
    "not_published",
    "not_editable",
    "decided",
    "too_early",
    "too_late",
    "already_answered",
    "last_main_contact",
    "too_many_searches",
    "blocked",
}
# Codes of services that hold a company back for a while; their ``wait`` is how many seconds.
BRAKES = {"too_many_new"}


@dataclass(frozen=True)
class Refusal:
    """What a problem answer says: ``errors`` are (field, code, text)."""

    status: int
    code: str
    detail: str
    errors: list[tuple[str, str, str]] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    free: list[str] = field(default_factory=list)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response:
    """Any error as problem+json, after RFC 9457; what nobody foresaw is logged and is a 500."""
    refusal = refusal_of(error)
    if refusal.status == 500:
        request = context.get("request")
        log.error("The REST door failed.", exc_info=error)
        got_request_exception.send(sender=Door, request=request)
    slug, title = TITLES[refusal.status]
    body: dict[str, Any] = {
        "type": f"{settings.BASE_URL}/api/docs/#{slug}",
        "title": str(title),
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
    }
    if refusal.errors:
        body["errors"] = [
            {"field": name, "code": code, "detail": detail} for name, code, detail in refusal.errors
        ]
    if refusal.free:
        body["free"] = refusal.free
    return Response(body, refusal.status, headers=dict(refusal.headers), content_type=PROBLEM)


def refusal_of(error: Exception) -> Refusal:
    """What to tell the client about ``error``."""
    match error:
        case Http404():
            # One answer for what is missing and for what is not the reader's.
            return Refusal(404, "not_found", _("There is no such thing, or it is not for you."))
        case ModelError():
            found = _invalid(list(_model_errors(error)))
            return replace(found, free=_free(error), headers=_wait(error))
        case exceptions.ValidationError():
            return _invalid(list(_flat(error.detail)))
        case exceptions.APIException():
            return _known(error)
        case PermissionDenied():
            return Refusal(403, "permission_denied", str(error) or _("You may not do this."))
        case IntegrityError():
            return _conflict(error)
        case OperationalError() if isinstance(error.__cause__, QueryCanceled):
            text = _("This took too long: ask for less.")
            return Refusal(503, "timeout", text, headers={"Retry-After": "5"})
        case OperationalError():
            text = _("The database does not answer: try again soon.")
            return Refusal(503, "unavailable", text, headers={"Retry-After": "5"})
        case DataError():
            return Refusal(400, "invalid", _("A value is out of range."))
    return Refusal(500, "internal_error", _("This is our fault. We have been told of it."))


def _free(error: ModelError) -> list[str]:
    """The slots that a refusal ``taken`` offers instead, by their public ids."""
    params = getattr(error, "params", None) or {}
    return list(params.get("free", []))


def _wait(error: ModelError) -> dict[str, str]:
    """When a company that is held back may go on."""
    params = getattr(error, "params", None) or {}
    return {"Retry-After": str(ceil(params["wait"]))} if "wait" in params else {}


def _invalid(errors: list[tuple[str, str, str]]) -> Refusal:
    whole = [one for one in errors if not one[0]]
    _name, code, detail = (whole or errors or [("", "invalid", "")])[0]
    if not whole:
        detail = _("Please correct what is listed.")
    codes = {code for _name, code, _text in errors}
    status = 409 if codes and codes <= _conflicts() else 400
    if codes and codes <= BRAKES:
        status = 429
    return Refusal(status, code, detail, errors)


def _known(error: exceptions.APIException) -> Refusal:
    headers = {}
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait))
    if (challenge := getattr(error, "auth_header", None)) is not None:
        headers["WWW-Authenticate"] = challenge
    code = error.get_codes()
    status = error.status_code if error.status_code in TITLES else 400
    return Refusal(status, code if isinstance(code, str) else "invalid", str(error), [], headers)


def _conflict(error: IntegrityError) -> Refusal:
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    broken = _constraints().get(name or "")
    if broken is None or broken.violation_error_message == broken.default_violation_error_message:
        return Refusal(409, "conflict", _("This conflicts with what is stored."))
    return Refusal(
        409, broken.violation_error_code or "conflict", str(broken.violation_error_message)
    )


@cache
def _constraints() -> dict[str, BaseConstraint]:
    """Each named constraint of the database that is declared in a model."""
    return {
        constraint.name: constraint
        for model in apps.get_models()
        for constraint in model._meta.constraints  # noqa: SLF001 - public by Django's documentation
    }


@cache
def _conflicts() -> set[str]:
    """Codes that say "not as things stand": a check before the save and the database agree."""
    once = (UniqueConstraint, ExclusionConstraint)
    unique = [one for one in _constraints().values() if isinstance(one, once)]
    return STATE_CODES | {one.violation_error_code for one in unique if one.violation_error_code}


def _model_errors(error: ModelError) -> Iterator[tuple[str, str, str]]:
    if not hasattr(error, "error_dict"):
        for one in error.error_list:
            yield "", one.code or "invalid", str(one.messages[0])
        return
    for name, found in error.error_dict.items():
        for one in found:
            shown = "" if name == NON_FIELD_ERRORS else name
            yield shown, one.code or "invalid", str(one.messages[0])


def _flat(detail: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            part = "" if name == api_settings.NON_FIELD_ERRORS_KEY else str(name)
            yield from _flat(inner, ".".join(filter(None, [path, part])))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _flat(inner, path)
    else:
        yield path, getattr(detail, "code", "invalid"), str(detail)


class AnyAccept(BaseContentNegotiation):
    """JSON whatever the client says it accepts: for answers that are JSON by nature."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The only one."""
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        """The only one."""
        return renderers[0], renderers[0].media_type


class SchemaJSONRenderer(JSONRenderer):
    """JSON under the name that OpenAPI documents have."""

    media_type = "application/vnd.oai.openapi+json"


@cache
def document(language: str) -> dict[str, Any]:
    """The OpenAPI document with its texts in ``language``; made once per process."""
    with translation.override(language):
        generator = SchemaGenerator()  # type: ignore[no-untyped-call]
        made: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        return made


class SchemaView(Door):
    """The OpenAPI 3 document."""

    guests_read = True
    schema = None  # type: ignore[assignment]  # not part of the document
    renderer_classes = [JSONRenderer, SchemaJSONRenderer]

    def get(self, request: Request) -> Response:
        """The document in the reader's language."""
        return Response(document(translation.get_language() or settings.LANGUAGE_CODE))


class Entrance(Door):
    """Where everything is."""

    guests_read = True
    schema = None  # type: ignore[assignment]  # not part of the document

    def get(self, request: Request) -> Response:
        """The addresses of the resources, of the schema and of the documentation."""
        names = {
            "chambers": "api-chamber-list",
            "companies": "api-company-list",
            "opportunities": "api-opportunity-list",
            "interests": "api-interest-list",
            "searches": "api-search-list",
            "conversations": "api-conversation-list",
            "join_requests": "api-join-request-list",
            "events": "api-event-list",
            "registrations": "api-registration-list",
            "requests": "api-request-list",
            "meetings": "api-meeting-list",
            "outcomes": "api-outcome-list",
            "calendars": "api-feed-list",
            "timetables": "api-timetable-list",
            "runs": "api-run-list",
            "tokens": "api-token-list",
            "me": "api-me",
            "schema": "api-schema",
            "documentation": "api-docs",
        }
        return Response({key: reverse(name, request=request) for key, name in names.items()})


class Nothing(Door):
    """Any other address below /api/: refused as everything here is, whoever asks."""

    schema = None  # type: ignore[assignment]  # not part of the document
    content_negotiation_class = AnyAccept
    permission_classes = []

    def get(self, request: Request, rest: str) -> Response:
        """No such thing."""
        raise Http404

    post = patch = delete = get
