"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """The chosen theme ("" follows the system); whether this is the demo, and shows its mails."""
    theme = request.COOKIES.get("theme", "")
    return {
        "theme": theme if theme in ("light", "dark") else "",
        "demo": settings.DEMO,
        "viewer": settings.MAIL_VIEWER,
    }
