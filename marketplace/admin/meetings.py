"""Requests and meetings for an event's staff: read, arrange, move, decide, note who came."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedInline, manages, who
from chambers.admin.companies import companies_called
from chambers.admin.decisions import decision
from chambers.admin.fields import ReasonForm
from marketplace.admin.base import AtTheEvent, at_the_event
from marketplace.admin.orders import OrderPages
from marketplace.forms import LinkForm
from marketplace.models import (
    Booking,
    Meeting,
    MeetingRequest,
    Slot,
    StandbyOffer,
    Table,
    TableClosed,
    TimeProposal,
)
from marketplace.selectors.clocks import meetings_of_changed_rules
from marketplace.selectors.standby import reason_of
from marketplace.selectors.times import tell_time
from marketplace.services import calendars, clocks, meetings
from marketplace.services.online import set_link


class SearchedByEitherSide(AtTheEvent):
    """Rows between two companies, found by either."""

    search_fields = ["pk"]  # says that there is a search; see below
    search_help_text = _("Company: name in any script, registration number, or words about it")
    sides: tuple[str, ...] = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.replace("\x00", "").strip()[:100]
        if not term:
            return queryset, False
        found, where = companies_called(term, who(request)).values("pk"), Q()
        for side in self.sides:
            where |= Q(**{f"{side}__in": found})
        return queryset.filter(where), False


EXPIRES = at_the_event("expires_at", _("answer until"))


@admin.register(MeetingRequest)
class MeetingRequestAdmin(SearchedByEitherSide):
    """What companies ask of each other: theirs to decide, the staff's to read."""

    list_display = ["requester_name", "partner_name", "wish", "status", EXPIRES, "event"]
    list_display_links = ["requester_name", "partner_name"]
    list_filter = ["status", "reason_code", "wish", "event"]
    list_select_related = ["requester__company", "partner__company", "event"]
    ordering = ["-created_at", "-pk"]
    sides = ("requester__company", "partner__company")
    fields = readonly_fields = (  # type: ignore[assignment]  # the stubs know no callables
        "event",
        "requester_name",
        "partner_name",
        "wish",
        "status",
        "message",
        "opportunity",
        "participant",
        "times",
        "reason_code",
        "reason",
        at_the_event("created_at", _("created")),
        EXPIRES,
        at_the_event("decided_at", _("decided at")),
        "leads_to",
    )

    @admin.display(description=_("requester"), ordering="requester__company__legal_name")
    def requester_name(self, asked: MeetingRequest) -> str:
        return asked.requester.company.told

    @admin.display(description=_("partner"), ordering="partner__company__legal_name")
    def partner_name(self, asked: MeetingRequest) -> str:
        return asked.partner.company.told

    @admin.display(description=_("acceptable times"))
    def times(self, asked: MeetingRequest) -> str:
        slots = asked.slots.select_related("event")
        return "; ".join(str(slot) for slot in slots) or gettext("any time")

    @admin.display(description=_("meeting"))
    def leads_to(self, asked: MeetingRequest) -> str:
        meeting = Meeting.objects.filter(request=asked).first()
        return meeting.get_status_display() if meeting else "—"


