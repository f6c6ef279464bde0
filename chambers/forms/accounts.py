"""Signing up, one's own details, and keys for one's programs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from allauth.account.forms import SignupForm as LibrarySignupForm
from allauth.core import context
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from chambers.models import Scope, User, site_language
from chambers.models.people import LANGUAGES
from chambers.services.people import LONGEST_TOKEN, introduce

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

_PLACES = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian",
           "Pacific")  # fmt: skip


NOT_CHOSEN = "UTC"  # what people have until they choose


@cache
def zones() -> list[tuple[str, str]]:
    """The zones that are named by a place, and UTC."""
    named = (one for one in available_timezones() if one.partition("/")[0] in _PLACES)
    return [("UTC", "UTC"), *((one, one.replace("_", " ")) for one in sorted(named))]


SHOWN = "account_verified_email"  # where the library keeps the address of an invitation


class DetailsForm(forms.Form):
    """How one is called, what one reads, and in which zone one's clock stands."""

    name = forms.CharField(
        label=_("Your name"), max_length=150, widget=forms.TextInput({"autocomplete": "name"})
    )
    language = forms.ChoiceField(label=_("Language of pages and mails"), choices=LANGUAGES)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Times are shown in it beside those of an event."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Zones by their names, as Asia/Tokyo."""
        super().__init__(*args, **kwargs)
        zone = self.fields["time_zone"]
        zone.choices = zones()  # type: ignore[attr-defined]
        if self.get_initial_for_field(zone, "time_zone") == NOT_CHOSEN and not self.is_bound:
            zone.widget.attrs["data-own-zone"] = ""


def _scopes(ending: str) -> list[tuple[str, Any]]:
    return [(one.value, one.label) for one in Scope if one.value.endswith(ending)]


class TokenForm(forms.Form):
    """What a program's key is for, what it may do, and how long; see ``issue_token``."""

    name = forms.CharField(
        label=_("What uses it"), max_length=100, help_text=_("Such as the name of your program.")
    )
    reads = forms.MultipleChoiceField(
        label=_("It may read"),
        choices=_scopes(":read"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    writes = forms.MultipleChoiceField(
        label=_("It may change"),
        choices=_scopes(":write"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Never more than you may yourself."),
    )
    days = forms.IntegerField(
        label=_("Days until it ends"), initial=90, min_value=1, max_value=LONGEST_TOKEN.days
    )

    def clean(self) -> dict[str, Any]:
        """``reads`` and ``writes`` as the ``scopes`` of the service; one is needed."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        said["scopes"] = [*said.pop("reads", ()), *said.pop("writes", ())]
        if not said["scopes"] and not {"reads", "writes"} & set(self.errors):
            text = _("Tick what the program is to read or to change.")
            self.add_error("reads", forms.ValidationError(text, code="bad_scopes"))
        return said


class SignUpForm(LibrarySignupForm):  # type: ignore[misc] # of an untyped base
    """Who one is, where mail arrives, a password, and the language one reads."""

    field_order = ("name", "email", "password1", "language")

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=_("Language of pages and mails"),
        choices=LANGUAGES,
    )
    # The browser says it; who has none that does is asked under "Your details".
    time_zone = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput({"data-own-zone": ""})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """The language of the page is proposed."""
        super().__init__(*args, **kwargs)
        self.fields["language"].initial = site_language()
        self.fields["email"].label = _("Work e-mail")
        self.fields["email"].help_text = _("We send a link to it that you have to follow.")

    def add_error(self, field: str | None, error: Any) -> None:
        """An error of a password says the rule; the same as a hint below would be read twice."""
        super().add_error(field, error)
        if field == "password1" and self["password1"].data:
            self["password1"].help_text = ""

    def clean_email(self) -> str:
        """The address; another one than an invitation has shown to be theirs is to be confirmed."""
        address = str(super().clean_email())
        session = context.request.session
        if str(session.get(SHOWN) or "").lower() not in ("", address.lower()):
            del session[SHOWN]
        return address

    def try_save(self, request: HttpRequest) -> tuple[Any, HttpResponse | None]:
        """Save the person; for a known address nothing is, and nothing shows that."""
        if self.account_already_exists:
            # Making a password takes time, and its lack would tell that the address is known.
            User().set_password(self.cleaned_data["password1"])
        saved: tuple[Any, HttpResponse | None] = super().try_save(request)
        return saved

    def custom_signup(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Keep what the library does not ask for."""
        assert isinstance(user, User)  # noqa: S101 - the one model of people here
        said = self.cleaned_data
        zone = said["time_zone"] if said["time_zone"] in available_timezones() else None
        introduce(user, name=said["name"], language=said["language"], time_zone=zone)
