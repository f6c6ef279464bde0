"""What companies said of each other: not relevant, partners already, declined, met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chambers.models import Company, PublicModel, ScopedQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


class DismissalQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those of the companies one speaks for; the other side never learns of them."""
        return self.filter(company__in=Company.objects.run_by(user))

    def served_by(self, user: User | AnonymousUser) -> Self:
        if user.is_superuser:
            return self.all()
        return self.filter(company__in=Company.objects.members_served_by(user))


class Dismissal(PublicModel):
    """A company's "not relevant, because": hides a partner from its own list only."""

    class Reason(models.TextChoices):
        COMPETITOR = "competitor", _("They are a competitor")
        FIELD = "field", _("Not our field")
        COUNTRY = "country", _("Not our market")
        SIZE = "size", _("Too large or too small")
        KNOWN = "known", _("We already work together")
        OTHER = "other", _("Another reason")

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="dismissals", verbose_name=_("company")
    )
    partner = models.ForeignKey(
        Company, models.CASCADE, related_name="+", verbose_name=_("not relevant")
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = DismissalQuerySet.as_manager()

    class Meta:
        verbose_name = _("dismissed suggestion")
        verbose_name_plural = _("dismissed suggestions")
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "partner"],
                name="one_dismissal_per_pair",
                violation_error_code="already_dismissed",
                violation_error_message=_("You already marked this partner as not relevant."),
            ),
            models.CheckConstraint(
                condition=~Q(company=F("partner")), name="dismissal_is_of_another_company"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company} – {self.partner}"


class PairHistoryQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those of the companies one speaks for; a refusal only for the side that refused."""
        return self._told_to(Company.objects.run_by(user))

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Those of the members of the chambers where ``user`` works; see ``_told_to``."""
        if user.is_superuser:
            return self.all()
        return self._told_to(Company.objects.members_served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        """Those of the members of the chambers that ``user`` manages; see ``_told_to``."""
        if user.is_superuser:
            return self.all()
        return self._told_to(Company.objects.managed_by(user))

    def _told_to(self, members: models.QuerySet[Company]) -> Self:
        """Of some companies, on either side; a refusal only of the side that refused."""
        keys = members.values("pk")
        either = (Q(one__in=keys) | Q(other__in=keys)) & ~Q(kind=PairHistory.Kind.DECLINED)
        return self.filter(either | Q(stated_by__in=keys))

    def of(self, company: Company) -> Self:
        """Those of one company, on either side."""
        return self.filter(Q(one=company) | Q(other=company))

    def keeping_apart(self) -> Self:
        """Pairs that are not suggested to each other any more."""
        return self.filter(kind__in=[PairHistory.Kind.PARTNER, PairHistory.Kind.DECLINED])


class PairHistory(PublicModel):
    """What happened between two companies, the smaller key first; each kind stands once.

    Only a refusal stands once for each side: neither learns of the other's.
    Partners and pairs of which a side declined are kept apart in matching; pairs that met are
    suggested lower.
    """

    class Kind(models.TextChoices):
        PARTNER = "partner", _("They work together")
        DECLINED = "declined", _("One side declined")
        MET = "met", _("They met")

    one = models.ForeignKey(
        Company, models.CASCADE, related_name="history_as_one", verbose_name=_("one company")
    )
    other = models.ForeignKey(
        Company, models.CASCADE, related_name="history_as_other", verbose_name=_("other company")
    )
    kind = models.CharField(_("what happened"), max_length=8, choices=Kind.choices)
    since = models.DateField(_("since or on"), null=True, blank=True)
    stated_by = models.ForeignKey(
        Company,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("stated by"),
        help_text=_("Empty: chamber staff."),
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)
    note = models.TextField(_("note"), blank=True, max_length=2000)
    source = models.CharField(_("source"), max_length=200, blank=True)

    objects = PairHistoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("history of two companies")
        verbose_name_plural = _("histories of two companies")
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["one", "other", "kind"],
                condition=~Q(kind="declined"),
                name="one_history_per_pair_and_kind",
                violation_error_code="already_recorded",
                violation_error_message=_("This is already recorded for the two companies."),
            ),
            models.UniqueConstraint(
                fields=["one", "other", "stated_by"],
                condition=Q(kind="declined"),
                name="one_refusal_per_pair_and_side",
                violation_error_code="already_recorded",
                violation_error_message=_("This is already recorded for the two companies."),
            ),
            models.CheckConstraint(
                condition=Q(one__lt=F("other")), name="history_is_in_canonical_order"
            ),
            models.CheckConstraint(
                condition=Q(stated_by=None) | Q(stated_by=F("one")) | Q(stated_by=F("other")),
                name="history_is_stated_by_one_of_the_two",
                violation_error_message=_("Only one of the two companies can have stated it."),
            ),
            models.CheckConstraint(
                condition=~Q(kind="declined") | Q(stated_by__isnull=False),
                name="declined_history_names_who_declined",
                violation_error_message=_("Say which of the two companies declined."),
            ),
        ]
        indexes = [models.Index(fields=["other", "kind"], name="history_by_other")]

    def __str__(self) -> str:
        return f"{self.one} – {self.other}: {self.get_kind_display()}"

    def across(self, company: Company) -> Company:
        """The other side of the pair."""
        return self.other if self.one_id == company.pk else self.one
