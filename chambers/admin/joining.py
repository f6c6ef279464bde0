"""Who asks to join a member company: its main contact answers, or its chamber."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import company_column
from chambers.admin.companies import SearchedByCompany
from chambers.admin.decisions import decision
from chambers.forms.people import ROLES
from chambers.models import JoinRequest, Representative
from chambers.services import joining


class RoleForm(forms.Form):
    """What they may do at the company."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=ROLES,
        initial=Representative.Role.EDITOR,
        widget=forms.RadioSelect,
        help_text=_("The first person of a company becomes its main contact in any case."),
    )


class RefusalForm(forms.Form):
    """Why they may not join."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 2, "cols": 80}),
        help_text=_("They read it as you write it."),
    )


@admin.register(JoinRequest)
class JoinRequestAdmin(SearchedByCompany):
    """A chamber answers where a company has no main contact, or where that one is silent."""

    list_display = [
        "person",
        "mail",
        company_column("company", _("company")),
        "state",
        "message",
        "asked_at",
        "answered_by",
    ]
    list_filter = ["state"]
    list_select_related = ["person", "company", "answered_by"]
    ordering = ["asked_at", "pk"]
    fields = readonly_fields = (
        "person",
        "mail",
        "company",
        "message",
        "state",
        "asked_at",
        "answered_at",
        "answered_by",
        "reason",
    )
    actions = [
        decision(
            "accept",
            title=_("Let people join their company"),
            do=joining.accept_join_request,
            waiting=lambda rows: rows.filter(state=JoinRequest.State.PENDING),
            form=RoleForm,
            note=_("Be sure that they work there: they will act for the company. They get a mail."),
        ),
        decision(
            "decline",
            title=_("Decline requests to join"),
            do=joining.decline_join_request,
            waiting=lambda rows: rows.filter(state=JoinRequest.State.PENDING),
            form=RefusalForm,
            note=_("They get a mail with the reason."),
        ),
    ]

    @admin.display(description=_("e-mail"), ordering="person__email")
    def mail(self, asked: JoinRequest) -> str:
        return asked.person.email
