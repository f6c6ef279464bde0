"""The one administration site: who enters, and what the whole of it may show.

It stands outside ``chambers.admin`` because Django builds the site before any admin is registered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import tzdata  # type: ignore[import-untyped]
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

if TYPE_CHECKING:
    from chambers.models import User


@dataclass(frozen=True)
class Queue:
    """Work that waits: how much, since when, and the list that holds it."""

    title: str
    count: int
    url: str
    since: dt.date | dt.datetime | None = None  # the oldest; its age is shown
    until: dt.date | None = None  # the nearest date, where a date is what matters
    percent: int | None = None  # of something that runs
    note: str = ""

    @property
    def days(self) -> int | None:
        """For how many days the oldest has waited; None when nothing waits."""
        from chambers.models import today  # the site stands before the models do

        if self.since is None:
            return None
        since = self.since
        if isinstance(since, dt.datetime):
            since = since.astimezone(dt.UTC).date()
        return (today() - since).days


Queues = Callable[["User"], Iterable[Queue]]
_queues: list[Queues] = []


def shows_queues(source: Queues) -> Queues:
    """Put what ``source`` yields for a member of staff on their first page."""
    _queues.append(source)
    return source


def queues_for(user: User) -> Iterator[Queue]:
    """What waits for ``user``, in the order in which the apps stand."""
    for source in _queues:
        yield from source(user)


class ScopedAutocomplete(AutocompleteJsonView):
    """Offers for a field exactly the rows that its form accepts, whatever admin asks."""

    def get_queryset(self) -> QuerySet[Any]:
        from chambers.admin.base import offered

        rows = offered(self.source_field, cast("User", self.request.user))
        rows = rows.complex_filter(self.source_field.get_limit_choices_to())
        found, _twice = self.model_admin.get_search_results(self.request, rows, self.term)
        return found.order_by(*self.model_admin.get_ordering(self.request) or ["pk"])


class ChamberAdminSite(AdminSite):
    """Django's administration behind the product's own sign-in and second factor."""

    site_header = _("Business Market: chamber administration")
    site_title = _("Chamber administration")
    index_title = _("Work of the chamber")
    enable_nav_sidebar = True

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.disable_action("delete_selected")  # rows end by a decision, with its service

    def has_permission(self, request: HttpRequest) -> bool:
        """Active staff; with a second factor wherever the installation asks for one."""
        user = request.user
        if not (user.is_active and user.is_staff):
            return False
        return not settings.STAFF_MFA or is_mfa_enabled(user)

    def login(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Send people to the product's sign-in: its limits and second factor hold here too."""
        user = request.user
        if user.is_authenticated and user.is_active and user.is_staff:
            if self.has_permission(request):
                return redirect("admin:index")
            return redirect("mfa_activate_totp")
        target = reverse("account_login")
        following = {"next": request.GET.get("next", reverse("admin:index"))}
        return redirect(f"{target}?{urlencode(following)}")

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> Any:
        """One place changes passwords, with its limits."""
        return redirect("account_change_password")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take only scoped admins: what a library registers for itself stays out."""
        from chambers.admin.base import ScopedAdmin

        if admin_class is not None and issubclass(admin_class, ScopedAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Pages are read and forms are sent; Django's views take any other method for reading."""
        admitted = require_http_methods(["GET", "HEAD", "POST"])
        return admitted(super().admin_view(view, cacheable))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Leave out the redirect by content type and key: it tells which keys exist."""
        return [
            url for url in super().get_urls() if getattr(url, "name", None) not in _UNSCOPED_VIEWS
        ]

    def autocomplete_view(self, request: HttpRequest) -> Any:
        """Search in what a field of a form offers."""
        return ScopedAutocomplete.as_view(admin_site=self)(request)

    def index(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> Any:
        """Show what waits, above the lists."""
        queues = list(queues_for(cast("User", request.user)))
        known = {"queues": queues, "zones_version": tzdata.IANA_VERSION}
        return super().index(request, {**(extra_context or {}), **known})


_UNSCOPED_VIEWS = {"view_on_site", "password_change_done"}
