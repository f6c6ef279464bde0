"""Requests for meetings and the meetings themselves, for both companies and the event's staff."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.account import LineField
from chambers.api.base import Resource
from chambers.models import Scope
from marketplace.api.parts import AttenderPart, EventPart, SidePart, SlotPart, TablePart
from marketplace.models import Event, Meeting, Participant, Registration
from marketplace.services import meetings as services

_PEOPLE = ("host", "guest")


class MeetingOut(serializers.Serializer):
    """A meeting: who, when and where, and how it stands."""

    id = serializers.UUIDField(source="public_id")
    event = EventPart()
    request = serializers.UUIDField(source="request.public_id", default=None, allow_null=True)
    status = serializers.ChoiceField(Meeting.Status.values)
    status_label = serializers.CharField(source="get_status_display")
    host = AttenderPart()
    guest = AttenderPart()
    others = AttenderPart(many=True)
    slot = SlotPart(allow_null=True)
    table = TablePart(allow_null=True)
    interpreter = serializers.CharField(source="interpreter.name", default="", allow_blank=True)
    link = serializers.CharField(allow_blank=True)
    sequence = serializers.IntegerField(
        help_text=_("Rises with each change of time, place or state.")
    )
    locked = serializers.BooleanField(help_text=_("No timetable moves it."))
    host_attendance = serializers.ChoiceField(Meeting.Attendance.values)
    guest_attendance = serializers.ChoiceField(Meeting.Attendance.values)
    cancelled_at = serializers.DateTimeField(allow_null=True)
    cancelled_side = SidePart(
        allow_null=True, help_text=_("Who cancelled; null for the organiser, or for nobody.")
    )
    reason = serializers.CharField(allow_blank=True)

    def to_representation(self, instance: Meeting) -> dict[str, Any]:
        """People of the other side have no name before both agreed; staff of the event read all."""
        told: dict[str, Any] = super().to_representation(instance)
        reader = self.context.get("reader")
        if reader is None or instance.is_agreed:
            return told
        if "served" not in self.context:  # asked once for a whole page
            served = Event.objects.served_by(reader).values_list("pk", flat=True)
            own = Registration.objects.run_by(reader).values_list("public_id", flat=True)
            kept = cast("dict[str, Any]", self.context)
            kept.update(served=set(served), own={str(one) for one in own})
        if instance.event_id in self.context["served"]:
            return told
        for person in (told["host"], told["guest"], *told["others"]):
            if str(person["side"]["id"]) not in self.context["own"]:
                person["name"] = person["position"] = ""
        return told


class MeetingQuery(serializers.Serializer):
    """Which meetings."""

    event = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(Meeting.Status.values, required=False)
    registration = serializers.UUIDField(
        required=False, help_text=_("Meetings of this company at an event.")
    )


class CancellationIn(serializers.Serializer):
    """Why a meeting is off; the other side reads it."""

    reason = LineField(r"^(?=[\s\S]*\S)[^\x00]{1,2000}\Z", trim_whitespace=False)


class AttendanceIn(serializers.Serializer):
    """Who came; what is left out stays."""

    host = serializers.ChoiceField(Meeting.Attendance.values, required=False)
    guest = serializers.ChoiceField(Meeting.Attendance.values, required=False)


class Meetings(Resource):
    """Meetings of one's companies, one's own, and those of events that one looks after."""

    queryset = Meeting.objects.none()
    tag = "meetings"
    read_scope = Scope.MEETINGS_READ
    write_scope = Scope.MEETINGS_WRITE
    queries = {"list": MeetingQuery}
    newest_first = True

    @extend_schema(
        summary=_("List meetings"), parameters=[MeetingQuery], responses=MeetingOut(many=True)
    )
    def list(self, request: Request) -> Response:
        """A page of meetings, the newest first."""
        asked, rows = self.asked(request), Meeting.objects.visible_to(request.user)
        if "event" in asked:
            rows = rows.filter(event__public_id=asked["event"])
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        if "registration" in asked:
            side = Participant.objects.filter(registration__public_id=asked["registration"])
            rows = rows.filter(Q(host__in=side) | Q(guest__in=side) | Q(others__in=side)).distinct()
        shown = self.page(request, joined_meetings(rows))
        return self.pages(MeetingOut(shown, many=True, context={"reader": request.user}).data)

    @extend_schema(summary=_("Read a meeting"), responses=MeetingOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """One meeting."""
        return self._told(request, public_id)

    @extend_schema(summary=_("Cancel a meeting"), request=CancellationIn, responses=MeetingOut)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, public_id: Any) -> Response:
        """What it held is free and offered to those who wait."""
        found, asked = self._found(request, public_id), self.sent(request, CancellationIn)
        services.cancel_meeting(found, by=self.person(request), **asked)
        return self._told(request, public_id)

    @extend_schema(
        summary=_("Note who came to a meeting"), request=AttendanceIn, responses=MeetingOut
    )
    @action(detail=True, methods=["post"])
    def attendance(self, request: Request, public_id: Any) -> Response:
        """Both there: held; one missing: it did not take place."""
        found, asked = self._found(request, public_id), self.sent(request, AttendanceIn)
        services.record_attendance(found, by=self.person(request), **asked)
        return self._told(request, public_id)

    def _told(self, request: Request, public_id: Any) -> Response:
        found = self._found(request, public_id)
        return Response(MeetingOut(found, context={"reader": request.user}).data)

    def _found(self, request: Request, public_id: Any) -> Meeting:
        rows = joined_meetings(Meeting.objects.visible_to(request.user))
        found: Meeting = get_object_or_404(rows, public_id=public_id)
        return found


def joined_meetings(rows: QuerySet[Meeting]) -> QuerySet[Meeting]:
    """The rows with all that an answer about a meeting reads."""
    sides = [f"{person}__registration__company__country" for person in _PEOPLE]
    return rows.select_related(
        "event",
        "request",
        "slot",
        "table__hall",
        "interpreter",
        "cancelled_side__company__country",
        *sides,
    ).prefetch_related("others__registration__company__country")
