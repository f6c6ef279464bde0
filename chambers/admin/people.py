"""People, who works for a chamber, and programs' keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedAdmin, changes, who
from chambers.admin.decisions import decision
from chambers.models import ApiToken, Chamber, Representative, Scope, Staff, User
from chambers.services import people


@admin.register(User)
class UserAdmin(ScopedAdmin):
    """Staff look people up; superusers add and change them."""

    addable = changeable = True
    list_display = ["name", "email", "roles", "language", "is_active", "last_login"]
    list_filter = ["is_active", "language"]
    search_fields = ["name", "email"]
    ordering = ["name", "email"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        staff = Staff.objects.served_by(who(request)).select_related("chamber")
        speaks = Representative.objects.served_by(who(request)).select_related("company")
        return (
            super()
            .get_queryset(request)
            .prefetch_related(
                Prefetch("staff_roles", staff, to_attr="served_roles"),
                Prefetch("representations", speaks, to_attr="served_representations"),
            )
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return who(request).is_superuser

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return ["email", "name", "language", "time_zone"]
        return ["email", "name", "language", "time_zone", "is_active", "roles", "last_login"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return [] if obj is None else ["email", "roles", "last_login"]

    @admin.display(description=_("acts for"))
    def roles(self, person: User) -> str:
        found = [
            f"{one.chamber} ({one.get_role_display()})"
            for one in getattr(person, "served_roles", [])
        ]
        found += [
            f"{one.company} ({one.get_role_display()})"
            for one in getattr(person, "served_representations", [])
        ]
        return "; ".join(found) or "—"

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            people.change_person(obj, **changes(form))
        else:
            obj.pk = people.create_person(**form.cleaned_data).pk


class AppointForm(forms.ModelForm):
    """Somebody by their address: whoever it is, known here or not."""

    email = forms.EmailField(label=_("e-mail"))
    name = forms.CharField(
        label=_("name"),
        max_length=150,
        help_text=_("Used if the person is new here; they choose a password by mail."),
    )

    class Meta:
        model = Staff
        fields = ["chamber", "role"]


@admin.register(Staff)
class StaffAdmin(ScopedAdmin):
    """A manager appoints, changes and dismisses within the chambers they manage."""

    addable = changeable = True
    list_display = ["person", "mail", "chamber", "role"]
    list_filter = ["chamber", "role"]
    list_select_related = ["person", "chamber"]
    search_fields = ["person__name", "person__email", "chamber__name_en"]
    ordering = ["chamber__name_en", "person__name"]
    actions = [decision("dismiss", title=_("Dismiss staff"), do=people.dismiss_staff)]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = AppointForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Staff | None = None) -> Any:
        if obj is None:
            return ["chamber", "email", "name", "role"]
        return ["person", "mail", "chamber", "role"]

    def get_readonly_fields(self, request: HttpRequest, obj: Staff | None = None) -> list[str]:
        return [] if obj is None else ["person", "mail", "chamber"]

    @admin.display(description=_("e-mail"), ordering="person__email")
    def mail(self, staff: Staff) -> str:
        return staff.person.email

    def save_model(self, request: HttpRequest, obj: Staff, form: Any, change: bool) -> None:
        by = who(request)
        if change:
            people.change_staff_role(obj, role=form.cleaned_data["role"], by=by)
            return
        fields = dict(form.cleaned_data)
        chamber: Chamber = fields.pop("chamber")
        saved = people.appoint_by_email(fields.pop("email"), to=chamber, by=by, **fields)
        obj.pk, obj.person = saved.pk, saved.person


class TokenForm(forms.ModelForm):
    """What a new key may do, and for how long."""

    scopes = forms.MultipleChoiceField(
        label=_("scopes"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(
        label=_("days until it expires"),
        initial=90,
        min_value=1,
        max_value=people.LONGEST_TOKEN.days,
    )

    class Meta:
        model = ApiToken
        fields = ["name"]


@admin.register(ApiToken)
class ApiTokenAdmin(ScopedAdmin):
    """One's own keys; a superuser sees and ends anybody's, and makes none for others."""

    addable = True
    list_display = ["name", "token_key", "user", "can", "created", "expiry", "last_used_on"]
    list_filter = ["user"]
    list_select_related = ["user"]
    search_fields = ["name", "user__name", "user__email"]
    ordering = ["-created"]
    actions = [
        decision("revoke", title=_("Revoke API tokens"), do=people.revoke_token),
    ]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return True

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = TokenForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        if obj is None:
            return ["name", "scopes", "days"]
        return ["name", "token_key", "user", "can", "created", "expiry", "last_used_on"]

    @admin.display(description=_("scopes"))
    def can(self, token: ApiToken) -> str:
        return ", ".join(token.labels)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        if change:
            raise PermissionDenied
        saved, key = people.issue_token(who(request), **form.cleaned_data)
        obj.pk, obj.digest, obj.token_key = saved.pk, saved.digest, saved.token_key
        request.__dict__["issued_key"] = key

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the key in this one answer; it is stored nowhere, not even in a message."""
        return TemplateResponse(
            request,
            "admin/token_issued.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Your new API token"),
                "opts": self.opts,
                "token": obj,
                "key": request.__dict__["issued_key"],
            },
        )
