"""Chambers, and what they keep: councils, agreements, guilds, commissions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chambers.admin.base import ScopedAdmin, ScopedInline, changes, company_column, who
from chambers.admin.companies import SearchedByCompany, StatusFilter
from chambers.admin.decisions import decision
from chambers.admin.fields import Day
from chambers.models import (
    Agreement,
    Chamber,
    Commission,
    Company,
    Council,
    Guild,
    GuildMembership,
    Membership,
    today,
)
from chambers.services import bodies

NAMES = ["name_en", "name_ru", "name_ja"]
INLINE_MEMBERS = 200  # more make a page too heavy; their own list holds them


def _count(rows: QuerySet[Any]) -> Coalesce:
    """How many of ``rows`` a chamber has, counted apart from everything else it has."""
    own = rows.filter(chamber=OuterRef("pk")).order_by().values("chamber")
    return Coalesce(Subquery(own.annotate(count=Count("pk")).values("count")), 0)


@admin.register(Chamber)
class ChamberAdmin(ScopedAdmin):
    """The chambers where one works; who and where a chamber is, only a superuser changes."""

    changeable = True
    list_display = ["display_name", "kind", "country", "city", "members", "guild_count", "parent"]
    list_filter = ["kind", "country"]
    list_select_related = ["country", "parent"]
    search_fields = [*NAMES, "name_native", "short_name", "city"]
    fields = [
        *NAMES,
        "name_native",
        "short_name",
        "slug",
        "kind",
        "parent",
        "country",
        "city",
        "zone",
        "languages",
        "website",
        "note",
        "grace_days",
        "decision_days",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Chamber]:
        rows: QuerySet[Chamber] = super().get_queryset(request)
        return rows.annotate(
            members_now=_count(Membership.objects.in_force()),
            guilds_now=_count(Guild.objects.all()),
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return who(request).is_superuser

    def get_readonly_fields(self, request: HttpRequest, obj: Chamber | None = None) -> list[str]:
        return [] if who(request).is_superuser else ["slug", "kind", "parent", "country"]

    @admin.display(description=pgettext_lazy("of an organisation", "name"), ordering="name_en")
    def display_name(self, chamber: Chamber) -> str:
        return chamber.name

    @admin.display(description=_("members"), ordering="members_now")
    def members(self, chamber: Any) -> int:
        return int(chamber.members_now)

    @admin.display(description=_("guilds"), ordering="guilds_now")
    def guild_count(self, chamber: Any) -> int:
        return int(chamber.guilds_now)

    def save_model(self, request: HttpRequest, obj: Chamber, form: Any, change: bool) -> None:
        if change:
            bodies.change_chamber(obj, by=who(request), **changes(form))
        else:
            obj.pk = bodies.found_chamber(**form.cleaned_data).pk


@admin.register(Council)
class CouncilAdmin(ScopedAdmin):
    """Councils stand above single chambers, so the platform keeps them."""

    superusers_only = addable = changeable = True
    list_display = ["display_name", "formed_on", "chamber_count"]
    search_fields = NAMES
    autocomplete_fields = ["chambers"]
    fields = [*NAMES, "slug", "formed_on", "note", "chambers"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Council]:
        rows: QuerySet[Council] = super().get_queryset(request).annotate(seats=Count("chambers"))
        return rows

    @admin.display(description=pgettext_lazy("of an organisation", "name"), ordering="name_en")
    def display_name(self, council: Council) -> str:
        return council.name

    @admin.display(description=_("chambers"), ordering="seats")
    def chamber_count(self, council: Any) -> int:
        return int(council.seats)

    def save_model(self, request: HttpRequest, obj: Council, form: Any, change: bool) -> None:
        if change:
            bodies.change_council(obj, **changes(form))
        else:
            obj.pk = bodies.form_council(**form.cleaned_data).pk


class AgreementStatusFilter(StatusFilter):
    statuses = Agreement.Status


class LastDayForm(forms.Form):
    """The last day of an agreement."""

    on = forms.DateField(label=_("Last day"), widget=Day, initial=today, help_text=_("Included."))


@admin.register(Agreement)
class AgreementAdmin(ScopedAdmin):
    """What one's chambers agreed with others; either side keeps the row."""

    addable = changeable = True
    list_display = ["first", "second", "status_today", "starts_on", "ends_on", "response_days"]
    list_display_links = ["first", "second"]
    list_filter = [AgreementStatusFilter]
    list_select_related = ["first", "second"]
    search_fields = [f"{side}__{name}" for side in ("first", "second") for name in NAMES]
    ordering = ["first__name_en", "second__name_en", "starts_on"]
    actions = [
        decision(
            "end",
            title=_("End agreements"),
            do=bodies.end_agreement,
            waiting=lambda rows: rows.in_force(),  # type: ignore[attr-defined]
            form=LastDayForm,
            note=_("Members of the partner chamber lose what the agreement gave them to see."),
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agreement]:
        rows: QuerySet[Agreement] = super().get_queryset(request).with_status()  # type: ignore[attr-defined]
        return rows

    def get_fields(self, request: HttpRequest, obj: Agreement | None = None) -> Any:
        fields = ["first", "second", "scope", "starts_on", "ends_on", "response_days"]
        return fields if obj is None else [*fields[:2], "status_today", *fields[2:]]

    def get_readonly_fields(self, request: HttpRequest, obj: Agreement | None = None) -> list[str]:
        return [] if obj is None else ["first", "second", "status_today"]

    @admin.display(description=_("status"), ordering="status_now")
    def status_today(self, agreement: Any) -> str:
        return str(Agreement.Status(agreement.status_now).label)

    def save_model(self, request: HttpRequest, obj: Agreement, form: Any, change: bool) -> None:
        if change:
            bodies.change_agreement(obj, by=who(request), **changes(form))
        else:
            obj.pk = bodies.conclude_agreement(**form.cleaned_data, by=who(request)).pk


class GuildMembershipInline(ScopedInline):
    """The guild's companies: add by name, remove by ticking."""

    model = GuildMembership
    addable = removable = True
    fields = ["company", "since"]
    readonly_fields = ["since"]
    autocomplete_fields = ["company"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[GuildMembership]:
        return super().get_queryset(request).select_related("company", "guild")


@admin.register(Guild)
class GuildAdmin(ScopedAdmin):
    """Companies of one trade within a chamber, with their members on the page."""

    addable = changeable = True
    list_display = ["display_name", "chamber", "chair", "trades", "member_count"]
    list_filter = ["chamber"]
    list_select_related = ["chamber"]
    search_fields = [*NAMES, "chair"]
    ordering = ["chamber__name_en", "name_en"]
    autocomplete_fields = ["codes"]
    fields = ["chamber", *NAMES, "slug", "chair", "codes", "note"]
    prepopulated_fields = {"slug": ["name_en"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Guild]:
        rows: QuerySet[Guild] = super().get_queryset(request).annotate(size=Count("members"))
        return rows.prefetch_related("codes")

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [] if obj is None or obj.size > INLINE_MEMBERS else [GuildMembershipInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Guild | None = None) -> list[str]:
        return [] if obj is None else ["chamber"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Guild | None = None) -> Any:
        return self.prepopulated_fields if obj is None else {}

    @admin.display(description=pgettext_lazy("of an organisation", "name"), ordering="name_en")
    def display_name(self, guild: Guild) -> str:
        return guild.name

    @admin.display(description=_("trades"))
    def trades(self, guild: Guild) -> str:
        return ", ".join(code.code for code in guild.codes.all()) or "—"

    @admin.display(description=_("members"), ordering="size")
    def member_count(self, guild: Any) -> int:
        return int(guild.size)

    def save_model(self, request: HttpRequest, obj: Guild, form: Any, change: bool) -> None:
        if change:
            bodies.change_guild(obj, by=who(request), **changes(form))
        else:
            fields = dict(form.cleaned_data)
            obj.pk = bodies.found_guild(fields.pop("chamber"), by=who(request), **fields).pk

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.new_objects:
            bodies.join_guild(row.guild, company=row.company, by=who(request))
        for row in formset.deleted_objects:
            bodies.leave_guild(row, by=who(request))


@admin.register(GuildMembership)
class GuildMembershipAdmin(SearchedByCompany):
    """All places in guilds as one list, for large guilds and for finding a company's."""

    addable = True
    list_display = [company_column("company", _("company")), "guild", "chamber", "since"]
    list_filter = ["guild__chamber", "guild"]
    list_select_related = ["company", "guild__chamber"]
    ordering = ["guild__name_en", "company__legal_name"]
    autocomplete_fields = ["company", "guild"]
    fields = ["guild", "company"]
    actions = [decision("leave", title=_("Take companies out of the guild"), do=bodies.leave_guild)]

    @admin.display(description=_("chamber"), ordering="guild__chamber__name_en")
    def chamber(self, place: GuildMembership) -> str:
        return str(place.guild.chamber)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        company: Company = form.cleaned_data["company"]
        saved = bodies.join_guild(form.cleaned_data["guild"], company=company, by=who(request))
        obj.pk = saved.pk


@admin.register(Commission)
class CommissionAdmin(ScopedAdmin):
    """Standing bodies on one country or region, from proposal to closing."""

    addable = changeable = True
    list_display = ["place", "chamber", "status", "chair", "secretary", "partner_chamber"]
    list_filter = ["status", "chamber", "country"]
    list_select_related = ["chamber", "country", "partner_chamber"]
    search_fields = [f"country__{name}" for name in NAMES] + ["region", "chair", "secretary"]
    ordering = ["chamber__name_en", "country__name_en", "region"]
    fields = [
        "chamber",
        "country",
        "region",
        "status",
        "chair",
        "secretary",
        "partner_chamber",
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Commission | None = None) -> list[str]:
        return [] if obj is None else ["chamber"]

    @admin.display(description=_("partner country"), ordering="country__name_en")
    def place(self, commission: Commission) -> str:
        country = commission.country.name
        return f"{country} ({commission.region})" if commission.region else country

    def save_model(self, request: HttpRequest, obj: Commission, form: Any, change: bool) -> None:
        if change:
            bodies.change_commission(obj, by=who(request), **changes(form))
        else:
            fields = dict(form.cleaned_data)
            chamber, country = fields.pop("chamber"), fields.pop("country")
            saved = bodies.propose_commission(chamber, country=country, by=who(request), **fields)
            obj.pk = saved.pk
