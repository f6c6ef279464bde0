"""How sign-up and sign-in behave here, for django-allauth."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import get_next_redirect_url
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation

from chambers.acting import sides_of
from chambers.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Everybody may make an account; it is of use once its address is confirmed."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """In their language: the first page, or the search for one's company while one has none.

        A page they came for goes before.
        """
        assert request.user.is_authenticated  # noqa: S101 - allauth asks after signing in
        with translation.override(request.user.language):
            lost = not request.user.is_superuser and not sides_of(request.user)
            return reverse("join" if lost else "home")

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """As after signing in: whoever is new looks for their company."""
        return self.get_login_redirect_url(request)

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """In the language of the page on which it is read, where signing in leads to another."""
        template = args[1] if len(args) > 1 else kwargs.get("message_template")
        if template != "account/messages/logged_in.txt" or not request.user.is_authenticated:
            super().add_message(request, *args, **kwargs)
            return
        asked = translation.get_language_from_path(get_next_redirect_url(request) or "")
        with translation.override(asked or request.user.language):
            super().add_message(request, *args, **kwargs)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write in the language of who reads that address, else of the page."""
        known = User.objects.filter(email__iexact=email).values_list("language", flat=True)
        with translation.override(known.first() or translation.get_language()):
            super().send_mail(template_prefix, email, context)
