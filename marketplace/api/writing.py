"""Opportunities, to write, hand in and review; see ``opportunities`` for reading them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.account import LineField, NumberField, TickField
from chambers.api.reference import TextsField
from chambers.models import Company, Scope, TradeCode, User
from chambers.selectors.codes import codes_by_keys
from chambers.services.people import demand_editor
from marketplace import services
from marketplace.api import opportunities
from marketplace.api.opportunities import OpportunityOut
from marketplace.api.parts import AmountField, WordsField
from marketplace.models import HIGHEST_SCORE, InvestmentTerms, Opportunity, Review, Revision
from marketplace.selectors.contents import Content, content_of
from marketplace.selectors.listing import joined
from marketplace.selectors.own import change_of
from marketplace.selectors.shown import shown_opportunity
from marketplace.services import revisions
from marketplace.services.reviews import review_opportunity
from marketplace.services.writing import MOST_CODES, read_content

_LINE = r"^[^\x00\n]{0,120}\Z"
_TOLD = {"type": "string", "pattern": r"^[^\u0000]*$"}  # what the framework takes as text
_PLAIN = (
    "title",
    "text",
    "target_countries",
    "cooperation",
    "is_anonymous",
    "through_chambers",
    "leak_reason",
)


class TermsIn(serializers.Serializer):
    """What an investment asks for or brings."""

    field = LineField(_LINE, required=False, default="", allow_blank=True)
    region = LineField(_LINE, required=False, default="", allow_blank=True)
    instrument = serializers.ChoiceField(InvestmentTerms.Instrument.values)
    amount_min = AmountField(13)
    amount_max = AmountField(13)
    currency = LineField(r"^[A-Z]{3}\Z", help_text="ISO 4217")


@extend_schema_field({"type": "object", "additionalProperties": _TOLD})
class WrittenField(TextsField):
    """A text that a client sends, in each language."""


@extend_schema_field({"type": "object", "additionalProperties": _TOLD, "minProperties": 1})
class TitleField(TextsField):
    """A title in one language at least."""


def _keys(pattern: str, help_text: Any) -> serializers.ListField:
    return serializers.ListField(
        child=LineField(pattern), required=False, max_length=MOST_CODES, help_text=help_text
    )


class ContentIn(serializers.Serializer):
    """What an opportunity says; what is left out stays as it is."""

    title = TitleField(required=False)
    text = WrittenField(required=False)
    hs = _keys(r"^([0-9]{2}){1,3}\Z", _("Chapters, headings or subheadings of HS 2022."))
    nace = _keys(r"^([A-U]|[0-9]{2})\Z", _("Sections or divisions of NACE Rev. 2."))
    target_countries = serializers.ListField(
        child=LineField(r"^[A-Z]{2}\Z"),
        required=False,
        max_length=300,
        help_text=_("ISO 3166-1 alpha-2; empty: any."),
    )
    cooperation = serializers.ListField(
        child=serializers.ChoiceField(Opportunity.Cooperation.values), required=False, max_length=6
    )
    is_anonymous = TickField(
        required=False, help_text=_("Readers see the country, not the company.")
    )
    through_chambers = TickField(
        required=False, help_text=_("Who is interested asks through the chambers.")
    )
    leak_reason = LineField(
        r"^[^\x00\n]{0,300}\Z",
        required=False,
        allow_blank=True,
        help_text=_("Why what the check of an anonymous text found does not tell the company."),
    )
    investment = TermsIn(required=False, allow_null=True)


class OpportunityIn(ContentIn):
    """A new offer or demand; it is a draft until it is submitted."""

    company = serializers.UUIDField()
    side = serializers.ChoiceField(Opportunity.Side.values)
    kind = serializers.ChoiceField(Opportunity.Kind.values)
    title = TitleField()


class ScoreField(NumberField):
    """A score from 0 to 5."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=HIGHEST_SCORE, **options)


class ReviewIn(serializers.Serializer):
    """Four scores: 10 to 20 points publish, 5 to 9 hold, fewer reject, and any 0 holds."""

    clarity = ScoreField()
    substance = ScoreField()
    partner = ScoreField()
    value = ScoreField()
    clarity_comment = WordsField()
    substance_comment = WordsField()
    partner_comment = WordsField()
    value_comment = WordsField()
    comment = WordsField(help_text=_("Needed when it is not published."))
    leaks_accepted = WordsField(help_text=_("Why what the check found are false alarms."))
    expires_on = serializers.DateField(required=False)


class ReviewOut(serializers.Serializer):
    """What a chamber said of an opportunity or of its changed text."""

    id = serializers.UUIDField(source="public_id")
    of_change = serializers.SerializerMethodField()
    clarity = serializers.IntegerField(allow_null=True)
    clarity_comment = serializers.CharField(allow_blank=True)
    substance = serializers.IntegerField(allow_null=True)
    substance_comment = serializers.CharField(allow_blank=True)
    partner = serializers.IntegerField(allow_null=True)
    partner_comment = serializers.CharField(allow_blank=True)
    value = serializers.IntegerField(allow_null=True)
    value_comment = serializers.CharField(allow_blank=True)
    total = serializers.IntegerField(allow_null=True)
    comment = serializers.CharField(allow_blank=True)
    verdict = serializers.ChoiceField(Review.Verdict.values)
    verdict_label = serializers.CharField(source="get_verdict_display")
    created_at = serializers.DateTimeField()

    def get_of_change(self, review: Review) -> bool:
        """Whether a changed text of what was published already was reviewed."""
        return review.revision_id is not None


class ReviewsOut(serializers.Serializer):
    """All reviews of an opportunity, newest first: they are few."""

    reviews = ReviewOut(many=True)


