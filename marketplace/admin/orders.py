"""Beneath a meeting: what it comes before and after."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import who
from marketplace.admin.base import AtTheEvent
from marketplace.models import Meeting
from marketplace.selectors.orders import orders_of
from marketplace.selectors.parts import told_meetings
from marketplace.services.orders import drop_order, set_order

_BEFORE, _AFTER = "before", "after"


class _MeetingChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Model) -> str:
        """Both companies and the time."""
        return told_meetings([obj])[0] if isinstance(obj, Meeting) else str(obj)


class OrderForm(forms.Form):
    """Another meeting of the event, and which of the two comes first."""

    way = forms.ChoiceField(
        label=_("This meeting comes"),
        choices=[(_BEFORE, _("before")), (_AFTER, _("after"))],
        widget=forms.RadioSelect,
        initial=_BEFORE,
    )
    other = _MeetingChoice(Meeting.objects.none(), label=_("The other meeting"))

    def __init__(self, *args: Any, meeting: Meeting, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Meeting.objects.filter(event=meeting.event, status__in=Meeting.AHEAD)
        field: Any = self.fields["other"]
        field.queryset = (
            others.exclude(pk=meeting.pk)
            .select_related(
                "host__registration__company", "guest__registration__company", "slot", "event"
            )
            .order_by(
                "host__registration__company__legal_name",
                "guest__registration__company__legal_name",
                "pk",
            )
        )


class OrderPages(AtTheEvent):
    """Mixed into the administration of meetings."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.order)
        own = path("<path:object_id>/order/", view, name="marketplace_meeting_order")
        return [own, *super().get_urls()]

    def order(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What the meeting comes before and after; each to drop, another to set."""
        sends = request.method == "POST"
        meeting: Meeting = self.row_of(request, object_id, to_change=sends)
        if sends and "drop" in request.POST:
            return self._drop(request, meeting)
        form = OrderForm(request.POST if sends else None, meeting=meeting)
        if sends and form.is_valid():
            pair = [meeting, form.cleaned_data["other"]]
            if form.cleaned_data["way"] == _AFTER:
                pair.reverse()
            try:
                made = set_order(*pair, by=who(request))
            except ValidationError as error:
                form.add_error(None, error)
            else:
                self.log_change(request, meeting, str(made))
                messages.success(request, gettext("Set. Timetables keep to it from now on."))
                return redirect(request.path)
        return self.page(
            request,
            meeting,
            "order",
            _("What comes before and after"),
            form=form,
            rows=_rows(meeting),
            ahead=meeting.status in Meeting.AHEAD,
        )

    def _drop(self, request: HttpRequest, meeting: Meeting) -> HttpResponse:
        key = request.POST["drop"]
        found = next((one for one in orders_of(meeting) if str(one.pk) == key), None)
        if found is None:
            raise Http404
        drop_order(found, by=who(request))
        self.log_change(request, meeting, gettext("Order of meetings dropped."))
        messages.success(request, gettext("Dropped: they may come in any order."))
        return redirect(request.path)


def _rows(meeting: Meeting) -> list[dict[str, Any]]:
    """Each order as a line: which way it is, the other meeting and its time."""
    found = []
    for order in orders_of(meeting):
        before = order.first_id == meeting.pk
        other = order.second if before else order.first
        found.append(
            {"pk": order.pk, "before": before, "other": other, "told": told_meetings([other])[0]}
        )
    return found
