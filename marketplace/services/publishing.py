"""Publishing a timetable swaps it in whole: all meetings get their places in one transaction.

People are told by a job that is written with it (``services.timetable_mail``).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import Job, User
from chambers.services import jobs
from chambers.services.people import demand_manager
from marketplace.models import (
    Away,
    Event,
    InterpreterAway,
    Meeting,
    Participant,
    Slot,
    Table,
    TableClosed,
    Timetable,
)
from marketplace.selectors.standing import place_held
from marketplace.selectors.timetables import Place, places_of
from marketplace.services.calendars import hold_event, seats
from marketplace.services.placing import close_offers, save_all
from marketplace.services.stale import refuse_broken_orders, refuse_changed_parts
from marketplace.services.timetables import demand_plan, lock_timetable

TELL = "marketplace.timetable.tell"
State = Timetable.Status
KINDS = {State.PROVISIONAL: "timetable_provisional", State.FINAL: "timetable_final"}
CHANGED, WITHDRAWN = "timetable_changed", "timetable_withdrawn"
_Told = list[Any]  # [status, slot, table, interpreter as public ids, whether its people know]
_SHOWN = 4  # of these are read


@transaction.atomic
def publish_timetable(
    timetable: Timetable, *, by: User, final: bool = False, at: dt.datetime | None = None
) -> Timetable:
    """Swap a version in: every meeting gets its slot and table at once, and people are told.

    Provisional first, so that people may object; ``final`` confirms. What a person confirmed,
    moved or locked meanwhile stays; of the version in force, that turns final, everything stays
    where it is by now, what was repaired too. Raises ValidationError ``being_made``, ``no_plan``,
    ``superseded``, ``already_published``, ``changed_meanwhile`` (a place is no longer free, its
    people are away, its time is too near); PermissionDenied for who does not manage the organiser.
    """
    demand_manager(by, timetable.event.chamber)
    event = hold_event(timetable.event)
    timetable = lock_timetable(timetable)
    demand_plan(timetable)
    in_force = timetable.status == State.PROVISIONAL
    if timetable.status == State.FINAL or (in_force and not final):
        raise ValidationError(_("This version is published already."), code="already_published")
    if not in_force:
        refuse_changed_parts(timetable)
    former = Timetable.objects.filter(event=event).in_force().exclude(pk=timetable.pk).first()
    first = former is None and timetable.status == State.DRAFT
    turned_final = final and (former is None or former.status != State.FINAL)
    placed = set(timetable.problem.get("placed", []))
    if former is not None:
        placed |= set(former.problem.get("placed", []))
        former.status = State.SUPERSEDED
        former.save(update_fields=["status"])
    status = Meeting.Status.CONFIRMED if final else Meeting.Status.PROVISIONAL
    now = at or timezone.now()
    planned = set(timetable.problem["meetings"])
    places = None if in_force else places_of(timetable)
    changes = _swap(event, places, status, planned, now)
    placed |= {key for key, (before, after) in changes.items() if before[1] != after[1]}
    timetable.problem["placed"] = sorted(placed)
    timetable.status = State.FINAL if final else State.PROVISIONAL
    timetable.published_at = now
    timetable.save(update_fields=["status", "published_at", "problem"])
    _tell_later(timetable, changes, everybody=first or turned_final, by=by)
    return timetable


@transaction.atomic
def unpublish_timetable(timetable: Timetable, *, by: User) -> Timetable:
    """Take a published version back: meetings lose the times it gave them, and people are told.

    Meetings that have begun, that a person placed, moved or locked keep theirs. Raises
    ValidationError ``not_published``, PermissionDenied for who does not manage the organiser.
    """
    demand_manager(by, timetable.event.chamber)
    event = hold_event(timetable.event)
    timetable = lock_timetable(timetable)
    if timetable.status not in (State.PROVISIONAL, State.FINAL):
        raise ValidationError(_("This version is not published."), code="not_published")
    placed = set(timetable.problem.get("placed", []))
    places = places_of(timetable)
    gone = {
        key
        for key, slot, locked, starts_at in _placed(event)
        if key in placed
        and key in places
        and places[key][0].pk == slot
        and not locked
        and starts_at > timezone.now()
    }
    changes = _swap(event, {}, Meeting.Status.UNSCHEDULED, gone, timezone.now(), anyhow=True)
    timetable.problem["placed"] = sorted(placed - gone)
    timetable.status = State.DRAFT
    timetable.published_at = None
    timetable.save(update_fields=["status", "published_at", "problem"])
    _tell_later(timetable, changes, everybody=False, by=by)
    return timetable


def _placed(event: Event) -> Iterable[tuple[str, int, bool, dt.datetime]]:
    rows = Meeting.objects.filter(event=event, slot__isnull=False)
    told = rows.values_list("public_id", "slot_id", "locked", "slot__starts_at")
    return ((str(key), slot, locked, starts_at) for key, slot, locked, starts_at in told)


def _swap(
    event: Event,
    places: Mapping[str, Place] | None,
    status: str,
    planned: set[str],
    now: dt.datetime,
    *,
    anyhow: bool = False,
) -> dict[str, list[_Told]]:
    """Give the planned meetings their places; {public id: before, after} of those that change.

    A meeting without a place becomes unscheduled; with ``None`` for the places each keeps what it
    has, a time or none. Unless ``anyhow``, one whose time a person has
    set, or that begins within the freeze window, keeps time, table and interpreter; it is
    confirmed with the others.
    """
    rows = Meeting.objects.filter(
        event=event, status__in=Meeting.AHEAD, public_id__in=planned
    ).select_for_update(of=("self",))
    meetings = rows.select_related(
        "event", "slot", "table", "interpreter", "host", "guest", "session"
    )
    frozen = now + dt.timedelta(minutes=event.freeze_minutes)
    changed, changes = [], {}
    for meeting in meetings.prefetch_related("others").order_by("pk"):
        key, before = str(meeting.public_id), _state(meeting)
        begins = meeting.slot is not None and meeting.slot.starts_at <= frozen
        if places is None or (not anyhow and (meeting.is_settled or begins)):
            place = place_held(meeting)
        else:
            place = places.get(key)
        _seat(meeting, place, status)
        if _state(meeting) != before:
            meeting.sequence += 1
            meeting.changed_at = timezone.now()
            changed.append(meeting)
            changes[key] = [before, _state(meeting)]
    moved = [one for one in changed if changes[str(one.public_id)][0][1:] != _state(one)[1:]]
    _refuse_stale(event, moved, frozen)
    _save(changed)
    close_offers(*(one for one in changed if one.slot is not None))
    refuse_broken_orders(event, moved)
    return changes


def _refuse_stale(event: Event, meetings: Iterable[Meeting], frozen: dt.datetime) -> None:
    """Raise ``changed_meanwhile`` for places that were right when the version was made only."""
    away, absent, closed = defaultdict(list), defaultdict(list), defaultdict(list)
    for gone in Away.objects.filter(slot__event=event).select_related("slot"):
        away[gone.participant_id].append(gone.slot)
    for missing in InterpreterAway.objects.filter(slot__event=event).select_related("slot"):
        absent[missing.interpreter_id].append(missing.slot)
    for shut in TableClosed.objects.filter(slot__event=event).select_related("slot"):
        closed[shut.table_id].append(shut.slot)
    for meeting in meetings:
        slot, table = meeting.slot, meeting.table
        if slot is None:
            continue
        people = meeting.people()
        barred = [one for person in people for one in away[person.pk]]
        barred += absent[meeting.interpreter_id or 0] + closed[meeting.table_id or 0]
        if (
            slot.starts_at <= frozen
            or any(_overlap(slot, one) for one in barred)
            or (table is not None and not _suits(table, people))
        ):
            raise _changed_meanwhile()


def _suits(table: Table, people: Sequence[Participant]) -> bool:
    """Whether it is a booth of theirs, or a shared table with a screen where they need one."""
    if table.owner_id is not None:  # timetables put its company there, screen or not
        return table.owner_id in {one.registration_id for one in people}
    return seats(table, people)


def _overlap(one: Slot, other: Slot) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _changed_meanwhile() -> ValidationError:
    return ValidationError(
        _(
            "Meetings have changed since this version was made, and its places are no longer"
            " free: make a new version."
        ),
        code="changed_meanwhile",
    )


def _seat(meeting: Meeting, place: Place | None, status: str) -> None:
    if place is None:
        meeting.slot = meeting.table = None
        meeting.interpreter = None
        meeting.status = Meeting.Status.UNSCHEDULED
        return
    meeting.slot, meeting.table, meeting.interpreter = place
    meeting.is_told = True
    if meeting.status != Meeting.Status.CONFIRMED:
        meeting.status = status


def _save(meetings: list[Meeting]) -> None:
    """Write places and bookings of many meetings; all of them or none."""
    try:
        save_all(meetings)
    except IntegrityError:
        raise _changed_meanwhile() from None


def _state(meeting: Meeting) -> _Told:
    parts = (meeting.slot, meeting.table, meeting.interpreter)
    told = (str(one.public_id) if one is not None else None for one in parts)
    return [meeting.status, *told, meeting.is_told]


def _tell_later(
    timetable: Timetable, changes: dict[str, list[_Told]], *, everybody: bool, by: User
) -> None:
    """Write down who is to be told what, together with what nobody was told of yet."""
    key = str(timetable.event_id)
    kind = KINDS.get(State(timetable.status), WITHDRAWN)
    waiting = Job.objects.filter(kind=TELL, key=key, state=Job.State.QUEUED).select_for_update()
    job = waiting.first()
    if job is not None:
        for meeting, (before, _after) in job.payload["changes"].items():
            last = changes.get(meeting, job.payload["changes"][meeting])[1]
            changes[meeting] = [before, last]
        everybody = everybody or job.payload["everybody"]
    same = {key for key, told in changes.items() if told[0][:_SHOWN] == told[1][:_SHOWN]}
    # What was proposed and is taken back before anybody read of it is a proposal again.
    unknown = [key for key in same if changes[key][0][_SHOWN:] == [False]]
    Meeting.objects.filter(public_id__in=unknown).update(is_told=False)
    payload = {
        "timetable": timetable.pk,
        "kind": kind,
        "changes": {one: told for one, told in changes.items() if one not in same},
        "everybody": everybody and kind != WITHDRAWN,
    }
    if job is not None:
        job.payload = payload
        job.save(update_fields=["payload"])
        return
    jobs.enqueue(TELL, payload, key=key, by=by, chamber=timetable.event.chamber, priority=4)
