"""After meetings, for staff: contradictions to settle, what sides say, papers to approve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Min, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedAdmin, ScopedInline, company_column, who
from chambers.admin.companies import companies_called
from chambers.admin.decisions import decision
from chambers.admin.fields import ReasonForm
from chambers.admin_site import Queue, shows_queues
from chambers.http import PageRequest
from chambers.models import Representative
from chambers.views.files import sent
from marketplace.admin.base import AtTheEvent, OpenFilter
from marketplace.models import (
    Call,
    Dispute,
    Feedback,
    Meeting,
    Outcome,
    OutcomeAmount,
    OutcomeEntry,
)
from marketplace.selectors.times import tell_moment
from marketplace.services import feedback, outcomes
from marketplace.services.silence import note_call

if TYPE_CHECKING:
    from chambers.models import User

_SIDES = (company_column("reporter", _("reported by")), company_column("partner", _("partner")))
_SEEN = [one for one in Meeting.Attendance.choices if one[0] != Meeting.Attendance.UNKNOWN]


# ---------------------------------------------------------------- contradictions
class SettleForm(forms.Form):
    """What the organiser found out."""

    host = forms.ChoiceField(label=_("Host"), choices=_SEEN, widget=forms.RadioSelect)
    guest = forms.ChoiceField(label=_("Guest"), choices=_SEEN, widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("What was found out"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3, "cols": 80}),
        help_text=_("Both companies read it."),
    )


@admin.register(Dispute)
class DisputeAdmin(AtTheEvent):
    """Meetings of which the two sides say different things; the organiser decides."""

    list_display = ["meeting_told", "event_told", "host_says", "guest_says", "since", "settled"]
    list_filter = [OpenFilter, "meeting__event"]
    list_select_related = [
        "meeting__event",
        "meeting__slot",
        "meeting__host__registration__company",
        "meeting__guest__registration__company",
    ]
    ordering = ["settled_at", "opened_at", "pk"]
    fields = readonly_fields = (
        "meeting_told",
        "event_told",
        "time",
        "host_says",
        "guest_says",
        "marks",
        "since",
        "settled",
        "settled_by",
        "note",
    )
    actions = [
        decision(
            "settle",
            title=_("Settle contradictions"),
            do=feedback.settle_dispute,
            waiting=lambda rows: rows.filter(settled_at=None),
            form=SettleForm,
            note=_("Both companies get a mail with what you found out."),
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispute]:
        rows: QuerySet[Dispute] = super().get_queryset(request)
        return rows.prefetch_related("meeting__feedback")

    def event_of(self, row: Dispute) -> Any:
        """The event of the meeting."""
        return row.meeting.event

    @admin.display(description=_("meeting"))
    def meeting_told(self, dispute: Dispute) -> str:
        return dispute.meeting.told

    @admin.display(description=_("event"), ordering="meeting__event")
    def event_told(self, dispute: Dispute) -> str:
        return dispute.meeting.event.named()[0]

    @admin.display(description=_("time"))
    def time(self, dispute: Dispute) -> str:
        slot = dispute.meeting.slot
        zone = dispute.meeting.event.zone
        return tell_moment(slot.starts_at, zone=zone) if slot is not None else "—"

    @admin.display(description=_("the host says"))
    def host_says(self, dispute: Dispute) -> str:
        return _said(dispute.meeting, dispute.meeting.host.registration_id)

    @admin.display(description=_("the guest says"))
    def guest_says(self, dispute: Dispute) -> str:
        return _said(dispute.meeting, dispute.meeting.guest.registration_id)

    @admin.display(description=_("marked at the desk"))
    def marks(self, dispute: Dispute) -> str:
        meeting = dispute.meeting
        host, guest = meeting.get_host_attendance_display(), meeting.get_guest_attendance_display()
        said = {"host": host, "guest": guest}
        return gettext("Host: %(host)s; guest: %(guest)s") % said

    @admin.display(description=_("since"), ordering="opened_at")
    def since(self, dispute: Dispute) -> str:
        return tell_moment(dispute.opened_at, zone=dispute.meeting.event.zone)

    @admin.display(description=_("settled"), ordering="settled_at")
    def settled(self, dispute: Dispute) -> str:
        if dispute.settled_at is None:
            return "—"
        return tell_moment(dispute.settled_at, zone=dispute.meeting.event.zone)


def _said(meeting: Meeting, side: int) -> str:
    rows = {one.side_id: one for one in meeting.feedback.all()}
    return rows[side].get_said_display() if side in rows and rows[side].said else "—"


@admin.register(Feedback)
class FeedbackAdmin(AtTheEvent):
    """What the companies say of the meetings at one's events; they alone write it."""

    list_display = ["company", "meeting_told", "said", "first", "second", "third"]
    list_filter = ["said", "first", "second", "third", "meeting__event"]
    list_select_related = [
        "side__company",
        "meeting__event",
        "meeting__host__registration__company",
        "meeting__guest__registration__company",
    ]
    ordering = ["-pk"]
    fields = readonly_fields = (
        "company",
        "meeting_told",
        "said",
        "first",
        "second",
        "third",
        "note",
        "by",
    )

    def event_of(self, row: Feedback) -> Any:
        """The event of the meeting."""
        return row.meeting.event

    @admin.display(description=_("company"))
    def company(self, row: Feedback) -> str:
        return row.side.company.told

    @admin.display(description=_("meeting"))
    def meeting_told(self, row: Feedback) -> str:
        return row.meeting.told


