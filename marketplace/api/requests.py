"""Requests for meetings: one company asks another."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.fields import empty
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.acting import NotDecidingError
from chambers.api.account import LineField, TickField
from chambers.api.base import Resource
from chambers.models import Company, Scope, User
from marketplace.api.direct import (
    REFERENCE,
    DirectIn,
    MinutesField,
    TimeIn,
    demand_direct,
    moment_and_length,
    times_of,
)
from marketplace.api.meetings import MeetingOut, joined_meetings
from marketplace.api.parts import (
    EventPart,
    RefusalIn,
    SidePart,
    SlotPart,
    SlotsField,
    WordsField,
    slots_of,
)
from marketplace.models import (
    DeclineReason,
    Meeting,
    MeetingRequest,
    Opportunity,
    Participant,
    Registration,
    TimeProposal,
)
from marketplace.selectors.inbox import reasons_to_answer
from marketplace.services import direct, direct_meetings, rules
from marketplace.services import requests as services

MOST_TIMES = TimeProposal.MOST_TIMES


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
    link = serializers.CharField(allow_blank=True, help_text=_("Where one meets online."))
    place = serializers.CharField(source="event.place", allow_blank=True)
    wants_interpreter = serializers.BooleanField()
    joins = serializers.UUIDField(
        source="joins.public_id",
        default=None,
        allow_null=True,
        help_text=_("The meeting of others to which the partner is asked to come."),
    )
    status = serializers.ChoiceField(MeetingRequest.Status.values)
    status_label = serializers.CharField(source="get_status_display")
    answer_from = serializers.UUIDField(
        source="answer_from.public_id",
        default=None,
        allow_null=True,
        help_text=_("The registration that has to answer."),
    )
    reason = serializers.CharField(allow_blank=True)
    reason_code = serializers.ChoiceField(
        DeclineReason.values, allow_blank=True, help_text=_("Why it was declined.")
    )
    reason_label = serializers.CharField(allow_blank=True)
    why = serializers.SerializerMethodField(
        help_text=_("The best reasons to meet, for who is to answer: as the page tells them.")
    )
    expires_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    meeting = serializers.UUIDField(source="meeting.public_id", default=None, allow_null=True)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_why(self, one: MeetingRequest) -> list[str]:
        """Worked out for the whole page at once."""
        why: list[str] = self.context["why"].get(one.pk, [])
        return why


class RequestQuery(serializers.Serializer):
    """Which requests."""

    event = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(MeetingRequest.Status.values, required=False)
    box = serializers.ChoiceField(
        ["sent", "received"], required=False, help_text=_("As one's own companies see them.")
    )


class RequestIn(serializers.Serializer):
    """Whom a company asks for a meeting."""

    registration = serializers.UUIDField(help_text=_("One's own at the event."))
    partner = serializers.UUIDField(help_text=_("The registration of the other company."))
    wish = serializers.ChoiceField(
        MeetingRequest.Wish.values, default=MeetingRequest.Wish.MEET.value
    )
    message = WordsField()
    opportunity = LineField(
        REFERENCE, required=False, help_text=_("The reference number it is about.")
    )
    slots = SlotsField(default=list, help_text=_("Acceptable times; empty: any."))
    participant = serializers.UUIDField(
        required=False, help_text=_("Who of one's company comes; left out: anybody.")
    )
    draft = TickField(default=False, help_text=_("Keep it, send it later."))


class DraftIn(serializers.Serializer):
    """What a draft is to say; what is left out stays, null takes it away."""

    wish = serializers.ChoiceField(MeetingRequest.Wish.values, required=False)
    message = WordsField(default=empty)
    opportunity = LineField(
        REFERENCE,
        required=False,
        allow_null=True,
        help_text=_("The reference number it is about."),
    )
    slots = SlotsField(required=False, help_text=_("Acceptable times; empty: any."))
    participant = serializers.UUIDField(required=False, allow_null=True)


class AcceptanceIn(serializers.Serializer):
    """When, and who comes."""

    starts_at = serializers.DateTimeField(
        required=False, help_text=_("Outside events, where any time would suit.")
    )
    minutes = MinutesField()
    slot = serializers.UUIDField(required=False, help_text=_("Left out: the first that suits."))
    participant = serializers.UUIDField(required=False)


class ProposalIn(serializers.Serializer):
    """Other times: slots of the event, or outside events times of one's own."""

    slots = SlotsField(default=list, max_length=MOST_TIMES)
    times = TimeIn(many=True, required=False)
    message = WordsField()


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
        return self.pages(_told(self.page(request, _joined(rows)), self.person(request)))

    @extend_schema(summary=_("Read a request for a meeting"), responses=RequestOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """One request."""
        return Response(_told([self._found(request, public_id)], self.person(request))[0])

    @extend_schema(
        summary=_("Ask a company for a meeting"),
        request=RequestIn,
        responses={201: RequestOut},
    )
    def create(self, request: Request) -> Response:
        """Ask at some acceptable times or at any; it holds no time and no table."""
        asked, person = self.sent(request, RequestIn), self.person(request)
        own = get_object_or_404(
            Registration.objects.run_by(person).select_related("event"),
            public_id=asked.pop("registration"),
        )
        partner = get_object_or_404(
            Registration.objects.visible_to(person), public_id=asked.pop("partner")
        )
        made = services.request_meeting(own, partner, by=person, **_named((own, partner), asked))
        return Response(self._told(request, made), status=201)

    @extend_schema(
        summary=_("Ask a company for a meeting outside events"),
        request=DirectIn,
        responses={201: RequestOut},
    )
    @action(detail=False, methods=["post"])
    def direct(self, request: Request) -> Response:
        """Each company has ten such requests open at most; the partner's people get a mail."""
        asked, person = self.sent(request, DirectIn), self.person(request)
        own = get_object_or_404(Company.objects.run_by(person), public_id=asked.pop("company"))
        rows = Company.objects.visible_to(person)
        partner = get_object_or_404(rows, public_id=asked.pop("partner"))
        if "joins" in asked:
            mine = Meeting.objects.visible_to(person).of_company(own).select_related("event")
            meeting = get_object_or_404(mine, public_id=asked["joins"])
            made = direct_meetings.ask_to_join(
                meeting, partner, by=person, message=asked["message"]
            )
            return Response(self._told(request, made), status=201)
        if "opportunity" in asked:
            asked["opportunity"] = _about(asked["opportunity"])
        times = times_of(asked.pop("times", []))
        made = direct.ask_directly(own, partner, by=person, times=times, **asked)
        return Response(self._told(request, made), status=201)

    @extend_schema(summary=_("Change a draft"), request=DraftIn, responses=RequestOut)
    def partial_update(self, request: Request, public_id: Any) -> Response:
        """As long as it is not sent; nobody is told."""
        found, asked = self._found(request, public_id), self.sent(request, DraftIn)
        person = self.person(request)
        # Before anything that the body names is looked up.
        if not Registration.objects.edited_by(person).filter(pk=found.requester_id).exists():
            raise NotDecidingError
        said = _named((found.requester, found.partner), asked)
        return Response(self._told(request, services.write_draft(found, by=person, **said)))

    @extend_schema(summary=_("Send a draft"), request=None, responses=RequestOut)
    @action(detail=True, methods=["post"])
    def send(self, request: Request, public_id: Any) -> Response:
        """From then on the other side has to answer."""
        found = self._found(request, public_id)
        return Response(self._told(request, services.send_request(found, by=self.person(request))))

    @extend_schema(summary=_("Agree to meet"), request=AcceptanceIn, responses=MeetingOut)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, public_id: Any) -> Response:
        """The meeting that comes of it; before a timetable is made its time stays open."""
        found, asked = self._found(request, public_id), self.sent(request, AcceptanceIn)
        person, moment = self.person(request), moment_and_length(asked)
        if moment:
            demand_direct(found.event, "starts_at")
        if "slot" in asked:
            (asked["slot"],) = slots_of(found.event, [asked["slot"]], "slot")
        if "participant" in asked:
            mine = Participant.objects.visible_to(person)
            asked["participant"] = get_object_or_404(mine, public_id=asked["participant"])
        if found.event.is_direct:
            comes = asked.pop("participant", None)
            account = comes.person if comes is not None else None
            meeting = direct.accept(found, by=person, person=account, **moment, **asked)
        else:
            meeting = services.accept_request(found, by=person, **asked)
        rows = joined_meetings(Meeting.objects.visible_to(person))
        return Response(MeetingOut(rows.get(pk=meeting.pk)).data)

    @extend_schema(summary=_("Decline to meet"), request=RefusalIn, responses=RequestOut)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, public_id: Any) -> Response:
        """The other side reads the reason if one is given."""
        found, asked = self._found(request, public_id), self.sent(request, RefusalIn)
        ended = services.decline_request(found, by=self.person(request), **asked)
        return Response(self._told(request, ended))

    @extend_schema(summary=_("Withdraw a request"), request=None, responses=RequestOut)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, public_id: Any) -> Response:
        """Take it back while nobody has answered; the quota is free again."""
        found = self._found(request, public_id)
        ended = services.withdraw_request(found, by=self.person(request))
        return Response(self._told(request, ended))

    @extend_schema(summary=_("Propose other times"), request=ProposalIn, responses=RequestOut)
    @action(detail=True, methods=["post"])
    def propose(self, request: Request, public_id: Any) -> Response:
        """Then the other side accepts, declines or proposes."""
        found, asked = self._found(request, public_id), self.sent(request, ProposalIn)
        person, message = self.person(request), asked["message"]
        if asked.get("times"):
            demand_direct(found.event, "times")
            times = times_of(asked["times"])
            changed = direct.propose_times(found, times, by=person, message=message)
            return Response(self._told(request, changed))
        chosen = slots_of(found.event, asked["slots"], "slots")
        changed = services.propose_times(found, chosen, by=person, message=message)
        return Response(self._told(request, changed))

    def _told(self, request: Request, one: MeetingRequest) -> Any:
        found = _joined(MeetingRequest.objects.visible_to(request.user)).get(pk=one.pk)
        return _told([found], self.person(request))[0]

    def _found(self, request: Request, public_id: Any) -> MeetingRequest:
        rows = _joined(MeetingRequest.objects.visible_to(request.user))
        found: MeetingRequest = get_object_or_404(rows, public_id=public_id)
        return found


