"""What the pages of every app share: fragments, page numbers, ways back."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from chambers.http import PageRequest

Row = TypeVar("Row", bound=Model)
View = Callable[..., HttpResponseBase]

PAGE_SIZE = 20
_PREFIX = re.compile(r"/(?:en|ru|ja)(?=[/?]|$)")


def wants_fragment(request: PageRequest) -> bool:
    """Whether only a part of the page is asked for; Back asks for the whole page again."""
    htmx = request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def page_of(
    request: PageRequest, rows: QuerySet[Row], size: int = PAGE_SIZE, *, count: int | None = None
) -> Page[Row]:
    """The page of ``rows`` that the address names; the nearest one when there is no such page.

    ``count``: how many rows there are, for whoever has counted them.
    """
    paginator = Paginator(rows, size)
    if count is not None:
        paginator.count = count  # of a cached property: they are not counted again
    return paginator.get_page(request.GET.get("page"))


def refuse(form: BaseForm, error: ValidationError) -> None:
    """Put what a service refuses beside the field it is about, or on top of the form."""
    for name, found in getattr(error, "error_dict", {None: [error]}).items():
        form.add_error(name if name in form.fields else None, found)


def way_back(request: PageRequest, default: str = "home") -> str:
    """Where a form returns its reader to: its ``next`` if that is a path of this site."""
    target = request.POST.get("next", "")
    if target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return target
    return reverse(default)


def in_language_of(address: str, language: str) -> str:
    """The same page in another language; an address outside the language prefixes stays."""
    return _PREFIX.sub(f"/{language}", address, count=1) if _PREFIX.match(address) else address


def sent_from(page: str) -> Callable[[View], View]:
    """Take only what a form on ``page`` sends; who comes by the address itself is led there.

    A guest who sends signs in first. A reader comes by the address who is shown a refused form
    again and then chooses another language, or opens the page anew.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in ("GET", "HEAD"):
                return redirect(page)
            if request.method != "POST":
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            if not request.user.is_authenticated:
                return redirect_to_login(reverse(page))
            return view(request, *args, **kwargs)

        return guarded

    return decorate
