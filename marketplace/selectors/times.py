"""How a time is told: at the place of the event, and in the reader's own zone where it differs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_interval, get_timezone_location
from django.utils.translation import gettext as _

from chambers.models import site_language

NOT_CHOSEN = "UTC"
_DAYS = {"en": "EEE d MMMM y", "ru": "EEE d MMMM y", "ja": "y年M月d日(EEE)"}


@dataclass(frozen=True, slots=True)
class ShownTime:
    """A time as one reader is told it: in parts for a page, as ``str`` for a line of text."""

    day: str
    """Fri 26 June 2026"""
    span: str
    """11:20–11:40; one time where there is no end."""
    where: str
    """Minsk (UTC+3)"""
    own: str
    """17:20–17:40 your time (Tokyo); "" where both clocks show the same."""

    def __str__(self) -> str:
        said = f"{self.day}, {self.span} {self.where}"
        return f"{said} · {self.own}" if self.own else said


def shown_time(
    starts_at: dt.datetime,
    ends_at: dt.datetime | None = None,
    *,
    zone: str,
    reader: str | None = None,
) -> ShownTime:
    """A stretch of time, or without ``ends_at`` an instant, at the event and for its reader.

    ``zone`` and ``reader`` are IANA names; the reader's part is left out where both clocks show
    the same, and where it is UTC, which people have until they choose one; it brings its own date
    where the day differs. In the language in use.
    """
    first, last = starts_at.astimezone(ZoneInfo(zone)), _at(ends_at, zone)
    where = f"{city_of(zone)} ({_offset(first)})"
    said = ShownTime(day_of(first), _span(first, last), where, "")
    if reader is None or reader == NOT_CHOSEN:
        return said
    own_first, own_last = starts_at.astimezone(ZoneInfo(reader)), _at(ends_at, reader)
    if own_first.utcoffset() == first.utcoffset():
        return said
    day = "" if own_first.date() == first.date() else f"{day_of(own_first)}, "
    own = _("%(time)s your time (%(city)s)") % {
        "time": f"{day}{_span(own_first, own_last)}",
        "city": city_of(reader),
    }
    return replace(said, own=own)


def tell_time(
    starts_at: dt.datetime, ends_at: dt.datetime, *, zone: str, reader: str | None = None
) -> str:
    """As Fri 26 June 2026, 11:20–11:40 Minsk (UTC+3) · 17:20–17:40 your time (Tokyo)."""
    return str(shown_time(starts_at, ends_at, zone=zone, reader=reader))


def tell_hours(starts_at: dt.datetime, ends_at: dt.datetime, *, zone: str) -> str:
    """As Fri 26 June 2026, 11:20–11:40, at the event, where nobody asks in which zone that is."""
    shown = shown_time(starts_at, ends_at, zone=zone)
    return f"{shown.day}, {shown.span}"


def tell_moment(at: dt.datetime, *, zone: str) -> str:
    """As Fri 26 June 2026, 11:20 Minsk (UTC+3), in the language in use."""
    there = at.astimezone(ZoneInfo(zone))
    return f"{day_of(there)}, {there:%H:%M} {city_of(zone)} ({_offset(there)})"


def tell_instant(at: dt.datetime, *, zone: str, reader: str | None) -> str:
    """An instant in a line, as ``shown_time`` tells it: at the event, and for its reader."""
    return str(shown_time(at, zone=zone, reader=reader))


def clocks_differ(zone: str, reader: str | None, moments: Iterable[dt.datetime]) -> bool:
    """Whether a reader's clock shows another hour than that of a place at one of some instants.

    Never for who has chosen no zone, as in ``shown_time``.
    """
    if reader is None or reader == NOT_CHOSEN:
        return False
    here, there = ZoneInfo(zone), ZoneInfo(reader)
    return any(
        at.astimezone(here).utcoffset() != at.astimezone(there).utcoffset() for at in moments
    )


def day_of(at: dt.date) -> str:
    """A day with its weekday, the month as a word."""
    language = site_language()
    return str(format_date(at, _DAYS[language], locale=language))


def days_between(first: dt.date, last: dt.date) -> str:
    """Two days as one stretch: "19–20 Nov 2026"; one day where they are the same."""
    # English with the day first, as everywhere here: "Nov 12" reads as a year to some.
    locale = {"en": "en_GB"}.get(site_language(), site_language())
    return str(format_interval(first, last, "yMMMd", locale=locale))


def city_of(zone: str) -> str:
    """The city that an IANA zone is named after, in the language in use."""
    if "/" not in zone:
        return zone
    return str(get_timezone_location(zone, locale=site_language(), return_city=True))


def _at(moment: dt.datetime | None, zone: str) -> dt.datetime | None:
    return None if moment is None else moment.astimezone(ZoneInfo(zone))


def _span(first: dt.datetime, last: dt.datetime | None) -> str:
    return f"{first:%H:%M}" if last is None else f"{first:%H:%M}–{last:%H:%M}"


def _offset(at: dt.datetime) -> str:
    minutes = int((at.utcoffset() or dt.timedelta()).total_seconds()) // 60
    sign, (hours, rest) = ("−" if minutes < 0 else "+"), divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")
