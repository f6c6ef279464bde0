"""Times in which people could meet where no organiser has laid out slots."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from marketplace.models import Booking, Participant

Span = tuple[dt.datetime, dt.datetime]
DAYS = 14
FIRST, LAST = dt.time(9), dt.time(18)  # when a working day begins and ends
EARLIEST, LATEST = dt.time(8), dt.time(20)  # what is asked of those in other zones
FRIDAY = 4
STEP = dt.timedelta(minutes=30)
NOTICE = dt.timedelta(hours=12)


def free_times(
    people: Iterable[Participant],
    *,
    minutes: int,
    zone: str,
    at: dt.datetime | None = None,
    most: int = 3,
) -> list[Span]:
    """Up to ``most`` times of working days in which nobody of ``people`` has a meeting.

    Half hours of the next two weeks, one a day, from twelve hours on; in working hours of
    ``zone``, and between 8 and 20 o'clock for everybody where there is such a time. One query.
    """
    attending, now = list(people), at or timezone.now()
    length = dt.timedelta(minutes=minutes)
    window = DateTimeTZRange(now, now + dt.timedelta(days=DAYS + 2))
    held = Booking.objects.of_people(attending).filter(during__overlap=window)
    busy = [(one.lower, one.upper) for one in held.values_list("during", flat=True)]
    zones = {
        ZoneInfo(one.person.time_zone)
        for one in attending
        if one.person is not None and one.person.time_zone != "UTC"
    }
    for others in (zones, set[ZoneInfo]()):
        found = list(islice(_one_a_day(busy, length, ZoneInfo(zone), others, now), most))
        if found:
            return found
    return []


def _one_a_day(
    busy: Sequence[Span],
    length: dt.timedelta,
    clock: ZoneInfo,
    others: Iterable[ZoneInfo],
    now: dt.datetime,
) -> Iterator[Span]:
    today = now.astimezone(clock).date()
    for number in range(DAYS + 1):
        day = today + dt.timedelta(days=number)
        if day.weekday() > FRIDAY:
            continue
        start = dt.datetime.combine(day, FIRST, clock).astimezone(dt.UTC)
        last = dt.datetime.combine(day, LAST, clock).astimezone(dt.UTC) - length
        while start <= last:
            end = start + length
            meets = any(since < end and start < until for since, until in busy)
            if start >= now + NOTICE and not meets and _suits(start, end, others):
                yield start, end
                break
            start += STEP


def _suits(start: dt.datetime, end: dt.datetime, zones: Iterable[ZoneInfo]) -> bool:
    """Whether it is between 8 and 20 o'clock of one day everywhere."""
    for zone in zones:
        first, last = start.astimezone(zone), end.astimezone(zone)
        if first.date() != last.date() or first.time() < EARLIEST or last.time() > LATEST:
            return False
    return True
