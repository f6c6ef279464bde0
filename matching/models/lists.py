"""What a run found: the best partners of each company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chambers.models import Company, ScopedQuerySet
from matching.models.runs import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


class SuggestionListQuerySet(ScopedQuerySet):
    def current(self) -> Self:
        """Lists of the run that is shown now."""
        return self.filter(run__is_current=True)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Current lists of the companies one speaks for or whose chamber one works for."""
        mine = Company.objects.run_by(user).values("pk")
        served = Company.objects.members_served_by(user).values("pk")
        return self.current().filter(Q(company__in=mine) | Q(company__in=served))

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Current lists of the members of the chambers where ``user`` works."""
        members = Company.objects.members_served_by(user).values("pk")
        return self.current().filter(company__in=members)


class SuggestionList(models.Model):
    """The best partners of one company in one run, as parallel arrays, best first.

    20 partners take about 0.5 kB; reasons are computed when somebody looks.
    """

    run = models.ForeignKey(
        Run, models.CASCADE, related_name="lists", verbose_name=_("matching run")
    )
    company = models.ForeignKey(
        Company, models.CASCADE, related_name="suggestion_lists", verbose_name=_("company")
    )
    partners = ArrayField(models.BigIntegerField())
    mutual = ArrayField(models.FloatField())
    they_cover = ArrayField(models.FloatField())
    you_cover = ArrayField(models.FloatField())
    shared = ArrayField(models.FloatField())

    objects = SuggestionListQuerySet.as_manager()

    class Meta:
        verbose_name = _("list of suggestions")
        verbose_name_plural = _("lists of suggestions")
        constraints = [
            models.UniqueConstraint(fields=["run", "company"], name="one_list_per_run_and_company")
        ]
        indexes = [GinIndex(fields=["partners"], name="suggestion_by_partner")]

    def __str__(self) -> str:
        return str(self.company)
