"""Versions of an event's timetable, each with what it was asked and what it is worth."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chambers.models import Job, PublicModel
from marketplace.models.events import Event
from marketplace.models.parts import StaffPartQuerySet


class TimetableQuerySet(StaffPartQuerySet):
    """The event's staff reads plans of all; companies read their meetings."""

    def being_made(self) -> Self:
        """Those that a job still works on."""
        return self.filter(status=Timetable.Status.DRAFT, finished_at=None)

    def in_force(self) -> Self:
        """Those that the participants were told of."""
        return self.filter(status__in=[Timetable.Status.PROVISIONAL, Timetable.Status.FINAL])


class Timetable(PublicModel):
    """A version of a timetable: the problem as it stood, the plan, and its certificate."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PROVISIONAL = "provisional", _("Provisional")
        FINAL = "final", _("Final")
        SUPERSEDED = "superseded", _("Superseded")

    event = models.ForeignKey(
        Event, models.CASCADE, related_name="timetables", verbose_name=_("event")
    )
    number = models.PositiveIntegerField(_("version"))
    status = models.CharField(
        _("status"), max_length=11, choices=Status.choices, default=Status.DRAFT
    )
    problem = models.JSONField(_("problem"), default=dict, blank=True)
    input_hash = models.CharField(_("hash of the problem"), max_length=64, blank=True)
    plan = models.JSONField(_("plan"), default=dict, blank=True)
    certificate = models.JSONField(_("certificate"), default=dict, blank=True)
    progress = models.JSONField(
        _("progress"),
        default=list,
        blank=True,
        help_text=_("Seconds, placed meetings, breaks and bound, as the search went on."),
    )
    seed = models.PositiveIntegerField(_("seed"), default=1)
    seconds = models.PositiveIntegerField(_("seconds to search"), default=60)
    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("job")
    )
    changed_by_hand = models.BooleanField(_("changed by hand"), default=False)
    base = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="followers",
        verbose_name=_("made from"),
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
    finished_at = models.DateTimeField(
        _("finished"), null=True, blank=True, help_text=_("Empty while a job works on it.")
    )
    stopped_at = models.DateTimeField(
        _("stopped"), null=True, blank=True, help_text=_("When somebody asked to end the search.")
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    objects = TimetableQuerySet.as_manager()

    class Meta:
        verbose_name = _("timetable")
        verbose_name_plural = _("timetables")
        ordering = ["event", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "number"],
                name="one_timetable_per_number",
                violation_error_code="version_exists",
                violation_error_message=_("The event has a timetable of this number."),
            ),
            models.UniqueConstraint(
                fields=["event"],
                condition=Q(status="draft", finished_at=None),
                name="one_timetable_in_the_making",
                violation_error_code="being_made",
                violation_error_message=_(
                    "A timetable of this event is being made: wait for it or stop it."
                ),
            ),
            models.UniqueConstraint(
                fields=["event"],
                condition=Q(status__in=["provisional", "final"]),
                name="one_timetable_in_force",
                violation_error_code="in_force",
                violation_error_message=_("Another timetable of this event is in force."),
            ),
            models.CheckConstraint(
                condition=Q(status="draft")
                | Q(finished_at__isnull=False, published_at__isnull=False),
                name="published_timetable_is_finished",
                violation_error_message=_("Only a finished timetable can be published."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event}: {self.number}"
