"""What came of it: papers that two companies signed, who confirmed them, and an unbroken record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chambers.models import Chamber, Company, Document, PublicModel, ScopedQuerySet
from marketplace.models.events import Event
from marketplace.models.meetings import Meeting

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


class OutcomeQuerySet(ScopedQuerySet):
    def of(self, company: Company) -> Self:
        """Those that a company reported or is named in."""
        return self.filter(Q(reporter=company) | Q(partner=company))

    def run_by(self, user: User | AnonymousUser) -> Self:
        """Those of the companies that ``user`` speaks for; a withdrawn one stays its reporter's."""
        mine = Company.objects.run_by(user).values("pk")
        told = Q(partner__in=mine) & ~Q(state=Outcome.State.WITHDRAWN)
        return self.filter(Q(reporter__in=mine) | told)

    def published(self) -> Self:
        """Those that anybody may read of."""
        return self.filter(state=Outcome.State.CONFIRMED).exclude(
            publicity=Outcome.Publicity.PRIVATE
        )

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those of one's companies, and those that one looks after."""
        if user.is_superuser:
            return self.all()
        if not user.is_authenticated:
            return self.none()
        own = self.run_by(user).values("pk")
        served = self.served_by(user).values("pk")
        return self.filter(Q(pk__in=own) | Q(pk__in=served))

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Those of the members of the chambers where ``user`` works, once the partner agreed."""
        if user.is_superuser:
            return self.all()
        return self._of(Company.objects.members_served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        """Those of them that ``user`` decides about for the chamber."""
        if user.is_superuser:
            return self.all()
        return self._of(Company.objects.managed_by(user))

    def _of(self, companies: models.QuerySet[Company]) -> Self:
        keys = companies.values("pk")
        state = Outcome.State
        agreed = Q(state__in=[state.WITH_CHAMBER, state.RETURNED, state.CONFIRMED])
        # A next stage waits for the partner; what was approved before stays in the record.
        known = self.filter(agreed | Q(approved_at__isnull=False)).exclude(state=state.WITHDRAWN)
        return known.filter(Q(reporter__in=keys) | Q(partner__in=keys))


class Outcome(PublicModel):
    """A paper between two companies. It counts once both and a chamber of theirs have said so.

    ``claimed`` is the stage that the companies state; ``stage`` is the last one that a chamber
    has approved, ``announced`` before.
    """

    class Kind(models.TextChoices):
        CONTRACT = "contract", _("Contract")
        MEMORANDUM = "memorandum", _("Memorandum")
        INTENT = "intent", _("Protocol of intent")
        AGREEMENT = "agreement", _("Other agreement")

    class Stage(models.TextChoices):
        ANNOUNCED = "announced", _("Announced")
        SIGNED = "signed", _("Signed")
        IN_PERFORMANCE = "in_performance", _("In performance")
        PERFORMED = "performed", _("Performed")
        VOID = "void", _("Void")

    class State(models.TextChoices):
        WITH_PARTNER = "with_partner", _("Waiting for partner’s confirmation")
        WITH_CHAMBER = "with_chamber", _("Waiting for the chamber")
        CONFIRMED = "confirmed", _("Confirmed by all")
        REFUSED = "refused", _("The partner does not confirm it")
        RETURNED = "returned", _("Returned by the chamber")
        WITHDRAWN = "withdrawn", _("Withdrawn by its reporter")

    class Publicity(models.TextChoices):
        PRIVATE = "private", _("Only the two companies and their chambers")
        WITHOUT_AMOUNT = "without_amount", _("Everyone, without the amount")
        WITH_AMOUNT = "with_amount", _("Everyone, with the amount")

    SIGNED = (Stage.SIGNED, Stage.IN_PERFORMANCE, Stage.PERFORMED)
    """Stages of a paper that bears a date."""
    OPEN = (State.WITH_PARTNER, State.WITH_CHAMBER)
    """States in which somebody else has to answer."""

    reference = models.CharField(_("reference number"), max_length=24, unique=True, editable=False)
    reporter = models.ForeignKey(
        Company, models.PROTECT, related_name="outcomes_reported", verbose_name=_("reported by")
    )
    partner = models.ForeignKey(
        Company, models.PROTECT, related_name="outcomes_shared", verbose_name=_("partner")
    )
    meeting = models.ForeignKey(
        Meeting,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="outcomes",
        verbose_name=_("meeting"),
    )
    event = models.ForeignKey(
        Event,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="outcomes",
        verbose_name=_("event where it began"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    subject = models.CharField(_("what it is about"), max_length=300)
    stage = models.CharField(
        _("stage"), max_length=14, choices=Stage.choices, default=Stage.ANNOUNCED
    )
    claimed = models.CharField(_("stage that they state"), max_length=14, choices=Stage.choices)
    state = models.CharField(
        _("status"), max_length=12, choices=State.choices, default=State.WITH_PARTNER
    )
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    publicity = models.CharField(
        _("who reads of it"),
        max_length=14,
        choices=Publicity.choices,
        default=Publicity.PRIVATE,
    )
    evidence = models.ForeignKey(
        Document,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="outcomes",
        verbose_name=_("evidence"),
    )
    reason = models.TextField(_("reason"), blank=True, max_length=2000)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reported by"),
    )
    reported_at = models.DateTimeField(_("reported"), default=timezone.now, editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    confirmed_at = models.DateTimeField(_("partner confirmed"), null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    approved_at = models.DateTimeField(_("chamber approved"), null=True, blank=True)
    chamber = models.ForeignKey(
        Chamber,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="outcomes",
        verbose_name=_("chamber that approved"),
    )
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = OutcomeQuerySet.as_manager()

    class Meta:
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")
        ordering = ["-reported_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reporter=F("partner")),
                name="outcome_has_two_companies",
                violation_error_message=_("A paper is between two different companies."),
            ),
            models.CheckConstraint(
                condition=~Q(claimed__in=["signed", "in_performance", "performed"])
                | Q(signed_on__isnull=False),
                name="signed_outcome_has_a_date",
                violation_error_code="no_date",
                violation_error_message=_("Say on which day it was signed."),
            ),
            models.CheckConstraint(
                condition=Q(stage="announced") | Q(approved_at__isnull=False),
                name="outcome_stage_is_approved",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed")
                | Q(confirmed_at__isnull=False, approved_at__isnull=False, claimed=F("stage")),
                name="confirmed_outcome_has_both_words",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["refused", "returned"]) | ~Q(reason=""),
                name="refused_outcome_has_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["reporter", "state"], name="outcome_of_reporter"),
            models.Index(fields=["partner", "state"], name="outcome_of_partner"),
            models.Index(fields=["state", "changed_at"], name="outcome_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.reporter} × {self.partner}"

    def other_company(self, own: Company) -> Company:
        """The company beside ``own``."""
        return self.partner if self.reporter_id == own.pk else self.reporter


class OfOutcomeQuerySet(ScopedQuerySet):
    """What belongs to an outcome is seen and kept by those who see and keep the outcome."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.filter(outcome__in=Outcome.objects.visible_to(user))

    def served_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(outcome__in=Outcome.objects.served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(outcome__in=Outcome.objects.managed_by(user))


class OutcomeAmount(models.Model):
    """The value of a paper. It stands apart so that each use of it is visible in the code."""

    outcome = models.OneToOneField(
        Outcome, models.CASCADE, related_name="money", verbose_name=_("outcome")
    )
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, help_text="ISO 4217")

    objects = OfOutcomeQuerySet.as_manager()

    class Meta:
        verbose_name = _("amount")
        verbose_name_plural = _("amounts")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="outcome_amount_is_positive",
                violation_error_message=_("Give an amount above zero."),
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
                name="outcome_currency_is_iso",
                violation_error_message=_("Give the currency as three capital letters."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class OutcomeEntry(models.Model):
    """One line of the record of outcomes; each holds the hash of the one before, none changes."""

    class Step(models.TextChoices):
        REPORTED = "reported", _("reported")
        CHANGED = "changed", _("changed")
        CONFIRMED = "confirmed", _("confirmed by the partner")
        REFUSED = "refused", _("not confirmed by the partner")
        APPROVED = "approved", _("approved by the chamber")
        RETURNED = "returned", _("returned by the chamber")
        WITHDRAWN = "withdrawn", _("withdrawn")

    number = models.PositiveBigIntegerField(_("number"), unique=True, editable=False)
    outcome = models.ForeignKey(
        Outcome, models.PROTECT, related_name="entries", verbose_name=_("outcome")
    )
    step = models.CharField(_("step"), max_length=9, choices=Step.choices)
    company = models.ForeignKey(
        Company,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("company"),
    )
    chamber = models.ForeignKey(
        Chamber,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("chamber"),
    )
    at = models.DateTimeField(_("at"))
    facts = models.JSONField(_("what was stated"), encoder=DjangoJSONEncoder)
    previous = models.CharField(max_length=64, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)

    objects = OfOutcomeQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of the record")
        verbose_name_plural = _("record of outcomes")
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.get_step_display()}"
