"""Importing this registers the jobs of the matching; see ``matching.services``."""

from matching.services import (
    advice,
    coverage,
    event_previews,
    exposure,
    learning,
    previews,
    refresh,
    runs,
    triads,
    window_mail,
)

__all__ = [
    "advice",
    "coverage",
    "event_previews",
    "exposure",
    "learning",
    "previews",
    "refresh",
    "runs",
    "triads",
    "window_mail",
]
