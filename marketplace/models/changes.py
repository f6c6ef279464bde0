"""What may change a meeting: a proposal of other times, and freed times offered on standby."""

from __future__ import annotations

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chambers.models import PublicModel
from marketplace.models.meetings import Meeting, OfMeetingQuerySet
from marketplace.models.parts import Slot
from marketplace.models.registrations import Registration


class TimeProposalQuerySet(OfMeetingQuerySet):
    def open(self) -> Self:
        """Proposals that wait for an answer."""
        return self.filter(status=TimeProposal.Status.PENDING)


class TimeProposal(PublicModel):
    """One side asks to move a meeting: up to three other times. The old one stays meanwhile."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting for answer")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    MOST_TIMES = 3

    meeting = models.ForeignKey(
        Meeting, models.CASCADE, related_name="proposals", verbose_name=_("meeting")
    )
    proposer = models.ForeignKey(
        Registration, models.CASCADE, related_name="+", verbose_name=_("proposed by")
    )
    slots = models.ManyToManyField(Slot, related_name="+", verbose_name=_("times"))
    message = models.TextField(_("message"), blank=True, max_length=2000)
    status = models.CharField(
        _("status"), max_length=9, choices=Status.choices, default=Status.PENDING
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
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = TimeProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal of another time")
        verbose_name_plural = _("proposals of other times")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting"],
                condition=Q(status="pending"),
                name="one_open_proposal_per_meeting",
                violation_error_code="already_proposed",
                violation_error_message=_("Another time is proposed already: answer that first."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.meeting}: {self.get_status_display()}"


class StandbyOfferQuerySet(OfMeetingQuerySet):
    def open(self) -> Self:
        """Offers that wait for an answer now."""
        return self.filter(status=StandbyOffer.Status.OFFERED)

    def due(self, at: dt.datetime | None = None) -> Self:
        """Offers whose time to answer is over."""
        return self.open().filter(answer_by__lte=at or timezone.now())


class StandbyOffer(PublicModel):
    """A freed time, offered to meetings without one, one after another in order of rank."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Next in line")
        OFFERED = "offered", _("Offered")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Not answered in time")
        VOID = "void", _("The time is taken")

    class Reason(models.TextChoices):
        MUST = "must", _("Must meet")
        AGREED = "agreed", _("Agreed to meet")

    LIVE = (Status.WAITING, Status.OFFERED)

    meeting = models.ForeignKey(
        Meeting, models.CASCADE, related_name="standby_offers", verbose_name=_("meeting")
    )
    slot = models.ForeignKey(
        Slot, models.CASCADE, related_name="standby_offers", verbose_name=_("slot")
    )
    freed_by = models.ForeignKey(
        Meeting,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("freed by"),
    )
    rank = models.PositiveSmallIntegerField(_("rank"))
    reason = models.CharField(_("reason of the rank"), max_length=300, choices=Reason.choices)
    status = models.CharField(
        _("status"), max_length=8, choices=Status.choices, default=Status.WAITING
    )
    answer_by = models.DateTimeField(_("answer until"), null=True, blank=True)
    accepted_by = models.ManyToManyField(
        Registration, blank=True, related_name="+", verbose_name=_("accepted by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = StandbyOfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("standby offer")
        verbose_name_plural = _("standby offers")
        ordering = ["slot__starts_at", "rank", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "slot"],
                condition=Q(status__in=["waiting", "offered"]),
                name="one_live_offer_per_meeting_and_slot",
                violation_error_message=_("This time is offered to the meeting already."),
            ),
            models.CheckConstraint(
                condition=~Q(status="offered") | Q(answer_by__isnull=False),
                name="standby_offer_has_a_reply_time",
                violation_error_message=_("An offer needs a time to answer."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["answer_by"], condition=Q(status="offered"), name="standby_offered"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rank}. {self.meeting}, {self.slot}"
