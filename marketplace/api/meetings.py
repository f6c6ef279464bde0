"""Requests for meetings and the meetings themselves, for both companies and the event's staff."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.acting import NotDecidingError
from chambers.api.account import LineField
from chambers.api.base import IdField, Resource
from chambers.models import Scope, User
from marketplace.api.direct import LinkField
from marketplace.api.parts import AttenderPart, EventPart, SidePart, SlotPart, TablePart
from marketplace.models import Event, Feedback, Meeting, Participant, Registration
from marketplace.selectors.agenda import former_of
from marketplace.services import feedback as after
from marketplace.services import meetings as services
from marketplace.services import participants
from marketplace.services.online import set_link

_PEOPLE = ("host", "guest")


class FurtherPart(AttenderPart):
    """Somebody who joins the two of a meeting."""

    attendance = serializers.ChoiceField(Meeting.Attendance.values)


class FormerPart(serializers.Serializer):
    """What a meeting ahead had before it was moved; what has not changed is empty."""

    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    place = serializers.CharField(allow_blank=True)
    link = serializers.CharField(allow_blank=True)


class MeetingOut(serializers.Serializer):
    """A meeting: who, when and where, and how it stands."""

    id = serializers.UUIDField(source="public_id")
    event = EventPart()
    request = serializers.UUIDField(source="request.public_id", default=None, allow_null=True)
    status = serializers.ChoiceField(Meeting.Status.values)
    status_label = serializers.CharField(source="get_status_display")
    host = AttenderPart()
    guest = AttenderPart()
    others = FurtherPart(many=True)
    slot = SlotPart(allow_null=True)
    table = TablePart(allow_null=True)
    interpreter = serializers.CharField(source="interpreter.name", default="", allow_blank=True)
    interpreter_wish = serializers.SerializerMethodField(
        help_text=_("Outside events: waiting, named or none; empty where nobody wants one."),
    )
    link = serializers.CharField(allow_blank=True)
    place = serializers.CharField(
        source="event.told_place",
        allow_blank=True,
        help_text=_("Of the event; of a meeting outside events its own."),
    )
    former = serializers.SerializerMethodField()
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
    reason = serializers.CharField(
        source="told_reason",
        allow_blank=True,
        help_text=_("Of a cancelled one: as somebody wrote it, else in the language asked for."),
    )

    @extend_schema_field(FormerPart)
    def get_former(self, meeting: Meeting) -> dict[str, Any]:
        """The time, place and link that it had before."""
        told: dict[str, Any] = FormerPart(former_of(meeting, None)).data
        return told

    def get_interpreter_wish(self, meeting: Meeting) -> str:
        """The state of the wish."""
        wish = getattr(meeting, "interpreter_wish", None)
        return wish.state if wish else ""

    def to_representation(self, instance: Meeting) -> dict[str, Any]:
        """People of the other side have no name before both agreed; staff of the event read all."""
        seen = {one.participant_id: one.attendance for one in instance.further_marks.all()}
        for one in instance.others.all():
            one.attendance = seen.get(one.pk, Meeting.Attendance.UNKNOWN)  # type: ignore[attr-defined]
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


class LinkIn(serializers.Serializer):
    """Where a meeting is online."""

    link = LinkField()


class HandoverIn(serializers.Serializer):
    """Who of one's company goes to one meeting."""

    participant = IdField(help_text=_("A colleague who comes to the event, too."))
    instead_of = IdField(
        required=False, help_text=_("Left out: the first of one's company who was to go.")
    )


class FurtherMarkIn(serializers.Serializer):
    """Whether one of those who join the two came."""

    participant = IdField()
    attendance = serializers.ChoiceField(Meeting.Attendance.values)


class AttendanceIn(serializers.Serializer):
    """Who came; what is left out stays."""

    host = serializers.ChoiceField(Meeting.Attendance.values, required=False)
    guest = serializers.ChoiceField(Meeting.Attendance.values, required=False)
    others = FurtherMarkIn(many=True, required=False, help_text=_("For the organiser alone."))


class SaidIn(serializers.Serializer):
    """Whether a meeting took place, as one of the two companies says."""

    said = serializers.ChoiceField(Feedback.Said.values)
    registration = IdField(
        required=False, help_text=_("For which side, for who speaks for both companies.")
    )


class FeedbackIn(serializers.Serializer):
    """What came of a meeting; what is left out stays."""

    first = serializers.ChoiceField(Feedback.First.values, required=False)
    second = serializers.ChoiceField(Feedback.Second.values, required=False)
    third = serializers.ChoiceField(Feedback.Second.values, required=False)
    note = LineField(r"^[^\x00]{0,2000}\Z", required=False, allow_blank=True)
    registration = IdField(
        required=False, help_text=_("For which side, for who speaks for both companies.")
    )


