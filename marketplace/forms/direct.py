"""What a company types about a meeting outside events: times by its own clock, place, people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from chambers.models import Company, Representative, User
from marketplace.forms.events import AboutField, told_slots
from marketplace.models import Event, Meeting, Opportunity, Slot
from marketplace.selectors.times import city_of
from marketplace.services.rules import NOT_THEIRS

LENGTHS = (15, 20, 30, 45, 60, 90, 120)
TYPED = "%Y-%m-%dT%H:%M"
FORMATS = (TYPED, "%Y-%m-%dT%H:%M:%S")
ASKED, PROPOSED = 5, 3  # times that a request names, and another time proposed: rows to type in


class _ClockInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format=TYPED)


class ClockField(forms.DateTimeField):
    """A day and an hour by the clock of ``zone``, which the form sets."""

    widget = _ClockInput
    zone = "UTC"

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=FORMATS, **options)

    def clean(self, value: Any) -> Any:
        """The instant; refused where the clock jumps over it or shows it twice."""
        with timezone.override(ZoneInfo(self.zone)):
            return super().clean(value)


class _ClockInputs(forms.MultiWidget):
    def __init__(self, rows: int) -> None:
        super().__init__([_ClockInput({"class": "field"}) for _row in range(rows)])

    def decompress(self, value: Sequence[dt.datetime] | None) -> list[dt.datetime | None]:
        """One for each row."""
        given: list[dt.datetime | None] = [*(value or [])]
        rows = len(self.widgets)
        return [*given, *[None] * rows][:rows]


class TimesField(forms.MultiValueField):
    """Times by the clock of ``zone``; rows may stay empty."""

    def __init__(self, *, zone: str, rows: int = PROPOSED, **options: Any) -> None:
        """``zone`` is the IANA zone in which one types, ``rows`` how many times at most."""
        fields = [ClockField(required=False) for _row in range(rows)]
        for field in fields:
            field.zone = zone
        widget = _ClockInputs(rows)
        super().__init__(fields, require_all_fields=False, widget=widget, **options)

    def compress(self, data_list: Sequence[dt.datetime | None]) -> list[dt.datetime]:
        """Those that were given, each once, in order."""
        return sorted({one for one in data_list if one is not None})


def lengths() -> list[tuple[int, str]]:
    """How long meetings take, as choices."""
    return [(one, ngettext("%(n)d minute", "%(n)d minutes", one) % {"n": one}) for one in LENGTHS]


class _Timed(forms.Form):
    """Times with a length; together they are what ``services.direct`` takes."""

    minutes = forms.TypedChoiceField(label=_("Length"), coerce=int, choices=lengths, initial=30)

    def clean(self) -> dict[str, Any]:
        """Each time with the length that all have."""
        found: dict[str, Any] = super().clean() or {}
        minutes = found.pop("minutes", 30)
        found["times"] = [(start, minutes) for start in found.get("times") or []]
        return found


def by_clock(zone: str) -> str:
    """Whose clock is meant."""
    return gettext("By the clock of %(city)s.") % {"city": city_of(zone)}


class DirectAskForm(_Timed):
    """A request for a meeting outside events."""

    message = forms.CharField(
        label=_("Message"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Say what you want to talk about: a short reason is accepted more often."),
    )
    opportunity = AboutField(
        Opportunity.objects.none(),
        label=_("Offer or request"),
        required=False,
        to_field_name="public_id",
        empty_label=_("nothing in particular"),
        error_messages={"invalid_choice": NOT_THEIRS},
    )
    person = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Who of you comes"),
        to_field_name="public_id",
        empty_label=None,
    )
    link = forms.URLField(
        label=_("Link"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=_("To meet online: of your video call. It can be added later."),
    )
    place = forms.CharField(
        label=_("Place"),
        max_length=200,
        required=False,
        help_text=_("To meet in person: the address."),
    )
    wants_interpreter = forms.BooleanField(label=_("An interpreter is wanted"), required=False)

    def __init__(
        self, *args: Any, own: Company, partner: Company, zone: str, **kwargs: Any
    ) -> None:
        """Offer one's own people and what either side has published; ``zone`` is that of times."""
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = answering(own)  # type: ignore[attr-defined]
        self.fields["opportunity"].queryset = (  # type: ignore[attr-defined]
            Opportunity.objects.on_show().to_meet_about(own.pk, partner.pk)
        )
        self.fields["opportunity"].own = own  # type: ignore[attr-defined]
        self.fields["times"] = TimesField(
            zone=zone,
            rows=ASKED,
            required=False,
            label=_("Times that suit you"),
            help_text=" ".join([by_clock(zone), gettext("None given: any time.")]),
        )


