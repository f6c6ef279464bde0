"""Why a company, or a chamber for it, says no."""

from __future__ import annotations

from typing import Any

from chambers.forms.reasons import ReasonForm
from marketplace.models import DeclineReason


class DeclineForm(ReasonForm):
    """Why it is declined: a wording, own words, or both."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices=DeclineReason.choices, **kwargs)
