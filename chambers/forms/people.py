"""What people type to join a company, to invite colleagues, and to apply to a chamber."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chambers.forms.files import PaperField
from chambers.models import Chamber, Company, Country, Membership, Representative
from chambers.names import bare_number

ROLES = [
    (Representative.Role.OWNER, _("Main contact: decides, and invites and removes people")),
    (Representative.Role.EDITOR, _("Representative: decides for the company")),
    (Representative.Role.VIEWER, _("Reader: sees everything and changes nothing")),
]


def _countries() -> list[tuple[str, str]]:
    named = sorted((one.name, one.code) for one in Country.objects.all())
    return [("", str(_("Choose"))), *((code, name) for name, code in named)]


class FindForm(forms.Form):
    """Where a company is registered, and its number or name."""

    country = forms.ChoiceField(label=_("Country or region"))
    number = forms.CharField(
        label=_("Registration number"),
        max_length=40,
        required=False,
        help_text=_("As in the register of companies: INN, BIN, corporate number, UID …"),
    )
    name = forms.CharField(
        label=_("Name of the company"),
        max_length=300,
        required=False,
        help_text=_("In any script, with or without its legal form."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """The countries are those we know."""
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = _countries()  # type: ignore[attr-defined]

    def names(self) -> list[str]:
        """Every name that was given; a company is entered with two."""
        return self.data.getlist("name")[:2]  # type: ignore[attr-defined, no-any-return]

    def clean_country(self) -> Country:
        """The country itself."""
        return Country.objects.get(pk=self.cleaned_data["country"])

    def clean(self) -> dict[str, Any]:
        """One of the two is enough."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("number", "").strip() and not cleaned.get("name", "").strip():
            self.add_error(
                "number",
                forms.ValidationError(_("Give the number, or the name below."), code="required"),
            )
        return cleaned


class CompanyForm(forms.Form):
    """A company that nobody has entered yet: who it is; its profile follows."""

    legal_name = forms.CharField(
        label=_("Legal name"), max_length=300, help_text=_("As in the register, in its own script.")
    )
    legal_name_latin = forms.CharField(
        label=_("Legal name in Latin script"),
        max_length=300,
        required=False,
        help_text=_("For readers of other scripts, if there is one."),
    )
    country = forms.ChoiceField(label=_("Country or region"))
    registration_number = forms.CharField(
        label=_("Registration number"),
        max_length=40,
        help_text=_("Your chamber checks it. Members of chambers see it unless you hide it."),
    )
    city = forms.CharField(label=_("City"), max_length=120, required=False)
    website = forms.URLField(
        label=_("Website"), max_length=300, required=False, assume_scheme="https"
    )

    def __init__(self, *args: Any, alike: bool = False, **kwargs: Any) -> None:
        """``alike``: companies with such a name were shown, so a way past them is offered."""
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = _countries()  # type: ignore[attr-defined]
        if alike:
            self.fields["is_new"] = forms.BooleanField(
                label=_("None of these companies is mine"), required=False
            )

    def clean_country(self) -> Country:
        """The country itself."""
        return Country.objects.get(pk=self.cleaned_data["country"])

    def clean_registration_number(self) -> str:
        """A number has a letter or a digit."""
        number = str(self.cleaned_data["registration_number"])
        if not bare_number(number):
            raise forms.ValidationError(
                _("Give the number as the register writes it."), code="invalid"
            )
        return number


class AskForm(forms.Form):
    """A word to the main contact of the company one wants to join."""

    message = forms.CharField(
        label=_("Message to your colleague"),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Such as your position, so that they know who asks."),
    )


class AnswerForm(forms.Form):
    """The role of somebody who asks to join, or why not."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=ROLES,
        initial=Representative.Role.EDITOR,
        widget=forms.RadioSelect,
        required=False,
    )
    reason = forms.CharField(
        label=_("Reason, if you decline"),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("They read it as you write it."),
    )


class InviteForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(label=_("E-mail of your colleague"))
    role = forms.ChoiceField(
        label=_("Role"),
        choices=ROLES,
        initial=Representative.Role.EDITOR,
        widget=forms.RadioSelect,
    )


class RoleForm(forms.Form):
    """What a colleague may do."""

    role = forms.ChoiceField(label=_("Role"), choices=ROLES, widget=forms.RadioSelect)


class ApplicationForm(forms.Form):
    """To which chamber a company applies, as what, and the paper that says who it is."""

    chamber = forms.ModelChoiceField(
        Chamber.objects.none(),
        label=_("Chamber"),
        to_field_name="public_id",
    )
    kind = forms.ChoiceField(label=_("Type"), choices=Membership.Kind.choices)
    extract = PaperField(
        label=_("Registration extract"),
        required=False,
        help_text=_("PDF or a photograph. Only the chamber's staff and your company read it."),
    )

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        """Chambers where ``company`` is or wants to be already are left out."""
        super().__init__(*args, **kwargs)
        taken = Membership.objects.open().filter(company=company).values("chamber")
        rows = Chamber.objects.exclude(pk__in=taken).select_related("country")
        # Chambers at home come first: that is where most apply.
        ordered = sorted(rows, key=lambda one: (one.country_id != company.country_id, one.name))
        field = self.fields["chamber"]
        field.queryset = rows  # type: ignore[attr-defined]
        field.choices = [  # type: ignore[attr-defined]
            ("", str(_("Choose"))),
            *((one.public_id, f"{one.name} ({one.country.name})") for one in ordered),
        ]
