"""What a company types about a paper that came of a meeting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chambers.forms.files import PaperField
from chambers.forms.money import MoneyField
from marketplace.models import Outcome
from marketplace.selectors.outcomes import Met, amount_of

CURRENCIES = ("EUR", "RUB", "JPY", "BYN", "CNY", "KZT", "TRY", "USD")
"""Offered to choose from; any other can be typed."""


class OutcomeForm(forms.Form):
    """A paper as its reporter states it."""

    kind = forms.ChoiceField(
        label=_("Kind"), choices=Outcome.Kind.choices, widget=forms.RadioSelect
    )
    subject = forms.CharField(
        label=_("What it is about"),
        max_length=300,
        help_text=_("One line, such as: delivery of 400 level sensors."),
    )
    claimed = forms.ChoiceField(
        label=_("Stage"),
        choices=Outcome.Stage.choices,
        initial=Outcome.Stage.SIGNED,
        widget=forms.RadioSelect,
    )
    signed_on = forms.DateField(
        label=_("Signed on"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Empty while it is only announced."),
    )
    amount = MoneyField(
        label=_("Amount"),
        required=False,
        help_text=_("The value of the paper; empty when it names none."),
    )
    currency = forms.CharField(
        label=_("Currency"),
        required=False,
        max_length=3,
        widget=forms.TextInput({"list": "currencies", "autocapitalize": "characters"}),
        help_text=_("Three letters, such as EUR."),
    )
    publicity = forms.ChoiceField(
        label=_("Who reads of it"),
        choices=Outcome.Publicity.choices,
        initial=Outcome.Publicity.WITHOUT_AMOUNT,
        widget=forms.RadioSelect,
        help_text=_("Your partner may narrow it. Nobody else reads of it before both confirm."),
    )
    evidence = PaperField(
        label=_("Evidence"),
        required=False,
        help_text=_(
            "The signed page as PDF or picture. Your partner and the chambers of you two read it."
        ),
    )

    def clean_currency(self) -> str:
        """In capital letters."""
        return str(self.cleaned_data["currency"]).strip().upper()

    @staticmethod
    def stated_of(outcome: Outcome) -> dict[str, Any]:
        """What a reporter has stated, to be corrected."""
        money = amount_of(outcome)
        return {
            "kind": outcome.kind,
            "subject": outcome.subject,
            "claimed": outcome.claimed,
            "signed_on": outcome.signed_on,
            "amount": money.amount if money else None,
            "currency": money.currency if money else "",
            "publicity": outcome.publicity,
        }


class NewOutcomeForm(OutcomeForm):
    """A paper of a company with one that it has met."""

    met = forms.ChoiceField(label=_("Signed with"))
    another = forms.BooleanField(
        label=_("Ours is another paper than the one that our partner has reported."),
        required=False,
    )
    field_order = ["met"]

    def __init__(self, *args: Any, met: Sequence[Met], **kwargs: Any) -> None:
        """Offer whom the company has met."""
        super().__init__(*args, **kwargs)
        self._met = {one.key: one for one in met}
        choices = [(key, str(one)) for key, one in self._met.items()]
        self.fields["met"].choices = choices  # type: ignore[attr-defined]

    def clean_met(self) -> Met:
        """The meeting and the partner that were chosen."""
        return self._met[self.cleaned_data["met"]]


class ConfirmForm(forms.Form):
    """How the partner confirms a paper: to the same readers, or to fewer."""

    publicity = forms.ChoiceField(
        label=_("Who reads of it"),
        widget=forms.RadioSelect,
        help_text=_("You may tell fewer people of it than your partner wishes."),
    )

    def __init__(self, *args: Any, outcome: Outcome, **kwargs: Any) -> None:
        """Offer what the reporter wished, and less."""
        super().__init__(*args, **kwargs)
        self.initial = {"publicity": outcome.publicity}
        order = list(Outcome.Publicity)
        wished = order.index(Outcome.Publicity(outcome.publicity))
        self.fields["publicity"].choices = [  # type: ignore[attr-defined]
            (one.value, one.label) for one in order[: wished + 1]
        ]


class RefuseForm(forms.Form):
    """Why a paper is not as reported."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("The company that reported it reads this, and the chambers."),
    )
