"""Times as a form: slots that an organiser laid out, or one's own clock outside events.

Each gives the form and what carries it out, so that a page is the same for both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import product
from zoneinfo import ZoneInfo

from django.forms import BaseForm
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from chambers.http import SignedInRequest
from marketplace.forms import AcceptForm, TimesForm, told_slots
from marketplace.forms.direct import PROPOSED, TYPED, DirectAcceptForm, DirectTimesForm
from marketplace.models import Event, Meeting, MeetingRequest, Participant, Registration, Slot
from marketplace.selectors.free_times import Span, free_times
from marketplace.selectors.times import NOT_CHOSEN, ShownTime, clocks_differ, shown_time
from marketplace.services import direct, moves
from marketplace.services import requests as services
from marketplace.services.calendars import MINUTES, free_slots
from marketplace.views.acting import sent

PAIRS = 9  # people of both sides whose calendars are compared
TIMES = 60  # shown
PRESSED = "at"  # the name of the buttons of ``Hint``
_ROWS = tuple(f"times_{number}" for number in range(PROPOSED))

Change = tuple[BaseForm, Callable[..., object]]


def own_zone(request: SignedInRequest, otherwise: str) -> str:
    """The zone in which a reader types times."""
    chosen = request.user.time_zone
    return chosen if chosen != NOT_CHOSEN else otherwise


def typing_zone(request: SignedInRequest, event: Event) -> str:
    """The zone in which one types times of ``event``: its own where one's clock is the same.

    Times are shown by the event's zone, and by the reader's only where that differs.
    """
    zone = own_zone(request, event.zone)
    now = timezone.now()
    seasons = [now + dt.timedelta(days=91 * number) for number in range(5)]
    return zone if clocks_differ(event.zone, zone, seasons) else event.zone


@dataclass(frozen=True)
class Hint:
    """A time that would do for both; ``at`` is what its button sends, an instant in UTC."""

    at: str
    time: ShownTime


def _sent_or_pressed(request: SignedInRequest, zone: str, *fields: str) -> QueryDict | None:
    """What a form sends; where a hint was pressed, its time alone in the first of ``fields``."""
    data = sent(request)
    pressed = _instant(data.get(PRESSED, "")) if data is not None else None
    if data is None or pressed is None:
        return data
    filled = data.copy()
    for name in fields:
        filled[name] = ""
    filled[fields[0]] = pressed.astimezone(ZoneInfo(zone)).strftime(TYPED)
    return filled


def _instant(written: str) -> dt.datetime | None:
    try:
        found = parse_datetime(written)
    except ValueError:  # as 31 February
        return None
    return found if found is not None and found.tzinfo is not None else None


def accepting(
    request: SignedInRequest, asked: MeetingRequest, own: Registration
) -> tuple[BaseForm, Callable[..., Meeting]]:
    """Agree to meet, at one of the times that are free for both."""
    wanted = list(asked.slots.all())
    event = asked.event
    free = free_for(asked, own, wanted or None)
    if event.is_direct:
        zone = typing_zone(request, event)
        form: BaseForm = DirectAcceptForm(
            _sent_or_pressed(request, zone, "starts_at"),
            event=event,
            own=own.company,
            zone=zone,
            among=free,
            any_time=not wanted,
            joins=asked.joins_id is not None,
            initial={"person": request.user.public_id, "slot": free[0].public_id if free else ""},
        )
        return form, partial(direct.accept, asked, by=request.user)
    open_time, first = _unnamed_time(request, asked, own)
    form = AcceptForm(
        sent(request),
        own=own,
        reader=request.user.time_zone,
        among=[one for one in free if one != first],
        open_time=open_time,
    )
    return form, partial(services.accept_request, asked, by=request.user)


def proposing(request: SignedInRequest, asked: MeetingRequest, own: Registration) -> Change:
    """Answer with other times."""
    if asked.event.is_direct:
        zone = typing_zone(request, asked.event)
        typed = _sent_or_pressed(request, zone, *_ROWS)
        form: BaseForm = DirectTimesForm(typed, zone=zone, initial=_length_of(asked))
        return form, partial(direct.propose_times, asked, by=request.user)
    form = TimesForm(
        sent(request),
        event=asked.event,
        reader=request.user.time_zone,
        among=free_for(asked, own, None),
    )
    return form, partial(services.propose_times, asked, by=request.user)


def moving(request: SignedInRequest, found: Meeting) -> Change:
    """Ask the other side for another time."""
    event = found.event
    if event.is_direct:
        minutes = found.slot.minutes if found.slot is not None else MINUTES
        zone = typing_zone(request, event)
        typed = _sent_or_pressed(request, zone, *_ROWS)
        form: BaseForm = DirectTimesForm(typed, zone=zone, initial={"minutes": minutes})
        return form, partial(direct.propose_move, found, by=request.user)
    free = free_slots(event, found.people(), besides=found)
    among = [one for one in free[:TIMES] if one.pk != found.slot_id]
    form = TimesForm(sent(request), event=event, reader=request.user.time_zone, among=among)
    return form, partial(moves.propose_move, found, by=request.user)


def hints(
    request: SignedInRequest, event: Event, people: Iterable[Participant], minutes: int
) -> list[Hint]:
    """Outside events: some times in which nobody of ``people`` has a meeting."""
    if not event.is_direct:
        return []
    found: list[Span] = free_times(people, minutes=minutes, zone=event.zone)
    zone = request.user.time_zone
    return [
        Hint(start.isoformat(), shown_time(start, end, zone=event.zone, reader=zone))
        for start, end in found
    ]


def both_of(asked: MeetingRequest, own: Registration) -> list[Participant]:
    """Whom two sides of a request would send, as far as is known: of each the first."""
    pairs = _pairs(asked, own)
    return list(pairs[0]) if pairs else []


def free_for(asked: MeetingRequest, own: Registration, wanted: Iterable[Slot] | None) -> list[Slot]:
    """Slots ahead in which somebody of each side is free, by the clock."""
    among = None if wanted is None else Slot.objects.filter(pk__in=[one.pk for one in wanted])
    found: dict[int, Slot] = {}
    for pair in _pairs(asked, own):
        for slot in free_slots(asked.event, pair, among=among)[:TIMES]:
            found.setdefault(slot.pk, slot)
    return sorted(found.values(), key=lambda slot: (slot.starts_at, slot.ends_at))[:TIMES]


def _pairs(asked: MeetingRequest, own: Registration) -> list[tuple[Participant, Participant]]:
    other = asked.other_side(own)
    coming = Participant.objects.coming().select_related("person")
    theirs = list(coming.filter(registration=other))
    named = asked.participant if other.pk == asked.requester_id else asked.partner_participant
    if named is not None:
        theirs = [named]
    ours = list(coming.filter(registration=own))
    return list(product(ours, theirs))[:PAIRS]


def _length_of(asked: MeetingRequest) -> dict[str, int]:
    slot = asked.slots.first()
    return {"minutes": slot.minutes if slot is not None else MINUTES}


def _unnamed_time(
    request: SignedInRequest, asked: MeetingRequest, own: Registration
) -> tuple[str, Slot | None]:
    """What it means to accept without a time, and which time that is; "" where none is free."""
    event = asked.event
    if event.awaits_timetable() or not event.slots.exists():
        return _("The timetable of the event sets it"), None
    first = services.first_time(asked, own, by=request.user)
    if first is None:
        return "", None
    ((_key, told),) = told_slots(event, [first], request.user.time_zone)
    return _("The first that is free for both: %(time)s") % {"time": told}, first
