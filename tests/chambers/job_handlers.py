"""Kinds of work for the tests of jobs; a worker process takes them in with ``-I``."""

import os
import signal
import time
import uuid

from chambers.models import Mail
from chambers.services import jobs


@jobs.handles("tests.write")
def write(lease):
    """Write one row named by the payload, after ``steps`` of 50 ms each."""
    steps = lease.payload.get("steps", 0)
    for step in range(steps):
        lease.progress(step, steps)
        time.sleep(0.05)
    with lease.finish() as result:
        Mail.objects.create(
            to="nobody@example.org",
            subject=lease.payload["name"],
            text="",
            message_id=f"<{uuid.uuid4()}>",  # so that a second effect would be a second row
        )
        result["written"] = lease.payload["name"]


@jobs.handles("tests.fail")
def fail(lease):
    raise ValueError("no such luck")


told = []


@jobs.handles("tests.told", given_up=lambda job, error: told.append((job.pk, error)))
def fail_and_tell(lease):
    raise ValueError("given up")


@jobs.handles("tests.kill")
def kill_the_worker(lease):
    os.kill(os.getpid(), signal.SIGKILL)


def written():
    """The effects so far, each name as often as it happened."""
    return sorted(Mail.objects.filter(to="nobody@example.org").values_list("subject", flat=True))
