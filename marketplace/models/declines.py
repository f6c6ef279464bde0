"""Why a company says no: a wording, told in the language of who reads it, or own words."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DeclineReason(models.TextChoices):
    """Wordings to choose from; own words may stand beside each, and must beside the last."""

    FIELD = "field", _("Not our field")
    CAPACITY = "capacity", _("No capacity now")
    TIME = "time", _("The time does not suit us")
    PARTNER = "partner", _("We have a partner for this already")
    NOBODY = "nobody", _("No company of ours suits this")
    UNCLEAR = "unclear", _("The answers do not say enough")
    RULES = "rules", _("Our rules do not allow it")
    OTHER = "other", _("Another reason")


_Reason = DeclineReason
OF_REQUESTS = (_Reason.FIELD, _Reason.CAPACITY, _Reason.TIME, _Reason.PARTNER, _Reason.OTHER)
"""What a company says of a meeting."""
OF_INTERESTS = (_Reason.FIELD, _Reason.CAPACITY, _Reason.PARTNER, _Reason.UNCLEAR, _Reason.OTHER)
"""What it says of an interest, which asks for no time."""
OF_CHAMBERS = (_Reason.NOBODY, _Reason.UNCLEAR, _Reason.RULES, _Reason.OTHER)
"""What a chamber on the way of an interest says, which speaks for no company."""


class Declinable(models.Model):
    """What a company may decline, and why it did."""

    reason_code = models.CharField(
        _("reason chosen"),
        max_length=8,
        choices=DeclineReason.choices,
        blank=True,
        default="",
        db_default="",
    )
    reason = models.TextField(_("reason"), blank=True, max_length=2000)

    class Meta:
        abstract = True

    @property
    def reason_label(self) -> str:
        """The wording that was chosen, in the language of the moment; "" beside none."""
        return str(DeclineReason(self.reason_code).label) if self.reason_code else ""

    @property
    def told_reason(self) -> str:
        """The wording in the language of the moment and the own words; "" where none is given."""
        label = "" if self.reason_code == DeclineReason.OTHER else self.reason_label
        return ": ".join(filter(None, [label, self.reason]))
