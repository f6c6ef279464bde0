"""People at one's events for staff: found by company or badge, changed, replaced, checked in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedInline, changes, manages, who
from chambers.admin.companies import SearchedByCompany
from chambers.admin.decisions import decision
from chambers.models import Representative, User
from marketplace.admin.base import AtTheEvent, CauseForm
from marketplace.models import Away, Participant, Registration
from marketplace.selectors.parts import told_ahead
from marketplace.services import desk, participants

_KEPT = ("name", "position", "presence", "person")


class CheckedInFilter(admin.SimpleListFilter):
    """Who is here, who is still expected, and who no longer comes."""

    title = _("checked in")
    parameter_name = "here"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Is here")), ("no", _("Expected")), ("left", _("No longer comes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.filter(checked_in_at__isnull=False)
        if self.value() == "no":
            coming = Registration.objects.taking_part()
            return queryset.filter(checked_in_at=None, left_at=None, registration__in=coming)
        if self.value() == "left":
            return queryset.filter(left_at__isnull=False)
        return queryset


class AwayInline(ScopedInline):
    """When the participant takes no meetings; all other slots are open."""

    model = Away
    fields = readonly_fields = ("slot",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Away]:
        return super().get_queryset(request).select_related("slot__event", "participant")


class LeavingForm(CauseForm):
    """Who goes to somebody's meetings instead, or why nobody does."""

    substitute = forms.ModelChoiceField(
        Participant.objects.none(),
        label=_("Who goes instead"),
        required=False,
        empty_label=_("nobody: the meetings are cancelled"),
    )
    field_order = ["substitute", "reason"]

    def __init__(self, *args: Any, leaving: Participant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Participant.objects.coming().filter(registration=leaving.registration)
        self.fields["substitute"].queryset = others.exclude(pk=leaving.pk)  # type: ignore[attr-defined]


@admin.register(Participant)
class ParticipantAdmin(SearchedByCompany, AtTheEvent):
    """People at one's events: found by company or by the code on the badge."""

    class Media:
        css = {"all": ["ui/admin-events.css"]}

    changeable = True
    list_display = ["name", "company", "position", "presence", "checked_in_at", "event"]
    list_filter = [CheckedInFilter, "presence", "registration__event"]
    list_select_related = ["registration__company", "registration__event"]
    ordering = ["registration__company__legal_name", "name", "pk"]
    company_path = "registration__company"
    search_help_text = _("Company, name of the person, or the code on the badge")
    change_form_template = "admin/marketplace/participant/change_form.html"
    inlines = [AwayInline]
    fields = [
        "company",
        "event",
        *_KEPT,
        "badge_code",
        "checked_in_at",
        "checked_in_by",
        "left_at",
    ]
    readonly_fields = [one for one in fields if one not in _KEPT]  # type: ignore[misc]
    actions = [
        decision(
            "check_in",
            title=_("Check in"),
            do=desk.check_in,
            waiting=lambda rows: rows.filter(
                checked_in_at=None,
                left_at=None,
                registration__in=Registration.objects.taking_part(),
            ),
        ),
    ]

    def event_of(self, row: Any) -> Any:
        return row.registration.event

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Who signs in speaks for the company."""
        form = super().get_form(request, obj, change, **kwargs)
        fields: dict[str, Any] = form.base_fields
        if "person" in fields:
            company = obj.registration.company_id
            speakers = Representative.objects.filter(company=company).values("person")
            fields["person"].queryset = User.objects.filter(pk__in=speakers).order_by("email")
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who no longer comes is only read."""
        return self.fields if obj is not None and obj.left_at else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Participant, form: Any, change: bool) -> None:
        participants.change_participant(obj, by=who(request), **changes(form))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.leave)
        own = path("<path:object_id>/leave/", view, name="marketplace_participant_leave")
        return [own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        row: Participant = self.row_of(request, object_id)
        context = {"may_leave": row.left_at is None and manages(request, row)}
        return super().change_view(request, object_id, form_url, context)

    def leave(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Somebody does not come: a colleague takes the meetings, or they are cancelled."""
        sends = request.method == "POST"
        person: Participant = self.row_of(request, object_id, to_change=sends)
        form = LeavingForm(request.POST if sends else None, leaving=person)
        if sends and form.is_valid():
            try:
                participants.remove_participant(person, by=who(request), **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                told = gettext("%(name)s is off the list.") % {"name": person.name}
                self.log_change(request, person, told)
                messages.success(request, told)
                return redirect("admin:marketplace_registration_change", person.registration_id)
        title = _("Take off the list")
        ahead = told_ahead(person)
        return self.page(request, person, "leave", title, form=form, ahead=ahead)

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
        return participant.registration.company.told

    @admin.display(description=_("event"), ordering="registration__event__starts_on")
    def event(self, participant: Participant) -> str:
        return str(participant.registration.event)
