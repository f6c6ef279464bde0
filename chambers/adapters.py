"""How sign-in behaves here, for django-allauth."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """People are invited by a chamber or a company; there is no open registration yet."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
