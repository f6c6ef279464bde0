"""Searches that a person keeps, and is mailed about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chambers.models import PublicModel, ScopedQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


class SavedSearchQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """One's own; what somebody looks for is nobody else's business."""
        return self.filter(person=user.pk)


class SavedSearch(PublicModel):
    """A list's words, filters and order under a name; ``told_until`` is what was mailed last."""

    class Kind(models.TextChoices):
        OPPORTUNITIES = "opportunities", _("Opportunities")
        COMPANIES = "companies", _("Companies")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="saved_searches",
        verbose_name=_("person"),
    )
    kind = models.CharField(_("list"), max_length=13, choices=Kind.choices)
    query = models.CharField(
        _("query"), max_length=2000, blank=True, help_text=_("As in the address of the list.")
    )
    name = models.CharField(_("name"), max_length=120)
    is_daily = models.BooleanField(
        _("mailed daily"),
        default=True,
        help_text=_("New results come in one mail a day; a day without any brings no mail."),
    )
    told_until = models.DateTimeField(_("told until"), default=timezone.now, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved search")
        verbose_name_plural = _("saved searches")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "query"],
                name="one_saved_search_of_a_question",
                violation_error_code="already_saved",
                violation_error_message=_("You have saved this search already."),
            ),
            models.CheckConstraint(condition=~Q(name=""), name="saved_search_has_a_name"),
            models.CheckConstraint(
                condition=Q(kind__in=["opportunities", "companies"]),
                name="saved_search_is_of_a_list",
            ),
        ]
        indexes = [
            models.Index(
                fields=["person"], condition=Q(is_daily=True), name="saved_search_mailed_daily"
            )
        ]

    def __str__(self) -> str:
        return self.name
