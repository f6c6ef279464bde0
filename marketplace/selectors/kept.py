"""A published timetable as it is kept now, after repairs and moves by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q

from marketplace.models import Event, Meeting, MeetingQuerySet, Timetable
from marketplace.selectors.standing import place_held
from marketplace.selectors.timetables import Difference, Grid, Place, grid_from, places_of


def places_held(event: Event) -> dict[str, Place]:
    """Where every meeting of an event is by now, by its public id; none of those without a time."""
    rows = _joined(Meeting.objects.filter(event=event, status__in=Meeting.HOLDING))
    places = ((str(one.public_id), place_held(one)) for one in rows)
    return {key: place for key, place in places if place is not None}


def grid_held(event: Event, day: dt.date) -> Grid:
    """A day as it is kept now, whatever version planned it."""
    rows = _joined(Meeting.objects.filter(event=event, status__in=Meeting.HOLDING))
    return grid_from(event, day, ((one, place_held(one)) for one in rows.order_by("pk")))


@dataclass(frozen=True, slots=True)
class Counted:
    """How many meetings of an event are not cancelled, and how many of them wait for a time."""

    alive: int
    waiting: int

    def needs_timetable(self, event: Event, *, versions: int) -> bool:
        """Whether a timetable is to come; not where companies agree on times themselves.

        There the event promises none, nobody has made a version, and no meeting waits.
        """
        promised = event.last_timetable_at is not None
        return promised or versions > 0 or self.waiting > 0 or not self.alive


def counted(event: Event) -> Counted:
    """One query."""
    unscheduled = Count("pk", filter=Q(status=Meeting.Status.UNSCHEDULED))
    rows = Meeting.objects.filter(event=event).alive()
    return Counted(**rows.aggregate(alive=Count("pk"), waiting=unscheduled))


def changed_since(timetable: Timetable) -> list[Difference]:
    """Meetings that are elsewhere, or off, since a version in force was published, by time.

    None of a draft, or of one that is no longer in force.
    """
    if timetable.status not in (Timetable.Status.PROVISIONAL, Timetable.Status.FINAL):
        return []
    places = places_of(timetable)
    rows = _joined(Meeting.objects.filter(event=timetable.event_id, public_id__in=places))
    found = [Difference(one, places[str(one.public_id)], place_held(one)) for one in rows]
    changed = [one for one in found if one.before != one.after]
    return sorted(
        changed, key=lambda one: (places[str(one.meeting.public_id)][0].starts_at, one.meeting.pk)
    )


def _joined(rows: MeetingQuerySet) -> MeetingQuerySet:
    return rows.select_related(
        "slot__event",
        "table__hall",
        "interpreter",
        "host__registration__company",
        "guest__registration__company",
    )
