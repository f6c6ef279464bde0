"""Companies, who speaks for them, and where they are members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q, QuerySet, TextChoices
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedAdmin, ScopedInline, changes, manages, who
from chambers.admin.decisions import decision
from chambers.admin.documents import DocumentInline
from chambers.models import Certificate, Company, Membership, Representative
from chambers.selectors.search import search_companies
from chambers.services import companies, limits, people

if TYPE_CHECKING:
    from chambers.models import User


def companies_called(term: str, user: User) -> QuerySet[Company]:
    """Companies found as the directory finds them across scripts, or served ones by number."""
    found = search_companies(Company.objects.all(), term, member=True).order_by().values("pk")
    numbered = Company.objects.served_by(user).filter(registration_number__startswith=term)
    return Company.objects.filter(Q(pk__in=found) | Q(pk__in=numbered.values("pk")))


class SearchedByCompany(ScopedAdmin):
    """Rows that people look for by the company they belong to."""

    search_fields = ["company__legal_name"]  # says that there is a search; see below
    search_help_text = _("Company: name in any script, registration number, or words about it")
    company_path = "company"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.replace("\x00", "").strip()[:100]
        if not term:
            return queryset, False
        found = companies_called(term, who(request)).values("pk")
        return queryset.filter(**{f"{self.company_path}__in": found}), False


class StatusFilter(admin.SimpleListFilter):
    """By the status of today, as the lists and pages say it."""

    title = _("status")
    parameter_name = "status"
    statuses: Any = Membership.Status
    annotation = "status_now"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.statuses.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value not in self.statuses.values:
            return queryset
        return queryset.filter(**{self.annotation: value})


def names_of(codes: list[str], choices: type[TextChoices]) -> str:
    """The names of stored codes; an unknown one as it is."""
    known = dict(choices.choices)
    return "; ".join(str(known.get(code, code)) for code in codes) or "—"


class RepresentativeInline(ScopedInline):
    """Who speaks for a company; a chamber reads it, the company or a superuser decides it."""

    model = Representative
    fields = ["person", "role"]
    autocomplete_fields = ["person"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Representative]:
        return super().get_queryset(request).select_related("person", "company")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return who(request).is_superuser


class MembershipInline(ScopedInline):
    """In which of one's own chambers a company is; its other memberships are theirs."""

    model = Membership
    fields = readonly_fields = (
        "chamber",
        "kind",
        "status_today",
        "applied_on",
        "starts_on",
        "ends_on",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        rows: QuerySet[Membership] = super().get_queryset(request).with_status()  # type: ignore[attr-defined]
        return rows.select_related("chamber", "company")

    @admin.display(description=_("status"))
    def status_today(self, membership: Any) -> str:
        return str(Membership.Status(membership.status_now).label)


class HoldForm(forms.Form):
    """Why a company is kept out of the matching; managers of its chambers read it."""

    reason = forms.CharField(
        label=_("Reason"),
        widget=forms.Textarea({"rows": 4, "cols": 80}),
        max_length=2000,
        help_text=_("Such as a sanctions list with its date. The company does not read it."),
    )


class HeldFilter(admin.SimpleListFilter):
    """Companies on hold, of those whose chamber one manages: others must not learn of a hold."""

    title = _("on hold")
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("On hold"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "yes":
            return queryset
        managed = Company.objects.managed_by(who(request)).filter(held_on__isnull=False)
        return queryset.filter(pk__in=managed.values("pk"))


_LIMITS = [
    "corporate_group",
    "certificate_names",
    "required_names",
    "size_names",
    "accepts_interpreter",
    "avoids_competitors",
]
_HOLD = ["held_on", "held_reason", "held_by"]


@admin.register(Company)
class CompanyAdmin(SearchedByCompany):
    """Members and applicants of one's chambers; read-only while they are no members."""

    changeable = True
    list_display = [
        "legal_name",
        "latin_name",
        "country",
        "city",
        "registration_number",
        "size",
        "member_of",
        "is_listed",
    ]
    list_filter = ["country", "size", "is_listed", "is_family_business", HeldFilter]
    list_select_related = ["country"]
    search_fields = ["legal_name"]
    company_path = "pk"
    ordering = ["legal_name", "pk"]
    autocomplete_fields = ["codes"]
    inlines = [MembershipInline, RepresentativeInline, DocumentInline]
    actions = [
        decision(
            "hold",
            title=_("Keep companies out of the matching"),
            do=limits.hold_company,
            waiting=lambda rows: rows.filter(held_on=None),
            form=HoldForm,
            note=_("They leave every list at once. Members are not told why."),
        ),
        decision(
            "release",
            title=_("Let companies be matched again"),
            do=limits.release_company,
            waiting=lambda rows: rows.filter(held_on__isnull=False),
        ),
    ]
    stated = [
        "legal_name",
        "legal_name_latin",
        "country",
        "city",
        "registration_number",
        "size",
        "founded",
        "languages",
        "website",
        "email",
        "phone",
        "turnover",
        "turnover_currency",
        "description",
        "industry",
        "codes",
        "target_countries",
        "excluded_countries",
        "is_family_business",
        "is_listed",
    ]

    def get_fields(self, request: HttpRequest, obj: Company | None = None) -> Any:
        """What a company asks of partners is its own to change; a hold is for managers to know."""
        if obj is None:
            return self.stated
        return [*self.stated, *_LIMITS, *(_HOLD if manages(request, obj) else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Company | None = None) -> list[str]:
        return [*_LIMITS, *_HOLD]

    @admin.display(description=_("certificates"))
    def certificate_names(self, company: Company) -> str:
        return names_of(company.certificates, Certificate)

    @admin.display(description=_("certificates asked of partners"))
    def required_names(self, company: Company) -> str:
        return names_of(company.required_certificates, Certificate)

    @admin.display(description=_("sizes of partners"))
    def size_names(self, company: Company) -> str:
        return names_of(company.accepted_sizes, Company.Size)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return who(request).is_superuser

    def get_queryset(self, request: HttpRequest) -> QuerySet[Company]:
        mine = Membership.objects.served_by(who(request)).in_force().select_related("chamber")
        return (
            super()
            .get_queryset(request)
            .prefetch_related(Prefetch("memberships", mine, to_attr="served_memberships"))
        )

    @admin.display(description=_("Latin name"), ordering="legal_name_latin")
    def latin_name(self, company: Company) -> str:
        return company.latin or "—"

    @admin.display(description=_("member of"))
    def member_of(self, company: Any) -> str:
        return "; ".join(str(one.chamber) for one in company.served_memberships) or "—"

    def save_model(self, request: HttpRequest, obj: Company, form: Any, change: bool) -> None:
        if change:
            companies.change_company(obj, **changes(form))
        else:
            obj.pk = companies.create_company(**form.cleaned_data).pk

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        company = self.get_object(request, unquote(object_id))
        hides = company is not None and not manages(request, company)
        return super().change_view(request, object_id, form_url, {"hides_history": hides})

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Tells of holds, so it is for who may know of them."""
        company = self.get_object(request, unquote(object_id))
        if company is not None and not manages(request, company):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is not Representative:
            raise PermissionDenied
        for row in formset.new_objects:
            people.add_representative(row.person, to=row.company, role=row.role)
