"""Opportunities, events and their timetables for chamber staff."""

from marketplace.admin import (
    after,
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
    "after",
    "events",
    "interests",
    "meetings",
    "opportunities",
    "participants",
    "parts",
    "registrations",
    "timetables",
]
