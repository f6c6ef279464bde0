"""Opportunities for chamber staff: the review queue and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Exists, Min, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedInline, company_column, who
from chambers.admin.companies import StatusFilter, companies_called
from chambers.admin.decisions import decision
from chambers.admin_site import Queue, shows_queues
from chambers.models import today
from marketplace import services
from marketplace.admin.reviews import ReviewPages
from marketplace.models import InvestmentTerms, Opportunity, Revision
from marketplace.selectors.own import RENEWED_FROM, RENEWED_UNTIL
from marketplace.services.reviews import refuse_opportunity

if TYPE_CHECKING:
    from chambers.models import User


class RefusalForm(forms.Form):
    """Why something cannot be published at all."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea({"rows": 3, "cols": 80}),
        help_text=_("The company reads it."),
    )


def _in_review(rows: QuerySet[Opportunity]) -> QuerySet[Opportunity]:
    return rows.filter(status=Opportunity.Status.IN_REVIEW)


def _renewable(rows: QuerySet[Opportunity]) -> QuerySet[Opportunity]:
    first, last = today() - RENEWED_UNTIL, today() + RENEWED_FROM
    return rows.filter(
        status=Opportunity.Status.PUBLISHED, expires_on__gte=first, expires_on__lte=last
    )


class ChangeFilter(admin.SimpleListFilter):
    """Those whose changed text waits."""

    title = _("changed text")
    parameter_name = "change"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", gettext("waits for review"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "waiting":
            return queryset
        waiting = Revision.objects.waiting().filter(opportunity=OuterRef("pk"))
        return queryset.filter(Exists(waiting))


class OpportunityStatusFilter(StatusFilter):
    statuses = Opportunity.Status
    annotation = "status_on_day"


class InvestmentTermsInline(ScopedInline):
    """Amounts stand apart; who reviews the opportunity reads them."""

    model = InvestmentTerms
    fields = readonly_fields = (
        "field",
        "instrument",
        "region",
        "amount_min",
        "amount_max",
        "currency",
    )


@admin.register(Opportunity)
class OpportunityAdmin(ReviewPages):
    """What members offer and seek: read and scored here, written by the companies."""

    list_display = [
        "reference",
        "title_shown",
        "status_today",
        company_column("company", _("company")),
        "side",
        "kind",
        "created_at",
        "expires_on",
    ]
    list_display_links = ["reference", "title_shown"]
    list_filter = [
        OpportunityStatusFilter,
        ChangeFilter,
        "is_anonymous",
        "side",
        "kind",
        "company__country",
    ]
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
        "is_anonymous",
        "through_chambers",
        "created_at",
        "published_at",
        "expires_on",
    )
    actions = [
        decision(
            "reject",
            title=_("Reject opportunities"),
            do=refuse_opportunity,
            waiting=_in_review,
            form=RefusalForm,
            note=_("Without scores: for what may not be published at all. The company is told."),
        ),
        decision(
            "renew",
            title=_("Renew opportunities"),
            do=services.renew_opportunity,
            waiting=_renewable,
            note=_("Each is shown for another year."),
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
    """Opportunities and changed texts that wait for a review."""
    found = _in_review(Opportunity.objects.served_by(user)).aggregate(
        count=Count("pk"), since=Min("updated_at")
    )
    yield Queue(
        gettext("Opportunities in review"),
        found["count"],
        reverse("admin:marketplace_opportunity_changelist") + "?status=in_review",
        since=found["since"],
    )
    waiting = Revision.objects.waiting().served_by(user)
    changed = waiting.aggregate(count=Count("pk"), since=Min("updated_at"))
    yield Queue(
        gettext("Changed texts in review"),
        changed["count"],
        reverse("admin:marketplace_opportunity_changelist") + "?change=waiting",
        since=changed["since"],
    )
