"""What a company decides of others: not relevant, known already, no part in a proposal of three."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.base import IdField, Resource
from chambers.api.companies import CompanyPart
from chambers.models import Company, Scope
from matching.api.suggestions import looked_after
from matching.models import Dismissal, PairHistory, Triad
from matching.selectors.history import histories_of
from matching.services.dismissals import dismiss_partner, restore_partner
from matching.services.history import record_history, withdraw_history
from matching.services.triads import refuse_triad


class DismissalIn(serializers.Serializer):
    """Whom a company does not find relevant, and why."""

    company = IdField(help_text=_("Its id; a company that you may read."))
    reason = serializers.ChoiceField(Dismissal.Reason.choices)


class Dismissals(Resource):
    """Partners that are not relevant to a company; they never learn of it.

    The list of suggestions tells which they are.
    """

    queryset = Company.objects.none()
    tag = "suggestions"
    write_scope = Scope.COMPANIES_WRITE

    @extend_schema(
        summary=_("Mark a partner as not relevant"), request=DismissalIn, responses={204: None}
    )
    def create(self, request: Request, public_id: Any) -> Response:
        """Leave a company out of the suggestions, because. They follow."""
        own, person = looked_after(request, public_id), self.person(request)
        asked = self.sent(request, DismissalIn)
        rows = Company.objects.visible_to(person).exclude(pk=own.pk)
        partner = get_object_or_404(rows, public_id=asked["company"])
        dismiss_partner(own, partner=partner, reason=asked["reason"], by=person)
        return Response(status=204)

    @extend_schema(summary=_("Take “not relevant” back"), responses={204: None})
    def destroy(self, request: Request, public_id: Any, other: Any) -> Response:
        """It may be suggested again. Suggestions follow."""
        own, person = looked_after(request, public_id), self.person(request)
        made = Dismissal.objects.filter(company=own).select_related("partner")
        row = get_object_or_404(made, partner__public_id=other)
        restore_partner(own, partner=row.partner, by=person)
        return Response(status=204)


class HistoryOut(serializers.Serializer):
    """What happened between a company and another one."""

    id = serializers.UUIDField(source="row.public_id")
    company = CompanyPart()
    kind = serializers.ChoiceField(PairHistory.Kind.choices, source="row.kind")
    since = serializers.DateField(source="row.since", allow_null=True)
    note = serializers.CharField(source="row.note", allow_blank=True)


class HistoryIn(serializers.Serializer):
    """What to record, and of which company."""

    company = IdField(help_text=_("Its id; a company that you may read."))
    kind = serializers.ChoiceField(PairHistory.Kind.choices)
    since = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class Histories(Resource):
    """Partners that a company knows: who works with it, was declined by it, or has met it."""

    queryset = PairHistory.objects.none()
    tag = "suggestions"
    read_scope = Scope.SUGGESTIONS_READ
    write_scope = Scope.COMPANIES_WRITE

    @extend_schema(summary=_("List the partners a company knows"), responses=HistoryOut(many=True))
    def list(self, request: Request, public_id: Any) -> Response:
        """A page of them, latest record first; what the other side declined is not told."""
        own = looked_after(request, public_id)
        rows = self.page(request, histories_of(own, self.person(request)))
        return self.pages(HistoryOut([_told(row, own) for row in rows], many=True).data)

    @extend_schema(
        summary=_("Record a partner that a company knows"),
        request=HistoryIn,
        responses={201: HistoryOut},
    )
    def create(self, request: Request, public_id: Any) -> Response:
        """Say that the two work together, have met, or that the company declined."""
        own, person = looked_after(request, public_id), self.person(request)
        asked = self.sent(request, HistoryIn)
        rows = Company.objects.visible_to(person).exclude(pk=own.pk).select_related("country")
        partner = get_object_or_404(rows, public_id=asked.pop("company"))
        made = record_history(own, partner, by=person, stated_by=own, source="api", **asked)
        return Response(HistoryOut(_told(made, own)).data, status=201)

    @extend_schema(summary=_("Withdraw a record"), responses={204: None})
    def destroy(self, request: Request, public_id: Any, record: Any) -> Response:
        """Take back what the company stated. Suggestions follow."""
        own, person = looked_after(request, public_id), self.person(request)
        row = get_object_or_404(histories_of(own, person), public_id=record)
        withdraw_history(row, by=person)
        return Response(status=204)


class Refusals(Resource):
    """Proposals of three that a company declines."""

    queryset = Triad.objects.none()
    tag = "suggestions"
    write_scope = Scope.COMPANIES_WRITE

    @extend_schema(summary=_("Decline a proposal of three"), request=None, responses={204: None})
    def create(self, request: Request, public_id: Any, triad: Any) -> Response:
        """Take it back for all three; the others are told neither by whom nor why."""
        own, person = looked_after(request, public_id), self.person(request)
        rows = Triad.objects.visible_to(person).of(own).select_related("demand")
        refuse_triad(get_object_or_404(rows, public_id=triad), company=own, by=person)
        return Response(status=204)


def _told(row: PairHistory, own: Company) -> dict[str, Any]:
    return {"row": row, "company": row.across(own)}
