"""A run outlives its workers: killed, with Redis emptied, it ends as if nothing had happened."""

import os
import random
import signal
import time

import pytest
from django.conf import settings
from redis import Redis

from chambers.models import Job
from matching.models import Run
from matching.services import runs
from tests.matching.world import company, hs, lists, match, offers, seeks

CODES = ["902610", "848620", "843351", "847130", "850440"]


def build_world(size=60):
    chance = random.Random(3)
    for number in range(size):
        one = company(
            chance.choice(["RU", "JP", "BY", "KZ"]),
            f"Company {number:02d}",
            codes=hs(chance.choice(CODES)),
        )
        chance.choice([offers, seeks])(one, chance.choice(CODES))


def wait_for(done, seconds=180):
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, list(Job.objects.values("kind", "state", "error"))
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("workers")
def test_a_run_survives_killed_workers_and_an_emptied_redis(worker_of_this_run, tmp_path):
    build_world()
    undisturbed = match(seed=9)
    expected = lists()
    Job.objects.all().delete()
    limits = {"MATCH_PART": "4", "JOB_LEASE_SECONDS": "2", "INDEX_DIR": str(tmp_path)}
    first = worker_of_this_run("first", **limits)
    first.start()

    run = runs.start_run(seed=9)
    parts = Job.objects.filter(kind="matching.run.match", state=Job.State.DONE)
    runs.jobs.wake()
    wait_for(parts.exists)
    os.kill(first.pid, signal.SIGKILL)
    first.stop()
    Redis.from_url(settings.REDIS_URL).flushdb()
    run.refresh_from_db()
    killed_at = run.state, parts.count()

    others = [worker_of_this_run(name, **limits) for name in ("second", "third")]
    try:
        for worker in others:
            worker.start()

        def finished():
            from chambers.tasks import tick

            tick.delay()  # what the clock does every five seconds
            run.refresh_from_db()
            return run.state == Run.State.DONE

        wait_for(finished)
    finally:
        for worker in others:
            worker.stop()

    assert killed_at[0] == Run.State.RUNNING
    assert 1 <= killed_at[1] < 15
    assert lists() == expected
    undisturbed.refresh_from_db()
    assert (undisturbed.is_current, run.is_current) == (False, True)
    assert not Job.objects.filter(state=Job.State.PARKED).exists()
