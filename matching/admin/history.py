"""What happened between two companies, recorded and withdrawn by the staff of either."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedAdmin, who
from chambers.admin.companies import companies_called
from chambers.admin.decisions import decision
from chambers.models import Company, User
from matching.models import PairHistory
from matching.services.history import record_history, withdraw_history


@admin.register(PairHistory)
class PairHistoryAdmin(ScopedAdmin):
    """Partners already, met: of the members of one's chambers; declined: by one of them."""

    addable = True
    list_display = ["one", "other", "kind", "since", "statement", "recorder", "recorded_at"]
    list_filter = ["kind"]
    list_select_related = ["one", "other", "stated_by", "recorded_by"]
    search_fields = ["one__legal_name"]  # says that there is a search; see below
    search_help_text = _("Either company: name in any script, or registration number")
    ordering = ["-recorded_at", "-pk"]
    autocomplete_fields = ["one", "other", "stated_by"]
    actions = [
        decision(
            "withdraw",
            title=_("Withdraw records"),
            do=withdraw_history,
            note=_("Companies that were kept apart may be suggested to each other again."),
        )
    ]

    def get_fields(self, request: HttpRequest, obj: PairHistory | None = None) -> Any:
        if obj is None:
            return ["one", "other", "kind", "stated_by", "since", "note", "source"]
        told = ["note", "source"] if self._knows_why(request, obj) else []
        shown = ["one", "other", "kind", "since", "statement", "recorder", "recorded_at"]
        return [*shown, *told]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PairHistory]:
        rows: QuerySet[PairHistory] = super().get_queryset(request)
        known = User.objects.served_by(who(request)).filter(pk=OuterRef("recorded_by"))
        return rows.annotate(is_recorder_known=Exists(known))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.replace("\x00", "").strip()[:100]
        if not term:
            return queryset, False
        found = companies_called(term, who(request)).values("pk")
        return queryset.filter(Q(one__in=found) | Q(other__in=found)), False

    @admin.display(description=_("stated by"))
    def statement(self, history: PairHistory) -> str:
        return str(history.stated_by or _("chamber staff"))

    @admin.display(description=_("recorded by"))
    def recorder(self, history: Any) -> str:
        """Who works or speaks for somebody else is not told."""
        return str(history.recorded_by) if history.is_recorder_known else "—"

    def _knows_why(self, request: HttpRequest, history: PairHistory) -> bool:
        """A reason is for the chambers of the side that gave it; a chamber's own for both."""
        if history.stated_by_id is None:
            return True
        served = Company.objects.members_served_by(who(request))
        return served.filter(pk=history.stated_by_id).exists()

    def save_model(self, request: HttpRequest, obj: PairHistory, form: Any, change: bool) -> None:
        fields = dict(form.cleaned_data)
        pair = fields.pop("one"), fields.pop("other")
        saved = record_history(*pair, by=who(request), **fields)
        obj.pk, obj.one, obj.other = saved.pk, saved.one, saved.other
