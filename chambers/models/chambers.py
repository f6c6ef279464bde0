"""Chambers of commerce, their councils, their agreements, the people who work there."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from chambers.models.base import (
    PublicModel,
    ScopedQuerySet,
    in_language,
    site_language,
    today,
    validate_texts,
)
from chambers.models.codes import Country
from chambers.models.people import validate_zone

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models.people import User

ENDING_SOON = dt.timedelta(days=90)


class ChamberQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """All: chambers are public bodies."""
        return self.all()

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Chambers where ``user`` works."""
        if user.is_superuser:
            return self.all()
        return self.filter(pk__in=Staff.objects.filter(person=user.pk).values("chamber"))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        """Chambers whose business ``user`` may change."""
        if user.is_superuser:
            return self.all()
        roles = Staff.objects.filter(person=user.pk, role=Staff.Role.MANAGER)
        return self.filter(pk__in=roles.values("chamber"))


class Named(models.Model):
    """A body with a name in each language of the site."""

    name_en = models.CharField(_("name (English)"), max_length=200)
    name_ru = models.CharField(_("name (Russian)"), max_length=200, blank=True)
    name_ja = models.CharField(_("name (Japanese)"), max_length=200, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Its name in the reader's language, else in English."""
        return str(getattr(self, f"name_{site_language()}") or self.name_en)


class Chamber(Named, PublicModel):
    """A chamber of commerce and industry."""

    class Kind(models.TextChoices):
        NATIONAL = "national", _("national chamber")
        REGIONAL = "regional", _("regional chamber")
        CITY = "city", _("city chamber")

    slug = models.SlugField(_("address name"), max_length=80, unique=True)
    name_native = models.CharField(_("name (own language)"), max_length=200, blank=True)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="branches",
        verbose_name=_("parent chamber"),
    )
    country = models.ForeignKey(Country, models.PROTECT, verbose_name=_("country or region"))
    city = models.CharField(_("city"), max_length=100, blank=True)
    zone = models.CharField(_("time zone"), max_length=64, validators=[validate_zone])
    languages = ArrayField(
        models.CharField(max_length=2), default=list, verbose_name=_("languages"), blank=True
    )
    website = models.URLField(_("website"), blank=True)
    note = models.JSONField(_("note"), default=dict, blank=True, validators=[validate_texts])
    grace_days = models.PositiveSmallIntegerField(
        _("grace days"),
        default=60,
        help_text=_("Days after the last day in which a membership keeps its rights."),
    )
    decision_days = models.PositiveSmallIntegerField(
        _("days until a decision"),
        default=10,
        help_text=_("How long applicants usually wait; they are told so when they apply."),
    )

    objects = ChamberQuerySet.as_manager()

    class Meta:
        verbose_name = _("chamber")
        verbose_name_plural = _("chambers")
        ordering = ["name_en"]
        constraints = [
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("pk")),
                name="chamber_is_not_its_own_parent",
                violation_error_message=_("A chamber cannot be its own parent."),
            )
        ]

    @property
    def note_text(self) -> str:
        """The note in the reader's language."""
        return in_language(self.note)[0]


class StaffQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.filter(person=user.pk)

    def served_by(self, user: User | AnonymousUser) -> Self:
        if user.is_superuser:
            return self.all()
        return self.filter(chamber__in=Chamber.objects.served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(chamber__in=Chamber.objects.managed_by(user))


class Staff(models.Model):
    """A person's work for a chamber."""

    class Role(models.TextChoices):
        MANAGER = "manager", _("manager (may decide and change)")
        VIEWER = "viewer", _("viewer (may read)")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="staff_roles",
        verbose_name=_("person"),
    )
    chamber = models.ForeignKey(
        Chamber, models.CASCADE, related_name="staff_roles", verbose_name=_("chamber")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff")
        ordering = ["chamber", "person"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "chamber"],
                name="one_staff_role_per_chamber",
                violation_error_code="already_staff",
                violation_error_message=_("This person already works for the chamber."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.chamber}"


class PublicBodyQuerySet(ScopedQuerySet):
    """Bodies that everyone may know of, kept by superusers."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.all()


class Council(Named, PublicModel):
    """A standing council of the heads of several chambers."""

    slug = models.SlugField(_("address name"), max_length=80, unique=True)
    formed_on = models.DateField(_("formed on"), null=True, blank=True)
    note = models.JSONField(_("note"), default=dict, blank=True, validators=[validate_texts])
    chambers = models.ManyToManyField(Chamber, related_name="councils", verbose_name=_("chambers"))

    objects = PublicBodyQuerySet.as_manager()

    class Meta:
        verbose_name = _("council of heads of chambers")
        verbose_name_plural = _("councils of heads of chambers")
        ordering = ["name_en"]

    @property
    def note_text(self) -> str:
        """The note in the reader's language."""
        return in_language(self.note)[0]


class AgreementQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """All that were concluded: agreements between chambers are public."""
        return self.exclude(starts_on=None)

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Agreements of the chambers where ``user`` works, either side."""
        if user.is_superuser:
            return self.all()
        mine = Chamber.objects.served_by(user).values("pk")
        return self.filter(Q(first__in=mine) | Q(second__in=mine))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        """Agreements of the chambers that ``user`` manages, either side."""
        if user.is_superuser:
            return self.all()
        mine = Chamber.objects.managed_by(user).values("pk")
        return self.filter(Q(first__in=mine) | Q(second__in=mine))

    def of(self, chamber: Chamber) -> Self:
        """Agreements in which ``chamber`` is either party."""
        return self.filter(Q(first=chamber) | Q(second=chamber))

    def in_force(self, on: dt.date | None = None) -> Self:
        """Agreements that bind on a day, first and last day included."""
        day = on or today()
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)

    def with_status(self, on: dt.date | None = None) -> Self:
        """Each with ``status_now``: the rules of ``Agreement.status_on`` in SQL."""
        day, status = on or today(), Agreement.Status
        return self.annotate(
            status_now=Case(
                When(Q(starts_on=None) | Q(starts_on__gt=day), then=Value(status.NEGOTIATING)),
                When(ends_on__lt=day, then=Value(status.ENDED)),
                When(ends_on__lte=day + ENDING_SOON, then=Value(status.ENDING_SOON)),
                default=Value(status.IN_FORCE),
                output_field=models.CharField(),
            )
        )


class Agreement(PublicModel):
    """What two chambers promised each other; an edge of the routing graph."""

    class Status(models.TextChoices):
        NEGOTIATING = "negotiating", _("Negotiating")
        IN_FORCE = "in_force", _("In force")
        ENDING_SOON = "ending_soon", _("Ending soon")
        ENDED = "ended", _("Ended")

    first = models.ForeignKey(
        Chamber, models.PROTECT, related_name="agreements_as_first", verbose_name=_("chamber")
    )
    second = models.ForeignKey(
        Chamber,
        models.PROTECT,
        related_name="agreements_as_second",
        verbose_name=_("partner chamber"),
    )
    scope = models.JSONField(_("scope"), default=dict, blank=True, validators=[validate_texts])
    starts_on = models.DateField(
        _("first day"), null=True, blank=True, help_text=_("Empty while it is negotiated.")
    )
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    response_days = models.PositiveSmallIntegerField(_("working days to answer"), default=5)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["first", "second", "starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(first=F("second")),
                name="agreement_has_two_parties",
                violation_error_message=_("An agreement needs two different chambers."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(starts_on__isnull=False, ends_on__gte=F("starts_on")),
                name="agreement_ends_after_it_starts",
                violation_error_message=_("An agreement cannot end before it starts."),
            ),
            models.CheckConstraint(
                condition=Q(response_days__gte=1, response_days__lte=60),
                name="agreement_response_in_reason",
                violation_error_message=_("Answer within 1 to 60 working days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} – {self.second}"

    def status_on(self, day: dt.date | None = None) -> Status:
        """Its status on a day, computed from its dates."""
        on = day or today()
        if self.starts_on is None or self.starts_on > on:
            return self.Status.NEGOTIATING
        if self.ends_on is not None and self.ends_on < on:
            return self.Status.ENDED
        if self.ends_on is not None and self.ends_on - on <= ENDING_SOON:
            return self.Status.ENDING_SOON
        return self.Status.IN_FORCE

    @property
    def status(self) -> Status:
        """Its status today."""
        return self.status_on()

    def partner_of(self, chamber: Chamber) -> Chamber:
        """The other party."""
        return self.second if self.first_id == chamber.pk else self.first

    @property
    def scope_text(self) -> str:
        """The scope in the reader's language."""
        return in_language(self.scope)[0]
