"""Whom the desk saw of those who join the two of a meeting."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.models.meetings import Meeting, OfMeetingQuerySet
from marketplace.models.registrations import Participant


class FurtherMark(models.Model):
    """Whether a further participant came to a meeting; no row says nothing of it.

    What becomes of the meeting follows from its host and its guest alone.
    """

    meeting = models.ForeignKey(
        Meeting, models.CASCADE, related_name="further_marks", verbose_name=_("meeting")
    )
    participant = models.ForeignKey(
        Participant, models.CASCADE, related_name="further_marks", verbose_name=_("participant")
    )
    attendance = models.CharField(_("attendance"), max_length=7, choices=Meeting.Attendance.choices)

    objects = OfMeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("mark of a further participant")
        verbose_name_plural = _("marks of further participants")
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "participant"], name="one_mark_per_further_participant"
            )
        ]

    def __str__(self) -> str:
        return f"{self.participant}: {self.get_attendance_display()}"
