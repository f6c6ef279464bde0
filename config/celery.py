"""The Celery application and its clock. Rows are the truth; these messages only wake.

What must not miss its night asks at every tick whether it is due (``jobs.by_the_clock``) and
writes a row; only what the next night makes good has a time of its own here.
"""

import datetime as dt
import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, before_task_publish, worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "take up waiting and abandoned jobs": {
        "task": "chambers.tasks.tick",
        "schedule": 5.0,  # seconds
        "options": {"expires": 30},
    },
    "delete what has expired": {
        "task": "chambers.tasks.tidy",
        "schedule": crontab(hour="3", minute="37"),
    },
}


@before_task_publish.connect(weak=False)  # type: ignore[untyped-decorator]
def stamp(headers: dict[str, Any], **_: Any) -> None:
    """Write the time of sending on every message: /readyz shows how long the queue took."""
    headers["sent_at"] = dt.datetime.now(dt.UTC).isoformat()


@beat_init.connect(weak=False)  # type: ignore[untyped-decorator]
def first_tick(**_: Any) -> None:
    """Let the clock's first sign of life not wait for its first period."""
    app.send_task("chambers.tasks.tick", expires=30)


@worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]
def settled(**_: Any) -> None:
    """Keep the search for garbage short in a process that works for days."""
    from config.garbage import settle  # the settings are known by now

    settle()
