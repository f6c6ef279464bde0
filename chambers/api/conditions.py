"""What a company asks of partners: for its own people and its chambers' staff."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.account import TickField
from chambers.api.base import Resource
from chambers.models import Certificate, Company, Scope
from chambers.selectors.shown import shown_company
from chambers.services.limits import set_limits


def _codes(choices: Any, **options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.ChoiceField(choices), max_length=len(choices), **options
    )


def _countries() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.RegexField(r"^[A-Z]{2}\Z"),
        max_length=300,
        help_text=_("ISO 3166-1 alpha-2"),
    )


class ConditionsOut(serializers.Serializer):
    """All that limits a company's partners; in both directions of a match."""

    certificates = _codes(Certificate.values, help_text=_("Those that the company holds."))
    required_certificates = _codes(
        Certificate.values, help_text=_("A partner must hold all of them.")
    )
    accepted_sizes = _codes(Company.Size.values, help_text=_("Empty: any."))
    accepts_interpreter = TickField(
        help_text=_("Otherwise only partners with a common working language are suggested.")
    )
    avoids_competitors = TickField(
        help_text=_("Nobody who offers goods of the same HS headings is suggested.")
    )
    target_countries = _countries()
    excluded_countries = _countries()
    corporate_group = serializers.CharField(max_length=200, allow_blank=True)


def conditioned(request: Request, public_id: Any) -> Company:
    """A company whose conditions the reader may know; 404 for any other."""
    rows = Company.objects.visible_to(request.user).select_related("country")
    company = get_object_or_404(rows, public_id=public_id)
    if not shown_company(company, request.user).inside:
        raise Http404
    return company


class CompanyConditions(Resource):
    """The conditions of a company that one speaks for or whose chamber one works for."""

    queryset = Company.objects.none()
    tag = "companies"
    read_scope = Scope.COMPANIES_READ
    write_scope = Scope.COMPANIES_WRITE

    @extend_schema(summary=_("Read what a company asks of partners"), responses=ConditionsOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """Its conditions; a stranger's are a missing row."""
        return Response(self._told(conditioned(request, public_id), request))

    @extend_schema(
        summary=_("Change what a company asks of partners"),
        request=ConditionsOut(partial=True),
        responses=ConditionsOut,
    )
    def change(self, request: Request, public_id: Any) -> Response:
        """Change the given conditions; the others stay. Suggestions follow."""
        company = conditioned(request, public_id)
        asked = self.sent(request, ConditionsOut, partial=True)
        changed = set_limits(company, by=self.person(request), **asked)
        return Response(self._told(changed, request))

    def _told(self, company: Company, request: Request) -> Any:
        return ConditionsOut(shown_company(company, request.user).fields).data
