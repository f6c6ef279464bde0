"""Who has come to an event: programs of the desk read it and check people in by their badges."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.account import LineField
from chambers.api.base import Resource
from chambers.models import Scope
from marketplace.api.parts import AttenderPart
from marketplace.models import Event, Participant
from marketplace.selectors.badges import badge_of
from marketplace.services import desk


class CheckInOut(serializers.Serializer):
    """Somebody who has come."""

    participant = AttenderPart(source="*")
    checked_in_at = serializers.DateTimeField()
    checked_in_by = serializers.CharField(
        source="checked_in_by.name",
        default="",
        allow_blank=True,
        help_text=_("Who of the staff checked them in."),
    )


class CheckedInOut(CheckInOut):
    """The answer of the desk."""

    already = serializers.BooleanField(
        help_text=_("Whether they had been checked in before; then nothing has changed.")
    )


class CheckInIn(serializers.Serializer):
    """Whose badge it is."""

    badge_code = LineField(
        r"^(?=.*\S)[^\x00\n]{1,300}\Z",
        trim_whitespace=False,
        help_text=_("In any case, in groups or not; or the address in the QR code."),
    )


class CheckIns(Resource):
    """People at an event, for its staff; managers of the organiser check in."""

    queryset = Participant.objects.none()
    tag = "events"
    read_scope = Scope.EVENTS_READ
    write_scope = Scope.EVENTS_WRITE
    private = True

    @extend_schema(summary=_("List who has come"), responses=CheckInOut(many=True))
    def list(self, request: Request, public_id: Any) -> Response:
        """A page of people who are checked in and still come."""
        people = self._people(request, public_id).coming().filter(checked_in_at__isnull=False)
        return self.pages(CheckInOut(self.page(request, people), many=True).data)

    @extend_schema(
        summary=_("Check somebody in"),
        request=CheckInIn,
        responses={200: CheckedInOut, 201: CheckedInOut},
    )
    def create(self, request: Request, public_id: Any) -> Response:
        """By the code on the badge; 201 the first time, 200 when they were there already."""
        people, asked = self._people(request, public_id), self.sent(request, CheckInIn)
        person = badge_of(people, asked["badge_code"])
        if person is None:
            raise NotFound(gettext("Nobody at this event has this badge."), "unknown_badge")
        done = desk.check_in(person, by=self.person(request))
        told = CheckInOut(people.get(pk=person.pk)).data
        return Response({**told, "already": done.already}, status=200 if done.already else 201)

    @extend_schema(summary=_("Take a check-in back"), responses={204: None})
    def destroy(self, request: Request, public_id: Any, participant: Any) -> Response:
        """Somebody was checked in by mistake."""
        person = get_object_or_404(self._people(request, public_id), public_id=participant)
        desk.undo_check_in(person, by=self.person(request))
        return Response(status=204)

    def _people(self, request: Request, public_id: Any) -> Any:
        """People of an event that one looks after; 404 for any other."""
        event = get_object_or_404(Event.objects.served_by(request.user), public_id=public_id)
        return Participant.objects.filter(registration__event=event).select_related(
            "registration__company__country", "checked_in_by"
        )
