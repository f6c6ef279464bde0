"""Why a company, or a chamber for it, says no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from chambers.forms.reasons import ReasonForm
from marketplace.models import OF_CHAMBERS, OF_INTERESTS, OF_REQUESTS, DeclineReason


class _DeclineForm(ReasonForm):
    """Why it is declined: a wording, own words, or both."""

    among: ClassVar[Sequence[DeclineReason]]
    needed = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = [(one.value, one.label) for one in self.among]
        super().__init__(*args, choices=choices, needed=self.needed, **kwargs)


class DeclineForm(_DeclineForm):
    """Of a request for a meeting."""

    among = OF_REQUESTS
    needed = False


class DeclineInterestForm(_DeclineForm):
    """Of an interest, by the company asked."""

    among = OF_INTERESTS


class DeclineOnTheWayForm(_DeclineForm):
    """Of an interest, by a chamber before it reaches the company."""

    among = OF_CHAMBERS
