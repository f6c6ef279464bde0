"""What is data with a version: drafted, put in force by a person, retired, kept for ever."""

from __future__ import annotations

from typing import Self, cast

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chambers.models import PublicModel, ScopedQuerySet


class VersionQuerySet(ScopedQuerySet):
    def in_force(self) -> Self:
        """At most one: of all, or of each owner where versions have owners."""
        return self.filter(state=Version.State.IN_FORCE)


class Version(PublicModel):
    """One version: a draft until a person puts it in force, kept for ever."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_FORCE = "in_force", _("In force")
        RETIRED = "retired", _("Retired")

    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    note = models.TextField(_("what changed and why"), blank=True, max_length=2000)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    in_force_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("put in force by"),
    )
    in_force_at = models.DateTimeField(_("in force since"), null=True, blank=True)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-created_at", "-pk"]

    @classmethod
    def rows(cls) -> VersionQuerySet:
        """All versions of this kind."""
        return cast("VersionQuerySet", cls._default_manager.all())

    @staticmethod
    def is_dated(name: str) -> models.CheckConstraint:
        """The constraint, called ``name``, that what is in force says since when."""
        condition = ~Q(state="in_force") | Q(in_force_at__isnull=False)
        return models.CheckConstraint(condition=condition, name=name)
