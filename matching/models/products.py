"""What is worked out beside the lists: advice to one company, and proposals to three."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chambers.models import Company, PublicModel, ScopedQuerySet
from marketplace.models import Opportunity
from matching.models.runs import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


class AdviceQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of the companies one speaks for or whose chamber one works for."""
        mine = Company.objects.run_by(user).values("pk")
        served = Company.objects.members_served_by(user).values("pk")
        return self.filter(Q(company__in=mine) | Q(company__in=served))


class Advice(models.Model):
    """What would bring a company more partners, as worked out for its profile in one run.

    ``mutual`` and ``matches`` are how many it has (see ``engine.advice.Matches``); ``changes`` are
    plain data, best first: what to change, and how many more of each that brings.
    """

    company = models.OneToOneField(Company, models.CASCADE, primary_key=True, related_name="advice")
    run = models.ForeignKey(Run, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    mutual = models.PositiveIntegerField(default=0)
    matches = models.PositiveIntegerField(default=0)
    changes = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    worked_out_at = models.DateTimeField(default=timezone.now)

    objects = AdviceQuerySet.as_manager()

    def __str__(self) -> str:
        return f"advice to {self.company_id}"


class TriadQuerySet(ScopedQuerySet):
    def open(self) -> Self:
        """Proposals for demands on show that none of the three has declined; best first.

        All three are matched now: a hold or the end of a membership takes them away at once.
        """
        refused = TriadRefusal.objects.filter(
            demand=OuterRef("demand"), first=OuterRef("first"), second=OuterRef("second")
        )
        on_show = Opportunity.objects.on_show().named().values("pk")
        matched = Company.objects.matched().values("pk")
        return (
            self.filter(
                demand__in=on_show,
                demand__company__in=matched,
                first__in=matched,
                second__in=matched,
            )
            .exclude(Exists(refused))
            .order_by("-evidence", "pk")
        )

    def of(self, company: Company) -> Self:
        """Those in which a company has a part.

        By three keys and not one condition with OR across tables: that reads all there are.
        """
        keys = Triad.objects.order_by().values("pk")
        demands = Opportunity.objects.filter(company=company).order_by().values("pk")
        parts = keys.filter(first=company), keys.filter(second=company)
        return self.filter(pk__in=keys.filter(demand__in=demands).union(*parts, all=True))

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Open ones in which a company has a part that one speaks for or looks after."""
        # Joined, not either-or: that would be asked of every company there is.
        members = Company.objects.members_served_by(user).order_by().values("pk")
        return self._open_to(Company.objects.run_by(user).order_by().values("pk").union(members))

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Open ones in which a member of a chamber has a part where ``user`` works."""
        return self._open_to(Company.objects.members_served_by(user).values("pk"))

    def _open_to(self, keys: QuerySet[Company, Any]) -> Self:
        return self.open().filter(
            Q(demand__company__in=keys) | Q(first__in=keys) | Q(second__in=keys)
        )


class Triad(PublicModel):
    """Two companies that together cover a demand of a third, all of different countries.

    ``first_brings`` and ``second_brings`` are the HS headings each offers. The latest search holds,
    whichever run it followed.
    """

    demand = models.ForeignKey(
        Opportunity, models.CASCADE, related_name="triads", verbose_name=_("demand")
    )
    first = models.ForeignKey(
        Company, models.CASCADE, related_name="+", verbose_name=_("first supplier")
    )
    second = models.ForeignKey(
        Company, models.CASCADE, related_name="+", verbose_name=_("second supplier")
    )
    first_brings = models.JSONField(default=list)
    second_brings = models.JSONField(default=list)
    evidence = models.FloatField()
    found_at = models.DateTimeField(_("found"), default=timezone.now)

    objects = TriadQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal of three")
        verbose_name_plural = _("proposals of three")
        ordering = ["-evidence", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["demand", "first", "second"], name="one_proposal_per_demand_and_pair"
            ),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="proposal_is_in_canonical_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} + {self.second} → {self.demand.company}"


class TriadRefusal(models.Model):
    """A company does not want a proposal: it is gone for all three, and nobody learns who said so.

    Kept by its demand and pair, so that the next search does not bring it back.
    """

    demand = models.ForeignKey(Opportunity, models.CASCADE, related_name="+")
    first = models.ForeignKey(Company, models.CASCADE, related_name="+")
    second = models.ForeignKey(Company, models.CASCADE, related_name="+")
    company = models.ForeignKey(Company, models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()  # shown to nobody

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["demand", "first", "second", "company"], name="one_refusal_per_company"
            )
        ]

    def __str__(self) -> str:
        return f"refusal of {self.company_id}"
