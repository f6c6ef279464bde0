"""Timetables for an event's staff: ask for one, watch the search, read what it is worth."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import manages, who
from chambers.admin.decisions import decision
from marketplace.admin.base import at_the_event
from marketplace.admin.plans import PlanPages, publishable
from marketplace.models import Timetable
from marketplace.selectors import timetables as read
from marketplace.selectors.kept import changed_since
from marketplace.selectors.missing_interpreters import missing_interpreters
from marketplace.selectors.progress import percent, search_of
from marketplace.selectors.repairs import tell_place
from marketplace.selectors.walks import walks_of
from marketplace.services import publishing, timetables

Status = Timetable.Status


CREATED = at_the_event("created_at", _("created"))
FINISHED = at_the_event("finished_at", _("finished"))
PUBLISHED = at_the_event("published_at", _("published"))


def _finished(*statuses: Status) -> Any:
    """Rows in one of the states that have a plan."""
    return lambda rows: rows.filter(status__in=statuses, finished_at__isnull=False).exclude(plan={})


class StartForm(forms.ModelForm):
    """What to search for, and how much of another version to keep."""

    anew = forms.TypedChoiceField(
        label=_("What may move"),
        choices=[
            ("", _("Move as few people as possible")),
            ("1", _("Search anew: everybody may move")),
        ],
        coerce=bool,
        required=False,
        widget=forms.RadioSelect,
        help_text=_(
            "Where it is made from another version, meetings keep their time there as far as they"
            " can, then their table. What that costs in breaks stands in the certificate."
        ),
    )

    class Meta:
        model = Timetable
        fields = ["event", "seconds", "seed", "base"]


@admin.register(Timetable)
class TimetableAdmin(PlanPages):
    """Versions of timetables: a plan, a certificate, and who was told of it."""

    addable = True
    form = StartForm
    list_display = [
        "version",
        "event",
        "status",
        "progress_shown",
        "placed",
        "breaks",
        "gap",
        "changed_by_hand",
        CREATED,
        PUBLISHED,
    ]
    list_filter = ["status", "event"]
    list_select_related = ["event"]
    ordering = ["-created_at", "-pk"]
    add_form_template = "admin/marketplace/timetable/start.html"
    change_form_template = "admin/marketplace/timetable/change_form.html"
    actions = [
        decision(
            "stop",
            title=_("Stop the search and keep the best plan"),
            do=timetables.stop_timetable,
            stays=True,
            waiting=lambda rows: rows.being_made().filter(stopped_at=None),  # type: ignore[attr-defined]
        ),
        decision(
            "unpublish",
            title=_("Take timetables back"),
            do=publishing.unpublish_timetable,
            stays=True,
            waiting=_finished(Status.PROVISIONAL, Status.FINAL),
            note=_(
                "Meetings lose their times, but for those that are locked or have begun; everybody"
                " whom it concerns gets a mail."
            ),
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the problem and the plan, megabytes each; a page of one asks for its own."""
        return super().get_queryset(request).defer("problem", "plan", "progress")

    def get_fields(self, request: HttpRequest, obj: Timetable | None = None) -> Any:
        if obj is None:
            return ["event", "seconds", "seed", "base", "anew"]
        return [
            "event",
            "status",
            "base",
            "created_by",
            CREATED,
            FINISHED,
            PUBLISHED,
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Timetable | None = None) -> Any:
        return [] if obj is None else self.get_fields(request, obj)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """A version is made from one of the same event that has a plan."""
        form = super().get_form(request, obj, change, **kwargs)
        event = self.event_asked(request)
        fields: dict[str, Any] = form.base_fields
        if "base" in fields:
            rows = fields["base"].queryset.exclude(plan={}).select_related("event")
            fields["base"].queryset = rows.filter(event=event) if event else rows
            fields["base"].help_text = _(
                "What is locked in that version keeps its place in any case."
            )
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new version is made from the one in force, so that what is locked there stays."""
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        event = self.event_asked(request)
        if event is not None and "base" not in given:
            in_force = Timetable.objects.in_force().filter(event=event)
            given["base"] = in_force.values_list("pk", flat=True).first()
        return given

    @admin.display(description=_("version"), ordering="number")
    def version(self, timetable: Timetable) -> str:
        return gettext("version %(number)d") % {"number": timetable.number}

    @admin.display(description=_("search"))
    def progress_shown(self, timetable: Timetable) -> str:
        if timetable.finished_at is not None:
            return gettext("over")
        return f"{percent(timetable)} %"

    @admin.display(description=_("placed"))
    def placed(self, timetable: Timetable) -> str:
        found = timetable.certificate
        return f"{found['placed']} / {found['meetings']}" if found else "—"

    @admin.display(description=_("breaks"))
    def breaks(self, timetable: Timetable) -> str:
        return str(timetable.certificate.get("breaks", "—"))

    @admin.display(description=_("gap"))
    def gap(self, timetable: Timetable) -> str:
        return str(timetable.certificate.get("gap", "—"))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The page asks for its progress again while the search goes on; then it loads anew."""
        timetable: Timetable = self.row_of(request, object_id)
        search, changed = search_of(timetable), changed_since(timetable)
        is_open = search.is_open
        context = {
            "timetable": timetable,
            "is_open": is_open,
            "percent": search.percent,
            "meetings_chart": search.meetings_chart,
            "breaks_chart": search.breaks_chart,
            "progress_rows": search.rows,
            "worth": search.worth,
            "left": read.without_place(timetable),
            "missing": missing_interpreters(timetable),
            "walks": walks_of(timetable),
            "changed": changed,
            "changes": [
                (one.meeting, tell_place(one.before), tell_place(one.after)) for one in changed
            ],
            "hint": read.stage_mismatch(timetable.event),
            "may_publish": publishable(timetable) and manages(request, timetable),
        }
        response = super().change_view(request, object_id, form_url, context)
        if not is_open and "HX-Request" in request.headers:
            response["HX-Refresh"] = "true"
        return response

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        context = {"event_asked": self.event_asked(request)}
        return super().add_view(request, form_url, context)

    def save_model(self, request: HttpRequest, obj: Timetable, form: Any, change: bool) -> None:
        asked = {**form.cleaned_data, "anew": bool(form.cleaned_data["anew"])}
        made = timetables.start_timetable(**asked, by=who(request))
        obj.pk, obj.number, obj.created_at = made.pk, made.number, made.created_at

    def response_add(
        self, request: HttpRequest, obj: Timetable, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go where it can be watched."""
        return redirect("admin:marketplace_timetable_change", obj.pk)
