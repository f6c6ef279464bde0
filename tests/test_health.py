"""Whether the service says honestly what works."""

import datetime as dt

import pytest
from django.utils import timezone

from chambers.models import Heartbeat
from chambers.services import jobs
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


def test_a_silent_clock_makes_it_unready(client):
    assert client.get("/readyz").json()["beat"] == "no tick of the clock yet"

    jobs.note_heartbeat("clock", sent_at=timezone.now() - dt.timedelta(seconds=130))

    assert client.get("/readyz").json()["beat"] == "last tick 130 s ago"


def test_a_slow_queue_makes_it_unready(client):
    now = timezone.now()
    Heartbeat.objects.create(name="clock", sent_at=now - dt.timedelta(seconds=70), taken_at=now)

    assert client.get("/readyz").json()["queue"] == "last message took 70 s"
