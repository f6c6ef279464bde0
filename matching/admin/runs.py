"""Matching for chamber staff: start, watch and stop a run; read what it found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedAdmin, company_column, who
from chambers.admin.companies import SearchedByCompany
from chambers.admin.decisions import decision
from chambers.admin_site import Queue, shows_queues
from chambers.models import User
from matching.admin.reports import ReportPages
from matching.models import ChamberEmphasis, Run, SuggestionList
from matching.selectors import suggestions_for, tenths
from matching.services import runs

OPEN = (Run.State.QUEUED, Run.State.RUNNING)


@admin.register(Run)
class RunAdmin(ReportPages, ScopedAdmin):
    """Runs concern every chamber: all staff watch them, any manager starts and stops one."""

    addable = True
    list_display = [
        "created_at",
        "state",
        "progress",
        "is_current",
        "companies",
        "served",
        "pairs",
        "requester",
        "finished_at",
    ]
    list_filter = ["state"]
    list_select_related = ["requested_by"]
    ordering = ["-created_at", "-pk"]
    add_form_template = "admin/matching/run/start.html"
    change_list_template = "admin/matching/run/change_list.html"
    actions = [
        decision(
            "stop",
            title=_("Stop matching runs"),
            do=runs.stop_run,
            waiting=lambda rows: rows.open(),  # type: ignore[attr-defined]
            note=_("The suggestions shown now stay as they are."),
        )
    ]

    def get_fields(self, request: HttpRequest, obj: Run | None = None) -> Any:
        if obj is None:
            return []
        under_way = ["stage", "progress"] if obj.state != Run.State.DONE else []
        return [
            "state",
            *under_way,
            "is_current",
            "requester",
            "companies",
            "served",
            "pairs",
            "rules",
            "tables",
            "stressed",
            "seed",
            "created_at",
            "snapshot_at",
            "finished_at",
            "error",
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        known = User.objects.served_by(who(request)).filter(pk=OuterRef("requested_by"))
        rows: QuerySet[Run] = super().get_queryset(request)
        return rows.annotate(is_requester_known=Exists(known))

    @admin.display(description=_("requested by"))
    def requester(self, run: Any) -> str:
        """Runs are everybody's, but who works at another chamber is its own affair."""
        return str(run.requested_by) if run.is_requester_known else "—"

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Run | None:
        """The run, which knows who reads of it."""
        run: Any = super().get_object(request, object_id, from_field)
        if run is not None:
            run.reader = who(request)
        return cast("Run | None", run)

    @admin.display(description=_("emphases of chambers"))
    def stressed(self, run: Any) -> str:
        """What chambers stressed when its profiles were read: chamber and number of each.

        What other chambers stress is their own affair: of them only how many.
        """
        held = ChamberEmphasis.objects.held_at(run.snapshot_at or run.created_at)
        mine = held & ChamberEmphasis.objects.served_by(run.reader)
        told = [str(one) for one in mine.select_related("chamber").order_by("chamber__name_en")]
        others = held.count() - len(told)
        if others:
            text = ngettext("%(count)d other chamber", "%(count)d other chambers", others)
            told.append(text % {"count": others})
        return "; ".join(told) or "—"

    @admin.display(description=_("progress"))
    def progress(self, run: Run) -> str:
        return f"{run.percent} %"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The page asks for its progress again while the run is open; then it loads anew."""
        run = self.get_object(request, unquote(object_id))
        is_open = run is not None and run.state in OPEN
        response = super().change_view(
            request, object_id, form_url, {"run": run, "is_open": is_open}
        )
        if not is_open and "HX-Request" in request.headers:
            response["HX-Refresh"] = "true"
        return response

    def save_model(self, request: HttpRequest, obj: Run, form: Any, change: bool) -> None:
        started = runs.start_run(by=who(request))
        obj.pk, obj.created_at, obj.state = started.pk, started.created_at, started.state

    def response_add(
        self, request: HttpRequest, obj: Run, post_url_continue: str | None = None
    ) -> Any:
        """Go where it can be watched."""
        return redirect("admin:matching_run_change", obj.pk)


@admin.register(SuggestionList)
class SuggestionListAdmin(SearchedByCompany):
    """What is suggested to one's members now, with the reasons they read themselves."""

    list_display = [company_column("company", _("company")), "country", "partner_count", "best"]
    list_filter = ["company__country"]
    list_select_related = ["company__country", "run"]
    ordering = ["company__legal_name", "pk"]
    fields = readonly_fields = ("company", "country", "run")
    change_form_template = "admin/matching/suggestionlist/change_form.html"

    @admin.display(description=_("country or region"), ordering="company__country__name_en")
    def country(self, stored: SuggestionList) -> str:
        return stored.company.country.name

    @admin.display(description=_("partners"))
    def partner_count(self, stored: SuggestionList) -> int:
        return len(stored.partners)

    @admin.display(description=_("best, of ten"))
    def best(self, stored: SuggestionList) -> str:
        return str(tenths(stored.mutual[0])) if stored.mutual else "—"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        stored = self.get_object(request, unquote(object_id))
        found = (
            suggestions_for(stored.company, who(request), with_met=True)
            if stored is not None
            else None
        )
        return super().change_view(request, object_id, form_url, {"suggestions": found})


@shows_queues
def matching(user: User) -> Iterator[Queue]:
    """The run under way, or when everyone was last matched."""
    open_run = Run.objects.served_by(user).open().first()
    if open_run is not None:
        yield Queue(
            gettext("Matching run under way"),
            1,
            reverse("admin:matching_run_change", args=[open_run.pk]),
            since=open_run.created_at,
            percent=open_run.percent,
        )
        return
    shown = Run.objects.served_by(user).current()
    yield Queue(
        gettext("Matching run under way"),
        0,
        reverse("admin:matching_run_changelist"),
        note=gettext("Last: %(day)s") % {"day": date_format(shown.created_at)} if shown else "",
    )