class Opportunities(opportunities.Opportunities):
    """What listed members publish; beyond that one's own and one's members', also to write."""

    write_scope = Scope.OPPORTUNITIES_WRITE

    @extend_schema(
        summary=_("Write an opportunity"), request=OpportunityIn, responses={201: OpportunityOut}
    )
    def create(self, request: Request) -> Response:
        """A draft that only its company sees."""
        asked, person = self.sent(request, OpportunityIn), self.person(request)
        companies = Company.objects.visible_to(person)
        company = get_object_or_404(companies, public_id=asked["company"])
        demand_editor(person, company)
        made = services.draft_opportunity(
            company,
            by=person,
            side=asked["side"],
            kind=asked["kind"],
            **_said(asked, Content(title={}, text={})),
        )
        return Response(self._told(request, made), status=201)

    @extend_schema(
        summary=_("Change an opportunity"),
        request=ContentIn,
        responses={200: OpportunityOut, 202: OpportunityOut},
    )
    def partial_update(self, request: Request, name: str) -> Response:
        """A draft, or what is on hold. Of what is published the change waits for review (202)."""
        asked, person = self.sent(request, ContentIn), self.person(request)
        found = self._found(request, name)
        demand_editor(person, found.company)  # before anything that the body names is looked up
        content = read_content(**_said(asked, content_of(change_of(found) or found)))
        if found.status == Opportunity.Status.PUBLISHED:
            revisions.revise_opportunity(found, by=person, content=content)
            return Response(self._told(request, found), status=202)
        changed = services.change_opportunity(found, by=person, content=content)
        return Response(self._told(request, changed))

    @extend_schema(summary=_("Submit a draft for review"), request=None, responses=OpportunityOut)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, name: str) -> Response:
        """From then on it has its reference number."""
        return self._step(request, name, services.submit_opportunity)

    @extend_schema(summary=_("Take back from review"), request=None, responses=OpportunityOut)
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, name: str) -> Response:
        """It is a draft again."""
        return self._step(request, name, services.take_back_opportunity)

    @extend_schema(summary=_("Renew an opportunity"), request=None, responses=OpportunityOut)
    @action(detail=True, methods=["post"])
    def renew(self, request: Request, name: str) -> Response:
        """It is shown for another year; from 30 days before its last day on."""
        return self._step(request, name, services.renew_opportunity)

    @extend_schema(summary=_("Archive an opportunity"), request=None, responses=OpportunityOut)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, name: str) -> Response:
        """It leaves the market for good."""
        return self._step(request, name, services.archive_opportunity)

    @extend_schema(summary=_("Review an opportunity"), request=ReviewIn, responses={201: ReviewOut})
    @action(detail=True, methods=["post"])
    def review(self, request: Request, name: str) -> Response:
        """Score what waits, the changed text if one does; for managers of the chamber only."""
        found = self._found(request, name)
        person = self.person(request)
        _demand_reviewer(found, person)
        asked = self.sent(request, ReviewIn)
        scores = ("clarity", "substance", "partner", "value")
        review = review_opportunity(
            found,
            by=person,
            revision=Revision.objects.waiting().filter(opportunity=found).first(),
            scores={one: asked[one] for one in scores},
            comments={one: asked[f"{one}_comment"] for one in scores},
            comment=asked["comment"],
            leaks_accepted=asked["leaks_accepted"],
            expires_on=asked.get("expires_on"),
        )
        return Response(ReviewOut(review).data, status=201)

    @extend_schema(summary=_("Read the reviews"), responses=ReviewsOut)
    @action(detail=True, methods=["get"])
    def reviews(self, request: Request, name: str) -> Response:
        """All of them, newest first: for its company and its chambers; to others none is there."""
        found = self._found(request, name)
        if not shown_opportunity(found, request.user).inside:
            raise Http404
        return Response(ReviewsOut({"reviews": found.reviews.all()}).data)

    def _step(self, request: Request, name: str, change: Callable[..., Opportunity]) -> Response:
        found = self._found(request, name)
        return Response(self._told(request, change(found, by=self.person(request))))

    def _found(self, request: Request, name: str) -> Opportunity:
        rows = Opportunity.objects.visible_to(request.user).select_related("company")
        found: Opportunity = get_object_or_404(rows, opportunities.named(name))
        return found

    def _told(self, request: Request, one: Opportunity) -> Any:
        rows = joined(Opportunity.objects.visible_to(request.user))
        return OpportunityOut(shown_opportunity(rows.get(pk=one.pk), request.user)).data


def _demand_reviewer(opportunity: Opportunity, person: User) -> None:
    """A company may not publish what it wrote: refused before its scores are looked at."""
    if not Opportunity.objects.managed_by(person).filter(pk=opportunity.pk).exists():
        raise PermissionDenied(gettext("Only a manager of the company's chamber may do this."))


def _said(asked: Mapping[str, Any], before: Content) -> dict[str, Any]:
    """The arguments of ``read_content``: what was sent, and of the rest what stood ``before``."""
    changed = {name: asked[name] for name in (*_PLAIN, "investment") if name in asked}
    if "hs" in asked or "nace" in asked:
        kept = [code for code in before.codes if code.scheme not in asked]
        changed["codes"] = (*kept, *_codes(asked))
    return vars(replace(before, **changed))


def _codes(asked: Mapping[str, Any]) -> list[TradeCode]:
    found: list[TradeCode] = []
    for scheme in ("hs", "nace"):
        keys = [f"{scheme}:{code}" for code in dict.fromkeys(asked.get(scheme, ()))]
        codes = codes_by_keys(keys)
        if len(codes) < len(keys):
            said = gettext("There is no such code.")
            raise ValidationError({scheme: ValidationError(said, code="unknown_code")})
        found += codes
    return found
