"""Companies at events, as they and the staff see them; who of them comes, and when."""

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
from marketplace.api.events import joined
from marketplace.api.parts import EventPart, NamedPart, PersonPart, SidePart, SlotPart
from marketplace.models import Participant, Registration, Slot


class RegistrationOut(SidePart):
    """A company at an event with all that was agreed."""

    event = EventPart()
    status = serializers.ChoiceField(Registration.Status.values)
    status_label = serializers.CharField(source="get_status_display")
    consent = serializers.ChoiceField(Registration.Consent.values)
    consent_label = serializers.CharField(source="get_consent_display")
    group = NamedPart(allow_null=True)
    delegation = NamedPart(allow_null=True)
    languages = serializers.ListField(child=serializers.CharField(), source="speaks")
    request_quota = serializers.IntegerField(source="most_requests")
    meetings_most = serializers.IntegerField(source="most_meetings", allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    participants = PersonPart(many=True)
    registered_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class RegistrationQuery(serializers.Serializer):
    """Which registrations."""

    event = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(Registration.Status.values, required=False)


class Registrations(Resource):
    """Registrations of companies that one speaks for or looks after."""

    queryset = Registration.objects.none()
    tag = "registrations"
    read_scope = Scope.EVENTS_READ
    write_scope = Scope.EVENTS_WRITE
    queries = {"list": RegistrationQuery}
    newest_first = True

    @extend_schema(
        summary=_("List registrations"),
        parameters=[RegistrationQuery],
        responses=RegistrationOut(many=True),
    )
    def list(self, request: Request) -> Response:
        """A page of registrations, newest first."""
        asked, rows = self.asked(request), told_in_full(request)
        if "event" in asked:
            rows = rows.filter(event__public_id=asked["event"])
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        return self.pages(RegistrationOut(self.page(request, joined(rows)), many=True).data)

    @extend_schema(summary=_("Read a registration"), responses=RegistrationOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """One registration with the people who come."""
        return Response(RegistrationOut(registration_of(request, public_id)).data)


class AvailabilityOut(serializers.Serializer):
    """When somebody takes meetings: all slots of the event but those they closed."""

    participant = PersonPart()
    open = SlotPart(many=True)
    closed = SlotPart(many=True)


class ParticipantAvailability(Resource):
    """When somebody of one's company takes meetings."""

    queryset = Participant.objects.none()
    tag = "registrations"
    read_scope = Scope.EVENTS_READ
    write_scope = Scope.EVENTS_WRITE

    @extend_schema(summary=_("Read when a participant takes meetings"), responses=AvailabilityOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """Open and closed slots of the event."""
        return Response(_availability(participant_of(request, public_id)))


def told_in_full(request: Request) -> QuerySet[Registration]:
    """Registrations of one's companies, and those one looks after."""
    own = Registration.objects.run_by(request.user).values("pk")
    served = Registration.objects.served_by(request.user).values("pk")
    return Registration.objects.filter(Q(pk__in=own) | Q(pk__in=served))


def registration_of(request: Request, public_id: Any) -> Registration:
    """A registration that one may read in full; 404 for any other."""
    found: Registration = get_object_or_404(joined(told_in_full(request)), public_id=public_id)
    return found


def participant_of(request: Request, public_id: Any) -> Participant:
    """A participant of such a registration; 404 for any other."""
    rows = Participant.objects.visible_to(request.user)
    found: Participant = get_object_or_404(
        rows.select_related("registration__event", "registration__company"), public_id=public_id
    )
    return found


def _availability(one: Participant) -> Any:
    slots = list(Slot.objects.filter(event=one.registration.event))
    closed = set(one.away.values_list("slot", flat=True))
    told = {
        "participant": one,
        "open": [slot for slot in slots if slot.pk not in closed],
        "closed": [slot for slot in slots if slot.pk in closed],
    }
    return AvailabilityOut(told).data
