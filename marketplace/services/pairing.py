"""Who of two companies that agree to meet comes, and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import product

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from chambers.models import User
from marketplace.models import Event, Meeting, MeetingRequest, Participant, Registration, Slot
from marketplace.services import calendars


def people_of(registration: Registration, first: User | None = None) -> list[Participant]:
    """Who of a company could come: the one who answers first, then as they were entered."""
    rows = Participant.objects.coming().filter(registration=registration)
    people = list(rows.select_related("registration__company", "person"))
    if not people:
        raise ValidationError(
            _("%(company)s has named nobody who comes: add a participant."),
            code="no_participant",
            params={"company": str(registration.company)},
        )
    return sorted(people, key=lambda one: first is None or one.person_id != first.pk)


def people_of_other(request: MeetingRequest, side: Registration) -> list[Participant]:
    """Who could come of the other side; whom it named, and nobody else while they come."""
    other = request.other_side(side)
    asked = other.pk == request.requester_id
    named = request.participant if asked else request.partner_participant
    if named is not None and named.left_at is None:
        return [named]
    return people_of(other)


def choose(
    event: Event,
    ours: Sequence[Participant],
    theirs: Sequence[Participant],
    wanted: QuerySet[Slot],
    slot: Slot | None,
    at: dt.datetime | None,
) -> tuple[Participant, Participant, Slot | None]:
    """Two people and a time for them; no time where a timetable is still to set it."""
    if slot is None and event.is_direct and not wanted.exists():
        raise ValidationError(
            {
                "starts_at": ValidationError(
                    _("Any time would suit them: give one."), code="no_times"
                )
            }
        )
    if slot is None and (event.awaits_timetable(at) or not event.slots.exists()):
        return ours[0], theirs[0], None
    among = wanted if wanted.exists() else Slot.objects.all()
    if slot is not None:
        among = Slot.objects.filter(pk=slot.pk)
    for own, partner in product(ours, theirs):
        for one in calendars.free_slots(event, [own, partner], among=among, at=at)[:20]:
            if slot is not None or calendars.has_table(event, one, [own, partner]):
                return own, partner, one
    if slot is not None:
        return ours[0], theirs[0], slot  # placing says what stands in the way
    if not wanted.exists():
        raise ValidationError(
            _("No time suits both sides: open more of your times, or cancel a meeting."),
            code="no_common_time",
        )
    raise calendars.taken(event, [ours[0], theirs[0]])


def new_meeting(
    request: MeetingRequest, side: Registration, own: Participant, partner: Participant
) -> Meeting:
    """Host is whose booth it is, else the side that was asked; a proposal of the two is over."""
    Meeting.objects.proposed().between(request.requester, request.partner).delete()
    asked, asking = (own, partner) if side.pk == request.partner_id else (partner, own)
    if request.requester.booths.exists() and not request.partner.booths.exists():
        asked, asking = asking, asked
    meeting = Meeting(
        event=request.event, request=request, host=asked, guest=asking, link=request.link
    )
    meeting.full_clean()
    meeting.save()
    return meeting
