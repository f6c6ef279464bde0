"""What a company types about an event: its registration, its times, its requests."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from chambers.models import Company, Representative, User
from chambers.selectors.labels import language_labels
from marketplace.models import (
    Event,
    Group,
    MeetingRequest,
    Opportunity,
    Participant,
    Registration,
    Slot,
)
from marketplace.selectors.times import shown_time
from marketplace.services.rules import NOT_THEIRS

SPOKEN = ("en", "ru", "ja", "be", "zh", "ko", "de", "fr", "es", "pt", "it", "tr", "kk", "uz")
PEOPLE = 4  # rows for people on an empty form
MOST_PEOPLE = 20

CONSENTS = [
    (
        Registration.Consent.NOT_LISTED,
        _("Nobody: only the organiser knows that we come. We can still ask others for meetings."),
    ),
    (
        Registration.Consent.LISTED,
        _("Companies that take part: our name, place, languages and group."),
    ),
    (
        Registration.Consent.LISTED_WITH_CONTACT,
        _("Companies that take part: the same, and the names and e-mails of those who come."),
    ),
]


class SlotChoice(forms.ModelMultipleChoiceField):
    """Slots of an event, told in its time and the reader's."""

    def __init__(self, *args: Any, zone: str, reader: str | None, **kwargs: Any) -> None:
        """``zone`` is the event's, ``reader`` the reader's."""
        self.zone, self.reader = zone, reader
        super().__init__(*args, to_field_name="public_id", **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        """Day and time."""
        return str(shown_time(obj.starts_at, obj.ends_at, zone=self.zone, reader=self.reader))


class ConsentForm(forms.Form):
    """Who sees that a company comes."""

    consent = forms.ChoiceField(
        label=_("Who sees that you come"), choices=CONSENTS, widget=forms.RadioSelect
    )


class RegistrationForm(ConsentForm):
    """A company's registration; who comes stands in ``PeopleForms``."""

    group = forms.ModelChoiceField(
        Group.objects.none(),
        label=_("You come as"),
        required=False,
        to_field_name="public_id",
        widget=forms.RadioSelect,
        blank=True,
        empty_label=_("no group yet"),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages of those who come"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: those of the company. An interpreter is looked for by them."),
    )

    def __init__(self, *args: Any, event: Event, company: Company, **kwargs: Any) -> None:
        """Offer the groups of the event and the languages of the company and of our users."""
        super().__init__(*args, **kwargs)
        groups = Group.objects.filter(event=event)
        if groups.exists():
            self.fields["group"].queryset = groups  # type: ignore[attr-defined]
        else:
            del self.fields["group"]
        offered = dict.fromkeys([*company.languages, *SPOKEN])
        self.fields["languages"].choices = list(  # type: ignore[attr-defined]
            language_labels(list(offered)).items()
        )


class PersonForm(forms.Form):
    """Somebody who comes."""

    name = forms.CharField(label=pgettext_lazy("of a person", "Name"), max_length=150)
    position = forms.CharField(label=_("Position"), max_length=150, required=False)
    presence = forms.ChoiceField(
        label=_("Comes"),
        choices=Participant.Presence.choices,
        initial=Participant.Presence.ON_SITE,
    )
    person = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Signs in as"),
        required=False,
        to_field_name="public_id",
        empty_label=_("does not sign in"),
        help_text=_("Who signs in reads this timetable and gets its mails."),
    )

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        """Offer the people who speak for the company."""
        super().__init__(*args, **kwargs)
        speakers = Representative.objects.filter(company=company).values("person")
        self.fields["person"].queryset = (  # type: ignore[attr-defined]
            User.objects.filter(pk__in=speakers).order_by("name", "email")
        )


class RemovePersonForm(forms.Form):
    """Who goes to somebody's meetings instead, or why nobody does."""

    substitute = forms.ModelChoiceField(
        Participant.objects.none(),
        label=_("Who goes instead"),
        required=False,
        to_field_name="public_id",
        empty_label=_("nobody: the meetings are cancelled"),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("For meetings that are cancelled: the other side reads it."),
    )

    def __init__(self, *args: Any, leaving: Participant, **kwargs: Any) -> None:
        """Offer those who come for the same company."""
        super().__init__(*args, **kwargs)
        others = Participant.objects.coming().filter(registration=leaving.registration)
        self.fields["substitute"].queryset = others.exclude(pk=leaving.pk)  # type: ignore[attr-defined]


