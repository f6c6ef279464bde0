"""Form fields for what the database keeps compactly: texts by language, lists of codes."""

from __future__ import annotations

from typing import Any, Self

from babel import Locale
from django import forms
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from chambers.forms.accounts import zones
from chambers.models import SITE_LANGUAGES, Country

_OWN_NAMES = {"en": "English", "ru": "Русский", "ja": "日本語"}


def _languages() -> list[tuple[str, str]]:
    """(ISO 639-1 code, name in the reader's language) of languages in written use, by name."""
    names = Locale.parse((get_language() or "en").split("-")[0]).languages
    return sorted(
        ((code, name) for code, name in names.items() if len(code) == 2), key=lambda one: one[1]
    )


def _countries() -> list[tuple[str, str]]:
    return sorted(((one.code, one.name) for one in Country.objects.all()), key=lambda one: one[1])


class Day(forms.DateInput):
    """The browser's own date input: no script, and it knows the reader's calendar."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class Moment(forms.DateTimeInput):
    """The browser's own input of a day and a time, in the zone that is active."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class Zone(forms.TextInput):
    """The name of a time zone, found by any part of it: nobody knows Europe/Minsk by heart."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"list": "zones", **(attrs or {})})

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        known = format_html_join("", '<option value="{}"></option>', ((one,) for one, _ in zones()))
        return format_html(
            '{}<datalist id="zones">{}</datalist>', super().render(*args, **kwargs), known
        )


class TextsWidget(forms.MultiWidget):
    """One text area per language of the site, each under its language's own name."""

    template_name = "admin/widgets/texts.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        areas: dict[str, forms.Widget | type[forms.Widget]] = {
            code: forms.Textarea({"rows": 3, "cols": 80, "lang": code}) for code in SITE_LANGUAGES
        }
        super().__init__(areas, attrs)

    def decompress(self, value: Any) -> list[str]:
        texts = value if isinstance(value, dict) else {}
        return [texts.get(code, "") for code in SITE_LANGUAGES]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for code, area in zip(SITE_LANGUAGES, context["widget"]["subwidgets"], strict=True):
            area["label"] = _OWN_NAMES[code]
        return context


class TextsField(forms.MultiValueField):
    """{language: text} of the site's languages; an empty text is no text."""

    def __init__(self, **kwargs: Any) -> None:
        areas = [forms.CharField(required=False, label=_OWN_NAMES[code]) for code in SITE_LANGUAGES]
        super().__init__(fields=areas, require_all_fields=False, widget=TextsWidget(), **kwargs)

    @classmethod
    def of(cls, field: models.Field) -> Self:
        """The form field of a model's texts."""
        return cls(
            label=capfirst(field.verbose_name), required=not field.blank, help_text=field.help_text
        )

    def compress(self, data_list: list[str]) -> dict[str, str]:
        texts = zip(SITE_LANGUAGES, data_list, strict=False)
        return {code: text.strip() for code, text in texts if text and text.strip()}


class CodesField(forms.MultipleChoiceField):
    """A list of codes, chosen by name."""

    @classmethod
    def of(cls, field: models.Field, **kwargs: Any) -> Self:
        """The form field of a model's list of codes."""
        return cls(
            label=capfirst(field.verbose_name),
            required=not field.blank,
            widget=FilteredSelectMultiple(str(field.verbose_name), is_stacked=False),
            **{"help_text": field.help_text, **kwargs},
        )


class CountriesField(CodesField):
    """ISO 3166-1 codes, chosen by the countries' names."""

    @classmethod
    def of(cls, field: models.Field, **kwargs: Any) -> Self:
        return super().of(field, choices=_countries, **kwargs)


class LanguagesField(CodesField):
    """ISO 639-1 codes, chosen by the languages' names."""

    @classmethod
    def of(cls, field: models.Field, **kwargs: Any) -> Self:
        return super().of(field, choices=_languages, help_text="", **kwargs)


class ReasonForm(forms.Form):
    """Why something is refused; whoever it concerns reads it."""

    reason = forms.CharField(
        label=_("Reason"), widget=forms.Textarea({"rows": 4, "cols": 80}), max_length=2000
    )
