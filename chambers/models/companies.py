"""Companies, who speaks for them, and their memberships."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Cast, Least
from django.utils.translation import gettext_lazy as _

from chambers import names
from chambers.models.base import (
    Days,
    PublicModel,
    ScopedQuerySet,
    in_language,
    site_language,
    today,
    validate_texts,
)
from chambers.models.chambers import Chamber, Staff
from chambers.models.codes import Country, TradeCode
from chambers.models.levels import DEFAULT_LEVELS, validate_levels
from chambers.models.limits import MatchingLimits

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models.people import User

NEW_FOR = dt.timedelta(days=90)


class CompanyQuerySet(ScopedQuerySet):
    def members(self, on: dt.date | None = None) -> Self:
        """Companies with a membership in force on a day, today by default."""
        inside = Membership.objects.in_force(on).filter(company=OuterRef("pk"))
        return self.filter(Exists(inside))

    def run_by(self, user: User | AnonymousUser) -> Self:
        """Companies that ``user`` speaks for."""
        mine = Representative.objects.filter(person=user.pk)
        return self.filter(pk__in=mine.values("company"))

    def edited_by(self, user: User | AnonymousUser) -> Self:
        """Companies for which ``user`` may decide."""
        mine = Representative.objects.filter(person=user.pk).exclude(
            role=Representative.Role.VIEWER
        )
        return self.filter(pk__in=mine.values("company"))

    def led_by(self, user: User | AnonymousUser) -> Self:
        """Companies whose main contact ``user`` is."""
        mine = Representative.objects.filter(person=user.pk, role=Representative.Role.OWNER)
        return self.filter(pk__in=mine.values("company"))

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Companies that are or want to be members where ``user`` works.

        A chamber must know whom it decides about; one that refused, or that was left, must not.
        """
        if user.is_superuser:
            return self.all()
        theirs = Membership.objects.open().filter(
            company=OuterRef("pk"),
            chamber__in=Staff.objects.filter(person=user.pk).values("chamber"),
        )
        return self.filter(Exists(theirs))

    def members_served_by(self, user: User | AnonymousUser) -> Self:
        """Companies in whose affairs ``user`` has a part: members now where they work.

        A chamber that refused a company, or that it left, learns nothing more of it.
        """
        if user.is_superuser:
            return self.all()
        return self._members_of(Staff.objects.filter(person=user.pk))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        """Companies for whose chamber ``user`` may decide: members now."""
        if user.is_superuser:
            return self.all()
        managers = Staff.objects.filter(person=user.pk, role=Staff.Role.MANAGER)
        return self._members_of(managers)

    def _members_of(self, roles: models.QuerySet[Staff]) -> Self:
        """Companies that are members now of a chamber of one of ``roles``."""
        inside = Membership.objects.in_force().filter(
            company=OuterRef("pk"), chamber__in=roles.values("chamber")
        )
        return self.filter(Exists(inside))

    def listed(self) -> Self:
        """Members who agreed to stand in the directory."""
        return self.members().filter(is_listed=True)

    def matched(self) -> Self:
        """Listed members whom no hold keeps out of the matching."""
        return self.listed().filter(held_on=None)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Listed members; beyond them, the companies one speaks for or looks after."""
        if not user.is_authenticated:
            return self.listed()
        listed = Q(is_listed=True) & Q(
            Exists(Membership.objects.in_force().filter(company=OuterRef("pk")))
        )
        own = Q(Exists(Representative.objects.filter(person=user.pk, company=OuterRef("pk"))))
        served = Q(pk__in=Company.objects.served_by(user).values("pk"))
        return self.all() if user.is_superuser else self.filter(listed | own | served)


class Company(MatchingLimits, PublicModel):
    """A legal entity; it may belong to several chambers."""

    legal_name = models.CharField(_("legal name"), max_length=300)
    legal_name_latin = models.CharField(_("legal name in Latin script"), max_length=300, blank=True)
    country = models.ForeignKey(
        Country, models.PROTECT, related_name="companies", verbose_name=_("country or region")
    )
    city = models.CharField(_("city"), max_length=120, blank=True)
    registration_number = models.CharField(_("registration number"), max_length=40, blank=True)
    external_id = models.CharField(
        _("id in the source"),
        max_length=120,
        blank=True,
        help_text=_("Where an import found this company, such as register:123."),
    )
    size = models.CharField(
        _("size"), max_length=6, choices=MatchingLimits.Size.choices, blank=True
    )
    founded = models.PositiveSmallIntegerField(_("founded in"), null=True, blank=True)
    languages = ArrayField(
        models.CharField(max_length=2),
        default=list,
        blank=True,
        verbose_name=_("working languages"),
        help_text=_("ISO 639-1 codes"),
    )
    website = models.URLField(_("website"), max_length=300, blank=True)
    email = models.EmailField(_("e-mail"), blank=True, default="", db_default="")
    phone = models.CharField(_("phone"), max_length=40, blank=True, default="", db_default="")
    turnover = models.DecimalField(
        _("turnover of a year"), max_digits=17, decimal_places=2, null=True, blank=True
    )
    turnover_currency = models.CharField(
        _("currency of the turnover"),
        max_length=3,
        blank=True,
        default="",
        db_default="",
        help_text="ISO 4217",
    )
    logo = models.ForeignKey(
        "chambers.Document",
        models.SET_NULL,
        to_field="public_id",
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("logo"),
    )
    description = models.JSONField(
        _("description"), default=dict, blank=True, validators=[validate_texts]
    )
    industry = models.CharField(_("industry, in its own words"), max_length=300, blank=True)
    codes = models.ManyToManyField(
        TradeCode, blank=True, related_name="companies", verbose_name=_("trade codes")
    )
    target_countries = ArrayField(
        models.CharField(max_length=2),
        default=list,
        blank=True,
        verbose_name=_("wanted countries"),
        help_text=_("Empty: any country."),
    )
    excluded_countries = ArrayField(
        models.CharField(max_length=2),
        default=list,
        blank=True,
        verbose_name=_("excluded countries"),
    )
    excluded_companies = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="excluded_by",
        verbose_name=_("excluded companies"),
    )
    is_family_business = models.BooleanField(_("family business"), default=False)
    is_listed = models.BooleanField(
        _("listed"), default=True, help_text=_("Stands in the directory and is matched.")
    )
    visibility = models.JSONField(
        _("who sees what"), default=dict, blank=True, validators=[validate_levels]
    )
    names = models.TextField(editable=False, default="", blank=True)
    search = SearchVectorField(editable=False, null=True)
    # What search reads of a hit without opening the long vector; see ``selectors.search``.
    head = SearchVectorField(editable=False, null=True)
    facets = ArrayField(models.CharField(max_length=40), default=list, editable=False, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ["legal_name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "registration_number"],
                condition=~Q(registration_number=""),
                name="one_company_per_registration_number",
                violation_error_code="already_registered",
                violation_error_message=_(
                    "A company with this registration number exists in this country."
                ),
            ),
            models.UniqueConstraint(
                fields=["external_id"],
                condition=~Q(external_id=""),
                name="one_company_per_external_id",
                violation_error_message=_("A company with this source id exists."),
            ),
            models.CheckConstraint(condition=~Q(legal_name=""), name="company_has_a_name"),
            models.CheckConstraint(
                condition=Q(turnover=None, turnover_currency="")
                | Q(turnover__gt=0, turnover_currency__regex=r"^[A-Z]{3}$"),
                name="turnover_is_an_amount_in_a_currency",
                violation_error_message=_(
                    "Give the turnover as an amount above zero with its currency."
                ),
            ),
            models.CheckConstraint(
                condition=Q(held_on=None, held_reason="")
                | Q(held_on__isnull=False) & ~Q(held_reason=""),
                name="held_company_has_a_reason",
                violation_error_message=_("Say why the company is on hold."),
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="company_search"),
            GinIndex(fields=["head"], name="company_head"),
            GinIndex(fields=["facets"], name="company_facets"),
            GinIndex(OpClass("names", name="gin_trgm_ops"), name="company_names"),
            models.Index(fields=["country", "legal_name", "id"], name="company_by_country"),
            models.Index(fields=["country", "-id"], name="company_newest_of_country"),
            # Whether a company is listed, without reading its long row.
            models.Index(fields=["id"], condition=Q(is_listed=True), name="company_listed"),
        ]

    def __str__(self) -> str:
        return self.legal_name

    @property
    def latin(self) -> str:
        """The Latin name where it differs from the legal one, else nothing."""
        same = self.legal_name_latin == self.legal_name
        return "" if same else self.legal_name_latin

    @property
    def beside(self) -> str:
        """Its Latin name where the reader's language is not written in the legal one's letters."""
        return names.beside(self.legal_name, self.latin, site_language())

    @property
    def told(self) -> str:
        """Its name in a line of text for this reader: 株式会社アサヒ計装 (Asahi Co., Ltd.)."""
        return f"{self.legal_name} ({self.beside})" if self.beside else self.legal_name

    def level_of(self, field: str) -> str:
        """Who may see ``field``: the company's choice or the default."""
        return str(self.visibility.get(field, DEFAULT_LEVELS[field]))

    def described_in(self, language: str | None = None) -> tuple[str, str]:
        """(text, its language); see ``in_language``."""
        return in_language(self.description, language)


class RepresentativeQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Colleagues: people of the companies one speaks for."""
        return self.filter(company__in=Company.objects.run_by(user))

    def served_by(self, user: User | AnonymousUser) -> Self:
        if user.is_superuser:
            return self.all()
        return self.filter(company__in=Company.objects.served_by(user))


class Representative(models.Model):
    """A person who speaks for a company."""

    class Role(models.TextChoices):
        OWNER = "owner", _("main contact")
        EDITOR = "editor", _("representative")
        VIEWER = "viewer", _("reader")

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="representatives", verbose_name=_("company")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="representations",
        verbose_name=_("person"),
    )
    role = models.CharField(_("role"), max_length=6, choices=Role.choices)

    objects = RepresentativeQuerySet.as_manager()

    class Meta:
        verbose_name = _("representative")
        verbose_name_plural = _("representatives")
        ordering = ["company", "person"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "person"],
                name="one_role_per_company",
                violation_error_code="already_representative",
                violation_error_message=_("This person already speaks for the company."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.company}"


class MembershipQuerySet(ScopedQuerySet):
    def in_force(self, on: dt.date | None = None) -> Self:
        """Memberships that give rights on a day: new, current and in grace."""
        day, decision = on or today(), Membership.Decision
        # Asked for "is admitted" by company, PostgreSQL reads the index of the exclusion
        # constraint, which begins with the chamber and takes ten times as long.
        return self.filter(
            Q(rights_end_on=None) | Q(rights_end_on__gte=day),
            ~Q(decision__in=[decision.PENDING, decision.REFUSED]),
            starts_on__lte=day,
        )

    def open(self, on: dt.date | None = None) -> Self:
        """Memberships that are asked for, in force or yet to begin on a day."""
        ahead = Q(rights_end_on=None) | Q(rights_end_on__gte=on or today())
        decision = Membership.Decision
        return self.filter(Q(decision=decision.PENDING) | ahead & Q(decision=decision.ADMITTED))

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those of the companies one speaks for, and all in force of listed companies."""
        own = Q(company__in=Company.objects.run_by(user).values("pk"))
        shown = Q(pk__in=self.in_force().filter(company__is_listed=True).values("pk"))
        return self.filter(own | shown)

    def served_by(self, user: User | AnonymousUser) -> Self:
        if user.is_superuser:
            return self.all()
        return self.filter(chamber__in=Chamber.objects.served_by(user))

    def managed_by(self, user: User | AnonymousUser) -> Self:
        return self.filter(chamber__in=Chamber.objects.managed_by(user))

    def with_status(self, on: dt.date | None = None) -> Self:
        """Each with ``status_now``: the rules of ``Membership.status_on`` in SQL."""
        day, status = on or today(), Membership.Status
        return self.annotate(
            status_now=Case(
                When(decision=Membership.Decision.PENDING, then=Value(status.PENDING)),
                When(decision=Membership.Decision.REFUSED, then=Value(status.REFUSED)),
                When(starts_on__gt=day, then=Value(status.PENDING)),
                When(rights_end_on__lt=day, then=Value(status.EXPIRED)),
                When(ends_on__lt=day, then=Value(status.GRACE)),
                When(starts_on__gt=day - NEW_FOR, then=Value(status.NEW)),
                default=Value(status.CURRENT),
                output_field=models.CharField(),
            )
        )


