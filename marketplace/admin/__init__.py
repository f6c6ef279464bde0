"""Opportunities, events and their timetables for chamber staff."""

from marketplace.admin import (
    events,
    meetings,
    opportunities,
    participants,
    parts,
    registrations,
    timetables,
)

__all__ = [
    "events",
    "meetings",
    "opportunities",
    "participants",
    "parts",
    "registrations",
    "timetables",
]
