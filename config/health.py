"""Whether this process lives, and whether the whole service can work."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
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


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return ""


def _redis() -> str:
    token = secrets.token_hex(8)
    cache.set("readyz", token, 10)
    return "" if cache.get("readyz") else "does not keep what is written"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(waiting)} not applied" if waiting else ""


def _jobs() -> str:
    due = Job.objects.claimable(timezone.now() - OLDEST_JOB).count()
    return f"{due} due for more than {OLDEST_JOB.seconds} s" if due else ""


def _beat() -> str:
    beat = Heartbeat.objects.filter(name="clock").first()
    if beat is None:
        return "no tick of the clock yet"
    age = timezone.now() - beat.sent_at
    return f"last tick {age.seconds} s ago" if age > BEAT else ""


def _queue() -> str:
    beat = Heartbeat.objects.filter(name="clock").first()
    if beat is None:
        return "nothing has passed through the queue yet"
    took = beat.taken_at - beat.sent_at
    return f"last message took {took.seconds} s" if took > ROUND_TRIP else ""


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