# Both constraints say the same: which of them was broken is nothing to the reader.
_ALREADY_MEMBER = _("This company is already a member of the chamber or has applied.")


class Membership(PublicModel):
    """A company's membership in a chamber, from the application on."""

    class Kind(models.TextChoices):
        FULL = "full", _("full member")
        ASSOCIATE = "associate", _("associate member")
        YOUNG = "young", _("young company")

    class Decision(models.TextChoices):
        PENDING = "pending", _("not decided")
        ADMITTED = "admitted", _("admitted")
        REFUSED = "refused", _("refused")

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        REFUSED = "refused", _("Refused")
        NEW = "new", _("New")
        CURRENT = "current", _("Current")
        GRACE = "grace", _("Grace")
        EXPIRED = "expired", _("Expired")

    chamber = models.ForeignKey(
        Chamber, models.PROTECT, related_name="memberships", verbose_name=_("chamber")
    )
    company = models.ForeignKey(
        Company,
        models.CASCADE,
        related_name="memberships",
        verbose_name=_("company"),
        db_index=False,  # ``membership_in_force`` begins with it and says more
    )
    kind = models.CharField(_("type"), max_length=10, choices=Kind.choices, default=Kind.FULL)
    applied_on = models.DateField(_("applied on"), default=today)
    decision = models.CharField(
        _("decision"), max_length=8, choices=Decision.choices, default=Decision.PENDING
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    reason = models.TextField(_("reason"), blank=True)
    extract = models.ForeignKey(
        "chambers.Document",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("registration extract"),
    )
    notes = models.TextField(
        _("notes of the chamber"),
        blank=True,
        help_text=_("Read by this chamber's staff alone: neither the company nor other chambers."),
    )
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Included; empty: open end.")
    )
    rights_end_on = models.DateField(_("last day with rights"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["-applied_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["chamber", "company"],
                condition=Q(decision="pending"),
                name="one_application_per_chamber",
                violation_error_code="already_member",
                violation_error_message=_ALREADY_MEMBER,
            ),
            ExclusionConstraint(
                name="one_membership_per_chamber_at_a_time",
                expressions=[
                    ("chamber", RangeOperators.EQUAL),
                    ("company", RangeOperators.EQUAL),
                    (
                        # The lesser: PostgreSQL makes no range of days in the wrong order,
                        # and what those are told stands below.
                        Days(
                            Cast(Least("starts_on", "ends_on"), models.DateField()),
                            "ends_on",
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(decision="admitted"),
                violation_error_code="already_member",
                violation_error_message=_ALREADY_MEMBER,
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(starts_on__isnull=False, ends_on__gte=F("starts_on")),
                name="membership_ends_after_it_starts",
                violation_error_message=_("A membership cannot end before it starts."),
            ),
            models.CheckConstraint(
                condition=(Q(decision="admitted") & Q(starts_on__isnull=False))
                | ~Q(decision="admitted"),
                name="admitted_membership_has_a_first_day",
                violation_error_message=_("An admitted membership needs its first day."),
            ),
            models.CheckConstraint(
                condition=~Q(decision="refused") | ~Q(reason=""),
                name="refused_membership_has_a_reason",
                violation_error_message=_("Say why the membership is refused."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None, rights_end_on=None) | Q(rights_end_on__gte=F("ends_on")),
                name="membership_rights_end_with_or_after_it",
                violation_error_message=_("Rights end with the membership or after its grace."),
            ),
        ]
        indexes = [
            # Whether a company is a member, and where, without reading the rows.
            models.Index(
                fields=["company", "decision", "starts_on"],
                include=["rights_end_on", "chamber"],
                name="membership_in_force",
            ),
            models.Index(fields=["chamber", "decision"], name="membership_of_chamber"),
        ]

    def __str__(self) -> str:
        return f"{self.company}, {self.chamber}"

    def status_on(self, day: dt.date | None = None) -> Status:
        """Its status on a day, by its dates and its chamber's grace."""
        on, status = day or today(), self.Status
        if self.decision == self.Decision.REFUSED:
            return status.REFUSED
        if self.decision == self.Decision.PENDING or self.starts_on is None or self.starts_on > on:
            return status.PENDING
        if self.rights_end_on is not None and self.rights_end_on < on:
            return status.EXPIRED
        if self.ends_on is not None and self.ends_on < on:
            return status.GRACE
        return status.NEW if self.starts_on > on - NEW_FOR else status.CURRENT

    @property
    def status(self) -> Status:
        """Its status today."""
        return self.status_on()

    @property
    def expected_on(self) -> dt.date:
        """The day by which the chamber usually has decided about an application."""
        return self.applied_on + dt.timedelta(days=self.chamber.decision_days)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the day on which rights end beside the last day, for the database to filter by."""
        self.rights_end_on = self.ends_on and self.ends_on + dt.timedelta(
            days=self.chamber.grace_days
        )
        if (fields := kwargs.get("update_fields")) is not None and "ends_on" in fields:
            kwargs["update_fields"] = {*fields, "rights_end_on"}
        super().save(*args, **kwargs)
