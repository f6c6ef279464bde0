"""One's calendar addresses."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from chambers.api.account import LineField
from chambers.api.base import Resource
from chambers.models import Scope
from marketplace.models import CalendarFeed
from marketplace.services.feeds import open_feed, revoke_feed


class FeedOut(serializers.Serializer):
    """A calendar address without its secret."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    last_read_on = serializers.DateField(
        allow_null=True, help_text=_("The day on which a program read it last.")
    )
    revoked_at = serializers.DateTimeField(allow_null=True)


class NewFeedOut(FeedOut):
    """A calendar address at the one moment when it is known."""

    address = serializers.URLField(help_text=_("Shown only now: subscribe to it."))


class FeedIn(serializers.Serializer):
    """Where the calendar is read."""

    name = LineField(
        r"^[^\x00\n]{0,100}\Z",
        required=False,
        default="",
        allow_blank=True,
        trim_whitespace=False,
    )


class Feeds(Resource):
    """Addresses from which calendar programs read one's meetings; whoever has one reads them."""

    queryset = CalendarFeed.objects.none()
    tag = "meetings"
    read_scope = Scope.MEETINGS_READ
    write_scope = Scope.MEETINGS_WRITE
    # A feed outlives a token and asks for none.
    session_actions = ("create",)
    newest_first = True
    private = True

    @extend_schema(summary=_("List your calendar addresses"), responses=FeedOut(many=True))
    def list(self, request: Request) -> Response:
        """A page of them, newest first; the secrets are not kept."""
        rows = CalendarFeed.objects.visible_to(request.user)
        return self.pages(FeedOut(self.page(request, rows), many=True).data)

    @extend_schema(
        summary=_("Make a calendar address"), request=FeedIn, responses={201: NewFeedOut}
    )
    def create(self, request: Request) -> Response:
        """All your meetings, for a calendar program that subscribes to it."""
        asked = self.sent(request, FeedIn)
        feed, secret = open_feed(self.person(request), **asked)
        address = reverse("calendar-feed", kwargs={"secret": secret}, request=request)
        return Response({**FeedOut(feed).data, "address": address}, status=201)

    @extend_schema(summary=_("Revoke a calendar address"), responses={204: None})
    def destroy(self, request: Request, public_id: Any) -> Response:
        """From now on it answers with nothing."""
        rows = CalendarFeed.objects.visible_to(request.user)
        revoke_feed(get_object_or_404(rows, public_id=public_id))
        return Response(status=204)
