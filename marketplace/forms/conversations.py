"""What is typed to write to a company, and to report a message."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.models import Report
from marketplace.models.conversations import LONGEST


class MessageForm(forms.Form):
    """What one writes."""

    text = forms.CharField(
        label=_("Message"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 5})
    )


class ReportForm(forms.Form):
    """Why the chambers should read a message."""

    reason = forms.ChoiceField(label=_("What is wrong with it"), choices=Report.Reason.choices)
    note = forms.CharField(
        label=_("In your words"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The chambers of both companies read this and the message, and nothing else."),
    )
