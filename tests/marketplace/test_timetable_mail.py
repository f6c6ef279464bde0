"""A timetable is told to many, while meetings change and workers die."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from chambers.models import Job, Mail, User
from chambers.services import jobs
from marketplace.models import Meeting
from marketplace.services import timetable_mail
from marketplace.services.meetings import cancel_meeting
from marketplace.services.publishing import publish_timetable
from tests import factories
from tests.marketplace.test_races import connect
from tests.marketplace.timetable_world import made, meet, people, small_event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def meeting(monkeypatch):
    """One meeting of a final timetable; its two people are to be told one after the other."""
    monkeypatch.setattr(timetable_mail, "AT_ONCE", 1)
    event = small_event()
    staff = factories.StaffFactory(chamber=event.chamber, role="manager").person
    found = meet(event, *people(event, 2, speaking=True))
    publish_timetable(made(event, staff), by=staff, final=True)
    return found


def cancelling(meeting):
    """Somebody who cancels it on a connection of their own."""

    def cancel():
        connect()
        try:
            own = User.objects.get(pk=meeting.host.person_id)
            cancel_meeting(Meeting.objects.get(pk=meeting.pk), by=own, reason="Ill")
        finally:
            connection.close()

    thread = threading.Thread(target=cancel)
    thread.start()
    return thread


def told(meeting):
    """The methods of the calendar files of each of its people, as they were written."""
    return [
        list(Mail.objects.filter(person=one.person).order_by("pk").values_list("method", flat=True))
        for one in (meeting.host, meeting.guest)
    ]


def test_who_cancels_while_it_is_told_waits_until_the_invitation_is_written(meeting, monkeypatch):
    write, threads = timetable_mail._write, []

    def slow(*args, **named):
        if not threads:
            threads.append(cancelling(meeting))
            threads[0].join(1)
            assert threads[0].is_alive()
        return write(*args, **named)

    monkeypatch.setattr(timetable_mail, "_write", slow)
    jobs.work_off()
    threads[0].join(20)

    first, second = told(meeting)
    assert (first[-1], second[-1]) == ("CANCEL", "CANCEL")
    assert "CANCEL" not in first[:-1] + second[:-1]


def test_who_is_told_later_reads_of_no_meeting_that_was_cancelled_meanwhile(meeting, monkeypatch):
    as_they_are, turns = timetable_mail._as_they_are, []

    def second(event, shares):
        turns.append(shares)
        if len(turns) == 2:
            cancelling(meeting).join(20)
        return as_they_are(event, shares)

    monkeypatch.setattr(timetable_mail, "_as_they_are", second)
    jobs.work_off()

    first, second = sorted(told(meeting), key=len, reverse=True)
    assert first[-1] == "CANCEL"
    assert len(first) == 2
    assert second == ["CANCEL"]


def test_an_interrupted_job_tells_nobody_twice(meeting, monkeypatch):
    write, turns = timetable_mail._write, []

    def breaks(*args, **named):
        turns.append(args)
        if len(turns) == 2:
            raise RuntimeError("the worker has no memory left")
        return write(*args, **named)

    monkeypatch.setattr(timetable_mail, "_write", breaks)
    jobs.work_off()
    assert sorted(map(len, told(meeting))) == [0, 1]
    Job.objects.filter(kind=timetable_mail.TELL).update(run_after=timezone.now())
    jobs.work_off()

    assert list(map(len, told(meeting))) == [1, 1]
