"""Expressions of interest: companies ask about offers and requests, chambers pass them on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.account import LineField, TickField
from chambers.api.base import Resource
from chambers.api.companies import CompanyPart
from chambers.api.reference import NamePart
from chambers.models import Company, Scope
from marketplace.api.opportunities import OpportunityOut
from marketplace.api.parts import RefusalIn, WordsField
from marketplace.models import DeclineReason, Interest, InterestEntry, Opportunity
from marketplace.selectors.interests import joined_interests, shown_interest, shown_interests
from marketplace.services import interests as services

_WORDS = r"^[^\x00]{1,2000}\Z"


class StationOut(serializers.Serializer):
    """Somebody on the way of an interest."""

    name = serializers.CharField()
    chamber = NamePart(allow_null=True, help_text=_("Null for the two companies."))
    state = serializers.ChoiceField(["done", "here", "ahead"])
    received_at = serializers.DateTimeField(source="since", allow_null=True)
    passed_at = serializers.DateTimeField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)


class LineOut(serializers.Serializer):
    """What happened, on whose side."""

    kind = serializers.ChoiceField(InterestEntry.Kind.values)
    kind_label = serializers.CharField(source="label")
    author = serializers.ChoiceField(InterestEntry.Author.values)
    who = serializers.CharField(allow_blank=True)
    text = serializers.CharField(allow_blank=True)
    commission = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()


class ReachOut(serializers.Serializer):
    """Somebody to reach on the other side."""

    name = serializers.CharField()
    email = serializers.CharField()
    role = serializers.CharField()


class InterestOut(serializers.Serializer):
    """A ``ShownInterest``: an anonymous owner is null in ``opportunity`` until it accepts."""

    id = serializers.UUIDField(source="public_id")
    opportunity = OpportunityOut(source="item")
    company = CompanyPart(source="asking", help_text=_("Who is interested."))
    side = serializers.ChoiceField(
        ["asker", "owner", "chamber"], help_text=_("On which side the reader stands.")
    )
    status = serializers.ChoiceField(Interest.Status.values)
    status_label = serializers.CharField()
    cooperation = serializers.CharField()
    missing = serializers.CharField(allow_blank=True)
    about = serializers.CharField()
    due_on = serializers.DateField(allow_null=True, help_text=_("Last day of who has it now."))
    is_late = serializers.BooleanField()
    is_routed = serializers.BooleanField(help_text=_("Whether chambers pass it on."))
    stations = StationOut(many=True)
    log = LineOut(many=True, source="lines")
    contacts = ReachOut(
        many=True, source="people", help_text=_("Of the other side; empty until it is accepted.")
    )
    reason = serializers.CharField(allow_blank=True)
    reason_code = serializers.ChoiceField(
        DeclineReason.values, allow_blank=True, help_text=_("Why it was declined.")
    )
    reason_label = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class InterestQuery(serializers.Serializer):
    """Which interests."""

    status = serializers.ChoiceField(Interest.Status.values, required=False)
    box = serializers.ChoiceField(
        ["sent", "received"], required=False, help_text=_("As one's own companies see them.")
    )


class InterestIn(serializers.Serializer):
    """The three standard questions about an offer or request."""

    company = serializers.UUIDField(help_text=_("One's own, which is interested."))
    opportunity = LineField(r"^[A-Z0-9-]{1,40}\Z", help_text=_("The reference number it is about."))
    cooperation = LineField(_WORDS, trim_whitespace=False)
    missing = WordsField()
    about = LineField(_WORDS, trim_whitespace=False)
    direct = TickField(
        required=False,
        allow_null=True,
        default=None,
        help_text=_("Without the chambers, where both ways are open; null: as the item asks."),
    )


class NoteIn(serializers.Serializer):
    """Words that go along."""

    note = WordsField()


class LineIn(serializers.Serializer):
    """A question or an answer."""

    text = LineField(_WORDS, trim_whitespace=False)


class WordsIn(serializers.Serializer):
    """A first line to the other side."""

    text = WordsField()


class Interests(Resource):
    """Interests that one's companies sent or got, and those that one's chambers have had."""

    queryset = Interest.objects.none()
    tag = "interests"
    read_scope = Scope.INTERESTS_READ
    write_scope = Scope.INTERESTS_WRITE
    queries = {"list": InterestQuery}
    newest_first = True

    @extend_schema(
        summary=_("List expressions of interest"),
        parameters=[InterestQuery],
        responses=InterestOut(many=True),
    )
    def list(self, request: Request) -> Response:
        """A page of interests, newest first."""
        asked, rows = self.asked(request), Interest.objects.visible_to(request.user)
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        if "box" in asked:
            mine = Company.objects.run_by(request.user).values("pk")
            got = Q(opportunity__company__in=mine, reached_at__isnull=False)
            rows = rows.filter(Q(company__in=mine) if asked["box"] == "sent" else got)
        page = self.page(request, joined_interests(rows))
        shown = shown_interests(page, self.person(request))
        return self.pages(InterestOut(shown, many=True).data)

    @extend_schema(summary=_("Read an expression of interest"), responses=InterestOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """One interest."""
        return Response(self._told(request, self._found(request, public_id)))

    @extend_schema(summary=_("Express interest"), request=InterestIn, responses={201: InterestOut})
    def create(self, request: Request) -> Response:
        """Ask about an offer or request; contacts open only when its company accepts."""
        asked, person = self.sent(request, InterestIn), self.person(request)
        own = get_object_or_404(Company.objects.run_by(person), public_id=asked.pop("company"))
        items = Opportunity.objects.visible_to(person).select_related("company")
        item = get_object_or_404(items, reference=asked.pop("opportunity"))
        made = services.express_interest(item, own, by=person, **asked)
        return Response(self._told(request, made), status=201)

    @extend_schema(summary=_("Pass an interest on"), request=NoteIn, responses=InterestOut)
    @action(detail=True, methods=["post"])
    def forward(self, request: Request, public_id: Any) -> Response:
        """From the chamber that has it to the next one, or to the company."""
        return self._changed(request, public_id, services.forward_interest, NoteIn)

    @extend_schema(summary=_("Ask the interested company"), request=LineIn, responses=InterestOut)
    @action(detail=True, methods=["post"])
    def question(self, request: Request, public_id: Any) -> Response:
        """Before deciding; its answer brings the interest back."""
        return self._changed(request, public_id, services.ask_question, LineIn)

    @extend_schema(summary=_("Answer the question"), request=LineIn, responses=InterestOut)
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, public_id: Any) -> Response:
        """As the interested company."""
        return self._changed(request, public_id, services.answer_question, LineIn)

    @extend_schema(summary=_("Accept and open contacts"), request=WordsIn, responses=InterestOut)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, public_id: Any) -> Response:
        """From then on both companies see whom to reach."""
        return self._changed(request, public_id, services.accept_interest, WordsIn)

    @extend_schema(summary=_("Decline an interest"), request=RefusalIn, responses=InterestOut)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, public_id: Any) -> Response:
        """With a reason: as the company, or as the chamber that has it."""
        return self._changed(request, public_id, services.decline_interest, RefusalIn)

    @extend_schema(summary=_("Withdraw an interest"), request=None, responses=InterestOut)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, public_id: Any) -> Response:
        """Take one's own back while nobody has decided."""
        return self._changed(request, public_id, services.withdraw_interest)

    def _changed(
        self,
        request: Request,
        public_id: Any,
        change: Callable[..., Interest],
        into: type[serializers.Serializer] | None = None,
    ) -> Response:
        found = self._found(request, public_id)
        said = self.sent(request, into) if into is not None else {}
        changed = change(found, by=self.person(request), **said)
        return Response(self._told(request, changed))

    def _told(self, request: Request, one: Interest) -> Any:
        person = self.person(request)
        row = joined_interests(Interest.objects.visible_to(person)).get(pk=one.pk)
        return InterestOut(shown_interest(row, person)).data

    def _found(self, request: Request, public_id: Any) -> Interest:
        found: Interest = get_object_or_404(
            Interest.objects.visible_to(request.user), public_id=public_id
        )
        return found
