"""Mending a timetable that stands: choose what was lost, see what would move, then do it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import manages, who
from marketplace.admin.base import AtTheEvent
from marketplace.admin.losses import Cause, LossForm
from marketplace.models import (
    Event,
    Repair,
    Table,
)
from marketplace.selectors.parts import told_meetings
from marketplace.selectors.repairs import (
    Row,
    closed_tables,
    done_repairs,
    going_on_of,
    rows_of,
    stuck_of,
    tell_place,
)
from marketplace.services.mending import Outcome, Sort
from marketplace.services.repairs import Preview, apply_repair, preview_repair, reopen_tables

_COUNTED: list[tuple[tuple[Sort, ...], Any]] = [
    ((Sort.MOVED,), ngettext_lazy("%(n)d meeting moves.", "%(n)d meetings move.", "n")),
    (
        (Sort.KEPT, Sort.STRANDED),
        ngettext_lazy(
            "%(n)d meeting keeps its time at another place.",
            "%(n)d meetings keep their time at another place.",
            "n",
        ),
    ),
    (
        (Sort.LOST,),
        ngettext_lazy("%(n)d meeting loses its time.", "%(n)d meetings lose their time.", "n"),
    ),
    (
        (Sort.CANCELLED,),
        ngettext_lazy("%(n)d meeting is cancelled.", "%(n)d meetings are cancelled.", "n"),
    ),
    (
        (Sort.FILLED,),
        ngettext_lazy("%(n)d that waited gets a time.", "%(n)d that waited get a time.", "n"),
    ),
]


class RepairPages(AtTheEvent):
    """Mixed into the administration of events."""

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<path:object_id>/repair/",
                self.admin_site.admin_view(self.repair),
                name="marketplace_event_repair",
            ),
            path(
                "<path:object_id>/repair/reopen/",
                self.admin_site.admin_view(self.reopen),
                name="marketplace_event_reopen",
            ),
        ]
        return own + super().get_urls()

    def repair(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asked, it shows what would happen; sent, it does that and nothing else."""
        sends = request.method == "POST"
        event: Event = self.row_of(request, object_id, to_change=sends)
        form = _form_of(request.POST if sends else request.GET, event, sends=sends)
        if form is None or not (form.is_bound and manages(request, event) and form.is_valid()):
            answer = self._repair_page(request, event, form)
            answer.status_code = 422 if sends else answer.status_code
            return answer
        fill, by = form.cleaned_data["fill"], who(request)
        try:
            if sends:
                seen = request.POST.get("seen", "")
                made = apply_repair(event, form.loss(), by=by, fill=fill, seen=seen)
                self.log_change(request, event, str(made))
                messages.success(request, _done_told(made))
                address = reverse("admin:marketplace_event_repair", args=[event.pk])
                return redirect(f"{address}?repair={made.public_id}")
            shown = preview_repair(event, form.loss(), by=by, fill=fill)
        except ValidationError as error:
            return self._refused(request, event, form, error)
        return self._repair_page(request, event, form, shown=shown)

    def _refused(
        self, request: HttpRequest, event: Event, form: LossForm, error: ValidationError
    ) -> HttpResponse:
        """The reason; where the meetings have changed meanwhile, what would happen now as well."""
        shown = None
        refusal = ""
        if getattr(error, "code", None) == "changed_meanwhile":
            # What was chosen may be what is no more: it is looked for again.
            given = request.POST if request.method == "POST" else request.GET
            form = _form_of(given, event, sends=True) or form
            refusal = " ".join(error.messages)
            try:
                if form.is_valid():
                    fill = form.cleaned_data["fill"]
                    shown = preview_repair(event, form.loss(), by=who(request), fill=fill)
            except ValidationError as other:
                form.add_error(None, other)
        else:
            form.add_error(None, error)
        answer = self._repair_page(request, event, form, shown=shown, refusal=refusal)
        answer.status_code = 422
        return answer

    def _repair_page(
        self,
        request: HttpRequest,
        event: Event,
        form: LossForm | None,
        *,
        shown: Preview | None = None,
        refusal: str = "",
    ) -> HttpResponse:
        causes = [
            {"value": value, "label": label, "is_here": form is not None and form.of == value}
            for value, label in Cause.choices
        ]
        return self.page(
            request,
            event,
            "repair",
            _("Repair the timetable"),
            form=form,
            causes=causes,
            shown=_told(shown) if shown is not None else None,
            refusal=refusal,
            sent=_sent(form) if shown is not None and form is not None else [],
            done=done_repairs(event),
            closed=closed_tables(event),
            former=_former(request, event),
        )

    def reopen(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let a table be used again."""
        event: Event = self.row_of(request, object_id, to_change=request.method == "POST")
        if request.method == "POST":
            key = request.POST.get("table", "")
            tables = Table.objects.filter(event=event, pk__in=[key] if _is_key(key) else [])
            try:
                count = reopen_tables(event, tables, by=who(request))
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))
            else:
                told = ngettext(
                    "The table can be used again in %(n)d slot.",
                    "The table can be used again in %(n)d slots.",
                    count,
                ) % {"n": count}
                self.log_change(request, event, told)
                messages.success(request, told)
        return redirect("admin:marketplace_event_repair", event.pk)


def _is_key(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) < 19


def _form_of(given: QueryDict, event: Event, *, sends: bool) -> LossForm | None:
    """The form of the cause that is named; bound when it is sent or asked what would happen."""
    try:
        cause = Cause(str(given.get("cause", "")))
    except ValueError:
        return None
    if sends or "preview" in given:
        return LossForm(given, event=event, of=cause)
    known = {name: given[name] for name in given if name in LossForm.base_fields}
    return LossForm(initial=known, event=event, of=cause)


def _sent(form: LossForm) -> list[tuple[str, str]]:
    """What was chosen, to be sent again with the outcome that was shown."""
    return [
        (field.html_name, str(field.value()))
        for field in form
        if field.value() not in (None, False, "")
    ]


def _former(request: HttpRequest, event: Event) -> dict[str, Any] | None:
    """The former repair that is asked for."""
    try:
        key = uuid.UUID(request.GET.get("repair", ""))
    except ValueError:
        return None
    repair = Repair.objects.filter(event=event, public_id=key).select_related("event").first()
    if repair is None:
        return None
    return {
        "repair": repair,
        "rows": rows_of(repair),
        "stuck": stuck_of(repair),
        "going_on": going_on_of(repair),
    }


def _told(shown: Preview) -> dict[str, Any]:
    """What a page says of an outcome that is not done yet."""
    outcome = shown.outcome
    rows = [
        Row(one.meeting, one.sort.value, tell_place(one.before), tell_place(one.after), one.cause)
        for one in outcome.shifts
    ]
    return {
        "sentences": _sentences(outcome),
        "rows": rows,
        "stuck": outcome.stuck,
        "going_on": told_meetings(outcome.going_on),
        "told": shown.told,
        "waiting": shown.waiting,
        "digest": outcome.digest,
    }


def _sentences(outcome: Outcome) -> list[str]:
    """How many meetings and people, and how few it could be."""
    if outcome.is_empty and not outcome.going_on:
        return [gettext("No meeting is concerned.")]
    texts = []
    for sorts, told in _COUNTED:
        count = len(outcome.of(*sorts))
        if count:
            texts.append(str(told % {"n": count}))
    return [*texts, _people_told(outcome)]


def _people_told(outcome: Outcome) -> str:
    count, bound = outcome.people, outcome.people_bound
    if not count:
        return gettext("Nobody else gets another hour.")
    told = ngettext(
        "%(n)d other person gets another hour, or loses a meeting",
        "%(n)d other people get another hour, or lose a meeting",
        count,
    ) % {"n": count}
    if count == bound:
        return gettext("%(told)s; nobody could do with fewer.") % {"told": told}
    return gettext("%(told)s; with fewer than %(bound)d nobody could do.") % {
        "told": told,
        "bound": bound,
    }


def _done_told(made: Repair) -> str:
    count = made.outcome["told"]
    return ngettext("Done: %(n)d person gets a mail.", "Done: %(n)d people get a mail.", count) % {
        "n": count
    }
