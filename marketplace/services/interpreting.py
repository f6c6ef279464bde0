"""A chamber answers who interprets at a meeting outside events that its member asked for.

Interpreters are those of the chamber's events. Each is one row, so that the constraint of events
keeps them from two meetings at once here too.
"""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import Chamber, User
from marketplace.models import Booking, Event, Interpreter, InterpreterWish, Meeting, Slot
from marketplace.services import calendars, interpreter_mail, notices, placing, staff_mail


def ask_for_interpreter(meeting: Meeting) -> None:
    """Put a direct meeting before the chambers of the side that asked, and mail them."""
    asked = meeting.request
    if meeting.event.is_direct and asked is not None and asked.wants_interpreter:
        wish, is_new = InterpreterWish.objects.get_or_create(meeting=meeting)
        if is_new:
            staff_mail.tell_of_wish(wish)


def interpreters_for(by: User) -> list[Interpreter]:
    """Interpreters that ``by`` may name: each person once, by the row that came first."""
    rows = Interpreter.objects.filter(event__in=Event.objects.managed_by(by).values("pk"))
    found: dict[tuple[int, object], Interpreter] = {}
    for one in rows.select_related("event").order_by("pk"):
        found.setdefault(_identity(one), one)
    return sorted(found.values(), key=lambda one: (one.name, one.pk))


@transaction.atomic
def answer_wish(
    wish: InterpreterWish,
    *,
    by: User,
    interpreter: Interpreter | None,
    note: str = "",
    at: dt.datetime | None = None,
) -> InterpreterWish:
    """Name an interpreter for a direct meeting, another one, or say with None that there is none.

    Both sides are told, with the meeting as it now stands in their calendars.

    Raises ValidationError ``over`` for a meeting that has begun, is off or has no time,
    ``other_event`` for an interpreter of somebody else's events, ``interpreter_away``, ``taken``;
    PermissionDenied for who manages no chamber of the side that asked.
    """
    now = at or timezone.now()
    meeting = placing.lock_meeting(wish.meeting)
    row = InterpreterWish.objects.managed_by(by).filter(pk=wish.pk).first()
    if row is None:
        raise PermissionDenied(_("Only a chamber of the company that asked may do this."))
    slot = meeting.slot
    if slot is None or meeting.status != Meeting.Status.CONFIRMED or slot.starts_at <= now:
        raise ValidationError(_("This meeting is not ahead any more."), code="over")
    before = interpreter_mail.place_now(meeting)
    if interpreter is not None:
        _demand_free(interpreter, meeting, slot, by)
    meeting.interpreter = interpreter
    calendars.book(meeting)
    meeting.sequence += 1
    meeting.save(update_fields=["interpreter", "sequence", "changed_at"])
    row.none_for = slot if interpreter is None else None
    row.note, row.answered_at, row.answered_by = " ".join(note.split()), now, by
    row.chamber = _chamber_of(row, interpreter, by)
    row.full_clean(exclude=["meeting"])
    row.save()
    notices.tell_of_meeting("interpreter", meeting, extra={"wish": row, "named": interpreter})
    interpreter_mail.tell_of_change(meeting, before)
    return row


def _demand_free(interpreter: Interpreter, meeting: Meeting, slot: Slot, by: User) -> None:
    own = Event.objects.managed_by(by).filter(pk=interpreter.event_id)
    if not own.exists():
        raise placing.other_event()
    meeting.interpreter = interpreter
    # The same person may stand at several events: a row of theirs for each.
    rows = Interpreter.objects.filter(event__chamber=interpreter.event.chamber_id)
    wanted = _identity(interpreter)
    same = [one.pk for one in rows.select_related("event") if _identity(one) == wanted]
    during = DateTimeTZRange(slot.starts_at, slot.ends_at)
    booked = Booking.objects.filter(interpreter__in=same, during__overlap=during)
    elsewhere = booked.exclude(meeting=meeting).exists()
    if elsewhere or not calendars.interpreter_is_there(meeting, slot):
        raise ValidationError(
            _("This interpreter is away or interprets elsewhere then: choose another."),
            code="interpreter_away",
        )


def _identity(one: Interpreter) -> tuple[int, object]:
    """Who somebody is within a chamber: by account, else by name."""
    return one.event.chamber_id, one.person_id or " ".join(one.name.casefold().split())


def _chamber_of(row: InterpreterWish, interpreter: Interpreter | None, by: User) -> Chamber | None:
    """In whose name it is answered: the interpreter's chamber, else the one that vouches."""
    if interpreter is not None:
        return interpreter.event.chamber
    managed = Chamber.objects.managed_by(by)
    vouching = row.meeting.event.chamber
    return managed.filter(pk=vouching.pk).first() or managed.order_by("pk").first()
