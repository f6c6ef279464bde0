"""A run outlives its workers, its broker and its database: it ends as if nothing had happened."""

import os
import random
import signal
import time

import pytest
from django.conf import settings
from redis import Redis

from chambers.models import Company, Job
from chambers.services import jobs
from chambers.services.companies import change_company
from matching.models import Run
from matching.services import refresh, runs
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
def test_a_run_survives_killed_workers_and_an_emptied_redis(worker_of_this_run, tmp_path):
    build_world()
    undisturbed = match(seed=9)
    expected = lists()
    Job.objects.all().delete()
    limits = {"MATCH_PART": "4", "JOB_LEASE_SECONDS": "2"}
    # Each is a machine of its own: only PostgreSQL and Redis are common to them.
    first = worker_of_this_run("first", **limits, INDEX_DIR=str(tmp_path / "first"))
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

    others = [
        worker_of_this_run(name, **limits, INDEX_DIR=str(tmp_path / name))
        for name in ("second", "third")
    ]
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


@pytest.mark.django_db(transaction=True)
def test_two_machines_share_a_run_and_find_what_one_finds(worker_of_this_run, tmp_path):
    build_world()
    match(seed=9)
    expected = lists()
    Job.objects.all().delete()
    workers = [
        worker_of_this_run(name, MATCH_PART="2", INDEX_DIR=str(tmp_path / name))
        for name in ("one", "other")
    ]
    try:
        for worker in workers:
            worker.start()
            worker.wait_until(lambda log=worker.log: "ready." in log.read_text())

        run = runs.start_run(seed=9)
        runs.jobs.wake()
        wait_for(lambda: Run.objects.get(pk=run.pk).state == Run.State.DONE)
    finally:
        for worker in workers:
            worker.stop()

    assert lists() == expected
    digest = Run.objects.get(pk=run.pk).index_digest
    assert all((tmp_path / name / digest).is_dir() for name in ("one", "other"))


@pytest.mark.django_db(transaction=True)
def test_no_change_is_lost_when_its_worker_is_killed(worker_of_this_run, tmp_path):
    build_world()
    match(seed=9)
    former = change_trades()
    jobs.work_off()
    expected = lists()
    change_trades(former)
    match(seed=9)
    Job.objects.all().delete()
    limits = {"JOB_LEASE_SECONDS": "2"}
    first = worker_of_this_run("first", **limits, INDEX_DIR=str(tmp_path / "first"))
    first.start()
    change_trades()
    wait_for(Job.objects.filter(kind=refresh.JOB).exclude(state=Job.State.QUEUED).exists)
    os.kill(first.pid, signal.SIGKILL)
    first.stop()

    second = worker_of_this_run("second", **limits, INDEX_DIR=str(tmp_path / "second"))
    try:
        second.start()

        def finished():
            from chambers.tasks import tick

            tick.delay()
            return not Job.objects.filter(kind=refresh.JOB).open().exists()

        wait_for(finished)
    finally:
        second.stop()

    assert not Job.objects.filter(state=Job.State.PARKED).exists()
    assert lists() == expected


def change_trades(trades=None):
    """Give thirty companies other trade codes, one change each; those they had before."""
    former = {}
    for one in Company.objects.order_by("pk")[:30]:
        former[one.pk] = list(one.codes.all())
        change_company(one, codes=trades[one.pk] if trades else hs(CODES[one.pk % len(CODES)]))
    return former
