"""Jobs are rows: claimed once, fenced by a lease, parked when hopeless, never lost."""

import datetime as dt
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from celery import Celery
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from redis import Redis

from chambers.models import Job
from chambers.services import jobs
from chambers.tasks import tick
from tests.chambers import job_handlers
from tests.chambers.job_handlers import written
from tests.factories import JobFactory

NAMES = [f"{number:02d}" for number in range(20)]


def in_thread(work, *args):
    """Run ``work`` in a thread with a database connection of its own; a future."""

    def run():
        try:
            return work(*args)
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(run)
    pool.shutdown(wait=False)
    return future


def wait_for(done, seconds=120):
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, list(Job.objects.values("kind", "state", "error"))
        time.sleep(0.05)


def make_due(job):
    Job.objects.filter(pk=job.pk).update(run_after=timezone.now())


def silence(job):
    """Let the lease of a running job have run out."""
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))


def test_a_job_stands_or_falls_with_the_change_that_asked_for_it(db):
    with transaction.atomic():
        jobs.enqueue("tests.write", {"name": "a"})
        transaction.set_rollback(True)

    assert not Job.objects.exists()


def test_a_job_is_done_once_with_its_effect_and_result(db):
    job = jobs.enqueue("tests.write", {"name": "a"})

    assert (jobs.work_off(), jobs.work_off()) == (1, 0)

    job.refresh_from_db()
    assert (job.state, job.result, job.lease) == (Job.State.DONE, {"written": "a"}, None)
    assert written() == ["a"]


def test_a_key_waits_once_but_a_running_one_is_asked_for_again(db):
    first = jobs.enqueue("tests.write", {"name": "a"}, key="7")
    again = jobs.enqueue("tests.write", {"name": "b"}, key="7")
    jobs.claim()
    later = jobs.enqueue("tests.write", {"name": "c"}, key="7")

    assert again == first
    assert later != first


def test_the_database_itself_holds_a_key_to_one_waiting_job(db):
    JobFactory(key="7")

    with pytest.raises(IntegrityError), transaction.atomic():
        JobFactory(key="7")


def test_higher_priority_goes_first_then_the_longer_wait(db):
    now = timezone.now()
    late = JobFactory(kind="tests.write", run_after=now - dt.timedelta(seconds=1))
    early = JobFactory(kind="tests.write", run_after=now - dt.timedelta(seconds=9))
    urgent = JobFactory(kind="tests.write", priority=5)
    JobFactory(kind="tests.write", run_after=now + dt.timedelta(hours=1))

    taken = [jobs.claim(), jobs.claim(), jobs.claim(), jobs.claim()]

    assert [lease and lease.job for lease in taken] == [urgent, early, late, None]


def test_a_kind_nobody_here_knows_stays_for_a_worker_that_does(db):
    JobFactory(kind="tests.of_another_release")

    assert jobs.claim() is None


