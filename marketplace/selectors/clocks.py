"""What the clock of an event's place shows: known when a time was laid out, and known now.

Zones change their rules, some within weeks. An instant that was laid out for ten o'clock may then
read as eleven, on pages and in calendars alike.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat

from marketplace.models import MeetingQuerySet, Slot


def clock_of(zone: str, at: dt.datetime) -> str:
    """A zone and its minutes ahead of UTC at an instant, by the rules known now."""
    ahead = at.astimezone(ZoneInfo(zone)).utcoffset() or dt.timedelta()
    return f"{zone} {int(ahead.total_seconds()) // 60}"


def slots_to_note(now: dt.datetime) -> QuerySet[Slot]:
    """Slots ahead whose clock nobody has noted, or that lie in another zone by now."""
    there = Concat(F("event__zone"), Value(" "))
    return Slot.objects.filter(starts_at__gt=now).exclude(noted_clock__startswith=there)


def meetings_of_changed_rules(
    meetings: MeetingQuerySet, at: dt.datetime | None = None
) -> MeetingQuerySet:
    """Those of some meetings ahead that now read as another hour than when it was laid out.

    One query beside that of the meetings.
    """
    ahead = meetings.ahead(at).exclude(slot=None).exclude(slot__noted_clock="")
    noted = ahead.order_by().values_list(
        "slot", "event__zone", "slot__starts_at", "slot__noted_clock"
    )
    changed = {
        slot
        for slot, zone, starts_at, clock in noted.distinct()
        if clock.partition(" ")[0] == zone and clock != clock_of(zone, starts_at)
    }
    found: MeetingQuerySet = meetings.ahead(at).filter(slot__in=changed)
    return found