class HandoverForm(forms.Form):
    """Who of a company goes to one of its meetings instead of whom."""

    participant = forms.ModelChoiceField(
        Participant.objects.none(),
        label=_("Who of you comes"),
        to_field_name="public_id",
        empty_label=None,
    )
    instead_of = forms.ModelChoiceField(
        Participant.objects.none(),
        label=_("Instead of"),
        to_field_name="public_id",
        empty_label=None,
    )

    def __init__(
        self, *args: Any, own: Registration, going: Sequence[Participant], **kwargs: Any
    ) -> None:
        """Offer those who come for ``own`` and are not ``going`` yet; of one nothing is asked."""
        super().__init__(*args, **kwargs)
        keys = [one.pk for one in going]
        coming = Participant.objects.coming().filter(registration=own)
        self.fields["participant"].queryset = coming.exclude(pk__in=keys)  # type: ignore[attr-defined]
        self.fields["instead_of"].queryset = coming.filter(pk__in=keys)  # type: ignore[attr-defined]
        if len(going) == 1:
            del self.fields["instead_of"]


class _PeopleForms(forms.BaseFormSet):
    _offered: list[Any] | None = None

    def add_fields(self, form: forms.BaseForm, index: int | None) -> None:
        """Every row offers the same people, who are read once."""
        super().add_fields(form, index)
        person: Any = form.fields["person"]
        if self._offered is None:
            self._offered = list(person.choices)
        person.choices = self._offered

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """A row that is emptied names nobody, also one that had somebody in it to begin with."""
        return {**super().get_form_kwargs(index), "empty_permitted": True}

    def clean(self) -> None:
        """At least one, and nobody who signs in twice."""
        if any(self.errors):
            return
        given = people_of(self)
        if not given:
            raise forms.ValidationError(gettext("Say who comes: one person at least."))
        signing = [one["person"].pk for one in given if one["person"]]
        if len(signing) != len(set(signing)):
            raise forms.ValidationError(gettext("The same person signs in twice: choose another."))


def people_of(rows: forms.BaseFormSet) -> list[dict[str, Any]]:
    """What was typed of people, without the rows that stayed empty."""
    return [form.cleaned_data for form in rows.forms if form.cleaned_data.get("name")]


PeopleForms = forms.formset_factory(
    PersonForm, formset=_PeopleForms, extra=PEOPLE, max_num=MOST_PEOPLE, validate_max=True
)


class AvailabilityForm(forms.Form):
    """The slots in which somebody takes meetings; all others are closed."""

    def __init__(self, *args: Any, event: Event, reader: str | None, **kwargs: Any) -> None:
        """Offer all slots of the event."""
        super().__init__(*args, **kwargs)
        self.fields["open"] = SlotChoice(
            Slot.objects.filter(event=event),
            zone=event.zone,
            reader=reader,
            required=False,
            label=_("Times in which meetings may be"),
        )


class AboutField(forms.ModelChoiceField):
    """What a meeting is about: something that either side has published, and which of them."""

    own: Company | None = None

    def label_from_instance(self, obj: Opportunity) -> str:
        """With whose it is: titles alone do not tell."""
        if self.own is not None and obj.company_id == self.own.pk:
            return gettext("Yours: %(item)s") % {"item": obj}
        return gettext("Theirs: %(item)s") % {"item": obj}


