"""Many meetings of one event with all that belongs to them, each row read and made once."""

from __future__ import annotations

from django.db.models import prefetch_related_objects

from marketplace.models import (
    Event,
    Interpreter,
    Meeting,
    MeetingQuerySet,
    Participant,
    Session,
    Slot,
    Table,
)


def load_meetings(event: Event, rows: MeetingQuerySet) -> list[Meeting]:
    """The meetings in order of their keys, with people and their companies, slots and tables.

    With joins, thousands of meetings would make a new object of each company in every row.
    """
    people = {
        one.pk: one
        for one in Participant.objects.filter(registration__event=event).select_related(
            "person", "registration__company"
        )
    }
    for one in people.values():
        one.registration.event = event
    slots = {one.pk: one for one in Slot.objects.filter(event=event)}
    for slot in slots.values():
        slot.event = event
    tables = {one.pk: one for one in Table.objects.filter(event=event).select_related("hall")}
    sessions = {one.pk: one for one in Session.objects.filter(event=event)}
    interpreters = {one.pk: one for one in Interpreter.objects.filter(event=event)}
    found = list(rows.select_related("request").order_by("pk"))
    for meeting in found:
        meeting.event = event
        meeting.host, meeting.guest = people[meeting.host_id], people[meeting.guest_id]
        meeting.slot = slots[meeting.slot_id] if meeting.slot_id else None
        meeting.table = tables[meeting.table_id] if meeting.table_id else None
        meeting.session = sessions[meeting.session_id] if meeting.session_id else None
        if meeting.interpreter_id is not None:
            meeting.interpreter = interpreters[meeting.interpreter_id]
    further = ("others__person", "others__registration__company", "request__slots")
    prefetch_related_objects(found, *further)
    return found
