"""What companies offer and seek, and the events where they meet."""

from marketplace.models.changes import StandbyOffer, TimeProposal
from marketplace.models.events import Event, EventQuerySet
from marketplace.models.feeds import CalendarFeed, CalendarFeedQuerySet
from marketplace.models.meetings import Booking, Meeting, MeetingQuerySet
from marketplace.models.opportunities import (
    InvestmentTerms,
    Opportunity,
    OpportunityQuerySet,
    ReferenceCounter,
)
from marketplace.models.parts import (
    Delegation,
    Group,
    GroupRule,
    Hall,
    Interpreter,
    InterpreterAway,
    Session,
    Slot,
    Table,
)
from marketplace.models.registrations import (
    Away,
    Participant,
    Registration,
    RegistrationQuerySet,
)
from marketplace.models.requests import MeetingRequest, MeetingRequestQuerySet
from marketplace.models.timetables import Timetable

__all__ = [
    "Away",
    "Booking",
    "CalendarFeed",
    "CalendarFeedQuerySet",
    "Delegation",
    "Event",
    "EventQuerySet",
    "Group",
    "GroupRule",
    "Hall",
    "Interpreter",
    "InterpreterAway",
    "InvestmentTerms",
    "Meeting",
    "MeetingQuerySet",
    "MeetingRequest",
    "MeetingRequestQuerySet",
    "Opportunity",
    "OpportunityQuerySet",
    "Participant",
    "ReferenceCounter",
    "Registration",
    "RegistrationQuerySet",
    "Session",
    "Slot",
    "StandbyOffer",
    "Table",
    "TimeProposal",
    "Timetable",
]