class AskForm(forms.Form):
    """A request for a meeting."""

    wish = forms.ChoiceField(
        label=_("How much you want it"),
        choices=[
            (MeetingRequest.Wish.MEET, _("Meet: we would like to")),
            (MeetingRequest.Wish.MUST, _("Must meet: we come for this")),
        ],
        initial=MeetingRequest.Wish.MEET,
        widget=forms.RadioSelect,
    )
    participant = forms.ModelChoiceField(
        Participant.objects.none(),
        label=_("Who of you comes"),
        required=False,
        to_field_name="public_id",
        empty_label=_("anybody of us"),
    )
    opportunity = AboutField(
        Opportunity.objects.none(),
        label=_("Offer or request"),
        required=False,
        to_field_name="public_id",
        empty_label=_("nothing in particular"),
        error_messages={"invalid_choice": NOT_THEIRS},
    )
    message = forms.CharField(
        label=_("Message"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Say what you want to talk about: a short reason is accepted more often."),
    )

    def __init__(
        self,
        *args: Any,
        own: Registration,
        partner: Registration,
        reader: str | None,
        **kwargs: Any,
    ) -> None:
        """Offer one's own people, the slots ahead, what either side has published."""
        super().__init__(*args, **kwargs)
        self.fields["participant"].queryset = (  # type: ignore[attr-defined]
            Participant.objects.coming().filter(registration=own)
        )
        self.fields["opportunity"].queryset = (  # type: ignore[attr-defined]
            Opportunity.objects.on_show().to_meet_about(own.company_id, partner.company_id)
        )
        self.fields["opportunity"].own = own.company  # type: ignore[attr-defined]
        self.fields["slots"] = slots_field(
            own.event,
            reader,
            label=_("Times that suit you"),
            help_text=_("None chosen: any time."),
        )


class CancelForm(forms.Form):
    """Why a meeting that is agreed does not take place."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("The other side reads it."),
    )


class LinkForm(forms.Form):
    """Where a meeting is online."""

    link = forms.URLField(label=_("Link"), max_length=500, assume_scheme="https")


class WithdrawForm(forms.Form):
    """Why a company does not come."""

    reason = forms.CharField(
        label=_("Reason"), max_length=2000, required=False, widget=forms.Textarea({"rows": 3})
    )


class TimesForm(forms.Form):
    """Up to three other times, with a word."""

    message = forms.CharField(
        label=_("Message"), max_length=2000, required=False, widget=forms.Textarea({"rows": 3})
    )

    def __init__(
        self, *args: Any, event: Event, reader: str | None, among: Iterable[Slot], **kwargs: Any
    ) -> None:
        """Offer the slots that are free for both, as far as is known."""
        super().__init__(*args, **kwargs)
        self.fields["slots"] = slots_field(
            event, reader, among=among, label=_("Times"), help_text=_("Choose up to three.")
        )


class AcceptForm(forms.Form):
    """At which of the asked times, and who comes."""

    slot = forms.ModelChoiceField(
        Slot.objects.none(),
        label=_("Time"),
        required=False,
        to_field_name="public_id",
        widget=forms.RadioSelect,
    )
    participant = forms.ModelChoiceField(
        Participant.objects.none(),
        label=_("Who of you comes"),
        required=False,
        to_field_name="public_id",
        empty_label=_("whoever is free"),
    )

    def __init__(
        self,
        *args: Any,
        own: Registration,
        reader: str | None,
        among: Sequence[Slot],
        open_time: str,
        **kwargs: Any,
    ) -> None:
        """Offer the times that are free for both; ``open_time`` says what none chosen means.

        Where that is "", one of ``among`` has to be chosen.
        """
        super().__init__(*args, **kwargs)
        self.fields["participant"].queryset = (  # type: ignore[attr-defined]
            Participant.objects.coming().filter(registration=own)
        )
        field = self.fields["slot"]
        # Any slot is understood: one that was taken meanwhile is refused with what is still free.
        field.queryset = Slot.objects.filter(event=own.event_id)  # type: ignore[attr-defined]
        unnamed = [("", open_time)] if open_time else []
        field.choices = [*unnamed, *told_slots(own.event, among, reader)]  # type: ignore[attr-defined]


def told_slots(
    event: Event, slots: Iterable[Slot], reader: str | None
) -> list[tuple[uuid.UUID, str]]:
    """Slots as choices: (public id, its time at the event and for the reader)."""
    return [
        (
            one.public_id,
            str(shown_time(one.starts_at, one.ends_at, zone=event.zone, reader=reader)),
        )
        for one in slots
    ]


def slots_field(
    event: Event,
    reader: str | None,
    *,
    among: Iterable[Slot] | None = None,
    label: Any,
    help_text: Any = "",
) -> SlotChoice:
    """Slots that have not begun, as boxes; ``among`` are those on offer."""
    ahead = Slot.objects.filter(event=event, starts_at__gt=timezone.now())
    field = SlotChoice(
        ahead,
        zone=event.zone,
        reader=reader,
        required=False,
        label=label,
        help_text=help_text,
        widget=forms.CheckboxSelectMultiple,
    )
    if among is not None:
        # Others are understood too: what was taken meanwhile is refused in words.
        field.choices = told_slots(event, among, reader)
    return field


class FeedForm(forms.Form):
    """Where a calendar is read."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        required=False,
        help_text=_("Where it is read, such as: my phone."),
    )
