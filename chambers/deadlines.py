"""Until when somebody is to answer, counted in working days."""

from __future__ import annotations

import datetime as dt

_SATURDAY = 5


def after_working_days(day: dt.date, count: int) -> dt.date:
    """The day ``count`` working days after ``day``, which itself does not count.

    Monday to Friday: the public holidays of two countries are not known here, so a deadline may
    fall on one, never on a weekend.
    """
    return _moved(day, count, dt.timedelta(days=1))


def before_working_days(day: dt.date, count: int) -> dt.date:
    """The working day ``count`` working days before ``day``, which itself does not count."""
    return _moved(day, count, dt.timedelta(days=-1))


def _moved(day: dt.date, count: int, step: dt.timedelta) -> dt.date:
    found = day
    while count > 0:
        found += step
        count -= found.weekday() < _SATURDAY
    return found
