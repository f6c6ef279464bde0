"""The Celery application and its clock. Rows are the truth; these messages only wake."""

import os

from celery import Celery
from celery.schedules import crontab

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
    "match everyone anew": {
        "task": "matching.tasks.nightly",
        "schedule": crontab(hour="1", minute="17"),
    },
}
