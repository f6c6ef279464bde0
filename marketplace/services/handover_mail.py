"""Who is told that somebody else goes to meetings, or that somebody no longer does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.utils import translation
from django.utils.translation import gettext as _

from chambers.gates.calendar import Standing
from chambers.models import User
from chambers.services.mail import queue_mail
from marketplace.models import Meeting, Participant, Registration
from marketplace.selectors.appointments import appointment_of
from marketplace.selectors.times import tell_time
from marketplace.services.calendar_files import calendar_file
from marketplace.services.notices import Shares, attendees, chamber_of, thread_of

Readers = dict[int, tuple[User, Participant]]


@dataclass(frozen=True, slots=True)
class GoingOn:
    """Meetings that take place without one of their companies."""

    meetings: list[Meeting] = field(default_factory=list)
    before: dict[int, Readers] = field(default_factory=dict)
    """Who read of each while the company was to come, by the key of the meeting."""


def readers_of(meetings: Iterable[Meeting]) -> dict[int, Readers]:
    """{meeting: who reads of it}, to be kept from before a change."""
    return {
        one.pk: {reader.pk: (reader, who) for reader, who in attendees(one)} for one in meetings
    }


def gone_of(meetings: Iterable[Meeting], before: dict[int, Readers]) -> Shares:
    """Who read of some meetings ``before`` and does no longer, with those meetings."""
    gone: Shares = {}
    for meeting in meetings:
        now = {reader.pk for reader, _who in attendees(meeting)}
        for key, (reader, who) in before[meeting.pk].items():
            if key not in now:
                gone.setdefault(key, (reader, []))[1].append((meeting, who))
    return gone


def tell_of_people(
    side: Registration,
    meetings: Sequence[Meeting],
    before: dict[int, Readers],
    *,
    left: str = "",
    came: str = "",
    told: Collection[int] = (),
    taken_out: Collection[int] = (),
) -> None:
    """Tell of meetings to which ``came`` goes for a company instead of ``left``, each person once.

    Without either the company goes there no more. A partner who does not know
    yet whom the company sends reads of no change of that.

    Who no longer reads of them gets ``people_left`` with what leaves the calendar, all others
    ``people_changed`` with what is in it now; not who is ``told`` of these, or whose calendar
    they were ``taken_out`` of, in another mail.
    """
    now = readers_of(meetings)
    gone = {key: share for key, share in gone_of(meetings, before).items() if key not in taken_out}
    stay: Shares = {}
    for meeting in meetings:
        for key, (reader, who) in now[meeting.pk].items():
            if key in told:
                continue
            if came and who.registration_id != side.pk and not meeting.is_agreed:
                continue
            stay.setdefault(key, (reader, []))[1].append((meeting, who))
    for kind, shares in (("people_left", gone), ("people_changed", stay)):
        for reader, theirs in shares.values():
            _tell(kind, side, reader, theirs, left, came)


def _tell(
    kind: str,
    side: Registration,
    reader: User,
    theirs: Sequence[tuple[Meeting, Participant]],
    left: str,
    came: str,
) -> None:
    event = side.event
    standing = Standing.CANCELLED if kind == "people_left" else None
    with translation.override(reader.language):
        context = {
            "event": event,
            "event_name": event.named()[0],
            "left": left or side.company.told,
            "came": came,
            "rows": [_row(meeting, who, reader) for meeting, who in theirs],
        }
        entries = [
            appointment_of(meeting, reader=who, attendee=reader.email, standing=standing)
            for meeting, who in theirs
            if meeting.slot is not None
        ]
        file = calendar_file(event, entries)
    queue_mail(
        kind,
        to=reader,
        context=context,
        chamber=chamber_of(event),
        calendar=file,
        thread=thread_of(event, reader),
    )


def _row(meeting: Meeting, who: Participant, reader: User) -> dict[str, str]:
    others = [one.registration for one in meeting.people()]
    partners = [one.company.told for one in others if one.pk != who.registration_id]
    slot = meeting.slot
    time = _("time to be set")
    if slot is not None:
        zone, own = meeting.event.zone, reader.time_zone
        time = tell_time(slot.starts_at, slot.ends_at, zone=zone, reader=own)
    return {"time": time, "partner": ", ".join(dict.fromkeys(partners))}
