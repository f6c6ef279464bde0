"""Importing this registers the jobs of the marketplace; see ``marketplace.services``."""

from marketplace.services import (
    expiring,
    feedback_links,
    finding,
    interest_watch,
    proposals,
    reminders,
    requests,
    searches,
    silence,
    standby,
    timetable_mail,
    timetables,
)

__all__ = [
    "expiring",
    "feedback_links",
    "finding",
    "interest_watch",
    "proposals",
    "reminders",
    "requests",
    "searches",
    "silence",
    "standby",
    "timetable_mail",
    "timetables",
]
