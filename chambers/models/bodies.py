"""Guilds and commissions: how a chamber works inside and abroad."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from chambers.models.base import (
    PublicModel,
    ScopedQuerySet,
    in_language,
    today,
    validate_texts,
)
from chambers.models.chambers import Chamber, Named
from chambers.models.codes import Country, TradeCode
from chambers.models.companies import Company, Membership

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models.people import User


class BodyQuerySet(ScopedQuerySet):
    """Bodies of a chamber: public to read, kept by the chamber's staff."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.all()

    def served_by(self, user: User | AnonymousUser) -> Self:
        if user.is_superuser:
            return self.all()
        return self.filter(chamber__in=Chamber.objects.served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(chamber__in=Chamber.objects.managed_by(user))


class Guild(Named, PublicModel):
    """Companies of one trade within a chamber."""

    chamber = models.ForeignKey(
        Chamber, models.CASCADE, related_name="guilds", verbose_name=_("chamber")
    )
    slug = models.SlugField(_("address name"), max_length=80)
    chair = models.CharField(_("chair"), max_length=150, blank=True)
    codes = models.ManyToManyField(
        TradeCode,
        blank=True,
        related_name="guilds",
        verbose_name=_("trades"),
        limit_choices_to={"level__lte": 2},
        help_text=_("HS chapters and NACE sections or divisions."),
    )
    note = models.JSONField(_("note"), default=dict, blank=True, validators=[validate_texts])
    members = models.ManyToManyField(
        Company, through="GuildMembership", related_name="guilds", verbose_name=_("members")
    )

    objects = BodyQuerySet.as_manager()

    class Meta:
        verbose_name = _("guild")
        verbose_name_plural = _("guilds")
        ordering = ["chamber", "name_en"]
        constraints = [
            models.UniqueConstraint(
                fields=["chamber", "slug"],
                name="one_guild_per_slug",
                violation_error_message=_("The chamber has a guild with this address name."),
            )
        ]

    @property
    def note_text(self) -> str:
        """The note in the reader's language."""
        return in_language(self.note)[0]


class GuildMembershipQuerySet(ScopedQuerySet):
    def in_force(self, on: dt.date | None = None) -> Self:
        """Places of companies that are members of the guild's chamber on a day."""
        inside = Membership.objects.in_force(on).filter(
            company=OuterRef("company"), chamber=OuterRef("guild__chamber")
        )
        return self.filter(Exists(inside))

    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.filter(company__in=Company.objects.visible_to(user))

    def served_by(self, user: User | AnonymousUser) -> Self:
        if user.is_superuser:
            return self.all()
        return self.filter(guild__chamber__in=Chamber.objects.served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(guild__chamber__in=Chamber.objects.managed_by(user))


class GuildMembership(models.Model):
    """A company's place in a guild."""

    guild = models.ForeignKey(
        Guild, models.CASCADE, related_name="memberships", verbose_name=_("guild")
    )
    company = models.ForeignKey(
        Company, models.CASCADE, related_name="guild_memberships", verbose_name=_("company")
    )
    since = models.DateField(_("since"), default=today)

    objects = GuildMembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("guild membership")
        verbose_name_plural = _("guild memberships")
        ordering = ["guild", "company"]
        constraints = [
            models.UniqueConstraint(
                fields=["guild", "company"],
                name="once_in_a_guild",
                violation_error_code="already_in_guild",
                violation_error_message=_("This company is already in the guild."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.company}, {self.guild}"


class Commission(PublicModel):
    """A standing body of a chamber for cooperation with one country or region."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        ACTIVE = "active", _("Active")
        REVIEW = "review", _("Under review")
        MERGED = "merged", _("Merged")
        CLOSED = "closed", _("Closed")

    chamber = models.ForeignKey(
        Chamber, models.CASCADE, related_name="commissions", verbose_name=_("chamber")
    )
    country = models.ForeignKey(
        Country, models.PROTECT, related_name="commissions", verbose_name=_("partner country")
    )
    region = models.CharField(
        _("partner region"), max_length=120, blank=True, help_text=_("Empty: the whole country.")
    )
    chair = models.CharField(_("chair"), max_length=150, blank=True)
    secretary = models.CharField(_("secretary"), max_length=150, blank=True)
    status = models.CharField(
        _("status"), max_length=8, choices=Status.choices, default=Status.PROPOSED
    )
    partner_chamber = models.ForeignKey(
        Chamber,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="partner_commissions",
        verbose_name=_("partner body"),
    )

    objects = BodyQuerySet.as_manager()

    class Meta:
        verbose_name = _("commission")
        verbose_name_plural = _("commissions")
        ordering = ["chamber", "country", "region"]
        constraints = [
            models.UniqueConstraint(
                fields=["chamber", "country", "region"],
                condition=~Q(status__in=["merged", "closed"]),
                name="one_open_commission_per_country",
                violation_error_code="commission_exists",
                violation_error_message=_("The chamber has a commission on this country."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Its title in the reader's language."""
        place = f"{self.country.name} ({self.region})" if self.region else self.country.name
        return _("Commission on cooperation: %(place)s") % {"place": place}
