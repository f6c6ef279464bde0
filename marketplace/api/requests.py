"""Requests for meetings: one company asks another."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.base import Resource
from chambers.models import Scope
from marketplace.api.parts import EventPart, SidePart, SlotPart
from marketplace.models import MeetingRequest, Registration


class RequestOut(serializers.Serializer):
    """A request for a meeting and how it stands; it holds no time and no table."""

    id = serializers.UUIDField(source="public_id")
    event = EventPart()
    requester = SidePart()
    partner = SidePart()
    wish = serializers.ChoiceField(MeetingRequest.Wish.values)
    wish_label = serializers.CharField(source="get_wish_display")
    message = serializers.CharField(allow_blank=True)
    opportunity = serializers.CharField(
        source="opportunity.reference",
        default="",
        allow_blank=True,
        help_text=_("The reference number of the offer or request it is about."),
    )
    slots = SlotPart(many=True, help_text=_("Acceptable times; empty: any."))
    status = serializers.ChoiceField(MeetingRequest.Status.values)
    status_label = serializers.CharField(source="get_status_display")
    answer_from = serializers.UUIDField(
        source="answer_from.public_id",
        default=None,
        allow_null=True,
        help_text=_("The registration that has to answer."),
    )
    reason = serializers.CharField(allow_blank=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    meeting = serializers.UUIDField(source="meeting.public_id", default=None, allow_null=True)


class RequestQuery(serializers.Serializer):
    """Which requests."""

    event = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(MeetingRequest.Status.values, required=False)
    box = serializers.ChoiceField(
        ["sent", "received"], required=False, help_text=_("As one's own companies see them.")
    )


class Requests(Resource):
    """Requests that one's companies sent or got, and those of events that one looks after."""

    queryset = MeetingRequest.objects.none()
    tag = "meetings"
    read_scope = Scope.MEETINGS_READ
    write_scope = Scope.MEETINGS_WRITE
    queries = {"list": RequestQuery}
    newest_first = True

    @extend_schema(
        summary=_("List requests for meetings"),
        parameters=[RequestQuery],
        responses=RequestOut(many=True),
    )
    def list(self, request: Request) -> Response:
        """A page of requests, newest first."""
        asked, rows = self.asked(request), MeetingRequest.objects.visible_to(request.user)
        if "event" in asked:
            rows = rows.filter(event__public_id=asked["event"])
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        if "box" in asked:
            mine = Registration.objects.run_by(request.user).values("pk")
            side = "requester" if asked["box"] == "sent" else "partner"
            rows = rows.filter(Q(**{f"{side}__in": mine}))
        return self.pages(RequestOut(self.page(request, _joined(rows)), many=True).data)

    @extend_schema(summary=_("Read a request for a meeting"), responses=RequestOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """One request."""
        return Response(RequestOut(self._found(request, public_id)).data)

    def _found(self, request: Request, public_id: Any) -> MeetingRequest:
        rows = _joined(MeetingRequest.objects.visible_to(request.user))
        found: MeetingRequest = get_object_or_404(rows, public_id=public_id)
        return found


def _joined(rows: QuerySet[MeetingRequest]) -> QuerySet[MeetingRequest]:
    return rows.select_related(
        "event",
        "requester__company__country",
        "partner__company__country",
        "opportunity",
        "answer_from",
        "meeting",
    ).prefetch_related("slots")
