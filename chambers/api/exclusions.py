"""Companies that a company excludes by name: for its own people and its chambers' staff."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.base import IdField, Resource
from chambers.api.companies import CompanyPart
from chambers.api.conditions import conditioned
from chambers.models import Company, Scope
from chambers.selectors.exclusions import excluded_by
from chambers.services.limits import exclude_partner, readmit_partner


class ExclusionOut(serializers.Serializer):
    """A company that is excluded; who it is stands there as long as it is listed."""

    id = serializers.UUIDField(source="public_id")
    company = serializers.SerializerMethodField()

    @extend_schema_field(CompanyPart(allow_null=True))
    def get_company(self, one: Company) -> Any:
        """Null for one that has left the directory."""
        return CompanyPart(one).data if one.is_shown else None  # type: ignore[attr-defined]


class ExclusionIn(serializers.Serializer):
    """Which company to exclude."""

    company = IdField(help_text=_("Its id; a company that you may read."))


class CompanyExclusions(Resource):
    """Companies that are never suggested to one, nor one to them; they are not told."""

    queryset = Company.objects.none()
    tag = "companies"
    read_scope = Scope.COMPANIES_READ
    write_scope = Scope.COMPANIES_WRITE

    @extend_schema(
        summary=_("List the companies that a company excludes"), responses=ExclusionOut(many=True)
    )
    def list(self, request: Request, public_id: Any) -> Response:
        """A page of them, in the order in which the companies were registered."""
        rows = excluded_by(conditioned(request, public_id), self.person(request))
        return self.pages(ExclusionOut(self.page(request, rows), many=True).data)

    @extend_schema(
        summary=_("Exclude a company"), request=ExclusionIn, responses={201: ExclusionOut}
    )
    def create(self, request: Request, public_id: Any) -> Response:
        """Never suggest the two to each other again. Suggestions follow."""
        company, person = conditioned(request, public_id), self.person(request)
        asked = self.sent(request, ExclusionIn)
        rows = Company.objects.visible_to(person)
        partner = get_object_or_404(rows, public_id=asked["company"])
        exclude_partner(company, partner=partner, by=person)
        made = excluded_by(company, person).get(pk=partner.pk)
        return Response(ExclusionOut(made).data, status=201)

    @extend_schema(summary=_("Take an exclusion back"), responses={204: None})
    def destroy(self, request: Request, public_id: Any, other: Any) -> Response:
        """The two may be suggested to each other again. Suggestions follow."""
        company, person = conditioned(request, public_id), self.person(request)
        partner = get_object_or_404(excluded_by(company, person), public_id=other)
        readmit_partner(company, partner=partner, by=person)
        return Response(status=204)
