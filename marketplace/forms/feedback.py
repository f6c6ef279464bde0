"""What a company types after a meeting."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.models import Feedback
from marketplace.selectors.feedback import After


class FeedbackForm(forms.Form):
    """What came of a meeting, right after it; and after six months and 18, again."""

    first = forms.ChoiceField(
        label=_("What came of it?"), choices=Feedback.First.choices, widget=forms.RadioSelect
    )
    second = forms.ChoiceField(
        label=_("Six months later: what became of it?"),
        choices=Feedback.Second.choices,
        widget=forms.RadioSelect,
        required=False,
    )
    third = forms.ChoiceField(
        label=_("18 months later: what became of it?"),
        choices=Feedback.Second.choices,
        widget=forms.RadioSelect,
        required=False,
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("For your own company and the organiser. The other side never reads it."),
    )

    def __init__(self, *args: Any, after: After, **kwargs: Any) -> None:
        """Show what was answered before; a later question once it is due."""
        row = after.row
        super().__init__(*args, **kwargs)
        if after.entry.meeting.event.is_direct:
            self.fields["note"].help_text = gettext("For your own company alone.")
        if row is not None:
            self.initial = {
                "first": row.first,
                "second": row.second,
                "third": row.third,
                "note": row.note,
            }
        if not after.second_due or (after.third_due and not after.second):
            del self.fields["second"]
        if not after.third_due:
            del self.fields["third"]
        if after.second_due:
            self.fields["first"].required = False
