"""What a company types of what it offers or seeks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from chambers.forms.codes import CodesField
from chambers.forms.countries import CountriesField
from chambers.forms.money import MoneyField
from chambers.models import SITE_LANGUAGES, site_language
from chambers.selectors.labels import CURRENCIES, currency_name, language_name
from marketplace.models import InvestmentTerms, Opportunity
from marketplace.selectors.contents import TERMS, Content
from marketplace.services.writing import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_CODES,
    missing_of,
    read_content,
)

_DIGITS = 15  # of an amount, two of them decimals


class StartForm(forms.Form):
    """What is to be written, and about what: asked before anything is written."""

    side = forms.ChoiceField(
        label=_("Do you offer or seek?"), choices=Opportunity.Side.choices, widget=forms.RadioSelect
    )
    kind = forms.ChoiceField(
        label=_("Kind"), choices=Opportunity.Kind.choices, widget=forms.RadioSelect
    )
    title = forms.CharField(
        label=_("What is it about?"),
        max_length=LONGEST_TITLE,
        required=False,
        help_text=_("A few words: we show what is published of the same already."),
    )


class OpportunityForm(forms.Form):
    """All that an opportunity says; titles and texts in each language of the site."""

    side = forms.ChoiceField(
        label=_("Offer or request"), choices=Opportunity.Side.choices, widget=forms.RadioSelect
    )
    kind = forms.ChoiceField(
        label=_("Kind"), choices=Opportunity.Kind.choices, widget=forms.RadioSelect
    )
    codes = CodesField(
        label=_("Trade codes"),
        required=False,
        at_most=MOST_CODES,
        help_text=_("Partners in every language find you by them."),
    )
    cooperation = forms.MultipleChoiceField(
        label=_("Kinds of cooperation"),
        choices=Opportunity.Cooperation.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    target_countries = CountriesField(
        label=_("Wanted countries"), required=False, help_text=_("None chosen: any.")
    )
    field = forms.CharField(label=_("Field"), max_length=120, required=False)
    instrument = forms.ChoiceField(
        label=_("Instrument"),
        choices=[("", "—"), *InvestmentTerms.Instrument.choices],
        required=False,
    )
    region = forms.CharField(label=_("Region"), max_length=120, required=False)
    amount_min = MoneyField(label=_("Amount from"), max_digits=_DIGITS, required=False)
    amount_max = MoneyField(label=_("Amount up to"), max_digits=_DIGITS, required=False)
    currency = forms.ChoiceField(
        label=_("Currency"),
        choices=lambda: [("", "—"), *((code, currency_name(code)) for code in CURRENCIES)],
        required=False,
    )
    is_anonymous = forms.BooleanField(
        label=_("Anonymous"),
        required=False,
        help_text=_(
            "Readers see your country, not your company, until you accept a contact. The texts are"
            " checked for what tells your name."
        ),
    )
    through_chambers = forms.BooleanField(
        label=_("Ask me through the chambers"),
        required=False,
        help_text=_(
            "Who is interested asks their own chamber first, and yours passes it on. Anonymous"
            " ones always go this way."
        ),
    )
    leak_reason = forms.CharField(
        label=_("Why what the check found does not tell your name"),
        max_length=300,
        required=False,
        help_text=_("Only needed for false alarms; your chamber reads it."),
    )

    def __init__(self, *args: Any, row: Opportunity | None = None, **kwargs: Any) -> None:
        """``row``: what is changed; its side and kind stay once it has a number."""
        super().__init__(*args, **kwargs)
        self.row = row
        self.first = site_language()
        for code in self._languages():
            self.fields[f"title_{code}"] = forms.CharField(
                label=_("Title"),
                max_length=LONGEST_TITLE,
                required=False,
                widget=forms.TextInput({"lang": code}),
            )
            self.fields[f"text_{code}"] = forms.CharField(
                label=_("Text"),
                max_length=LONGEST_TEXT,
                required=False,
                widget=forms.Textarea({"rows": 8, "lang": code}),
            )
        self.fields[f"title_{self.first}"].help_text = _(
            "One line that says what is offered or sought."
        )
        self.fields[f"text_{self.first}"].help_text = _(
            "What exactly, how much, on what terms, and which partner you look for."
        )
        if row is not None and row.reference:
            for name in ("side", "kind"):
                self.fields[name].disabled = True

    @property
    def texts_here(self) -> list[BoundField]:
        """Title and text in the reader's language."""
        return [self[f"title_{self.first}"], self[f"text_{self.first}"]]

    @property
    def texts_elsewhere(self) -> Iterator[tuple[str, str, BoundField, BoundField, bool]]:
        """(language, its name, title, text, whether it says anything) of every other language."""
        for code in self._languages()[1:]:
            title, text = self[f"title_{code}"], self[f"text_{code}"]
            opened = bool(title.value() or text.value() or title.errors or text.errors)
            yield code, language_name(code), title, text, opened

    @property
    def terms(self) -> list[BoundField]:
        """The fields of an investment."""
        return [self[name] for name in TERMS]

    @property
    def has_terms(self) -> bool:
        """Whether any of them says something, or the kind asks for them."""
        filled = any(one.value() or one.errors for one in self.terms)
        return filled or self["kind"].value() == Opportunity.Kind.INVESTMENT

    def clean(self) -> dict[str, Any]:
        """Ask for the amounts of an investment as soon as one of its fields is filled."""
        cleaned = super().clean() or self.cleaned_data
        if any(cleaned.get(name) for name in TERMS):
            for name in ("instrument", "amount_min", "amount_max", "currency"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("An investment needs this."))
        least, most = cleaned.get("amount_min"), cleaned.get("amount_max")
        if least and most and least > most:
            self.add_error(
                "amount_max", _("This is less than the amount from: give the larger one.")
            )
        return cleaned

    def content(self) -> Content:
        """What a valid form says. Raises ValidationError as ``writing.read_content``."""
        sent = self.cleaned_data
        terms = {name: sent[name] for name in TERMS} if any(sent[name] for name in TERMS) else None
        return read_content(
            title=self._texts("title"),
            text=self._texts("text"),
            codes=sent["codes"],
            target_countries=sent["target_countries"],
            cooperation=sent["cooperation"],
            is_anonymous=sent["is_anonymous"],
            through_chambers=sent["through_chambers"],
            leak_reason=sent["leak_reason"],
            investment=terms,
        )

    def missing(self) -> dict[str, ValidationError]:
        """What the form lacks to be handed in, as ``writing.missing_of``, valid or not."""
        sent = self.cleaned_data
        terms = any(sent.get(name) or name in self.errors for name in TERMS)
        texts = [sent.get(f"text_{code}") for code in self._languages()]
        said = {
            "text": any(texts) or any(f"text_{code}" in self.errors for code in self._languages()),
            "codes": sent.get("codes") or "codes" in self.errors,
            "investment": terms or None,
        }
        is_change = self.row is not None and self.row.status == Opportunity.Status.PUBLISHED
        return missing_of(sent.get("kind", ""), said, is_change=is_change)

    def named(self, field: str | None) -> str | None:
        """Where the refusal of a field of the content stands; None: on top."""
        if field in ("title", "text"):
            return f"{field}_{self.first}"
        if field == "investment":
            return "instrument"
        return field if field in self.fields else None

    def _languages(self) -> list[str]:
        """The languages of the site, the reader's first, then those that the row also speaks."""
        said = {*self.row.title, *self.row.text} if self.row is not None else set()
        known = [code for code, _name in settings.LANGUAGES if code in SITE_LANGUAGES]
        rest = [code for code in known if code != self.first]
        return [self.first, *rest, *sorted(said - {*known})]

    def _texts(self, field: str) -> dict[str, str]:
        return {code: self.cleaned_data[f"{field}_{code}"] for code in self._languages()}


def initial_of(content: Content) -> dict[str, Any]:
    """The fields of ``OpportunityForm`` from what is stored."""
    found: dict[str, Any] = {
        **{f"title_{code}": words for code, words in content.title.items()},
        **{f"text_{code}": words for code, words in content.text.items()},
        **_terms(content.investment),
    }
    for name in ("is_anonymous", "through_chambers", "leak_reason"):
        found[name] = getattr(content, name)
    for name in ("codes", "cooperation", "target_countries"):
        found[name] = list(getattr(content, name))
    return found


def _terms(investment: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: investment[name] for name in TERMS} if investment else {}
