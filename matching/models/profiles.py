"""What the engine knows of each company."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from chambers.models import Company


class Profile(models.Model):
    """What the engine knows of a company: only what its members may see."""

    company = models.OneToOneField(
        Company, models.CASCADE, primary_key=True, related_name="profile"
    )
    rows = models.JSONField()
    surfaces = models.JSONField(default=dict)
    trades = ArrayField(models.CharField(max_length=4), default=list)  # HS headings it offers
    digest = models.CharField(max_length=64)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["changed_at"], name="profile_by_change")]

    def __str__(self) -> str:
        return f"profile of {self.company_id}"
