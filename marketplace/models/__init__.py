"""What companies offer and seek, and the events where they meet."""

from marketplace.models.bookings import Booking
from marketplace.models.changes import StandbyOffer, TimeProposal
from marketplace.models.conversations import (
    Block,
    Conversation,
    ConversationQuerySet,
    Message,
    Reading,
    Report,
)
from marketplace.models.declines import OF_CHAMBERS, OF_INTERESTS, OF_REQUESTS, DeclineReason
from marketplace.models.events import Event, EventQuerySet
from marketplace.models.feedback import (
    Call,
    CallQuerySet,
    Dispute,
    DisputeQuerySet,
    Feedback,
    FeedbackQuerySet,
)
from marketplace.models.feeds import CalendarFeed, CalendarFeedQuerySet
from marketplace.models.former import FormerPlace
from marketplace.models.interests import Interest, InterestEntry, InterestHop, InterestQuerySet
from marketplace.models.interpreting import InterpreterWish, InterpreterWishQuerySet
from marketplace.models.mail_texts import MailText
from marketplace.models.marks import FurtherMark
from marketplace.models.meetings import Meeting, MeetingOrder, MeetingQuerySet
from marketplace.models.opportunities import (
    InvestmentTerms,
    Opportunity,
    OpportunityQuerySet,
    ReferenceCounter,
)
from marketplace.models.outcomes import Outcome, OutcomeAmount, OutcomeEntry, OutcomeQuerySet
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
    TableClosed,
)
from marketplace.models.registrations import (
    Away,
    Participant,
    Registration,
    RegistrationQuerySet,
)
from marketplace.models.repairs import Repair
from marketplace.models.requests import MeetingRequest, MeetingRequestQuerySet
from marketplace.models.reviews import (
    HIGHEST_SCORE,
    SCORES,
    Review,
    ReviewQuerySet,
    Revision,
    RevisionQuerySet,
)
from marketplace.models.searches import SavedSearch, SavedSearchQuerySet
from marketplace.models.timetables import Timetable
from marketplace.models.visits import Visit

__all__ = [
    "HIGHEST_SCORE",
    "OF_CHAMBERS",
    "OF_INTERESTS",
    "OF_REQUESTS",
    "SCORES",
    "Away",
    "Block",
    "Booking",
    "CalendarFeed",
    "CalendarFeedQuerySet",
    "Call",
    "CallQuerySet",
    "Conversation",
    "ConversationQuerySet",
    "DeclineReason",
    "Delegation",
    "Dispute",
    "DisputeQuerySet",
    "Event",
    "EventQuerySet",
    "Feedback",
    "FeedbackQuerySet",
    "FormerPlace",
    "FurtherMark",
    "Group",
    "GroupRule",
    "Hall",
    "Interest",
    "InterestEntry",
    "InterestHop",
    "InterestQuerySet",
    "Interpreter",
    "InterpreterAway",
    "InterpreterWish",
    "InterpreterWishQuerySet",
    "InvestmentTerms",
    "MailText",
    "Meeting",
    "MeetingOrder",
    "MeetingQuerySet",
    "MeetingRequest",
    "MeetingRequestQuerySet",
    "Message",
    "Opportunity",
    "OpportunityQuerySet",
    "Outcome",
    "OutcomeAmount",
    "OutcomeEntry",
    "OutcomeQuerySet",
    "Participant",
    "Reading",
    "ReferenceCounter",
    "Registration",
    "RegistrationQuerySet",
    "Repair",
    "Report",
    "Review",
    "ReviewQuerySet",
    "Revision",
    "RevisionQuerySet",
    "SavedSearch",
    "SavedSearchQuerySet",
    "Session",
    "Slot",
    "StandbyOffer",
    "Table",
    "TableClosed",
    "TimeProposal",
    "Timetable",
    "Visit",
]