# ---------------------------------------------------------------- calls
class DueFilter(admin.SimpleListFilter):
    """Who is to be called, which is shown unless something else is asked for, or all."""

    title = _("status")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("0", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, label in ((None, _("to call")), ("0", _("All"))):
            removed = [self.parameter_name] if value is None else []
            asked = {} if value is None else {self.parameter_name: value}
            yield {
                "selected": (self.value() == "0") == (value == "0"),
                "query_string": changelist.get_query_string(asked, removed),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        found: QuerySet[Any] = queryset if self.value() == "0" else queryset.due()
        return found


@admin.register(Call)
class CallAdmin(AtTheEvent):
    """Whom to call of meetings of which neither side says how they went."""

    list_display = ["company", "meeting_told", "whom", "phone", "why", "until", "called"]
    list_filter = [DueFilter]
    list_select_related = [
        "side__company",
        "meeting__slot",
        "meeting__event",
        "meeting__host__registration__company",
        "meeting__host__person",
        "meeting__guest__registration__company",
        "meeting__guest__person",
        "called_by",
    ]
    ordering = ["meeting__slot__ends_at", "pk"]
    fields = readonly_fields = (
        "company",
        "meeting_told",
        "event_told",
        "time",
        "whom",
        "phone",
        "why",
        "until",
        "called",
        "called_by",
    )
    actions = [
        decision(
            "note_calls",
            title=_("Note calls"),
            do=note_call,
            waiting=lambda rows: rows.filter(called_at=None),
            note=_("They leave the list. Note on the meeting itself who came."),
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Call]:
        rows: QuerySet[Call] = super().get_queryset(request)
        speaking = Representative.objects.filter(
            role=Representative.Role.OWNER, person__is_active=True
        )
        owners = Prefetch(
            "side__company__representatives",
            speaking.select_related("person").order_by("pk"),
            to_attr="speaking",
        )
        return rows.prefetch_related(owners, "meeting__others__registration__company")

    def event_of(self, row: Call) -> Any:
        """The event of the meeting."""
        return row.meeting.event

    @admin.display(description=_("company"), ordering="side__company__legal_name")
    def company(self, call: Call) -> str:
        return call.side.company.told

    @admin.display(description=_("meeting"))
    def meeting_told(self, call: Call) -> str:
        return call.meeting.told

    @admin.display(description=_("event"))
    def event_told(self, call: Call) -> str:
        return call.meeting.event.named()[0]

    @admin.display(description=_("time"), ordering="meeting__slot__starts_at")
    def time(self, call: Call) -> str:
        slot, zone = call.meeting.slot, call.meeting.event.zone
        return tell_moment(slot.starts_at, zone=zone) if slot is not None else "—"

    @admin.display(description=_("whom to call"))
    def whom(self, call: Call) -> str:
        """Who was to be there, else who decides for the company."""
        sides = (call.meeting.host, call.meeting.guest)
        there = [one.person for one in sides if one.registration_id == call.side_id and one.person]
        people = there or [one.person for one in call.side.company.speaking]  # type: ignore[attr-defined]
        return ", ".join(f"{one.name} ({one.email})" for one in people) or "—"

    @admin.display(description=_("phone"))
    def phone(self, call: Call) -> str:
        return call.side.company.phone or "—"

    @admin.display(description=_("reason"), ordering="chased_at")
    def why(self, call: Call) -> str:
        if call.chased_at is None:
            return "—"
        said = {
            "time": self.time(call),
            "count": call.chased,
            "last": tell_moment(call.chased_at, zone=call.meeting.event.zone),
        }
        text = gettext(
            "Nobody says how the meeting of %(time)s went; %(count)d mails since, the last %(last)s"
        )
        return text % said

    @admin.display(description=_("call until"), ordering="meeting__slot__ends_at")
    def until(self, call: Call) -> str:
        moment = call.until
        return tell_moment(moment, zone=call.meeting.event.zone) if moment is not None else "—"

    @admin.display(description=_("called"), ordering="called_at")
    def called(self, call: Call) -> str:
        if call.called_at is None:
            return "—"
        return tell_moment(call.called_at, zone=call.meeting.event.zone)


# ---------------------------------------------------------------- papers
class AmountInline(ScopedInline):
    """Amounts stand apart; who approves the paper reads them."""

    model = OutcomeAmount
    fields = readonly_fields = ("amount", "currency")


class EntryInline(ScopedInline):
    """The record of the paper; each line holds the hash of the one before."""

    model = OutcomeEntry
    fields = readonly_fields = ("number", "step", "side", "at", "short")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutcomeEntry]:
        return super().get_queryset(request).select_related("company", "chamber")

    @admin.display(description=_("by"))
    def side(self, entry: OutcomeEntry) -> str:
        return str(entry.company or entry.chamber or "—")

    @admin.display(description=_("hash"))
    def short(self, entry: OutcomeEntry) -> str:
        return entry.digest[:16]


@admin.register(Outcome)
class OutcomeAdmin(ScopedAdmin):
    """Papers of one's members: reported and confirmed by companies, approved here."""

    list_display = ["reference", "kind", *_SIDES, "stage", "state", "signed_on"]
    list_filter = ["state", "stage", "kind", "publicity", "event"]
    ordering = ["-reported_at", "-pk"]
    search_fields = ["reference"]
    search_help_text = _("Reference number, or a company by name or registration number")
    inlines = [AmountInline, EntryInline]
    fields = readonly_fields = (
        "reference",
        "kind",
        "subject",
        "reporter",
        "partner",
        "event",
        "state",
        "reason",
        "claimed",
        "stage",
        "signed_on",
        "publicity",
        "paper",
        "reported_at",
        "confirmed_at",
        "approved_at",
        "chamber",
    )
    actions = [
        decision(
            "approve",
            title=_("Approve papers"),
            do=outcomes.approve_outcome,
            waiting=lambda rows: rows.filter(state=Outcome.State.WITH_CHAMBER),
            note=_("They count from now on, in the stage that both companies state."),
        ),
        decision(
            "send_back",
            title=_("Return papers"),
            do=outcomes.return_outcome,
            waiting=lambda rows: rows.filter(state=Outcome.State.WITH_CHAMBER),
            form=ReasonForm,
            note=_("Both companies get a mail with the reason, as you write it."),
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Outcome]:
        joined = ("reporter", "partner", "evidence", "event", "chamber")
        return super().get_queryset(request).select_related(*joined)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.replace("\x00", "").strip()[:100]
        if not term:
            return queryset, False
        called = companies_called(term, who(request)).values("pk")
        numbered = queryset.filter(reference__iexact=term)
        return (
            numbered | queryset.filter(reporter__in=called) | queryset.filter(partner__in=called),
            False,
        )

    def get_urls(self) -> list[URLPattern]:
        evidence = path(
            "<path:object_id>/evidence/",
            self.admin_site.admin_view(self.evidence),
            name="marketplace_outcome_evidence",
        )
        return [evidence, *super().get_urls()]

    def evidence(self, request: PageRequest, object_id: str) -> HttpResponseBase:
        """The file of a paper that one looks after."""
        row = self.get_object(request, object_id)
        if row is None or row.evidence is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return sent(row.evidence, request)

    @admin.display(description=_("evidence"))
    def paper(self, outcome: Outcome) -> str:
        if outcome.evidence is None:
            return gettext("no file")
        address = reverse("admin:marketplace_outcome_evidence", args=[outcome.pk])
        return format_html('<a href="{}">{}</a>', address, outcome.evidence.name)


@shows_queues
def after_meetings(user: User) -> Iterator[Queue]:
    """Contradictions of one's events, companies to call, and papers that wait for a chamber."""
    open_ones = Dispute.objects.managed_by(user).open()
    found = open_ones.aggregate(count=Count("pk"), since=Min("opened_at"))
    yield Queue(
        gettext("Meetings of which the sides say different things"),
        found["count"],
        reverse("admin:marketplace_dispute_changelist") + "?open=1",
        since=found["since"],
    )
    calls = Call.objects.managed_by(user).due().aggregate(count=Count("pk"), since=Min("chased_at"))
    yield Queue(
        gettext("Companies to call after meetings of which nobody says how they went"),
        calls["count"],
        reverse("admin:marketplace_call_changelist"),
        since=calls["since"],
    )
    waiting = Outcome.objects.served_by(user).filter(state=Outcome.State.WITH_CHAMBER)
    papers = waiting.aggregate(count=Count("pk"), since=Min("confirmed_at"))
    yield Queue(
        gettext("Papers to approve"),
        papers["count"],
        reverse("admin:marketplace_outcome_changelist") + "?state__exact=with_chamber",
        since=papers["since"],
    )
