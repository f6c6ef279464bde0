"""The form that describes what an event has lost."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketplace.models import (
    Event,
    Hall,
    Interpreter,
    Participant,
    Registration,
    Repair,
    Slot,
    Table,
)
from marketplace.selectors.repairs import when
from marketplace.services import losses

Cause = Repair.Cause


class PersonField(forms.ModelChoiceField):
    """Somebody with the company that sends them."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.registration.company.told} · {obj.name}"


class CompanyField(forms.ModelChoiceField):
    """A company at the event."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.company.told)


class TableField(forms.ModelChoiceField):
    """A table with its hall."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj}, {obj.hall}" if obj.hall else str(obj)


class StartField(forms.ModelChoiceField):
    """A slot by the hour at which it begins."""

    def label_from_instance(self, obj: Any) -> str:
        return when(obj).rpartition("–")[0]


class EndField(forms.ModelChoiceField):
    """A slot by the hour at which it ends."""

    def label_from_instance(self, obj: Any) -> str:
        day, _comma, span = when(obj).rpartition(", ")
        return f"{day}, {span.rpartition('–')[2]}"


class LossForm(forms.Form):
    """What was lost, and for which times."""

    cause = forms.ChoiceField(choices=Cause.choices, widget=forms.HiddenInput)
    participant = PersonField(Participant.objects.none(), label=_("Who"), to_field_name="public_id")
    everybody = forms.BooleanField(label=_("With everybody of the company"), required=False)
    table = TableField(Table.objects.none(), label=_("Table"), to_field_name="public_id")
    hall = forms.ModelChoiceField(Hall.objects.none(), label=_("Hall"), to_field_name="public_id")
    interpreter = forms.ModelChoiceField(
        Interpreter.objects.none(), label=_("Interpreter"), to_field_name="public_id"
    )
    registration = CompanyField(
        Registration.objects.none(), label=_("Company"), to_field_name="public_id"
    )
    first = StartField(
        Slot.objects.none(), label=_("From"), to_field_name="public_id", empty_label=None
    )
    last = EndField(
        Slot.objects.none(), label=_("Until"), to_field_name="public_id", empty_label=None
    )
    fill = forms.BooleanField(
        label=_("Fill freed times at once"),
        required=False,
        help_text=_("Otherwise those who wait for a time are asked, and may answer for a while."),
    )

    _asked = {
        Cause.LATE: ("participant", "everybody", "first", "last"),
        Cause.AWAY: ("participant", "everybody", "first", "last"),
        Cause.TABLE: ("table", "first", "last"),
        Cause.HALL: ("hall", "first", "last"),
        Cause.INTERPRETER: ("interpreter", "first", "last"),
        Cause.WITHDRAWAL: ("registration",),
    }

    def __init__(self, *args: Any, event: Event, of: Repair.Cause, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - {"cause", "fill", *self._asked[of]}:
            del self.fields[name]
        self.event, self.of = event, of
        coming = Registration.objects.filter(event=event).taking_part()
        slots = Slot.objects.filter(event=event, ends_at__gt=timezone.now())
        slots = slots.select_related("event").order_by("starts_at", "ends_at")
        rows: dict[str, QuerySet[Any]] = {
            "participant": Participant.objects.coming()
            .filter(registration__in=coming)
            .select_related("registration__company")
            .order_by("registration__company__legal_name", "name"),
            "table": Table.objects.filter(event=event).select_related("hall"),
            "hall": Hall.objects.filter(event=event),
            "interpreter": Interpreter.objects.filter(event=event),
            "registration": coming.select_related("company").order_by("company__legal_name"),
            "first": slots,
            "last": slots,
        }
        for name in rows.keys() & self.fields.keys():
            self.fields[name].queryset = rows[name]  # type: ignore[attr-defined]
        if "last" in self.fields:
            self.fields["last"].initial = self._evening(list(slots))

    def _evening(self, slots: list[Slot]) -> uuid.UUID | None:
        """The last slot of the first day that is left."""
        clock = self.event.clock
        days = [slot.starts_at.astimezone(clock).date() for slot in slots]
        day = [slot for slot, on in zip(slots, days, strict=True) if on == days[0]]
        return max(day, key=lambda slot: slot.ends_at).public_id if day else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first is not None and last is not None and last.ends_at <= first.starts_at:
            self.add_error("last", _("This is before the beginning: choose a later end."))
        return cleaned

    def loss(self) -> losses.Loss:
        """The loss that was described."""
        given = self.cleaned_data
        if self.of == Cause.WITHDRAWAL:
            return losses.of_company(given["registration"])
        slots = Slot.objects.filter(
            event=self.event,
            starts_at__gte=given["first"].starts_at,
            ends_at__lte=given["last"].ends_at,
        ).order_by("starts_at", "ends_at")
        if self.of == Cause.TABLE:
            return losses.of_tables([given["table"]], slots)
        if self.of == Cause.HALL:
            return losses.of_hall(given["hall"], slots)
        if self.of == Cause.INTERPRETER:
            return losses.of_interpreter(given["interpreter"], slots)
        one = given["participant"]
        people = [one]
        if given["everybody"]:
            all_ = Participant.objects.coming().filter(registration=one.registration)
            people = list(all_.select_related("registration__company"))
        return losses.of_people(people, slots, late=self.of == Cause.LATE)
