"""What every address of the REST door does alike, in whichever app it stands."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property
from django.utils.http import parse_etags
from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_real import parse_accept_lang_header
from rest_framework import serializers
from rest_framework.exceptions import (
    APIException,
    MethodNotAllowed,
    NotAuthenticated,
    ParseError,
    ValidationError,
)
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from chambers.api.pages import Pages
from chambers.api.schema import Schema
from chambers.models import SITE_LANGUAGES, Scope, User

if TYPE_CHECKING:
    from rest_framework.request import Request

VERSION = "1"
_NAME_LIMIT = 100  # characters of a name that are told back


class TooLargeError(APIException):
    """A body beyond ``DATA_UPLOAD_MAX_MEMORY_SIZE``."""

    status_code = 413
    default_detail = _("The body is too large.")
    default_code = "too_large"


class BodyParser(JSONParser):
    """JSON of bounded size and depth."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The body as Python data."""
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError(_("The body is nested too deeply.")) from error


class IdField(serializers.UUIDField):
    """A public id that a client sends; the framework's own refusal is not translated."""

    default_error_messages = {"invalid": _("This is not an id.")}


def language_asked(request: HttpRequest) -> str | None:
    """The first of the site's languages in ``Accept-Language``; None when it names none."""
    for wanted, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if wanted[:2].lower() in SITE_LANGUAGES:
            return wanted[:2].lower()
    return None


class Door(APIView):
    """One address: its language, its headers, its limit, its refusals.

    ``guests_read``, ``read_scope``, ``write_scope``, ``session_actions``: see
    ``ScopedPermission``. ``queries`` names, per action, the serializer of its query parameters;
    any other parameter is refused, so that a misspelt filter is not taken for none. ``words``
    names that of the body that a DELETE may have.
    """

    http_method_names = ["get", "head", "post", "patch", "delete"]
    parser_classes = [BodyParser]
    schema = Schema()

    tag: ClassVar[str] = ""
    guests_read: ClassVar[bool] = False
    read_scope: ClassVar[Scope | None] = None
    write_scope: ClassVar[Scope | None] = None
    session_actions: ClassVar[tuple[str, ...]] = ()
    queries: ClassVar[Mapping[str, type[serializers.Serializer]]] = {}
    words: ClassVar[Mapping[str, type[serializers.Serializer]]] = {}
    private: ClassVar[bool] = False  # answers that nobody may keep

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer in the language asked for, with times in UTC."""
        asked = language_asked(request)
        with (
            translation.override(asked or settings.LANGUAGE_CODE),
            timezone.override(dt.UTC),
        ):
            response = cast("Response", super().dispatch(request, *args, **kwargs))
            response["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
            response.render()
        response["API-Version"] = VERSION
        patch_vary_headers(response, ["Accept-Language", "Authorization", "Cookie"])
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store" if self.private else "private, no-cache"
        return self._unless_known(request, response)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Admit the request or refuse it; refusals count against the limit as well."""
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(request.method or "")
        self.format_kwarg = None
        chosen = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = chosen
        try:
            self.perform_authentication(request)
        finally:
            self.check_throttles(request)
        if request.user.is_authenticated and language_asked(request) is None:
            translation.activate(request.user.language)
        self.check_permissions(request)
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLargeError
        self._refuse_unknown_parameters(request)

    def asked(self, request: Request) -> dict[str, Any]:
        """The validated query parameters of this action; absent ones are absent."""
        query = self.queries[self._action()](data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        return dict(query.validated_data)

    def sent(
        self, request: Request, into: type[serializers.Serializer], **how: Any
    ) -> dict[str, Any]:
        """The validated body, read by a serializer.

        A field that it does not have is refused, so that a misspelt one is not taken for none.
        """
        body = into(data=request.data, **how)
        strange = list(_unknown(body, request.data))
        if strange:
            said = {name: _("There is no such field.") for name in sorted(strange)[:10]}
            raise ValidationError(said, "unknown_field")
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)

    def person(self, request: Request) -> User:
        """Who is signed in; a guest is refused, should the permission have let one through."""
        if not isinstance(request.user, User):
            raise NotAuthenticated
        return request.user

    def _action(self) -> str:
        return str(getattr(self, "action", ""))

    def _refuse_unknown_parameters(self, request: Request) -> None:
        query = self.queries.get(self._action())
        known = set(query().fields) if query else set()
        if self._action() == "list":
            known |= {"cursor", "page_size"}
        given = request.query_params
        strange = {name: _("There is no such parameter.") for name in set(given) - known}
        twice = {
            name: _("Give this parameter once.")
            for name in set(given) & known
            if len(given.getlist(name)) > 1
        }
        if strange:
            raise ValidationError(dict(sorted(strange.items())[:10]), "unknown_parameter")
        if twice:
            raise ValidationError(twice, "repeated_parameter")

    def _unless_known(self, request: HttpRequest, response: Response) -> HttpResponseBase:
        """``response``, or 304 when the client says it has exactly this."""
        if request.method not in ("GET", "HEAD") or response.status_code != 200:
            return response
        response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        known = [
            tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))
        ]
        if "*" not in known and response["ETag"] not in known:
            return response
        kept = ("ETag", "API-Version", "Vary", "Cache-Control", "Content-Language")
        return HttpResponseNotModified(headers={name: response[name] for name in kept})


def _unknown(shape: Any, data: Any, path: str = "") -> Iterator[str]:
    """Names in a body that its shape does not have, the parts of each joined by dots."""
    if isinstance(shape, serializers.ListSerializer) and isinstance(data, list):
        for one in data:
            yield from _unknown(shape.child, one, path)
    elif isinstance(shape, serializers.Serializer) and isinstance(data, Mapping):
        for name, value in data.items():
            # A half of a surrogate pair could not be told back.
            told = path + str(name)[:_NAME_LIMIT].encode(errors="replace").decode()
            if name in shape.fields:
                yield from _unknown(shape.fields[name], value, f"{told}.")
            else:
                yield told


class Resource(Door, GenericViewSet):
    """Rows of one kind. ``queryset`` is an empty default: each one starts from ``visible_to``."""

    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    newest_first: ClassVar[bool] = False
    pagination_class = Pages

    @cached_property
    def pager(self) -> Pages:
        """What cuts the list into pages."""
        return self.pagination_class()

    def page(self, request: Request, rows: Any) -> list[Any]:
        """The rows of the page that the request asks for."""
        return self.pager.paginate_queryset(rows, request, view=self)

    def pages(self, data: Any) -> Response:
        """The answer with one page of ``data``."""
        return self.pager.get_paginated_response(data)
