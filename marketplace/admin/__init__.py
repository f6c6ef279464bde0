"""Opportunities, events and their timetables for chamber staff."""

from marketplace.admin import (
    events,
    interests,
    meetings,
    opportunities,
    participants,
    parts,
    registrations,
    timetables,
)

__all__ = [
    "events",
    "interests",
    "meetings",
    "opportunities",
    "participants",
    "parts",
    "registrations",
    "timetables",
]
