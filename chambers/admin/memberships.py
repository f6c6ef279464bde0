"""Applications to one's chambers, and their members."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import changes, who
from chambers.admin.companies import SearchedByCompany, StatusFilter
from chambers.admin.decisions import decision
from chambers.admin.fields import Day, ReasonForm
from chambers.models import Membership, today
from chambers.services import memberships

# Whom the chamber refused, or who left it: of those it learns no more.
_GONE = (Membership.Status.REFUSED, Membership.Status.EXPIRED)


class StartForm(forms.Form):
    """From when on applicants are members."""

    starts_on = forms.DateField(label=_("First day"), widget=Day, initial=today)


class EndForm(forms.Form):
    """The last day of something."""

    ends_on = forms.DateField(
        label=_("Last day"), widget=Day, initial=today, help_text=_("Included.")
    )


def _pending(rows: QuerySet[Membership]) -> QuerySet[Membership]:
    return rows.filter(decision=Membership.Decision.PENDING)


def _admitted(rows: QuerySet[Membership]) -> QuerySet[Membership]:
    return rows.filter(decision=Membership.Decision.ADMITTED)


@admin.register(Membership)
class MembershipAdmin(SearchedByCompany):
    """Applications and members of one's chambers; decisions are actions, with their reasons."""

    changeable = True
    list_display = [
        "company",
        "status_today",
        "applied_on",
        "latin",
        "number",
        "kind",
        "starts_on",
        "ends_on",
        "chamber",
    ]
    list_filter = [StatusFilter, "chamber", "kind", "company__country"]
    list_select_related = ["company__country", "chamber", "decided_by", "extract"]
    ordering = ["-applied_on", "-pk"]
    autocomplete_fields = ["company"]
    actions = [
        decision(
            "approve",
            title=_("Approve applications"),
            do=memberships.approve_membership,
            waiting=_pending,
            form=StartForm,
            note=_("The companies' main contacts get a mail."),
        ),
        decision(
            "refuse",
            title=_("Refuse applications"),
            do=memberships.refuse_membership,
            waiting=_pending,
            form=ReasonForm,
            note=_("The companies' main contacts get a mail with the reason, as you write it."),
        ),
        decision(
            "end",
            title=_("End memberships"),
            do=memberships.end_membership,
            waiting=_admitted,
            form=EndForm,
            note=_("Members keep their rights for the chamber's grace days after the last day."),
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        rows: QuerySet[Membership] = super().get_queryset(request).with_status()  # type: ignore[attr-defined]
        return rows

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return who(request).is_superuser

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        if obj is None:
            return ["company", "chamber", "kind", "starts_on", "ends_on"]
        return [
            "company",
            "latin",
            "number",
            "chamber",
            "kind",
            "status_today",
            "applied_on",
            "extract_link",
            "starts_on",
            "ends_on",
            "rights_end_on",
            "decision",
            "decided_by",
            "decided_at",
            "reason",
            "notes",
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> list[str]:
        if obj is None:
            return []
        # An end is the last day of what has begun; notes are written from the application on.
        admitted = obj.decision == Membership.Decision.ADMITTED
        written = {"notes", "ends_on"} if admitted else {"notes"}
        return [one for one in self.get_fields(request, obj) if one not in written]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if obj is None:
            form.base_fields["starts_on"].required = True
        return form

    @admin.display(description=_("status"), ordering="status_now")
    def status_today(self, membership: Any) -> str:
        return str(Membership.Status(membership.status_now).label)

    @admin.display(description=_("Latin name"), ordering="company__legal_name_latin")
    def latin(self, membership: Membership) -> str:
        return membership.company.latin or "—"

    @admin.display(description=_("registration extract"))
    def extract_link(self, membership: Any) -> str:
        """Opens on its own page, which asks again who may read it."""
        if membership.extract is None or membership.status_now in _GONE:
            return "—"
        address = reverse("document", kwargs={"public_id": membership.extract.public_id})
        return format_html('<a href="{}">{}</a>', address, membership.extract.name)

    @admin.display(description=_("registration number"))
    def number(self, membership: Any) -> str:
        """Of whom the chamber refused, or who left it, it learns no more."""
        known = membership.status_now not in _GONE
        return (known and membership.company.registration_number) or "—"

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        if change:
            changed = changes(form)
            if "ends_on" in changed:
                memberships.renew_membership(obj, ends_on=changed["ends_on"], by=who(request))
            if "notes" in changed:
                memberships.note_on_membership(obj, notes=changed["notes"], by=who(request))
            return
        fields = dict(form.cleaned_data)
        company, chamber = fields.pop("company"), fields.pop("chamber")
        saved = memberships.admit_company(company, to=chamber, by=who(request), **fields)
        obj.pk = saved.pk
