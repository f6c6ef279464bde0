"""What chambers stress for their members, in versions that people put in force.

A set of weights holds for the market, an emphasis for the members of one chamber. An event that
matches its own participants may later be named beside the chamber, exactly one of the two.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chambers.models import Chamber, Company, Membership, PublicModel, ScopedQuerySet, today
from marketplace.models import Opportunity
from matching.engine.emphasis import LEAST, MOST, Emphasis

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django_stubs_ext import StrPromise

    from chambers.models import User

KINDS = tuple(Opportunity.Kind.values)
PARTS = ("codes", "words", *KINDS)
_IN_RANGE = [MinValueValidator(LEAST), MaxValueValidator(MOST)]


class Said(NamedTuple):
    """What the chambers of a company say together, and the last day on which they do."""

    emphases: list[Emphasis]
    until: dt.date | None


class ChamberEmphasisQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those in force of the chambers where one is a member or works: they move one's lists."""
        inside = Membership.objects.in_force().filter(company__in=Company.objects.run_by(user))
        mine = Chamber.objects.served_by(user).values("pk")
        return self.in_force().filter(Q(chamber__in=inside.values("chamber")) | Q(chamber__in=mine))

    def served_by(self, user: User | AnonymousUser) -> Self:
        if user.is_superuser:
            return self.all()
        return self.filter(chamber__in=Chamber.objects.served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(chamber__in=Chamber.objects.managed_by(user))

    def in_force(self) -> Self:
        """At most one per chamber."""
        return self.filter(state=ChamberEmphasis.State.IN_FORCE)

    def held_at(self, moment: dt.datetime) -> Self:
        """Those that were in force at a moment."""
        until = Q(retired_at=None) | Q(retired_at__gt=moment)
        return self.filter(until, in_force_at__lte=moment)

    def changed_since(self, moment: F | dt.datetime) -> models.QuerySet[Membership]:
        """Memberships, also former ones, in chambers that have stressed something else since then.

        ``moment`` may be a column seen from a membership.
        """
        later = Q(chamber__emphases__in_force_at__gt=moment) | Q(
            chamber__emphases__retired_at__gt=moment
        )
        ever = self.exclude(in_force_at=None).values("chamber")  # few: the others are not looked at
        return Membership.objects.filter(later, chamber__in=ever).order_by()

    def said_to(
        self,
        companies: Iterable[int],
        *,
        on: dt.date | None = None,
        instead: Mapping[int, Emphasis] | None = None,
    ) -> dict[int, Said]:
        """What each company's chambers say on a day; who has no chamber that says anything is left.

        Every chamber of which it is a member has one voice, also the one that stresses nothing.
        ``instead``, by key of the chamber, takes the place of what is in force there. Two queries,
        one where no chamber stresses anything.
        """
        day = on or today()
        known = {one.chamber_id: one.emphasis for one in ChamberEmphasis.objects.in_force()}
        known.update(instead or {})
        found: dict[int, Said] = {}
        if not known:
            return found
        admitted = Membership.objects.filter(
            Q(rights_end_on=None) | Q(rights_end_on__gte=day),
            company__in=companies,
            decision=Membership.Decision.ADMITTED,
        ).order_by("pk")
        memberships: defaultdict[int, list[tuple[int, dt.date, dt.date | None]]] = defaultdict(list)
        columns = admitted.values_list("company_id", "chamber_id", "starts_on", "rights_end_on")
        for company, chamber, start, end in columns:
            if start is not None:
                memberships[company].append((chamber, start, end))
        for company, some in memberships.items():
            if any(chamber in known for chamber, _start, _end in some):
                now = [one for one in some if one[1] <= day]
                until = [start - dt.timedelta(days=1) for _c, start, _e in some if start > day]
                until += [end for _c, _s, end in now if end is not None]
                chambers = {chamber for chamber, _start, _end in now}  # twice, in days of grace
                said = [known.get(chamber, Emphasis()) for chamber in chambers]
                found[company] = Said(said, min(until, default=None))
        return found


def _part(label: str | StrPromise) -> models.FloatField:
    return models.FloatField(label, default=1.0, validators=_IN_RANGE)


class ChamberEmphasis(PublicModel):
    """One version of what a chamber stresses: a draft until it is put in force, kept for ever.

    What was in force never changes and never comes back under its number, so that ``in_force_at``
    and ``retired_at`` say by what any run was made.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_FORCE = "in_force", _("In force")
        RETIRED = "retired", _("Retired")

    chamber = models.ForeignKey(
        Chamber, models.CASCADE, related_name="emphases", verbose_name=_("chamber")
    )
    number = models.PositiveIntegerField(_("number"), editable=False)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    codes = _part(_("trade codes"))
    words = _part(_("words"))
    goods = _part(_("goods"))
    service = _part(_("services"))
    technology = _part(_("technology"))
    research = _part(_("research"))
    investment = _part(_("investment"))
    note = models.TextField(
        _("what changed and why"), blank=True, max_length=2000, help_text=_("Your members read it.")
    )
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

    objects = ChamberEmphasisQuerySet.as_manager()

    class Meta:
        verbose_name = _("emphasis of a chamber")
        verbose_name_plural = _("emphases of chambers")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["chamber", "number"], name="one_emphasis_per_number"),
            models.UniqueConstraint(
                fields=["chamber"],
                condition=Q(state="in_force"),
                name="one_emphasis_in_force_per_chamber",
                violation_error_code="already_in_force",
                violation_error_message=_("Another one has just been put in force. Look again."),
            ),
            models.CheckConstraint(
                condition=~Q(state="in_force") | Q(in_force_at__isnull=False),
                name="emphasis_in_force_says_since_when",
            ),
            models.CheckConstraint(
                condition=Q(**{f"{name}__range": (LEAST, MOST) for name in PARTS}),
                name="emphasis_is_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.chamber}, {self.number}"

    @property
    def emphasis(self) -> Emphasis:
        """As the engine reads it."""
        return Emphasis(self.codes, self.words, {kind: getattr(self, kind) for kind in KINDS})
