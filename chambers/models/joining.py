"""How people come to speak for a company: they ask to join it, or are invited."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chambers.models.base import PublicModel, ScopedQuerySet
from chambers.models.companies import Company, Representative

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models.people import User


class JoinRequestQuerySet(ScopedQuerySet):
    def pending(self) -> Self:
        """Those that nobody has answered."""
        return self.filter(state=JoinRequest.State.PENDING)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """One's own, and those to companies whose main contact one is."""
        return self.filter(Q(person=user.pk) | Q(company__in=Company.objects.led_by(user)))

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Those to companies that are members where ``user`` works."""
        return self.filter(company__in=Company.objects.members_served_by(user).values("pk"))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        """Those that ``user`` may answer for the chamber when the company does not."""
        return self.filter(company__in=Company.objects.managed_by(user).values("pk"))


class JoinRequest(PublicModel):
    """A person asks a company to be one of its people."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for answer")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        ENDED = "ended", _("Ended")

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="join_requests", verbose_name=_("company")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="join_requests",
        verbose_name=_("person"),
    )
    message = models.CharField(_("message"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.PENDING)
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request to join a company")
        verbose_name_plural = _("requests to join a company")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "person"],
                condition=Q(state="pending"),
                name="one_open_request_to_join",
                violation_error_code="already_asked",
                violation_error_message=_("You have asked this company already."),
            ),
            models.CheckConstraint(
                condition=Q(state="pending", answered_at=None)
                | ~Q(state="pending") & Q(answered_at__isnull=False),
                name="answered_request_to_join_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.company}"


class InvitationQuerySet(ScopedQuerySet):
    def pending(self) -> Self:
        """Those that nobody has taken up or taken back, even when too old by now."""
        return self.filter(state=Invitation.State.PENDING)

    def open(self, at: dt.datetime | None = None) -> Self:
        """Those that can be taken up at a moment, now by default."""
        return self.pending().filter(expires_at__gt=at or timezone.now())

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those of companies one speaks for."""
        return self.filter(company__in=Company.objects.run_by(user))

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Those of companies that are members where ``user`` works."""
        return self.filter(company__in=Company.objects.members_served_by(user).values("pk"))


class Invitation(PublicModel):
    """A company asks whoever reads an address to be one of its people."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for answer")
        ACCEPTED = "accepted", _("Accepted")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="invitations", verbose_name=_("company")
    )
    email = models.EmailField(_("e-mail"))
    role = models.CharField(
        _("role"),
        max_length=6,
        choices=Representative.Role.choices,
        default=Representative.Role.EDITOR,
    )
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.PENDING)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("invited by"),
    )
    sent_at = models.DateTimeField(_("sent"), default=timezone.now)
    expires_at = models.DateTimeField(_("can be accepted until"))
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("accepted by"),
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation to a company")
        verbose_name_plural = _("invitations to a company")
        ordering = ["sent_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                "company",
                Lower("email"),
                condition=Q(state="pending"),
                name="one_open_invitation_per_address",
                violation_error_code="already_invited",
                violation_error_message=_("This address is invited already."),
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("sent_at")),
                name="invitation_ends_after_it_is_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email}, {self.company}"

    def is_open(self, at: dt.datetime | None = None) -> bool:
        """Whether it can be taken up at a moment, now by default."""
        return self.state == self.State.PENDING and self.expires_at > (at or timezone.now())
