"""What a company says about partners it wants, and about those it knows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chambers.forms.countries import CountriesField
from chambers.models import Certificate, Company, today
from chambers.services.limits import LIMITS
from matching.models import PairHistory


def _choices(label: Any, choices: Any, help_text: Any = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=help_text,
    )


class ConditionsForm(forms.Form):
    """All that limits a company's partners, as it stands or as it was typed."""

    target_countries = CountriesField(
        label=_("Wanted countries"), required=False, help_text=_("None chosen: any.")
    )
    excluded_countries = CountriesField(
        label=_("Excluded countries"), required=False, help_text=_("Nobody there is suggested.")
    )
    accepted_sizes = _choices(
        _("Sizes of partners"),
        Company.Size.choices,
        _("None chosen: any. Partners of unknown size are always accepted."),
    )
    accepts_interpreter = forms.BooleanField(
        label=_("We work with an interpreter"),
        required=False,
        help_text=_("Otherwise only partners with a common working language are suggested."),
    )
    avoids_competitors = forms.BooleanField(
        label=_("No competitors"),
        required=False,
        help_text=_("Nobody who offers goods of the same HS headings is suggested."),
    )
    required_certificates = _choices(
        _("Certificates that partners must hold"),
        Certificate.choices,
        _("A partner must hold all of them."),
    )
    certificates = _choices(_("Certificates that we hold"), Certificate.choices)
    corporate_group = forms.CharField(
        label=_("Corporate group"),
        max_length=200,
        required=False,
        help_text=_("Companies that name the same group are never suggested to each other."),
    )

    @classmethod
    def of(cls, company: Company, data: Any = None) -> ConditionsForm:
        """The form of a company, with what it states now or with what was sent."""
        return cls(data, initial={name: getattr(company, name) for name in LIMITS})


class KnownForm(forms.Form):
    """What happened between one's company and another."""

    kind = forms.ChoiceField(
        label=_("What happened"),
        choices=[
            (PairHistory.Kind.PARTNER, _("We already work together")),
            (PairHistory.Kind.DECLINED, _("We declined to work with them")),
            (PairHistory.Kind.MET, _("We met")),
        ],
        widget=forms.RadioSelect,
    )
    since = forms.DateField(
        label=_("Since, or on"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Only your company and the staff of your chamber read it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer no day to come; whose sending is decided by the service."""
        super().__init__(*args, **kwargs)
        self.fields["since"].widget.attrs["max"] = today().isoformat()
