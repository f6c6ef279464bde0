"""What an event consists of: halls, tables, slots, programme, groups, delegations, interpreters."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import ScopedInline, changes, who
from chambers.admin.decisions import decision
from chambers.models import User
from chambers.selectors.labels import language_names
from marketplace.admin.base import AtTheEvent
from marketplace.models import (
    Delegation,
    Event,
    Group,
    Hall,
    Interpreter,
    InterpreterAway,
    Session,
    Slot,
    Table,
)
from marketplace.selectors.parts import against_removing
from marketplace.selectors.times import tell_time
from marketplace.services import parts
from marketplace.services.slots import change_slot, remove_slots


def removal(title: Any, *, do: Any = parts.remove_part, note: Any = "") -> Any:
    """Take parts away; the page says first what stands in the way."""
    return decision("remove", title=title, do=do, against=against_removing, note=note)


class PartAdmin(AtTheEvent):
    """A part of an event: added from the event's page, and never moved to another event."""

    class Media:
        css = {"all": ["ui/admin-events.css"]}

    changeable = True
    list_filter = ["event"]
    list_select_related = ["event"]
    of_the_event = {"hall", "owner"}

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Relations offer what belongs to the same event."""
        form = super().get_form(request, obj, change, **kwargs)
        event = obj.event if obj is not None else self.event_asked(request)
        fields: dict[str, Any] = form.base_fields
        for name in self.of_the_event & set(fields):
            rows = fields[name].queryset
            fields[name].queryset = rows.filter(event=event) if event else rows.none()
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["event"]

    def add_part(self, event: Event, by: User, **fields: Any) -> Any:
        """Call the service."""
        raise PermissionDenied

    def change_part(self, part: Any, by: User, **fields: Any) -> Any:
        """Call the service with what differs."""
        raise PermissionDenied

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            self.change_part(obj, who(request), **changes(form))
            return
        fields = dict(form.cleaned_data)
        obj.pk = self.add_part(fields.pop("event"), who(request), **fields).pk

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Back to the others of the same event, or to the next one."""
        messages.success(request, gettext("Added: %(name)s.") % {"name": obj})
        if "_addanother" in request.POST:
            return redirect(f"{request.path}?event={obj.event_id}")
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return redirect(f"{reverse(name)}?event__id__exact={obj.event_id}")


@admin.register(Hall)
class HallAdmin(PartAdmin):
    addable = True
    actions = [removal(_("Remove halls"))]
    list_display = ["name", "event", "table_count"]
    search_fields = ["name", "names"]
    fields = ["event", "name", "names"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hall]:
        rows: QuerySet[Hall] = super().get_queryset(request)
        return rows.annotate(size=Count("tables"))

    def add_part(self, event: Event, by: User, **fields: Any) -> Hall:
        return parts.add_hall(event, fields["name"], by=by, names=fields.get("names"))

    def change_part(self, part: Hall, by: User, **fields: Any) -> Hall:
        return parts.change_hall(part, by=by, **fields)

    @admin.display(description=_("tables"), ordering="size")
    def table_count(self, hall: Any) -> int:
        return int(hall.size)


@admin.register(Table)
class TableAdmin(PartAdmin):
    """Tables are added from the event's page, many at once; here one becomes a booth."""

    actions = [removal(_("Remove tables"))]
    list_display = ["label", "hall", "has_screen", "seats", "booth_of", "event"]
    list_filter = ["event", "hall", "has_screen"]
    list_select_related = ["event", "hall", "owner__company"]
    ordering = ["event", "number"]
    fields = ["event", "hall", "number", "has_screen", "seats", "owner"]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """A booth belongs to a company that comes."""
        form = super().get_form(request, obj, change, **kwargs)
        if "owner" in form.base_fields:
            owner = form.base_fields["owner"]
            owner.queryset = owner.queryset.taking_part().select_related("company", "event")
            owner.label_from_instance = lambda one: one.company.told
        return form

    def change_part(self, part: Table, by: User, **fields: Any) -> Table:
        return parts.change_table(part, by=by, **fields)

    @admin.display(description=_("table"), ordering="number")
    def label(self, table: Table) -> str:
        return str(table)

    @admin.display(description=_("booth of"))
    def booth_of(self, table: Table) -> str:
        return table.owner.company.told if table.owner else "—"


@admin.register(Slot)
class SlotAdmin(PartAdmin):
    """Times in which meetings may be; many at once are added from the event's page."""

    actions = [
        removal(
            _("Remove slots"),
            do=lambda slot, by: remove_slots([slot], event=slot.event, by=by),
            note=_(
                "Absences in them are forgotten. A request that waits for an answer and has no"
                " other time ends, and both companies are told."
            ),
        )
    ]
    list_display = ["time", "minutes_shown", "event"]
    ordering = ["event", "starts_at", "ends_at", "pk"]
    fields = ["event", "starts_at", "ends_at"]

    def change_part(self, part: Slot, by: User, **fields: Any) -> Slot:
        times = {"starts_at": part.starts_at, "ends_at": part.ends_at, **fields}
        return change_slot(part, by=by, **times)

    @admin.display(description=_("time"), ordering="starts_at")
    def time(self, slot: Slot) -> str:
        return tell_time(slot.starts_at, slot.ends_at, zone=slot.event.zone)

    @admin.display(description=_("minutes"))
    def minutes_shown(self, slot: Slot) -> int:
        return slot.minutes


