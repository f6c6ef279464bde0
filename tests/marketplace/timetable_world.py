"""An event whose timetables are made as a worker makes them."""

from chambers.models import Job
from chambers.services import jobs
from marketplace import tasks
from marketplace.services.publishing import publish_timetable
from marketplace.services.timetables import start_timetable
from tests.event_factories import (
    EventFactory,
    MeetingFactory,
    ParticipantFactory,
    SlotFactory,
    TableFactory,
)

assert tasks  # its import registers the jobs


def small_event():
    """Four slots and two tables."""
    event = EventFactory()
    for number in range(4):
        SlotFactory(event=event, number=number)
    for number in (1, 2):
        TableFactory(event=event, number=number)
    return event


def people(event, count, **fields):
    return [ParticipantFactory(registration__event=event, **fields) for _ in range(count)]


def meet(event, host, guest, **fields):
    return MeetingFactory(event=event, host=host, guest=guest, **fields)


def made(event, staff, **fields):
    """A version as the worker leaves it."""
    timetable = start_timetable(event, by=staff, seconds=30, **fields)
    jobs.work_off()
    timetable.refresh_from_db()
    assert timetable.finished_at, Job.objects.get(pk=timetable.job_id).error
    return timetable


def published(event, staff, *, final=False, **fields):
    timetable = publish_timetable(made(event, staff, **fields), by=staff, final=final)
    jobs.work_off()
    return timetable


def state(meeting):
    meeting.refresh_from_db()
    return (
        meeting.status,
        meeting.slot and meeting.slot.starts_at,
        meeting.table and meeting.table.number,
    )
