"""Who speaks through the REST door, and what their token is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.crypto import hash_token
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission

from chambers.models import ApiToken
from chambers.services.people import note_use

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

    from chambers.models import Scope, User

_SCHEMES = (b"bearer", b"token")


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer KEY`` or ``Token KEY``: a program speaks for the token's person."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The person and the token; None without a header of ours."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() not in _SCHEMES:
            return None
        key = parts[1].decode("ascii", "replace") if len(parts) == 2 else ""
        # The hash is the primary key: one look-up, and nothing to compare byte by byte.
        token = ApiToken.objects.select_related("user").filter(digest=hash_token(key)).first()
        if token is None:
            raise AuthenticationFailed(_("This token is unknown or was revoked."), "bad_token")
        if token.expiry <= timezone.now():
            raise AuthenticationFailed(_("This token has expired."), "expired_token")
        if not token.user.is_active:
            raise AuthenticationFailed(_("This account is closed."), "inactive_user")
        note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 tells programs to send."""
        return 'Bearer realm="api"'


class ScopedPermission(BasePermission):
    """Default deny: a view says what guests may do, and which scope reads or changes need.

    View attributes: ``guests_read`` (bool), ``read_scope`` and ``write_scope`` (a ``Scope``, or
    None where any token of the person will do), ``session_actions`` (names that a token never
    may). Which rows and fields are another matter: ``visible_to`` and ``shown_company``.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may go on; raises PermissionDenied with a code where it says why."""
        reads = request.method in SAFE_METHODS
        if not request.user.is_authenticated:
            return reads and getattr(view, "guests_read", False)
        if settings.STAFF_MFA and request.user.is_staff and not is_mfa_enabled(request.user):
            raise PermissionDenied(
                _("Set up the second factor of your account first."), "second_factor_needed"
            )
        if isinstance(request.auth, ApiToken):
            if getattr(view, "action", "") in getattr(view, "session_actions", ()):
                raise PermissionDenied(
                    _("Sign in with a browser for this; a token does not suffice."),
                    "session_needed",
                )
            _require(request.auth, view.read_scope if reads else view.write_scope)  # type: ignore[attr-defined]
        return True


def _require(token: ApiToken, scope: Scope | None) -> None:
    if scope is not None and scope not in token.scopes:
        raise PermissionDenied(
            _("This token lacks the scope %(scope)s.") % {"scope": scope.value}, "missing_scope"
        )
