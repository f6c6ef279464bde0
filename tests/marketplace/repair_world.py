"""An event in force for tests of repair: companies with accounts, slots, tables, meetings."""

import datetime as dt

from marketplace.models import Booking, TableClosed
from tests import event_factories as made
from tests.factories import StaffFactory


class Fair:
    """An event with slots of twenty minutes, tables, people with accounts, and its manager."""

    def __init__(self, *, slots=4, tables=2, people=4, **fields):
        self.event = made.EventFactory(freeze_minutes=30, **fields)
        self.staff = StaffFactory(chamber=self.event.chamber, role="manager").person
        self.slots = [made.SlotFactory(event=self.event, number=n) for n in range(slots)]
        self.tables = [made.TableFactory(event=self.event, number=n + 1) for n in range(tables)]
        self.people = [self.person() for _one in range(people)]

    def person(self, **fields):
        return made.ParticipantFactory(registration__event=self.event, speaking=True, **fields)

    def meet(self, one, other, slot=None, table=None, **fields):
        """A meeting of two people, by their numbers; confirmed with a slot, else waiting."""
        if slot is not None:
            fields = {
                "status": "confirmed",
                "slot": self.slots[slot],
                "table": self.tables[table] if table is not None else None,
                **fields,
            }
        host, guest = self.people[one], self.people[other]
        return made.MeetingFactory(
            event=self.event, host=host, guest=guest, **{"is_told": True, **fields}
        )

    def before(self, slot, minutes):
        """An instant some minutes before a slot begins."""
        return self.slots[slot].starts_at - dt.timedelta(minutes=minutes)


def place(meeting):
    """Status, and the numbers of slot and table, as the row has them now."""
    meeting.refresh_from_db()
    slots = list(meeting.event.slots.order_by("starts_at", "ends_at").values_list("pk", flat=True))
    slot = slots.index(meeting.slot_id) if meeting.slot_id else None
    return meeting.status, slot, meeting.table.number if meeting.table else None


def orphans():
    """Bookings of closed tables in closed slots, and of meetings that hold nothing."""
    closed = [
        booking
        for shut in TableClosed.objects.select_related("slot")
        for booking in Booking.objects.filter(
            table=shut.table,
            during__startswith__lt=shut.slot.ends_at,
            during__endswith__gt=shut.slot.starts_at,
        )
    ]
    loose = Booking.objects.exclude(
        meeting__status__in=["provisional", "confirmed", "held", "no_show"]
    )
    return [*closed, *loose]
