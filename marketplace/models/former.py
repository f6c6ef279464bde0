"""When and where a meeting was before it was moved."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.models.meetings import Meeting, OfMeetingQuerySet
from marketplace.models.parts import Table


class FormerPlace(models.Model):
    """What a moved meeting had last of each: its time, its table, its place, its link.

    Each is noted for itself, so that a new link does not make its people forget the old time. The
    slot may be removed once nobody meets then: the time is kept, not the row.
    """

    meeting = models.OneToOneField(
        Meeting, models.CASCADE, related_name="former", verbose_name=_("meeting")
    )
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    table = models.ForeignKey(
        Table,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("table"),
    )
    # It had no table because its people met online, which is not the same as "nothing noted".
    is_online = models.BooleanField(_("online"), default=False, db_default=False)
    place = models.CharField(_("place"), max_length=200, blank=True)
    link = models.URLField(_("link"), max_length=500, blank=True)

    objects = OfMeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("former place of a meeting")
        verbose_name_plural = _("former places of meetings")

    def __str__(self) -> str:
        return f"{self.meeting}: {self.starts_at}"
