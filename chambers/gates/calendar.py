"""Calendar files: the one place that writes iCalendar (RFC 5545)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

_DAY = dt.timedelta(days=1)
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029]")


@dataclass(frozen=True)
class Entry:
    """One day in a calendar.

    ``uid`` stays the same for ever, so that a newer file replaces the day instead of adding one;
    ``changed_at`` (with its zone) says which of two is newer.
    """

    uid: str
    title: str
    day: dt.date
    changed_at: dt.datetime
    text: str = ""
    url: str = ""


class Method(StrEnum):
    """What a calendar file asks of the program that reads it (RFC 5546)."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class Standing(StrEnum):
    """How sure an appointment is (STATUS of RFC 5545)."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class Appointment:
    """A meeting from an instant to an instant, both in the IANA zone of the place.

    ``uid`` stays the same for life; ``sequence`` rises with each change of time, place or state,
    so that programs keep the newest. ``organiser`` and ``attendee`` are e-mail addresses, which a
    file that is mailed needs. ``is_open`` leaves the time free for other entries.
    """

    uid: str
    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    changed_at: dt.datetime
    sequence: int = 0
    standing: Standing = Standing.CONFIRMED
    place: str = ""
    text: str = ""
    url: str = ""
    organiser: str = ""
    attendee: str = ""
    is_open: bool = False


def calendar(entries: Iterable[Entry | Appointment], *, method: Method | None = None) -> bytes:
    """A calendar file: days that stay free, and appointments with the rules of their zones."""
    whole = icalendar.Calendar()
    whole.add("prodid", "-//Business Market//EN")
    whole.add("version", "2.0")
    if method is not None:
        whole.add("method", method.value)
    written = list(entries)
    for zone in _zones(written):
        whole.add_component(zone)
    for entry in written:
        event = icalendar.Event()
        event.add("uid", _line(entry.uid))
        event.add("dtstamp", entry.changed_at.astimezone(dt.UTC))
        if isinstance(entry, Entry):
            event.add("dtstart", entry.day)
            event.add("dtend", entry.day + dt.timedelta(days=1))  # not included
            event.add("transp", "TRANSPARENT")
        else:
            _add_appointment(event, entry, method)
        event.add("summary", _line(entry.title))
        if entry.text:
            event.add("description", _CONTROLS.sub("", entry.text))
        if entry.url:
            event.add("url", _line(entry.url))
        whole.add_component(event)
    return bytes(whole.to_ical())


def _zones(entries: Iterable[Entry | Appointment]) -> list[icalendar.Timezone]:
    """The rules of each zone that appointments name, for the years in which they are."""
    spans: dict[str, tuple[dt.datetime, dt.datetime]] = {}
    for one in entries:
        if not isinstance(one, Appointment):
            continue
        zone = one.starts_at.tzinfo
        if isinstance(zone, ZoneInfo) and zone.key != "UTC":
            first, last = spans.get(zone.key, (one.starts_at, one.ends_at))
            spans[zone.key] = min(first, one.starts_at), max(last, one.ends_at)
    return [_rules(ZoneInfo(key), *span) for key, span in sorted(spans.items())]


def _rules(zone: ZoneInfo, first: dt.datetime, last: dt.datetime) -> icalendar.Timezone:
    """VTIMEZONE from the year of ``first`` to the day after ``last``: one part for each change.

    A part begins by the clock as it was before (RFC 5545, 3.6.5): where clocks go forward from
    02:00 to 03:00, at 02:00. The library writes 03:00, which is an hour late for programs that
    know no zones of their own.
    """
    told = icalendar.Timezone()
    told.add("tzid", zone.key)
    at = dt.datetime(first.astimezone(zone).year, 1, 1, tzinfo=dt.UTC) - _DAY
    end = last.astimezone(dt.UTC) + _DAY
    _tell_change(told, zone, at, _offset(at, zone))
    while at < end:
        if _offset(at, zone) != _offset(at + _DAY, zone):
            _tell_change(told, zone, _change(zone, at, at + _DAY), _offset(at, zone))
        at += _DAY
    return told


def _change(zone: ZoneInfo, before: dt.datetime, after: dt.datetime) -> dt.datetime:
    """The instant between two of which the clock is changed, to the second, in UTC."""
    old = _offset(before, zone)
    while after - before > dt.timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        before, after = (middle, after) if _offset(middle, zone) == old else (before, middle)
    return after


def _tell_change(
    told: icalendar.Timezone, zone: ZoneInfo, at: dt.datetime, old: dt.timedelta
) -> None:
    local = at.astimezone(zone)
    part = icalendar.TimezoneDaylight() if local.dst() else icalendar.TimezoneStandard()
    part.add("dtstart", (at + old).replace(tzinfo=None))
    part.add("tzoffsetfrom", old)
    part.add("tzoffsetto", _offset(at, zone))
    part.add("tzname", local.tzname())
    told.add_component(part)


def _offset(at: dt.datetime, zone: ZoneInfo) -> dt.timedelta:
    return at.astimezone(zone).utcoffset() or dt.timedelta()


def _add_appointment(event: Any, entry: Appointment, method: Method | None) -> None:
    for name, moment in (("dtstart", entry.starts_at), ("dtend", entry.ends_at)):
        event.add(name, moment.astimezone(dt.UTC) if _comes_again(moment) else moment)
    event.add("sequence", entry.sequence)
    event.add("status", entry.standing.value)
    if entry.is_open or entry.standing is Standing.CANCELLED:
        event.add("transp", "TRANSPARENT")
    if entry.place:
        event.add("location", _line(entry.place))
    if entry.organiser:
        event.add("organizer", f"mailto:{_line(entry.organiser)}")
    if entry.attendee and method is not Method.PUBLISH:  # what is published invites nobody
        event.add("attendee", f"mailto:{_line(entry.attendee)}")


def _comes_again(moment: dt.datetime) -> bool:
    """Whether the clock of the place shows this hour for the second time that night.

    Written by that clock it would be read as the first (RFC 5545, 3.3.5).
    """
    return moment.fold == 1 and moment.replace(fold=0).utcoffset() != moment.utcoffset()


def _line(text: str) -> str:
    """The text in one line: a line end would begin a property of the writer's choosing."""
    return _CONTROLS.sub("", text.replace("\n", " "))
