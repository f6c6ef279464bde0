"""Who goes from hall to hall between two meetings, and who has too little time for it."""

import datetime as dt
from dataclasses import dataclass, field
from itertools import pairwise

from marketplace.models import Meeting, Participant, Timetable
from marketplace.selectors.reading import Reading
from marketplace.selectors.timetables import Place, meetings_of, places_of


@dataclass(frozen=True, slots=True)
class Hurry:
    """Somebody has fewer minutes between two meetings than another hall asks for."""

    person: Participant
    before: Meeting
    after: Meeting
    minutes: int
    """Between the two."""


@dataclass(frozen=True, slots=True)
class Walks:
    """Of one version."""

    changes: int = 0
    """Times that a person goes to another hall between two meetings of a day."""
    hurries: list[Hurry] = field(default_factory=list)
    """By time, then by person."""


def walks_of(timetable: Timetable) -> Walks | None:
    """The walks that a version asks for; None at an event with one hall, or none.

    Booths count as what hall they are in. Four queries, five where somebody must hurry.
    """
    if not timetable.plan or timetable.event.halls.count() < 2:
        return None
    reading, places = Reading.of(timetable.problem), places_of(timetable)
    enough = dt.timedelta(minutes=timetable.event.hall_minutes)
    changes, tight = 0, []
    for key, agenda in _agendas(reading, places):
        for one, other in pairwise(agenda):
            pause = _walk(places[one], places[other])
            changes += pause is not None
            if pause is not None and pause < enough:
                tight.append((places[one][0].starts_at, key, one, other, pause))
    return Walks(changes, _hurries(timetable, sorted(tight)) if tight else [])


def _agendas(reading: Reading, places: dict[str, Place]) -> list[tuple[str, list[str]]]:
    """The placed meetings of each person by time: [(public id of the participant, their keys)]."""
    found: dict[int, list[str]] = {}
    by_time = sorted(
        (at for at, key in enumerate(reading.meetings) if key in places),
        key=lambda at: places[reading.meetings[at]][0].starts_at,
    )
    for at in by_time:
        for one in reading.problem.meetings[at]:
            found.setdefault(one, []).append(reading.meetings[at])
    people = ((reading.calendars[one].partition(":"), agenda) for one, agenda in found.items())
    return [(key, agenda) for (kind, _, key), agenda in people if kind == "participant"]


def _walk(one: Place, other: Place) -> dt.timedelta | None:
    """The time between two places of a day in different halls; None where there is no walk."""
    (first, table, _guide), (second, next_table, _next_guide) = one, other
    zone = first.event.clock
    if first.starts_at.astimezone(zone).date() != second.starts_at.astimezone(zone).date():
        return None
    if table is None or next_table is None or table.hall_id == next_table.hall_id:
        return None
    return second.starts_at - first.ends_at


def _hurries(
    timetable: Timetable, tight: list[tuple[dt.datetime, str, str, str, dt.timedelta]]
) -> list[Hurry]:
    meetings = {str(one.public_id): one for one in meetings_of(timetable)}
    rows = Participant.objects.filter(public_id__in={key for _at, key, *_rest in tight})
    people = {str(one.public_id): one for one in rows.select_related("registration__company")}
    return [
        Hurry(people[key], meetings[one], meetings[other], int(pause.total_seconds() // 60))
        for _at, key, one, other, pause in tight
        if key in people and one in meetings and other in meetings
    ]
