"""The search for a timetable outlives its worker and its database; no confirmed meeting is lost."""

import os
import random
import signal
import time

import pytest
from django.conf import settings
from redis import Redis

from chambers.models import Job
from marketplace.models import Booking, Meeting, Timetable
from marketplace.services.calendars import book
from marketplace.services.timetables import start_timetable
from tests import database_crash
from tests.event_factories import (
    EventFactory,
    MeetingFactory,
    ParticipantFactory,
    SlotFactory,
    TableFactory,
)
from tests.factories import StaffFactory

PEOPLE, SLOTS, AT_ONCE = 60, 10, 27


def build_event():
    """A full day, feasible since it was made slot by slot, in which some must wait."""
    event, chance = EventFactory(), random.Random(5)
    slots = [SlotFactory(event=event, number=number) for number in range(SLOTS)]
    for _table in range(AT_ONCE):
        TableFactory(event=event)
    people = [ParticipantFactory(registration__event=event) for _one in range(PEOPLE)]
    known: set[frozenset[int]] = set()
    for _slot in slots:
        free = list(people)
        chance.shuffle(free)
        for _meeting in range(AT_ONCE):
            one = free.pop()
            other = next(x for x in free if frozenset((one.pk, x.pk)) not in known)
            free.remove(other)
            known.add(frozenset((one.pk, other.pk)))
            MeetingFactory(event=event, host=one, guest=other)
    return event, slots


def confirm_one(event, slots):
    """The first meeting, which was made for the first slot, is agreed."""
    meeting = Meeting.objects.filter(event=event).order_by("pk").first()
    meeting.slot, meeting.status = slots[0], Meeting.Status.CONFIRMED
    meeting.save()
    book(meeting)
    return meeting


def wait_for(done, seconds=300):
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, list(Job.objects.values("kind", "state", "error"))
        time.sleep(0.1)


@pytest.mark.django_db(transaction=True)
def test_a_search_goes_on_after_its_worker_was_killed_and_redis_emptied(worker_of_this_run):
    event, slots = build_event()
    staff = StaffFactory(chamber=event.chamber, role="manager").person
    confirmed = confirm_one(event, slots)
    held = list(Booking.objects.order_by("pk").values_list("pk", "during"))
    first = worker_of_this_run("first", JOB_LEASE_SECONDS="2")
    first.start()

    timetable = start_timetable(event, by=staff, seconds=6)
    wait_for(lambda: Timetable.objects.get(pk=timetable.pk).progress)
    os.kill(first.pid, signal.SIGKILL)
    first.stop()
    Redis.from_url(settings.REDIS_URL).flushdb()
    assert Timetable.objects.get(pk=timetable.pk).finished_at is None

    second = worker_of_this_run("second", JOB_LEASE_SECONDS="2")
    try:
        second.start()

        def finished():
            from chambers.tasks import tick

            tick.delay()  # what the clock does every five seconds
            timetable.refresh_from_db()
            return timetable.finished_at is not None

        wait_for(finished)
    finally:
        second.stop()

    assert timetable.certificate["placed"] == SLOTS * AT_ONCE
    assert timetable.certificate["status"] in ("optimal", "feasible")
    passed = [point[0] for point in timetable.progress]
    assert len(passed) >= 2
    assert passed == sorted(passed)  # the second worker had the seconds that the first had left
    confirmed.refresh_from_db()
    assert (confirmed.status, confirmed.slot) == (Meeting.Status.CONFIRMED, slots[0])
    assert list(Booking.objects.order_by("pk").values_list("pk", "during")) == held
    assert not Job.objects.filter(state=Job.State.PARKED).exists()


START = """
from marketplace.services.timetables import start_timetable
from tests.factories import StaffFactory
from tests.marketplace.test_timetable_durability import build_event, confirm_one
event, slots = build_event()
confirm_one(event, slots)
staff = StaffFactory(chamber=event.chamber, role="manager").person
start_timetable(event, by=staff, seconds=8)
"""
HELD = """
select json_build_object(
  'bookings', (select json_agg(b order by b.id) from marketplace_booking b),
  'confirmed', (select json_agg(m order by m.id) from marketplace_meeting m
                where m.status = 'confirmed'))
"""


@pytest.mark.django_db  # whose tables are copied
def test_a_search_goes_on_after_postgresql_and_redis_themselves_were_killed(tmp_path):
    points = "select jsonb_array_length(progress) from marketplace_timetable"
    finished = "select finished_at is not null from marketplace_timetable"
    with database_crash.servers(tmp_path) as crash:
        crash.make_tables()
        crash.python(START)
        held = crash.asked(HELD)

        with crash.at_work():
            database_crash.wait_for(lambda: crash.asked(points))
            crash.kill_broker()
            crash.kill_database()
            crash.start_database_again()
            assert crash.asked(finished) is False
            crash.start_broker_again()
            database_crash.wait_for(lambda: crash.asked(finished))

        assert (len(held["bookings"]), len(held["confirmed"])) == (2, 1)
        assert crash.asked(HELD) == held
        placed = "select (certificate->>'placed')::int from marketplace_timetable"
        assert crash.asked(placed) == SLOTS * AT_ONCE
        assert crash.asked("select count(*) from chambers_job where state = 'parked'") == 0
