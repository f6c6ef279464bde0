"""Proposals of three, read by the staff of any of the three."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedAdmin
from chambers.models import TradeCode
from matching.models import Triad


@admin.register(Triad)
class TriadAdmin(ScopedAdmin):
    """Open proposals in which a member has a part; one that a company declined is gone."""

    list_display = ["title", "seeker", "first", "second", "evidence_shown", "found_at"]
    list_filter = ["demand__company__country"]
    ordering = ["-evidence", "pk"]
    fields = readonly_fields = (
        "title",
        "seeker",
        "first",
        "first_covers",
        "second",
        "second_covers",
        "found_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Triad]:
        rows: QuerySet[Triad] = super().get_queryset(request)
        return rows.select_related("demand__company", "first", "second")

    @admin.display(description=_("what is sought"))
    def title(self, triad: Triad) -> str:
        return triad.demand.titled()[0]

    @admin.display(description=_("who seeks"), ordering="demand__company__legal_name")
    def seeker(self, triad: Triad) -> str:
        return triad.demand.company.legal_name

    @admin.display(description=_("evidence"), ordering="evidence")
    def evidence_shown(self, triad: Triad) -> str:
        return f"{triad.evidence:.1f}"

    @admin.display(description=_("the first covers"))
    def first_covers(self, triad: Triad) -> str:
        return _labels(triad.first_brings)

    @admin.display(description=_("the second covers"))
    def second_covers(self, triad: Triad) -> str:
        return _labels(triad.second_brings)


def _labels(codes: list[str]) -> str:
    found = TradeCode.objects.filter(scheme=TradeCode.Scheme.HS, code__in=codes).order_by("code")
    return "; ".join(f"{one.code} {one.label}" for one in found)
