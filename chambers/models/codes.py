"""Codes that mean the same in every language: countries and trade codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chambers.models.base import ScopedQuerySet, site_language

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models.people import User


class ReferenceQuerySet(ScopedQuerySet):
    """Public facts: everyone may read them, only superusers change them."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.all()

    def served_by(self, user: User | AnonymousUser) -> Self:
        return self.all()


class Country(models.Model):
    """A country or region with an ISO 3166-1 code."""

    code = models.CharField(
        _("code"),
        max_length=2,
        primary_key=True,
        validators=[RegexValidator(r"^[A-Z]{2}$")],
        help_text="ISO 3166-1 alpha-2",
    )
    name_en = models.CharField(_("name (English)"), max_length=100)
    name_ru = models.CharField(_("name (Russian)"), max_length=100)
    name_ja = models.CharField(_("name (Japanese)"), max_length=100)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("country or region")
        verbose_name_plural = _("countries and regions")
        ordering = ["name_en"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Its name in the reader's language."""
        return str(getattr(self, f"name_{site_language()}"))


class TradeCodeManager(models.Manager.from_queryset(ReferenceQuerySet)):  # type: ignore[misc]
    """Leaves out the column that finds a code: it is most of the row, and no page shows it."""

    def get_queryset(self) -> ReferenceQuerySet:
        found: ReferenceQuerySet = super().get_queryset().defer("search")
        return found

    def with_parents(self) -> ReferenceQuerySet:
        """Codes with those above them joined."""
        unread = ("search", "parent__search", "parent__parent__search")
        found: ReferenceQuerySet = self.select_related("parent__parent").defer(*unread)
        return found


class TradeCode(models.Model):
    """A position of a classification, with its labels."""

    class Scheme(models.TextChoices):
        HS = "hs", _("HS 2022")
        NACE = "nace", _("NACE Rev. 2")

    scheme = models.CharField(_("scheme"), max_length=4, choices=Scheme.choices)
    code = models.CharField(_("code"), max_length=6)
    level = models.PositiveSmallIntegerField(
        _("level"), help_text=_("digits for HS (2, 4, 6); 1 section, 2 division for NACE")
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )
    label_en = models.CharField(_("label (English)"), max_length=500)
    label_ru = models.CharField(_("label (Russian)"), max_length=300, blank=True)
    label_ja = models.CharField(_("label (Japanese)"), max_length=300, blank=True)
    short_en = models.CharField(_("short label (English)"), max_length=100, blank=True)
    # What people call its things where no label says so: language to words, joined by semicolons.
    everyday = models.JSONField(default=dict, blank=True, editable=False)
    search = SearchVectorField(editable=False, null=True)

    objects = TradeCodeManager()

    class Meta:
        verbose_name = _("trade code")
        verbose_name_plural = _("trade codes")
        ordering = ["scheme", "code"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "code"], name="one_row_per_trade_code"),
            models.CheckConstraint(
                condition=Q(scheme="nace", level__in=[1, 2]) | Q(scheme="hs", level__in=[2, 4, 6]),
                name="trade_code_level_fits_scheme",
            ),
        ]
        indexes = [GinIndex(fields=["search"], name="trade_code_search")]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"

    @property
    def label(self) -> str:
        """Its label in the reader's language, else the short or full English one."""
        own = "" if site_language() == "en" else getattr(self, f"label_{site_language()}")
        return str(own or self.short_en or self.label_en)
