"""The day of the demo's event that goes on: who has come, who waits, what became free.

Its timetable was published before its first day; what is left to the desk follows from the hour.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from chambers.models import Company
from marketplace.models import Event, Meeting, MeetingRequest, Participant, Registration, Slot
from marketplace.services import calendars, desk, meetings, requests, rules
from marketplace.services.publishing import publish_timetable
from marketplace.services.timetables import start_timetable
from seeds.events import last_mails, let_mails_be_past
from seeds.timetables import SECONDS, searched

if TYPE_CHECKING:
    from chambers.models import User
    from seeds.demo import World

KEY, MANAGER = "contact-days", "irina@moscow-chamber.example"
_FIRST_HOURS = 4  # slots of the first day
_AT_ONCE = 3  # pairs that wish for the same time
_LEFT_TO_THE_DESK = 2  # meetings over of which nobody has noted who came
_LEAST_AHEAD = dt.timedelta(minutes=75)  # of a time that becomes free


def hold_today(world: World) -> None:
    """Seat the event as of some days ago, then let it be the hour that it is."""
    event, by, now = world.events[KEY], world.logins[MANAGER], timezone.now()
    before = last_mails()
    _agree_on_times(event, now)
    agreed = event.begins_at - dt.timedelta(days=2)
    timetable = searched(start_timetable(event, by=by, seconds=SECONDS, at=agreed))
    publish_timetable(timetable, by=by, final=True, at=agreed)
    running = _note_who_came(event, by, now)
    _let_in(event, by, now, expected={one.guest_id for one in running[:1]})
    _free_a_time(event, by, now)
    let_mails_be_past(*before)


def _agree_on_times(event: Event, now: dt.datetime) -> None:
    """A few companies each wish to meet in the first hours, and in those around this one."""
    slots = list(event.slots.order_by("starts_at", "pk"))
    begun = sum(slot.starts_at <= now for slot in slots)
    coming = Registration.objects.filter(event=event).taking_part()
    sides = list(coming.select_related("company", "event").order_by("pk"))
    wished = [*slots[:_FIRST_HOURS], *slots[begun - 3 : begun + 7]]
    for slot, pairs in zip(wished, _rounds(sides), strict=False):
        for one, other in [pair for pair in pairs if _strangers(*pair)][:_AT_ONCE]:
            _agree(one, other, slot)


def _rounds(sides: Sequence[Registration]) -> Iterator[list[tuple[Registration, Registration]]]:
    """Pairs for one time after the other, so that each two meet once: all turn round the first."""
    first, *ring = sides[: len(sides) // 2 * 2]
    for turn in range(len(ring)):
        seated = [first, *ring[turn:], *ring[:turn]]
        yield list(zip(seated[: len(seated) // 2], reversed(seated), strict=False))


def _strangers(one: Registration, other: Registration) -> bool:
    """Whether two companies never asked each other and nothing keeps them apart."""
    asked = MeetingRequest.objects.of(one).filter(Q(requester=other) | Q(partner=other))
    excluded = Company.excluded_companies.through.objects
    pair = {one.company_id, other.company_id}
    return not (
        one == other
        or asked.exists()
        or excluded.filter(from_company__in=pair, to_company__in=pair).exists()
        or one.company.held_on
        or other.company.held_on
    )


def _placed(event: Event) -> list[tuple[Meeting, Slot]]:
    rows = (
        Meeting.objects.filter(event=event)
        .placed()
        .select_related("event", "slot", "host__registration__company", "host__registration__event")
    )
    found = rows.order_by("slot__starts_at", "pk")
    return [(one, one.slot) for one in found if one.slot is not None]


def _note_who_came(event: Event, by: User, now: dt.datetime) -> list[Meeting]:
    """Marks of what is over, but for the last; of what goes on one side sits alone already."""
    placed = _placed(event)
    over = [one for one, slot in placed if slot.ends_at <= now]
    for turn, meeting in enumerate(over[: len(over) - _LEFT_TO_THE_DESK]):
        guest = {3: "late", 4: "no_show"}.get(turn % 5, "came")
        meetings.record_attendance(meeting, by=by, host="came", guest=guest)
    running = [one for one, slot in placed if slot.starts_at <= now < slot.ends_at]
    for meeting in running[:1]:
        meetings.record_attendance(meeting, by=by, host="came")
    return running


def _let_in(event: Event, by: User, now: dt.datetime, *, expected: set[int]) -> None:
    """Most have come, half of them on the first day; those ``expected`` and some more have not."""
    people = Participant.objects.taking_part().filter(registration__event=event)
    came_first = event.begins_at + dt.timedelta(hours=9, minutes=12)
    for turn, person in enumerate(people.order_by("pk")):
        if person.pk not in expected and turn % 7 != 4:
            since = came_first if turn % 2 else now - dt.timedelta(minutes=150)
            desk.check_in(person, by=by, at=since + dt.timedelta(minutes=turn))


def _free_a_time(event: Event, by: User, now: dt.datetime) -> None:
    """Somebody leaves early: a time is offered to two meetings that had found none."""
    for meeting, slot in _placed(event):
        host = meeting.host.registration
        if slot.starts_at <= now + _LEAST_AHEAD or not rules.quota_left(host):
            continue
        partners = _free_strangers(meeting, slot)[:2]
        for partner in partners:
            _agree(host, partner, slot)
        if partners:
            reason = "The delegation leaves earlier."
            meetings.cancel_meeting(meeting, by=by, reason=reason, at=now)
            return


def _free_strangers(meeting: Meeting, slot: Slot) -> list[Registration]:
    """Companies that are free then and have nothing to do with the host so far."""
    host, same = meeting.host.registration, Slot.objects.filter(pk=slot.pk)
    coming = Registration.objects.filter(event=meeting.event).taking_part()
    return [
        other
        for other in coming.select_related("company", "event").order_by("pk")
        if _strangers(host, other)
        and calendars.free_slots(meeting.event, other.participants.all(), among=same).exists()
    ]


def _agree(one: Registration, other: Registration, slot: Slot) -> None:
    """They agreed before the timetable was made, which found no time for them."""
    at = one.event.begins_at - dt.timedelta(days=8)
    asker, answerer = (
        side.company.representatives.get(role="owner").person for side in (one, other)
    )
    request = requests.request_meeting(one, other, by=asker, slots=[slot], at=at)
    requests.accept_request(request, by=answerer, at=at)
