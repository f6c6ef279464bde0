"""What went wrong at an event whose timetable stands, and whom mending it troubled."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from chambers.models import PublicModel
from marketplace.models.events import Event
from marketplace.models.parts import StaffPartQuerySet


class Repair(PublicModel):
    """One mending of the meetings in force: what was lost, what moved, how few could have.

    The event's staff reads it; companies read what became of their own meetings.
    """

    class Cause(models.TextChoices):
        LATE = "late", _("Somebody comes late")
        AWAY = "away", _("Somebody is away")
        TABLE = "table", _("A table is lost")
        HALL = "hall", _("A hall is lost")
        INTERPRETER = "interpreter", _("An interpreter is away")
        WITHDRAWAL = "withdrawal", _("A company withdraws")

    event = models.ForeignKey(
        Event, models.CASCADE, related_name="repairs", verbose_name=_("event")
    )
    cause = models.CharField(_("cause"), max_length=11, choices=Cause.choices)
    what = models.CharField(
        _("what was lost"), max_length=300, help_text=_("Name of the person, table or hall.")
    )
    outcome = models.JSONField(
        _("outcome"),
        default=dict,
        blank=True,
        help_text=_("Public ids of moved, lost and filled meetings; people moved and the bound."),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = StaffPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("repair")
        verbose_name_plural = _("repairs")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["event", "-created_at"], name="repair_of_event")]

    def __str__(self) -> str:
        return f"{self.get_cause_display()}: {self.what}"
