"""Opportunities for chamber staff: the review queue and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedInline, who
from chambers.admin.companies import SearchedByCompany, StatusFilter, companies_called
from chambers.admin.decisions import decision
from chambers.admin.fields import Day
from chambers.admin_site import Queue, shows_queues
from chambers.models import today
from marketplace import services
from marketplace.models import InvestmentTerms, Opportunity

if TYPE_CHECKING:
    from chambers.models import User


class PublishForm(forms.Form):
    """How long an opportunity is shown."""

    expires_on = forms.DateField(
        label=_("Last day"),
        widget=Day,
        initial=lambda: today() + services.SHOWN_FOR,
        validators=[services.refuse_past_day],
        help_text=_("Included."),
    )


def _in_review(rows: QuerySet[Opportunity]) -> QuerySet[Opportunity]:
    return rows.filter(status=Opportunity.Status.IN_REVIEW)


class OpportunityStatusFilter(StatusFilter):
    statuses = Opportunity.Status
    annotation = "status_on_day"


class InvestmentTermsInline(ScopedInline):
    """Amounts stand apart; who reviews the opportunity reads them."""

    model = InvestmentTerms
    fields = readonly_fields = ("instrument", "region", "amount_min", "amount_max", "currency")


@admin.register(Opportunity)
class OpportunityAdmin(SearchedByCompany):
    """What members offer and seek: read here, decided by actions, written by the companies."""

    list_display = [
        "reference",
        "title_shown",
        "status_today",
        "company",
        "side",
        "kind",
        "created_at",
        "expires_on",
    ]
    list_display_links = ["reference", "title_shown"]
    list_filter = [OpportunityStatusFilter, "side", "kind", "company__country"]
    list_select_related = ["company"]
    ordering = ["-created_at", "-pk"]
    search_help_text = _("Reference number, or the company by name or registration number")
    inlines = [InvestmentTermsInline]
    fields = readonly_fields = (
        "reference",
        "company",
        "side",
        "kind",
        "status_today",
        "title_texts",
        "text_texts",
        "trades",
        "target_countries",
        "created_at",
        "published_at",
        "expires_on",
    )
    actions = [
        decision(
            "publish",
            title=_("Publish opportunities"),
            do=services.publish_opportunity,
            waiting=_in_review,
            form=PublishForm,
            note=_("Everyone can read them from now on, and they are matched."),
        ),
        decision(
            "reject",
            title=_("Reject opportunities"),
            do=services.reject_opportunity,
            waiting=_in_review,
        ),
        decision(
            "archive",
            title=_("Archive opportunities"),
            do=services.archive_opportunity,
            waiting=lambda rows: rows.filter(status=Opportunity.Status.PUBLISHED),
            note=_("They leave the market for good."),
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Opportunity]:
        rows: QuerySet[Opportunity] = super().get_queryset(request).with_status()  # type: ignore[attr-defined]
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.replace("\x00", "").strip()[:100]
        if not term:
            return queryset, False
        numbered = queryset.filter(reference__iexact=term)
        called = companies_called(term, who(request))
        return numbered | queryset.filter(company__in=called.values("pk")), False

    @admin.display(description=_("title"))
    def title_shown(self, opportunity: Opportunity) -> str:
        return opportunity.titled()[0]

    @admin.display(description=_("status"), ordering="status_on_day")
    def status_today(self, opportunity: Any) -> str:
        return str(Opportunity.Status(opportunity.status_on_day).label)

    @admin.display(description=_("title"))
    def title_texts(self, opportunity: Opportunity) -> str:
        return _by_language(opportunity.title)

    @admin.display(description=_("text"))
    def text_texts(self, opportunity: Opportunity) -> str:
        return _by_language(opportunity.text)

    @admin.display(description=_("trade codes"))
    def trades(self, opportunity: Opportunity) -> str:
        return "; ".join(str(code) for code in opportunity.codes.all()) or "—"


def _by_language(texts: dict[str, str]) -> str:
    return "\n".join(f"{code}: {text}" for code, text in texts.items()) or "—"


@shows_queues
def reviews(user: User) -> Iterator[Queue]:
    """Opportunities that wait for a review."""
    found = _in_review(Opportunity.objects.served_by(user)).aggregate(
        count=Count("pk"), since=Min("updated_at")
    )
    yield Queue(
        gettext("Opportunities in review"),
        found["count"],
        reverse("admin:marketplace_opportunity_changelist") + "?status=in_review",
        since=found["since"],
    )
