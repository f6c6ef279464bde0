"""How the addresses describe themselves in OpenAPI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

if TYPE_CHECKING:
    from chambers.api.base import Door

PROBLEM = "application/problem+json"
SCHEMES: list[dict[str, list[str]]] = [{"token": []}, {"cookieAuth": []}]


class FieldProblem(serializers.Serializer):
    """What is wrong with one value."""

    field = serializers.CharField(
        allow_blank=True, help_text=_("Its name, parts joined by dots; empty for the whole.")
    )
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer):
    """Why a request was refused, after RFC 9457."""

    type = serializers.URLField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text=_("For programs; never translated."))
    free = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        help_text=_("Slots that are still free, where the one asked for is taken."),
    )
    errors = FieldProblem(many=True, required=False)  # type: ignore[assignment]  # the framework takes fields out of the class


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes ``TokenAuthentication``."""

    target_class = "chambers.api.auth.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": str(_("A token with the scopes you need, from /api/v1/tokens/.")),
        }


class Schema(AutoSchema):
    """Adds what holds everywhere: problems, limits, conditional answers, the scope needed."""

    view: Door  # type: ignore[override]  # set by the framework before it asks

    def get_tags(self) -> list[str]:
        """The resource it belongs to."""
        return [self.view.tag]

    def get_serializer_name(self, serializer: Any, direction: str) -> str:
        """What clients call the shape of an answer: ``CompanyOut`` is their Company."""
        return type(serializer).__name__.removesuffix("Out")

    def resolve_serializer(self, serializer: Any, direction: Any, *args: Any, **kwargs: Any) -> Any:
        """What is sent has no other fields: ``Door.sent`` refuses them."""
        component = super().resolve_serializer(serializer, direction, *args, **kwargs)
        if direction == "request" and component.schema:
            component.schema["additionalProperties"] = False
        return component

    def _map_serializer_field(self, field: Any, direction: Any, *args: Any, **kwargs: Any) -> Any:
        """With the most rows that a list of rows may have, which the framework does not tell."""
        schema = super()._map_serializer_field(field, direction, *args, **kwargs)  # type: ignore[no-untyped-call]
        most = getattr(field, "max_length", None)
        if schema and most is not None and isinstance(field, serializers.ListSerializer):
            schema["maxItems"] = most
        return schema

    def get_auth(self) -> list[dict[str, list[str]]]:
        """A token, a session, or neither where guests may read."""
        session = getattr(self.view, "action", "") in self.view.session_actions
        allowed = [{"cookieAuth": []}] if session else SCHEMES
        guest: list[dict[str, list[str]]] = [{}]
        return [*allowed, *(guest if self.view.guests_read and self.method == "GET" else [])]

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """The operation with everything that holds everywhere."""
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        reads = self.method == "GET"
        scope = self.view.read_scope if reads else self.view.write_scope
        if scope is not None:
            needed = _("A token needs the scope %(scope)s.") % {"scope": f"`{scope.value}`"}
            operation["description"] = f"{operation.get('description', '')}\n\n{needed}".strip()
            operation["x-scope"] = scope.value
        # The framework documents no body of a DELETE.
        if (words := self.view.words.get(getattr(self.view, "action", ""))) is not None:
            shape = self.resolve_serializer(words, "request").ref
            operation["requestBody"] = {"content": {"application/json": {"schema": shape}}}
        responses = operation["responses"]
        if getattr(self.view, "action", "") == "list" and hasattr(self.view, "retrieve"):
            responses["200"]["links"] = {"first": self._link_to_first(operation["operationId"])}
        if reads:
            responses["304"] = {"description": str(_("You have it: the ETag is the same."))}
        problem = self.resolve_serializer(Problem, "response").ref
        for status, why in self._refusals(operation).items():
            responses[status] = {
                "description": str(why),
                "content": {PROBLEM: {"schema": problem}},
            }
        limited = {"description": str(_("Seconds to wait.")), "schema": {"type": "integer"}}
        responses["429"]["headers"] = {"Retry-After": limited}
        operation["responses"] = dict(sorted(responses.items()))
        return operation

    def _link_to_first(self, list_id: str) -> dict[str, Any]:
        """How a program goes from a list to the first of its rows."""
        first = "$response.body#/results/0/id"
        return {
            "operationId": f"{list_id.removesuffix('list')}retrieve",
            "parameters": {str(getattr(self.view, "lookup_field", "id")): first},
        }

    def _refusals(self, operation: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"400": _("A parameter or the body is wrong.")}
        found["401"] = _("No token or session, or one that does not hold.")
        found["403"] = _("Not allowed, or the token lacks the scope.")
        names = {one["name"]: one["in"] for one in operation.get("parameters", [])}
        if "path" in names.values():
            found["404"] = _("There is no such thing, or it is not for you.")
        elif "cursor" in names:
            found["404"] = _("There is no such page.")
        elif "requestBody" in operation:
            found["404"] = _("Something that the body names is missing, or not for you.")
        found["406"] = _("Only JSON is spoken here.")
        if self.method != "GET":
            found["409"] = _("It conflicts with what is stored.")
        if "requestBody" in operation:
            found["413"] = _("The body is too large.")
            found["415"] = _("Only JSON is understood here.")
        found["429"] = _("Too many requests.")
        found["503"] = _("Too much work or a short outage: try again.")
        return found
