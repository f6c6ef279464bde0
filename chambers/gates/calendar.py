"""Calendar files: the one place that writes iCalendar (RFC 5545)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import icalendar

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
    file that is mailed needs.
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


def calendar(entries: Iterable[Entry | Appointment], *, method: Method | None = None) -> bytes:
    """A calendar file: days that stay free, and appointments with the rules of their zones."""
    whole = icalendar.Calendar()
    whole.add("prodid", "-//Business Market//EN")
    whole.add("version", "2.0")
    if method is not None:
        whole.add("method", method.value)
    for entry in entries:
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
    whole.add_missing_timezones()
    return bytes(whole.to_ical())


def _add_appointment(event: Any, entry: Appointment, method: Method | None) -> None:
    event.add("dtstart", entry.starts_at)
    event.add("dtend", entry.ends_at)
    event.add("sequence", entry.sequence)
    event.add("status", entry.standing.value)
    if entry.standing is Standing.CANCELLED:
        event.add("transp", "TRANSPARENT")
    if entry.place:
        event.add("location", _line(entry.place))
    if entry.organiser:
        event.add("organizer", f"mailto:{_line(entry.organiser)}")
    if entry.attendee and method is not Method.PUBLISH:  # what is published invites nobody
        event.add("attendee", f"mailto:{_line(entry.attendee)}")


def _line(text: str) -> str:
    """The text in one line: a line end would begin a property of the writer's choosing."""
    return _CONTROLS.sub("", text.replace("\n", " "))
