"""What companies offer and seek."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from chambers.models import (
    Company,
    PublicModel,
    ScopedQuerySet,
    TradeCode,
    in_language,
    today,
    validate_texts,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


class OpportunityQuerySet(ScopedQuerySet):
    def on_show(self, on: dt.date | None = None) -> Self:
        """Published, not past their last day, of listed member companies."""
        shown = Exists(Company.objects.listed().filter(pk=OuterRef("company")))
        return self.current(on).filter(shown)

    def current(self, on: dt.date | None = None) -> Self:
        """Published and not past their last day, be their company shown or not."""
        day = on or today()
        return self.filter(status=Opportunity.Status.PUBLISHED, expires_on__gte=day)

    def named(self) -> Self:
        """Those whose company stands beside them; an anonymous one is told by its chamber.

        Whatever says of a *company* what it offers or seeks reads only these: a list, a facet or a
        reason for a match would else tell whose the others are.
        """
        return self.filter(is_anonymous=False)

    def to_meet_about(self, own: int, partner: int) -> Self:
        """Named ones that company ``own`` may ask company ``partner`` to meet about, by keys.

        What the partner wants to be asked about through the chambers is not asked past them: it
        belongs here once the partner has accepted an interest of ``own`` in it.
        """
        accepted = Opportunity.objects.filter(interests__company=own, interests__status="accepted")
        theirs = Q(company=partner) & (Q(through_chambers=False) | Q(pk__in=accepted.values("pk")))
        return self.named().filter(Q(company=own) | theirs)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """What a listed member has published; beyond that one's own and one's members'."""
        shown = Q(published_at__isnull=False, status__in=Opportunity.PUBLIC_STATES) & Q(
            Exists(Company.objects.listed().filter(pk=OuterRef("company")))
        )
        if not user.is_authenticated:
            return self.filter(shown)
        own = Q(Exists(Company.objects.run_by(user).filter(pk=OuterRef("company"))))
        served = Q(Exists(Company.objects.members_served_by(user).filter(pk=OuterRef("company"))))
        return self.all() if user.is_superuser else self.filter(shown | own | served)

    def served_by(self, user: User | AnonymousUser) -> Self:
        """Opportunities, drafts too, of the members of the chambers where ``user`` works."""
        if user.is_superuser:
            return self.all()
        return self.filter(
            Exists(Company.objects.members_served_by(user).filter(pk=OuterRef("company")))
        )

    def managed_by(self, user: User | AnonymousUser) -> Self:
        """Opportunities that ``user`` may review."""
        if user.is_superuser:
            return self.all()
        return self.filter(Exists(Company.objects.managed_by(user).filter(pk=OuterRef("company"))))

    def run_by(self, user: User | AnonymousUser) -> Self:
        """Opportunities of the companies that ``user`` speaks for."""
        return self.filter(Exists(Company.objects.run_by(user).filter(pk=OuterRef("company"))))

    def edited_by(self, user: User | AnonymousUser) -> Self:
        """Opportunities of the companies for which ``user`` may decide."""
        return self.filter(Exists(Company.objects.edited_by(user).filter(pk=OuterRef("company"))))

    def with_status(self, on: dt.date | None = None) -> Self:
        """Each with ``status_on_day``: the rule of ``Opportunity.status_on`` in SQL."""
        day, status = on or today(), Opportunity.Status
        return self.annotate(
            status_on_day=Case(
                When(status=status.PUBLISHED, expires_on__lt=day, then=Value(status.EXPIRED)),
                default=F("status"),
                output_field=models.CharField(),
            )
        )


