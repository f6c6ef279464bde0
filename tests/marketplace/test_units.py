"""Hours of people's own day, also on days when their clocks change."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from marketplace.selectors.units import strange_minutes


def unit(zone, *start, minutes):
    """A stretch of time that begins at a local time."""
    first = dt.datetime(*start, tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
    return first, first + dt.timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("start", "minutes", "strange"),
    [
        ((2026, 6, 26, 7, 45), 30, 15),
        ((2026, 6, 26, 8, 0), 60, 0),
        ((2026, 6, 26, 19, 50), 30, 20),
        # Chile goes from 24:00 to 1:00 in September and back to 23:00 in April.
        ((2026, 9, 5, 23, 40), 30, 30),
        ((2026, 4, 4, 23, 40), 30, 30),
        ((2026, 4, 4, 22, 40), 120, 120),
    ],
)
def test_minutes_outside_8_to_20_are_counted_by_the_clock_of_the_person(start, minutes, strange):
    stretch = unit("America/Santiago", *start, minutes=minutes)

    assert strange_minutes(stretch, ZoneInfo("America/Santiago")) == strange
