"""Work that survives a lost worker, broker or database connection.

A job is a row. ``enqueue`` writes it in the caller's transaction; a broker message only wakes a
worker, and the clock wakes one every five seconds anyway, so Redis may be emptied at any moment.
A worker claims a row with ``FOR UPDATE SKIP LOCKED`` and a lease; one that falls silent loses the
lease, and its token, so it cannot finish what another has taken over. A handler's effect and the
end of its job are one transaction (``Lease.finish``), so an effect happens once.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from chambers.models import Chamber, Heartbeat, Job, User

log = logging.getLogger(__name__)

BACKOFF = (5, 30, 120, 600)  # seconds before the 2nd, 3rd, 4th, 5th try


class LostLeaseError(Exception):
    """Another worker has taken the job over, or somebody stopped it."""


@dataclass
class Lease:
    """The right to work on a job, for as long as it is renewed."""

    job: Job

    @property
    def payload(self) -> dict[str, Any]:
        """What the job is about."""
        return dict(self.job.payload)

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Show how far the work is and keep the lease.

        Raises LostLeaseError when the job was taken over or stopped.
        """
        changes: dict[str, Any] = {"lease_until": _lease_end(), "done": done, "message": message}
        if total is not None:
            changes["total"] = total
        if not self._mine().update(**changes):
            raise LostLeaseError(str(self.job))

    @contextmanager
    def effect(self) -> Iterator[None]:
        """A transaction that commits only if the job is still ours; the job goes on after it."""
        with transaction.atomic():
            if self._mine().select_for_update().first() is None:
                raise LostLeaseError(str(self.job))
            yield

    @contextmanager
    def finish(self, result: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """The last transaction: the effect inside it and the end of the job, both or neither.

        The yielded dict becomes the job's ``result``.
        """
        outcome = dict(result or {})
        with self.effect():
            yield outcome
            self._mine().update(
                state=Job.State.DONE,
                finished_at=timezone.now(),
                result=outcome,
                error="",
                lease=None,
                lease_until=None,
                done=F("total"),
            )

    def _mine(self) -> Any:
        return Job.objects.filter(pk=self.job.pk, lease=self.job.lease, state=Job.State.RUNNING)


Handler = Callable[[Lease], None]
_handlers: dict[str, Handler] = {}


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does jobs of ``kind``; it must end inside ``Lease.finish``."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def enqueue(
    kind: str,
    payload: dict[str, Any] | None = None,
    *,
    key: str = "",
    by: User | None = None,
    chamber: Chamber | None = None,
    priority: int = 0,
    run_after: dt.datetime | None = None,
) -> Job:
    """Write a job down with the change that asks for it; wakes a worker after the commit.

    With a ``key``, a waiting job of the same kind and key is returned instead of a second one.
    """
    if key:
        waiting = Job.objects.filter(kind=kind, key=key, state=Job.State.QUEUED)
        if (found := waiting.select_for_update(skip_locked=True).first()) is not None:
            return found
    job = Job(
        kind=kind,
        key=key,
        payload=payload or {},
        requested_by=by,
        chamber=chamber,
        priority=priority,
        run_after=run_after or timezone.now(),
    )
    try:
        with transaction.atomic():
            job.save()
    except IntegrityError:
        # Somebody enqueued the same key a moment ago: theirs serves both.
        found = Job.objects.filter(kind=kind, key=key).open().order_by("-pk").first()
        if found is None:
            raise
        return found
    wake()
    return job


def wake() -> None:
    """Ask a worker to look at the table after this transaction; the clock does so anyway."""
    transaction.on_commit(_send_wake_up)


def _send_wake_up() -> None:
    try:
        current_app.send_task("chambers.tasks.work", expires=60, ignore_result=True)
    except (BrokerError, RedisError, OSError) as error:
        log.warning("No broker to wake a worker with (%s); the clock will.", error)


def claim(now: dt.datetime | None = None, *, pk: int | None = None) -> Lease | None:
    """Take one due job, or the named one; None when there is nothing to take."""
    at = now or timezone.now()
    with transaction.atomic():
        due = Job.objects.claimable(at).filter(kind__in=list(_handlers))
        if pk is not None:
            due = Job.objects.claimable(at).filter(pk=pk)
        job = (
            due.select_for_update(skip_locked=True).order_by("-priority", "run_after", "pk").first()
        )
        if job is None:
            return None
        if job.tries >= settings.JOB_TRIES:
            _park(job, job.error or _("Its worker fell silent too often."))
            return claim(now, pk=pk)
        job.state, job.lease, job.tries = Job.State.RUNNING, uuid.uuid4(), job.tries + 1
        job.lease_until, job.started_at = _lease_end(), job.started_at or at
        job.save(update_fields=["state", "lease", "tries", "lease_until", "started_at"])
    return Lease(job)


def work_off(limit: int = 1000) -> int:
    """Do due jobs one after another until none is left; how many were taken."""
    for taken in range(limit):
        lease = claim()
        if lease is None:
            return taken
        do(lease)
    return limit


def do(lease: Lease) -> None:
    """Run the job's handler; a failure puts it back with a growing delay, the fifth parks it."""
    handler = _handlers[lease.job.kind]
    try:
        handler(lease)
    except LostLeaseError:
        log.info("Job %s went to another worker or was stopped.", lease.job)
    except OperationalError:
        # The database itself is away: nothing can be written; the lease runs out by itself.
        raise
    except Exception as error:
        log.exception("Job %s failed.", lease.job)
        _give_back(lease, f"{type(error).__name__}: {error}")


def cancel(job: Job) -> None:
    """Stop a job that is not over; its worker notices at the next sign of progress.

    Raises ValidationError ``over`` when it has already ended.
    """
    stopped = (
        Job.objects.filter(pk=job.pk)
        .open()
        .update(state=Job.State.CANCELLED, finished_at=timezone.now(), lease=None, lease_until=None)
    )
    if not stopped:
        raise ValidationError(_("This job is already over."), code="over")


def retry(job: Job) -> None:
    """Put a parked job back with fresh tries.

    Raises ValidationError ``not_parked`` for any other job.
    """
    back = Job.objects.filter(pk=job.pk, state=Job.State.PARKED).update(
        state=Job.State.QUEUED, tries=0, run_after=timezone.now(), finished_at=None
    )
    if not back:
        raise ValidationError(_("Only a parked job can be tried again."), code="not_parked")
    wake()


def note_heartbeat(name: str, *, sent_at: dt.datetime) -> None:
    """Remember that the clock sent a wake-up then and a worker took it now."""
    Heartbeat.objects.update_or_create(
        name=name, defaults={"sent_at": sent_at, "taken_at": timezone.now()}
    )


def _lease_end() -> dt.datetime:
    return timezone.now() + dt.timedelta(seconds=settings.JOB_LEASE_SECONDS)


def _park(job: Job, error: str) -> None:
    log.error("Job %s is parked: %s", job, error)
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.PARKED,
        error=error,
        finished_at=timezone.now(),
        lease=None,
        lease_until=None,
    )


def _give_back(lease: Lease, error: str) -> None:
    job = lease.job
    if job.tries >= settings.JOB_TRIES:
        _park(job, error)
        return
    delay = BACKOFF[min(job.tries, len(BACKOFF)) - 1]
    Job.objects.filter(pk=job.pk, lease=job.lease).update(
        state=Job.State.QUEUED,
        error=error,
        lease=None,
        lease_until=None,
        run_after=timezone.now() + dt.timedelta(seconds=delay),
    )
