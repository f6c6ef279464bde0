"""What wakes the matching; see ``matching.services``. Importing it registers its jobs."""

from __future__ import annotations

from celery import shared_task

from matching.services import refresh, runs

__all__ = ["nightly", "refresh", "runs"]


@shared_task
def nightly() -> None:
    """Have everyone matched anew."""
    runs.start_nightly()
