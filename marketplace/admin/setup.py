"""Pages beneath an event: many tables or slots at once, who meets whom."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import served, who
from chambers.admin.fields import Day
from marketplace.admin.base import AtTheEvent
from marketplace.models import (
    Delegation,
    Event,
    Group,
    Hall,
    Interpreter,
    Meeting,
    MeetingRequest,
    Participant,
    Registration,
    Session,
    Slot,
    Table,
    Timetable,
)
from marketplace.services import parts
from marketplace.services.slots import add_slots

if TYPE_CHECKING:
    from chambers.models import User

_ADDED_HERE = {Hall, Session, Group, Delegation, Interpreter}
_PARTS = (Hall, Table, Slot, Session, Group, Delegation, Interpreter)
_PEOPLE = (Registration, Participant, MeetingRequest, Meeting, Timetable)


class Clock(forms.TimeInput):
    """The browser's own input of a time."""

    input_type = "time"


class TablesForm(forms.Form):
    """Some tables in a hall, the first of them with screens."""

    count = forms.IntegerField(label=_("How many tables"), min_value=1, max_value=1000)
    screens = forms.IntegerField(
        label=_("Of them with a screen"),
        min_value=0,
        initial=0,
        help_text=_("The first ones. Meetings with somebody who is remote need a screen."),
    )
    seats = forms.IntegerField(label=_("Seats at each"), min_value=2, max_value=50, initial=4)
    hall = forms.ModelChoiceField(Hall.objects.none(), label=_("Hall"), required=False)

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hall"].queryset = Hall.objects.filter(event=event)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if (cleaned.get("screens") or 0) > (cleaned.get("count") or 0):
            self.add_error("screens", _("There are fewer tables than that."))
        return cleaned


class SlotsForm(forms.Form):
    """Hours of a day, filled with slots of one length."""

    day = forms.DateField(label=_("Day"), widget=Day)
    starts = forms.TimeField(label=_("From"), widget=Clock)
    ends = forms.TimeField(label=_("Until"), widget=Clock)
    minutes = forms.IntegerField(
        label=_("Minutes of a meeting"), min_value=1, max_value=24 * 60, initial=20
    )
    gap = forms.IntegerField(label=_("Free minutes after each"), min_value=0, initial=0)
    pause_starts = forms.TimeField(label=_("Break from"), widget=Clock, required=False)
    pause_ends = forms.TimeField(label=_("Break until"), widget=Clock, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        pause = [cleaned.get("pause_starts"), cleaned.get("pause_ends")]
        if (pause[0] is None) != (pause[1] is None):
            self.add_error("pause_ends", _("Give both ends of the break, or none."))
        elif pause[0] is not None and pause[1] is not None and pause[0] >= pause[1]:
            self.add_error("pause_ends", _("The break ends before it starts."))
        return cleaned


class RulesForm(forms.Form):
    """Each two groups that may meet; none lets everybody meet everybody."""

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = list(Group.objects.filter(event=event))
        known = {frozenset(pair) for pair in event.group_rules.values_list("first", "second")}
        self.pairs: dict[str, tuple[Group, Group]] = {}
        for one, other in combinations_with_replacement(groups, 2):
            name = f"pair_{one.pk}_{other.pk}"
            self.pairs[name] = (one, other)
            self.fields[name] = forms.BooleanField(
                label=f"{one} × {other}",
                required=False,
                initial=frozenset((one.pk, other.pk)) in known,
            )

    def chosen(self) -> list[tuple[Group, Group]]:
        """The pairs that are ticked."""
        return [pair for name, pair in self.pairs.items() if self.cleaned_data[name]]


class SetUpPages(AtTheEvent):
    """Mixed into the administration of events."""

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "tables": self.add_tables,
            "slots": self.add_slots,
            "rules": self.let_meet,
        }
        own = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"marketplace_event_{name}",
            )
            for name, view in pages.items()
        ]
        return own + super().get_urls()

    def add_tables(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Twenty tables in hall B, screens on the first three."""

        def save(event: Event, form: Any) -> str:
            given, by = form.cleaned_data, who(request)
            told = {"by": by, "hall": given["hall"], "seats": given["seats"]}
            rest = given["count"] - given["screens"]
            if given["screens"]:
                parts.add_tables(event, given["screens"], has_screen=True, **told)
            if rest:
                parts.add_tables(event, rest, **told)
            count = given["count"]
            return ngettext("%(n)d table added.", "%(n)d tables added.", count) % {"n": count}

        return self._fill(request, object_id, "tables", _("Add tables"), TablesForm, save)

    def add_slots(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A day's hours cut into slots; another length is another sending."""

        def save(event: Event, form: Any) -> str:
            given = dict(form.cleaned_data)
            pause = (given.pop("pause_starts"), given.pop("pause_ends"))
            breaks = [pause] if pause[0] else []
            made = add_slots(event, by=who(request), breaks=breaks, **given)
            return ngettext("%(n)d slot added.", "%(n)d slots added.", len(made)) % {"n": len(made)}

        event: Event = self.row_of(request, object_id)
        initial = {"day": event.starts_on}
        return self._fill(
            request, object_id, "slots", _("Add slots"), SlotsForm, save, initial=initial
        )

    def let_meet(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Which groups may meet each other."""

        def save(event: Event, form: Any) -> str:
            parts.let_meet(event, form.chosen(), by=who(request))
            return gettext("Saved who meets whom.")

        return self._fill(request, object_id, "rules", _("Who meets whom"), RulesForm, save)

    def _fill(
        self,
        request: HttpRequest,
        object_id: str,
        name: str,
        title: Any,
        form_class: type[forms.Form],
        save: Callable[[Event, Any], str],
        **more: Any,
    ) -> HttpResponse:
        """Show a form about an event, do what it says, and show it again for the next."""
        event: Event = self.row_of(request, object_id, to_change=request.method == "POST")
        if form_class is not SlotsForm:
            more["event"] = event
        form = form_class(request.POST if request.method == "POST" else None, **more)
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    told = save(event, form)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                self.log_change(request, event, told)
                messages.success(request, told)
                return redirect(request.path)
        known = {"tables": event.tables, "slots": event.slots, "rules": event.groups}[name]
        return self.page(request, event, name, title, form=form, count=known.count())


def parts_of(event: Event, user: User, *, managing: bool) -> list[dict[str, Any]]:
    """What belongs to an event: name, how many, the list and where to add more."""
    found = []
    for model in (*_PARTS, *_PEOPLE):
        opts = model._meta  # noqa: SLF001 - Django's documented model API
        prefix = f"admin:marketplace_{opts.model_name}"
        path_to = "registration__event" if model is Participant else "event"
        added = reverse(f"{prefix}_add") + f"?event={event.pk}" if model in _ADDED_HERE else ""
        found.append(
            {
                "name": capfirst(opts.verbose_name_plural),
                "count": served(model, user).filter(**{path_to: event}).count(),
                "url": reverse(f"{prefix}_changelist") + f"?{path_to}__id__exact={event.pk}",
                "add": added if managing else "",
            }
        )
    return found
