"""The clock of a place is noted for each time laid out there: a changed rule is seen by it."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.db import transaction

from chambers.models import User
from chambers.services import jobs
from marketplace.models import Event, Meeting, Slot
from marketplace.selectors.clocks import clock_of, slots_to_note
from marketplace.services.calendars import hold_event

AT_ONCE = 5_000  # slots that one look takes


@jobs.by_the_clock_every(dt.timedelta(hours=1))
def note_clocks(now: dt.datetime) -> None:
    """Note what the clock of its place shows at each time ahead, as long as nobody has."""
    rows = slots_to_note(now).select_related("event").only("starts_at", "event__zone")
    slots = list(rows.order_by("pk")[:AT_ONCE])
    for one in slots:
        one.noted_clock = clock_of(one.event.zone, one.starts_at)
    Slot.objects.bulk_update(slots, ["noted_clock"], batch_size=1_000)


@transaction.atomic
def keep_clock(meeting: Meeting, *, by: User) -> Meeting:
    """Say that a meeting stands as its clock shows it now: it is no longer listed as changed.

    Raises PermissionDenied for who does not manage the event.
    """
    event = hold_event(meeting.event)
    if not Event.objects.managed_by(by).filter(pk=event.pk).exists():
        raise PermissionDenied
    if (slot := meeting.slot) is not None:
        slot.noted_clock = clock_of(event.zone, slot.starts_at)
        slot.save(update_fields=["noted_clock"])
    return meeting
