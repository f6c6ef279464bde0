"""Events with their programme and times, and who else takes part."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.base import Resource
from chambers.api.reference import NamePart, TextsField
from chambers.models import Scope
from marketplace.api.parts import (
    DelegationPart,
    GuestOut,
    NamedPart,
    SessionPart,
    SlotPart,
    StagePart,
)
from marketplace.models import Event, Participant, Registration
from marketplace.selectors.events import with_timetable


class EventOut(serializers.Serializer):
    """An event and what one may do now."""

    id = serializers.UUIDField(source="public_id")
    kind = serializers.ChoiceField(Event.HELD_BY_CHAMBERS)
    kind_label = serializers.CharField(source="get_kind_display")
    name = TextsField()
    theme = TextsField()
    place = serializers.CharField(allow_blank=True)
    place_names = TextsField(help_text=_("The place in other languages."))
    time_zone = serializers.CharField(source="zone", help_text=_("Of the place, an IANA name."))
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    organiser = NamePart(source="chamber")
    stage = serializers.ChoiceField(Event.Stage.values, source="stage_at")
    stage_label = serializers.CharField(source="stage_at.label")
    takes_registrations = serializers.BooleanField()
    takes_requests = serializers.BooleanField()
    members_only = serializers.BooleanField()
    is_published = serializers.BooleanField()
    cancelled_at = serializers.DateTimeField(allow_null=True)


class EventDetailOut(EventOut):
    """An event with its process line, programme and times of meetings."""

    hosts = NamePart(many=True)
    stages = serializers.SerializerMethodField()
    sessions = SessionPart(many=True)
    slots = SlotPart(many=True)
    groups = NamedPart(many=True)
    delegations = DelegationPart(many=True)
    registration_closes_at = serializers.DateTimeField(allow_null=True)
    requests_close_at = serializers.DateTimeField(allow_null=True)
    request_quota = serializers.IntegerField(
        help_text=_("As many requests of one company may wait for an answer at once.")
    )
    meetings_most = serializers.IntegerField(
        allow_null=True, help_text=_("As many meetings a company may have; null: no limit.")
    )
    most_in_a_row = serializers.IntegerField(
        allow_null=True,
        help_text=_("After so many meetings a timetable gives a person a free time."),
    )
    hall_minutes = serializers.IntegerField(
        help_text=_("As many minutes people need to another hall; 0: it does not matter.")
    )
    fairness = serializers.IntegerField(
        allow_null=True,
        help_text=_("By how many breaks people may differ at most; null: no limit."),
    )

    @extend_schema_field(StagePart(many=True))
    def get_stages(self, event: Event) -> Any:
        """Each stage and when it begins."""
        told = [
            {"stage": stage, "stage_label": stage.label, "begins_at": since}
            for stage, since in event.stages()
        ]
        return StagePart(told, many=True).data


class EventQuery(serializers.Serializer):
    """Which events."""

    kind = serializers.ChoiceField(Event.HELD_BY_CHAMBERS, required=False)
    chamber = serializers.UUIDField(
        required=False, help_text=_("Events that this chamber organises.")
    )
    ahead = serializers.BooleanField(
        required=False, help_text=_("True: only what goes on or is to come.")
    )


class Events(Resource):
    """Published events; beyond that those one looks after."""

    queryset = Event.objects.none()
    tag = "events"
    guests_read = True
    read_scope = Scope.EVENTS_READ
    queries = {"list": EventQuery}

    @extend_schema(summary=_("List events"), parameters=[EventQuery], responses=EventOut(many=True))
    def list(self, request: Request) -> Response:
        """A page of events, in the order in which they were set up."""
        asked, rows = self.asked(request), Event.objects.visible_to(request.user)
        if asked.get("ahead"):
            rows = rows.ahead()
        if "kind" in asked:
            rows = rows.filter(kind=asked["kind"])
        if "chamber" in asked:
            rows = rows.filter(chamber__public_id=asked["chamber"])
        page = self.page(request, with_timetable(rows.select_related("chamber")))
        return self.pages(EventOut(page, many=True).data)

    @extend_schema(summary=_("Read an event with its programme"), responses=EventDetailOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """One event with its stages, sessions, slots, groups and delegations."""
        rows = Event.objects.visible_to(request.user).select_related("chamber")
        event = get_object_or_404(
            with_timetable(rows).prefetch_related(
                "hosts", "sessions__hall", "slots", "groups", "delegations__chamber"
            ),
            public_id=public_id,
        )
        return Response(EventDetailOut(event).data)


class EventGuests(Resource):
    """Who else takes part: for companies that take part themselves, as each company agreed."""

    queryset = Registration.objects.none()
    tag = "events"
    read_scope = Scope.EVENTS_READ

    @extend_schema(summary=_("List who takes part in an event"), responses=GuestOut(many=True))
    def list(self, request: Request, public_id: Any) -> Response:
        """A page of companies; empty for who does not take part."""
        event = get_object_or_404(Event.objects.visible_to(request.user), public_id=public_id)
        rows = Registration.objects.visible_to(request.user).taking_part().filter(event=event)
        return self.pages(GuestOut(self.page(request, joined(rows)), many=True).data)


def joined(rows: QuerySet[Registration]) -> QuerySet[Registration]:
    """The rows with all that an answer about a company at an event reads, without who left."""
    return rows.select_related("event", "company__country", "group", "delegation").prefetch_related(
        Prefetch("participants", Participant.objects.coming())
    )
