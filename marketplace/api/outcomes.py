"""Papers that came of meetings, for the two companies and those who look after them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.account import LineField, TickField
from chambers.api.base import IdField, Resource
from chambers.models import Company, Scope
from marketplace.api.parts import AmountField
from marketplace.models import Meeting, Outcome
from marketplace.selectors.agenda import with_people
from marketplace.selectors.outcomes import joined
from marketplace.services import outcomes as services


class PartyOut(serializers.Serializer):
    """One of the two companies."""

    id = serializers.UUIDField(source="public_id")
    legal_name = serializers.CharField()
    country = serializers.CharField(source="country_id")


class OutcomeOut(serializers.Serializer):
    """A paper: what it says, and who has confirmed it."""

    id = serializers.UUIDField(source="public_id")
    reference = serializers.CharField()
    kind = serializers.ChoiceField(Outcome.Kind.values)
    subject = serializers.CharField()
    reporter = PartyOut()
    partner = PartyOut()
    meeting = serializers.UUIDField(source="meeting.public_id", default=None, allow_null=True)
    event = serializers.UUIDField(source="event.public_id", default=None, allow_null=True)
    claimed = serializers.ChoiceField(
        Outcome.Stage.values, help_text=_("The stage that the companies state.")
    )
    stage = serializers.ChoiceField(
        Outcome.Stage.values, help_text=_("The last stage that a chamber has approved.")
    )
    state = serializers.ChoiceField(Outcome.State.values)
    state_label = serializers.CharField(source="get_state_display")
    signed_on = serializers.DateField(allow_null=True)
    amount = serializers.DecimalField(
        18, 2, source="money.amount", default=None, allow_null=True, coerce_to_string=True
    )
    currency = serializers.CharField(source="money.currency", default="", allow_blank=True)
    publicity = serializers.ChoiceField(Outcome.Publicity.values)
    has_evidence = serializers.SerializerMethodField()
    reason = serializers.CharField(allow_blank=True)
    reported_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    approved_at = serializers.DateTimeField(allow_null=True)

    def get_has_evidence(self, outcome: Outcome) -> bool:
        """Whether a file was given; it is read on the page."""
        return outcome.evidence_id is not None


class StatedIn(serializers.Serializer):
    """What a reporter states of a paper."""

    kind = serializers.ChoiceField(Outcome.Kind.values)
    subject = LineField(r"^(?=.*\S)[^\x00\n]{1,300}\Z", trim_whitespace=False)
    claimed = serializers.ChoiceField(Outcome.Stage.values)
    signed_on = serializers.DateField(required=False, allow_null=True)
    amount = AmountField(16, required=False, allow_null=True)
    currency = LineField(r"^([A-Z]{3})?\Z", required=False, allow_blank=True)
    publicity = serializers.ChoiceField(Outcome.Publicity.values, required=False)


class OutcomeIn(StatedIn):
    """A new paper, of a meeting of the company with its partner."""

    company = IdField(help_text=_("The company that reports."))
    partner = IdField()
    meeting = IdField()
    another = TickField(
        default=False, help_text=_("It is another paper than the one that the partner reported.")
    )


class ConfirmIn(serializers.Serializer):
    """To how many the partner lets it be told: as the reporter wished, or fewer."""

    publicity = serializers.ChoiceField(Outcome.Publicity.values, required=False)


class RefuseIn(serializers.Serializer):
    """Why a paper is not as reported; the reporter reads it."""

    reason = LineField(r"^(?=[\s\S]*\S)[^\x00]{1,2000}\Z", trim_whitespace=False)


class OutcomeQuery(serializers.Serializer):
    """Which papers."""

    state = serializers.ChoiceField(Outcome.State.values, required=False)
    event = serializers.UUIDField(required=False)


class Outcomes(Resource):
    """Papers of one's companies, and of the members that one looks after."""

    queryset = Outcome.objects.none()
    tag = "outcomes"
    read_scope = Scope.OUTCOMES_READ
    write_scope = Scope.OUTCOMES_WRITE
    queries: ClassVar = {"list": OutcomeQuery}
    newest_first = True
    private = True  # amounts

    @extend_schema(
        summary=_("List outcomes"), parameters=[OutcomeQuery], responses=OutcomeOut(many=True)
    )
    def list(self, request: Request) -> Response:
        """A page of papers, the newest first."""
        asked, rows = self.asked(request), Outcome.objects.visible_to(request.user)
        if "state" in asked:
            rows = rows.filter(state=asked["state"])
        if "event" in asked:
            rows = rows.filter(event__public_id=asked["event"])
        return self.pages(OutcomeOut(self.page(request, joined(rows)), many=True).data)

    @extend_schema(summary=_("Read an outcome"), responses=OutcomeOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """One paper."""
        return self._told(request, public_id)

    @extend_schema(summary=_("Report an outcome"), request=OutcomeIn, responses={201: OutcomeOut})
    def create(self, request: Request) -> Response:
        """The partner is asked to confirm it, then a chamber of one of the two."""
        person, asked = self.person(request), self.sent(request, OutcomeIn)
        mine = Company.objects.edited_by(person)
        company = get_object_or_404(mine, public_id=asked.pop("company"))
        rows = with_people(Meeting.objects.run_by(person))
        meeting = get_object_or_404(rows, public_id=asked.pop("meeting"))
        wanted = asked.pop("partner")
        met = [one.registration.company for one in meeting.people()]
        partner = next((one for one in met if one.public_id == wanted), None)
        if partner is None:
            refusal = ValidationError(
                gettext("This company was not at that meeting."), code="not_met"
            )
            raise ValidationError({"partner": refusal})
        made = services.report_outcome(company, partner, meeting=meeting, by=person, **asked)
        return Response(OutcomeOut(self._find(request, made.public_id)).data, status=201)

    @extend_schema(summary=_("State an outcome anew"), request=StatedIn, responses=OutcomeOut)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, public_id: Any) -> Response:
        """Corrected, or in its next stage; the partner and a chamber confirm it again."""
        found, asked = self._find(request, public_id), self.sent(request, StatedIn)
        services.change_outcome(found, by=self.person(request), **asked)
        return self._told(request, public_id)

    @extend_schema(summary=_("Confirm an outcome"), request=ConfirmIn, responses=OutcomeOut)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, public_id: Any) -> Response:
        """As the partner."""
        found, asked = self._find(request, public_id), self.sent(request, ConfirmIn)
        services.confirm_outcome(found, by=self.person(request), **asked)
        return self._told(request, public_id)

    @extend_schema(summary=_("Refuse an outcome"), request=RefuseIn, responses=OutcomeOut)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, public_id: Any) -> Response:
        """As the partner, with a reason."""
        found, asked = self._find(request, public_id), self.sent(request, RefuseIn)
        services.refuse_outcome(found, by=self.person(request), **asked)
        return self._told(request, public_id)

    @extend_schema(summary=_("Withdraw an outcome"), request=None, responses=OutcomeOut)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, public_id: Any) -> Response:
        """As the reporter, before it is confirmed by all."""
        services.withdraw_outcome(self._find(request, public_id), by=self.person(request))
        return self._told(request, public_id)

    def _told(self, request: Request, public_id: Any) -> Response:
        return Response(OutcomeOut(self._find(request, public_id)).data)

    def _find(self, request: Request, public_id: Any) -> Outcome:
        rows = joined(Outcome.objects.visible_to(request.user))
        found: Outcome = get_object_or_404(rows, public_id=public_id)
        return found
