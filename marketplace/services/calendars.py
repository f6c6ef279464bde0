"""What a meeting holds while it has a time, and where it could still be.

That nothing is held twice is the database's business (``Booking``). Whoever changes bookings
holds the event first (``hold_event``), so that two do not wait for each other for ever and each
sees what the other did.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.contrib.postgres.fields import DateTimeRangeField
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import (
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    Func,
    OuterRef,
    QuerySet,
    Value,
)
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected

from chambers.models import User
from marketplace.models import (
    Away,
    Booking,
    Event,
    InterpreterAway,
    Meeting,
    Participant,
    Slot,
    Table,
    TableClosed,
)
from marketplace.selectors.free_times import Span, free_times
from marketplace.selectors.orders import window_of
from marketplace.selectors.times import tell_time

ALTERNATIVES = 3
MINUTES = 30  # of a meeting for which nobody gave a length
_SCARCE = {
    "participant_meets_one_at_a_time",
    "person_meets_one_at_a_time",
    "table_holds_one_meeting_at_a_time",
    "interpreter_serves_one_at_a_time",
}


class _Times(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


def hold_event(event: Event) -> Event:
    """The event as it stands, with nobody else changing its meetings until the transaction ends.

    New rows that only point at it, such as other registrations, are not kept waiting.
    """
    return Event.objects.select_for_update(no_key=True).select_related("chamber").get(pk=event.pk)


def book(meeting: Meeting) -> None:
    """Hold the people, table and interpreter of a meeting for its slot; what it held before goes.

    Raises ValidationError ``taken`` with up to three other times when one of them is not free;
    then everything stays as it was.
    """
    if meeting.slot is None:
        raise ValueError("a meeting without a slot holds nothing")
    people = meeting.people()
    try:
        with transaction.atomic():
            hold_accounts(people)
            release(meeting)
            Booking.objects.bulk_create(bookings_of(meeting, people))
    except IntegrityError as error:
        if constraint_of(error) not in _SCARCE:
            raise
        raise taken(meeting.event, people, besides=meeting) from error
    except OperationalError as error:
        # Somebody of this meeting is just being booked elsewhere by whoever waits for us.
        if not isinstance(error.__cause__, DeadlockDetected):
            raise
        raise taken(meeting.event, people, besides=meeting) from error


def hold_accounts(people: Iterable[Participant]) -> None:
    """Let nobody else book those who sign in, at any event, until the transaction ends.

    Holding one's own event does not keep other events from booking the same person; without this
    two of them would find out only by waiting for each other.
    """
    accounts = {one.person_id for one in people} - {None}
    rows = User.objects.select_for_update(no_key=True).filter(pk__in=accounts)
    list(rows.order_by("pk").values_list("pk"))


def bookings_of(meeting: Meeting, people: Iterable[Participant]) -> list[Booking]:
    """The rows, not yet saved, that a placed meeting needs; those of people bring the walk."""
    slot = meeting.slot
    if slot is None:
        raise ValueError("a meeting without a slot holds nothing")
    walk = dt.timedelta(minutes=meeting.event.walking_minutes)
    busy = DateTimeTZRange(slot.starts_at, slot.ends_at + walk)
    exact = DateTimeTZRange(slot.starts_at, slot.ends_at)
    rows, accounts = [], set[int]()
    for one in people:
        # Who stands on both sides of a meeting is there once.
        account = one.person_id if one.person_id not in accounts else None
        accounts |= {account} if account is not None else set()
        rows.append(Booking(meeting=meeting, participant=one, person_id=account, during=busy))
    if meeting.table_id is not None:
        rows.append(Booking(meeting=meeting, table_id=meeting.table_id, during=exact))
    if meeting.interpreter_id is not None:
        rows.append(Booking(meeting=meeting, interpreter_id=meeting.interpreter_id, during=exact))
    return rows


def release(meeting: Meeting) -> None:
    """Let go of everything that a meeting holds."""
    Booking.objects.filter(meeting=meeting).delete()


def free_slots(
    event: Event,
    people: Iterable[Participant],
    *,
    among: QuerySet[Slot] | None = None,
    besides: Meeting | None = None,
    at: dt.datetime | None = None,
) -> QuerySet[Slot]:
    """Slots yet to begin in which all of ``people`` are there and have no other meeting anywhere.

    Tables are not looked at. ``besides`` is the meeting that is to be then: its own time counts
    as free, and what comes before or after it is heeded.
    """
    attending = list(people)
    keys = [one.pk for one in attending]
    walk = Value(dt.timedelta(minutes=event.walking_minutes), output_field=DurationField())
    slots = Slot.objects.filter(event=event) if among is None else among.filter(event=event)
    busy = Booking.objects.of_people(attending).filter(
        during__overlap=_Times(
            OuterRef("starts_at"),
            ExpressionWrapper(OuterRef("ends_at") + walk, output_field=DateTimeField()),
        ),
    )
    if besides is not None:
        busy = busy.exclude(meeting=besides)
    away = Away.objects.filter(
        participant__in=keys,
        slot__starts_at__lt=OuterRef("ends_at"),
        slot__ends_at__gt=OuterRef("starts_at"),
    )
    if besides is not None:
        earliest, latest = window_of(besides)
        slots = slots.filter(starts_at__gte=earliest) if earliest is not None else slots
        slots = slots.filter(ends_at__lte=latest) if latest is not None else slots
    return slots.filter(~Exists(busy), ~Exists(away), starts_at__gt=at or timezone.now()).order_by(
        "starts_at", "ends_at", "pk"
    )


def free_tables(event: Event, slot: Slot, *, besides: Meeting | None = None) -> QuerySet[Table]:
    """Tables and booths of an event that can be used during a slot and that nobody holds."""
    busy = Booking.objects.filter(
        table=OuterRef("pk"), during__overlap=DateTimeTZRange(slot.starts_at, slot.ends_at)
    )
    if besides is not None:
        busy = busy.exclude(meeting=besides)
    closed = _closings(slot).filter(table=OuterRef("pk"))
    return Table.objects.filter(~Exists(busy), ~Exists(closed), event=event)


def demand_open(table: Table, slot: Slot) -> None:
    """Raise ValidationError ``closed`` for a table that cannot be used during a slot."""
    if _closings(slot).filter(table=table).exists():
        raise ValidationError(
            _("This table cannot be used at this time: choose another."), code="closed"
        )


def _closings(slot: Slot) -> QuerySet[TableClosed]:
    """Closings of tables at a time that overlaps a slot."""
    return TableClosed.objects.filter(
        slot__starts_at__lt=slot.ends_at, slot__ends_at__gt=slot.starts_at
    )


def needs_table(event: Event, people: Sequence[Participant]) -> bool:
    """Whether people of a meeting are at the place, and the place has tables."""
    remote = Participant.Presence.REMOTE
    if event.kind == Event.Kind.ONLINE or all(one.presence == remote for one in people):
        return False
    return Table.objects.filter(event=event).exists()


def seats(table: Table, people: Sequence[Participant]) -> bool:
    """Whether a table has the screen that those at the place need to meet who is remote."""
    remote = [one.presence == Participant.Presence.REMOTE for one in people]
    return table.has_screen or not any(remote) or all(remote)


def pick_table(
    event: Event,
    slot: Slot,
    people: Sequence[Participant],
    *,
    besides: Meeting | None = None,
) -> Table | None:
    """A free table: a booth of one of the companies, else a shared one; None where none is needed.

    With somebody remote it has a screen; otherwise those with a screen are given out last.
    Raises ValidationError ``no_table`` when there is none.
    """
    if not needs_table(event, people):
        return None
    free = free_tables(event, slot, besides=besides)
    if any(one.presence == Participant.Presence.REMOTE for one in people):
        free = free.filter(has_screen=True)
    for side in dict.fromkeys(one.registration_id for one in people):
        booth = free.filter(owner=side).order_by("number").first()
        if booth is not None:
            return booth
    shared = free.filter(owner=None).order_by("has_screen", "number").first()
    if shared is None:
        raise ValidationError(_("No table is free at this time: choose another."), code="no_table")
    return shared


def has_table(
    event: Event, slot: Slot, people: Sequence[Participant], *, besides: Meeting | None = None
) -> bool:
    """Whether ``pick_table`` would find a place."""
    try:
        pick_table(event, slot, people, besides=besides)
    except ValidationError:
        return False
    return True


def interpreter_is_there(meeting: Meeting, slot: Slot) -> bool:
    """Whether the meeting's interpreter, if it has one, is neither away nor booked then."""
    if meeting.interpreter_id is None:
        return True
    during = DateTimeTZRange(slot.starts_at, slot.ends_at)
    busy = Booking.objects.filter(interpreter=meeting.interpreter_id, during__overlap=during)
    away = InterpreterAway.objects.filter(
        interpreter=meeting.interpreter_id,
        slot__starts_at__lt=slot.ends_at,
        slot__ends_at__gt=slot.starts_at,
    )
    return not busy.exclude(meeting=meeting).exists() and not away.exists()


