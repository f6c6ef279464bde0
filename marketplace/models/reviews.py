"""What a chamber says of an opportunity, and changed texts that wait for that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from chambers.models import (
    Company,
    PublicModel,
    ScopedQuerySet,
    TradeCode,
    in_language,
    validate_texts,
)
from marketplace.models.opportunities import Opportunity

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User

HIGHEST_SCORE = 5
SCORES = ("clarity", "substance", "partner", "value")


class RevisionQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those of one's own companies and of the members one looks after; nobody else's."""
        if not user.is_authenticated:
            return self.none()
        own = Opportunity.objects.run_by(user) | Opportunity.objects.served_by(user)
        return self.all() if user.is_superuser else self.filter(opportunity__in=own)

    def served_by(self, user: User | AnonymousUser) -> Self:
        if user.is_superuser:
            return self.all()
        return self.filter(opportunity__in=Opportunity.objects.served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        if user.is_superuser:
            return self.all()
        return self.filter(opportunity__in=Opportunity.objects.managed_by(user))

    def waiting(self) -> Self:
        """Those that nobody has decided about."""
        return self.filter(state=Revision.State.WAITING)

    def in_work(self) -> Self:
        """Those that their writer goes on with: what waits, and what came back and is the newest.

        One at most for each opportunity.
        """
        newer = Revision.objects.filter(opportunity=OuterRef("opportunity"), pk__gt=OuterRef("pk"))
        return self.filter(~Exists(newer), state__in=Revision.IN_WORK)


class Revision(PublicModel):
    """A published opportunity as its company wants it to read; the old text stays until then."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for review")
        PUBLISHED = "published", _("Published")
        ON_HOLD = "on_hold", _("On hold")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    IN_WORK = (State.WAITING, State.ON_HOLD, State.REJECTED)

    opportunity = models.ForeignKey(
        Opportunity, models.CASCADE, related_name="revisions", verbose_name=_("opportunity")
    )
    title = models.JSONField(_("title"), validators=[validate_texts])
    text = models.JSONField(_("text"), default=dict, blank=True, validators=[validate_texts])
    codes = models.ManyToManyField(
        TradeCode, blank=True, related_name="+", verbose_name=_("trade codes")
    )
    target_countries = ArrayField(
        models.CharField(max_length=2), default=list, blank=True, verbose_name=_("wanted countries")
    )
    cooperation = ArrayField(
        models.CharField(max_length=14, choices=Opportunity.Cooperation.choices),
        default=list,
        blank=True,
        verbose_name=_("kinds of cooperation"),
    )
    is_anonymous = models.BooleanField(_("anonymous"), default=False)
    through_chambers = models.BooleanField(_("asked through the chambers"), default=False)
    leak_reason = models.CharField(
        _("why the name does not show"), max_length=300, blank=True, default=""
    )
    investment = models.JSONField(
        _("investment terms"),
        null=True,
        blank=True,
        help_text=_("The fields of the terms; amounts as decimal text."),
    )
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.WAITING)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("written by"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("changed text")
        verbose_name_plural = _("changed texts")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["opportunity"],
                condition=Q(state="waiting"),
                name="one_waiting_revision_per_opportunity",
                violation_error_message=_("A changed text waits for review already."),
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at=None)
                | ~Q(state="waiting") & Q(decided_at__isnull=False),
                name="revision_is_decided_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opportunity.reference} {in_language(self.title)[0]}"


class ReviewQuerySet(ScopedQuerySet):
    def run_by(self, user: User | AnonymousUser) -> Self:
        """Those of the companies that ``user`` speaks for."""
        return self.filter(opportunity__company__in=Company.objects.run_by(user))

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those of one's own companies and of the members one looks after; nobody else's."""
        if not user.is_authenticated:
            return self.none()
        own = Opportunity.objects.run_by(user) | Opportunity.objects.served_by(user)
        return self.all() if user.is_superuser else self.filter(opportunity__in=own)

    def served_by(self, user: User | AnonymousUser) -> Self:
        if user.is_superuser:
            return self.all()
        return self.filter(opportunity__in=Opportunity.objects.served_by(user))


class Review(PublicModel):
    """Four scores with comments, and what follows from them; its company reads all of it."""

    class Verdict(models.TextChoices):
        PUBLISH = "publish", _("Published")
        HOLD = "hold", _("On hold")
        REJECT = "reject", _("Rejected")

    opportunity = models.ForeignKey(
        Opportunity, models.CASCADE, related_name="reviews", verbose_name=_("opportunity")
    )
    revision = models.ForeignKey(
        Revision,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="reviews",
        verbose_name=_("changed text"),
    )
    clarity = models.PositiveSmallIntegerField(
        _("clear"), null=True, blank=True, validators=[MaxValueValidator(HIGHEST_SCORE)]
    )
    clarity_comment = models.CharField(_("comment"), max_length=500, blank=True)
    substance = models.PositiveSmallIntegerField(
        _("concrete"), null=True, blank=True, validators=[MaxValueValidator(HIGHEST_SCORE)]
    )
    substance_comment = models.CharField(_("comment"), max_length=500, blank=True)
    partner = models.PositiveSmallIntegerField(
        _("partner sought"), null=True, blank=True, validators=[MaxValueValidator(HIGHEST_SCORE)]
    )
    partner_comment = models.CharField(_("comment"), max_length=500, blank=True)
    value = models.PositiveSmallIntegerField(
        _("of use abroad"), null=True, blank=True, validators=[MaxValueValidator(HIGHEST_SCORE)]
    )
    value_comment = models.CharField(_("comment"), max_length=500, blank=True)
    comment = models.TextField(_("what to change"), blank=True, max_length=2000)
    leaks_accepted = models.CharField(
        _("why findings are false alarms"), max_length=300, blank=True, default=""
    )
    verdict = models.CharField(_("verdict"), max_length=7, choices=Verdict.choices)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reviewed by"),
    )
    created_at = models.DateTimeField(_("reviewed"), auto_now_add=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(**{f"{name}__isnull": False for name in SCORES})
                & Q(**{f"{name}__lte": HIGHEST_SCORE for name in SCORES})
                | Q(**{f"{name}__isnull": True for name in SCORES})
                & Q(verdict="reject")
                & ~Q(comment=""),
                name="review_has_four_scores",
                violation_error_message=_("Give all four scores, or the reason of a rejection."),
            ),
            models.CheckConstraint(
                condition=~Q(verdict="publish")
                | Q(clarity__gt=0, substance__gt=0, partner__gt=0, value__gt=0)
                & Q(clarity__gte=10 - F("substance") - F("partner") - F("value")),
                name="review_publishes_from_ten_points",
                violation_error_message=_("Ten points and no zero are needed to publish."),
            ),
        ]

    def lines(self) -> list[tuple[str, int, str]]:
        """(criterion, score, comment) of each score, in the reader's language; [] without."""
        if self.clarity is None:
            return []
        return [
            (
                str(self._meta.get_field(name).verbose_name),  # type: ignore[union-attr]
                getattr(self, name),
                getattr(self, f"{name}_comment"),
            )
            for name in SCORES
        ]

    def __str__(self) -> str:
        total = "" if self.total is None else f" {self.total}"
        return f"{self.opportunity.reference} {self.get_verdict_display()}{total}"

    @property
    def total(self) -> int | None:
        """The sum of the four scores, 0 to 20; None for a rejection without scores."""
        if self.clarity is None:
            return None
        return self.clarity + sum(getattr(self, name) or 0 for name in SCORES[1:])
