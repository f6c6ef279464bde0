"""What a meeting had before it was moved is kept: its page tells it, as its mail did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marketplace.models import FormerPlace, Meeting
from marketplace.selectors.appointments import is_online


def keep_former(meetings: Sequence[Meeting]) -> None:
    """Note the times and tables that meetings have in the database and no longer have here.

    To be called just before they are saved. Three queries for any number of meetings, up to two
    more where some get their first table; one where none of them is moved.
    """
    rows = Meeting.objects.filter(pk__in=[one.pk for one in meetings]).exclude(slot=None)
    before = rows.select_related("slot").only("slot", "table").order_by("pk").in_bulk()
    moved = [one for one in meetings if one.pk in before]
    left = {one.pk: _left(before[one.pk], one) for one in moved}
    seated = [one.pk for one in moved if one.table_id and before[one.pk].table_id is None]
    for key in _online_among(seated):
        left[key] |= {"is_online": True, "table_id": None}
    _note({key: fields for key, fields in left.items() if fields})


def keep_former_place(was: Meeting, meeting: Meeting) -> None:
    """Note the link, that it was online and, outside events, the place; see ``as_it_was``."""
    left: dict[str, Any] = {}
    if was.link not in ("", meeting.link):
        left["link"] = was.link
    if was.event.place not in ("", meeting.event.place):
        left |= {"place": was.event.place, "is_online": is_online(was)}
    elif is_online(was) and not is_online(meeting):
        left |= {"place": "", "is_online": True, "table_id": None}
    _note({meeting.pk: left} if left else {})


def _left(was: Meeting, meeting: Meeting) -> dict[str, Any]:
    """The time and the table that a meeting no longer has."""
    left: dict[str, Any] = {}
    old, new = was.slot, meeting.slot
    if old is not None:
        times = (old.starts_at, old.ends_at)
        if new is None or times != (new.starts_at, new.ends_at):
            left["starts_at"], left["ends_at"] = times
    if was.table_id not in (None, meeting.table_id):
        left["table_id"], left["is_online"] = was.table_id, False
    return left


def _online_among(keys: Sequence[int]) -> list[int]:
    """Those of these meetings, all without a table, whose people met online until now."""
    if not keys:
        return []
    rows = Meeting.objects.filter(pk__in=keys).select_related("event", "host", "guest")
    return [one.pk for one in rows.prefetch_related("others") if is_online(one)]


def _note(left: Mapping[int, Mapping[str, Any]]) -> None:
    """Write down by meeting what it had; the rest of what was noted of it stays."""
    if not left:
        return
    noted = {one.meeting_id: one for one in FormerPlace.objects.filter(meeting__in=left)}
    rows = []
    for key, fields in left.items():
        row = noted.get(key) or FormerPlace(meeting_id=key)
        for name, value in fields.items():
            setattr(row, name, value)
        rows.append(row)
    FormerPlace.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["meeting"],
        update_fields=["starts_at", "ends_at", "table", "is_online", "place", "link"],
    )