class FeedbackOut(serializers.Serializer):
    """What a side says of a meeting; the other side does not read it."""

    registration = serializers.UUIDField(source="side.public_id")
    said = serializers.ChoiceField(Feedback.Said.values, allow_blank=True)
    said_at = serializers.DateTimeField(allow_null=True)
    first = serializers.ChoiceField(Feedback.First.values, allow_blank=True)
    first_at = serializers.DateTimeField(allow_null=True)
    second = serializers.ChoiceField(Feedback.Second.values, allow_blank=True)
    second_at = serializers.DateTimeField(allow_null=True)
    third = serializers.ChoiceField(Feedback.Second.values, allow_blank=True)
    third_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField(allow_blank=True)


def _speaks_for(meeting: Meeting, person: User, asked: dict[str, Any]) -> Registration:
    """The side for which somebody says something. Raises PermissionDenied."""
    sides = [one.registration for one in meeting.people()]
    mine = Registration.objects.edited_by(person).filter(pk__in=[one.pk for one in sides])
    if "registration" in asked:
        mine = mine.filter(public_id=asked["registration"])
    found = mine.order_by("pk").first()
    if found is None:
        raise NotDecidingError
    return found


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

    @extend_schema(summary=_("Say by which link people meet"), request=LinkIn, responses=MeetingOut)
    @action(detail=True, methods=["post"])
    def link(self, request: Request, public_id: Any) -> Response:
        """For those who do not come to the place; all its people get a mail."""
        found, asked = self._found(request, public_id), self.sent(request, LinkIn)
        set_link(found, by=self.person(request), **asked)
        return self._told(request, public_id)

    @extend_schema(
        summary=_("Send a colleague to a meeting"), request=HandoverIn, responses=MeetingOut
    )
    @action(detail=True, methods=["post"])
    def colleague(self, request: Request, public_id: Any) -> Response:
        """To this meeting alone; its people get a mail with what changes in their calendar."""
        found, asked = self._found(request, public_id), self.sent(request, HandoverIn)
        people = Participant.objects.visible_to(self.person(request)).filter(
            registration__event=found.event
        )
        chosen: dict[str, Any] = {
            name: get_object_or_404(people.select_related("registration__event"), public_id=key)
            for name, key in asked.items()
        }
        participants.hand_over(found, by=self.person(request), **chosen)
        return self._told(request, public_id)

    @extend_schema(
        summary=_("Note who came to a meeting"), request=AttendanceIn, responses=MeetingOut
    )
    @action(detail=True, methods=["post"])
    def attendance(self, request: Request, public_id: Any) -> Response:
        """Both there: held; one missing: it did not take place."""
        found, asked = self._found(request, public_id), self.sent(request, AttendanceIn)
        if "others" in asked:
            asked["others"] = [
                (get_object_or_404(found.others, public_id=one["participant"]), one["attendance"])
                for one in asked["others"]
            ]
        after.note_marks(found, by=self.person(request), **asked)
        return self._told(request, public_id)

    @extend_schema(
        summary=_("Say whether a meeting took place"), request=SaidIn, responses=FeedbackOut
    )
    @action(detail=True, methods=["post"])
    def said(self, request: Request, public_id: Any) -> Response:
        """Where the two sides say different things, the organiser finds out."""
        found, asked = self._found(request, public_id), self.sent(request, SaidIn)
        person = self.person(request)
        given = after.say_what_happened(
            found, asked["said"], own=_speaks_for(found, person, asked), by=person
        )
        return Response(FeedbackOut(given).data)

    @extend_schema(
        summary=_("Read what your side says of a meeting"), responses=FeedbackOut(many=True)
    )
    @action(detail=True, methods=["get"], url_path="feedback", pagination_class=None)
    def feedback(self, request: Request, public_id: Any) -> Response:
        """That of one's own side; of all sides for the organiser."""
        found = self._found(request, public_id)
        rows = Feedback.objects.visible_to(request.user).filter(meeting=found)
        shown = rows.select_related("side").order_by("pk")
        return Response(FeedbackOut(shown, many=True).data)

    @extend_schema(
        summary=_("Say what came of a meeting"), request=FeedbackIn, responses=FeedbackOut
    )
    @feedback.mapping.post
    def give_feedback(self, request: Request, public_id: Any) -> Response:
        """Right after it, and after six months and 18 again. The other side never reads it."""
        found, asked = self._found(request, public_id), self.sent(request, FeedbackIn)
        person = self.person(request)
        own = _speaks_for(found, person, asked)
        asked.pop("registration", None)
        given = after.give_feedback(found, own=own, by=person, **asked)
        return Response(FeedbackOut(given).data)

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
        "interpreter_wish",
        "former__table__hall",
        "cancelled_side__company__country",
        *sides,
    ).prefetch_related("others__registration__company__country", "further_marks")