class Opportunity(PublicModel):
    """A published offer or demand of a company."""

    class Side(models.TextChoices):
        OFFER = "offer", _("Offer")
        DEMAND = "demand", _("Request")

    class Kind(models.TextChoices):
        GOODS = "goods", _("Goods")
        SERVICE = "service", _("Service")
        TECHNOLOGY = "technology", _("Technology")
        RESEARCH = "research", _("Research")
        INVESTMENT = "investment", _("Investment")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        ON_HOLD = "on_hold", _("On hold")
        REJECTED = "rejected", _("Rejected")
        PUBLISHED = "published", _("Published")
        EXPIRED = "expired", _("Expired")
        ARCHIVED = "archived", _("Archived")

    class Cooperation(models.TextChoices):
        SUPPLY = "supply", _("Supply")
        AGENCY = "agency", _("Agency or distribution")
        MANUFACTURING = "manufacturing", _("Contract manufacturing")
        JOINT_VENTURE = "joint_venture", _("Joint venture")
        LICENCE = "licence", _("Licence")
        JOINT_RESEARCH = "joint_research", _("Joint research")

    PUBLIC_STATES = (Status.PUBLISHED,)

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="opportunities", verbose_name=_("company")
    )
    side = models.CharField(_("offer or request"), max_length=6, choices=Side.choices)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    reference = models.CharField(
        _("reference number"), max_length=24, blank=True, default="", editable=False
    )
    title = models.JSONField(_("title"), validators=[validate_texts])
    text = models.JSONField(_("text"), default=dict, blank=True, validators=[validate_texts])
    codes = models.ManyToManyField(
        TradeCode, blank=True, related_name="opportunities", verbose_name=_("trade codes")
    )
    target_countries = ArrayField(
        models.CharField(max_length=2),
        default=list,
        blank=True,
        verbose_name=_("wanted countries"),
        help_text=_("Empty: any country."),
    )
    cooperation = ArrayField(
        models.CharField(max_length=14, choices=Cooperation.choices),
        default=list,
        blank=True,
        verbose_name=_("kinds of cooperation"),
    )
    is_anonymous = models.BooleanField(
        _("anonymous"),
        default=False,
        help_text=_("Readers see the country, not the company, until a contact is accepted."),
    )
    through_chambers = models.BooleanField(
        _("asked through the chambers"),
        default=False,
        help_text=_("Who is interested asks their own chamber first; anonymous ones always."),
    )
    leak_reason = models.CharField(
        _("why the name does not show"),
        max_length=300,
        blank=True,
        default="",
        help_text=_("What the company says of findings that are false alarms."),
    )
    reminded_for = models.DateField(
        null=True, blank=True, editable=False, help_text="The last day that was mailed as near."
    )
    status = models.CharField(
        _("status"),
        max_length=9,
        default=Status.DRAFT,
        choices=Status.choices,
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    expires_on = models.DateField(_("last day"), null=True, blank=True)
    search = SearchVectorField(editable=False, null=True)
    # What search reads of a hit without opening the long vector; see ``selectors.search``.
    head = SearchVectorField(editable=False, null=True)
    facets = ArrayField(models.CharField(max_length=40), default=list, editable=False, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = OpportunityQuerySet.as_manager()

    class Meta:
        verbose_name = _("opportunity")
        verbose_name_plural = _("opportunities")
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["reference"],
                condition=~Q(reference=""),
                name="one_opportunity_per_reference",
            ),
            models.CheckConstraint(
                condition=~Q(status="expired"),
                name="opportunity_expires_by_its_date",
                violation_error_message=_("A published opportunity expires by itself."),
            ),
            models.CheckConstraint(
                condition=~Q(status="published")
                | Q(published_at__isnull=False, expires_on__isnull=False) & ~Q(reference=""),
                name="published_opportunity_is_complete",
                violation_error_message=_(
                    "A published opportunity needs a reference number and a last day."
                ),
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="opportunity_search"),
            GinIndex(fields=["head"], name="opportunity_head"),
            # Which of many companies publish offers or requests, without reading the rows.
            models.Index(
                fields=["company"],
                include=["side", "expires_on"],
                condition=Q(status="published", is_anonymous=False),
                name="opportunity_named_of_company",
            ),
            GinIndex(fields=["facets"], name="opportunity_facets"),
            models.Index(fields=["status", "-published_at", "-id"], name="opportunity_by_date"),
            models.Index(fields=["company", "status"], name="opportunity_of_company"),
            models.Index(
                fields=["expires_on"],
                condition=Q(status="published"),
                name="opportunity_by_last_day",
            ),
        ]

    def __str__(self) -> str:
        reference = self.reference or _("Draft")
        return f"{reference} {self.titled()[0]}"

    def status_on(self, day: dt.date | None = None) -> Status:
        """Its status on a day: published turns into expired after its last day."""
        on = day or today()
        if self.status == self.Status.PUBLISHED and self.expires_on and self.expires_on < on:
            return self.Status.EXPIRED
        return self.Status(self.status)

    @property
    def is_routed(self) -> bool:
        """Whether who is interested asks through the chambers, not the company itself."""
        return self.is_anonymous or self.through_chambers

    @property
    def status_now(self) -> Status:
        """Its status today."""
        return self.status_on()

    def titled(self, language: str | None = None) -> tuple[str, str]:
        """(title, its language); see ``in_language``."""
        return in_language(self.title, language)

    def described_in(self, language: str | None = None) -> tuple[str, str]:
        """(text, its language); see ``in_language``."""
        return in_language(self.text, language)


class InvestmentTermsQuerySet(ScopedQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.filter(opportunity__in=Opportunity.objects.visible_to(user))

    def served_by(self, user: User | AnonymousUser) -> Self:
        if user.is_superuser:
            return self.all()
        return self.filter(opportunity__in=Opportunity.objects.served_by(user))


class InvestmentTerms(models.Model):
    """What an investment opportunity asks for or brings; amounts are exact."""

    class Instrument(models.TextChoices):
        EQUITY = "equity", _("Equity")
        LOAN = "loan", _("Loan")
        JOINT_VENTURE = "joint_venture", _("Joint venture")
        CONCESSION = "concession", _("Concession")

    opportunity = models.OneToOneField(
        Opportunity, models.CASCADE, related_name="investment", verbose_name=_("opportunity")
    )
    field = models.CharField(_("field"), max_length=120, blank=True, default="")
    region = models.CharField(_("region"), max_length=120, blank=True)
    instrument = models.CharField(_("instrument"), max_length=14, choices=Instrument.choices)
    amount_min = models.DecimalField(_("from"), max_digits=15, decimal_places=2)
    amount_max = models.DecimalField(_("up to"), max_digits=15, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, help_text="ISO 4217")

    objects = InvestmentTermsQuerySet.as_manager()

    class Meta:
        verbose_name = _("investment terms")
        verbose_name_plural = _("investment terms")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_min__gt=0, amount_max__gte=F("amount_min")),
                name="investment_range_is_ordered",
                violation_error_message=_("Give a range from above zero upwards."),
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
                name="investment_currency_is_iso",
                violation_error_message=_("Give the currency as three capital letters."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_min}–{self.amount_max} {self.currency}"


class ReferenceCounter(models.Model):
    """The last number given on a day, so that reference numbers have no gaps and no twins."""

    series = models.CharField(max_length=20, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.series}-{self.last:03d}"
