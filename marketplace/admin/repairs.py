"""Mending a timetable that stands: choose what was lost, see what would move, then do it."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import manages, who
from marketplace.admin.base import AtTheEvent
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
from marketplace.selectors.repairs import (
    Row,
    closed_tables,
    done_repairs,
    rows_of,
    stuck_of,
    tell_place,
    when,
)
from marketplace.services import losses
from marketplace.services.mending import Outcome, Sort
from marketplace.services.repairs import Preview, apply_repair, preview_repair, reopen_tables

Cause = Repair.Cause
_COUNTED: list[tuple[tuple[Sort, ...], Any]] = [
    ((Sort.MOVED,), ngettext_lazy("%(n)d meeting moves.", "%(n)d meetings move.", "n")),
    (
        (Sort.KEPT, Sort.STRANDED),
        ngettext_lazy(
            "%(n)d meeting keeps its time at another place.",
            "%(n)d meetings keep their time at another place.",
            "n",
        ),
    ),
    (
        (Sort.LOST,),
        ngettext_lazy("%(n)d meeting loses its time.", "%(n)d meetings lose their time.", "n"),
    ),
    (
        (Sort.CANCELLED,),
        ngettext_lazy("%(n)d meeting is cancelled.", "%(n)d meetings are cancelled.", "n"),
    ),
    (
        (Sort.FILLED,),
        ngettext_lazy("%(n)d that waited gets a time.", "%(n)d that waited get a time.", "n"),
    ),
]


class PersonField(forms.ModelChoiceField):
    """Somebody with the company that sends them."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.registration.company} · {obj.name}"


