"""Events for chamber staff: set up, clone, publish, cancel; who decides what by when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Count, IntegerField, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import changes, manages, who
from chambers.admin.decisions import decision
from chambers.admin.fields import Day, ReasonForm, Zone
from chambers.admin_site import Queue, shows_queues
from marketplace.admin.base import AtTheEvent, zone_typed
from marketplace.admin.coverage import CoveragePages
from marketplace.admin.desk import DeskPages
from marketplace.admin.event_tools import toolbox_of
from marketplace.admin.held import HeldPages
from marketplace.admin.kit import KitPages
from marketplace.admin.mail_texts import MailTextPages
from marketplace.admin.repairs import RepairPages
from marketplace.admin.setup import SetUpPages, parts_of
from marketplace.models import Event, Meeting, Registration, Timetable
from marketplace.selectors.clocks import meetings_of_changed_rules
from marketplace.selectors.events import process_line, with_timetable
from marketplace.selectors.timetables import stage_mismatch
from marketplace.services import events

if TYPE_CHECKING:
    from chambers.models import User

DATES = [
    "registration_opens_at",
    "registration_closes_at",
    "requests_open_at",
    "requests_close_at",
    "provisional_at",
    "final_at",
]


class WhenFilter(admin.SimpleListFilter):
    """Events to come first; what is over stays one click away."""

    title = _("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("ahead", _("Going on or to come")),
            ("due", _("Timetable due")),
            ("over", _("Over")),
            ("cancelled", _("Cancelled")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "ahead":
            return queryset.ahead()  # type: ignore[attr-defined,no-any-return]
        if self.value() == "due":
            return _timetable_due(queryset.ahead())  # type: ignore[attr-defined]
        if self.value() == "over":
            return queryset.over().filter(cancelled_at=None)  # type: ignore[attr-defined,no-any-return]
        if self.value() == "cancelled":
            return queryset.filter(cancelled_at__isnull=False)
        return queryset


class CloneForm(forms.Form):
    """When the copy takes place; all its dates keep their distance to the first day."""

    starts_on = forms.DateField(label=_("First day"), widget=Day)


def _count(rows: QuerySet[Any]) -> Coalesce:
    """How many of ``rows`` an event has, counted apart from everything else it has."""
    own = rows.filter(event=OuterRef("pk")).order_by().values("event")
    counted = own.annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _timetable_due(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Events that promise a timetable within a week, or promised one, and have none in force."""
    soon = timezone.now() + dt.timedelta(days=7)
    made = Timetable.objects.in_force().values("event")
    return rows.filter(provisional_at__lte=soon).exclude(pk__in=made)


def _alive(rows: QuerySet[Event]) -> QuerySet[Event]:
    return rows.filter(cancelled_at=None)


