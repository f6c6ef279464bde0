"""Chambers with their guilds, commissions and agreements, to read."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chambers.api.base import Resource
from chambers.api.reference import CountryPart, NamePart, TextsField, TradeCodePart
from chambers.models import Agreement, Chamber, Commission, Council, Guild, Scope


class ChamberOut(serializers.Serializer):
    """A chamber of commerce."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    name_native = serializers.CharField(allow_blank=True)
    short_name = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(Chamber.Kind.values)
    kind_label = serializers.CharField(source="get_kind_display")
    country = CountryPart()
    city = serializers.CharField(allow_blank=True)
    parent = NamePart(allow_null=True)
    time_zone = serializers.CharField(source="zone")
    languages = serializers.ListField(child=serializers.CharField())
    website = serializers.CharField(allow_blank=True)
    note = TextsField()


class GuildOut(serializers.Serializer):
    """A guild of a chamber."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    chair = serializers.CharField(allow_blank=True)
    codes = TradeCodePart(many=True, source="codes.all")
    note = TextsField()


class CommissionOut(serializers.Serializer):
    """A commission of a chamber on a partner country."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    country = CountryPart()
    region = serializers.CharField(allow_blank=True)
    chair = serializers.CharField(allow_blank=True)
    secretary = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(Commission.Status.values)
    status_label = serializers.CharField(source="get_status_display")
    partner_chamber = NamePart(allow_null=True)


class AgreementOut(serializers.Serializer):
    """An agreement, as one of its parties tells it."""

    id = serializers.UUIDField(source="public_id")
    partner = NamePart()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    status = serializers.ChoiceField(Agreement.Status.values)
    status_label = serializers.CharField(source="status.label")
    response_days = serializers.IntegerField()
    scope = TextsField()


class ChamberDetailOut(ChamberOut):
    """A chamber with how it works inside and abroad."""

    guilds = GuildOut(many=True)
    commissions = CommissionOut(many=True)
    agreements = AgreementOut(many=True)
    councils = NamePart(many=True)


class ChamberQuery(serializers.Serializer):
    """Which chambers."""

    country = serializers.RegexField(
        r"^[A-Z]{2}$", required=False, help_text=_("ISO 3166-1 alpha-2, such as JP.")
    )
    kind = serializers.ChoiceField(
        Chamber.Kind.values, required=False, help_text=_("Its place among chambers.")
    )


class Chambers(Resource):
    """All chambers: they are public bodies."""

    queryset = Chamber.objects.none()
    tag = "chambers"
    guests_read = True
    read_scope = Scope.CHAMBERS_READ
    queries = {"list": ChamberQuery}

    @extend_schema(
        summary=_("List chambers"), parameters=[ChamberQuery], responses=ChamberOut(many=True)
    )
    def list(self, request: Request) -> Response:
        """A page of chambers, oldest entry first."""
        asked = self.asked(request)
        rows = Chamber.objects.visible_to(request.user).filter(**asked)
        page = self.page(request, rows.select_related("country", "parent"))
        return self.pages(ChamberOut(page, many=True).data)

    @extend_schema(summary=_("Read a chamber"), responses=ChamberDetailOut)
    def retrieve(self, request: Request, public_id: Any) -> Response:
        """One chamber with guilds, commissions, agreements and councils."""
        rows = _with_bodies(Chamber.objects.visible_to(request.user), request)
        chamber = get_object_or_404(rows, public_id=public_id)
        agreements = list(
            Agreement.objects.visible_to(request.user)
            .filter(Q(first=chamber) | Q(second=chamber))
            .select_related("first", "second")
        )
        for agreement in agreements:
            agreement.partner = agreement.partner_of(chamber)  # type: ignore[attr-defined]
        chamber.agreements = agreements  # type: ignore[attr-defined]
        return Response(ChamberDetailOut(chamber).data)


def _with_bodies(rows: QuerySet[Chamber], request: Request) -> QuerySet[Chamber]:
    user = request.user
    guilds = Guild.objects.visible_to(user).prefetch_related("codes")
    commissions = Commission.objects.visible_to(user).select_related("country", "partner_chamber")
    return rows.select_related("country", "parent").prefetch_related(
        Prefetch("guilds", guilds),
        Prefetch("commissions", commissions),
        Prefetch("councils", Council.objects.visible_to(user)),
    )
