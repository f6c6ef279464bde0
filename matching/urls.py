"""Pages of this app, and the first page, which needs all three."""

from django.urls import path
from django.urls.resolvers import URLPattern

from matching.views import codes, conditions, exclusions, home, matches, products, scoring

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("matches/", matches.matches, name="matches"),
    path("matches/conditions/", conditions.conditions, name="conditions"),
    path("matches/conditions/companies/", exclusions.exclusions, name="exclusions"),
    path(
        "matches/conditions/companies/<uuid:public_id>/exclude/",
        exclusions.exclude,
        name="exclusion-add",
    ),
    path(
        "matches/conditions/companies/<uuid:public_id>/take-back/",
        exclusions.readmit,
        name="exclusion-readmit",
    ),
    path("matches/codes/suggested/", codes.suggested_codes, name="suggested-codes"),
    path("matches/codes/", products.state_code, name="advice-code"),
    path("matches/three/<uuid:public_id>/decline/", products.refuse, name="triad-refuse"),
    path("matches/known/", conditions.known, name="known"),
    path("matches/known/<uuid:public_id>/withdraw/", conditions.withdraw, name="known-withdraw"),
    path("matches/<uuid:public_id>/", matches.match, name="match"),
    path("matches/<uuid:public_id>/known/", conditions.record, name="known-record"),
    path("matches/<uuid:public_id>/not-relevant/", matches.dismiss, name="match-dismiss"),
    path("matches/<uuid:public_id>/restore/", matches.restore, name="match-restore"),
    path("scoring/", scoring.scoring, name="scoring"),
]
