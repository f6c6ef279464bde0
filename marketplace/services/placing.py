"""What all services that place, move and end meetings share; each holds the event first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import User
from marketplace.models import (
    Booking,
    Event,
    Meeting,
    Participant,
    Registration,
    Slot,
    StandbyOffer,
    Table,
    TimeProposal,
)
from marketplace.selectors.orders import out_of_order
from marketplace.selectors.parts import told_meetings
from marketplace.services import calendars, interpreter_mail, notices
from marketplace.services.former_places import keep_former

Status = Meeting.Status


def lock_meeting(meeting: Meeting) -> Meeting:
    """The meeting as it stands, and its event held; nobody else changes either meanwhile.

    Raises ValidationError ``gone`` for a proposal that was taken back meanwhile.
    """
    event = calendars.hold_event(meeting.event)
    locked = (
        Meeting.objects.select_for_update(of=("self",))
        .select_related(
            "slot",
            "session",
            "table__hall",
            "interpreter__person",
            "host__registration__company",
            "host__person",
            "guest__registration__company",
            "guest__person",
        )
        .filter(pk=meeting.pk)
        .first()
    )
    if locked is None:
        raise gone()
    locked.event = event
    for one in (locked.host, locked.guest):
        one.registration.event = event
    return locked


def change_time(
    meeting: Meeting, slot: Slot, *, table: Table | None = None, at: dt.datetime | None = None
) -> Meeting:
    """Put a locked meeting into a slot and tell its people the old time and the new one."""
    demand_alive(meeting)
    first, was = not meeting.is_placed, notices.as_it_was(meeting)
    before = interpreter_mail.place_now(meeting)
    set_place(meeting, slot, table, at)
    if first:
        meeting.status = Status.CONFIRMED
    elif was.slot_id is not None and was.slot_id != slot.pk:
        meeting.moves += 1
    meeting.sequence += 1
    save_placed(meeting)
    TimeProposal.objects.filter(meeting=meeting, status=TimeProposal.Status.PENDING).update(
        status=TimeProposal.Status.WITHDRAWN, decided_at=timezone.now()
    )
    close_offers(meeting)
    if first:
        notices.tell_of_meeting("confirmed", meeting)
    else:
        notices.tell_of_meeting("moved", meeting, was=was)
    interpreter_mail.tell_of_change(meeting, before)
    return meeting


def end_meeting(
    meeting: Meeting,
    *,
    by: User | None,
    side: Registration | None,
    reason: str = "",
    cause: str = "",
    at: dt.datetime | None = None,
) -> None:
    """Cancel a locked meeting and let go of what it holds; its last time stays to be told.

    ``reason`` is what a person wrote; a ``cause`` is told to each reader in their language.
    """
    calendars.release(meeting)
    meeting.status, meeting.sequence = Status.CANCELLED, meeting.sequence + 1
    meeting.cancelled_by, meeting.cancelled_side = by, side
    meeting.cancelled_at, meeting.reason = at or timezone.now(), reason
    meeting.cause = cause
    meeting.locked = False
    meeting.save(
        update_fields=[
            "status",
            "sequence",
            "cancelled_by",
            "cancelled_side",
            "cancelled_at",
            "reason",
            "cause",
            "locked",
            "changed_at",
        ]
    )
    TimeProposal.objects.filter(meeting=meeting, status=TimeProposal.Status.PENDING).update(
        status=TimeProposal.Status.WITHDRAWN, decided_at=timezone.now()
    )
    close_offers(meeting)


def close_offers(*meetings: Meeting) -> None:
    """Meetings that have a time or are cancelled are offered no other."""
    StandbyOffer.objects.filter(meeting__in=meetings, status__in=StandbyOffer.LIVE).update(
        status=StandbyOffer.Status.VOID, decided_at=timezone.now()
    )


def side_of(meeting: Meeting, by: User) -> Registration | None:
    """The company for which ``by`` decides in a meeting; None for the organiser's manager.

    Raises PermissionDenied for anyone else.
    """
    for one in meeting.people():
        if Registration.objects.edited_by(by).filter(pk=one.registration_id).exists():
            return one.registration
    if Event.objects.managed_by(by).filter(pk=meeting.event_id).exists():
        return None
    raise PermissionDenied(_("Only the two companies and the organiser may do this."))


def refuse_frozen(
    meeting: Meeting, slot: Slot | None = None, at: dt.datetime | None = None
) -> None:
    """Raise ValidationError ``frozen`` when old or new time begins within the freeze window."""
    until = (at or timezone.now()) + dt.timedelta(minutes=meeting.event.freeze_minutes)
    if any(one is not None and one.starts_at <= until for one in (meeting.slot, slot)):
        raise ValidationError(
            _("Nothing that begins in less than %(minutes)d minutes is moved: ask the desk."),
            code="frozen",
            params={"minutes": meeting.event.freeze_minutes},
        )


def demand_ahead(meeting: Meeting, at: dt.datetime | None = None) -> None:
    """Raise ValidationError ``over`` for a meeting that has begun, is over or cancelled."""
    begun = meeting.slot is not None and meeting.slot.starts_at <= (at or timezone.now())
    if meeting.status not in Meeting.AHEAD or begun:
        raise ValidationError(
            _("This meeting has begun or is over: %(status)s."),
            code="over",
            params={"status": meeting.get_status_display()},
        )


def demand_alive(meeting: Meeting) -> None:
    """Raise ValidationError ``over`` for a meeting that was held, missed or cancelled."""
    if meeting.status not in Meeting.AHEAD:
        raise ValidationError(
            _("This meeting is over: %(status)s."),
            code="over",
            params={"status": meeting.get_status_display()},
        )


def demand_not_cancelled(event: Event) -> None:
    """Raise ValidationError ``cancelled`` for an event that was called off."""
    if event.cancelled_at is not None:
        raise ValidationError(_("This event is cancelled."), code="cancelled")


def demand_coming(person: Participant) -> None:
    """Raise ValidationError ``gone`` for somebody who, as the rows stand, no longer comes."""
    if not Participant.objects.coming().filter(pk=person.pk).exists():
        raise ValidationError(
            _("%(person)s no longer comes: choose somebody else."),
            code="gone",
            params={"person": person.name},
        )


def demand_taking_part(event: Event, people: Sequence[Participant]) -> None:
    """Raise ValidationError ``other_event``, ``gone`` or ``not_admitted`` for who is not there."""
    for one in people:
        if one.registration.event_id != event.pk:
            raise other_event()
        demand_coming(one)
        if one.registration.status != Registration.Status.ADMITTED:
            raise ValidationError(
                _("%(company)s does not take part: admit it first."),
                code="not_admitted",
                params={"company": str(one.registration.company)},
            )


def demand_different_people(people: Sequence[Participant]) -> None:
    """Raise ValidationError ``same_person`` where one person is to meet for two companies."""
    seen: set[int] = set()
    for one in people:
        if one.person_id in seen:
            raise ValidationError(
                _("%(person)s comes for both companies: name somebody else of one of them."),
                code="same_person",
                params={"person": str(one)},
            )
        if one.person_id is not None:
            seen.add(one.person_id)


def set_place(
    meeting: Meeting, slot: Slot, table: Table | None = None, at: dt.datetime | None = None
) -> None:
    """Give a meeting a slot and a table, not yet saved; what it needs is held on saving.

    Raises ValidationError ``cancelled``, ``other_event``, ``past``, ``away``, ``section``,
    ``order``, ``closed``, ``no_table``.
    """
    demand_not_cancelled(meeting.event)
    if slot.event_id != meeting.event_id or (
        table is not None and table.event_id != meeting.event_id
    ):
        raise other_event()
    people = meeting.people()
    if slot.starts_at <= (at or timezone.now()):
        raise ValidationError(_("This time is over: choose a later one."), code="past")
    for one in people:
        if one.away.filter(
            slot__starts_at__lt=slot.ends_at, slot__ends_at__gt=slot.starts_at
        ).exists():
            raise ValidationError(
                _("%(person)s is not available then: choose another time."),
                code="away",
                params={"person": one.name},
            )
    if table is not None:
        calendars.demand_open(table, slot)
    if meeting.session is not None and not meeting.session.holds(slot):
        raise ValidationError(
            _(
                "This time is outside the section of the meeting (%(section)s): choose another,"
                " or let the organiser take the meeting out of the section."
            ),
            code="section",
            params={"section": str(meeting.session)},
        )
    if clash := out_of_order(meeting, slot):
        raise ValidationError(
            _(
                "The order of meetings does not let it be then: %(names)s. Choose another time,"
                " or let the organiser drop that order."
            ),
            code="order",
            params={"names": "; ".join(told_meetings(clash)[:3])},
        )
    meeting.table = table or calendars.pick_table(meeting.event, slot, people, besides=meeting)
    meeting.slot = slot
    if not calendars.interpreter_is_there(meeting, slot):
        meeting.interpreter = None  # staff sees at once which meetings lack one


def save_placed(meeting: Meeting) -> None:
    """Hold what the meeting needs and save it; a placed meeting never stands without either.

    From then on its people know of it.
    """
    calendars.book(meeting)
    keep_former([meeting])
    meeting.is_told = True
    meeting.save(
        update_fields=[
            "slot",
            "table",
            "interpreter",
            "status",
            "sequence",
            "is_told",
            "moves",
            "changed_at",
        ]
    )


def save_all(meetings: Sequence[Meeting]) -> None:
    """Write many changed meetings and what they hold, all bookings swapped at once, or nothing.

    Raises IntegrityError when something would be held twice.
    """
    with transaction.atomic():
        calendars.hold_accounts(
            one for meeting in meetings if meeting.slot is not None for one in meeting.people()
        )
        keep_former(meetings)
        Booking.objects.filter(meeting__in=meetings).delete()
        Meeting.objects.bulk_update(
            meetings,
            [
                "slot",
                "table",
                "interpreter",
                "status",
                "sequence",
                "is_told",
                "moves",
                "changed_at",
            ],
            batch_size=500,
        )
        Booking.objects.bulk_create(
            [
                booking
                for meeting in meetings
                if meeting.slot is not None
                for booking in calendars.bookings_of(meeting, meeting.people())
            ],
            batch_size=2000,
        )


def place_new(
    meeting: Meeting, slot: Slot, *, status: str = Status.CONFIRMED, at: dt.datetime | None = None
) -> None:
    """Place a saved meeting without a time for the first time; nobody is told here."""
    set_place(meeting, slot, at=at)
    meeting.status, meeting.sequence = Status(status), meeting.sequence + 1
    save_placed(meeting)


def gone() -> ValidationError:
    """The refusal of what is no longer there."""
    return ValidationError(_("Somebody has removed this meanwhile."), code="gone")


def other_event() -> ValidationError:
    """The refusal of what belongs elsewhere."""
    return ValidationError(_("This belongs to another event."), code="other_event")
