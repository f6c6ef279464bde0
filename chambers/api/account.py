"""Oneself and one's tokens."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.acting import Side, sides_of
from chambers.api.base import Door, Resource
from chambers.models import SITE_LANGUAGES, ApiToken, Scope
from chambers.services.people import LONGEST_TOKEN, issue_token, revoke_token


class TokenOut(serializers.Serializer):
    """A token without its key."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    key_starts_with = serializers.CharField(source="token_key")
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.values))
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry")
    last_used_on = serializers.DateField(
        allow_null=True, help_text=_("The day on which a program used it last.")
    )


class NewTokenOut(TokenOut):
    """A token at the one moment when its key is known."""

    key = serializers.CharField(help_text=_("Shown only now: keep it."))


class LineField(serializers.RegexField):
    """Text only: the framework would also take a number for it."""

    def to_internal_value(self, data: Any) -> str:
        """The text as it is."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class NumberField(serializers.IntegerField):
    """A number only: the framework would also take text for it."""

    def to_internal_value(self, data: Any) -> int:
        """The number as it is."""
        if not isinstance(data, (int, float)):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class TickField(serializers.BooleanField):
    """True or false only: the framework would also take numbers and words for them."""

    def to_internal_value(self, data: Any) -> bool:
        """The value as it is."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class TokenIn(serializers.Serializer):
    """What a new token is for."""

    name = LineField(
        r"^(?=.*\S)[^\x00\n]{1,100}$", trim_whitespace=False, help_text=_("What uses this token.")
    )
    scopes = serializers.ListField(
        child=serializers.ChoiceField(Scope.values),
        min_length=1,
        max_length=len(Scope.values),
        help_text=_("What it may be used for."),
    )
    days = NumberField(
        min_value=1,
        max_value=LONGEST_TOKEN.days,
        default=90,
        help_text=_("How many days it lives."),
    )


class Tokens(Resource):
    """One's own tokens. A token sees and ends only itself, and makes no other."""

    queryset = ApiToken.scoped.none()
    tag = "account"
    session_actions = ("create",)
    newest_first = True
    private = True

    def rows(self, request: Request) -> QuerySet[ApiToken]:
        """One's tokens; with a token, that one."""
        rows = ApiToken.scoped.visible_to(request.user)
        return rows.filter(pk=request.auth.pk) if isinstance(request.auth, ApiToken) else rows

    @extend_schema(summary=_("List your tokens"), responses=TokenOut(many=True))
    def list(self, request: Request) -> Response:
        """A page of tokens, newest first."""
        return self.pages(TokenOut(self.page(request, self.rows(request)), many=True).data)

    @extend_schema(summary=_("Make a token"), request=TokenIn, responses={201: NewTokenOut})
    def create(self, request: Request) -> Response:
        """A new token with its key, which is shown only now."""
        wanted = self.sent(request, TokenIn)
        token, key = issue_token(self.person(request), **wanted)
        return Response({**TokenOut(token).data, "key": key}, status=201)

    @extend_schema(summary=_("Revoke a token"), responses={204: None})
    def destroy(self, request: Request, public_id: Any) -> Response:
        """End a token at once."""
        revoke_token(get_object_or_404(self.rows(request), public_id=public_id))
        return Response(status=204)


class SideOut(serializers.Serializer):
    """A company or chamber that a person may act for."""

    kind = serializers.ChoiceField(["company", "chamber"])
    id = serializers.UUIDField()
    name = serializers.CharField()
    may_edit = serializers.BooleanField()


class MeOut(serializers.Serializer):
    """The person behind the token or session."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    email = serializers.EmailField()
    language = serializers.ChoiceField(SITE_LANGUAGES)
    time_zone = serializers.CharField()
    sides = SideOut(many=True)
    token = TokenOut(allow_null=True)


class Me(Door):
    """Oneself."""

    tag = "account"
    private = True

    @extend_schema(summary=_("Read who you are and for whom you act"), responses=MeOut)
    def get(self, request: Request) -> Response:
        """The person, the sides they may act for, and the token in use."""
        person = self.person(request)
        answer = {
            "public_id": person.public_id,
            "name": person.name,
            "email": person.email,
            "language": person.language,
            "time_zone": person.time_zone,
            "sides": [_side(one) for one in sides_of(person)],
            "token": request.auth,
        }
        return Response(MeOut(answer).data)


def _side(side: Side) -> dict[str, Any]:
    kind, _, public_id = side.key.partition(":")
    return {"kind": kind, "id": public_id, "name": side.name, "may_edit": side.may_edit}
