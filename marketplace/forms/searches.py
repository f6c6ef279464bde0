"""What a person says of a search that they keep."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class SearchForm(forms.Form):
    """A saved search: its name, and whether it is mailed."""

    name = forms.CharField(label=_("Name"), max_length=120)
    is_daily = forms.BooleanField(
        label=_("Mail me what is new, once a day"),
        required=False,
        help_text=_("All your searches come in one mail; a day without anything new brings none."),
    )
