"""What a company types of itself: facts, texts, codes, who sees what, logo and brochures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chambers.forms.codes import CodesField
from chambers.forms.files import PaperField, PictureField
from chambers.forms.money import MoneyField
from chambers.models import DEFAULT_LEVELS, SITE_LANGUAGES, Company, Level
from chambers.selectors.labels import CURRENCIES, currency_name, language_labels, language_name
from chambers.services.profiles import faults_of

SPOKEN = ("en", "ru", "ja", "be", "zh", "ko", "de", "fr", "es", "pt", "it", "tr", "kk", "uz")
LONGEST_TEXT = 5000  # characters of a description
LEVELS = {
    "description": _("Description"),
    "website": _("Website"),
    "size": _("Size"),
    "founded": _("Founded in"),
    "languages": _("Working languages"),
    "codes": _("Trade codes"),
    "brochures": _("Brochures"),
    "registration_number": _("Registration number"),
    "markets": _("Wanted countries, from “Conditions for partners”"),
    "turnover": _("Turnover"),
    "contacts": _("E-mail and phone"),
}


class LinesField(forms.CharField):
    """A text of several lines; a browser's way to end them is no change."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea({"rows": 6}))
        super().__init__(required=False, max_length=LONGEST_TEXT, **kwargs)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\r\n", "\n")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)


class ProfileForm(forms.Form):
    """The profile of a company, as it stands or as it was typed.

    ``changes()`` gives ``change_profile`` what differs from what is stored, and no more.
    """

    legal_name_latin = forms.CharField(
        label=_("Legal name in Latin script"),
        max_length=300,
        required=False,
        help_text=_("As on contracts with partners abroad: Romashka Sensor LLC."),
    )
    city = forms.CharField(label=_("City"), max_length=120, required=False)
    size = forms.ChoiceField(
        label=_("Size"), choices=[("", _("not stated")), *Company.Size.choices], required=False
    )
    founded = forms.IntegerField(label=_("Founded in"), required=False)
    languages = forms.MultipleChoiceField(
        label=_("Working languages"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("In which somebody of you can write and talk."),
    )
    website = forms.URLField(
        label=_("Website"), max_length=300, required=False, assume_scheme="https"
    )
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_("Of the company, for partners whom you accepted."),
    )
    phone = forms.CharField(
        label=_("Phone"), max_length=40, required=False, help_text=_("With the country: +375 …")
    )
    turnover = MoneyField(label=_("Turnover of a year"), max_digits=17, required=False)
    turnover_currency = forms.ChoiceField(label=_("Currency of the turnover"), required=False)
    industry = forms.CharField(
        label=_("Industry, in your own words"),
        max_length=300,
        required=False,
        help_text=_("A few words in English: readers of every country see them so."),
    )
    is_family_business = forms.BooleanField(label=_("Family business"), required=False)
    is_listed = forms.BooleanField(
        label=_("Listed in the directory"),
        required=False,
        help_text=_("Otherwise nobody finds or is suggested your company."),
    )
    codes = CodesField(
        label=_("Trade codes"),
        required=False,
        help_text=_("What your company makes, sells or does; what it seeks belongs in a request."),
    )

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        """Show what ``company`` states; ``data`` as for any form."""
        super().__init__(*args, **kwargs)
        self.company = company
        offered = dict.fromkeys([*company.languages, *SPOKEN])
        self.fields["languages"].choices = list(language_labels(list(offered)).items())  # type: ignore[attr-defined]
        currencies = dict.fromkeys([*filter(None, [company.turnover_currency]), *CURRENCIES])
        self.fields["turnover_currency"].choices = [  # type: ignore[attr-defined]
            ("", _("not stated")),
            *((code, currency_name(code)) for code in currencies),
        ]
        for name in self.facts:
            self.initial[name] = getattr(company, name)
        self.initial["codes"] = list(company.codes.all())
        self.texts = dict.fromkeys([*SITE_LANGUAGES, *company.description, *company.languages], "")
        for language in self.texts:
            self.fields[f"text_{language}"] = LinesField(
                label=language_name(language),
                widget=forms.Textarea({"rows": 6, "lang": language}),
            )
            self.initial[f"text_{language}"] = company.description.get(language, "")
        for field, label in LEVELS.items():
            self.fields[f"level_{field}"] = forms.ChoiceField(
                label=label, choices=Level.choices, required=False
            )
            self.initial[f"level_{field}"] = company.level_of(field)

    @property
    def facts(self) -> list[str]:
        """The names of fields that are columns of the company."""
        return [name for name in type(self).base_fields if name != "codes"]

    def fact_fields(self) -> Iterator[forms.BoundField]:
        """The facts, for the page."""
        return (self[name] for name in self.facts)

    def text_fields(self) -> Iterator[forms.BoundField]:
        """A text for each language."""
        return (self[f"text_{language}"] for language in self.texts)

    def level_fields(self) -> Iterator[forms.BoundField]:
        """Who sees each governed field."""
        return (self[f"level_{field}"] for field in LEVELS)

    def clean(self) -> dict[str, Any]:
        """Name what the service would refuse beside what the fields refuse: all at once."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        changed = set(self.changed_data) & said.keys()
        facts = {name: said[name] for name in self.facts if name in changed}
        for name, faults in faults_of(self.company, facts).items():
            # A currency of its own fault is told by that one alone.
            if name not in self.errors:
                self.add_error(name, faults)
        return said

    def changes(self) -> dict[str, Any]:
        """What ``change_profile`` is to change."""
        said, changed = self.cleaned_data, set(self.changed_data)
        found: dict[str, Any] = {name: said[name] for name in self.facts if name in changed}
        found["texts"] = {
            language: said[f"text_{language}"]
            for language in self.texts
            if f"text_{language}" in changed
        }
        found["levels"] = {
            field: said[f"level_{field}"] or DEFAULT_LEVELS[field]
            for field in LEVELS
            if f"level_{field}" in changed
        }
        if "codes" in changed:
            found["codes"] = said["codes"]
        return found


class LogoForm(forms.Form):
    """A logo."""

    upload = PictureField(
        label=_("Picture"), help_text=_("PNG, JPEG or WebP, up to 5 MB. It is made smaller.")
    )


class BrochureForm(forms.Form):
    """A brochure and its language."""

    upload = PaperField(
        label=_("File"),
        help_text=_("PDF, or a picture, up to 10 MB. Its name is what readers see."),
    )
    language = forms.ChoiceField(label=_("Language"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the languages that our users write."""
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [  # type: ignore[attr-defined]
            ("", _("of no language")),
            *language_labels(SPOKEN).items(),
        ]
