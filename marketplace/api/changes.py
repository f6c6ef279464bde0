"""What may change a meeting: other times that one side proposes, and freed times offered to it."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.base import IdField, Resource
from chambers.models import Scope
from marketplace.api.direct import TimeIn, demand_direct, times_of
from marketplace.api.parts import SidePart, SlotPart, SlotsField, WordsField, slots_of
from marketplace.models import Meeting, Registration, StandbyOffer, TimeProposal
from marketplace.selectors.standby import each_answers, reason_of
from marketplace.services import direct, moves, standby


class MoveOut(serializers.Serializer):
    """Other times that one side proposes for a meeting; the old one stays until they agree."""

    id = serializers.UUIDField(source="public_id")
    meeting = serializers.UUIDField(source="meeting.public_id")
    proposed_by = SidePart(source="proposer")
    slots = SlotPart(many=True)
    message = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(TimeProposal.Status.values)
    status_label = serializers.CharField(source="get_status_display")
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class MoveIn(serializers.Serializer):
    """Which meeting, and when instead."""

    meeting = IdField()
    slots = SlotsField(default=list, max_length=TimeProposal.MOST_TIMES)
    times = TimeIn(many=True, required=False, help_text=_("Outside events: times of one's own."))
    message = WordsField()


class MoveAcceptanceIn(serializers.Serializer):
    """Which of the proposed times."""

    slot = IdField()


class MoveQuery(serializers.Serializer):
    """Which proposals."""

    meeting = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(TimeProposal.Status.values, required=False)


class Moves(Resource):
    """Other times that were proposed for meetings one may read."""

    queryset = TimeProposal.objects.none()
    tag = "meetings"
    read_scope = Scope.MEETINGS_READ
    write_scope = Scope.MEETINGS_WRITE
    queries = {"list": MoveQuery}
    newest_first = True

    @extend_schema(
        summary=_("List proposals of other times"),
        parameters=[MoveQuery],
        responses=MoveOut(many=True),
    )
    def list(self, request: Request) -> Response:
        """A page of them, newest first."""
        asked, rows = self.asked(request), self._rows(request)
        if "meeting" in asked:
            rows = rows.filter(meeting__public_id=asked["meeting"])
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        return self.pages(MoveOut(self.page(request, rows), many=True).data)

    @extend_schema(summary=_("Read a proposal of other times"), responses=MoveOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """One proposal."""
        return self._told(request, public_id)

    @extend_schema(
        summary=_("Propose another time for a meeting"), request=MoveIn, responses={201: MoveOut}
    )
    def create(self, request: Request) -> Response:
        """Ask the other side to move it to one of up to three times."""
        asked, person = self.sent(request, MoveIn), self.person(request)
        meeting = get_object_or_404(
            Meeting.objects.visible_to(person).select_related("event"), public_id=asked["meeting"]
        )
        if asked.get("times"):
            demand_direct(meeting.event, "times")
            times = times_of(asked["times"])
            made = direct.propose_move(meeting, times, by=person, message=asked["message"])
        else:
            slots = slots_of(meeting.event, asked["slots"], "slots")
            made = moves.propose_move(meeting, slots, by=person, message=asked["message"])
        told = self._told(request, made.public_id, status=201)
        told["Location"] = self.reverse_action("detail", [made.public_id])
        return told

    @extend_schema(summary=_("Agree to another time"), request=MoveAcceptanceIn, responses=MoveOut)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, public_id: Any) -> Response:
        """The meeting moves to the time that is chosen of those proposed."""
        found, asked = self._found(request, public_id), self.sent(request, MoveAcceptanceIn)
        (slot,) = slots_of(found.meeting.event, [asked["slot"]], "slot")
        moves.accept_move(found, slot=slot, by=self.person(request))
        return self._told(request, public_id)

    @extend_schema(summary=_("Keep the old time"), request=None, responses=MoveOut)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, public_id: Any) -> Response:
        """Both sides read that the meeting stays where it is."""
        moves.decline_move(self._found(request, public_id), by=self.person(request))
        return self._told(request, public_id)

    @extend_schema(
        summary=_("Take a proposal of other times back"), request=None, responses=MoveOut
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, public_id: Any) -> Response:
        """As long as the other side has not answered."""
        moves.withdraw_move(self._found(request, public_id), by=self.person(request))
        return self._told(request, public_id)

    def _rows(self, request: Request) -> QuerySet[TimeProposal]:
        rows = TimeProposal.objects.visible_to(request.user)
        joined: QuerySet[TimeProposal] = rows.select_related(
            "meeting__event", "proposer__company__country"
        ).prefetch_related("slots")
        return joined

    def _found(self, request: Request, public_id: Any) -> TimeProposal:
        return get_object_or_404(self._rows(request), public_id=public_id)

    def _told(self, request: Request, public_id: Any, status: int = 200) -> Response:
        return Response(MoveOut(self._found(request, public_id)).data, status=status)


class OfferOut(serializers.Serializer):
    """A freed time that is offered to a meeting without one, or for which it stands in line."""

    id = serializers.UUIDField(source="public_id")
    meeting = serializers.UUIDField(source="meeting.public_id")
    slot = SlotPart()
    rank = serializers.IntegerField(help_text=_("Its place in the line for this time, from 1."))
    reason = serializers.SerializerMethodField()
    status = serializers.ChoiceField(StandbyOffer.Status.values)
    status_label = serializers.CharField(source="get_status_display")
    answer_by = serializers.DateTimeField(allow_null=True)
    accepted_by = SidePart(many=True)
    each_answers = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)

    def get_reason(self, offer: StandbyOffer) -> str:
        """Why it has its place in the line."""
        return reason_of(offer)

    def get_each_answers(self, offer: StandbyOffer) -> bool:
        """Whether each side has to accept; once the event has begun the first does for all."""
        return each_answers(offer.meeting.event)


class OfferQuery(serializers.Serializer):
    """Which offers."""

    meeting = serializers.UUIDField(required=False)
    event = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(StandbyOffer.Status.values, required=False)


class Offers(Resource):
    """Freed times that are offered to meetings one may read."""

    queryset = StandbyOffer.objects.none()
    tag = "meetings"
    read_scope = Scope.MEETINGS_READ
    write_scope = Scope.MEETINGS_WRITE
    queries = {"list": OfferQuery}
    newest_first = True

    @extend_schema(
        summary=_("List freed times on offer"),
        parameters=[OfferQuery],
        responses=OfferOut(many=True),
    )
    def list(self, request: Request) -> Response:
        """A page of offers, newest first."""
        asked, rows = self.asked(request), self._rows(request)
        if "meeting" in asked:
            rows = rows.filter(meeting__public_id=asked["meeting"])
        if "event" in asked:
            rows = rows.filter(meeting__event__public_id=asked["event"])
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        return self.pages(OfferOut(self.page(request, rows), many=True).data)

    @extend_schema(summary=_("Read an offer of a freed time"), responses=OfferOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """One offer."""
        return self._told(request, public_id)

    @extend_schema(summary=_("Accept a freed time"), request=None, responses=OfferOut)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, public_id: Any) -> Response:
        """The meeting has the time once each side has accepted; then the offer is accepted."""
        standby.accept_offer(self._found(request, public_id), by=self.person(request))
        return self._told(request, public_id)

    @extend_schema(summary=_("Decline a freed time"), request=None, responses=OfferOut)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, public_id: Any) -> Response:
        """It is offered to the next in line."""
        standby.decline_offer(self._found(request, public_id), by=self.person(request))
        return self._told(request, public_id)

    def _rows(self, request: Request) -> QuerySet[StandbyOffer]:
        rows = StandbyOffer.objects.visible_to(request.user)
        sides = Registration.objects.select_related("company__country")
        joined: QuerySet[StandbyOffer] = rows.select_related(
            "meeting__event", "slot"
        ).prefetch_related(Prefetch("accepted_by", sides))
        return joined

    def _found(self, request: Request, public_id: Any) -> StandbyOffer:
        return get_object_or_404(self._rows(request), public_id=public_id)

    def _told(self, request: Request, public_id: Any) -> Response:
        return Response(OfferOut(self._found(request, public_id)).data)
