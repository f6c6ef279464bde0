"""Work that survives a lost worker, broker or database connection.

A job is a row. ``enqueue`` writes it in the caller's transaction; a broker message only wakes a
worker, and the clock wakes one every five seconds anyway, so Redis may be emptied at any moment.
A worker claims a row with ``FOR UPDATE SKIP LOCKED`` and a lease; one that falls silent loses the
lease, and its token, so it cannot finish what another has taken over. A handler's effect and the
end of its job are one transaction (``Lease.finish``), so an effect happens once.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, TypeVar

from celery import current_app
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError
from psycopg.errors import DeadlockDetected, QueryCanceled
from redis.exceptions import RedisError

from chambers.models import Chamber, Heartbeat, Job, User

log = logging.getLogger(__name__)

WOKEN = 16  # workers at most that many jobs at once wake; each goes on while there is work
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
    def held(self) -> Iterator[None]:
        """Renew the lease from a second thread while the work inside has no time to.

        Other threads must get their turn meanwhile. A process that hangs as a whole still loses it.
        """
        over = threading.Event()

        def renew() -> None:
            try:
                while not over.wait(settings.JOB_LEASE_SECONDS / 3):
                    self._mine().update(lease_until=_lease_end())
            except DatabaseError as error:
                log.warning("The lease of job %s was not renewed: %s", self.job, error)
            finally:
                connection.close()

        second = threading.Thread(target=renew, daemon=True)
        second.start()
        try:
            yield
        finally:
            over.set()
            second.join()

    @contextmanager
    def effect(self) -> Iterator[None]:
        """A transaction that commits only if the job is still ours; the job goes on after it."""
        with transaction.atomic():
            held = {job.pk for job in self._mine().select_for_update().order_by("pk")}
            if self.job.pk not in held:
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

    def take_along(self, limit: int = 500) -> list[dict[str, Any]]:
        """Claim other due jobs of the same kind under this lease; the payloads of all.

        They end together with this job. If it fails, each is tried again on its own, so that one
        bad job does not take the good ones down.
        """
        now = timezone.now()
        others: list[Any] = []
        if self.job.tries == 1 and limit > 0:
            with connection.cursor() as cursor:
                cursor.execute(
                    "update chambers_job set state = %s, lease = %s, lease_until = %s, tries = 1,"
                    " started_at = %s where id in (select id from chambers_job where kind = %s"
                    " and state = %s and run_after <= %s and tries = 0"
                    " order by run_after, id limit %s for update skip locked) returning payload",
                    [
                        Job.State.RUNNING,
                        self.job.lease,
                        _lease_end(),
                        now,
                        self.job.kind,
                        Job.State.QUEUED,
                        now,
                        limit,
                    ],
                )
                others = [json.loads(payload) for (payload,) in cursor.fetchall()]
        return [self.payload, *others]

    def _mine(self) -> QuerySet[Job]:
        return Job.objects.filter(lease=self.job.lease, state=Job.State.RUNNING)


Handler = Callable[[Lease], None]
OnEnd = Callable[[Job, str], None]
_handlers: dict[str, Handler] = {}
_on_end: dict[str, OnEnd] = {}
_on_retry: dict[str, Callable[[Job], None]] = {}
Hook = Callable[[dt.datetime], object]
_Hook = TypeVar("_Hook", bound=Hook)
_clocked: list[Hook] = []
_looked: dict[Hook, int] = {}
"""In which of its spans each hook was last asked by this process: what is due stays due."""


def handles(
    kind: str, *, given_up: OnEnd | None = None, again: Callable[[Job], None] | None = None
) -> Callable[[Handler], Handler]:
    """Register the function that does jobs of ``kind``; it must end inside ``Lease.finish``.

    ``given_up`` is called with the job and the reason when it is parked or stopped by a person,
    ``again`` when somebody tries a parked one again, which it refuses by a ValidationError.
    """

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        if given_up is not None:
            _on_end[kind] = given_up
        if again is not None:
            _on_retry[kind] = again
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
        # The lock keeps a worker from taking it up before this change is committed; another
        # change that has asked for it holds the same lock, and is waited for.
        with transaction.atomic():
            found = waiting.select_for_update().first()
        if found is not None:
            wake()
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
        # Somebody enqueued the same key a moment ago; theirs waits, or is taken by now.
        return enqueue(
            kind, payload, key=key, by=by, chamber=chamber, priority=priority, run_after=run_after
        )
    wake()
    return job


@transaction.atomic
def enqueue_daily(kind: str, now: dt.datetime) -> None:
    """Write a job down once on the day of ``now`` (UTC), whatever became of it; ``day`` says which.

    What asks at every tick may call it each time.
    """
    day = now.astimezone(dt.UTC).date().isoformat()
    if not Job.objects.filter(kind=kind, key=day).exists():
        enqueue(kind, {"day": day}, key=day)


def enqueue_many(
    kind: str,
    payloads: Iterable[tuple[dict[str, Any], str]],
    *,
    by: User | None = None,
    priority: int = 0,
) -> None:
    """Write many jobs down at once, each with its payload and key, and wake some workers.

    As with ``enqueue``, a waiting job of the same key does for a second one.
    """
    now = timezone.now()
    missing = {
        key: Job(
            kind=kind, key=key, payload=payload, requested_by=by, priority=priority, run_after=now
        )
        for payload, key in payloads
    }
    for _job in range(min(len(missing), WOKEN)):
        wake()
    waiting = Job.objects.filter(kind=kind, state=Job.State.QUEUED)
    if not missing:
        return
    with transaction.atomic():
        while missing:
            Job.objects.bulk_create(missing.values(), batch_size=1000, ignore_conflicts=True)
            # The lock is that of ``enqueue``; what a worker has taken meanwhile is written again.
            found = waiting.filter(key__in=list(missing)).select_for_update().order_by("pk")
            for key in list(found.values_list("key", flat=True)):
                del missing[key]


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


def work_off(seconds: float | None = None) -> int:
    """Do due jobs one after another until none is left; how many were taken.

    After ``seconds`` it lets others have their turn at the queue, the clock's sign of life among
    them, and asks to be woken again.
    """
    began, taken = time.monotonic(), 0
    while (lease := claim()) is not None:
        do(lease)
        taken += 1
        if seconds is not None and time.monotonic() - began > seconds:
            wake()
            break
    return taken


def do(lease: Lease) -> None:
    """Run the job's handler; a failure puts it back with a growing delay, the fifth parks it."""
    handler = _handlers[lease.job.kind]
    try:
        handler(lease)
    except LostLeaseError:
        log.info("Job %s went to another worker or was stopped.", lease.job)
    except OperationalError as error:
        if isinstance(error.__cause__, DeadlockDetected | QueryCanceled):
            _give_back(lease, f"{type(error).__name__}: {error}")
            return
        # The database itself is away: nothing can be written; the lease runs out by itself.
        raise
    except Exception as error:
        log.exception("Job %s failed.", lease.job)
        _give_back(lease, f"{type(error).__name__}: {error}")


