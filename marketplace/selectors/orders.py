"""Which meetings come before which: what that leaves of the time, and what breaks it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import F, Max, Min, Q

from marketplace.models import Event, Meeting, MeetingOrder, Slot

_JOINED = ("slot", "event", "host__registration__company", "guest__registration__company")
_SIDES = tuple(f"{side}__{one}" for side in ("first", "second") for one in _JOINED)


def orders_of(meeting: Meeting) -> list[MeetingOrder]:
    """Those that name a meeting, with what a page tells of both sides."""
    rows = MeetingOrder.objects.filter(Q(first=meeting) | Q(second=meeting))
    return list(rows.select_related(*_SIDES).order_by("pk"))


def window_of(meeting: Meeting) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Not before the first instant and not beyond the second; None where nothing limits it.

    Only meetings with a time limit others.
    """
    placed = {"status__in": Meeting.HOLDING}
    before = Meeting.objects.filter(comes_before__second=meeting, **placed)
    after = Meeting.objects.filter(comes_after__first=meeting, **placed)
    earliest = before.aggregate(found=Max("slot__ends_at"))["found"]
    latest = after.aggregate(found=Min("slot__starts_at"))["found"]
    return earliest, latest


def out_of_order(meeting: Meeting, slot: Slot) -> list[Meeting]:
    """Meetings with a time that a meeting in this slot would be on the wrong side of."""
    late = Q(comes_before__second=meeting, slot__ends_at__gt=slot.starts_at)
    early = Q(comes_after__first=meeting, slot__starts_at__lt=slot.ends_at)
    rows = Meeting.objects.filter(late | early, status__in=Meeting.HOLDING).distinct()
    return list(rows.select_related(*_JOINED).order_by("slot__starts_at", "pk"))


def broken_orders(event: Event, among: Iterable[Meeting]) -> list[MeetingOrder]:
    """Orders of meetings still to be that are not kept, where one of them is ``among``."""
    keys = [one.pk for one in among]
    rows = MeetingOrder.objects.filter(
        Q(first__in=keys) | Q(second__in=keys),
        first__event=event,
        first__status__in=Meeting.AHEAD,
        second__status__in=Meeting.AHEAD,
        first__slot__ends_at__gt=F("second__slot__starts_at"),
    )
    return list(rows.select_related(*_SIDES).order_by("pk"))


def wrong_way_round(first: Meeting, second: Meeting) -> tuple[Meeting, Meeting] | None:
    """The two meetings that keep ``first`` from coming before ``second``; None if none do.

    The last of all with a time that come before ``first``, and the first of all that come after
    ``second``, each counted in: what is between them has no time left otherwise. A cancelled
    meeting hands nothing on.
    """
    rows = MeetingOrder.objects.filter(first__event=first.event_id)
    cancelled = Meeting.Status.CANCELLED
    alive = rows.exclude(first__status=cancelled).exclude(second__status=cancelled)
    links = list(alive.values_list("first", "second"))
    placed = Meeting.objects.filter(status__in=Meeting.HOLDING, slot__isnull=False)
    placed = placed.select_related(*_JOINED)
    before = placed.filter(pk__in=_reached(first.pk, ((two, one) for one, two in links)))
    after = placed.filter(pk__in=_reached(second.pk, links))
    last = before.order_by("-slot__ends_at", "pk").first()
    next_one = after.order_by("slot__starts_at", "pk").first()
    if last is None or next_one is None or last.slot is None or next_one.slot is None:
        return None
    return (last, next_one) if last.slot.ends_at > next_one.slot.starts_at else None


def _reached(start: int, links: Iterable[tuple[int, int]]) -> set[int]:
    """Keys that the links lead to, and the start."""
    nexts: dict[int, list[int]] = defaultdict(list)
    for one, other in links:
        nexts[one].append(other)
    found, line = {start}, [start]
    for key in line:  # grows while it is walked
        new = [one for one in dict.fromkeys(nexts[key]) if one not in found]
        found.update(new)
        line.extend(new)
    return found


def leads_to(event: Event, start: Meeting, end: Meeting) -> list[Meeting]:
    """Meetings from ``start`` to ``end``, each of which comes before the next; [] if none do."""
    nexts: dict[int, list[int]] = defaultdict(list)
    rows = MeetingOrder.objects.filter(first__event=event)
    for first, second in rows.values_list("first", "second"):
        nexts[first].append(second)
    paths = [[start.pk]]
    seen = {start.pk}
    for path in paths:  # grows while it is walked: the shortest path is found first
        if path[-1] == end.pk:
            found = Meeting.objects.select_related(*_JOINED).in_bulk(path)
            return [found[key] for key in path]
        for key in nexts[path[-1]]:
            if key not in seen:
                seen.add(key)
                paths.append([*path, key])
    return []
