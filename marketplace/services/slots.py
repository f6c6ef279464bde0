"""Every change to the times in which meetings may be.

``by`` is a manager of the organiser; None is the installation itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import User
from marketplace.models import (
    Away,
    Event,
    InterpreterAway,
    Meeting,
    MeetingRequest,
    Slot,
    StandbyOffer,
    TableClosed,
    TimeProposal,
)
from marketplace.selectors.parts import against_changing_slot, against_removing
from marketplace.services import notices, placing
from marketplace.services.events import hold_to_set_up, moment_of
from marketplace.services.parts import refuse


@transaction.atomic
def add_slots(
    event: Event,
    *,
    by: User | None,
    day: dt.date,
    starts: dt.time,
    ends: dt.time,
    minutes: int,
    gap: int = 0,
    breaks: Iterable[tuple[dt.time, dt.time]] = (),
) -> list[Slot]:
    """Fill hours of a day with slots of one length; another length is another call.

    Times are those of the place. ``gap`` are free minutes after each slot, ``breaks`` (from,
    until) are left free; the slots after a break begin at its end. Slots that are there already
    stay. Returns the new ones.

    Raises ValidationError ``outside`` for a day that is no day of the event, ``no_length``, and
    ``too_short`` when no slot fits.
    """
    event = hold_to_set_up(event, by)
    if not event.starts_on <= day <= event.ends_on:
        raise _outside()
    if not 1 <= minutes <= 24 * 60 or gap < 0:
        raise ValidationError(_("Give a length of one minute or more."), code="no_length")
    pauses = sorted((moment_of(event, day, a), moment_of(event, day, b)) for a, b in breaks)
    length, between = dt.timedelta(minutes=minutes), dt.timedelta(minutes=gap)
    at, until, times = moment_of(event, day, starts), moment_of(event, day, ends), []
    while at + length <= until:
        pause = next((one for one in pauses if one[0] < at + length and at < one[1]), None)
        if pause is not None:
            at = pause[1]
            continue
        times.append((at, at + length))
        at += length + between
    if not times:
        raise ValidationError(_("No slot of this length fits into these hours."), code="too_short")
    known = set(event.slots.values_list("starts_at", "ends_at"))
    return Slot.objects.bulk_create(
        Slot(event=event, starts_at=a, ends_at=b) for a, b in times if (a, b) not in known
    )


@transaction.atomic
def change_slot(
    slot: Slot,
    *,
    by: User | None,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    at: dt.datetime | None = None,
) -> Slot:
    """Give a slot that nobody counts on another time.

    Absences stay where old and new time overlap, else they are forgotten; offers of the old time
    are void. Raises ValidationError ``has_meetings``, ``in_the_records``, ``asked_for``,
    ``outside``, ``slot_exists``, ``gone``.
    """
    event = hold_to_set_up(slot.event, by)
    slot = _current(slot)
    before = (slot.starts_at, slot.ends_at)
    if (starts_at, ends_at) == before:
        return slot
    refuse(against_changing_slot(slot, at))
    slot.starts_at, slot.ends_at = starts_at, ends_at
    slot.event = event
    if not (event.begins_at <= starts_at and ends_at <= event.over_at):
        raise _outside()
    slot.full_clean()
    _let_go(slot, at or timezone.now())
    if before[1] <= starts_at or ends_at <= before[0]:
        for model in (Away, InterpreterAway, TableClosed):
            model.objects.filter(slot=slot).delete()
    slot.save(update_fields=["starts_at", "ends_at"])
    return slot


@transaction.atomic
def remove_slots(
    slots: Iterable[Slot], *, event: Event, by: User | None, at: dt.datetime | None = None
) -> int:
    """Take slots away in which nothing happens; how many.

    Absences in them are forgotten. A request whose last acceptable time goes would become one for
    any time: while it waits for an answer it ends, and both sides are told; where the companies
    have agreed the slot stays. So does one in which somebody meets or met.

    Raises ValidationError ``has_meetings``, ``in_the_records``, ``asked_for``.
    """
    event = hold_to_set_up(event, by)
    chosen = Slot.objects.filter(event=event, pk__in=[slot.pk for slot in slots])
    count = 0
    for slot in chosen.select_for_update().order_by("pk"):
        slot.event = event
        refuse(against_removing(slot, at))
        _let_go(slot, at or timezone.now())
        slot.delete()
        count += 1
    return count


def _current(slot: Slot) -> Slot:
    current = Slot.objects.select_for_update().filter(pk=slot.pk).first()
    if current is None:
        raise ValidationError(_("Somebody has removed this meanwhile."), code="gone")
    return current


def _outside() -> ValidationError:
    return ValidationError(_("This is no day of the event."), code="outside")


def _let_go(slot: Slot, now: dt.datetime) -> None:
    """Take a slot out of all that would have come to it: requests, proposals, offers, memories."""
    Meeting.objects.filter(slot=slot, status=Meeting.Status.CANCELLED).update(slot=None)
    offers = StandbyOffer.objects.filter(slot=slot, status__in=StandbyOffer.LIVE)
    offers.update(status=StandbyOffer.Status.VOID, decided_at=now)
    _end_requests(slot, now)
    for proposal in TimeProposal.objects.open().filter(slots=slot).select_for_update(of=("self",)):
        proposal.slots.remove(slot)
        if not proposal.slots.exists():
            proposal.status, proposal.decided_at = TimeProposal.Status.WITHDRAWN, now
            proposal.save(update_fields=["status", "decided_at"])
            notices.tell_of_meeting("stays", placing.lock_meeting(proposal.meeting))


def _end_requests(slot: Slot, now: dt.datetime) -> None:
    """End what waits for an answer and has no time left; a draft ends as silently as it began."""
    asked = MeetingRequest.Status
    waiting = MeetingRequest.objects.filter(
        slots=slot, status__in=[*MeetingRequest.OPEN, asked.DRAFT]
    )
    rows = waiting.select_for_update(of=("self",)).select_related(
        "event__chamber", "requester__event", "partner__event"
    )
    for request in rows.order_by("pk"):
        request.slots.remove(slot)
        if request.slots.exists():
            continue
        was_draft = request.status == asked.DRAFT
        request.status = asked.WITHDRAWN if was_draft else asked.EXPIRED
        request.decided_at, request.answer_from = now, None
        request.save(update_fields=["status", "decided_at", "answer_from"])
        for side in () if was_draft else (request.requester, request.partner):
            notices.tell_of_request("times_gone", request, to=side)
