"""Freed times: offered to meetings that have none, one after another, with a time to answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, IntegerField, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import User
from chambers.services import jobs
from marketplace.models import Event, Meeting, MeetingRequest, Registration, Slot, StandbyOffer
from marketplace.selectors.standby import each_answers, yet_to_accept
from marketplace.services import calendars, notices, placing

Status = StandbyOffer.Status
REPLY = dt.timedelta(hours=24)
REPLY_AT_EVENT = dt.timedelta(minutes=30)
MOST = 5  # meetings in line for one freed time


def offer_freed(freed: Iterable[Meeting], *, at: dt.datetime | None = None) -> list[StandbyOffer]:
    """Offer the times that cancelled or moved meetings held; the event is held by the caller.

    Meetings without a time whose people are free then stand in line: must-meet wishes first,
    then who agreed to meet first. The first of each line is asked at once. While a timetable is
    still to come nothing is offered: it fills what is free.
    """
    now, made = at or timezone.now(), []
    for meeting in freed:
        slot = meeting.slot
        if slot is None or slot.starts_at <= now or meeting.event.awaits_timetable(now):
            continue
        fitting = (one for one in waiting(meeting.event) if _fits(one, slot, now))
        line = islice(fitting, MOST)  # nobody further back is looked at
        made += StandbyOffer.objects.bulk_create(
            [
                StandbyOffer(
                    meeting=one, slot=slot, freed_by=meeting, rank=rank, reason=_reason(one)
                )
                for rank, one in enumerate(line, start=1)
            ],
            ignore_conflicts=True,
        )
        _ask_next(meeting.event, slot, now)
    return made


def take_back_offers(event: Event, lost: Iterable[Slot], *, at: dt.datetime) -> None:
    """Void open offers of times that came to lack what their meetings need; ask the next in line.

    ``lost`` are slots in which somebody or something is not to be had any more: it is written
    down already, and the event is held by the caller.
    """
    spans = [(slot.starts_at, slot.ends_at) for slot in lost]
    live = StandbyOffer.objects.filter(slot__event=event, status__in=StandbyOffer.LIVE)
    slots: dict[int, Slot] = {}
    for offer in live.select_related("slot", "meeting").order_by("pk"):
        slot = offer.slot
        if not any(start < slot.ends_at and slot.starts_at < end for start, end in spans):
            continue
        if not _fits(placing.lock_meeting(offer.meeting), slot, at):
            _close(offer, Status.VOID, at)
            slots[slot.pk] = slot
    for slot in slots.values():
        _ask_next(event, slot, at)


@transaction.atomic
def accept_offer(offer: StandbyOffer, *, by: User, at: dt.datetime | None = None) -> StandbyOffer:
    """Agree to the offered time; the meeting has it once all its sides do.

    They agreed to meet, not to this time, so each answers for itself: its day may have filled.
    Once the event has begun the time is too short for that, and the first answer counts for all,
    as the organiser's always does. To accept twice changes nothing.

    Raises ValidationError ``not_waiting`` when it was answered, ran out or is taken;
    PermissionDenied for who speaks for no side nor for the organiser.
    """
    offer, meeting = _lock_offered(offer, by, at)
    sides = {one.registration_id for one in meeting.people()}
    ours = Registration.objects.edited_by(by).filter(pk__in=sides)
    offer.accepted_by.add(*ours)
    if ours and each_answers(meeting.event, at) and yet_to_accept(offer):
        return offer
    offer.status, offer.decided_at = Status.ACCEPTED, at or timezone.now()
    offer.save(update_fields=["status", "decided_at"])
    placing.change_time(meeting, offer.slot, at=at)
    _ask_next(meeting.event, offer.slot, at or timezone.now())  # other tables may be free then
    return offer


@transaction.atomic
def decline_offer(offer: StandbyOffer, *, by: User, at: dt.datetime | None = None) -> StandbyOffer:
    """Leave the offered time to the next in line. Raises as ``accept_offer``."""
    offer, meeting = _lock_offered(offer, by, at)
    _close(offer, Status.DECLINED, at or timezone.now())
    _ask_next(meeting.event, offer.slot, at or timezone.now())
    return offer


@jobs.by_the_clock
def expire_offers(now: dt.datetime) -> None:
    """Pass on what nobody answered in time, and what the first in line no longer needs."""
    for event in Event.objects.filter(
        pk__in=StandbyOffer.objects.due(now).values("meeting__event")
    ):
        with jobs.spared(event), transaction.atomic():
            calendars.hold_event(event)
            late = StandbyOffer.objects.due(now).filter(meeting__event=event)
            for offer in late.select_related("slot"):
                _close(offer, Status.EXPIRED, now)
                _ask_next(event, offer.slot, now)
    asked = StandbyOffer.objects.filter(status=Status.OFFERED).values("slot")
    left = StandbyOffer.objects.filter(status=Status.WAITING).exclude(slot__in=asked)
    for slot in Slot.objects.filter(pk__in=left.values("slot")).select_related("event"):
        with jobs.spared(slot), transaction.atomic():
            _ask_next(calendars.hold_event(slot.event), slot, now)


def waiting(event: Event) -> Iterable[Meeting]:
    """Meetings without a time in order of rank, of those that their sides are told of."""
    must = Q(request__wish=MeetingRequest.Wish.MUST)
    first = Case(When(must, then=Value(0)), default=Value(1), output_field=IntegerField())
    return (
        Meeting.objects.told()
        .filter(event=event, status=Meeting.Status.UNSCHEDULED)
        .select_related("host__registration", "guest__registration", "request", "event", "session")
        .prefetch_related("others")
        .order_by(first, "created_at", "pk")
    )


def _fits(meeting: Meeting, slot: Slot, now: dt.datetime) -> bool:
    """Whether all it needs is free then, and the time is one that was agreed to."""
    request, session = meeting.request, meeting.session
    wanted = set(request.slots.values_list("pk", flat=True)) if request is not None else set()
    if wanted and slot.pk not in wanted:
        return False
    if session is not None and not session.holds(slot):
        return False
    if not calendars.interpreter_is_there(meeting, slot):
        return False
    people, same = meeting.people(), Slot.objects.filter(pk=slot.pk)
    return calendars.free_slots(
        meeting.event, people, among=same, besides=meeting, at=now
    ).exists() and calendars.has_table(meeting.event, slot, people)


def _reason(meeting: Meeting) -> StandbyOffer.Reason:
    request = meeting.request
    must = request is not None and request.wish == MeetingRequest.Wish.MUST
    return StandbyOffer.Reason.MUST if must else StandbyOffer.Reason.AGREED


def _ask_next(event: Event, slot: Slot, now: dt.datetime) -> None:
    """Ask the first in line whose people are still free; one at a time for one slot."""
    line = StandbyOffer.objects.filter(slot=slot).order_by("rank", "pk")
    if line.filter(status=Status.OFFERED).exists():
        return
    for offer in line.filter(status=Status.WAITING).select_related("meeting"):
        meeting = placing.lock_meeting(offer.meeting)
        if meeting.status != Meeting.Status.UNSCHEDULED or not _fits(meeting, slot, now):
            _close(offer, Status.VOID, now)
            continue
        reply = REPLY_AT_EVENT if now >= event.begins_at else REPLY
        offer.status, offer.answer_by = Status.OFFERED, min(now + reply, slot.starts_at)
        offer.save(update_fields=["status", "answer_by"])
        for reader, participant in notices.attendees(meeting):
            own = participant.registration
            extra: dict[str, Any] = notices.offered(slot, own, reader, offer.answer_by)
            extra["each"] = each_answers(event, now)
            notices.tell_attendee("standby", meeting, reader, participant, extra=extra)
        return


def _lock_offered(
    offer: StandbyOffer, by: User, at: dt.datetime | None
) -> tuple[StandbyOffer, Meeting]:
    meeting = placing.lock_meeting(offer.meeting)
    placing.side_of(meeting, by)
    rows = StandbyOffer.objects.select_for_update(of=("self",)).select_related("slot__event")
    locked = rows.get(pk=offer.pk)
    locked.meeting = meeting
    over = locked.answer_by is not None and locked.answer_by <= (at or timezone.now())
    has_time = meeting.status != Meeting.Status.UNSCHEDULED
    if locked.status != Status.OFFERED or over or has_time:
        void = locked.status == Status.OFFERED and has_time
        raise ValidationError(
            _("This offer is no longer open: %(status)s."),
            code="not_waiting",
            params={"status": Status.VOID.label if void else locked.get_status_display()},
        )
    return locked, meeting


def _close(offer: StandbyOffer, status: StandbyOffer.Status, now: dt.datetime) -> None:
    offer.status, offer.decided_at = status, now
    offer.save(update_fields=["status", "decided_at"])