@pytest.mark.django_db(transaction=True)
def test_eight_workers_never_take_the_same_job():
    for name in NAMES:
        jobs.enqueue("tests.write", {"name": name})
    start = threading.Barrier(8)

    def take():
        start.wait()
        found = []
        while (lease := jobs.claim()) is not None:
            found.append(lease.job.pk)
        return found

    taken = [pk for future in [in_thread(take) for _ in range(8)] for pk in future.result()]

    assert sorted(taken) == sorted(Job.objects.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_job_that_somebody_is_just_taking_is_passed_over_not_waited_for():
    first, second = JobFactory(kind="tests.write"), JobFactory(kind="tests.write")

    with transaction.atomic():
        Job.objects.select_for_update().get(pk=first.pk)
        lease = in_thread(jobs.claim).result(timeout=60)

    assert lease.job == second


@pytest.mark.django_db(transaction=True)
def test_asking_for_a_key_that_a_long_change_has_asked_for_waits_and_works():
    waiting = jobs.enqueue("tests.write", {"name": "a"}, key="7")

    def ask():
        with CaptureQueriesContext(connection) as queries:
            return jobs.enqueue("tests.write", {"name": "a"}, key="7"), len(queries)

    with transaction.atomic():
        jobs.enqueue("tests.write", {"name": "a"}, key="7")
        other = in_thread(ask)
        time.sleep(1)
        assert not other.done()

    found, queries = other.result(timeout=60)
    assert found == waiting
    assert queries < 10  # it waits for the row, it does not ask again and again


@pytest.mark.django_db(transaction=True)
def test_two_changes_that_ask_for_a_new_key_at_once_share_one_job():
    start = threading.Barrier(4)

    def ask():
        start.wait()
        with transaction.atomic():
            job = jobs.enqueue("tests.write", {"name": "a"}, key="7")
            time.sleep(0.05)
        return job.pk

    asked = {future.result(timeout=60) for future in [in_thread(ask) for _ in range(4)]}

    assert asked == set(Job.objects.values_list("pk", flat=True))
    assert len(asked) == 1


def test_a_zombie_whose_lease_expired_cannot_commit_its_effect(db):
    jobs.enqueue("tests.write", {"name": "a"})
    zombie = jobs.claim()
    silence(zombie.job)
    successor = jobs.claim()

    with pytest.raises(jobs.LostLeaseError):
        job_handlers.write(zombie)
    assert written() == []
    job_handlers.write(successor)

    assert written() == ["a"]
    zombie.job.refresh_from_db()
    assert (zombie.job.state, zombie.job.tries) == (Job.State.DONE, 2)


def test_a_sign_of_progress_keeps_the_lease_and_a_lost_one_is_noticed(db):
    jobs.enqueue("tests.write", {"name": "a"})
    lease = jobs.claim()
    silence(lease.job)

    lease.progress(3, 10, "a third")
    lease.job.refresh_from_db()
    kept = lease.job.lease_until > timezone.now(), jobs.claim()
    silence(lease.job)
    jobs.claim()

    assert kept == (True, None)
    assert (lease.job.done, lease.job.total, lease.job.message) == (3, 10, "a third")
    with pytest.raises(jobs.LostLeaseError):
        lease.progress(4)


def test_a_stopped_job_has_no_effect(db):
    job = jobs.enqueue("tests.write", {"name": "a"})
    lease = jobs.claim()
    jobs.cancel(job)

    jobs.do(lease)

    job.refresh_from_db()
    assert (job.state, written()) == (Job.State.CANCELLED, [])
    with pytest.raises(ValidationError) as caught:
        jobs.cancel(job)
    assert caught.value.code == "over"


def test_failures_come_back_after_growing_delays_until_the_fifth_parks(db):
    job = jobs.enqueue("tests.fail")
    delays = []
    for _ in range(5):
        make_due(job)
        before = timezone.now()
        jobs.do(jobs.claim())
        job.refresh_from_db()
        delays.append(round((job.run_after - before).total_seconds()))

    assert delays[:4] == list(jobs.BACKOFF)
    assert (job.state, job.tries) == (Job.State.PARKED, 5)
    assert job.error == "ValueError: no such luck"
    assert jobs.claim() is None


def test_who_asked_for_a_parked_job_is_told(db):
    job = jobs.enqueue("tests.told")
    Job.objects.update(tries=4)
    job_handlers.told.clear()

    jobs.work_off()

    assert job_handlers.told == [(job.pk, "ValueError: given up")]


def test_a_job_whose_workers_fell_silent_five_times_is_parked(db):
    job = jobs.enqueue("tests.write", {"name": "a"})
    for _ in range(5):
        jobs.claim()
        silence(job)

    assert jobs.claim() is None
    job.refresh_from_db()
    assert (job.state, job.lease) == (Job.State.PARKED, None)
    assert "silent" in job.error


def test_a_parked_job_is_tried_again_with_fresh_tries(db):
    job = JobFactory(parked=True, kind="tests.write", payload={"name": "a"})

    jobs.retry(job)
    jobs.work_off()

    assert written() == ["a"]
    with pytest.raises(ValidationError) as caught:
        jobs.retry(job)
    assert caught.value.code == "not_parked"


def test_a_parked_job_is_not_tried_again_beside_one_that_does_its_work(db):
    parked = JobFactory(parked=True, key="7")
    JobFactory(key="7")

    with pytest.raises(ValidationError) as caught:
        jobs.retry(parked)

    assert caught.value.code == "waits"


def test_jobs_of_a_kind_are_taken_along_and_end_together(db):
    for name in "abc":
        jobs.enqueue("tests.write", {"name": name})
    lease = jobs.claim()

    along = lease.take_along()
    with lease.finish():
        pass

    assert sorted(payload["name"] for payload in along) == ["a", "b", "c"]
    assert set(Job.objects.values_list("state", flat=True)) == {Job.State.DONE}


def test_jobs_taken_along_come_back_one_by_one_when_it_fails(db):
    for _ in range(3):
        jobs.enqueue("tests.fail")
    lease = jobs.claim()
    lease.take_along()

    jobs.do(lease)

    assert list(Job.objects.values_list("state", "tries")) == [(Job.State.QUEUED, 1)] * 3


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_the_change_and_its_job_are_saved_all_the_same():
    def ask():
        broken = Celery("broken", broker="redis://127.0.0.1:1/0", set_as_current=False)
        broken.conf.task_publish_retry = False
        broken.set_current()
        return jobs.enqueue("tests.write", {"name": "a"})

    job = in_thread(ask).result(timeout=60)

    assert Job.objects.get() == job


def run_worker(worker_of_this_run, name):
    worker = worker_of_this_run(name, "-I", "tests.chambers.job_handlers", JOB_LEASE_SECONDS="2")
    worker.start()
    return worker


def all_done():
    tick.delay()  # what the clock does every five seconds
    return not Job.objects.exclude(state=Job.State.DONE).exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_or_doubled_by_killed_workers_and_an_emptied_redis(
    worker_of_this_run, settings
):
    for name in NAMES:
        jobs.enqueue("tests.write", {"name": name, "steps": 2})
    Redis.from_url(settings.REDIS_URL).flushdb()  # every wake-up is gone

    first = run_worker(worker_of_this_run, "killed")
    tick.delay()
    wait_for(lambda: 0 < len(written()) < len(NAMES))
    os.kill(first.pid, signal.SIGKILL)
    first.stop()
    at_the_kill = len(written())
    Redis.from_url(settings.REDIS_URL).flushdb()
    second = run_worker(worker_of_this_run, "successor")
    try:
        wait_for(all_done)
    finally:
        second.stop()

    assert at_the_kill < len(NAMES)
    assert written() == NAMES


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_wakes_from_the_dead_does_not_repeat_what_was_done(worker_of_this_run):
    job = jobs.enqueue("tests.write", {"name": "a", "steps": 40})
    zombie = run_worker(worker_of_this_run, "zombie")
    tick.delay()
    wait_for(lambda: Job.objects.filter(state=Job.State.RUNNING, done__gt=2).exists())
    os.kill(zombie.pid, signal.SIGSTOP)
    successor = run_worker(worker_of_this_run, "successor")
    try:
        wait_for(all_done)
        os.kill(zombie.pid, signal.SIGCONT)
        wait_for(lambda: "went to another worker" in zombie.log.read_text())
    finally:
        os.kill(zombie.pid, signal.SIGCONT)
        zombie.stop()
        successor.stop()

    job.refresh_from_db()
    assert (written(), job.tries) == (["a"], 2)


@pytest.mark.django_db(transaction=True)
def test_a_committed_change_wakes_a_worker_without_waiting_for_the_clock(worker_of_this_run):
    worker = run_worker(worker_of_this_run, "awake")
    try:
        tick.delay()
        wait_for(lambda: "succeeded in" in worker.log.read_text())
        jobs.enqueue("tests.write", {"name": "a"})
        wait_for(lambda: written() == ["a"])  # no clock runs here
    finally:
        worker.stop()


def test_many_jobs_are_written_at_once_each_with_its_key(db):
    jobs.enqueue_many("tests.write", [({"name": name}, name) for name in NAMES])

    assert sorted(Job.objects.values_list("key", flat=True)) == NAMES
    assert jobs.work_off() == len(NAMES)
    assert written() == NAMES


def test_of_many_jobs_those_whose_key_waits_already_are_not_written_twice(db):
    waiting = jobs.enqueue("tests.write", {"name": "waits"}, key="a")

    jobs.enqueue_many("tests.write", [({"name": "later"}, "a"), ({"name": "new"}, "b")], priority=2)

    assert Job.objects.get(key="a") == waiting
    assert Job.objects.get(key="b").priority == 2
    jobs.work_off()
    assert written() == ["new", "waits"]


@pytest.mark.django_db(transaction=True)
def test_a_waiting_job_that_many_ask_for_is_not_taken_before_their_change_is_committed():
    jobs.enqueue("tests.write", {"name": "waits"}, key="a")

    with transaction.atomic():
        jobs.enqueue_many("tests.write", [({"name": "later"}, "a")])
        taken = in_thread(jobs.claim).result()

    assert taken is None
    assert jobs.claim() is not None


@pytest.mark.django_db(transaction=True)
def test_a_held_lease_lasts_while_the_work_has_no_time_to_renew_it(settings):
    settings.JOB_LEASE_SECONDS = 2
    jobs.enqueue("tests.write", {"name": "held"})
    lease = jobs.claim()

    with lease.held():
        time.sleep(3)
        assert jobs.claim() is None
    wait_for(lambda: jobs.claim() is not None)


def test_what_fails_by_the_clock_keeps_no_other_from_its_turn(monkeypatch, caplog):
    asked = []

    def broken(now):
        raise ValidationError("a row that cannot be saved")

    monkeypatch.setattr(jobs, "_clocked", [broken, asked.append])
    now = timezone.now()

    jobs.ask_the_clock(now)

    assert asked == [now]
    assert "broken" in caplog.text


def test_what_is_asked_every_quarter_of_an_hour_is_asked_at_the_first_tick_of_each(
    monkeypatch, caplog
):
    monkeypatch.setattr(jobs, "_clocked", [])
    monkeypatch.setattr(jobs, "_looked", {})
    asked = []

    @jobs.by_the_clock_every(dt.timedelta(minutes=15))
    def look(now):
        asked.append(now)
        raise ValidationError("a row that cannot be saved")

    ticks = [
        dt.datetime(2026, 3, 29, hour, minute, second, tzinfo=dt.UTC)
        for hour, minute, second in [
            (0, 14, 55), (0, 15, 0), (0, 15, 5), (0, 29, 59), (0, 30, 2), (3, 0, 0),
        ]
    ]  # fmt: skip
    for moment in ticks:
        jobs.ask_the_clock(moment)

    assert asked == [ticks[0], ticks[1], ticks[4], ticks[5]]
    assert "look" in caplog.text