def alternatives(
    event: Event, people: Sequence[Participant], *, besides: Meeting | None = None
) -> list[Slot]:
    """Up to three of the next times that would do for all, tables too."""
    found: list[Slot] = []
    free = free_slots(event, people, besides=besides)
    if besides is not None:
        free = free.exclude(meetings=besides)  # where it is now, it is no alternative
    for slot in free.iterator(chunk_size=20):
        if has_table(event, slot, people, besides=besides):
            found.append(slot)
        if len(found) == ALTERNATIVES:
            break
    return found


def taken(
    event: Event, people: Sequence[Participant], *, besides: Meeting | None = None
) -> ValidationError:
    """The refusal ``taken``: somebody was faster; it names what is still free.

    ``params["free"]`` holds the public ids of those slots.
    """
    free = alternatives(event, people, besides=besides)
    spans = [(slot.starts_at, slot.ends_at) for slot in free]
    if event.is_direct:
        spans = _more_times(event, people, besides, spans)
    if not spans:
        text = _("This time is taken, and no other is free for both sides.")
    else:
        text = _("This time is taken. Still free: %(times)s.")
    own = timezone.get_current_timezone_name()  # of who reads the refusal
    times = "; ".join(tell_time(start, end, zone=event.zone, reader=own) for start, end in spans)
    return ValidationError(
        text, code="taken", params={"times": times, "free": [str(one.public_id) for one in free]}
    )


def _more_times(
    event: Event, people: Sequence[Participant], besides: Meeting | None, spans: list[Span]
) -> list[Span]:
    """Where no organiser laid out times: free ones of the next days beside those given."""
    slot = besides.slot if besides is not None else event.slots.first()
    minutes = slot.minutes if slot is not None else MINUTES
    more = [one for one in free_times(people, minutes=minutes, zone=event.zone) if one not in spans]
    return [*spans, *more][:ALTERNATIVES]


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that a statement broke; "" when it is not known."""
    return str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or "")
