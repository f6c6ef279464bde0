"""An organiser's own words in the mails of one event of the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marketplace.services.mail_texts import write_mail_text

if TYPE_CHECKING:
    from chambers.models import User
    from marketplace.models import Event


def write(event: Event, told: dict[str, dict[str, dict[str, Any]]], *, by: User) -> None:
    """``told``: {kind of mail: {language: its subject and opening}}."""
    for kind, languages in told.items():
        for language, words in languages.items():
            write_mail_text(event, kind=kind, language=language, by=by, **words)
