"""Who is who: chambers, their member companies, and the people who act for them."""

from chambers.models.base import (
    SITE_LANGUAGES,
    PublicModel,
    ScopedQuerySet,
    in_language,
    in_own_words,
    new_public_id,
    site_language,
    today,
    validate_texts,
)
from chambers.models.bodies import Commission, Guild, GuildMembership
from chambers.models.chambers import Agreement, Chamber, Council, Staff
from chambers.models.codes import Country, TradeCode
from chambers.models.companies import Company, Membership, Representative
from chambers.models.contacts import Contact, ContactQuerySet
from chambers.models.documents import Document
from chambers.models.finding import SearchWord
from chambers.models.joining import Invitation, JoinRequest
from chambers.models.levels import DEFAULT_LEVELS, Level
from chambers.models.limits import Certificate
from chambers.models.mailing import ALWAYS, TIMELY, Delivery, MailChoice, Topic
from chambers.models.people import ApiToken, Scope, User, validate_zone
from chambers.models.places import Place
from chambers.models.work import Heartbeat, Job, Mail

__all__ = [
    "ALWAYS",
    "DEFAULT_LEVELS",
    "SITE_LANGUAGES",
    "TIMELY",
    "Agreement",
    "ApiToken",
    "Certificate",
    "Chamber",
    "Commission",
    "Company",
    "Contact",
    "ContactQuerySet",
    "Council",
    "Country",
    "Delivery",
    "Document",
    "Guild",
    "GuildMembership",
    "Heartbeat",
    "Invitation",
    "Job",
    "JoinRequest",
    "Level",
    "Mail",
    "MailChoice",
    "Membership",
    "Place",
    "PublicModel",
    "Representative",
    "Scope",
    "ScopedQuerySet",
    "SearchWord",
    "Staff",
    "Topic",
    "TradeCode",
    "User",
    "in_language",
    "in_own_words",
    "new_public_id",
    "site_language",
    "today",
    "validate_texts",
    "validate_zone",
]
