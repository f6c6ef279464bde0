"""Pages of this app."""

from django.urls import path
from django.urls.resolvers import URLPattern

from marketplace.views import companies, opportunities

urlpatterns: list[URLPattern] = [
    path("companies/", companies.companies, name="companies"),
    path("companies/<uuid:public_id>/", companies.company, name="company"),
    path("opportunities/", opportunities.opportunities, name="opportunities"),
    path("opportunities/<uuid:public_id>/", opportunities.opportunity, name="opportunity"),
    path(
        "opportunities/<uuid:public_id>/last-day.ics",
        opportunities.closing,
        name="opportunity-calendar",
    ),
]
