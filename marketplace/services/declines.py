"""Why something is declined: a wording to choose, own words, or both."""

from __future__ import annotations

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from marketplace.models import DeclineReason


def reason_given(
    code: str, words: str, *, among: Collection[DeclineReason], needed: bool
) -> dict[str, str]:
    """The fields ``reason_code`` and ``reason``; words without a wording are another reason.

    Raises ValidationError on ``reason_code``: ``empty`` for no reason at all where one is
    ``needed``, ``other_wordings`` for one that is not ``among`` those who decline may choose; on
    ``reason``: ``empty`` for another reason without words.
    """
    words = words.strip()
    code = DeclineReason(code).value if code else DeclineReason.OTHER.value if words else ""
    if needed and not code:
        raise _on("reason_code", _("Choose a reason, or write one."), "empty")
    if code and code not in among:
        labels = ", ".join(f"“{one.label}”" for one in among)
        text = _("This is no reason here. Choose one of these: %(reasons)s.")
        raise _on("reason_code", text % {"reasons": labels}, "other_wordings")
    if code == DeclineReason.OTHER and not words:
        raise _on("reason", _("Write a line: the other side reads it."), "empty")
    return {"reason_code": code, "reason": words}


def _on(field: str, text: str, code: str) -> ValidationError:
    return ValidationError({field: ValidationError(text, code=code)})
