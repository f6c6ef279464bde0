"""Requests for meetings: one company asks another; nothing is held until both agree."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chambers.models import PublicModel, ScopedQuerySet
from marketplace.models.declines import Declinable
from marketplace.models.events import Event
from marketplace.models.opportunities import Opportunity
from marketplace.models.parts import Slot
from marketplace.models.registrations import Participant, Registration

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import Company, User


_SENT = ~Q(status="draft") & ~Q(status="withdrawn", expires_at=None)
"""What its author sent; a draft stays with them, also once they have thrown it away."""


class MeetingRequestQuerySet(ScopedQuerySet):
    def open(self) -> Self:
        """Requests that wait for an answer; they count against the quota and hold nothing."""
        return self.filter(status__in=MeetingRequest.OPEN)

    def due(self, at: dt.datetime | None = None) -> Self:
        """Open requests whose time to answer is over."""
        return self.open().filter(expires_at__lte=at or timezone.now())

    def of(self, registration: Registration) -> Self:
        """Requests that a company sent or got, without what others still draft."""
        return self.filter(Q(requester=registration) | Q(partner=registration) & _SENT)

    def of_company(self, company: Company) -> Self:
        """The same for a company, at any event."""
        return self.filter(Q(requester__company=company) | Q(partner__company=company) & _SENT)

    def ever_sent(self) -> Self:
        """All but drafts, kept or thrown away."""
        return self.filter(_SENT)

    def run_by(self, user: User | AnonymousUser) -> Self:
        """Requests that the companies of ``user`` sent or got."""
        mine = Registration.objects.run_by(user).values("pk")
        return self.filter(Q(requester__in=mine) | Q(partner__in=mine) & _SENT)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of the two companies, and what was sent, of the event's staff."""
        if user.is_superuser:
            return self.all()
        own = self.run_by(user).values("pk")
        served = Event.objects.served_by(user).values("pk")
        return self.filter(Q(pk__in=own) | Q(event__in=served) & _SENT)

    def served_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(_SENT, event__in=Event.objects.served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(_SENT, event__in=Event.objects.managed_by(user))


class MeetingRequest(Declinable, PublicModel):
    """One company asks another for a meeting at an event. It holds no slot and no table."""

    class Wish(models.TextChoices):
        MUST = "must", _("Must meet")
        MEET = "meet", _("Meet")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PENDING = "pending", _("Waiting for answer")
        ACCEPTED = "accepted", pgettext_lazy("a request", "Accepted")
        DECLINED = "declined", pgettext_lazy("a request", "Declined")
        TIME_PROPOSED = "time_proposed", _("New time proposed")
        WITHDRAWN = "withdrawn", pgettext_lazy("a request", "Withdrawn")
        EXPIRED = "expired", _("Expired")

    OPEN = (Status.PENDING, Status.TIME_PROPOSED)

    event = models.ForeignKey(
        Event, models.CASCADE, related_name="requests", verbose_name=_("event")
    )
    requester = models.ForeignKey(
        Registration, models.CASCADE, related_name="sent_requests", verbose_name=_("requester")
    )
    partner = models.ForeignKey(
        Registration, models.CASCADE, related_name="received_requests", verbose_name=_("partner")
    )
    wish = models.CharField(_("wish"), max_length=4, choices=Wish.choices, default=Wish.MEET)
    message = models.TextField(_("message"), blank=True, max_length=2000)
    opportunity = models.ForeignKey(
        Opportunity,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("about"),
    )
    participant = models.ForeignKey(
        Participant,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who of the requester comes"),
        help_text=_("Empty: anybody of the company."),
    )
    partner_participant = models.ForeignKey(
        Participant,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who of the partner comes"),
        help_text=_("Empty: whoever accepts, or is free."),
    )
    slots = models.ManyToManyField(
        Slot,
        blank=True,
        related_name="+",
        verbose_name=_("acceptable times"),
        help_text=_("Empty: any time."),
    )
    link = models.URLField(
        _("link"), max_length=500, blank=True, help_text=_("Where one meets online.")
    )
    wants_interpreter = models.BooleanField(_("interpreter wanted"), default=False)
    joins = models.ForeignKey(
        "marketplace.Meeting",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="invitations",
        verbose_name=_("meeting to join"),
        help_text=_("A further company is asked to come to it. Empty: a meeting of the two."),
    )
    answer_from = models.ForeignKey(
        Registration,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="requests_to_answer",
        verbose_name=_("answer expected from"),
    )
    status = models.CharField(
        _("status"), max_length=13, choices=Status.choices, default=Status.PENDING
    )
    expires_at = models.DateTimeField(_("answer until"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = MeetingRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for a meeting")
        verbose_name_plural = _("requests for meetings")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                Least("requester", "partner"),
                Greatest("requester", "partner"),
                condition=Q(status__in=["pending", "time_proposed"]),
                name="one_open_request_per_pair",
                violation_error_code="already_requested",
                violation_error_message=_(
                    "A request between these companies waits for an answer already."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(requester=F("partner")),
                name="request_has_two_companies",
                violation_error_code="own_company",
                violation_error_message=_("A company cannot ask itself for a meeting."),
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["pending", "time_proposed"])
                | Q(answer_from__isnull=False, expires_at__isnull=False),
                name="open_request_waits_for_somebody",
                violation_error_message=_("An open request needs somebody to answer and a date."),
            ),
            models.CheckConstraint(
                condition=~Q(reason_code="other") | ~Q(reason=""),
                name="another_reason_has_its_words",
                violation_error_message=_("Say why it is declined."),
            ),
        ]
        indexes = [
            models.Index(fields=["event", "status"], name="request_of_event"),
            models.Index(fields=["requester", "status"], name="request_sent"),
            models.Index(fields=["partner", "status"], name="request_received"),
            models.Index(
                fields=["expires_at"],
                condition=Q(status__in=["pending", "time_proposed"]),
                name="request_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requester.company} → {self.partner.company}"

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.status in self.OPEN

    def other_side(self, registration: Registration) -> Registration:
        """The company on the other side of ``registration``."""
        return self.partner if registration.pk == self.requester_id else self.requester
