"""Wishes for an interpreter at meetings outside events: the chamber of who asked answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.admin.base import manages, who
from chambers.admin_site import Queue, shows_queues
from chambers.selectors.labels import language_names
from marketplace.admin.base import AtTheEvent
from marketplace.models import Event, Interpreter, InterpreterWish
from marketplace.selectors.appointments import place_of
from marketplace.selectors.times import tell_moment, tell_time
from marketplace.services.interpreting import answer_wish, interpreters_for

if TYPE_CHECKING:
    from chambers.models import User

NONE = "none"


class WaitingFilter(admin.SimpleListFilter):
    """What waits for an answer."""

    title = _("status")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Waiting for answer"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "1":
            return queryset
        return queryset.waiting()  # type: ignore[attr-defined,no-any-return]


class AnswerForm(forms.Form):
    """Who interprets, or that nobody can."""

    interpreter = forms.ChoiceField(label=_("Interpreter"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 2, "cols": 80}),
        help_text=_("Both companies read it, such as who pays."),
    )

    def __init__(self, *args: Any, offered: Sequence[Interpreter], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {str(one.public_id): one for one in offered}
        named = [(key, _named(one)) for key, one in self.known.items()]
        choices = [*named, (NONE, gettext("There is none"))]
        self.fields["interpreter"].choices = choices  # type: ignore[attr-defined]

    def chosen(self) -> Interpreter | None:
        """The interpreter; None for "there is none"."""
        return self.known.get(self.cleaned_data["interpreter"])


@admin.register(InterpreterWish)
class InterpreterWishAdmin(AtTheEvent):
    """Of a meeting only what an interpreter has to know: who meets, when, where, which languages.

    What the companies write to each other is theirs.
    """

    # What is to be done stands where a phone shows it without scrolling sideways.
    list_display = ["meeting_told", "to_do", "time", "languages", "place", "state_told", "asked"]
    list_filter = [WaitingFilter]
    list_select_related = [
        "meeting__event",
        "meeting__slot",
        "meeting__interpreter",
        "meeting__table",
        "meeting__host__registration__company",
        "meeting__guest__registration__company",
    ]
    ordering = ["meeting__slot__starts_at", "pk"]
    fields = readonly_fields = (
        "meeting_told",
        "time",
        "place",
        "languages",
        "state_told",
        "note",
        "chamber",
        "asked",
        "to_do",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[InterpreterWish]:
        rows: QuerySet[InterpreterWish] = super().get_queryset(request)
        return rows.prefetch_related("meeting__others")

    def event_of(self, row: InterpreterWish) -> Event:
        """The event of the meeting."""
        return row.meeting.event

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "<path:object_id>/answer/",
                self.admin_site.admin_view(self.answer),
                name="marketplace_interpreterwish_answer",
            ),
            *super().get_urls(),
        ]

    def answer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Name an interpreter, or say that there is none."""
        sends = request.method == "POST"
        wish: InterpreterWish = self.row_of(request, object_id, to_change=sends)
        offered = interpreters_for(who(request))
        form = AnswerForm(request.POST if sends else None, offered=offered)
        if sends and form.is_valid():
            note = form.cleaned_data["note"]
            try:
                answer_wish(wish, by=who(request), interpreter=form.chosen(), note=note)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                self.log_change(request, wish, gettext("Answered."))
                messages.success(request, gettext("Both companies get a mail."))
                return redirect("admin:marketplace_interpreterwish_changelist")
        return self.page(
            request,
            wish,
            "answer",
            _("Name an interpreter"),
            form=form,
            when=self.time(wish),
            languages=self.languages(wish),
            readonly=not manages(request, wish),
            offered=offered,
        )

    @admin.display(description=_("meeting"))
    def meeting_told(self, wish: InterpreterWish) -> str:
        return wish.meeting.told

    @admin.display(description=_("time"), ordering="meeting__slot__starts_at")
    def time(self, wish: InterpreterWish) -> str:
        slot, zone = wish.meeting.slot, wish.meeting.event.zone
        return tell_time(slot.starts_at, slot.ends_at, zone=zone) if slot is not None else "—"

    @admin.display(description=_("place"))
    def place(self, wish: InterpreterWish) -> str:
        return place_of(wish.meeting) or "—"

    @admin.display(description=_("languages"))
    def languages(self, wish: InterpreterWish) -> str:
        sides = (wish.meeting.host.registration, wish.meeting.guest.registration)
        told = ((one.company.told, language_names(one.speaks) or "—") for one in sides)
        return " · ".join(f"{name}: {languages}" for name, languages in told)

    @admin.display(description=_("status"))
    def state_told(self, wish: InterpreterWish) -> str:
        interpreter = wish.meeting.interpreter
        return _named(interpreter) if interpreter is not None else str(wish.state.label)

    @admin.display(description=_("asked at"), ordering="asked_at")
    def asked(self, wish: InterpreterWish) -> str:
        return tell_moment(wish.asked_at, zone=wish.meeting.event.zone)

    @admin.display(description=_("to do"))
    def to_do(self, wish: InterpreterWish) -> str:
        address = reverse("admin:marketplace_interpreterwish_answer", args=[wish.pk])
        return format_html('<a href="{}">{}</a>', address, gettext("Name an interpreter"))


def _named(interpreter: Interpreter) -> str:
    return f"{interpreter.name} ({language_names(interpreter.languages)})"


@shows_queues
def wishes(user: User) -> Iterator[Queue]:
    """Meetings outside events that want an interpreter."""
    rows = InterpreterWish.objects.managed_by(user).waiting()
    found = rows.aggregate(count=Count("pk"), since=Min("asked_at"))
    yield Queue(
        gettext("Meetings outside events that want an interpreter"),
        found["count"],
        reverse("admin:marketplace_interpreterwish_changelist") + "?waiting=1",
        since=found["since"],
    )
