"""The one base of every admin: what it lists, offers, filters and changes is scoped.

Nothing here asks Django's own permissions. Rows come from ``served_by``, the right to change them
from ``managed_by``, and a model without a scope shows nothing. Every change goes through a
service; an admin that names none refuses to save.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ForeignObjectRel, QuerySet
from django.forms import BaseFormSet, BaseModelFormSet, Field, ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from chambers.admin.fields import CountriesField, Day, LanguagesField, TextsField
from chambers.models import SITE_LANGUAGES, Chamber, ScopedQuerySet, validate_texts

if TYPE_CHECKING:
    from django.contrib.admin.options import BaseModelAdmin

    from chambers.models import User

# Fields that offer other rows than the ones one serves: partners are somebody else's chambers,
# and a thing is put only where one may manage it.
_OFFERS = {
    "chambers.Agreement.first": "managed_by",
    "chambers.Agreement.second": "visible_to",
    "chambers.Commission.chamber": "managed_by",
    "chambers.Commission.partner_chamber": "visible_to",
    "chambers.Guild.chamber": "managed_by",
    "chambers.Staff.chamber": "managed_by",
    "marketplace.Delegation.chamber": "visible_to",
    "marketplace.Delegation.event": "managed_by",
    "marketplace.Event.chamber": "managed_by",
    "marketplace.Event.hosts": "visible_to",
    "marketplace.Group.event": "managed_by",
    "marketplace.Hall.event": "managed_by",
    "marketplace.Interpreter.event": "managed_by",
    "marketplace.Meeting.guest": "managed_by",
    "marketplace.Meeting.host": "managed_by",
    "marketplace.Session.event": "managed_by",
    "marketplace.Timetable.event": "managed_by",
    "matching.ChamberEmphasis.chamber": "managed_by",
    "matching.EventEmphasis.event": "managed_by",
    "matching.PairHistory.one": "managed_by",
    "matching.PairHistory.other": "visible_to",
    "matching.PairHistory.stated_by": "managed_by",
}
_EXACT = {"exact", "isnull", "id", "code", "gte", "lt"}  # how the sidebar filters


def who(request: HttpRequest) -> User:
    """The member of staff who asks; the site lets nobody else in."""
    return cast("User", request.user)


def scope(model: type[models.Model]) -> ScopedQuerySet | None:
    """All rows of a model as the queryset that knows who may see them; None without one."""
    for manager in model._meta.managers:  # noqa: SLF001 - Django's documented model API
        rows = manager.get_queryset()
        if isinstance(rows, ScopedQuerySet):
            return rows
    return None


def served(model: type[models.Model], user: User) -> QuerySet[Any]:
    """Rows that ``user`` looks after; none when the model says nothing of who may see it."""
    rows = scope(model)
    return model._base_manager.none() if rows is None else rows.served_by(user)  # noqa: SLF001


def manages(request: HttpRequest, row: models.Model | None) -> bool:
    """Whether the one who asks may change ``row``; without a row, whether they manage anything.

    Asked many times for one page, so the answer is kept with the request.
    """
    user = who(request)
    if user.is_superuser:
        return True
    known: dict[tuple[str, Any], bool] = request.__dict__.setdefault("_manages", {})
    key = ("", None) if row is None else (row._meta.label, row.pk)  # noqa: SLF001
    if key not in known:
        if row is None:
            known[key] = Chamber.objects.managed_by(user).exists()
        else:
            rows = scope(type(row))
            known[key] = rows is not None and rows.managed_by(user).filter(pk=row.pk).exists()
    return known[key]


def offered(field: models.Field | ForeignObjectRel, user: User) -> QuerySet[Any]:
    """Rows that a form, its validation and its autocompletion offer for a relation."""
    way = _OFFERS.get(f"{field.model._meta.label}.{field.name}", "served_by")  # noqa: SLF001
    remote = cast("type[models.Model]", field.related_model)
    rows = scope(remote)
    if rows is None:
        return remote._base_manager.none()  # noqa: SLF001
    return cast("QuerySet[Any]", getattr(rows, way)(user))


class ScopedRelatedFilter(admin.RelatedFieldListFilter):
    """Lists only values that occur in the served rows and are served themselves."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin) -> Any:
        used = model_admin.get_queryset(request).order_by().values(f"{self.field_path}__pk")
        shown = served(field.related_model, who(request)).filter(pk__in=used)
        return [(row.pk, str(row)) for row in shown]


admin.FieldListFilter.register(
    lambda field: bool(field.remote_field), ScopedRelatedFilter, take_priority=True
)


