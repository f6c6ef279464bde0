"""A timetable that stands is mended: shown first, then done in one piece.

Freed times are offered with a time to answer, like all freed times; a person at the desk may ask
to fill them at once instead.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import User
from chambers.services.people import demand_manager
from marketplace.models import (
    Away,
    Event,
    InterpreterAway,
    Meeting,
    MeetingRequest,
    Repair,
    StandbyOffer,
    Table,
    TableClosed,
    TimeProposal,
)
from marketplace.services import (
    calendars,
    handover_mail,
    interpreter_mail,
    notices,
    placing,
    registration_mail,
    registrations,
    repair_mail,
    standby,
)
from marketplace.services.losses import Loss, changed_meanwhile, demand_sound, read_again
from marketplace.services.mending import Answer, Outcome, Shift, Sort, reckon

_LONGEST = Repair._meta.get_field("what").max_length  # noqa: SLF001 - Django's documented API


@dataclass(frozen=True, slots=True)
class Preview:
    """What a repair would do now."""

    outcome: Outcome
    told: int
    """People who would get a mail."""
    waiting: int
    """Meetings without a time, to which freed times are offered."""


@transaction.atomic
def preview_repair(
    event: Event, loss: Loss, *, by: User, fill: bool = False, at: dt.datetime | None = None
) -> Preview:
    """What ``apply_repair`` would do; nothing is saved and nobody is told.

    Raises ValidationError ``cancelled``, ``other_event``, ``nothing_named``, ``no_slots``,
    ``past``, ``over``, ``walking``, ``changed_meanwhile`` for a loss of what is no more;
    PermissionDenied for who does not manage the organiser.
    """
    now = at or timezone.now()
    demand_manager(by, event.chamber)
    placing.demand_not_cancelled(event)
    loss = read_again(loss)
    demand_sound(event, loss, now)
    outcome = reckon(event, loss, fill=fill, at=now)
    waiting = 0 if event.awaits_timetable(now) else len(list(standby.waiting(event)))
    return Preview(outcome, len(_readers(loss, outcome)), waiting)


@transaction.atomic
def apply_repair(
    event: Event,
    loss: Loss,
    *,
    by: User,
    fill: bool = False,
    seen: str | None = None,
    at: dt.datetime | None = None,
) -> Repair:
    """Write the loss down, move what has to move, and tell each person of their own changes once.

    ``seen`` is the digest of the outcome that was shown: another one is refused, so that nothing
    happens that nobody has read. The search is done before the event is held, and again only
    where rows, or what begins too soon by the clock, have changed until then. Raises
    ValidationError ``changed_meanwhile`` for that, ``known_already`` for a loss that is written
    down and needs nothing, and as ``preview_repair``.
    """
    demand_manager(by, event.chamber)
    known = _ahead_of_time(event, loss, fill, at or timezone.now())
    event = calendars.hold_event(event)
    now = at or timezone.now()  # others may have held it long
    placing.demand_not_cancelled(event)
    loss = read_again(loss)
    demand_sound(event, loss, now)
    outcome = reckon(event, loss, fill=fill, known=known, at=now)
    if seen is not None and seen != outcome.digest:
        raise changed_meanwhile()
    fresh = loss.fresh(now)
    written = loss.registration is None and not (fresh.away or fresh.absent or fresh.closed)
    if written and outcome.is_empty:
        raise ValidationError(
            _("This is known already, and no meeting has to be mended."), code="known_already"
        )
    _write_down(loss, now)
    told, offered = _carry_out(event, loss, outcome, by=by, fill=fill, now=now)
    interpreter_mail.tell_of_repair(event, outcome)
    made = Repair(
        event=event,
        cause=loss.cause,
        what=loss.name()[:_LONGEST],
        outcome={
            **outcome_told(outcome),
            "slots": [str(slot.public_id) for slot in loss.ahead(now)],
            "told": told,
            "offered": offered,
            "filled_now": fill,
        },
        created_by=by,
    )
    made.full_clean()
    made.save()
    return made


@transaction.atomic
def reopen_tables(
    event: Event, tables: Iterable[Table], *, by: User, at: dt.datetime | None = None
) -> int:
    """Let tables be used again in slots that are not over; for how many such slots, in all.

    Nothing moves back: the tables are free for who needs one. Raises ValidationError
    ``other_event``, ``not_closed``; PermissionDenied for who does not manage the organiser.
    """
    demand_manager(by, event.chamber)
    event = calendars.hold_event(event)
    chosen = list(tables)
    if any(one.event_id != event.pk for one in chosen):
        raise placing.other_event()
    rows = TableClosed.objects.filter(table__in=chosen, slot__ends_at__gt=at or timezone.now())
    count, _each = rows.delete()
    if not count:
        raise ValidationError(_("These tables are not closed."), code="not_closed")
    return count


def _ahead_of_time(event: Event, loss: Loss, fill: bool, now: dt.datetime) -> Answer | None:
    """What the search says while everybody else still works at the event. Raises as above."""
    placing.demand_not_cancelled(event)
    loss = read_again(loss)
    demand_sound(event, loss, now)
    return reckon(event, loss, fill=fill, at=now).answer


def outcome_told(outcome: Outcome) -> dict[str, Any]:
    """An outcome as a row keeps it, by public ids."""
    return {
        "changes": [one.told() for one in outcome.shifts],
        "causes": {str(one.meeting.public_id): one.cause for one in outcome.shifts if one.cause},
        "going_on": [str(one.public_id) for one in outcome.going_on],
        "stuck": [[str(meeting.public_id), why] for meeting, why in outcome.stuck],
        "people": outcome.people,
        "people_bound": outcome.people_bound,
        "lost_bound": outcome.lost_bound,
    }


def _write_down(loss: Loss, now: dt.datetime) -> None:
    lost = loss.fresh(now)
    Away.objects.bulk_create(
        [Away(participant_id=one, slot_id=slot) for one, slot in sorted(lost.away)]
    )
    InterpreterAway.objects.bulk_create(
        [InterpreterAway(interpreter_id=one, slot_id=slot) for one, slot in sorted(lost.absent)]
    )
    TableClosed.objects.bulk_create(
        [TableClosed(table_id=one, slot_id=slot) for one, slot in sorted(lost.closed)]
    )


def _carry_out(
    event: Event, loss: Loss, outcome: Outcome, *, by: User, fill: bool, now: dt.datetime
) -> tuple[int, int]:
    """Do what was reckoned: how many people are told, and how many offers made."""
    company = loss.registration
    if company is not None and not fill:
        told, offers = len(_readers(loss, outcome)), StandbyOffer.objects.filter(slot__event=event)
        before = offers.count()
        registrations.withdraw_registration(company, by=by, at=now)
        return told, offers.count() - before
    if company is None:
        _swap(outcome, now)
        shares = repair_mail.shares_of(outcome)
        repair_mail.tell(event, shares)
        standby.take_back_offers(event, loss.ahead(now), at=now)
        made = [] if fill else standby.offer_freed(_freed(outcome), at=now)
        return len(_readers(loss, outcome)), len(made)
    readers = _readers(loss, outcome)
    company, ended, requests, left = registrations.end_participation(
        company, by=by, reason="", now=now
    )
    rows = {one.pk: one for one in ended}
    for shift in outcome.of(Sort.CANCELLED):
        row = rows[shift.meeting.pk]
        shift.meeting.status, shift.meeting.sequence = row.status, row.sequence
    stays = {one.pk: one for one in left.meetings}
    shifts = [
        replace(one, meeting=stays.get(one.meeting.pk, one.meeting)) for one in outcome.shifts
    ]
    outcome = replace(outcome, shifts=shifts)  # what goes on is booked without who has left
    _swap(outcome, now)
    shares, kept = repair_mail.shares_of(outcome), notices.shares_of(left.meetings, but=company)
    repair_mail.tell(event, shares, company, kept)
    known = {share.reader.pk for share in shares}
    known |= notices.tell_of_requests_lost(company, requests, known, kept)
    handover_mail.tell_of_people(company, left.meetings, left.before, told=known)
    registration_mail.tell_of_withdrawal(company, ended)
    return len(readers), 0


def _readers(loss: Loss, outcome: Outcome) -> set[int]:
    """Keys of those who get a mail: of changed meetings, of what goes on, of requests that end."""
    readers = {share.reader.pk for share in repair_mail.shares_of(outcome)}
    readers.update(notices.shares_of(outcome.going_on))
    readers |= interpreter_mail.readers_of(interpreter_mail.calls_of(outcome))
    company = loss.registration
    if company is not None:
        for request in MeetingRequest.objects.open().of(company):
            readers.update(one.pk for one in notices.speakers(request.other_side(company)))
    return readers


def _swap(outcome: Outcome, now: dt.datetime) -> None:
    """Give meetings their new places, all bookings at once."""
    changed = [one for one in outcome.shifts if one.sort is not Sort.CANCELLED]
    for shift in changed:
        _seat(shift, now)
    try:
        placing.save_all([one.meeting for one in changed])
    except IntegrityError:
        raise changed_meanwhile() from None
    elsewhere = [one.meeting.pk for one in changed if one.sort in (Sort.MOVED, Sort.LOST)]
    TimeProposal.objects.filter(meeting__in=elsewhere, status=TimeProposal.Status.PENDING).update(
        status=TimeProposal.Status.WITHDRAWN, decided_at=now
    )
    for shift in outcome.of(Sort.FILLED):
        placing.close_offers(shift.meeting)


def _seat(shift: Shift, now: dt.datetime) -> None:
    meeting = shift.meeting
    if shift.after is None:
        meeting.slot = meeting.table = None
        meeting.interpreter = None
        meeting.status = Meeting.Status.UNSCHEDULED
    else:
        meeting.slot, meeting.table, meeting.interpreter = shift.after
    if shift.sort is Sort.FILLED:
        meeting.status, meeting.is_told = Meeting.Status.CONFIRMED, True
    if shift.sort is Sort.MOVED:
        meeting.moves += 1
    meeting.sequence += 1
    meeting.changed_at = now


def _freed(outcome: Outcome) -> list[Meeting]:
    """One meeting for each time that was freed, as it was."""
    freed: dict[int, Meeting] = {}
    for shift in outcome.of(Sort.MOVED, Sort.LOST):
        if shift.before is not None and shift.before[0].pk not in freed:
            left = copy.copy(shift.meeting)
            left.slot = shift.before[0]
            freed[left.slot.pk] = left
    return list(freed.values())
