"""Which words of an organiser stand in the mails of its event.

Only the subject and the opening are its own: times, links and deadlines are the product's, so no
text can leave them out. A placeholder is a name in braces; what stands for it is plain text, and
nothing in it is read as a placeholder again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from chambers.letters import Wording
from marketplace.models import Event, MailText

if TYPE_CHECKING:
    from chambers.models import User

Kind = MailText.Kind
EVERYWHERE = ("name", "company", "event", "chamber")
PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    Kind.REGISTRATION_ADMITTED: EVERYWHERE,
    Kind.REQUEST_WINDOW: (*EVERYWHERE, "until"),
    Kind.REMIND_REQUESTS: (*EVERYWHERE, "until"),
    Kind.REQUEST_RECEIVED: (*EVERYWHERE, "partner", "until"),
    Kind.REMIND_ANSWERS: (*EVERYWHERE, "number"),
    Kind.MEETING_ACCEPTED: (*EVERYWHERE, "partner"),
    Kind.TIMETABLE_PROVISIONAL: EVERYWHERE,
    Kind.TIMETABLE_FINAL: EVERYWHERE,
    Kind.MEETING_CONFIRMED: (*EVERYWHERE, "partner", "time"),
    Kind.MEETING_MOVED: (*EVERYWHERE, "partner", "time"),
    # No time stands there: what is cancelled, as what is accepted, may never have had one.
    Kind.MEETING_CANCELLED: (*EVERYWHERE, "partner"),
    Kind.REMIND_TOMORROW: (*EVERYWHERE, "day", "number"),
    Kind.REMIND_SOON: (*EVERYWHERE, "partner", "time"),
}
"""What may stand in braces: who reads, for which company, at which event of whom, and more."""
BRACES = re.compile(r"\{([^{}]*)\}")


def listed(kind: str) -> str:
    """The placeholders of a kind of mail, for reading."""
    return ", ".join(f"{{{name}}}" for name in PLACEHOLDERS[kind])


def wording_of(event: Event, kind: str, reader: User, **values: object) -> Wording | None:
    """The organiser's words for a mail to a reader, in their language; None where it has none.

    ``values`` are what stands for the placeholders beside the reader, the event and the organiser.
    """
    if event.is_direct or kind not in PLACEHOLDERS:
        return None
    row = MailText.objects.filter(event=event, kind=kind, language=reader.language).first()
    return None if row is None else worded(row, reader, **values)


def worded(row: MailText, reader: User, **values: object) -> Wording:
    """The same for a row at hand, saved or not."""
    event = row.event
    known = {
        "name": reader.name,
        "event": event.named(row.language)[0],
        "chamber": event.chamber.name,
        **values,
    }
    return Wording(filled(row.subject, known), filled(row.opening, known))


def filled(text: str, values: Mapping[str, object]) -> str:
    """``text`` with each placeholder replaced once, in one pass: no value is read again."""
    return BRACES.sub(lambda found: " ".join(str(values.get(found[1], "")).split()), text)
