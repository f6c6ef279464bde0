"""Who sees which field of a company."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(models.TextChoices):
    """Who sees a field, from everyone to nobody before contact."""

    PUBLIC = "public", _("everyone")
    MEMBERS = "members", _("members of any chamber")
    PARTNERS = "partners", _("members of partner chambers")
    ACCEPTED = "accepted", _("partners who accepted a contact")


DEFAULT_LEVELS: dict[str, str] = {
    "description": Level.PUBLIC,
    "website": Level.PUBLIC,
    "size": Level.PUBLIC,
    "founded": Level.PUBLIC,
    "languages": Level.PUBLIC,
    "codes": Level.PUBLIC,
    "registration_number": Level.MEMBERS,
    "markets": Level.MEMBERS,
    "brochures": Level.PUBLIC,
    "turnover": Level.PARTNERS,
    "contacts": Level.ACCEPTED,
}


def validate_levels(value: object) -> None:
    """Refuse unknown fields and unknown levels."""
    if not isinstance(value, dict) or any(
        field not in DEFAULT_LEVELS or level not in Level.values for field, level in value.items()
    ):
        raise ValidationError(
            _("Give levels as {field: level}; fields: %(fields)s; levels: %(levels)s."),
            code="bad_levels",
            params={"fields": ", ".join(DEFAULT_LEVELS), "levels": ", ".join(Level.values)},
        )
