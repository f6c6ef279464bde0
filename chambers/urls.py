"""Pages of this app."""

from django.urls import path
from django.urls.resolvers import URLPattern

from chambers.views import chambers, codes, links, preferences, profile

urlpatterns: list[URLPattern] = [
    path("chambers/", chambers.chambers, name="chambers"),
    path("chambers/<slug:slug>/", chambers.chamber, name="chamber"),
    path("councils/<slug:slug>/", chambers.council, name="council"),
    path("codes/", codes.codes, name="codes"),
    path("links/<str:token>/", links.link, name="link"),
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