class CompanyField(forms.ModelChoiceField):
    """A company at the event."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.company)


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


class RepairPages(AtTheEvent):
    """Mixed into the administration of events."""

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<path:object_id>/repair/",
                self.admin_site.admin_view(self.repair),
                name="marketplace_event_repair",
            ),
            path(
                "<path:object_id>/repair/reopen/",
                self.admin_site.admin_view(self.reopen),
                name="marketplace_event_reopen",
            ),
        ]
        return own + super().get_urls()

    def repair(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asked, it shows what would happen; sent, it does that and nothing else."""
        sends = request.method == "POST"
        event: Event = self.row_of(request, object_id, to_change=sends)
        form = _form_of(request.POST if sends else request.GET, event, sends=sends)
        if form is None or not (form.is_bound and manages(request, event) and form.is_valid()):
            answer = self._repair_page(request, event, form)
            answer.status_code = 422 if sends else answer.status_code
            return answer
        fill, by = form.cleaned_data["fill"], who(request)
        try:
            if sends:
                seen = request.POST.get("seen", "")
                made = apply_repair(event, form.loss(), by=by, fill=fill, seen=seen)
                self.log_change(request, event, str(made))
                messages.success(request, _done_told(made))
                address = reverse("admin:marketplace_event_repair", args=[event.pk])
                return redirect(f"{address}?repair={made.public_id}")
            shown = preview_repair(event, form.loss(), by=by, fill=fill)
        except ValidationError as error:
            return self._refused(request, event, form, error)
        return self._repair_page(request, event, form, shown=shown)

    def _refused(
        self, request: HttpRequest, event: Event, form: LossForm, error: ValidationError
    ) -> HttpResponse:
        """The reason; where the meetings have changed meanwhile, what would happen now as well."""
        shown = None
        refusal = ""
        if getattr(error, "code", None) == "changed_meanwhile":
            # What was chosen may be what is no more: it is looked for again.
            given = request.POST if request.method == "POST" else request.GET
            form = _form_of(given, event, sends=True) or form
            refusal = " ".join(error.messages)
            try:
                if form.is_valid():
                    fill = form.cleaned_data["fill"]
                    shown = preview_repair(event, form.loss(), by=who(request), fill=fill)
            except ValidationError as other:
                form.add_error(None, other)
        else:
            form.add_error(None, error)
        answer = self._repair_page(request, event, form, shown=shown, refusal=refusal)
        answer.status_code = 422
        return answer

    def _repair_page(
        self,
        request: HttpRequest,
        event: Event,
        form: LossForm | None,
        *,
        shown: Preview | None = None,
        refusal: str = "",
    ) -> HttpResponse:
        causes = [
            {"value": value, "label": label, "is_here": form is not None and form.of == value}
            for value, label in Cause.choices
        ]
        return self.page(
            request,
            event,
            "repair",
            _("Repair the timetable"),
            form=form,
            causes=causes,
            shown=_told(shown) if shown is not None else None,
            refusal=refusal,
            sent=_sent(form) if shown is not None and form is not None else [],
            done=done_repairs(event),
            closed=closed_tables(event),
            former=_former(request, event),
        )

    def reopen(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let a table be used again."""
        event: Event = self.row_of(request, object_id, to_change=request.method == "POST")
        if request.method == "POST":
            key = request.POST.get("table", "")
            tables = Table.objects.filter(event=event, pk__in=[key] if _is_key(key) else [])
            try:
                count = reopen_tables(event, tables, by=who(request))
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))
            else:
                told = ngettext(
                    "The table can be used again in %(n)d slot.",
                    "The table can be used again in %(n)d slots.",
                    count,
                ) % {"n": count}
                self.log_change(request, event, told)
                messages.success(request, told)
        return redirect("admin:marketplace_event_repair", event.pk)


def _is_key(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) < 19


def _form_of(given: QueryDict, event: Event, *, sends: bool) -> LossForm | None:
    """The form of the cause that is named; bound when it is sent or asked what would happen."""
    try:
        cause = Cause(str(given.get("cause", "")))
    except ValueError:
        return None
    if sends or "preview" in given:
        return LossForm(given, event=event, of=cause)
    known = {name: given[name] for name in given if name in LossForm.base_fields}
    return LossForm(initial=known, event=event, of=cause)


def _sent(form: LossForm) -> list[tuple[str, str]]:
    """What was chosen, to be sent again with the outcome that was shown."""
    return [
        (field.html_name, str(field.value()))
        for field in form
        if field.value() not in (None, False, "")
    ]


def _former(request: HttpRequest, event: Event) -> dict[str, Any] | None:
    """The former repair that is asked for."""
    try:
        key = uuid.UUID(request.GET.get("repair", ""))
    except ValueError:
        return None
    repair = Repair.objects.filter(event=event, public_id=key).select_related("event").first()
    if repair is None:
        return None
    return {"repair": repair, "rows": rows_of(repair), "stuck": stuck_of(repair)}


def _told(shown: Preview) -> dict[str, Any]:
    """What a page says of an outcome that is not done yet."""
    outcome = shown.outcome
    rows = [
        Row(one.meeting, one.sort.value, tell_place(one.before), tell_place(one.after), one.cause)
        for one in outcome.shifts
    ]
    return {
        "sentences": _sentences(outcome),
        "rows": rows,
        "stuck": outcome.stuck,
        "told": shown.told,
        "waiting": shown.waiting,
        "digest": outcome.digest,
    }


def _sentences(outcome: Outcome) -> list[str]:
    """How many meetings and people, and how few it could be."""
    if outcome.is_empty:
        return [gettext("No meeting is concerned.")]
    texts = []
    for sorts, told in _COUNTED:
        count = len(outcome.of(*sorts))
        if count:
            texts.append(str(told % {"n": count}))
    return [*texts, _people_told(outcome)]


def _people_told(outcome: Outcome) -> str:
    count, bound = outcome.people, outcome.people_bound
    if not count:
        return gettext("Nobody else gets another hour.")
    told = ngettext(
        "%(n)d other person gets another hour, or loses a meeting",
        "%(n)d other people get another hour, or lose a meeting",
        count,
    ) % {"n": count}
    if count == bound:
        return gettext("%(told)s; nobody could do with fewer.") % {"told": told}
    return gettext("%(told)s; with fewer than %(bound)d nobody could do.") % {
        "told": told,
        "bound": bound,
    }


def _done_told(made: Repair) -> str:
    count = made.outcome["told"]
    return ngettext("Done: %(n)d person gets a mail.", "Done: %(n)d people get a mail.", count) % {
        "n": count
    }
