"""Meetings are proposed while people decide by themselves, and while workers die."""

import os
import signal
import threading
import time

import pytest
from django.conf import settings
from django.db import connection
from redis import Redis

from chambers.models import Job
from chambers.services import jobs
from marketplace.models import Meeting
from marketplace.selectors.proposals import last_proposing
from marketplace.services import proposals, requests
from marketplace.services.proposals import start_proposing
from tests import event_factories as make
from tests import factories
from tests.marketplace.slow_scorer import everybody

pytestmark = pytest.mark.django_db(transaction=True)


class Scene:
    """Three companies with room for all of them to meet."""

    def __init__(self):
        self.event = make.EventFactory()
        make.SlotFactory.create_batch(3, event=self.event)
        make.TableFactory.create_batch(2, event=self.event)
        self.manager = factories.StaffFactory(chamber=self.event.chamber, role="manager").person
        self.people = [
            make.ParticipantFactory(registration__event=self.event, speaking=True) for _ in "123"
        ]

    def ask(self):
        """The first company asks the second."""
        return requests.request_meeting(
            self.people[0].registration, self.people[1].registration, by=self.people[0].person
        )

    def accept(self, request):
        """The second agrees; then this thread's connection is done with."""
        requests.accept_request(request, by=self.people[1].person)
        connection.close()

    def pairs(self):
        """Who is to meet whom, and whether they know."""
        return sorted(
            (
                tuple(sorted((self.people.index(one.host), self.people.index(one.guest)))),
                one.is_told,
            )
            for one in Meeting.objects.alive()
        )


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def asked_of(monkeypatch):
    """Who says who fits, instead of the matching: ``asked_of(scorer)``."""
    return lambda scorer: monkeypatch.setattr(proposals, "_scorers", [scorer])


def apart(call):
    """A thread that runs ``call`` beside this one."""
    thread = threading.Thread(target=call)
    thread.start()
    return thread


def test_a_pair_that_agrees_meanwhile_is_left_out_and_nobody_waits_for_the_choice(scene, asked_of):
    def while_two_agree(event, companies):
        thread = apart(lambda: scene.accept(scene.ask()))
        thread.join(timeout=60)
        assert not thread.is_alive()  # else the event was held while it was chosen
        return everybody(event, companies)

    asked_of(while_two_agree)
    job = start_proposing(scene.event, by=scene.manager)
    jobs.work_off()
    job.refresh_from_db()

    assert (job.result["meetings"], job.result["changed"]) == (2, 1)
    assert scene.pairs() == [((0, 1), True), ((0, 2), False), ((1, 2), False)]
    assert "1 was left out" in last_proposing(scene.event).told()


@pytest.mark.parametrize("turn", range(5))
def test_two_never_meet_twice_when_they_agree_in_the_moment_they_are_proposed(
    scene, asked_of, turn
):
    start, threads = threading.Barrier(2), []

    def then_both_start(event, companies):
        request = scene.ask()

        def agree():
            start.wait()
            scene.accept(request)

        threads.append(apart(agree))
        start.wait()
        return everybody(event, companies)

    asked_of(then_both_start)
    start_proposing(scene.event, by=scene.manager)
    jobs.work_off()
    threads[0].join()

    assert scene.pairs() == [((0, 1), True), ((0, 2), False), ((1, 2), False)]


def test_proposals_outlive_a_killed_worker_and_are_written_once(scene, worker_of_this_run):
    options = ("-I", "tests.marketplace.slow_scorer")
    first = worker_of_this_run("first", *options, JOB_LEASE_SECONDS="2", SLOW_SCORER="600")
    second = worker_of_this_run("second", *options, JOB_LEASE_SECONDS="2", SLOW_SCORER="0")
    job = start_proposing(scene.event, by=scene.manager)
    first.start()
    wait_for(lambda: Job.objects.filter(pk=job.pk, done=1).exists())
    os.kill(first.pid, signal.SIGKILL)
    first.stop()
    Redis.from_url(settings.REDIS_URL).flushdb()
    assert Meeting.objects.count() == 0

    try:
        second.start()
        wait_for(lambda: Job.objects.filter(pk=job.pk, state=Job.State.DONE).exists())
    finally:
        second.stop()

    job.refresh_from_db()
    assert (job.tries, job.result["meetings"]) == (2, 3)
    assert scene.pairs() == [((0, 1), False), ((0, 2), False), ((1, 2), False)]


def wait_for(done, seconds=120):
    """Until ``done``, with what the clock does every five seconds."""
    from chambers.tasks import tick

    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, list(Job.objects.values("kind", "state", "error"))
        tick.delay()
        time.sleep(0.3)
