"""Every address of the service."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from chambers.views import mailing
from chambers.views.files import document
from config import health
from marketplace.sitemaps import all_files, one_file, robots
from marketplace.views.display import display
from marketplace.views.feeds import feed

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("api/", include("config.api_urls")),
    # In the language of its person, whatever the calendar program asks for.
    # In the demo alone: what was mailed to anybody.
    path("mail/", mailing.demo_mails, name="demo-mails"),
    path("mail/<uuid:public_id>/", mailing.demo_mail, name="demo-mail"),
    path("mail/<uuid:public_id>/html/", mailing.demo_mail_html, name="demo-mail-html"),
    path(
        "mail/<uuid:public_id>/invitation.ics",
        mailing.demo_mail_calendar,
        name="demo-mail-calendar",
    ),
    path("calendar/<str:secret>.ics", feed, name="calendar-feed"),
    # On a screen in the hall: in the language it is asked for, or in all of them in turn.
    path("display/<str:secret>/", display, name="display"),
    path("robots.txt", robots, name="robots"),
    path("sitemap.xml", all_files, name="sitemap"),
    path("sitemap-<slug:section>.xml", one_file, name="sitemap-file"),
    # A file is the same in every language.
    path("files/<uuid:public_id>/", document, name="document"),
    *i18n_patterns(
        path("accounts/", include("allauth.account.urls")),
        path("accounts/2fa/", include("allauth.mfa.urls")),
        path("", include("chambers.urls")),
        path("", include("marketplace.urls")),
        path("", include("matching.urls")),
    ),
]
handler400 = "chambers.views.errors.bad_request"
handler403 = "chambers.views.errors.forbidden"
handler404 = "chambers.views.errors.not_found"
handler500 = "chambers.views.errors.server_error"
