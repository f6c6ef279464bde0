"""Which meetings come before which: what that leaves of the time, and what breaks it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Max, Min, Q

from marketplace.models import Event, Meeting, MeetingOrder, Slot

_JOINED = ("slot", "event", "host__registration__company", "guest__registration__company")
_SIDES = tuple(f"{side}__{one}" for side in ("first", "second") for one in _JOINED)


def orders_of(meeting: Meeting) -> list[MeetingOrder]:
    """Those that name a meeting, with what a page tells of both sides."""
    rows = MeetingOrder.objects.filter(Q(first=meeting) | Q(second=meeting))
    return list(rows.select_related(*_SIDES).order_by("pk"))


def window_of(meeting: Meeting) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Not before the first instant and not beyond the second; None where nothing limits it.

    By its orders, over meetings without a time too, and by the hours of its section.
    """
    before, after = _around(meeting)
    placed = Meeting.objects.filter(status__in=Meeting.HOLDING)
    ends = placed.filter(pk__in=before).aggregate(found=Max("slot__ends_at"))["found"]
    starts = placed.filter(pk__in=after).aggregate(found=Min("slot__starts_at"))["found"]
    session = meeting.session
    opens = [ends] if session is None else [ends, session.starts_at]
    closes = [starts] if session is None else [starts, session.ends_at]
    return (
        max((one for one in opens if one is not None), default=None),
        min((one for one in closes if one is not None), default=None),
    )


def out_of_order(meeting: Meeting, slot: Slot) -> list[Meeting]:
    """Meetings with a time that a meeting in this slot would be on the wrong side of."""
    before, after = _around(meeting)
    late = Q(pk__in=before, slot__ends_at__gt=slot.starts_at)
    early = Q(pk__in=after, slot__starts_at__lt=slot.ends_at)
    rows = Meeting.objects.filter(late | early, status__in=Meeting.HOLDING)
    return list(rows.select_related(*_JOINED).order_by("slot__starts_at", "pk"))


def broken_orders(event: Event, among: Iterable[Meeting]) -> list[tuple[Meeting, Meeting]]:
    """Pairs of meetings still to be whose order is not kept, where one of them is ``among``.

    What comes between two of them without a time hands their order on.
    """
    keys = {one.pk for one in among}
    pairs = [pair for pair in ordered_pairs(event) if not keys.isdisjoint(pair)]
    rows = Meeting.objects.filter(pk__in={key for pair in pairs for key in pair})
    rows = rows.filter(status__in=Meeting.AHEAD, slot__isnull=False)
    placed = {one.pk: one for one in rows.select_related(*_JOINED)}
    known = ((placed.get(first), placed.get(second)) for first, second in pairs)
    return [
        (first, second)
        for first, second in known
        if first is not None and second is not None and _overtaken(first, second)
    ]


def ordered_pairs(event: Event) -> list[tuple[int, int]]:
    """Keys of each two meetings of which one comes before the other, over others too."""
    links = _links(event.pk)
    firsts = dict.fromkeys(first for first, _second in links)
    return [(one, other) for one in firsts for other in sorted(_reached(one, links) - {one})]


def wrong_way_round(first: Meeting, second: Meeting) -> tuple[Meeting, Meeting] | None:
    """The two meetings that keep ``first`` from coming before ``second``; None if none do.

    The last of all with a time that come before ``first``, and the first of all that come after
    ``second``, each counted in: what is between them has no time left otherwise.
    """
    links = _links(first.event_id)
    placed = Meeting.objects.filter(status__in=Meeting.HOLDING, slot__isnull=False)
    placed = placed.select_related(*_JOINED)
    before = placed.filter(pk__in=_reached(first.pk, _turned(links)))
    after = placed.filter(pk__in=_reached(second.pk, links))
    last = before.order_by("-slot__ends_at", "pk").first()
    next_one = after.order_by("slot__starts_at", "pk").first()
    if last is None or next_one is None or not _overtaken(last, next_one):
        return None
    return last, next_one


def _overtaken(first: Meeting, second: Meeting) -> bool:
    """Whether the second begins before the first is over."""
    one, other = first.slot, second.slot
    return one is not None and other is not None and one.ends_at > other.starts_at


def _links(event: int) -> list[tuple[int, int]]:
    """The orders of an event as pairs of keys. A cancelled meeting hands nothing on."""
    rows = MeetingOrder.objects.filter(first__event=event)
    cancelled = Meeting.Status.CANCELLED
    alive = rows.exclude(first__status=cancelled).exclude(second__status=cancelled)
    return list(alive.order_by("pk").values_list("first", "second"))


def _turned(links: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(second, first) for first, second in links]


def _around(meeting: Meeting) -> tuple[set[int], set[int]]:
    """Keys of all meetings that come before one, and of all that come after it."""
    links = _links(meeting.event_id)
    before, after = _reached(meeting.pk, _turned(links)), _reached(meeting.pk, links)
    return before - {meeting.pk}, after - {meeting.pk}


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
