"""What the engine knows of each company."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from chambers.models import Company


class Profile(models.Model):
    """What the engine knows of a company: only what its members may see.

    ``packed`` is what the index is built from, ``rows`` and ``surfaces`` what is shown. The profile
    holds what its sources said at ``checked_at``, read by a code of ``version``, and goes stale
    after ``holds_until``, the day on which the next of its opportunities ends.
    """

    company = models.OneToOneField(
        Company, models.CASCADE, primary_key=True, related_name="profile"
    )
    rows = models.JSONField()
    surfaces = models.JSONField(default=dict)
    trades = ArrayField(models.CharField(max_length=4), default=list)  # HS headings it offers
    topic = models.CharField(max_length=8, default="")  # of ``engine.prior``; empty if unknown
    packed = models.BinaryField(default=bytes)
    digest = models.CharField(max_length=64)
    version = models.CharField(max_length=64, default="")
    checked_at = models.DateTimeField(default=timezone.now)
    holds_until = models.DateField(null=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["changed_at"], name="profile_by_change"),
            models.Index(fields=["checked_at"], name="profile_by_check"),
        ]

    def __str__(self) -> str:
        return f"profile of {self.company_id}"