def _told(requests: list[MeetingRequest], reader: User) -> Any:
    return RequestOut(
        requests, many=True, context={"why": reasons_to_answer(requests, reader)}
    ).data


def _about(reference: str) -> Opportunity:
    """What a request is about; whose it may be says the service.

    Raises its ValidationError for a number of nothing, too: no answer tells which there are.
    """
    found = Opportunity.objects.filter(reference=reference).first()
    if found is None:
        raise rules.not_theirs()
    return found


def _named(sides: tuple[Registration, Registration], asked: dict[str, Any]) -> dict[str, Any]:
    """What was sent, with the rows in place of the ids that it names.

    ``sides``: who asks, and who is asked. 404 for somebody whom the first does not send; raises
    ValidationError ``other_event``, and ``not_theirs`` for a number of nothing.
    """
    found, own = dict(asked), sides[0]
    if asked.get("opportunity") is not None:
        found["opportunity"] = _about(asked["opportunity"])
    if asked.get("participant") is not None:
        found["participant"] = get_object_or_404(own.participants, public_id=asked["participant"])
    if "slots" in asked:
        found["slots"] = slots_of(own.event, asked["slots"], "slots")
    return found


def _joined(rows: QuerySet[MeetingRequest]) -> QuerySet[MeetingRequest]:
    return rows.select_related(
        "event",
        "requester__company__country",
        "partner__company__country",
        "opportunity",
        "answer_from__company",
        "meeting",
        "joins",
    ).prefetch_related("slots")
