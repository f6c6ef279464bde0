"""Time as the solver counts it: units, and how strange their hours are for people."""

from __future__ import annotations

import datetime as dt
import itertools
import statistics
from collections import defaultdict
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from marketplace.models import Event, Participant, Registration, Slot


def cut(
    slots: Sequence[Slot],
) -> tuple[list[tuple[dt.datetime, dt.datetime]], list[tuple[int, int]]]:
    """Units of time in order, and of each slot its first unit and number of units."""
    borders = sorted({moment for slot in slots for moment in (slot.starts_at, slot.ends_at)})
    # Sweep: a stretch between two borders is a unit where some slot is open over it.
    opens: dict[dt.datetime, int] = defaultdict(int)
    for slot in slots:
        opens[slot.starts_at] += 1
        opens[slot.ends_at] -= 1
    units, depth = [], 0
    for start, end in itertools.pairwise(borders):
        depth += opens[start]
        if depth:
            units.append((start, end))
    starting = {start: at for at, (start, _end) in enumerate(units)}
    ending = {end: at for at, (_start, end) in enumerate(units)}
    spans = [
        (starting[slot.starts_at], ending[slot.ends_at] - starting[slot.starts_at] + 1)
        for slot in slots
    ]
    return units, spans


def ends_of_stretches(
    slots: Sequence[Slot],
    units: Sequence[tuple[dt.datetime, dt.datetime]],
    days: Sequence[Sequence[int]],
    most: int,
) -> tuple[int, ...]:
    """For each unit the last one of the shortest stretch with over ``most`` meetings, -1 none.

    Meetings count by their minutes: those of a slot as long as most slots are. A pause of that
    length between two units, such as a lunch, is a rest.
    """
    usual = dt.timedelta(minutes=statistics.mode(slot.minutes for slot in slots))
    ends = [-1] * len(units)
    for day in days:
        for first in day:
            busy, before = dt.timedelta(), units[first][0]
            for unit in range(first, day[-1] + 1):
                start, end = units[unit]
                if start - before >= usual:
                    break
                busy, before = busy + (end - start), end
                if busy > most * usual:
                    ends[first] = unit
                    break
    return tuple(ends)


def busy_all_through(
    ends: Sequence[int],
    attendees: Sequence[Sequence[int]],
    lengths: Sequence[int],
    starts: Sequence[int],
) -> set[int]:
    """Who is busy in some whole stretch of ``ends``, by meetings that start there; -1 do not."""
    busy: dict[int, set[int]] = defaultdict(set)
    for people, length, start in zip(attendees, lengths, starts, strict=True):
        if start >= 0:
            for one in people:
                busy[one].update(range(start, start + length))
    stretches = [range(first, last + 1) for first, last in enumerate(ends) if last >= 0]
    return {one for one, own in busy.items() if any(own.issuperset(each) for each in stretches)}


def zones_of(event: Event, keys: Sequence[str]) -> dict[str, dt.tzinfo]:
    """The zone of each person: their own, else that of their company's first chamber."""
    wanted = [key.removeprefix("participant:") for key in keys if key.startswith("participant:")]
    people = Participant.objects.filter(public_id__in=wanted).select_related("person")
    companies = dict(
        Registration.objects.filter(event=event, company__memberships__isnull=False)
        .order_by("-company__memberships__starts_on")
        .values_list("pk", "company__memberships__chamber__zone")
    )
    found: dict[str, dt.tzinfo] = {}
    for one in people:
        zone = one.person.time_zone if one.person else companies.get(one.registration_id)
        found[f"participant:{one.public_id}"] = ZoneInfo(zone or event.zone)
    return found


def strange_minutes(unit: tuple[dt.datetime, dt.datetime], zone: dt.tzinfo) -> int:
    """Minutes of a unit outside 8 to 20 o'clock in a zone."""
    start, end = (moment.astimezone(dt.UTC) for moment in unit)
    # Minutes are added in UTC: by a clock on the wall an hour is missing, or there twice, where
    # clocks change.
    minutes = range(int((end - start).total_seconds()) // 60)
    moments = (start + dt.timedelta(minutes=minute) for minute in minutes)
    return sum(not 8 <= moment.astimezone(zone).hour < 20 for moment in moments)