@admin.register(Event)
class EventAdmin(
    CoveragePages,
    DeskPages,
    HeldPages,
    KitPages,
    MailTextPages,
    RepairPages,
    SetUpPages,
    AtTheEvent,
):
    """Events that one's chambers organise; those they host are read."""

    addable = changeable = True
    list_display = [
        "name_shown",
        "kind",
        "stage",
        "starts_on",
        "ends_on",
        "place_shown",
        "chamber",
        "registered",
        "meeting_count",
    ]
    list_filter = [WhenFilter, "kind", "is_published", "chamber"]
    list_select_related = ["chamber"]
    search_fields = ["name", "place", "place_names"]
    ordering = ["-starts_on", "-pk"]
    filter_horizontal = ["hosts"]
    add_form_template = "admin/change_form.html"
    change_form_template = "admin/marketplace/event/change_form.html"
    fieldsets = [
        (None, {"fields": ["chamber", "kind", "name", "theme", "place", "place_names", "zone"]}),
        (None, {"fields": ["starts_on", "ends_on", "hosts", "desk_phone"]}),
        (
            _("By when, at the place of the event"),
            {"fields": [tuple(DATES[:2]), tuple(DATES[2:4]), tuple(DATES[4:])]},
        ),
        (
            _("Meetings"),
            {
                "fields": [
                    "members_only",
                    "request_quota",
                    ("meetings_least", "meetings_most"),
                    ("walking_minutes", "hall_minutes"),
                    "freeze_minutes",
                    ("fairness", "most_in_a_row"),
                    "same_partner_rule",
                ]
            },
        ),
    ]
    actions = [
        decision(
            "publish",
            title=_("Publish events"),
            do=events.publish_event,
            stays=True,
            waiting=lambda rows: _alive(rows).filter(is_published=False),
            note=_("Everyone can read of them from now on; companies register by the dates set."),
        ),
        decision(
            "clone",
            title=_("Copy events"),
            do=events.clone_event,
            stays=True,
            form=CloneForm,
            note=_(
                "Halls, tables, slots, programme, groups and delegations come along, with all"
                " dates; companies, interpreters and meetings do not."
            ),
        ),
        decision(
            "cancel",
            title=_("Cancel events"),
            do=events.cancel_event,
            stays=True,
            waiting=_alive,
            form=ReasonForm,
            note=_("All meetings are cancelled, and everybody who registered gets a mail."),
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        rows: QuerySet[Event] = super().get_queryset(request)
        return with_timetable(rows).annotate(
            admitted=_count(Registration.objects.taking_part()),
            agreed=_count(Meeting.objects.alive()),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Event | None = None) -> list[str]:
        return [] if obj is None else ["chamber"]

    @admin.display(description=_("name"), ordering="name")
    def name_shown(self, event: Event) -> str:
        return event.named()[0]

    @admin.display(description=_("place"), ordering="place")
    def place_shown(self, event: Event) -> str:
        return event.told_place

    @admin.display(description=_("stage"))
    def stage(self, event: Event) -> str:
        if event.cancelled_at:
            return gettext("Cancelled")
        label = str(event.stage_at().label)
        unpublished = gettext("not published")
        return label if event.is_published else f"{label} ({unpublished})"

    @admin.display(description=_("companies"), ordering="admitted")
    def registered(self, event: Any) -> int:
        return int(event.admitted)

    @admin.display(description=_("meetings"), ordering="agreed")
    def meeting_count(self, event: Any) -> int:
        return int(event.agreed)

    def clock_for(self, request: HttpRequest, object_id: str | None) -> dt.tzinfo:
        """Dates are typed in the zone that is typed with them."""
        typed = zone_typed(request.POST.get("zone", ""))
        return typed or super().clock_for(request, object_id)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        event: Event = self.row_of(request, object_id)
        managing = manages(request, event)
        context = {
            "steps": process_line(event, None),
            "hint": stage_mismatch(event),
            "parts": parts_of(event, who(request), managing=managing),
            "manages": managing,
            "toolbox": toolbox_of(event, managing=managing),
        }
        return super().change_view(request, object_id, form_url, context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Most events take place where their staff work."""
        own = who(request).time_zone
        return {"zone": own, **super().get_changeform_initial_data(request)}

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """A zone is found by a part of its name."""
        if db_field.name == "zone":
            kwargs["widget"] = Zone
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_choice_field(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Direct meetings are no event of a chamber."""
        if db_field.name == "kind":
            kwargs["choices"] = [(one.value, one.label) for one in Event.HELD_BY_CHAMBERS]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Event, form: Any, change: bool) -> None:
        if change:
            events.change_event(obj, by=who(request), **changes(form))
        else:
            fields = dict(form.cleaned_data)
            obj.pk = events.create_event(fields.pop("chamber"), by=who(request), **fields).pk


@shows_queues
def at_events(user: User) -> Iterator[Queue]:
    """Registrations, timetables that are due, meetings without a time or with a changed clock."""
    applied = Registration.objects.filter(
        event__in=Event.objects.served_by(user).ahead().values("pk"),
        status=Registration.Status.APPLIED,
    ).aggregate(count=Count("pk"), since=Min("registered_at"))
    yield Queue(
        gettext("Registrations to decide"),
        applied["count"],
        reverse("admin:marketplace_registration_changelist") + "?status__exact=applied",
        since=applied["since"],
    )
    due = _timetable_due(Event.objects.served_by(user).ahead())
    found = due.aggregate(count=Count("pk"), until=Min("provisional_at"))
    until = found["until"]
    yield Queue(
        gettext("Events whose timetable is due"),
        found["count"],
        reverse("admin:marketplace_event_changelist") + "?when=due",
        until=until.date() if until else None,
    )
    waiting = Meeting.objects.served_by(user).filter(
        status=Meeting.Status.UNSCHEDULED, event__in=Event.objects.ahead().values("pk")
    )
    left = waiting.aggregate(count=Count("pk"), since=Min("created_at"))
    yield Queue(
        gettext("Meetings without a time"),
        left["count"],
        reverse("admin:marketplace_meeting_changelist") + "?time=missing",
        since=left["since"],
    )
    changed = meetings_of_changed_rules(Meeting.objects.served_by(user))
    first = changed.aggregate(count=Count("pk"), until=Min("slot__starts_at"))
    until = first["until"]
    yield Queue(
        gettext("Meetings whose zone has changed its rule"),
        first["count"],
        reverse("admin:marketplace_meeting_changelist") + "?time=clock",
        until=until.date() if until else None,
    )
