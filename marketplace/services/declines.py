"""Why something is declined: a wording to choose, own words, or both."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from marketplace.models import DeclineReason


def reason_given(code: str, words: str, *, needed: bool) -> dict[str, str]:
    """The fields ``reason_code`` and ``reason``; words without a wording are another reason.

    Raises ValidationError ``empty`` on ``reason`` for another reason without words, and for no
    reason at all where one is ``needed``.
    """
    words = words.strip()
    code = DeclineReason(code).value if code else DeclineReason.OTHER.value if words else ""
    if code == DeclineReason.OTHER and not words:
        error = ValidationError(_("Write a line: the other side reads it."), code="empty")
        raise ValidationError({"reason": error})
    if needed and not code:
        error = ValidationError(_("Choose a reason, or write one."), code="empty")
        raise ValidationError({"reason": error})
    return {"reason_code": code, "reason": words}
