"""Requests as the middleware leaves them, for the type checker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from chambers.acting import Acting
    from chambers.models import User


class PageRequest(HttpRequest):
    """Any request to a page."""

    acting: Acting
    htmx: HtmxDetails


class SignedInRequest(PageRequest):
    """A request whose user is known."""

    user: User
