"""The REST door of this app, one module per noun."""

from marketplace.api.events import EventGuests, Events
from marketplace.api.meetings import Meetings
from marketplace.api.opportunities import Companies, Opportunities
from marketplace.api.registrations import ParticipantAvailability, Registrations
from marketplace.api.requests import Requests
from marketplace.api.timetables import Timetables

__all__ = [
    "Companies",
    "EventGuests",
    "Events",
    "Meetings",
    "Opportunities",
    "ParticipantAvailability",
    "Registrations",
    "Requests",
    "Timetables",
]
