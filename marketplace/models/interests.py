"""Expressions of interest in offers and requests: chamber by chamber, or direct."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chambers.models import (
    Agreement,
    Chamber,
    Commission,
    Company,
    PublicModel,
    ScopedQuerySet,
    today,
)
from marketplace.models.declines import Declinable
from marketplace.models.opportunities import Opportunity

if TYPE_CHECKING:
    import datetime as dt

    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


class InterestQuerySet(ScopedQuerySet):
    def open(self) -> Self:
        """Those that somebody still has to answer; they count against the quota."""
        return self.filter(status__in=Interest.OPEN)

    def overdue(self, on: dt.date | None = None) -> Self:
        """Open ones whose holder's last day to answer is over."""
        return self.open().filter(due_on__lt=on or today())

    def of_company(self, company: Company) -> Self:
        """Those a company sent, and those that have reached it."""
        return self.filter(
            Q(company=company) | Q(opportunity__company=company, reached_at__isnull=False)
        )

    def run_by(self, user: User | AnonymousUser) -> Self:
        """Those that the companies of ``user`` sent, and those that have reached them."""
        mine = Company.objects.run_by(user).values("pk")
        return self.filter(
            Q(company__in=mine) | Q(opportunity__company__in=mine, reached_at__isnull=False)
        )

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of its two companies, and of the chambers that have had it in their hands."""
        if user.is_superuser:
            return self.all()
        if not user.is_authenticated:
            return self.none()
        own = Q(pk__in=self.run_by(user).values("pk"))
        return self.filter(own | Q(pk__in=self.served_by(user).values("pk")))

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Those that have come to a chamber where ``user`` works."""
        if user.is_superuser:
            return self.all()
        return self.filter(_in_the_hands_of(Chamber.objects.served_by(user)))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        """Those that a chamber which ``user`` manages holds now."""
        if user.is_superuser:
            return self.all()
        held = InterestHop.objects.filter(
            interest=OuterRef("pk"),
            position=OuterRef("position"),
            chamber__in=Chamber.objects.managed_by(user).values("pk"),
        )
        return self.filter(Exists(held), status__in=Interest.OPEN)


def _in_the_hands_of(chambers: models.QuerySet[Chamber]) -> Exists:
    return Exists(
        InterestHop.objects.filter(
            interest=OuterRef("pk"), chamber__in=chambers.values("pk"), received_at__isnull=False
        )
    )


