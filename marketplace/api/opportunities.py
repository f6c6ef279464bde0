"""Opportunities, to read; and companies by what they offer or seek."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api import companies
from chambers.api.base import Resource
from chambers.api.companies import CompanyOut, CompanyPart, CompanyQuery
from chambers.api.pages import FoundPages
from chambers.api.reference import (
    CountryPart,
    ExactField,
    HsField,
    QuestionField,
    TextsField,
    TradeCodePart,
)
from chambers.models import Company, Scope
from chambers.selectors.lists import in_order_of
from chambers.selectors.search import Answer
from chambers.selectors.shown import Sight
from chambers.selectors.why import read_as
from marketplace.models import InvestmentTerms, Opportunity, OpportunityQuerySet
from marketplace.selectors.amounts import MOST, bands_of
from marketplace.selectors.listing import OPEN_MARKS, joined, slips
from marketplace.selectors.search import answered_opportunities
from marketplace.selectors.shown import shown_opportunity


class InvestmentOut(serializers.Serializer):
    """What an investment opportunity asks for or brings; amounts are decimal text."""

    field = serializers.CharField(allow_blank=True)
    region = serializers.CharField(allow_blank=True)
    instrument = serializers.ChoiceField(InvestmentTerms.Instrument.values)
    instrument_label = serializers.CharField(source="get_instrument_display")
    amount_min = serializers.DecimalField(max_digits=15, decimal_places=2)
    amount_max = serializers.DecimalField(max_digits=15, decimal_places=2)
    currency = serializers.CharField(help_text="ISO 4217")


class OpportunityOut(serializers.Serializer):
    """An offer or a demand: a ``ShownOpportunity``."""

    id = serializers.UUIDField(source="public_id")
    reference = serializers.CharField(allow_blank=True)
    side = serializers.ChoiceField(Opportunity.Side.values)
    side_label = serializers.CharField(source="get_side_display")
    kind = serializers.ChoiceField(Opportunity.Kind.values)
    kind_label = serializers.CharField(source="get_kind_display")
    status = serializers.ChoiceField(Opportunity.Status.values)
    status_label = serializers.CharField(source="status.label")
    company = CompanyPart(
        allow_null=True, help_text=_("Null: anonymous, and not yet told to this reader.")
    )
    country = CountryPart()
    is_anonymous = serializers.BooleanField()
    is_routed = serializers.BooleanField(
        help_text=_("Who is interested asks through the chambers.")
    )
    cooperation = serializers.ListField(
        child=serializers.ChoiceField(Opportunity.Cooperation.values)
    )
    title = TextsField()
    text = TextsField()
    codes = TradeCodePart(many=True)
    target_countries = serializers.ListField(child=serializers.CharField())
    investment = InvestmentOut(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)
    expires_on = serializers.DateField(allow_null=True)


_AMOUNT = r"^[A-Z]{3}:[0-9]{1,13}(\.[0-9]{1,2})?\Z"


class OpportunityQuery(serializers.Serializer):
    """Which opportunities."""

    q = QuestionField(help_text=_("A reference number, or words in any of the languages."))
    exact = ExactField()
    side = serializers.ChoiceField(Opportunity.Side.values, required=False)
    kind = serializers.ChoiceField(Opportunity.Kind.values, required=False)
    status = serializers.ChoiceField(
        Opportunity.Status.values,
        required=False,
        help_text=_("Without it: what is on show now."),
    )
    country = serializers.RegexField(
        r"^[A-Z]{2}$", required=False, help_text=_("Where its company is, ISO 3166-1 alpha-2.")
    )
    hs = HsField()
    cooperation = serializers.ChoiceField(
        Opportunity.Cooperation.values, required=False, help_text=_("Kind of cooperation.")
    )
    wanted = serializers.RegexField(
        r"^[A-Z]{2}$",
        required=False,
        help_text=_("Names this country among those where it looks for partners."),
    )
    instrument = serializers.ChoiceField(
        InvestmentTerms.Instrument.values, required=False, help_text=_("Of an investment.")
    )
    amount_from = serializers.RegexField(
        _AMOUNT,
        required=False,
        help_text=_("Investments that reach at least this amount, such as USD:1000000.00."),
    )
    amount_to = serializers.RegexField(
        _AMOUNT,
        required=False,
        help_text=_("Investments that begin at this amount or below; nothing is converted."),
    )


class Opportunities(Resource):
    """What listed members publish; beyond that one's own and one's members'."""

    queryset = Opportunity.objects.none()
    tag = "opportunities"
    guests_read = True
    read_scope = Scope.OPPORTUNITIES_READ
    queries = {"list": OpportunityQuery}
    newest_first = True
    pagination_class = FoundPages
    pager: FoundPages
    lookup_field = "name"
    lookup_value_converter = "str"

    @extend_schema(
        summary=_("List opportunities"),
        parameters=[OpportunityQuery],
        responses=OpportunityOut(many=True),
    )
    def list(self, request: Request) -> Response:
        """A page of opportunities; the best first with ``q``, else newest first."""
        asked = self.asked(request)
        # Without a status: what the page lists, and all of that is visible to everybody.
        everything = (
            Opportunity.objects.visible_to(request.user)
            if "status" in asked
            else Opportunity.objects.on_show()
        )
        found = _narrowed(everything, asked)
        # Joined once the page is known: all that fit, joined, are many wide rows to sort.
        page = self.page(request, found.rows.only("pk", "public_id"))
        rows = in_order_of([one.pk for one in page], joined(Opportunity.objects.all()))
        corrected = found.question is not None and found.question.is_corrected
        told = slips(rows, request.user, found.question if corrected else None)
        if corrected:
            self.pager.read_as = read_as(found.question, asked["q"], [slip.why for slip in told])
        shown = [slip.shown for slip in told]
        return self.pages(OpportunityOut(shown, many=True).data)

    @extend_schema(
        summary=_("Read an opportunity by its id or reference number"), responses=OpportunityOut
    )
    def retrieve(self, request: Request, name: str) -> Response:
        """One opportunity."""
        rows = joined(Opportunity.objects.visible_to(request.user))
        found = get_object_or_404(rows, named(name))
        return Response(OpportunityOut(shown_opportunity(found, request.user)).data)


