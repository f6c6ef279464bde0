"""Addresses of the REST door."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from chambers.api.account import Me, Tokens
from chambers.api.chambers import Chambers
from chambers.api.conditions import CompanyConditions
from chambers.api.exclusions import CompanyExclusions
from chambers.api.mailing import MailChoices
from chambers.api.people import Colleagues, Invitations, JoinRequests
from chambers.api.profile import CompanyProfile
from config.api import Entrance, Nothing, SchemaView
from config.api_docs import docs
from marketplace.api import (
    Blocks,
    CheckIns,
    Companies,
    Conversations,
    EventGuests,
    EventRepairs,
    Events,
    Feeds,
    Interests,
    Meetings,
    Messages,
    Moves,
    Offers,
    Opportunities,
    Outcomes,
    ParticipantAvailability,
    Participants,
    Proposals,
    Registrations,
    Requests,
    Searches,
    Timetables,
)
from matching.api import (
    CompanyAdvice,
    CompanySuggestedCodes,
    CompanySuggestions,
    CompanyTriads,
    Dismissals,
    Histories,
    Refusals,
    Runs,
    Scoring,
)

router = SimpleRouter(use_regex_path=False)
router.register("chambers", Chambers, basename="api-chamber")
router.register("companies", Companies, basename="api-company")
router.register("calendars", Feeds, basename="api-feed")
router.register("conversations", Conversations, basename="api-conversation")
router.register("events", Events, basename="api-event")
router.register("interests", Interests, basename="api-interest")
router.register("join-requests", JoinRequests, basename="api-join-request")
router.register("meetings", Meetings, basename="api-meeting")
router.register("moves", Moves, basename="api-move")
router.register("opportunities", Opportunities, basename="api-opportunity")
router.register("outcomes", Outcomes, basename="api-outcome")
router.register("participants", Participants, basename="api-participant")
router.register("registrations", Registrations, basename="api-registration")
router.register("requests", Requests, basename="api-request")
router.register("runs", Runs, basename="api-run")
router.register("searches", Searches, basename="api-search")
router.register("standby", Offers, basename="api-offer")
router.register("timetables", Timetables, basename="api-timetable")
router.register("tokens", Tokens, basename="api-token")

urlpatterns = [
    path("", Entrance.as_view(), name="api"),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", docs, name="api-docs"),
    path("v1/", Entrance.as_view(), name="api-v1"),
    path("v1/me/", Me.as_view(), name="api-me"),
    path(
        "v1/me/mails/",
        MailChoices.as_view({"get": "retrieve", "post": "change"}),
        name="api-mail-choices",
    ),
    path("v1/scoring/", Scoring.as_view(), name="api-scoring"),
    path(
        "v1/companies/<uuid:public_id>/suggestions/",
        CompanySuggestions.as_view({"get": "retrieve"}),
        name="api-suggestions",
    ),
    path(
        "v1/companies/<uuid:public_id>/advice/",
        CompanyAdvice.as_view({"get": "retrieve"}),
        name="api-advice",
    ),
    path(
        "v1/companies/<uuid:public_id>/triads/",
        CompanyTriads.as_view({"get": "retrieve"}),
        name="api-triads",
    ),
    path(
        "v1/companies/<uuid:public_id>/triads/<uuid:triad>/refuse/",
        Refusals.as_view({"post": "create"}),
        name="api-triad-refuse",
    ),
    path(
        "v1/companies/<uuid:public_id>/dismissals/",
        Dismissals.as_view({"post": "create"}),
        name="api-dismissal-list",
    ),
    path(
        "v1/companies/<uuid:public_id>/dismissals/<uuid:other>/",
        Dismissals.as_view({"delete": "destroy"}),
        name="api-dismissal-detail",
    ),
    path(
        "v1/companies/<uuid:public_id>/known/",
        Histories.as_view({"get": "list", "post": "create"}),
        name="api-known-list",
    ),
    path(
        "v1/companies/<uuid:public_id>/known/<uuid:record>/",
        Histories.as_view({"delete": "destroy"}),
        name="api-known-detail",
    ),
    path(
        "v1/companies/<uuid:public_id>/codes/suggested/",
        CompanySuggestedCodes.as_view({"get": "retrieve", "post": "state"}),
        name="api-suggested-codes",
    ),
    path(
        "v1/companies/<uuid:public_id>/profile/",
        CompanyProfile.as_view({"get": "retrieve", "patch": "change"}),
        name="api-profile",
    ),
    path(
        "v1/companies/<uuid:public_id>/people/",
        Colleagues.as_view({"get": "list"}),
        name="api-colleague-list",
    ),
    path(
        "v1/companies/<uuid:public_id>/people/<uuid:person>/",
        Colleagues.as_view({"patch": "change", "delete": "destroy"}),
        name="api-colleague-detail",
    ),
    path(
        "v1/companies/<uuid:public_id>/invitations/",
        Invitations.as_view({"get": "list", "post": "create"}),
        name="api-invitation-list",
    ),
    path(
        "v1/companies/<uuid:public_id>/invitations/<uuid:invitation>/",
        Invitations.as_view({"delete": "destroy"}),
        name="api-invitation-detail",
    ),
    path(
        "v1/companies/<uuid:public_id>/blocks/",
        Blocks.as_view({"get": "list", "post": "create"}),
        name="api-block-list",
    ),
    path(
        "v1/companies/<uuid:public_id>/blocks/<uuid:other>/",
        Blocks.as_view({"delete": "destroy"}),
        name="api-block-detail",
    ),
    path(
        "v1/conversations/<uuid:public_id>/messages/",
        Messages.as_view({"get": "list", "post": "create"}),
        name="api-message-list",
    ),
    path(
        "v1/messages/<uuid:public_id>/report/",
        Messages.as_view({"post": "report"}),
        name="api-message-report",
    ),
    path(
        "v1/companies/<uuid:public_id>/conditions/",
        CompanyConditions.as_view({"get": "retrieve", "post": "change"}),
        name="api-conditions",
    ),
    path(
        "v1/companies/<uuid:public_id>/exclusions/",
        CompanyExclusions.as_view({"get": "list", "post": "create"}),
        name="api-exclusion-list",
    ),
    path(
        "v1/companies/<uuid:public_id>/exclusions/<uuid:other>/",
        CompanyExclusions.as_view({"delete": "destroy"}),
        name="api-exclusion-detail",
    ),
    path(
        "v1/events/<uuid:public_id>/guests/",
        EventGuests.as_view({"get": "list"}),
        name="api-event-guests",
    ),
    path(
        "v1/events/<uuid:public_id>/check-ins/",
        CheckIns.as_view({"get": "list", "post": "create"}),
        name="api-check-in-list",
    ),
    path(
        "v1/events/<uuid:public_id>/check-ins/<uuid:participant>/",
        CheckIns.as_view({"delete": "destroy"}),
        name="api-check-in-detail",
    ),
    path(
        "v1/events/<uuid:public_id>/proposals/",
        Proposals.as_view({"get": "retrieve", "post": "create", "delete": "destroy"}),
        name="api-proposals",
    ),
    path(
        "v1/events/<uuid:public_id>/proposals/<uuid:job>/",
        Proposals.as_view({"get": "watch"}),
        name="api-proposing",
    ),
    path(
        "v1/events/<uuid:public_id>/proposals/<uuid:job>/stop/",
        Proposals.as_view({"post": "stop"}),
        name="api-proposing-stop",
    ),
    path(
        "v1/events/<uuid:public_id>/repairs/",
        EventRepairs.as_view({"get": "list", "post": "create"}),
        name="api-repairs",
    ),
    path(
        "v1/events/<uuid:public_id>/repairs/reopen/",
        EventRepairs.as_view({"post": "reopen"}),
        name="api-reopen",
    ),
    path(
        "v1/participants/<uuid:public_id>/availability/",
        ParticipantAvailability.as_view({"get": "retrieve", "post": "change"}),
        name="api-availability",
    ),
    path("v1/", include(router.urls)),
    # Whatever else, line breaks included, which <path:> would let slip to the pages.
    re_path(r"^(?P<rest>[\s\S]+)\Z", Nothing.as_view(), name="api-nothing"),
]