class Scoped:
    """What admins and inlines share. Switched off unless a class switches it on."""

    addable = False
    changeable = False
    removable = False  # from a parent's page; rows of their own end by a decision
    superusers_only = False
    model: type[models.Model]
    formfield_overrides: Any = {
        models.DateField: {"widget": Day},
        models.URLField: {"assume_scheme": "https"},
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = served(self.model, who(request))
        ordering = cast("BaseModelAdmin", self).get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return who(request).is_superuser or not self.superusers_only

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self._allowed(request, obj, self.addable)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self._allowed(request, obj, self.changeable)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self._allowed(request, obj, self.removable)

    def _allowed(self, request: HttpRequest, row: models.Model | None, switched_on: bool) -> bool:
        if not switched_on or (self.superusers_only and not who(request).is_superuser):
            return False
        return manages(request, row if row is not None and row.pk else None)

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> Field | None:
        # Texts by language, countries and languages get inputs that people can read.
        if validate_texts in getattr(db_field, "validators", ()):
            return TextsField.of(db_field)
        if db_field.name in ("target_countries", "excluded_countries"):
            return CountriesField.of(db_field)
        if db_field.name == "languages":
            return LanguagesField.of(db_field)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            for what in ("add", "change", "delete", "view"):
                setattr(field.widget, f"can_{what}_related", False)
        return cast("Field | None", field)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        kwargs["queryset"] = offered(db_field, who(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        kwargs["queryset"] = offered(db_field, who(request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]


class ScopedInline(Scoped, admin.TabularInline):
    """Rows of a parent; who may change the parent may add and remove what the class allows."""

    extra = 0
    show_change_link = False


class ScopedAdmin(Scoped, admin.ModelAdmin):
    """The base of every admin; see the top of this file."""

    view_on_site = False
    show_full_result_count = False
    list_per_page = 50
    save_on_top = False

    def get_urls(self) -> list[URLPattern]:
        """No delete pages: rows end by a decision. No redirects that tell which keys exist."""
        names = ("changelist", "add", "history", "change")
        return [url for url in super().get_urls() if str(url.name).endswith(names)]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the sidebar filters by: an address bar is no search in hidden fields."""
        for one in self.get_list_filter(request) or ():
            if lookup == getattr(one, "parameter_name", None):
                return True
            name = str(one[0]) if isinstance(one, tuple) else one if isinstance(one, str) else ""
            if name and (lookup == name or lookup.startswith(f"{name}__")):
                return set(lookup[len(name) :].split("__")) - {""} <= _EXACT
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(
            request, queryset, search_term.replace("\x00", "").strip()[:100]
        )

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        # A foreign row is a missing row: the same answer, and nothing about which it was.
        raise Http404

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether the actions are offered; each then takes only rows that one manages."""
        return manages(request, None)

    def decisions_on(self, request: HttpRequest, object_id: str) -> list[tuple[str, str]]:
        """(name, title) of the actions that wait for this row, for buttons on its page."""
        row = self.get_object(request, unquote(object_id))
        if row is None or not manages(request, row):
            return []
        chosen = self.get_queryset(request).filter(pk=row.pk)
        return [
            (name, title)
            for act, name, title in filter(None, (self.get_actions(request) or {}).values())
            if (waiting := act.__dict__.get("waiting")) is None or waiting(chosen).exists()
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Named by its rows: "Select %s to change" would need a noun's case in many languages."""
        context = {"title": capfirst(self.opts.verbose_name_plural), **(extra_context or {})}
        return super().changelist_view(request, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        decisions = self.decisions_on(request, object_id) if request.method == "GET" else []
        context = {"decisions": decisions, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show what a service refuses on the form, with everything that was typed."""
        context = {"title": capfirst(self.opts.verbose_name), **(extra_context or {})}
        again = (request, object_id, form_url, context)
        try:
            with transaction.atomic():
                return super().changeform_view(*again)
        except ValidationError as error:
            refusal = error
        except IntegrityError:
            refusal = ValidationError(
                _("Somebody has just saved the same. Look again, then decide."), code="conflict"
            )
        request.__dict__["_refusal"] = refusal
        with transaction.atomic():
            return super().changeform_view(*again)

    def get_form(
        self,
        request: HttpRequest,
        obj: models.Model | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[ModelForm]:
        form = super().get_form(request, obj, change, **kwargs)
        refusal: ValidationError | None = request.__dict__.get("_refusal")
        if refusal is None:
            return form
        return type(form.__name__, (_Refused, form), {"refusal": refusal})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Call the service; the base has none, so it refuses."""
        raise PermissionDenied

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Iterable[BaseModelFormSet], change: bool
    ) -> None:
        """Many-to-many fields went to the service with the rest; inlines go to theirs."""
        for formset in formsets:
            formset.save(commit=False)
            if formset.new_objects or formset.changed_objects or formset.deleted_objects:
                self.save_formset(request, form, formset, change)

    def save_formset(
        self, request: HttpRequest, form: Any, formset: BaseFormSet, change: bool
    ) -> None:
        """Call the services with what ``formset`` found new and deleted; the base has none."""
        raise PermissionDenied


class _Refused(ModelForm):
    """A form that carries what the service said to its first sending."""

    refusal: ValidationError

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        found = getattr(self.refusal, "error_dict", {NON_FIELD_ERRORS: self.refusal})
        for name, error in found.items():
            self.add_error(name if name in self.fields else None, error)
        return cleaned


def company_column(name: str, description: Any) -> Callable[[Any], str]:
    """A column with the company of a row as this reader reads its name, "—" without one."""

    @admin.display(description=description, ordering=f"{name}__legal_name")
    def told(row: Any) -> str:
        company = getattr(row, name)
        return company.told if company is not None else "—"

    told.__name__ = f"{name}_told"
    return told


def changes(form: ModelForm) -> dict[str, Any]:
    """The fields of a form that differ from the row, with their clean values.

    Texts in languages that the form does not show are kept.
    """
    found = {name: form.cleaned_data[name] for name in form.changed_data}
    for name in found:
        if isinstance(form.fields[name], TextsField):
            before = form.initial.get(name) or {}
            kept = {code: before[code] for code in before if code not in SITE_LANGUAGES}
            found[name] = {**found[name], **kept}
    return found
