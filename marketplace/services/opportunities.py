"""Every change to opportunities: draft → in review → published → expired or archived."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import Company, TradeCode, User, today
from chambers.selectors.search import as_vector
from chambers.services.companies import note_change
from marketplace.models import InvestmentTerms, Opportunity
from marketplace.selectors import opportunity_vector

SHOWN_FOR = dt.timedelta(days=365)
Status = Opportunity.Status
_SERIES = {
    Opportunity.Kind.GOODS: "B",
    Opportunity.Kind.SERVICE: "B",
    Opportunity.Kind.TECHNOLOGY: "T",
    Opportunity.Kind.RESEARCH: "R",
    Opportunity.Kind.INVESTMENT: "I",
}
_MOVES = {
    Status.IN_REVIEW: {Status.DRAFT, Status.ON_HOLD},
    Status.PUBLISHED: {Status.IN_REVIEW},
    Status.ON_HOLD: {Status.IN_REVIEW},
    Status.REJECTED: {Status.IN_REVIEW},
    Status.ARCHIVED: {Status.DRAFT, Status.ON_HOLD, Status.REJECTED, Status.PUBLISHED},
}


@transaction.atomic
def draft_opportunity(
    company: Company,
    *,
    side: str,
    kind: str,
    title: dict[str, str],
    by: User,
    text: dict[str, str] | None = None,
    codes: Iterable[TradeCode] = (),
    target_countries: Iterable[str] = (),
    investment: dict[str, Any] | None = None,
) -> Opportunity:
    """Save an offer or demand that only its company sees.

    ``investment``: region, instrument, amount_min, amount_max, currency; for kind investment only.
    Raises PermissionDenied for who may not decide for the company.
    """
    if not Company.objects.edited_by(by).filter(pk=company.pk).exists():
        raise PermissionDenied(_("Only representatives of the company may do this."))
    opportunity = Opportunity(
        company=company,
        side=side,
        kind=kind,
        title=title,
        text=text or {},
        target_countries=list(target_countries),
    )
    if not any(words.strip() for words in title.values()):
        raise ValidationError(
            {"title": ValidationError(_("Give a title in at least one language."), code="no_title")}
        )
    opportunity.full_clean()
    opportunity.save()
    opportunity.codes.set(codes)
    if investment is not None:
        terms = InvestmentTerms(opportunity=opportunity, **investment)
        terms.full_clean()
        terms.save()
    return opportunity


@transaction.atomic
def submit_opportunity(opportunity: Opportunity, *, by: User) -> Opportunity:
    """Hand a draft to the chamber for review; it gets its reference number for life.

    Raises ValidationError ``bad_transition``, PermissionDenied for who may not decide for the
    company.
    """
    if not Company.objects.edited_by(by).filter(pk=opportunity.company_id).exists():
        raise PermissionDenied(_("Only representatives of the company may do this."))
    opportunity = _move(opportunity, Status.IN_REVIEW)
    if not opportunity.reference:
        opportunity.reference = _next_reference(opportunity)
    opportunity.save(update_fields=["status", "reference", "updated_at"])
    return opportunity


@transaction.atomic
def publish_opportunity(
    opportunity: Opportunity, *, by: User, expires_on: dt.date | None = None
) -> Opportunity:
    """Publish what was reviewed, for a year by default; it is searched and matched from now on.

    Raises ValidationError ``bad_transition`` or, on ``expires_on``, ``past_day``;
    PermissionDenied for anyone but a manager of one of the company's chambers.
    """
    opportunity = _reviewed(opportunity, by, Status.PUBLISHED)
    if expires_on is not None:
        try:
            refuse_past_day(expires_on)
        except ValidationError as error:
            raise ValidationError({"expires_on": error}) from None
    opportunity.published_at = opportunity.published_at or timezone.now()
    opportunity.expires_on = expires_on or today() + SHOWN_FOR
    opportunity.full_clean(exclude=["company"])
    opportunity.save(update_fields=["status", "published_at", "expires_on", "updated_at"])
    reindex_opportunity(opportunity)
    note_change(opportunity.company)
    return opportunity


@transaction.atomic
def reject_opportunity(opportunity: Opportunity, *, by: User) -> Opportunity:
    """Do not publish what was reviewed. Raises as ``publish_opportunity``."""
    opportunity = _reviewed(opportunity, by, Status.REJECTED)
    opportunity.save(update_fields=["status", "updated_at"])
    return opportunity


@transaction.atomic
def archive_opportunity(opportunity: Opportunity, *, by: User) -> Opportunity:
    """Take an opportunity out of the market for good.

    Raises ValidationError ``bad_transition``, PermissionDenied for strangers to the company.
    """
    company = Company.objects.filter(pk=opportunity.company_id)
    if not (company.edited_by(by).exists() or company.managed_by(by).exists()):
        raise PermissionDenied(_("Only the company or its chamber may do this."))
    opportunity = _move(opportunity, Status.ARCHIVED)
    opportunity.save(update_fields=["status", "updated_at"])
    note_change(opportunity.company)
    return opportunity


def refuse_past_day(day: dt.date) -> None:
    """Raise ValidationError ``past_day`` for a last day that is over."""
    if day < today():
        raise ValidationError(_("This day is over: give today or a later day."), code="past_day")


def reindex_opportunity(opportunity: Opportunity) -> None:
    """Make a saved opportunity findable as it now stands."""
    Opportunity.objects.filter(pk=opportunity.pk).update(
        search=as_vector(opportunity_vector(opportunity))
    )


def _move(opportunity: Opportunity, to: Opportunity.Status) -> Opportunity:
    locked = (
        Opportunity.objects.select_for_update(of=("self",))
        .select_related("company")
        .get(pk=opportunity.pk)
    )
    if locked.status not in _MOVES[to]:
        raise ValidationError(
            _("From “%(present)s” it cannot become “%(wanted)s”."),
            code="bad_transition",
            params={"present": locked.get_status_display(), "wanted": to.label},
        )
    locked.status = to
    return locked


def _reviewed(opportunity: Opportunity, by: User, to: Opportunity.Status) -> Opportunity:
    if not Company.objects.managed_by(by).filter(pk=opportunity.company_id).exists():
        raise PermissionDenied(_("Only a manager of the company's chamber may do this."))
    return _move(opportunity, to)


def _next_reference(opportunity: Opportunity) -> str:
    """BO-RU-20261121-001: kind and side, country, day of submission, number on that day."""
    side = "O" if opportunity.side == Opportunity.Side.OFFER else "R"
    day = today()
    prefix = f"{_SERIES[Opportunity.Kind(opportunity.kind)]}{side}"
    series = f"{prefix}-{opportunity.company.country_id}-{day:%Y%m%d}"
    # One statement, so that two submissions at once wait for each other on the row.
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into marketplace_referencecounter (series, last) values (%s, 1)"
            " on conflict (series) do update set last = marketplace_referencecounter.last + 1"
            " returning last",
            [series],
        )
        (number,) = cursor.fetchone() or (0,)
    return f"{series}-{number:03d}"