class PlacedFilter(admin.SimpleListFilter):
    """Where a time is missing, there is work."""

    title = _("time")
    parameter_name = "time"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("missing", _("Time to be set")),
            ("moved", _("Moved at least once")),
            ("clock", _("Another hour: the rule of its zone has changed")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "missing":
            return queryset.filter(status=Meeting.Status.UNSCHEDULED)
        if self.value() == "moved":
            return queryset.filter(moves__gt=0)
        if self.value() == "clock":
            changed = meetings_of_changed_rules(Meeting.objects.served_by(who(request)))
            return queryset.filter(pk__in=changed.values("pk"))
        return queryset


class AttendanceForm(forms.Form):
    """Who was there, each side apart."""

    host = forms.ChoiceField(label=_("Host"), choices=Meeting.Attendance.choices, initial="came")
    guest = forms.ChoiceField(label=_("Guest"), choices=Meeting.Attendance.choices, initial="came")


class MoveForm(forms.Form):
    """A free time and, if one matters, a table."""

    slot = forms.ModelChoiceField(
        Slot.objects.none(), label=_("Time"), widget=forms.RadioSelect, empty_label=None
    )
    table = forms.ModelChoiceField(
        Table.objects.none(),
        label=_("Table"),
        required=False,
        empty_label=_("any that is free"),
    )
    force = forms.BooleanField(
        label=_("Also within the freeze window"),
        required=False,
        help_text=_("The meeting begins soon: call the people, a mail may come too late."),
    )

    def __init__(self, *args: Any, meeting: Meeting, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        event = meeting.event
        free = calendars.free_slots(event, meeting.people(), besides=meeting)
        slot: Any = self.fields["slot"]
        table: Any = self.fields["table"]
        slot.queryset = free.exclude(meetings=meeting).select_related("event")
        table.queryset = Table.objects.filter(event=event).select_related("hall")
        counted = _free_tables(meeting)
        slot.label_from_instance = lambda one: _slot_told(one, counted)


def _free_tables(meeting: Meeting) -> Counter[int]:
    """{slot: shared tables that can be used then and that nobody holds}."""
    shared = Table.objects.filter(event=meeting.event, owner=None).count()
    slots = list(Slot.objects.filter(event=meeting.event))
    held = Booking.objects.filter(table__event=meeting.event, table__owner=None)
    times = [
        (one.lower, one.upper)
        for one in held.exclude(meeting=meeting).values_list("during", flat=True)
    ]
    closed = TableClosed.objects.filter(table__event=meeting.event, table__owner=None)
    shut = closed.values_list("table", "slot__starts_at", "slot__ends_at")
    return Counter(
        {
            slot.pk: shared
            - sum(start < slot.ends_at and slot.starts_at < end for start, end in times)
            - len(
                {
                    table
                    for table, start, end in shut
                    if start < slot.ends_at and slot.starts_at < end
                }
            )
            for slot in slots
        }
    )


def _slot_told(slot: Slot, free: Counter[int]) -> str:
    told = tell_time(slot.starts_at, slot.ends_at, zone=slot.event.zone)
    count = max(free[slot.pk], 0)
    tables = ngettext("%(count)d table free", "%(count)d tables free", count) % {"count": count}
    return f"{told} · {tables}"


_ITS_MEETING = ("meeting__host__registration__company", "meeting__guest__registration__company")


class TimeProposalInline(ScopedInline):
    """Times that one side asks for instead."""

    model = TimeProposal
    fields = readonly_fields = ("proposer", "message", "status", "created_at", "decided_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TimeProposal]:
        return (
            super()
            .get_queryset(request)
            .select_related("proposer__company", "proposer__event", *_ITS_MEETING)
        )


class StandbyOfferInline(ScopedInline):
    """Freed times that were offered to this meeting."""

    model = StandbyOffer
    fk_name = "meeting"
    fields = readonly_fields = ("slot", "rank", "why", "status", "answer_by", "accepted")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StandbyOffer]:
        rows = super().get_queryset(request).select_related("slot__event", *_ITS_MEETING)
        return rows.select_related("meeting__event").prefetch_related("accepted_by__company")

    @admin.display(description=_("reason of the rank"))
    def why(self, offer: StandbyOffer) -> str:
        return reason_of(offer)

    @admin.display(description=_("accepted by"))
    def accepted(self, offer: StandbyOffer) -> str:
        return ", ".join(one.company.told for one in offer.accepted_by.all()) or "—"


_JOINED = (
    "host__registration__company",
    "guest__registration__company",
    "slot__event",
    "table__hall",
    "session",
    "interpreter",
    "event__chamber",
    "cancelled_by",
)


def _ahead(rows: QuerySet[Meeting]) -> QuerySet[Meeting]:
    return rows.filter(status__in=Meeting.AHEAD)


def _of_changed_rules(rows: QuerySet[Meeting]) -> QuerySet[Meeting]:
    return meetings_of_changed_rules(Meeting.objects.filter(pk__in=rows.values("pk")))


@admin.register(Meeting)
class MeetingAdmin(OrderPages, SearchedByEitherSide):
    """Meetings of one's events: who, when, where, and what became of them."""

    addable = True
    list_display = [
        "host_shown",
        "guest_shown",
        "status",
        "time",
        "table",
        "interpreter",
        "locked",
        "event",
    ]
    list_display_links = ["host_shown", "guest_shown"]
    list_filter = [PlacedFilter, "status", "locked", "event"]
    ordering = ["slot__starts_at", "table__number", "pk"]
    sides = ("host__registration__company", "guest__registration__company")
    autocomplete_fields = ["host", "guest", "others"]
    change_form_template = "admin/marketplace/meeting/change_form.html"
    actions = [
        decision(
            "confirm",
            title=_("Confirm meetings"),
            do=meetings.confirm_meeting,
            waiting=lambda rows: rows.filter(status=Meeting.Status.PROVISIONAL),
            note=_("Both sides get a mail."),
        ),
        decision(
            "lock",
            title=_("Lock meetings"),
            do=lambda meeting, by: meetings.set_lock(meeting, True, by=by),
            waiting=lambda rows: _ahead(rows).filter(slot__isnull=False, locked=False),
            note=_("No timetable moves them from now on."),
        ),
        decision(
            "unlock",
            title=_("Unlock meetings"),
            do=lambda meeting, by: meetings.set_lock(meeting, False, by=by),
            waiting=lambda rows: rows.filter(locked=True),
        ),
        decision(
            "attendance",
            title=_("Note who came"),
            do=meetings.record_attendance,
            waiting=lambda rows: rows.filter(status__in=Meeting.HOLDING),
            form=AttendanceForm,
        ),
        decision(
            "leave_section",
            title=_("Take meetings out of their section"),
            do=lambda meeting, by: meetings.set_section(meeting, None, by=by),
            waiting=lambda rows: _ahead(rows).filter(session__isnull=False),
            note=_("They may be placed at any time of the event from now on."),
        ),
        decision(
            "keep_clock",
            title=_("Keep the hour that the clock shows now"),
            do=clocks.keep_clock,
            waiting=_of_changed_rules,
            note=_(
                "For meetings whose zone has changed its rule. To keep the old hour, move them."
            ),
        ),
        decision(
            "link",
            title=_("Give meetings their link"),
            do=set_link,
            waiting=_ahead,
            form=LinkForm,
            note=_("For who does not come to the place. All people of the meetings get a mail."),
        ),
        decision(
            "cancel",
            title=_("Cancel meetings"),
            do=meetings.cancel_meeting,
            waiting=_ahead,
            form=ReasonForm,
            note=_("Both sides get a mail with the reason; the time is offered on standby."),
        ),
    ]

    def get_fields(self, request: HttpRequest, obj: Meeting | None = None) -> Any:
        if obj is None:
            return ["host", "guest", "others", "session", "interpreter"]
        return [
            "event",
            "host_shown",
            "guest_shown",
            "further",
            "status",
            "time",
            "table",
            "session",
            "interpreter",
            "link",
            "locked",
            "moves",
            "host_attendance",
            "guest_attendance",
            "cancelled_at",
            "cancelled_by",
            "why_cancelled",
            "created_at",
            "changed_at",
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Meeting | None = None) -> Any:
        return [] if obj is None else self.get_fields(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Meeting]:
        rows: QuerySet[Meeting] = super().get_queryset(request)
        return rows.select_related(*_JOINED)

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [] if obj is None else [TimeProposalInline, StandbyOfferInline]

    @admin.display(description=_("reason"))
    def why_cancelled(self, meeting: Meeting) -> str:
        return meeting.told_reason or "—"

    @admin.display(description=_("host"), ordering="host__registration__company__legal_name")
    def host_shown(self, meeting: Meeting) -> str:
        return f"{meeting.host} ({meeting.host.registration.company.told})"

    @admin.display(description=_("guest"), ordering="guest__registration__company__legal_name")
    def guest_shown(self, meeting: Meeting) -> str:
        return f"{meeting.guest} ({meeting.guest.registration.company.told})"

    @admin.display(description=_("further participants"))
    def further(self, meeting: Meeting) -> str:
        seen = {one.participant_id: one for one in meeting.further_marks.all()}
        others = meeting.others.select_related("registration__company")
        told = []
        for one in others:
            mark = f", {seen[one.pk].get_attendance_display()}" if one.pk in seen else ""
            told.append(f"{one} ({one.registration.company.told}{mark})")
        return "; ".join(told) or "—"

    @admin.display(description=_("time"), ordering="slot__starts_at")
    def time(self, meeting: Meeting) -> str:
        if meeting.slot is None:
            return "—"
        slot = meeting.slot
        return tell_time(slot.starts_at, slot.ends_at, zone=meeting.event.zone)

    def get_urls(self) -> list[URLPattern]:
        move = self.admin_site.admin_view(self.move)
        return [
            path("<path:object_id>/move/", move, name="marketplace_meeting_move"),
            *super().get_urls(),
        ]

    def move(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The times that are free for all its people, one of them to choose."""
        meeting = self.row_of(request, object_id, to_change=request.method == "POST")
        form = MoveForm(request.POST if request.method == "POST" else None, meeting=meeting)
        if request.method == "POST" and form.is_valid():
            chosen = dict(form.cleaned_data)
            try:
                meetings.move_meeting(meeting, chosen.pop("slot"), by=who(request), **chosen)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                self.log_change(request, meeting, gettext("Moved."))
                messages.success(request, gettext("Both sides get a mail with the new time."))
                return redirect("admin:marketplace_meeting_change", meeting.pk)
        return self.page(
            request, meeting, "move", _("Move the meeting"), form=form, now=self.time(meeting)
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        meeting: Meeting = self.row_of(request, object_id)
        ahead = meeting.status in Meeting.AHEAD and not meeting.locked
        context = {"may_move": ahead and manages(request, meeting)}
        return super().change_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: Meeting, form: Any, change: bool) -> None:
        obj.pk = meetings.arrange_meeting(**form.cleaned_data, by=who(request)).pk

    def response_add(
        self, request: HttpRequest, obj: Meeting, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go where it gets a time."""
        messages.success(request, gettext("The meeting has no time yet: choose one."))
        return redirect("admin:marketplace_meeting_move", obj.pk)
