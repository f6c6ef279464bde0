"""What has changed about an event since a version of its timetable was made."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from marketplace.models import Event, Interpreter, Meeting, Slot, Table, Timetable
from marketplace.scheduling.document import plan_of
from marketplace.selectors.orders import broken_orders
from marketplace.selectors.reading import Reading, told_moment


def refuse_changed_parts(timetable: Timetable) -> None:
    """Raise ``changed_meanwhile`` where a slot, table or interpreter of a plan is not as it was.

    A removed table would leave its meetings standing; a slot at another time, their people away.
    """
    reading, plan = Reading.of(timetable.problem), plan_of(timetable.plan)
    event = timetable.event_id
    slots = {
        str(one.public_id): (told_moment(one.starts_at), told_moment(one.ends_at))
        for one in Slot.objects.filter(event=event)
    }
    tables, speakers = (
        {str(key) for key in model.objects.filter(event=event).values_list("public_id", flat=True)}
        for model in (Table, Interpreter)
    )
    for at, unit in enumerate(plan.slot):
        if unit is None:
            continue
        slot = reading.slot_of(at, unit)
        last = unit + reading.problem.lengths[at] - 1
        number, helper = plan.table[at], plan.helper[at]
        table = reading.booth_of(at) or (reading.tables[number] if number is not None else None)
        speaker = reading.calendars[helper].partition(":")[2] if helper is not None else ""
        if (
            slots.get(slot) != (reading.units[unit][0], reading.units[last][1])
            or (table is not None and table not in tables)
            or (speaker and speaker not in speakers)
        ):
            raise ValidationError(
                _(
                    "Slots, tables or interpreters have changed since this version was made: make"
                    " a new version."
                ),
                code="changed_meanwhile",
            )


def refuse_broken_orders(event: Event, meetings: Iterable[Meeting]) -> None:
    """Raise ``changed_meanwhile`` where the new places of meetings break an order or a section."""
    rows = list(meetings)
    outside = [
        one
        for one in rows
        if one.slot is not None and one.session is not None and not one.session.holds(one.slot)
    ]
    pairs = broken_orders(event, rows)
    broken = [*map(str, outside), *(f"{first} → {second}" for first, second in pairs)]
    if broken:
        raise ValidationError(
            _(
                "Since this version was made, the order or the hours of meetings were set anew"
                " (%(names)s): make a new version."
            ),
            code="changed_meanwhile",
            params={"names": "; ".join(broken[:3])},
        )
