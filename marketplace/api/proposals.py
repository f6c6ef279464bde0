"""Meetings that the organiser proposes: a job chooses them, its address tells how far it is."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from chambers.api.base import Resource
from chambers.models import Job, Scope
from marketplace.models import Event, Meeting
from marketplace.selectors.proposals import (
    STEPS,
    Proposing,
    last_proposing,
    proposals_of,
    proposings_of,
)
from marketplace.services.proposals import start_proposing, stop_proposing, take_proposals_back


class ProposedOut(serializers.Serializer):
    """What came of a choice of meetings."""

    meetings = serializers.IntegerField(help_text=_("Meetings that were added."))
    companies = serializers.IntegerField(help_text=_("Companies that they are of."))
    fitting = serializers.IntegerField(help_text=_("Pairs of which they were chosen."))
    too_few = serializers.IntegerField(
        help_text=_("Companies that stay below the least number of meetings of the event.")
    )
    changed = serializers.IntegerField(
        help_text=_("Pairs that were left out, since something else was decided meanwhile.")
    )
    gap = serializers.FloatField(
        min_value=0,
        max_value=1,
        help_text=_("The share of the best possible sum of scores that is missing at most."),
    )
    is_proved = serializers.BooleanField(help_text=_("No choice of meetings fits better."))


class ProposingOut(serializers.Serializer):
    """A choice of meetings and how far it is."""

    id = serializers.UUIDField(source="job.public_id")
    state = serializers.ChoiceField(Job.State.values, source="job.state")
    said = serializers.CharField(source="told", help_text=_("How it stands, in words."))
    done = serializers.IntegerField(source="job.done")
    total = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(source="job.created_at")
    finished_at = serializers.DateTimeField(source="job.finished_at", allow_null=True)
    result = ProposedOut(allow_null=True, help_text=_("Null before it is done."))

    def get_total(self, _proposing: Proposing) -> int:
        """Its steps."""
        return STEPS


class ProposedMeetingsOut(serializers.Serializer):
    """What is proposed at an event."""

    proposed = serializers.IntegerField(
        help_text=_("Meetings that were proposed and that nobody was told of yet.")
    )
    last = ProposingOut(allow_null=True)


class TakenBackOut(serializers.Serializer):
    """How many proposals are forgotten."""

    taken_back = serializers.IntegerField()


class Proposals(Resource):
    """What the organiser proposes at an event: for its staff."""

    queryset = Meeting.objects.none()
    tag = "timetables"
    read_scope = Scope.TIMETABLES_READ
    write_scope = Scope.TIMETABLES_WRITE

    @extend_schema(summary=_("Read what is proposed at an event"), responses=ProposedMeetingsOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """How many meetings nobody was told of yet, and the last choice of them."""
        event = self._event(request, public_id)
        told = {"proposed": proposals_of(event).count(), "last": last_proposing(event)}
        return Response(ProposedMeetingsOut(told).data)

    @extend_schema(
        summary=_("Propose the best meetings"), request=None, responses={202: ProposingOut}
    )
    def create(self, request: Request, public_id: Any) -> Response:
        """A worker chooses them; the address in ``Location`` tells how far it is."""
        event = self._event(request, public_id)
        job = start_proposing(event, by=self.person(request))
        named = {"public_id": event.public_id, "job": job.public_id}
        address = reverse("api-proposing", kwargs=named, request=request)
        told = ProposingOut(Proposing(job)).data
        return Response(told, status=202, headers={"Location": address})

    @extend_schema(
        summary=_("Take proposals back that nobody was told of"), responses={200: TakenBackOut}
    )
    def destroy(self, request: Request, public_id: Any) -> Response:
        """As if they had never been; they may be proposed again."""
        event = self._event(request, public_id)
        count = take_proposals_back(event, by=self.person(request))
        return Response(TakenBackOut({"taken_back": count}).data)

    @extend_schema(
        summary=_("Watch a choice of meetings"),
        operation_id="events_proposals_watch",
        responses=ProposingOut,
    )
    def watch(self, request: Request, public_id: Any, job: Any) -> Response:
        """Until its state is done, parked or cancelled."""
        event = self._event(request, public_id)
        return Response(ProposingOut(self._choice(event, job)).data)

    @extend_schema(summary=_("Stop a choice of meetings"), request=None, responses=ProposingOut)
    def stop(self, request: Request, public_id: Any, job: Any) -> Response:
        """Then no meeting is added."""
        event = self._event(request, public_id)
        stop_proposing(event, self._choice(event, job).job, by=self.person(request))
        return Response(ProposingOut(self._choice(event, job)).data)

    def _event(self, request: Request, public_id: Any) -> Event:
        rows = Event.objects.served_by(self.person(request)).select_related("chamber")
        event: Event = get_object_or_404(rows, public_id=public_id)
        return event

    def _choice(self, event: Event, job: Any) -> Proposing:
        return Proposing(get_object_or_404(proposings_of(event), public_id=job))
