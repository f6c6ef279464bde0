"""What search engines may list: companies and published items that every guest may read."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import index, sitemap
from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db.models import F, QuerySet, Window
from django.db.models.functions import Mod, RowNumber
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from chambers.models import SITE_LANGUAGES, Company
from marketplace.models import Opportunity

_MOST = 2  # times as long the last file may get until its end is looked up
_KEPT = dt.timedelta(hours=6)  # how long the keys at which files begin are remembered


class _Files(Paginator):
    """Rows cut into files by their keys, where each file begins being looked up now and then.

    Whoever asks is unknown, and may ask often: no count and no offset over all rows. What comes
    meanwhile stands in the last file, and what is gone stands in none.
    """

    def __init__(self, rows: QuerySet[Any], per_page: int) -> None:
        """``rows`` in any order."""
        super().__init__(rows, per_page)
        self.rows = rows.order_by("pk")

    @cached_property
    def starts(self) -> list[int]:
        """The first key of each file but the first; the same in every language."""
        name = f"sitemap:{self.rows.model.__name__}"
        kept: list[int] = cache.get_or_set(name, self._look, _KEPT.total_seconds()) or []
        return kept

    def _look(self) -> list[int]:
        placed = self.rows.annotate(place=Window(RowNumber(), order_by=F("pk").asc()) - 1)
        first = placed.annotate(within=Mod("place", self.per_page)).filter(within=0, place__gt=0)
        return list(first.values_list("pk", flat=True))

    @cached_property
    def num_pages(self) -> int:
        """How many files there are."""
        return len(self.starts) + 1

    def page(self, number: int | str) -> Page[Any]:
        """One file; raises InvalidPage for a number that is none."""
        at = self.validate_number(number)
        rows = self.rows
        if at > 1:
            rows = rows.filter(pk__gte=self.starts[at - 2])
        if at < self.num_pages:
            rows = rows.filter(pk__lt=self.starts[at - 1])
        return Page(rows[: _MOST * self.per_page], at, self)


class _Pages(Sitemap):
    """Pages of one kind in one language.

    Not the framework's own way of languages: that reads all rows for each file.
    """

    limit = 5000  # addresses of a file
    page = ""

    def items(self) -> QuerySet[Any]:
        """The rows."""
        raise NotImplementedError

    @property
    def paginator(self) -> Paginator[Any]:
        """What cuts the addresses into files."""
        return _Files(self.items(), self.limit)

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
        return rows.only("public_id")


class _Opportunities(_Pages):
    page = "opportunity"

    def items(self) -> QuerySet[Opportunity]:
        """Those on show; an anonymous one names no company there either."""
        return Opportunity.objects.on_show().only("public_id")


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
