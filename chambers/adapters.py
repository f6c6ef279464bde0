"""How sign-in behaves here, for django-allauth."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation


class AccountAdapter(DefaultAccountAdapter):
    """Superusers make the accounts; there is no open registration yet."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The first page in the language the person reads; a page they came for goes before."""
        assert request.user.is_authenticated  # noqa: S101 - allauth asks after signing in
        with translation.override(request.user.language):
            return reverse("home")
