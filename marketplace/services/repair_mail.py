"""Who is told what of a repair: each person once, of their own changes alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import translation
from django.utils.translation import gettext as _

from chambers.models import User
from chambers.services.mail import queue_mail
from marketplace.models import Event, Meeting, Participant, Registration
from marketplace.selectors.standing import place_held
from marketplace.services.calendar_files import calendar_file
from marketplace.services.mending import Outcome, Shift, Sort
from marketplace.services.notices import Shares, Theirs, attendees, thread_of
from marketplace.services.timetable_mail import entries_of, row_of, standby_for


@dataclass
class Share:
    """What one reader is told."""

    reader: User
    shifts: list[tuple[Shift, Participant]] = field(default_factory=list)


def shares_of(outcome: Outcome) -> list[Share]:
    """The readers whom an outcome concerns; who withdraws knows, and an interpreter is seen.

    It is asked before the outcome is applied and after, with the same answer.
    """
    shares: dict[int, Share] = {}
    for shift in outcome.shifts:
        if not _is_read(shift):
            continue
        for reader, participant in attendees(shift.meeting):
            if participant.registration_id != shift.gone:
                share = shares.setdefault(reader.pk, Share(reader))
                share.shifts.append((shift, participant))
    return list(shares.values())


def tell(
    event: Event,
    shares: Iterable[Share],
    left: Registration | None = None,
    kept: Shares | None = None,
) -> None:
    """Write one mail to each reader, with a calendar file. The rows are changed already.

    ``kept`` are meetings that go on without the company that has ``left``.
    """
    for share in shares:
        _reader, theirs = (kept or {}).get(share.reader.pk, (share.reader, []))
        moved = {shift.meeting.pk for shift, _who in share.shifts}
        going_on = [(one, who) for one, who in theirs if one.pk not in moved]
        _write(event, share, left, going_on)


def _is_read(shift: Shift) -> bool:
    """Whether people see the change: another interpreter comes to them unasked."""
    if shift.before is None or shift.after is None:
        return True
    return shift.before[:2] != shift.after[:2]


def _write(event: Event, share: Share, left: Registration | None, kept: Theirs) -> None:
    reader, stays = share.reader, [(_unmoved(one), who) for one, who in kept]
    with translation.override(reader.language):
        rows = [(shift, _row(shift, who, reader)) for shift, who in share.shifts]
        theirs = [(one.meeting, who, one.before) for one, who in [*share.shifts, *stays]]
        file = calendar_file(event, list(entries_of(theirs, reader)))
        context = {
            "event": event,
            "event_name": event.named()[0],
            "rows": [row for shift, row in rows if shift.after is not None],
            "waiting": [
                {**row, **standby_for(shift.meeting, reader)}
                for shift, row in rows
                if shift.sort == Sort.LOST
            ],
            "standby": not event.awaits_timetable(),
            "left": left.company.told if left is not None else "",
            "going_on": [_row(shift, who, reader) for shift, who in stays],
            "cancelled": [row for shift, row in rows if shift.sort == Sort.CANCELLED],
        }
    queue_mail(
        "timetable_repaired",
        to=reader,
        context=context,
        chamber=event.chamber,
        calendar=file,
        thread=thread_of(event, reader),
    )


def _unmoved(meeting: Meeting) -> Shift:
    """A meeting whose people alone have changed."""
    place = place_held(meeting)
    return Shift(meeting, Sort.KEPT, place, place)


def _row(shift: Shift, who: Participant, reader: User) -> dict[str, str]:
    after = shift.after
    slot = after[0] if after is not None else None
    row = row_of(shift.meeting, who, reader, slot=slot, before=shift.before)
    if shift.sort == Sort.STRANDED and after is not None and after[1] is None:
        row["place"] = _("ask the desk for a table")
    return row
