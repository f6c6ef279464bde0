"""What search engines may list: companies and published items that every guest may read."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import index, sitemap
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from chambers.models import SITE_LANGUAGES, Company
from marketplace.models import Opportunity


class _Pages(Sitemap):
    """Pages of one kind in one language.

    Not the framework's own way of languages: that reads all rows for each file.
    """

    limit = 5000  # addresses of a file
    page = ""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language

    def location(self, item: Any) -> str:
        """The address of a row."""
        with translation.override(self.language):
            return reverse(self.page, args=[item.public_id])


class _Companies(_Pages):
    page = "company"

    def items(self) -> QuerySet[Company]:
        """Those in the public directory."""
        rows = Company.objects.visible_to(AnonymousUser())
        return rows.order_by("pk").only("public_id")


class _Opportunities(_Pages):
    page = "opportunity"

    def items(self) -> QuerySet[Opportunity]:
        """Those on show; an anonymous one names no company there either."""
        return Opportunity.objects.on_show().order_by("pk").only("public_id")


_SITEMAPS: dict[str, type[Sitemap] | Sitemap] = {
    f"{name}-{language}": made(language)
    for name, made in (("companies", _Companies), ("opportunities", _Opportunities))
    for language in SITE_LANGUAGES
}


@require_safe
def all_files(request: HttpRequest) -> HttpResponse:
    """The list of files."""
    return index(request, _SITEMAPS, sitemap_url_name="sitemap-file")


@require_safe
def one_file(request: HttpRequest, section: str) -> HttpResponse:
    """Addresses of one kind in one language; 404 for no such file."""
    return sitemap(request, _SITEMAPS, section)


@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    """What programs that read the whole web should leave alone, and where the list is."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in ("/admin/", "/api/", "/display/", "/calendar/")),
        f"Sitemap: {settings.BASE_URL}{reverse('sitemap')}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
