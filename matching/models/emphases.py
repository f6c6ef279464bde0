"""What chambers stress for their members and events for their companies, in versions.

A set of weights holds for the market, an emphasis for the members of one chamber or, on top of
that, among the companies of one event.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chambers.models import Chamber, Company, Membership, today
from marketplace.models import Event, Opportunity, Registration
from matching.engine.emphasis import LEAST, MOST, Emphasis
from matching.models.versions import Version, VersionQuerySet

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


class ChamberEmphasisQuerySet(VersionQuerySet):
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


class EventEmphasisQuerySet(VersionQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those in force of the events that one sees: their rules are theirs to read."""
        return self.in_force().filter(event__in=Event.objects.visible_to(user))

    def served_by(self, user: User | AnonymousUser) -> Self:
        if user.is_superuser:
            return self.all()
        return self.filter(event__in=Event.objects.served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(event__in=Event.objects.managed_by(user))

    def awaiting(self, user: User | AnonymousUser) -> Self:
        """Those of them at events to come where one's company is registered or that one serves."""
        own = Registration.objects.run_by(user).alive().values("event")
        served = Event.objects.served_by(user).values("pk")
        coming = self.visible_to(user).filter(event__in=Event.objects.ahead())
        return coming.filter(Q(event__in=own) | Q(event__in=served))


def _part(label: str | StrPromise) -> models.FloatField:
    return models.FloatField(label, default=1.0, validators=_IN_RANGE)


class StatedEmphasis(Version):
    """One version of what an owner, a chamber or an event, stresses.

    What was in force never changes and never comes back under its number, so that ``in_force_at``
    and ``retired_at`` say by what anything was scored.
    """

    OWNER: ClassVar[str]
    """The name of the field that says whose it is."""

    number = models.PositiveIntegerField(_("number"), editable=False)
    codes = _part(_("trade codes"))
    words = _part(_("words"))
    goods = _part(_("goods"))
    service = _part(_("services"))
    technology = _part(_("technology"))
    research = _part(_("research"))
    investment = _part(_("investment"))

    class Meta(Version.Meta):
        abstract = True

    def __str__(self) -> str:
        return f"{self.owner}, {self.number}"

    @property
    def owner(self) -> Chamber | Event:
        """Whose it is."""
        found: Chamber | Event = getattr(self, self.OWNER)
        return found

    @property
    def decider(self) -> Chamber:
        """The chamber whose managers decide on it."""
        owner = self.owner
        return owner.chamber if isinstance(owner, Event) else owner

    @property
    def emphasis(self) -> Emphasis:
        """As the engine reads it."""
        return Emphasis(self.codes, self.words, {kind: getattr(self, kind) for kind in KINDS})

    def times(self, kind: str = "") -> tuple[float, float]:
        """What it multiplies evidence from codes and from words by, of a profile or of a kind.

        Between two that are both told it; of a chamber, towards one who is told nothing.
        """
        return self.emphasis.counts(kind)

    @staticmethod
    def rules(owner: str, of: str = "") -> list[models.BaseConstraint]:
        """What holds for the versions of each ``owner``; ``of`` begins the constraints' names."""
        return [
            models.UniqueConstraint(fields=[owner, "number"], name=f"one_{of}emphasis_per_number"),
            models.UniqueConstraint(
                fields=[owner],
                condition=Q(state="in_force"),
                name=f"one_emphasis_in_force_per_{owner}",
                violation_error_code="already_in_force",
                violation_error_message=_("Another one has just been put in force. Look again."),
            ),
            Version.is_dated(f"{of}emphasis_in_force_says_since_when"),
            models.CheckConstraint(
                condition=Q(**{f"{name}__range": (LEAST, MOST) for name in PARTS}),
                name=f"{of}emphasis_is_in_range",
            ),
        ]


class ChamberEmphasis(StatedEmphasis):
    """One version of what a chamber stresses for its members."""

    OWNER = "chamber"

    chamber = models.ForeignKey(
        Chamber, models.CASCADE, related_name="emphases", verbose_name=_("chamber")
    )
    note = models.TextField(
        _("what changed and why"), blank=True, max_length=2000, help_text=_("Your members read it.")
    )

    objects = ChamberEmphasisQuerySet.as_manager()

    class Meta(StatedEmphasis.Meta):
        verbose_name = _("emphasis of a chamber")
        verbose_name_plural = _("emphases of chambers")
        constraints = StatedEmphasis.rules("chamber")

    def times(self, kind: str = "") -> tuple[float, float]:
        return self.emphasis.towards_others(kind)


class EventEmphasis(StatedEmphasis):
    """One version of what an event stresses among the companies that come to it."""

    OWNER = "event"

    event = models.ForeignKey(
        Event, models.CASCADE, related_name="emphases", verbose_name=_("event")
    )
    note = models.TextField(
        _("what changed and why"),
        blank=True,
        max_length=2000,
        help_text=_("Everyone who sees the event reads it."),
    )

    objects = EventEmphasisQuerySet.as_manager()

    class Meta(StatedEmphasis.Meta):
        verbose_name = _("emphasis of an event")
        verbose_name_plural = _("emphases of events")
        constraints = StatedEmphasis.rules("event", "event_")
