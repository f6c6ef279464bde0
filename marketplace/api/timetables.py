"""Timetables of events with what they are worth: for the staff of the event."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.account import NumberField, TickField
from chambers.api.base import Resource
from chambers.models import Scope
from marketplace.api.parts import EventPart
from marketplace.models import Event, Timetable
from marketplace.scheduling.document import SCHEMA
from marketplace.selectors.walks import walks_of
from marketplace.services.publishing import publish_timetable, unpublish_timetable
from marketplace.services.timetables import LONGEST, start_timetable, stop_timetable


class TimetableOut(serializers.Serializer):
    """A version of the timetable of an event."""

    id = serializers.UUIDField(source="public_id")
    event = EventPart()
    number = serializers.IntegerField()
    status = serializers.ChoiceField(Timetable.Status.values)
    status_label = serializers.CharField(source="get_status_display")
    is_being_made = serializers.SerializerMethodField()
    seed = serializers.IntegerField()
    seconds = serializers.IntegerField(help_text=_("As long as it may search."))
    input_hash = serializers.CharField(allow_blank=True)
    changed_by_hand = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)

    def get_is_being_made(self, timetable: Timetable) -> bool:
        """Whether a worker still searches."""
        return timetable.finished_at is None


class HurryPart(serializers.Serializer):
    """Somebody who has too little time to another hall."""

    participant = serializers.UUIDField(source="person.public_id")
    before = serializers.UUIDField(source="before.public_id")
    after = serializers.UUIDField(source="after.public_id")
    minutes = serializers.IntegerField()


class WalksPart(serializers.Serializer):
    """Who goes from hall to hall between two meetings of a day."""

    changes = serializers.IntegerField()
    hurries = HurryPart(many=True)


class TimetableDetailOut(TimetableOut):
    """A version with its certificate and how the search went on."""

    certificate = serializers.DictField(
        help_text=_(
            "What the plan is worth: placed meetings, breaks, the bound that no timetable beats,"
            " the cause of each meeting without a place, and where it was made from another"
            " version what it keeps of that (kept). Empty before there is a plan."
        )
    )
    progress = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()),
        help_text=_("Seconds, placed meetings, breaks and bound, as the search went on."),
    )
    walks = serializers.SerializerMethodField()

    @extend_schema_field(WalksPart(allow_null=True))
    def get_walks(self, timetable: Timetable) -> Any:
        """Changes of hall, and those with too little time for it; null where there is one hall."""
        walks = walks_of(timetable)
        return walks and WalksPart(walks).data


class DocumentOut(serializers.Serializer):
    """A timetable that anybody can check: what was asked, the plan, and what it claims."""

    schema = serializers.CharField()
    problem = serializers.DictField()
    plan = serializers.DictField()
    certificate = serializers.DictField()


class TimetableQuery(serializers.Serializer):
    """Which timetables."""

    event = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(Timetable.Status.values, required=False)


class TimetableIn(serializers.Serializer):
    """What to search for, and how long."""

    event = serializers.UUIDField()
    seconds = NumberField(min_value=1, max_value=LONGEST, default=60)
    seed = NumberField(min_value=0, max_value=2**31 - 1, default=1)
    base = serializers.UUIDField(
        required=False,
        help_text=_(
            "Another version: locked meetings stay where it has them, and as few people as"
            " possible are moved."
        ),
    )
    anew = TickField(
        default=False,
        help_text=_("Of another version only what is locked is kept; everybody may move."),
    )


class PublicationIn(serializers.Serializer):
    """Whether people may still object."""

    final = TickField(
        default=False, help_text=_("Confirms the meetings; without it they are provisional.")
    )


class Timetables(Resource):
    """Timetables of the events that one looks after."""

    queryset = Timetable.objects.none()
    tag = "timetables"
    read_scope = Scope.TIMETABLES_READ
    write_scope = Scope.TIMETABLES_WRITE
    queries = {"list": TimetableQuery}
    newest_first = True

    @extend_schema(
        summary=_("List timetables"),
        parameters=[TimetableQuery],
        responses=TimetableOut(many=True),
    )
    def list(self, request: Request) -> Response:
        """A page of versions, newest first."""
        asked, rows = self.asked(request), Timetable.objects.visible_to(request.user)
        if "event" in asked:
            rows = rows.filter(event__public_id=asked["event"])
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        page = self.page(
            request, rows.select_related("event").defer("problem", "plan", "certificate")
        )
        return self.pages(TimetableOut(page, many=True).data)

    @extend_schema(
        summary=_("Watch a timetable being made, or read what it is worth"),
        responses=TimetableDetailOut,
    )
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """One version with its certificate and its progress."""
        return Response(TimetableDetailOut(self._found(request, public_id)).data)

    @extend_schema(
        summary=_("Start making a timetable"),
        request=TimetableIn,
        responses={202: TimetableDetailOut},
    )
    def create(self, request: Request) -> Response:
        """A new version; a worker searches, its address tells how far it is."""
        asked, person = self.sent(request, TimetableIn), self.person(request)
        event = get_object_or_404(Event.objects.visible_to(person), public_id=asked.pop("event"))
        if "base" in asked:
            former = Timetable.objects.visible_to(person).filter(event=event)
            asked["base"] = get_object_or_404(former, public_id=asked["base"])
        made = start_timetable(event, by=person, **asked)
        address = self.reverse_action("detail", [made.public_id])
        told = TimetableDetailOut(made).data
        return Response(told, status=202, headers={"Location": address})

    @extend_schema(
        summary=_("Stop making a timetable"), request=None, responses={202: TimetableDetailOut}
    )
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, public_id: Any) -> Response:
        """End the search now; the best plan so far is kept."""
        stopped = stop_timetable(self._found(request, public_id), by=self.person(request))
        return Response(TimetableDetailOut(stopped).data, status=202)

    @extend_schema(
        summary=_("Publish a timetable"), request=PublicationIn, responses=TimetableDetailOut
    )
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, public_id: Any) -> Response:
        """Every meeting gets its time and table at once, and people are told."""
        found, asked = self._found(request, public_id), self.sent(request, PublicationIn)
        published = publish_timetable(found, by=self.person(request), **asked)
        return Response(TimetableDetailOut(published).data)

    @extend_schema(
        summary=_("Take a published timetable back"), request=None, responses=TimetableDetailOut
    )
    @action(detail=True, methods=["post"])
    def unpublish(self, request: Request, public_id: Any) -> Response:
        """Its meetings lose their times, and people are told."""
        taken = unpublish_timetable(self._found(request, public_id), by=self.person(request))
        return Response(TimetableDetailOut(taken).data)

    @extend_schema(summary=_("Read a timetable as a document to be checked"), responses=DocumentOut)
    @action(detail=True)
    def certificate(self, request: Request, public_id: Any) -> Response:
        """What ``manage.py verify_timetable`` reads; there is none before there is a plan."""
        timetable = self._found(request, public_id)
        if not timetable.plan:
            raise Http404
        return Response(
            {
                "schema": SCHEMA,
                "problem": timetable.problem["problem"],
                "plan": timetable.plan,
                "certificate": timetable.certificate,
            }
        )

    def _found(self, request: Request, public_id: Any) -> Timetable:
        rows = Timetable.objects.visible_to(request.user).select_related("event__chamber")
        found: Timetable = get_object_or_404(rows, public_id=public_id)
        return found
