"""Registrations for staff: decide which companies come."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedInline, changes, who
from chambers.admin.companies import SearchedByCompany
from chambers.admin.decisions import decision
from chambers.admin.fields import ReasonForm
from marketplace.admin.base import AtTheEvent, CauseForm
from marketplace.models import Participant, Registration
from marketplace.services import registrations

Status = Registration.Status
_KEPT = ["group", "delegation", "quota", "meetings_most", "languages"]  # by the organiser


def _in(*statuses: Status) -> Any:
    return lambda rows: rows.filter(status__in=statuses)


class ParticipantInline(ScopedInline):
    """Who comes; each has a page with what the desk needs."""

    model = Participant
    fields = readonly_fields = ("name", "position", "presence", "badge_code", "checked_in_at")
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Participant]:
        return super().get_queryset(request).select_related("registration__company")


@admin.register(Registration)
class RegistrationAdmin(SearchedByCompany, AtTheEvent):
    """Companies at one's events, and one's own members at the events of others to read."""

    list_display = ["company_told", "event", "status", "group", "people", "registered_at"]
    list_filter = ["status", "event", "consent", "group", "delegation", "company__country"]
    list_select_related = ["company", "event", "group", "delegation"]
    ordering = ["-registered_at", "-pk"]
    inlines = [ParticipantInline]
    changeable = True
    fields = [
        "company",
        "event",
        "status",
        "reason",
        *_KEPT,
        "consent",
        "registered_by",
        "registered_at",
        "decided_at",
        "decided_by",
    ]
    readonly_fields = [one for one in fields if one not in _KEPT]  # type: ignore[misc]
    actions = [
        decision(
            "admit",
            title=_("Admit companies"),
            do=registrations.admit_registration,
            waiting=_in(Status.APPLIED, Status.WAITING),
            note=_("Their main contacts get a mail; from now on they may ask for meetings."),
        ),
        decision(
            "wait",
            title=_("Put companies on the waiting list"),
            do=registrations.let_wait,
            waiting=_in(Status.APPLIED),
            note=_("Their main contacts get a mail."),
        ),
        decision(
            "refuse",
            title=_("Refuse registrations"),
            do=registrations.refuse_registration,
            waiting=_in(Status.APPLIED, Status.WAITING),
            form=ReasonForm,
            note=_("Their main contacts get a mail with the reason, as you write it."),
        ),
        decision(
            "withdraw",
            title=_("Withdraw companies"),
            do=registrations.withdraw_registration,
            waiting=_in(Status.APPLIED, Status.WAITING, Status.ADMITTED),
            form=CauseForm,
            note=_(
                "Their meetings to come are cancelled, each partner is told once, and the times"
                " are offered on standby."
            ),
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Registration]:
        rows: QuerySet[Registration] = super().get_queryset(request)
        return rows.annotate(size=Count("participants"))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Groups and delegations are those of the event."""
        form = super().get_form(request, obj, change, **kwargs)
        fields: dict[str, Any] = form.base_fields
        for name in {"group", "delegation"} & set(fields):
            fields[name].queryset = fields[name].queryset.filter(event=obj.event)
        return form

    def save_model(self, request: HttpRequest, obj: Registration, form: Any, change: bool) -> None:
        registrations.change_registration(obj, by=who(request), **changes(form))

    @admin.display(description=_("company"), ordering="company__legal_name")
    def company_told(self, registration: Registration) -> str:
        return registration.company.told

    @admin.display(description=_("people"), ordering="size")
    def people(self, registration: Any) -> int:
        return int(registration.size)