def cancel(job: Job) -> None:
    """Stop a job that is not over; its worker notices at the next sign of progress.

    Raises ValidationError ``over`` when it has already ended.
    """
    with transaction.atomic():
        stopped = (
            Job.objects.filter(pk=job.pk)
            .open()
            .update(
                state=Job.State.CANCELLED,
                finished_at=timezone.now(),
                lease=None,
                lease_until=None,
            )
        )
        if not stopped:
            raise ValidationError(_("This job is already over."), code="over")
        _tell(job, "Stopped by a person.")


def retry(job: Job) -> None:
    """Put a parked job back with fresh tries.

    Raises ValidationError ``not_parked`` for any other job, ``waits`` when a newer job waits to
    do the same, and what else the kind of job refuses.
    """
    parked = Job.objects.filter(pk=job.pk, state=Job.State.PARKED)
    try:
        with transaction.atomic():
            back = parked.update(
                state=Job.State.QUEUED, tries=0, run_after=timezone.now(), finished_at=None
            )
            if back and job.kind in _on_retry:
                _on_retry[job.kind](job)
    except IntegrityError:
        raise ValidationError(_("A newer job waits to do the same."), code="waits") from None
    if not back:
        raise ValidationError(_("Only a parked job can be tried again."), code="not_parked")
    wake()


