"""The one administration site: who enters, and what the whole of it may show."""

from __future__ import annotations

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _


class ChamberAdminSite(AdminSite):
    """Django's administration behind the product's own sign-in and second factor."""

    site_header = _("Business Market: chamber administration")
    site_title = _("Chamber administration")
    index_title = _("Work of the chamber")
    enable_nav_sidebar = True

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
