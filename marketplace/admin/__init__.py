"""Opportunities, events and their timetables for chamber staff."""

from marketplace.admin import (
    after,
    conversations,
    events,
    interests,
    interpreting,
    meetings,
    opportunities,
    participants,
    parts,
    registrations,
    timetables,
)

__all__ = [
    "after",
    "conversations",
    "events",
    "interests",
    "interpreting",
    "meetings",
    "opportunities",
    "participants",
    "parts",
    "registrations",
    "timetables",
]
