"""Every change to meetings: arranged, placed, moved, confirmed, cancelled, held."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterable, Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import Company, User
from chambers.services.companies import note_changes
from chambers.services.people import demand_manager
from marketplace.models import (
    Event,
    Feedback,
    FurtherMark,
    Interpreter,
    Meeting,
    Participant,
    Session,
    Slot,
    Table,
)
from marketplace.services import (
    calendars,
    group_meetings,
    handover_mail,
    handovers,
    interpreter_mail,
    notices,
    placing,
    standby,
)

Status = Meeting.Status
Attendance = Meeting.Attendance


@transaction.atomic
def arrange_meeting(
    host: Participant,
    guest: Participant,
    *,
    by: User | None,
    slot: Slot | None = None,
    table: Table | None = None,
    others: Iterable[Participant] = (),
    session: Session | None = None,
    interpreter: Interpreter | None = None,
    status: str = Status.CONFIRMED,
    at: dt.datetime | None = None,
) -> Meeting:
    """Let people meet without a request, as the organiser may; without a slot the time is open.

    They are told at once. Raises ValidationError ``cancelled``, ``not_admitted``, ``other_event``,
    ``same_person``, ``away``, ``taken``, ``no_table``; PermissionDenied for anyone but a manager of
    the organiser.
    """
    event = calendars.hold_event(host.registration.event)
    demand_manager(by, event.chamber)
    placing.demand_not_cancelled(event)
    further = list(others)
    placing.demand_taking_part(event, [host, guest, *further])
    placing.demand_different_people([host, guest, *further])
    meeting = Meeting(event=event, host=host, guest=guest, session=session, interpreter=interpreter)
    meeting.full_clean()
    meeting.save()
    meeting.others.set(further)
    if slot is not None:
        placing.set_place(meeting, slot, table, at)
        meeting.status, meeting.sequence = Status(status), 1
        placing.save_placed(meeting)
    notices.tell_of_meeting("arranged" if slot is None else "confirmed", meeting)
    return meeting


@transaction.atomic
def move_meeting(
    meeting: Meeting,
    slot: Slot,
    *,
    by: User | None,
    table: Table | None = None,
    force: bool = False,
    at: dt.datetime | None = None,
) -> Meeting:
    """Give a meeting a time, or another one, as the organiser; both sides read old and new.

    Staff may move it as often as need be; the time it leaves is offered on standby. ``force`` also
    moves what begins within the freeze window. Raises ValidationError ``locked``, ``frozen``,
    ``away``, ``taken`` (with free times), ``no_table``, ``over``; PermissionDenied for anyone but a
    manager of the organiser.
    """
    meeting = placing.lock_meeting(meeting)
    demand_manager(by, meeting.event.chamber)
    if meeting.locked:
        raise ValidationError(
            _("This meeting is locked: unlock it before you move it."), code="locked"
        )
    if not force:
        placing.refuse_frozen(meeting, slot, at)
    left = copy.copy(meeting)
    placing.change_time(meeting, slot, table=table, at=at)
    if left.slot_id != slot.pk:
        standby.offer_freed([left], at=at)
    return meeting


@transaction.atomic
def confirm_meeting(meeting: Meeting, *, by: User | None) -> Meeting:
    """Make a provisional meeting certain.

    Raises ValidationError ``bad_transition``, PermissionDenied as above.
    """
    meeting = placing.lock_meeting(meeting)
    demand_manager(by, meeting.event.chamber)
    _demand_status(meeting, Status.PROVISIONAL, to=Status.CONFIRMED)
    meeting.status, meeting.sequence = Status.CONFIRMED, meeting.sequence + 1
    meeting.save(update_fields=["status", "sequence", "changed_at"])
    notices.tell_of_meeting("confirmed", meeting)
    return meeting


@transaction.atomic
def cancel_meeting(
    meeting: Meeting, *, by: User, reason: str, at: dt.datetime | None = None
) -> Meeting:
    """Cancel a meeting that has not begun; everything it held is free and offered on standby.

    It goes on without a company that only came along: that leaves, and the others read so.

    Raises ValidationError ``no_reason``, ``over`` once it has begun or is cancelled;
    PermissionDenied for who speaks for neither side nor for the organiser.
    """
    if not reason.strip():
        raise ValidationError(
            {"reason": ValidationError(_("Say why: the other side reads it."), code="no_reason")}
        )
    meeting = placing.lock_meeting(meeting)
    side = placing.side_of(meeting, by)
    placing.demand_ahead(meeting, at)
    own = [one for one in meeting.people() if side and one.registration_id == side.pk]
    if side is not None and handovers.goes_on_without(meeting, own):
        before = handover_mail.readers_of([meeting])
        for one in own:
            handovers.leave_place(meeting, one)
        handover_mail.tell_of_people(side, [meeting], before)
        return meeting
    placing.end_meeting(meeting, by=by, side=side, reason=reason.strip(), at=at)
    group_meetings.end_invitations(meeting, at=at)
    notices.tell_of_meeting("cancelled", meeting)
    interpreter_mail.tell_of_ended(meeting.event, [meeting])
    standby.offer_freed([meeting], at=at)
    return meeting


@transaction.atomic
def record_attendance(
    meeting: Meeting,
    *,
    by: User,
    host: str | None = None,
    guest: str | None = None,
    at: dt.datetime | None = None,
) -> Meeting:
    """Note who came, as the organiser; what is not given stays.

    Both there: held; one missing: not held. A cancelled meeting is never a no-show. What a side
    says of it goes through ``services.feedback``. Raises ValidationError ``not_begun``, ``over``
    for one that is cancelled or has no time; PermissionDenied for anyone but a manager of the
    organiser.
    """
    meeting = placing.lock_meeting(meeting)
    if not Event.objects.managed_by(by).filter(pk=meeting.event_id).exists():
        raise PermissionDenied(_("Only the organiser notes who came; a side says what happened."))
    note_attendance([(meeting, host, guest)], at=at)
    return meeting


@transaction.atomic
def mark_further(
    meeting: Meeting,
    participant: Participant,
    attendance: str,
    *,
    by: User,
    at: dt.datetime | None = None,
) -> Meeting:
    """Note whether one of those who join the two of a meeting came; ``unknown`` takes it back.

    Raises ValidationError ``not_there`` for who is not among them, else as
    ``record_attendance``.
    """
    meeting = placing.lock_meeting(meeting)
    if not Event.objects.managed_by(by).filter(pk=meeting.event_id).exists():
        raise PermissionDenied(_("Only the organiser notes who came; a side says what happened."))
    if not meeting.others.filter(pk=participant.pk).exists():
        raise ValidationError(
            _("%(person)s does not join this meeting."),
            code="not_there",
            params={"person": participant.name},
        )
    note_further([(meeting, participant, attendance)], at=at)
    return meeting


def note_further(
    marks: Sequence[tuple[Meeting, Participant, str]], *, at: dt.datetime | None = None
) -> None:
    """Write down whether people who join the two came, at meetings that the caller has locked.

    Raises ValidationError as ``demand_begun``.
    """
    now = at or timezone.now()
    for meeting, participant, attendance in marks:
        demand_begun(meeting, now)
        rows = FurtherMark.objects.filter(meeting=meeting, participant=participant)
        if attendance == Attendance.UNKNOWN:
            rows.delete()
            continue
        mark = rows.first() or FurtherMark(meeting=meeting, participant=participant)
        mark.attendance = attendance
        mark.full_clean()
        mark.save()
    held = {one.pk: one for one, _who, _mark in marks if one.status == Status.HELD}
    _note_who_met(list(held.values()))


def note_attendance(
    marks: Sequence[tuple[Meeting, str | None, str | None]], *, at: dt.datetime | None = None
) -> None:
    """Write down whom the organiser saw at meetings that the caller has locked.

    ``marks`` are (meeting, host, guest). From then on these marks stand on no side's word. Raises
    ValidationError as ``record_attendance``; then nothing is written.
    """
    write_marks(marks, at=at)
    for place, mark in enumerate(("host", "guest"), 1):
        seen = [one[0].pk for one in marks if one[place]]
        Feedback.objects.filter(meeting__in=seen, wrote__contains=[mark]).update(
            wrote=Func(F("wrote"), Value(mark), function="array_remove")
        )


def write_marks(
    marks: Sequence[tuple[Meeting, str | None, str | None]], *, at: dt.datetime | None = None
) -> None:
    """Set the marks of locked meetings, and the state that follows. Raises as above."""
    now = at or timezone.now()
    named = {"host_attendance", "guest_attendance"}
    others = {field.name for field in Meeting._meta.fields} - named  # noqa: SLF001 - documented
    turned = []
    for meeting, host, guest in marks:
        demand_begun(meeting, now)
        if meeting.status not in (Status.HELD, Status.NO_SHOW):
            before: Meeting.Status = Status(meeting.status)
        else:
            before = Status.CONFIRMED
        meeting.host_attendance = host or meeting.host_attendance
        meeting.guest_attendance = guest or meeting.guest_attendance
        was_held = meeting.status == Status.HELD
        meeting.status = _outcome({meeting.host_attendance, meeting.guest_attendance}, before)
        if was_held != (meeting.status == Status.HELD):
            turned.append(meeting)
        meeting.changed_at = timezone.now()
        meeting.clean_fields(exclude=others)
    changed = [meeting for meeting, _host, _guest in marks]
    Meeting.objects.bulk_update(changed, [*named, "status", "changed_at"], batch_size=500)
    _note_who_met(turned)


def _note_who_met(meetings: Sequence[Meeting]) -> None:
    """Have the companies of some meetings matched anew: who met stands lower with the other."""
    if not meetings:
        return
    people = {key for one in meetings for key in (one.host_id, one.guest_id)}
    further = Meeting.others.through.objects.filter(meeting__in=[one.pk for one in meetings])
    came = Participant.objects.filter(Q(pk__in=people) | Q(pk__in=further.values("participant")))
    note_changes(Company.objects.filter(pk__in=came.values("registration__company")))


def demand_begun(meeting: Meeting, at: dt.datetime) -> None:
    """Refuse to note who came to a meeting that is still ahead or has no time.

    Raises ValidationError ``not_begun``, ``over``.
    """
    if meeting.status not in Meeting.HOLDING or meeting.slot is None:
        raise ValidationError(_("Only a meeting with a time takes place or not."), code="over")
    if meeting.slot.starts_at > at:
        raise ValidationError(_("This meeting has not begun yet."), code="not_begun")


def demand_over(meeting: Meeting, at: dt.datetime) -> None:
    """Refuse what a side says of a meeting while its time runs: who is late may still come.

    Raises ValidationError ``not_begun``, ``not_over``, ``over``.
    """
    demand_begun(meeting, at)
    if meeting.slot is not None and meeting.slot.ends_at > at:
        raise ValidationError(
            _("This meeting is not over yet. Say it once its time has ended."), code="not_over"
        )


@transaction.atomic
def assign_interpreter(
    meeting: Meeting, interpreter: Interpreter | None, *, by: User | None
) -> Meeting:
    """Give a meeting an interpreter, another one, or none.

    Raises ValidationError ``interpreter_away``, ``taken``, ``other_event``, ``over``;
    PermissionDenied for anyone but a manager of the organiser.
    """
    meeting = placing.lock_meeting(meeting)
    demand_manager(by, meeting.event.chamber)
    placing.demand_alive(meeting)
    if interpreter is not None and interpreter.event_id != meeting.event_id:
        raise placing.other_event()
    before = interpreter_mail.place_now(meeting)
    meeting.interpreter = interpreter
    if meeting.slot is not None and meeting.is_placed:
        if not calendars.interpreter_is_there(meeting, meeting.slot):
            raise ValidationError(
                _("This interpreter is away or interprets elsewhere then: choose another."),
                code="interpreter_away",
            )
        calendars.book(meeting)
    meeting.save(update_fields=["interpreter", "changed_at"])
    interpreter_mail.tell_of_change(meeting, before)
    return meeting


@transaction.atomic
def set_lock(meeting: Meeting, locked: bool, *, by: User | None) -> Meeting:
    """Keep a placed meeting where it is whatever timetable comes, or let it go again.

    Raises ValidationError ``not_placed``, PermissionDenied as above.
    """
    meeting = placing.lock_meeting(meeting)
    demand_manager(by, meeting.event.chamber)
    if locked and not meeting.is_placed:
        raise ValidationError(
            _("Only a meeting with a time can be locked: place it first."), code="not_placed"
        )
    meeting.locked = locked
    meeting.save(update_fields=["locked", "changed_at"])
    return meeting


@transaction.atomic
def set_section(meeting: Meeting, session: Session | None, *, by: User | None) -> Meeting:
    """Put a meeting still to be into a section of the programme, or take it out.

    Raises ValidationError ``outside`` where it has a time outside the hours of the section,
    ``other_event``, ``over``; PermissionDenied for anyone but a manager of the organiser.
    """
    meeting = placing.lock_meeting(meeting)
    demand_manager(by, meeting.event.chamber)
    placing.demand_alive(meeting)
    slot = meeting.slot
    if session is not None and session.event_id != meeting.event_id:
        raise placing.other_event()
    if session is not None and slot is not None and not session.holds(slot):
        raise ValidationError(
            _("It is outside the hours of the section: move it first."), code="outside"
        )
    meeting.session = session
    meeting.save(update_fields=["session", "changed_at"])
    return meeting


def _outcome(attendance: set[str], before: Meeting.Status) -> Meeting.Status:
    if Attendance.NO_SHOW in attendance:
        return Status.NO_SHOW
    return before if Attendance.UNKNOWN in attendance else Status.HELD


def _demand_status(meeting: Meeting, present: Meeting.Status, *, to: Meeting.Status) -> None:
    if meeting.status != present:
        raise ValidationError(
            _("It is “%(present)s” now, so it cannot become “%(wanted)s”: look at it again."),
            code="bad_transition",
            params={"present": meeting.get_status_display(), "wanted": to.label},
        )
