"""What interpreters with an account are told: where they interpret, and where they no longer do."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils import translation

from chambers.gates.calendar import Appointment, Standing
from chambers.models import User
from chambers.services.mail import queue_mail
from marketplace.models import Event, Interpreter, Meeting
from marketplace.selectors.appointments import appointment_of, place_of
from marketplace.selectors.times import tell_time
from marketplace.selectors.timetables import Place
from marketplace.services.calendar_files import calendar_file
from marketplace.services.notices import chamber_of, thread_of

if TYPE_CHECKING:
    from marketplace.services.mending import Outcome

_JOINED = (
    "event",
    "request",
    "host__registration__company",
    "guest__registration__company",
)


@dataclass(frozen=True, slots=True)
class Call:
    """A meeting with its place, and so its interpreter, before a change and after it."""

    meeting: Meeting
    before: Place | None
    after: Place | None


@dataclass
class _Share:
    """What one interpreter is told."""

    reader: User
    stays: list[Call] = field(default_factory=list)
    lost: list[Call] = field(default_factory=list)


def readers_of(calls: Iterable[Call]) -> set[int]:
    """Keys of the accounts that ``tell_interpreters`` would write to."""
    return {share.reader.pk for share in _shares(calls)}


def tell_interpreters(
    event: Event,
    calls: Iterable[Call],
    *,
    everybody: bool = False,
    final: bool = False,
    version: int | None = None,
) -> int:
    """Write one mail to each interpreter whom the calls concern; how many.

    ``everybody``: the calls are all that a timetable, ``final`` or provisional, has; else they are
    what differs. ``version`` is that of the timetable.
    """
    shares = _shares(calls)
    for share in shares:
        _write(event, share, everybody=everybody, final=final, version=version)
    return len(shares)


def place_now(meeting: Meeting) -> Place | None:
    """Where a meeting is, to be told as before or after a change."""
    if meeting.slot is None or not meeting.is_placed:
        return None
    return (meeting.slot, meeting.table, meeting.interpreter)


def tell_of_change(meeting: Meeting, before: Place | None) -> None:
    """Tell the interpreters of one saved meeting that it, or who interprets there, has changed."""
    after = place_now(meeting)
    if before != after:
        tell_interpreters(meeting.event, [Call(meeting, before, after)])


def tell_of_ended(event: Event, ended: Iterable[Meeting]) -> None:
    """Tell interpreters of cancelled meetings; their last place stands on the rows."""
    calls = [
        Call(one, (one.slot, one.table, one.interpreter), None)
        for one in ended
        if one.slot is not None
    ]
    tell_interpreters(event, calls)


def calls_of(outcome: Outcome) -> list[Call]:
    """What a repair changes for interpreters; the same before it is applied and after."""
    return [Call(one.meeting, one.before, one.after) for one in outcome.shifts]


def tell_of_repair(event: Event, outcome: Outcome) -> None:
    """Tell interpreters what a repair has changed for them; the rows are changed already."""
    rows = Meeting.objects.filter(pk__in=[one.meeting.pk for one in outcome.shifts])
    joined = rows.select_related(*_JOINED).prefetch_related("others__registration__company")
    now = joined.in_bulk()
    calls = [Call(now[one.meeting.pk], one.before, one.after) for one in outcome.shifts]
    tell_interpreters(event, calls)


def _shares(calls: Iterable[Call]) -> list[_Share]:
    shares: dict[int, _Share] = {}
    for call in calls:
        if not call.meeting.is_told:
            continue
        old, new = _account(call.before), _account(call.after)
        if new is not None:
            shares.setdefault(new.pk, _Share(new)).stays.append(call)
        if old is not None and old != new:
            shares.setdefault(old.pk, _Share(old)).lost.append(call)
    return list(shares.values())


def _account(place: Place | None) -> User | None:
    interpreter: Interpreter | None = place[2] if place is not None else None
    person = interpreter.person if interpreter is not None else None
    return person if person is not None and person.is_active else None


def _write(
    event: Event, share: _Share, *, everybody: bool, final: bool, version: int | None
) -> None:
    reader = share.reader
    with translation.override(reader.language):
        context = {
            "event": event,
            "event_name": event.named()[0],
            "everybody": everybody,
            "final": final,
            "rows": [_row(event, call, reader) for call in share.stays],
            "lost": [_row(event, call, reader) for call in share.lost],
        }
        file = calendar_file(event, list(_entries(share)), version=version)
    queue_mail(
        "interpreter_timetable",
        to=reader,
        context=context,
        chamber=chamber_of(event),
        calendar=file,
        thread=thread_of(event, reader),
    )


def _row(event: Event, call: Call, reader: User) -> dict[str, str]:
    """Place and time as they are; the time of before where the same person interpreted then."""
    companies = [one.registration.company.told for one in call.meeting.people()]
    was = call.before if _account(call.before) == reader else None
    moved = was is not None and (call.after is None or was[1] != call.after[1])
    return {
        "companies": " × ".join(dict.fromkeys(companies)),
        "time": _time(event, call.after, reader),
        "was": _time(event, was, reader),
        "was_at": str(was[1]) if was is not None and was[1] is not None and moved else "",
        "place": _at(call, call.after),
    }


def _time(event: Event, place: Place | None, reader: User) -> str:
    if place is None:
        return ""
    slot = place[0]
    return tell_time(slot.starts_at, slot.ends_at, zone=event.zone, reader=reader.time_zone)


def _at(call: Call, place: Place | None) -> str:
    if place is None:
        return ""
    return place_of(_put(call.meeting, place))


def _put(meeting: Meeting, place: Place) -> Meeting:
    """The meeting as it is in a place; the row itself may be elsewhere by now."""
    put = copy.copy(meeting)
    put.slot, put.table, put.interpreter = place
    return put


def _entries(share: _Share) -> Iterator[Appointment]:
    """Those they interpret at; of those they no longer do, that it is off for them."""
    for call in share.stays:
        if call.after is not None:
            meeting = _put(call.meeting, call.after)
            yield appointment_of(meeting, reader=None, attendee=share.reader.email)
    for call in share.lost:
        if call.before is not None:
            meeting = _put(call.meeting, call.before)
            yield appointment_of(
                meeting, reader=None, attendee=share.reader.email, standing=Standing.CANCELLED
            )
