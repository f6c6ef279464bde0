"""Companies, to read: each reader gets the rows and fields that are for them."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, prefetch_related_objects
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.base import IdField, Resource
from chambers.api.pages import FoundPages
from chambers.api.reference import (
    CountryPart,
    ExactField,
    HsField,
    NamePart,
    QuestionField,
    TextsField,
    TradeCodePart,
)
from chambers.models import Company, Membership, Scope
from chambers.selectors.search import Answer, answered_companies
from chambers.selectors.shown import (
    Sight,
    findable_by,
    shown_companies,
    shown_company,
    sight_of,
)
from chambers.selectors.why import places_of_company, read_as, why


@extend_schema_field({"type": "integer", "nullable": True})
class YearField(serializers.IntegerField):
    """A year, null when it is not known; ``allow_null`` would also make a hidden one null."""


@extend_schema_field({"type": "string", "format": "decimal", "nullable": True})
class AmountField(serializers.DecimalField):
    """An amount, null when it is not known; as above."""


class CompanyPart(serializers.Serializer):
    """A company by what everyone may know of it."""

    id = serializers.UUIDField(source="public_id")
    legal_name = serializers.CharField()
    legal_name_latin = serializers.CharField(allow_blank=True)
    country = CountryPart()
    city = serializers.CharField(allow_blank=True)


class CompanyOut(CompanyPart):
    """A ``ShownCompany``: a field that is not for the reader is absent, not null."""

    is_family_business = serializers.BooleanField()
    chambers = NamePart(many=True)
    description = TextsField(source="fields.description", required=False)
    industry = serializers.CharField(source="fields.industry", required=False, allow_blank=True)
    website = serializers.CharField(source="fields.website", required=False, allow_blank=True)
    size = serializers.ChoiceField(
        Company.Size.values, source="fields.size", required=False, allow_blank=True
    )
    size_label = serializers.CharField(source="fields.size_label", required=False, allow_blank=True)
    founded = YearField(source="fields.founded", required=False)
    languages = serializers.ListField(
        child=serializers.CharField(), source="fields.languages", required=False
    )
    codes = TradeCodePart(many=True, source="fields.codes", required=False)
    registration_number = serializers.CharField(
        source="fields.registration_number", required=False, allow_blank=True
    )
    external_id = serializers.CharField(
        source="fields.external_id", required=False, allow_blank=True
    )
    target_countries = serializers.ListField(
        child=serializers.CharField(), source="fields.target_countries", required=False
    )
    turnover = AmountField(
        max_digits=17,
        decimal_places=2,
        source="fields.turnover",
        required=False,
        help_text=_("Of a year, in the currency beside it; null when it is not stated."),
    )
    turnover_currency = serializers.CharField(
        source="fields.turnover_currency", required=False, allow_blank=True, help_text="ISO 4217"
    )
    email = serializers.CharField(source="fields.email", required=False, allow_blank=True)
    phone = serializers.CharField(source="fields.phone", required=False, allow_blank=True)
    excluded_countries = serializers.ListField(
        child=serializers.CharField(), source="fields.excluded_countries", required=False
    )
    is_listed = serializers.BooleanField(source="fields.is_listed", required=False)


class CompanyQuery(serializers.Serializer):
    """Which companies. A company is found by a field only where the reader sees that field."""

    q = QuestionField()
    exact = ExactField()
    country = serializers.RegexField(
        r"^[A-Z]{2}$", required=False, help_text=_("ISO 3166-1 alpha-2, such as JP.")
    )
    chamber = IdField(required=False, help_text=_("Members of this chamber."))
    hs = HsField()
    nace = serializers.RegexField(
        r"^([A-U]|[0-9]{2})$", required=False, help_text=_("A section or division of NACE Rev. 2.")
    )
    language = serializers.RegexField(
        r"^[a-z]{2}$", required=False, help_text=_("A working language, ISO 639-1.")
    )
    size = serializers.ChoiceField(
        Company.Size.values, required=False, help_text=_("How many people it has, in bands.")
    )


class Companies(Resource):
    """Listed members; beyond them, those one speaks for or looks after."""

    queryset = Company.objects.none()
    tag = "companies"
    guests_read = True
    read_scope = Scope.COMPANIES_READ
    queries = {"list": CompanyQuery}
    pagination_class = FoundPages
    pager: FoundPages

    @extend_schema(summary=_("Read a company"), responses=CompanyOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """One company as the reader may see it."""
        company = get_object_or_404(
            Company.objects.visible_to(request.user).select_related("country"), public_id=public_id
        )
        return Response(CompanyOut(shown_company(company, request.user)).data)

    def list(self, request: Request) -> Response:
        """A page of companies; the best first with ``q``, else the oldest entry first."""
        asked, sight = self.asked(request), sight_of(request.user)
        found = self.narrowed(Company.objects.visible_to(request.user), asked, sight)
        page = self.page(request, found.rows.select_related("country"))
        asked_so = found.question if found.question and found.question.is_corrected else None
        if asked_so is not None:
            prefetch_related_objects(page, "codes__parent__parent")
        shown = shown_companies(page, request.user, sight)
        if asked_so is not None:
            reasons = [why(asked_so, places_of_company(one)) for one in shown]
            self.pager.read_as = read_as(asked_so, asked["q"], reasons)
        return self.pages(CompanyOut(shown, many=True).data)

    def narrowed(
        self, rows: QuerySet[Company], asked: dict[str, Any], sight: Sight
    ) -> Answer[Company]:
        """The rows that fit the validated ``CompanyQuery``, with the question they answer."""
        if "country" in asked:
            rows = rows.filter(country=asked["country"])
        if "chamber" in asked:
            inside = Membership.objects.in_force().filter(chamber__public_id=asked["chamber"])
            rows = rows.filter(Exists(inside.filter(company=OuterRef("pk"))))
        if "hs" in asked:
            rows = rows.filter(findable_by("codes", sight), _has_code("hs", asked["hs"]))
        if "nace" in asked:
            rows = rows.filter(findable_by("codes", sight), _has_code("nace", asked["nace"]))
        if "language" in asked:
            spoken = {"languages__contains": [asked["language"]]}
            rows = rows.filter(findable_by("languages", sight), **spoken)
        if "size" in asked:
            rows = rows.filter(findable_by("size", sight), size=asked["size"])
        if "q" in asked:
            exact = asked.get("exact", False)
            return answered_companies(rows, asked["q"], member=sight.member, exact=exact)
        return Answer(rows)


def _has_code(scheme: str, start: str) -> Exists:
    links = Company.codes.through.objects.filter(company=OuterRef("pk"))
    return Exists(links.filter(tradecode__scheme=scheme, tradecode__code__startswith=start))
