"""What a run found: the best partners of each company, and what it chose them from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chambers.models import Company, ScopedQuerySet
from matching.models.runs import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


class RealField(models.FloatField):
    """A number in the single precision that the engine computes in."""

    def db_type(self, connection: Any) -> str:
        return "real"


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

    ``mutual`` are the scores; the order is by score less the price of the partner (``price``, of
    the company as a partner; see ``engine.fairness``). ``reserve`` holds the next ones, who are
    shown when others leave; both hold only who is shown by the rules of the run (those that score
    ``shown_least``, or the best one). Who would enter either needs at least ``least`` (with an
    equal score, an order before that of ``last``, unless that is -1): the score of the last on the
    shortlist, or ``shown_least``, or the score of the only one that is shown below it. It needs at
    least ``threshold`` after its price, which nobody outside exceeds; both are -infinity while
    everybody may enter. ``listed_by`` holds every company whose list or reserve has this one, and
    perhaps some that had it.

    Derived data, written and dropped by the million: the database does not check that the run and
    the companies exist (that takes longer than writing), services do. Reasons are computed when
    somebody looks.
    """

    run = models.ForeignKey(
        Run,
        models.CASCADE,
        related_name="lists",
        verbose_name=_("matching run"),
        db_constraint=False,
        db_index=False,
    )
    company = models.ForeignKey(
        Company,
        models.CASCADE,
        related_name="suggestion_lists",
        verbose_name=_("company"),
        db_constraint=False,
        db_index=False,
    )
    partners = ArrayField(models.BigIntegerField())
    mutual = ArrayField(RealField())
    reserve = ArrayField(models.BigIntegerField(), default=list)
    reserve_mutual = ArrayField(RealField(), default=list)
    price = RealField(default=0.0)
    threshold = RealField(default=float("-inf"))
    least = RealField(default=float("-inf"))
    last = models.BigIntegerField(default=-1)
    listed_by = ArrayField(models.BigIntegerField(), default=list)
    changed_at = models.DateTimeField(null=True)

    objects = SuggestionListQuerySet.as_manager()

    class Meta:
        verbose_name = _("list of suggestions")
        verbose_name_plural = _("lists of suggestions")
        constraints = [
            models.UniqueConstraint(fields=["run", "company"], name="one_list_per_run_and_company")
        ]
        indexes = [
            # For one company's list even while nothing is known of how few runs are current.
            models.Index(fields=["company"], name="list_of_company"),
            models.Index(
                fields=["run", "changed_at"],
                condition=Q(changed_at__isnull=False),
                name="list_changed_since_its_run",
            ),
        ]

    def __str__(self) -> str:
        return str(self.company)


class Shortlist(models.Model):
    """The best partners by score alone, of the companies at consecutive positions of an index.

    ``data`` holds per company as many positions (int32, -1 after the last), best first, and then
    per company as many scores (float32); the lists are chosen from them.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="shortlists", db_index=False)
    start = models.PositiveIntegerField()
    companies = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "start"], name="one_shortlist_per_run_and_start")
        ]

    def __str__(self) -> str:
        return f"{self.run_id} from {self.start}"


class IndexFile(models.Model):
    """A piece of a file of a run's index, for machines that have not built it."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="files", db_index=False)
    name = models.CharField(max_length=100)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "name", "number"], name="one_piece_per_run_name_and_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
