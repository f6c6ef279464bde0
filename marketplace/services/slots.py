"""Every change to the times in which meetings may be.

``by`` is a manager of the organiser; None is the installation itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from chambers.models import User
from marketplace.models import Event, Meeting, Slot
from marketplace.services.events import hold_to_set_up, moment_of


@transaction.atomic
def add_slots(
    event: Event,
    *,
    by: User | None,
    day: dt.date,
    starts: dt.time,
    ends: dt.time,
    minutes: int,
    gap: int = 0,
    breaks: Iterable[tuple[dt.time, dt.time]] = (),
) -> list[Slot]:
    """Fill hours of a day with slots of one length; another length is another call.

    Times are those of the place. ``gap`` are free minutes after each slot, ``breaks`` (from,
    until) are left free; the slots after a break begin at its end. Slots that are there already
    stay. Returns the new ones.

    Raises ValidationError ``outside`` for a day that is no day of the event, ``no_length``, and
    ``too_short`` when no slot fits.
    """
    event = hold_to_set_up(event, by)
    if not event.starts_on <= day <= event.ends_on:
        raise ValidationError(_("This is no day of the event."), code="outside")
    if not 1 <= minutes <= 24 * 60 or gap < 0:
        raise ValidationError(_("Give a length of one minute or more."), code="no_length")
    pauses = sorted((moment_of(event, day, a), moment_of(event, day, b)) for a, b in breaks)
    length, between = dt.timedelta(minutes=minutes), dt.timedelta(minutes=gap)
    at, until, times = moment_of(event, day, starts), moment_of(event, day, ends), []
    while at + length <= until:
        pause = next((one for one in pauses if one[0] < at + length and at < one[1]), None)
        if pause is not None:
            at = pause[1]
            continue
        times.append((at, at + length))
        at += length + between
    if not times:
        raise ValidationError(_("No slot of this length fits into these hours."), code="too_short")
    known = set(event.slots.values_list("starts_at", "ends_at"))
    return Slot.objects.bulk_create(
        Slot(event=event, starts_at=a, ends_at=b) for a, b in times if (a, b) not in known
    )


@transaction.atomic
def remove_slots(slots: Iterable[Slot], *, event: Event, by: User | None) -> int:
    """Take slots away in which nothing happens; how many.

    Raises ValidationError ``has_meetings`` for one with meetings.
    """
    event = hold_to_set_up(event, by)
    chosen = Slot.objects.filter(event=event, pk__in=[slot.pk for slot in slots])
    if Meeting.objects.filter(slot__in=chosen).exists():
        raise ValidationError(
            _("There are meetings at this time: move them first."), code="has_meetings"
        )
    count = chosen.count()
    chosen.delete()
    return count
