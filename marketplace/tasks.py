"""Importing this registers the jobs of the marketplace; see ``marketplace.services``."""

from marketplace.services import (
    clocks,
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
    "clocks",
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
