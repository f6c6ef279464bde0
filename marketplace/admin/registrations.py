"""Registrations and participants: decide who comes, and on the day see who has come."""

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
from marketplace.models import Away, Participant, Registration
from marketplace.services import desk, registrations

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

    list_display = ["company", "event", "status", "group", "people", "registered_at"]
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

    @admin.display(description=_("people"), ordering="size")
    def people(self, registration: Any) -> int:
        return int(registration.size)


class CheckedInFilter(admin.SimpleListFilter):
    """Who is here, and who is still expected."""

    title = _("checked in")
    parameter_name = "here"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Is here")), ("no", _("Expected"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.filter(checked_in_at__isnull=False)
        if self.value() == "no":
            coming = Registration.objects.taking_part()
            return queryset.filter(checked_in_at=None, registration__in=coming)
        return queryset


class AwayInline(ScopedInline):
    """When the participant takes no meetings; all other slots are open."""

    model = Away
    fields = readonly_fields = ("slot",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Away]:
        return super().get_queryset(request).select_related("slot__event", "participant")


@admin.register(Participant)
class ParticipantAdmin(SearchedByCompany, AtTheEvent):
    """People at one's events: found by company or by the code on the badge."""

    list_display = ["name", "company", "position", "presence", "checked_in_at", "event"]
    list_filter = [CheckedInFilter, "presence", "registration__event"]
    list_select_related = ["registration__company", "registration__event"]
    ordering = ["registration__company__legal_name", "name", "pk"]
    company_path = "registration__company"
    search_help_text = _("Company, name of the person, or the code on the badge")
    inlines = [AwayInline]
    fields = readonly_fields = (
        "name",
        "position",
        "company",
        "event",
        "presence",
        "badge_code",
        "checked_in_at",
        "checked_in_by",
    )
    actions = [
        decision(
            "check_in",
            title=_("Check in"),
            do=desk.check_in,
            waiting=lambda rows: rows.filter(
                checked_in_at=None, registration__in=Registration.objects.taking_part()
            ),
        ),
    ]

    def event_of(self, row: Any) -> Any:
        return row.registration.event

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.replace("\x00", "").strip()[:100]
        if not term:
            return queryset, False
        by_company, _twice = super().get_search_results(request, queryset, term)
        own = queryset.filter(name__icontains=term) | queryset.filter(badge_code__iexact=term)
        return by_company | own, False

    @admin.display(description=_("company"), ordering="registration__company__legal_name")
    def company(self, participant: Participant) -> str:
        return str(participant.registration.company)

    @admin.display(description=_("event"), ordering="registration__event__starts_on")
    def event(self, participant: Participant) -> str:
        return str(participant.registration.event)
