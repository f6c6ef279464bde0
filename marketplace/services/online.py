"""By which link the people of a meeting at an event meet who do not come to its place."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from chambers.models import User
from marketplace.models import Meeting
from marketplace.services import notices, placing
from marketplace.services.former_places import keep_former_place


@transaction.atomic
def set_link(meeting: Meeting, *, by: User, link: str, at: dt.datetime | None = None) -> Meeting:
    """Say where a meeting is online; all its people read it, in their calendars too.

    Raises ValidationError ``over``, and ``invalid`` for what is no link; PermissionDenied for who
    decides neither for one of the companies nor for the event.
    """
    meeting = placing.lock_meeting(meeting)
    placing.side_of(meeting, by)
    placing.demand_ahead(meeting, at)
    if meeting.link == link.strip():
        return meeting
    was = notices.as_it_was(meeting)
    meeting.link = link.strip()
    others = {field.name for field in Meeting._meta.fields} - {"link"}  # noqa: SLF001 - documented
    meeting.clean_fields(exclude=others)
    meeting.sequence += 1
    meeting.save(update_fields=["link", "sequence", "changed_at"])
    if meeting.is_placed:
        keep_former_place(was, meeting)
        notices.tell_of_meeting("moved", meeting, was=was)
    return meeting