@admin.register(Session)
class SessionAdmin(PartAdmin):
    addable = True
    actions = [removal(_("Remove sessions"))]
    list_display = ["title_shown", "kind", "time", "hall", "chair", "event"]
    list_filter = ["event", "kind"]
    list_select_related = ["event", "hall"]
    ordering = ["event", "starts_at", "pk"]
    fields = ["event", "kind", "title", "chair", "hall", "starts_at", "ends_at"]

    def add_part(self, event: Event, by: User, **fields: Any) -> Session:
        return parts.add_session(event, by=by, **fields)

    def change_part(self, part: Session, by: User, **fields: Any) -> Session:
        return parts.change_session(part, by=by, **fields)

    @admin.display(description=_("title"))
    def title_shown(self, session: Session) -> str:
        return session.titled()[0]

    @admin.display(description=_("time"), ordering="starts_at")
    def time(self, session: Session) -> str:
        return tell_time(session.starts_at, session.ends_at, zone=session.event.zone)


@admin.register(Group)
class GroupAdmin(PartAdmin):
    addable = True
    actions = [removal(_("Remove groups"))]
    list_display = ["name_shown", "event", "company_count"]
    ordering = ["event", "pk"]
    fields = ["event", "name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        rows: QuerySet[Group] = super().get_queryset(request)
        return rows.annotate(size=Count("registrations"))

    def add_part(self, event: Event, by: User, **fields: Any) -> Group:
        return parts.add_group(event, fields["name"], by=by)

    def change_part(self, part: Group, by: User, **fields: Any) -> Group:
        return parts.change_group(part, by=by, **fields)

    @admin.display(description=_("name"))
    def name_shown(self, group: Group) -> str:
        return group.named()[0]

    @admin.display(description=_("companies"), ordering="size")
    def company_count(self, group: Any) -> int:
        return int(group.size)


@admin.register(Delegation)
class DelegationAdmin(PartAdmin):
    """Companies that a chamber brings; any chamber may, so all are offered."""

    addable = True
    actions = [removal(_("Remove delegations"))]
    list_display = ["name_shown", "chamber", "leader", "seats", "company_count", "event"]
    list_select_related = ["event", "chamber"]
    ordering = ["event", "pk"]
    fields = ["event", "chamber", "name", "leader", "seats"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delegation]:
        rows: QuerySet[Delegation] = super().get_queryset(request)
        return rows.annotate(size=Count("registrations"))

    def add_part(self, event: Event, by: User, **fields: Any) -> Delegation:
        return parts.add_delegation(event, fields.pop("chamber"), by=by, **fields)

    def change_part(self, part: Delegation, by: User, **fields: Any) -> Delegation:
        return parts.change_delegation(part, by=by, **fields)

    @admin.display(description=_("name"))
    def name_shown(self, delegation: Delegation) -> str:
        return delegation.named()[0]

    @admin.display(description=_("companies"), ordering="size")
    def company_count(self, delegation: Any) -> int:
        return int(delegation.size)


class InterpreterAwayInline(ScopedInline):
    """When an interpreter is not there."""

    model = InterpreterAway
    addable = removable = True
    fields = ["slot"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[InterpreterAway]:
        return super().get_queryset(request).select_related("slot__event", "interpreter")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        if "slot" in formset.form.base_fields:
            slots = Slot.objects.filter(event=obj.event).select_related("event")
            fields: dict[str, Any] = formset.form.base_fields
            fields["slot"].queryset = slots
        return formset


class AccountField(forms.ModelChoiceField):
    """Somebody's account by its e-mail: nobody reads a list of who has one."""

    widget = forms.EmailInput
    default_error_messages = {
        "invalid_choice": _(
            "Nobody has an account with this e-mail: leave it empty, or correct it."
        )
    }

    def __init__(self) -> None:
        super().__init__(
            User.objects.filter(is_active=True),
            to_field_name="email",
            required=False,
            label=_("e-mail"),
            help_text=_("Of their account, if they have one: their timetable is mailed there."),
        )

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            return User.objects.filter(pk=value).values_list("email", flat=True).first()
        return super().prepare_value(value)

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.strip().lower() if isinstance(value, str) else value)


@admin.register(Interpreter)
class InterpreterAdmin(PartAdmin):
    """Interpreters, with the slots in which they are not there."""

    addable = True
    actions = [removal(_("Remove interpreters"))]
    list_display = ["name", "spoken", "event"]
    ordering = ["event", "name", "pk"]
    search_fields = ["name"]
    fields = ["event", "name", "languages", "person"]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "person":
            return AccountField()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [] if obj is None else [InterpreterAwayInline]

    @admin.display(description=_("languages"))
    def spoken(self, interpreter: Interpreter) -> str:
        return language_names(interpreter.languages)

    def add_part(self, event: Event, by: User, **fields: Any) -> Interpreter:
        return parts.add_interpreter(event, by=by, **fields)

    def change_part(self, part: Interpreter, by: User, **fields: Any) -> Interpreter:
        return parts.change_interpreter(part, by=by, **fields)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        gone = {row.slot_id for row in formset.deleted_objects}
        kept = {row.slot_id for row in form.instance.away.all()} - gone
        kept |= {row.slot_id for row in formset.new_objects}
        slots = Slot.objects.filter(pk__in=kept)
        parts.set_interpreter_away(form.instance, slots, by=who(request))
