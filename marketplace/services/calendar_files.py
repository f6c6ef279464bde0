"""The calendar file of a mail about meetings: what is to be, and apart from it what is off."""

from __future__ import annotations

from collections.abc import Sequence

from chambers.gates.calendar import Appointment, Method, Standing, calendar
from chambers.services.mail import CalendarFile
from marketplace.models import Event
from marketplace.selectors.appointments import file_name


def calendar_file(
    event: Event, entries: Sequence[Appointment], *, version: int | None = None
) -> CalendarFile | None:
    """What a mail brings for a calendar program; None without entries.

    A file asks one thing of its reader's program (METHOD of RFC 5546): a lone appointment invites,
    many are published, and what is off is cancelled, in a file of its own beside those that stand.
    ``version`` is that of the timetable, for the name, which is in the language in use.
    """
    off = [one for one in entries if one.standing is Standing.CANCELLED]
    live = [one for one in entries if one.standing is not Standing.CANCELLED]
    name = file_name(event, version)
    cancelled = calendar(off, method=Method.CANCEL) if off else b""
    if not live:
        return CalendarFile(cancelled, Method.CANCEL.value, name) if off else None
    method = Method.REQUEST if len(live) == 1 else Method.PUBLISH
    return CalendarFile(calendar(live, method=method), method.value, name, cancelled)
