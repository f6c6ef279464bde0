"""Publishing a timetable swaps it in whole: all meetings get their places in one transaction.

People are told by a job that is written with it (``services.timetable_mail``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import User
from chambers.services import jobs
from chambers.services.people import demand_manager
from marketplace.models import Booking, Event, Meeting, Timetable
from marketplace.selectors.timetables import Place, places_of
from marketplace.services.calendars import bookings_of, hold_event
from marketplace.services.timetables import demand_plan, lock_timetable

TELL = "marketplace.timetable.tell"
State = Timetable.Status
_Told = list[Any]  # [status, slot, table, interpreter] of a meeting, as public ids


@transaction.atomic
def publish_timetable(timetable: Timetable, *, by: User, final: bool = False) -> Timetable:
    """Swap a version in: every meeting gets its slot and table at once, and people are told.

    Provisional first, so that people may object; ``final`` confirms. What a person confirmed or
    locked meanwhile stays. Raises ValidationError ``being_made``, ``no_plan``, ``superseded``,
    ``changed_meanwhile``; PermissionDenied for who does not manage the organiser.
    """
    demand_manager(by, timetable.event.chamber)
    event = hold_event(timetable.event)
    timetable = lock_timetable(timetable)
    demand_plan(timetable)
    former = Timetable.objects.filter(event=event).in_force().exclude(pk=timetable.pk)
    first = not former.exists() and timetable.status == State.DRAFT
    turned_final = final and not former.filter(status=State.FINAL).exists()
    former.update(status=State.SUPERSEDED)
    status = Meeting.Status.CONFIRMED if final else Meeting.Status.PROVISIONAL
    changes = _swap(event, places_of(timetable), status, set(timetable.problem["meetings"]))
    timetable.status = State.FINAL if final else State.PROVISIONAL
    timetable.published_at = timezone.now()
    timetable.save(update_fields=["status", "published_at"])
    _tell_later(timetable, changes, everybody=first or turned_final, by=by)
    return timetable


@transaction.atomic
def unpublish_timetable(timetable: Timetable, *, by: User) -> Timetable:
    """Take a published version back: its meetings lose their times, and people are told.

    Meetings that have begun, that a person locked, or that have moved since keep theirs. Raises
    ValidationError ``not_published``, PermissionDenied for who does not manage the organiser.
    """
    demand_manager(by, timetable.event.chamber)
    event = hold_event(timetable.event)
    timetable = lock_timetable(timetable)
    if timetable.status not in (State.PROVISIONAL, State.FINAL):
        raise ValidationError(_("This version is not published."), code="not_published")
    still = {
        key: (slot, locked, starts_at <= timezone.now())
        for key, slot, locked, starts_at in _placed(event)
    }
    gone = {
        key
        for key, place in places_of(timetable).items()
        if still.get(key) == (place[0].pk, False, False)
    }
    changes = _swap(event, {}, Meeting.Status.UNSCHEDULED, gone, anyhow=True)
    timetable.status = State.DRAFT
    timetable.published_at = None
    timetable.save(update_fields=["status", "published_at"])
    _tell_later(timetable, changes, everybody=False, by=by)
    return timetable


def _placed(event: Event) -> Iterable[tuple[str, int, bool, dt.datetime]]:
    rows = Meeting.objects.filter(event=event, slot__isnull=False)
    told = rows.values_list("public_id", "slot_id", "locked", "slot__starts_at")
    return ((str(key), slot, locked, starts_at) for key, slot, locked, starts_at in told)


def _swap(
    event: Event,
    places: Mapping[str, Place],
    status: str,
    planned: set[str],
    *,
    anyhow: bool = False,
) -> dict[str, list[_Told]]:
    """Give the planned meetings their places; {public id: before, after} of those that change.

    A meeting without a place becomes unscheduled. Unless ``anyhow``, what a person has confirmed
    or locked at another time keeps that time.
    """
    rows = Meeting.objects.filter(
        event=event, status__in=Meeting.AHEAD, public_id__in=planned
    ).select_for_update(of=("self",))
    meetings = rows.select_related("event", "slot", "table", "interpreter", "host", "guest")
    changed, changes = [], {}
    for meeting in meetings.prefetch_related("others").order_by("pk"):
        key, place = str(meeting.public_id), places.get(str(meeting.public_id))
        before = _state(meeting)
        settled = meeting.locked or meeting.status == Meeting.Status.CONFIRMED
        moves = place is None or place[0].pk != meeting.slot_id
        if settled and moves and meeting.slot_id is not None and not anyhow:
            continue
        _seat(meeting, place, status)
        if _state(meeting) != before:
            meeting.sequence += 1
            meeting.changed_at = timezone.now()
            changed.append(meeting)
            changes[key] = [before, _state(meeting)]
    _save(changed)
    return changes


def _seat(meeting: Meeting, place: Place | None, status: str) -> None:
    if place is None:
        meeting.slot = meeting.table = None
        meeting.interpreter = None
        meeting.status = Meeting.Status.UNSCHEDULED
        return
    meeting.slot, meeting.table, meeting.interpreter = place
    if meeting.status != Meeting.Status.CONFIRMED:
        meeting.status = status


def _save(meetings: list[Meeting]) -> None:
    """Write places and bookings of many meetings; all of them or none."""
    try:
        with transaction.atomic():
            Booking.objects.filter(meeting__in=meetings).delete()
            Meeting.objects.bulk_update(
                meetings,
                ["slot", "table", "interpreter", "status", "sequence", "changed_at"],
                batch_size=500,
            )
            Booking.objects.bulk_create(
                [
                    booking
                    for meeting in meetings
                    if meeting.slot is not None
                    for booking in bookings_of(meeting, meeting.people())
                ],
                batch_size=2000,
            )
    except IntegrityError:
        raise ValidationError(
            _(
                "Meetings have changed since this version was made, and its places are no longer"
                " free: make a new version."
            ),
            code="changed_meanwhile",
        ) from None


def _state(meeting: Meeting) -> _Told:
    parts = (meeting.slot, meeting.table, meeting.interpreter)
    return [meeting.status, *(str(one.public_id) if one is not None else None for one in parts)]


def _tell_later(
    timetable: Timetable, changes: dict[str, list[_Told]], *, everybody: bool, by: User
) -> None:
    jobs.enqueue(
        TELL,
        {"timetable": timetable.pk, "changes": changes, "everybody": everybody},
        by=by,
        chamber=timetable.event.chamber,
        priority=4,
    )
