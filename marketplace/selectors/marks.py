"""What is to be typed in after an event: its slots with meetings, and the meetings of one."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from marketplace.models import Event, FurtherMark, Meeting, MeetingQuerySet, Slot
from marketplace.selectors.times import ShownTime, shown_time


@dataclass(frozen=True, slots=True)
class SlotMarks:
    """A slot with its meetings, and how many of them have somebody whom nobody has marked."""

    slot: Slot
    time: ShownTime
    meetings: int
    left: int


def marks_by_slot(event: Event) -> list[SlotMarks]:
    """The slots that have meetings, in order. One query."""
    held = Q(meetings__status__in=Meeting.HOLDING)
    unknown = Meeting.Attendance.UNKNOWN
    joining = Meeting.others.through.objects.filter(meeting=OuterRef("meetings"))
    seen = FurtherMark.objects.filter(
        meeting=OuterRef("meeting"), participant=OuterRef("participant")
    )
    open_ones = (
        Q(meetings__host_attendance=unknown)
        | Q(meetings__guest_attendance=unknown)
        | Q(Exists(joining.exclude(Exists(seen))))
    )
    rows = Slot.objects.filter(event=event).annotate(
        held=Count("meetings", filter=held), left=Count("meetings", filter=held & open_ones)
    )
    return [
        SlotMarks(one, shown_time(one.starts_at, one.ends_at, zone=event.zone), one.held, one.left)
        for one in rows.order_by("starts_at", "ends_at", "pk")
        if one.held
    ]


def meetings_to_mark(event: Event, slot: Slot) -> MeetingQuerySet:
    """The meetings of a slot in the order of the tables, as on the form of the kit."""
    rows = Meeting.objects.filter(event=event, slot=slot).placed()
    return (
        rows.select_related(
            "event",
            "slot",
            "table",
            "host__registration__company",
            "guest__registration__company",
        )
        .prefetch_related("others__registration__company", "further_marks")
        .order_by("table__number", "pk")
    )
