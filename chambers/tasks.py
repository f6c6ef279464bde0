"""What wakes workers. The work itself stands in rows; see ``chambers.services.jobs``.

Importing it registers the jobs of this app.
"""

from __future__ import annotations

import datetime as dt

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from chambers.services import (
    digests,
    files,
    imports,
    jobs,
    join_watch,
    mail,
    membership_mail,
    people,
)

__all__ = ["digests", "imports", "join_watch", "mail", "membership_mail", "tick", "tidy", "work"]

TURN = 5.0  # seconds a worker works on before it looks into the queue again


@shared_task
def work() -> int:
    """Take up jobs until none is due; how many were taken."""
    return jobs.work_off(seconds=TURN)


@shared_task(bind=True)
def tick(self) -> int:  # type: ignore[no-untyped-def]
    """The clock's wake-up: leave a sign of life, then take up what waits or was abandoned."""
    sent = self.request.get("sent_at")  # written by config.celery when the clock sends it
    sent_at = dt.datetime.fromisoformat(sent) if sent else timezone.now()
    jobs.note_heartbeat("clock", sent_at=sent_at)
    jobs.ask_the_clock()
    return jobs.work_off(seconds=TURN)


@shared_task
def tidy() -> None:
    """Delete keys, sessions, unconfirmed accounts, mails past their end and files without a row.

    They open nothing, so a night may be missed.
    """
    people.delete_expired_tokens()
    people.forget_unconfirmed()
    mail.delete_old_mails()
    files.delete_orphans()
    call_command("clearsessions")
