"""A reason: one of some wordings, own words, or both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class ReasonForm(forms.Form):
    """Why not; the service says what must not stay empty."""

    reason_code = forms.ChoiceField(
        label=_("Reason"),
        required=False,
        widget=forms.RadioSelect,
        help_text=_("The other side reads it in its own language."),
        error_messages={"invalid_choice": _("Choose one of the reasons.")},
    )
    reason = forms.CharField(
        label=_("In your own words"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("The other side reads it as you write it. Only another reason needs it."),
    )

    def __init__(
        self,
        *args: Any,
        choices: Sequence[tuple[str, StrOrPromise]],
        needed: bool = False,
        **kwargs: Any,
    ) -> None:
        """Offer ``choices``: (what is stored, its wording); beside them none unless ``needed``."""
        super().__init__(*args, **kwargs)
        field = self.fields["reason_code"]
        none = [] if needed else [("", _("No reason"))]
        field.choices = [*none, *choices]  # type: ignore[attr-defined]
        if needed:
            field.help_text = _(
                "A reason is needed: choose one, or write one. The other side reads it in its own"
                " language."
            )
