"""Whether the service says honestly what works."""

import datetime as dt
import uuid

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from chambers.models import Heartbeat, Job
from chambers.services import jobs
from config import health
from tests.factories import JobFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def beating():
    jobs.note_heartbeat("clock", sent_at=timezone.now())


def test_a_live_process_says_so(client):
    assert client.get("/livez").json() == {"alive": True}


def test_a_service_in_which_everything_works_is_ready(client, beating):
    response = client.get("/readyz")

    assert (response.status_code, response.json()["ready"]) == (200, True)


def test_a_job_that_waits_too_long_makes_it_unready(client, beating):
    JobFactory(kind="mail.send", run_after=timezone.now() - dt.timedelta(seconds=61))

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["jobs"] == "1 due for more than 60 s"


@pytest.mark.parametrize("kind", ["matching.run.part", "chambers.import"])
def test_the_many_parts_of_a_large_job_may_wait(client, beating, kind):
    JobFactory.create_batch(3, kind=kind, run_after=timezone.now() - dt.timedelta(hours=1))

    assert client.get("/readyz").json()["jobs"] == "ok"


@pytest.mark.parametrize("kind", ["matching.run.part", "mail.send"])
def test_a_job_that_nobody_takes_over_makes_it_unready(client, beating, kind):
    for silent in (50, 70):
        JobFactory(
            kind=kind,
            state=Job.State.RUNNING,
            lease=uuid.uuid4(),
            lease_until=timezone.now() - dt.timedelta(seconds=silent),
        )

    assert client.get("/readyz").json()["jobs"] == "1 due for more than 60 s"


def test_the_migrations_are_read_again_after_a_minute(client, beating, monkeypatch):
    monkeypatch.setattr(health, "_migrations_seen", None)
    assert client.get("/readyz").json()["migrations"] == "ok"
    MigrationRecorder.Migration.objects.filter(app="matching").order_by("-id")[:1].get().delete()
    assert client.get("/readyz").json()["migrations"] == "ok"

    monkeypatch.setattr(health, "MIGRATIONS_HOLD", -1.0)

    assert client.get("/readyz").json()["migrations"].endswith("not applied")
    monkeypatch.setattr(health, "_migrations_seen", None)


def test_a_silent_clock_makes_it_unready(client):
    assert client.get("/readyz").json()["beat"] == "no tick of the clock yet"

    jobs.note_heartbeat("clock", sent_at=timezone.now() - dt.timedelta(seconds=130))

    assert client.get("/readyz").json()["beat"] == "last tick 130 s ago"


def test_days_of_silence_are_counted(client):
    ago = timezone.now() - dt.timedelta(days=2, seconds=10)
    Heartbeat.objects.create(name="clock", sent_at=ago, taken_at=ago + dt.timedelta(days=1))

    found = client.get("/readyz").json()

    assert found["beat"] == "last tick 172810 s ago"
    assert found["queue"] == "last message took 86400 s"


def test_a_slow_queue_makes_it_unready(client):
    now = timezone.now()
    Heartbeat.objects.create(name="clock", sent_at=now - dt.timedelta(seconds=70), taken_at=now)

    assert client.get("/readyz").json()["queue"] == "last message took 70 s"