def note_heartbeat(name: str, *, sent_at: dt.datetime) -> None:
    """Remember that the clock sent a wake-up then and a worker took it now."""
    Heartbeat.objects.update_or_create(
        name=name, defaults={"sent_at": sent_at, "taken_at": timezone.now()}
    )


def by_the_clock(hook: _Hook) -> _Hook:
    """Register what is asked at every tick whether something is due; it writes its own job."""
    _clocked.append(hook)
    return hook


def by_the_clock_every(span: dt.timedelta) -> Callable[[_Hook], _Hook]:
    """Register what is asked once in each ``span``, at its first tick; spans divide days of UTC.

    Each process counts for itself, so what is asked must bear to be asked again.
    """

    def register(hook: _Hook) -> _Hook:
        def ask(now: dt.datetime) -> None:
            at = int(now.timestamp() // span.total_seconds())
            if _looked.get(hook) != at:
                _looked[hook] = at
                hook(now)

        _clocked.append(update_wrapper(ask, hook))
        return hook

    return register


def ask_the_clock(now: dt.datetime | None = None) -> None:
    """Let everything that runs by the clock write down what is due at ``now``.

    What one of them cannot do keeps no other from its turn.
    """
    for hook in _clocked:
        with spared(f"{hook.__module__}.{hook.__qualname__}"):
            hook(now or timezone.now())


@contextmanager
def spared(what: object) -> Iterator[None]:
    """Log what fails inside, so that its neighbours get their turn; it is due again at the next.

    A database that is away fails for all of them, and is raised.
    """
    try:
        yield
    except OperationalError as error:
        if not isinstance(error.__cause__, DeadlockDetected | QueryCanceled):
            raise
        log.warning("%r waits for the next turn: %s", what, error)
    except Exception:
        log.exception("%r failed.", what)


def _tell(job: Job, reason: str) -> None:
    if (told := _on_end.get(job.kind)) is not None:
        told(job, reason)


def _lease_end() -> dt.datetime:
    return timezone.now() + dt.timedelta(seconds=settings.JOB_LEASE_SECONDS)


def _park(job: Job, error: str) -> None:
    log.error("Job %s is parked: %s", job, error)
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).update(
            state=Job.State.PARKED,
            error=error,
            finished_at=timezone.now(),
            lease=None,
            lease_until=None,
        )
        _tell(job, error)


def _give_back(lease: Lease, error: str) -> None:
    for job in Job.objects.filter(lease=lease.job.lease, state=Job.State.RUNNING):
        if job.tries >= settings.JOB_TRIES:
            _park(job, error)
            continue
        delay = BACKOFF[min(job.tries, len(BACKOFF)) - 1]
        try:
            with transaction.atomic():
                Job.objects.filter(pk=job.pk, lease=lease.job.lease).update(
                    state=Job.State.QUEUED,
                    error=error,
                    lease=None,
                    lease_until=None,
                    run_after=timezone.now() + dt.timedelta(seconds=delay),
                )
        except IntegrityError:
            # A newer job with the same key waits already and will do this one's work.
            Job.objects.filter(pk=job.pk).update(
                state=Job.State.CANCELLED,
                error=error,
                lease=None,
                lease_until=None,
                finished_at=timezone.now(),
            )
