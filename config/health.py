"""Whether this process lives, and whether the whole service can work."""

from __future__ import annotations

import datetime as dt
import secrets
import time
from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q
from django.db.utils import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from redis.exceptions import RedisError

from chambers.models import Heartbeat, Job

OLDEST_JOB = dt.timedelta(seconds=60)
BEAT = dt.timedelta(seconds=120)
ROUND_TRIP = dt.timedelta(seconds=60)
MIGRATIONS_HOLD = 60.0  # seconds a look at the migrations is believed; it reads every file of them
# Work that comes in many parts at once, or takes minutes: its turn in the queue is no sign of harm.
BULK = ("matching.run.", "chambers.import")

_migrations_seen: tuple[float, str] | None = None  # when this process looked, and what it found


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return ""


def _redis() -> str:
    token = secrets.token_hex(8)
    cache.set("readyz", token, 10)
    return "" if cache.get("readyz") else "does not keep what is written"


def _migrations() -> str:
    global _migrations_seen
    if _migrations_seen is None or time.monotonic() - _migrations_seen[0] > MIGRATIONS_HOLD:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        _migrations_seen = time.monotonic(), f"{len(waiting)} not applied" if waiting else ""
    return _migrations_seen[1]


def _jobs() -> str:
    bulk = Q()
    for beginning in BULK:
        bulk |= Q(kind__startswith=beginning)
    late = Job.objects.claimable(timezone.now() - OLDEST_JOB)
    due = late.exclude(bulk, state=Job.State.QUEUED).count()  # of bulk only what was abandoned
    return f"{due} due for more than {_seconds(OLDEST_JOB)} s" if due else ""


def _beat() -> str:
    beat = Heartbeat.objects.filter(name="clock").first()
    if beat is None:
        return "no tick of the clock yet"
    age = timezone.now() - beat.sent_at
    return f"last tick {_seconds(age)} s ago" if age > BEAT else ""


def _queue() -> str:
    beat = Heartbeat.objects.filter(name="clock").first()
    if beat is None:
        return "nothing has passed through the queue yet"
    took = beat.taken_at - beat.sent_at
    return f"last message took {_seconds(took)} s" if took > ROUND_TRIP else ""


def _seconds(period: dt.timedelta) -> int:
    """A period in whole seconds, its days included."""
    return int(period.total_seconds())


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "redis": _redis,
    "migrations": _migrations,
    "jobs": _jobs,
    "beat": _beat,
    "queue": _queue,
}


@never_cache
@require_GET
def livez(request: HttpRequest) -> JsonResponse:
    """Answer 200 while this process answers at all."""
    return JsonResponse({"alive": True})


@never_cache
@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when everything a visitor needs works, else 503 and what does not."""
    found: dict[str, str] = {}
    for name, check in CHECKS.items():
        try:
            found[name] = check() or "ok"
        except (DatabaseError, RedisError, OSError) as error:
            found[name] = type(error).__name__
    ready = all(state == "ok" for state in found.values())
    return JsonResponse({"ready": ready, **found}, status=200 if ready else 503)