class DirectTimesForm(_Timed):
    """Up to three other times, with a word."""

    message = forms.CharField(
        label=_("Message"), max_length=2000, required=False, widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        """Times are those of ``zone``."""
        super().__init__(*args, **kwargs)
        self.fields["times"] = TimesField(
            zone=zone,
            required=False,
            label=_("Times"),
            help_text=" ".join([by_clock(zone), gettext("Give up to three.")]),
        )
        self.order_fields(["times", "minutes", "message"])


class DirectAcceptForm(forms.Form):
    """At which of the given times, or at one's own where any would do, and who comes."""

    def __init__(
        self,
        *args: Any,
        event: Event,
        own: Company,
        zone: str,
        among: Iterable[Slot],
        any_time: bool,
        joins: bool = False,
        **kwargs: Any,
    ) -> None:
        """``among`` are the given times that are free for both; with ``any_time`` one is typed.

        Who ``joins`` a meeting of others comes at its time.
        """
        super().__init__(*args, **kwargs)
        if any_time and not joins:
            clock = ClockField(label=_("Time"), help_text=by_clock(zone))
            clock.zone = zone
            self.fields["starts_at"] = clock
            self.fields["minutes"] = forms.TypedChoiceField(
                label=_("Length"), coerce=int, choices=lengths, initial=30
            )
        elif not joins:
            field = forms.ModelChoiceField(
                Slot.objects.filter(event=event),
                label=_("Time"),
                to_field_name="public_id",
                widget=forms.RadioSelect,
            )
            field.choices = told_slots(event, among, zone)
            self.fields["slot"] = field
        self.fields["person"] = person_field(own)


class PlaceForm(forms.Form):
    """Where one meets: by a link, or at a place."""

    link = forms.URLField(
        label=_("Link"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=_("To meet online."),
    )
    place = forms.CharField(
        label=_("Place"), max_length=200, required=False, help_text=_("To meet in person.")
    )


class ColleagueForm(forms.Form):
    """Who of one's company goes to a meeting."""

    def __init__(self, *args: Any, own: Company, coming: Iterable[User], **kwargs: Any) -> None:
        """Offer who may answer for the company, but for those who come anyway."""
        super().__init__(*args, **kwargs)
        self.fields["person"] = person_field(own, but=coming)


class JoinForm(forms.Form):
    """To which of one's meetings a third company is asked to come."""

    meeting = forms.ModelChoiceField(
        Meeting.objects.none(),
        label=_("Meeting"),
        to_field_name="public_id",
        widget=forms.RadioSelect,
        empty_label=None,
    )
    message = forms.CharField(
        label=_("Message"), max_length=2000, required=False, widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, meetings: Any, told: list[tuple[Any, str]], **kwargs: Any):
        """``told`` names each of ``meetings``."""
        super().__init__(*args, **kwargs)
        self.fields["meeting"].queryset = meetings  # type: ignore[attr-defined]
        self.fields["meeting"].choices = told  # type: ignore[attr-defined]


def answering(company: Company) -> Any:
    """Those who may answer for a company."""
    rows = Representative.objects.filter(company=company, person__is_active=True)
    rows = rows.exclude(role=Representative.Role.VIEWER)
    return User.objects.filter(pk__in=rows.values("person")).order_by("name", "email")


def person_field(company: Company, *, but: Iterable[User] = ()) -> forms.ModelChoiceField:
    """Somebody of a company."""
    people = answering(company).exclude(pk__in=[one.pk for one in but])
    return forms.ModelChoiceField(
        people, label=_("Who of you comes"), to_field_name="public_id", empty_label=None
    )
