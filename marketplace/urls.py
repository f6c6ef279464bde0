"""Pages of this app."""

from django.urls import path
from django.urls.resolvers import URLPattern

from marketplace.views import (
    companies,
    events,
    feeds,
    interests,
    meetings,
    opportunities,
    participants,
    profile,
    registrations,
    requests,
)

urlpatterns: list[URLPattern] = [
    path("companies/", companies.companies, name="companies"),
    path("companies/<uuid:public_id>/", companies.company, name="company"),
    path("my/profile/as/", profile.profile_as, name="profile-as"),
    path("opportunities/", opportunities.opportunities, name="opportunities"),
    path("opportunities/interests/", interests.interests, name="interests"),
    path("opportunities/interests/<uuid:public_id>/", interests.one, name="interest"),
    path(
        "opportunities/interests/<uuid:public_id>/accept/", interests.accept, name="interest-accept"
    ),
    path(
        "opportunities/interests/<uuid:public_id>/question/",
        interests.question,
        name="interest-question",
    ),
    path(
        "opportunities/interests/<uuid:public_id>/answer/", interests.answer, name="interest-answer"
    ),
    path(
        "opportunities/interests/<uuid:public_id>/decline/",
        interests.decline,
        name="interest-decline",
    ),
    path(
        "opportunities/interests/<uuid:public_id>/withdraw/",
        interests.withdraw,
        name="interest-withdraw",
    ),
    path("opportunities/<uuid:public_id>/", opportunities.opportunity, name="opportunity"),
    path("opportunities/<uuid:public_id>/interest/", interests.express, name="interest-new"),
    path(
        "opportunities/<uuid:public_id>/last-day.ics",
        opportunities.closing,
        name="opportunity-calendar",
    ),
    path("calendars/", feeds.calendars, name="calendars"),
    path("calendars/<uuid:public_id>/revoke/", feeds.revoke, name="calendar-revoke"),
    path("events/", events.events, name="events"),
    path("events/<uuid:public_id>/", events.event, name="event"),
    path("events/<uuid:public_id>/register/", registrations.register, name="event-register"),
    path(
        "events/<uuid:public_id>/registration/",
        registrations.registration,
        name="event-registration",
    ),
    path("events/<uuid:public_id>/withdraw/", registrations.withdraw, name="event-withdraw"),
    path("events/<uuid:public_id>/person/", registrations.add_person, name="event-person"),
    path("events/<uuid:public_id>/people/", events.people, name="event-people"),
    path("events/<uuid:public_id>/requests/", requests.requests, name="event-requests"),
    path("events/<uuid:public_id>/timetable/", meetings.timetable, name="event-timetable"),
    path("events/<uuid:public_id>/tables/", meetings.tables, name="event-tables"),
    path("events/<uuid:public_id>/meetings.ics", meetings.calendar_file, name="event-calendar"),
    path(
        "participants/<uuid:public_id>/availability/",
        registrations.availability,
        name="availability",
    ),
    path("participants/<uuid:public_id>/", participants.change, name="participant"),
    path("participants/<uuid:public_id>/remove/", participants.remove, name="participant-remove"),
    path("registrations/<uuid:public_id>/ask/", requests.ask, name="request-new"),
    path("requests/<uuid:public_id>/", requests.one, name="request"),
    path("requests/<uuid:public_id>/draft/", requests.draft, name="request-draft"),
    path("requests/<uuid:public_id>/accept/", requests.accept, name="request-accept"),
    path("requests/<uuid:public_id>/decline/", requests.decline, name="request-decline"),
    path("requests/<uuid:public_id>/propose/", requests.propose, name="request-propose"),
    path("requests/<uuid:public_id>/withdraw/", requests.withdraw, name="request-withdraw"),
    path("meetings/<uuid:public_id>/", meetings.meeting, name="meeting"),
    path("meetings/<uuid:public_id>/cancel/", meetings.cancel, name="meeting-cancel"),
    path("meetings/<uuid:public_id>/move/", meetings.move, name="meeting-move"),
    path("meetings/<uuid:public_id>/move/answer/", meetings.answer_move, name="meeting-moved"),
    path("meetings/<uuid:public_id>/standby/", meetings.answer_offer, name="meeting-standby"),
]
