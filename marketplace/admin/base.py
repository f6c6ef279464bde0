"""What the administration of events shares: the clock of the place, pages beneath a row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedAdmin, manages, served, who
from chambers.admin.fields import Day, Moment
from chambers.models import validate_zone
from marketplace.models import Event
from marketplace.selectors.times import tell_moment


class OpenFilter(admin.SimpleListFilter):
    """What waits for somebody's decision, or what is settled, by ``settled_at``."""

    title = _("status")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("to settle")), ("0", _("settled"))]

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> models.QuerySet[Any]:
        if self.value() not in ("0", "1"):
            return queryset
        return queryset.filter(settled_at__isnull=self.value() == "1")


class AtTheEvent(ScopedAdmin):
    """Rows of an event, whose times are typed and read as the clocks at its place show them."""

    formfield_overrides = {  # type: ignore[misc]  # the base declares it on instances
        models.DateField: {"widget": Day},
        models.DateTimeField: {"form_class": forms.DateTimeField, "widget": Moment},
        models.URLField: {"assume_scheme": "https"},
    }

    def event_of(self, row: Any) -> Event:
        """The event that a row belongs to."""
        return cast("Event", row if isinstance(row, Event) else row.event)

    def event_asked(self, request: HttpRequest) -> Event | None:
        """The event that a form's address or sending names, if one looks after it."""
        key = request.POST.get("event", "") or request.GET.get("event", "")
        rows = served(Event, who(request))
        return rows.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None

    def clock_for(self, request: HttpRequest, object_id: str | None) -> dt.tzinfo:
        """The clock of a form: of its row's event, or of the event that is asked for."""
        row = self.get_object(request, unquote(object_id)) if object_id else None
        event = self.event_of(row) if row is not None else self.event_asked(request)
        return event.clock if event is not None else timezone.get_current_timezone()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        with timezone.override(self.clock_for(request, object_id)):
            answer = super().changeform_view(request, object_id, form_url, extra_context)
            return answer.render() if isinstance(answer, TemplateResponse) else answer

    def row_of(self, request: HttpRequest, object_id: str, *, to_change: bool = False) -> Any:
        """The row that an address names. A foreign one is a missing one; a viewer only reads."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if to_change and not manages(request, row):
            raise PermissionDenied
        return row

    def page(
        self, request: HttpRequest, row: Any, name: str, title: Any, **context: Any
    ) -> HttpResponse:
        """A page beneath a row, in the time of its event; a form with errors is answered 422."""
        template = f"admin/marketplace/{self.opts.model_name}/{name}.html"
        form = context.get("form")
        refused = isinstance(form, forms.BaseForm) and form.is_bound and not form.is_valid()
        shown = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": title,
            "manages": manages(request, row),
            **context,
        }
        with timezone.override(self.event_of(row).clock):
            status = 422 if refused else 200
            return TemplateResponse(request, template, shown, status=status).render()


def at_the_event(name: str, description: Any) -> Callable[[Any], str]:
    """A column or field that tells the moment ``name`` of a row by the clock of its event."""

    @admin.display(description=description, ordering=name)
    def told(row: Any) -> str:
        moment = getattr(row, name)
        return tell_moment(moment, zone=row.event.zone) if moment is not None else "—"

    told.__name__ = f"{name}_told"
    return told


def zone_typed(typed: str) -> dt.tzinfo | None:
    """The zone of a name that somebody typed; None when there is no such zone."""
    try:
        validate_zone(typed)
    except ValidationError:
        return None
    return ZoneInfo(typed)


class CauseForm(forms.Form):
    """Why something changes; those whom it concerns read it."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        widget=forms.Textarea({"rows": 3, "cols": 80}),
        max_length=2000,
        help_text=_("Those whom it concerns read it."),
    )
