"""Interpreters for meetings outside events: the chambers of the side that asked look for one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chambers.models import Chamber, PublicModel
from marketplace.models.meetings import DirectlyServedQuerySet, Meeting
from marketplace.models.parts import Slot

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


class InterpreterWishQuerySet(DirectlyServedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The staff that answers; the companies read the answer on the meeting."""
        return self.served_by(user)

    def waiting(self, at: dt.datetime | None = None) -> Self:
        """Those of meetings to come of which nobody has said anything for the time they have."""
        return self.filter(
            ~Q(none_for=F("meeting__slot")) | Q(none_for=None),
            meeting__interpreter=None,
            meeting__status=Meeting.Status.CONFIRMED,
            meeting__slot__starts_at__gt=at or timezone.now(),
        )


class InterpreterWish(PublicModel):
    """The companies of a direct meeting want an interpreter.

    Who interprets stands on the meeting. "There is none" is said of one time: a meeting that moves
    waits for an answer again.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for answer")
        NAMED = "named", _("Interpreter named")
        NONE = "none", _("There is none")

    meeting = models.OneToOneField(
        Meeting, models.CASCADE, related_name="interpreter_wish", verbose_name=_("meeting")
    )
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    none_for = models.ForeignKey(
        Slot,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("no interpreter at"),
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    chamber = models.ForeignKey(
        Chamber,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )

    objects = InterpreterWishQuerySet.as_manager()

    class Meta:
        verbose_name = _("wish for an interpreter")
        verbose_name_plural = _("wishes for an interpreter")
        ordering = ["asked_at", "pk"]

    def __str__(self) -> str:
        return self.meeting.told

    @property
    def state(self) -> State:
        """What the chamber has said so far."""
        if self.meeting.interpreter_id is not None:
            return self.State.NAMED
        none = self.none_for_id is not None and self.none_for_id == self.meeting.slot_id
        return self.State.NONE if none else self.State.WAITING
