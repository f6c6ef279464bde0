"""Pages of this app."""

from django.urls import path
from django.urls.resolvers import URLPattern

from chambers.views import (
    account,
    chambers,
    codes,
    joining,
    links,
    mailing,
    people,
    preferences,
    profile,
    tokens,
)

urlpatterns: list[URLPattern] = [
    path("chambers/", chambers.chambers, name="chambers"),
    path("chambers/<slug:slug>/", chambers.chamber, name="chamber"),
    path("councils/<slug:slug>/", chambers.council, name="council"),
    path("codes/", codes.codes, name="codes"),
    path("links/<str:token>/", links.link, name="link"),
    path("register/", joining.register, name="register"),
    path("join/", joining.join, name="join"),
    path("join/ask/", joining.ask, name="join-ask"),
    path("join/new/", joining.company_new, name="company-new"),
    path("join/requests/<uuid:public_id>/withdraw/", joining.withdraw, name="join-withdraw"),
    path("invite/<str:secret>/", joining.invitation, name="invitation"),
    path("my/people/", people.people, name="people"),
    path("my/people/requests/<uuid:public_id>/", people.join_request, name="join-request"),
    path(
        "my/people/invitations/<uuid:public_id>/withdraw/",
        people.invitation_withdraw,
        name="invitation-withdraw",
    ),
    path("my/people/<uuid:public_id>/", people.person, name="person"),
    path("my/people/<uuid:public_id>/remove/", people.person_remove, name="person-remove"),
    path("my/memberships/", people.memberships, name="memberships"),
    path(
        "my/memberships/<uuid:public_id>/withdraw/",
        people.application_withdraw,
        name="application-withdraw",
    ),
    path("my/details/", people.details, name="details"),
    path("my/tokens/", tokens.tokens, name="tokens"),
    path("my/tokens/<uuid:public_id>/revoke/", tokens.revoke, name="token-revoke"),
    path("my/data/", account.own_data, name="own-data"),
    path("my/data/download/", account.download, name="own-data-download"),
    path("my/data/delete/", account.delete, name="account-delete"),
    path("my/mail/", mailing.mail_choices, name="mail-choices"),
    path("my/profile/", profile.profile, name="profile"),
    path("my/profile/logo/", profile.logo, name="profile-logo"),
    path("my/profile/brochures/", profile.brochure, name="profile-brochure"),
    path(
        "my/profile/files/<uuid:public_id>/remove/",
        profile.file_remove,
        name="profile-file-remove",
    ),
    path("acting/", preferences.acting, name="acting"),
    path("language/", preferences.language, name="language"),
    path("theme/", preferences.theme, name="theme"),
]
