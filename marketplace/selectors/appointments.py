"""Meetings as entries of a calendar: the same in a mail, a file and a subscription."""

from __future__ import annotations

from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from chambers.gates.calendar import Appointment, Standing
from marketplace.models import Event, Meeting, Participant, Table

_STANDINGS = {
    Meeting.Status.PROVISIONAL: Standing.TENTATIVE,
    Meeting.Status.CANCELLED: Standing.CANCELLED,
}


def appointment_of(
    meeting: Meeting,
    *,
    reader: Participant | None,
    attendee: str = "",
    standing: Standing | None = None,
) -> Appointment:
    """A meeting that has or had a slot, as ``reader`` has it in the calendar.

    Without a reader all companies are told: so an interpreter has it.

    The name for life, the number of the change and how sure it is come from the row.
    ``attendee`` is the address of a mail's reader; the organiser is then named too. ``standing``
    is given where the row has forgotten it: a meeting that has lost its time is off. People are
    named once both sides agreed to meet, as on the page.
    """
    if meeting.slot is None:
        raise ValueError("a meeting without a slot is no appointment")
    clock = meeting.event.clock
    own = reader.registration_id if reader is not None else None
    partners = [one for one in meeting.people() if one.registration_id != own]
    names = ", ".join(dict.fromkeys(one.registration.company.told for one in partners))
    known = partners if meeting.is_agreed else []
    lines = [meeting.event.named()[0], *(_person(one) for one in known)]
    if meeting.event.is_direct and meeting.interpreter is not None:
        lines.append(_("Interpreter: %(name)s") % {"name": meeting.interpreter.name})
    if reader is not None:  # where it is answered and cancelled; an interpreter has no such page
        lines.append(settings.BASE_URL + reverse("meeting", args=[meeting.public_id]))
    host = urlsplit(settings.BASE_URL).hostname
    return Appointment(
        uid=f"{meeting.uid}@{host}",
        title=_("Meeting: %(partner)s") % {"partner": names},
        starts_at=meeting.slot.starts_at.astimezone(clock),
        ends_at=meeting.slot.ends_at.astimezone(clock),
        changed_at=meeting.changed_at,
        sequence=meeting.sequence,
        standing=standing or _STANDINGS.get(Meeting.Status(meeting.status), Standing.CONFIRMED),
        place=place_of(meeting),
        text="\n".join(lines),
        url=meeting.link,
        organiser=parseaddr(settings.DEFAULT_FROM_EMAIL)[1] if attendee else "",
        attendee=attendee,
    )


def place_of(meeting: Meeting) -> str:
    """The table, its hall and the place of the event; without a table, that it is online.

    Outside events a link and a place may both be given: then it is told as both.
    """
    seat = seat_of(meeting)
    if meeting.table is None and not meeting.event.is_direct:
        return seat or meeting.event.told_place
    return ", ".join(filter(None, [seat, meeting.event.told_place]))


def seat_of(meeting: Meeting) -> str:
    """The table and its hall; without a table, that it is online, or nothing."""
    if meeting.table is None:
        return _("Online") if is_online(meeting) else ""
    return told_table(meeting.table)


def is_online(meeting: Meeting) -> bool:
    """Whether its people meet by a link: it has one, or nobody comes to a place."""
    return meeting.table is None and bool(meeting.link or meeting.is_remote)


def told_table(table: Table) -> str:
    """A table and its hall."""
    return ", ".join(filter(None, [str(table), str(table.hall) if table.hall else ""]))


def _person(participant: Participant) -> str:
    who = ", ".join(filter(None, [participant.name, participant.position]))
    return f"{who} ({participant.registration.company.told})"


def file_name(event: Event, version: int | None = None) -> str:
    """The name of a calendar file without its ending: that of the event and of the timetable."""
    stem = slugify(event.named()[0], allow_unicode=True)[:80].strip("-") or "meetings"
    return f"{stem}-{version}" if version is not None else stem