class TradeQuery(CompanyQuery):
    """Which companies, also by what they have published."""

    side = serializers.ChoiceField(
        Opportunity.Side.values, required=False, help_text=_("Has an open offer or request.")
    )


class Companies(companies.Companies):
    """Companies that may also be found by what they offer or seek."""

    queries = {"list": TradeQuery}

    @extend_schema(
        summary=_("List companies"), parameters=[TradeQuery], responses=CompanyOut(many=True)
    )
    def list(self, request: Request) -> Response:
        """A page of companies; the best first with ``q``, else the oldest entry first."""
        return super().list(request)

    def narrowed(
        self, rows: QuerySet[Company], asked: dict[str, Any], sight: Sight
    ) -> Answer[Company]:
        """The rows that fit the validated ``TradeQuery``, with the question they answer."""
        if "side" in asked:
            published = Opportunity.objects.on_show().named().filter(side=asked["side"])
            rows = rows.filter(Exists(published.filter(company=OuterRef("pk"))))
        return super().narrowed(rows, asked, sight)


def named(name: str) -> Q:
    """The opportunity with this public id or reference number."""
    try:
        return Q(public_id=uuid.UUID(name))
    except ValueError:
        return Q(reference=name.upper().replace("\x00", ""))


def _narrowed(rows: OpportunityQuerySet, asked: dict[str, Any]) -> Answer[Opportunity]:
    if "country" in asked:
        rows = rows.filter(company__country=asked["country"])
    if "hs" in asked:
        links = Opportunity.codes.through.objects.filter(opportunity=OuterRef("pk"))
        code = links.filter(tradecode__scheme="hs", tradecode__code__startswith=asked["hs"])
        rows = rows.filter(Exists(code))
    rows = rows.filter(*_wishes(asked))
    status = asked.get("status")
    if status in (None, Opportunity.Status.PUBLISHED):
        rows = rows.filter(*_marks(asked))  # by the index; every row that is on show has them
    rows = rows.with_status().filter(status_on_day=status) if status else rows
    rows = rows.filter(**{key: asked[key] for key in ("side", "kind") if key in asked})
    if "q" not in asked:
        return Answer(rows)
    return answered_opportunities(rows, asked["q"], exact=asked.get("exact", False))


_SAID: dict[str, Callable[[str], Q]] = {
    "cooperation": lambda value: Q(cooperation__contains=[value]),
    "wanted": lambda value: Q(target_countries__contains=[value]),
    "instrument": lambda value: Q(investment__instrument=value),
}


def _wishes(asked: dict[str, Any]) -> Iterator[Q]:
    """What the rows have to say, exactly."""
    for key, said in _SAID.items():
        if key in asked:
            yield said(asked[key])
    if "amount_from" in asked:
        currency, least = _amount_in(asked["amount_from"])
        yield Q(investment__currency=currency, investment__amount_max__gte=least)
    if "amount_to" in asked:
        currency, most = _amount_in(asked["amount_to"])
        yield Q(investment__currency=currency, investment__amount_min__lte=most)


def _marks(asked: dict[str, Any]) -> Iterator[Q]:
    """The same in the marks by which published rows are found; amounts in bands."""
    for key in _SAID:
        if key in asked:
            yield OPEN_MARKS.matching(key, [asked[key]])
    if "amount_from" in asked:
        currency, least = _amount_in(asked["amount_from"])
        yield OPEN_MARKS.matching("amount", bands_of(least, MOST, currency))
    if "amount_to" in asked:
        currency, most = _amount_in(asked["amount_to"])
        yield OPEN_MARKS.matching("amount", bands_of(Decimal(0), most, currency))


def _amount_in(said: str) -> tuple[str, Decimal]:
    currency, _sep, amount = said.partition(":")
    return currency, Decimal(amount)
