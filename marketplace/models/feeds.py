"""Addresses from which calendar programs read a person's meetings."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from chambers.models import PublicModel, ScopedQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


class CalendarFeedQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """One's own: nobody else reads where somebody keeps their calendar."""
        return self.filter(person=user.pk) if user.is_authenticated else self.none()

    def open(self) -> Self:
        """Feeds that answer."""
        return self.filter(revoked_at=None, person__is_active=True)


class CalendarFeed(PublicModel):
    """An address with a secret in it, which is shown once and kept as its hash."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="calendar_feeds",
        verbose_name=_("person"),
    )
    name = models.CharField(
        _("name"), max_length=100, blank=True, help_text=_("Where it is read, such as: my phone.")
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    last_read_on = models.DateField(_("last read"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name or str(self.public_id)


def digest_of(secret: str) -> str:
    """What is kept of a secret: it has 256 random bits, so one round suffices."""
    return hashlib.sha256(secret.encode()).hexdigest()
