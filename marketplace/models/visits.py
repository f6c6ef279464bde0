"""Who looked at whose profile, by day: counted, never told by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chambers.models import Company, ScopedQuerySet, today

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


class VisitQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Visits to the companies one speaks for."""
        return self.filter(company__in=Company.objects.run_by(user))

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Nobody's business but the company's, except a superuser's."""
        return self.all() if user.is_superuser else self.visible_to(user)


class Visit(models.Model):
    """A company looked at the profile of another on a day."""

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="visits", verbose_name=_("company")
    )
    visitor = models.ForeignKey(
        Company, models.CASCADE, related_name="+", verbose_name=_("visitor")
    )
    on = models.DateField(_("day"), default=today)
    times = models.PositiveIntegerField(_("times"), default=1)

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("visit to a profile")
        verbose_name_plural = _("visits to profiles")
        ordering = ["-on", "company"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "visitor", "on"], name="one_visit_row_a_day_and_visitor"
            ),
            models.CheckConstraint(
                condition=~Q(company=F("visitor")), name="visit_is_of_another_company"
            ),
        ]
        indexes = [models.Index(fields=["company", "-on"], name="visit_of_company")]

    def __str__(self) -> str:
        return f"{self.visitor} → {self.company}, {self.on}"
