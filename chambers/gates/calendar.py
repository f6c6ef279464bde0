"""Calendar files: the one place that writes iCalendar (RFC 5545)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

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


def calendar(entries: Iterable[Entry]) -> bytes:
    """A calendar file of all-day entries that leave the day free."""
    whole = icalendar.Calendar()
    whole.add("prodid", "-//Business Market//EN")
    whole.add("version", "2.0")
    for entry in entries:
        event = icalendar.Event()
        event.add("uid", _line(entry.uid))
        event.add("dtstamp", entry.changed_at.astimezone(dt.UTC))
        event.add("dtstart", entry.day)
        event.add("dtend", entry.day + dt.timedelta(days=1))  # not included
        event.add("summary", _line(entry.title))
        event.add("transp", "TRANSPARENT")
        if entry.text:
            event.add("description", _CONTROLS.sub("", entry.text))
        if entry.url:
            event.add("url", _line(entry.url))
        whole.add_component(event)
    return bytes(whole.to_ical())


def _line(text: str) -> str:
    """The text in one line: a line end would begin a property of the writer's choosing."""
    return _CONTROLS.sub("", text.replace("\n", " "))
