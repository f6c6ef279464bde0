"""The REST door of this app, one module per noun."""

from marketplace.api.changes import Moves, Offers
from marketplace.api.conversations import Blocks, Conversations, Messages
from marketplace.api.desk import CheckIns
from marketplace.api.events import EventGuests, Events
from marketplace.api.feeds import Feeds
from marketplace.api.interests import Interests
from marketplace.api.meetings import Meetings
from marketplace.api.opportunities import Companies
from marketplace.api.outcomes import Outcomes
from marketplace.api.proposals import Proposals
from marketplace.api.registrations import ParticipantAvailability, Participants, Registrations
from marketplace.api.repairs import EventRepairs
from marketplace.api.requests import Requests
from marketplace.api.searches import Searches
from marketplace.api.timetables import Timetables
from marketplace.api.writing import Opportunities

__all__ = [
    "Blocks",
    "CheckIns",
    "Companies",
    "Conversations",
    "EventGuests",
    "EventRepairs",
    "Events",
    "Feeds",
    "Interests",
    "Meetings",
    "Messages",
    "Moves",
    "Offers",
    "Opportunities",
    "Outcomes",
    "ParticipantAvailability",
    "Participants",
    "Proposals",
    "Registrations",
    "Requests",
    "Searches",
    "Timetables",
]