class Interest(Declinable, PublicModel):
    """One company's interest in an offer or request, and who has it in their hands.

    ``position`` names the chamber of its way that holds it; empty once it is with the owner, or
    when it went there directly. A question goes back to the one who asked, and its answer to
    the one who holds it.
    """

    class Status(models.TextChoices):
        WITH_OWN_CHAMBER = "with_own_chamber", _("With your chamber")
        WITH_PARTNER_CHAMBER = "with_partner_chamber", _("With the partner's chamber")
        WITH_OWNER = "with_owner", _("With the company")
        QUESTION = "question", _("Question asked")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Expired")

    OPEN = (
        Status.WITH_OWN_CHAMBER,
        Status.WITH_PARTNER_CHAMBER,
        Status.WITH_OWNER,
        Status.QUESTION,
    )

    opportunity = models.ForeignKey(
        Opportunity, models.CASCADE, related_name="interests", verbose_name=_("opportunity")
    )
    company = models.ForeignKey(
        Company, models.CASCADE, related_name="interests", verbose_name=_("interested company")
    )
    cooperation = models.TextField(_("cooperation sought"), max_length=2000)
    missing = models.TextField(_("information asked for"), max_length=2000, blank=True)
    about = models.TextField(_("about the interested company"), max_length=2000)
    status = models.CharField(_("status"), max_length=20, choices=Status.choices)
    position = models.PositiveSmallIntegerField(
        _("place on its way"), null=True, blank=True, help_text=_("Empty: with the owner.")
    )
    due_on = models.DateField(
        _("answer until"), null=True, blank=True, help_text=_("Last day of who has it now.")
    )
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)
    escalated_at = models.DateTimeField(_("escalated"), null=True, blank=True)
    reached_at = models.DateTimeField(_("reached the owner"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)

    objects = InterestQuerySet.as_manager()

    class Meta:
        verbose_name = _("expression of interest")
        verbose_name_plural = _("expressions of interest")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["opportunity", "company"],
                condition=~Q(status__in=["withdrawn", "expired"]),
                name="one_interest_per_company",
                violation_error_code="already_interested",
                violation_error_message=_(
                    "Your company has expressed interest in this already: see how it stands."
                ),
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["with_own_chamber", "with_partner_chamber"],
                    position__isnull=False,
                    reached_at=None,
                )
                | Q(status="with_owner", position=None, reached_at__isnull=False)
                | Q(status="question")
                | Q(status__in=["declined", "withdrawn", "expired"])
                | Q(status="accepted", reached_at__isnull=False),
                name="interest_is_in_somebodys_hands",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=False)
                | Q(
                    status__in=["with_own_chamber", "with_partner_chamber"],
                    due_on__isnull=False,
                )
                | Q(status__in=["with_owner", "question"], due_on__isnull=False),
                name="open_interest_has_a_last_day",
            ),
            models.CheckConstraint(
                condition=~Q(status="declined") | ~Q(reason="") | ~Q(reason_code__in=["", "other"]),
                name="declined_interest_has_a_reason",
                violation_error_message=_("Say why it is declined."),
            ),
        ]
        indexes = [
            models.Index(fields=["company", "status"], name="interest_sent"),
            models.Index(
                fields=["due_on"],
                condition=Q(
                    status__in=[
                        "with_own_chamber",
                        "with_partner_chamber",
                        "with_owner",
                        "question",
                    ]
                ),
                name="interest_waiting",
            ),
        ]

    def __str__(self) -> str:
        # Never the owner's name: the item may be anonymous, and this stands in logs and lists.
        return f"{self.opportunity.reference} ← {self.company}"

    @property
    def told_status(self) -> str:
        """Its state in words. What ended with its item did not expire: no last day was let pass."""
        if self.status == self.Status.EXPIRED and self.due_on is None:
            return gettext("Ended: taken out of the market")
        return str(self.get_status_display())

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to answer."""
        return self.status in self.OPEN

    @property
    def is_late(self) -> bool:
        """Whether the last day of who has it is over."""
        return self.is_open and self.due_on is not None and self.due_on < today()


class HopQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.filter(interest__in=Interest.objects.visible_to(user))

    def served_by(self, user: User | AnonymousUser) -> Self:
        if user.is_superuser:
            return self.all()
        return self.filter(interest__in=Interest.objects.served_by(user))


class InterestHop(models.Model):
    """A chamber on the way of an interest: since when, until when, and when it passed it on."""

    interest = models.ForeignKey(
        Interest, models.CASCADE, related_name="hops", verbose_name=_("expression of interest")
    )
    position = models.PositiveSmallIntegerField(_("place on its way"))
    chamber = models.ForeignKey(
        Chamber, models.PROTECT, related_name="interest_hops", verbose_name=_("chamber")
    )
    agreement = models.ForeignKey(
        Agreement,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("agreement"),
        help_text=_("Over which it comes from the chamber before."),
    )
    received_at = models.DateTimeField(_("received"), null=True, blank=True)
    due_on = models.DateField(_("answer until"), null=True, blank=True)
    passed_at = models.DateTimeField(_("passed on"), null=True, blank=True)

    objects = HopQuerySet.as_manager()

    class Meta:
        verbose_name = _("chamber on the way")
        verbose_name_plural = _("chambers on the way")
        ordering = ["interest", "position"]
        constraints = [
            models.UniqueConstraint(fields=["interest", "position"], name="one_chamber_per_place"),
            models.UniqueConstraint(fields=["interest", "chamber"], name="chamber_once_on_the_way"),
            models.CheckConstraint(
                condition=Q(received_at=None, passed_at=None)
                | Q(received_at__isnull=False, passed_at=None)
                | Q(passed_at__gte=F("received_at")),
                name="hop_is_received_before_it_is_passed_on",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position + 1}. {self.chamber}"


class InterestEntry(models.Model):
    """A line in the log of an interest: what happened, on whose side, in whose words."""

    class Kind(models.TextChoices):
        SENT = "sent", _("Sent")
        FORWARDED = "forwarded", _("Passed on")
        QUESTION = "question", _("Question")
        ANSWER = "answer", _("Answer")
        REMINDED = "reminded", _("Reminder")
        ESCALATED = "escalated", _("Escalated")
        REROUTED = "rerouted", _("Way changed")
        ACCEPTED = "accepted", _("Accepted, contacts open")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Expired")

    class Author(models.TextChoices):
        ASKER = "asker", _("Interested company")
        CHAMBER = "chamber", _("Chamber")
        OWNER = "owner", _("Company that published it")
        CLOCK = "clock", _("By date")

    interest = models.ForeignKey(
        Interest, models.CASCADE, related_name="entries", verbose_name=_("expression of interest")
    )
    kind = models.CharField(_("what happened"), max_length=9, choices=Kind.choices)
    author = models.CharField(_("on whose side"), max_length=7, choices=Author.choices)
    chamber = models.ForeignKey(
        Chamber, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("chamber")
    )
    commission = models.ForeignKey(
        Commission,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("commission"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
    )
    text = models.TextField(_("text"), max_length=2000, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = HopQuerySet.as_manager()

    class Meta:
        verbose_name = _("log of an interest")
        verbose_name_plural = _("log of interests")
        ordering = ["interest", "at", "pk"]
        indexes = [models.Index(fields=["interest", "at"], name="entry_of_interest")]

    def __str__(self) -> str:
        return self.get_kind_display()
