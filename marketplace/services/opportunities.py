"""Every change to opportunities: draft → in review → published → expired or archived."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chambers.models import Company, TradeCode, User, today
from chambers.services.companies import note_change
from chambers.services.finding import learn_words
from chambers.services.people import demand_editor
from marketplace.models import Opportunity, Revision
from marketplace.selectors import opportunity_index
from marketplace.selectors.contents import Content, content_of
from marketplace.selectors.own import RENEWED_FROM, RENEWED_UNTIL
from marketplace.services.interest_ends import end_interests
from marketplace.services.references import next_reference
from marketplace.services.writing import (
    demand_member,
    demand_no_leaks,
    demand_whole,
    put,
    put_terms,
    read_content,
)

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
    Status.DRAFT: {Status.IN_REVIEW},
    Status.IN_REVIEW: {Status.DRAFT, Status.ON_HOLD},
    Status.PUBLISHED: {Status.IN_REVIEW},
    Status.ON_HOLD: {Status.IN_REVIEW},
    Status.REJECTED: {Status.IN_REVIEW},
    Status.ARCHIVED: {Status.DRAFT, Status.ON_HOLD, Status.REJECTED, Status.PUBLISHED},
}


_NOT_NOW = {
    Status.DRAFT: gettext_lazy("It is a draft: hand it in for review first."),
    Status.IN_REVIEW: gettext_lazy("It is in review: wait for the decision, or take it back."),
    Status.ON_HOLD: gettext_lazy("It is on hold: change it and hand it in again."),
    Status.PUBLISHED: gettext_lazy(
        "It is published: to change it, hand in a changed text; to end it, archive it."
    ),
    Status.REJECTED: gettext_lazy("It was rejected: copy it into a new draft."),
    Status.ARCHIVED: gettext_lazy("It is archived: copy it into a new draft."),
}
_REVIEWED = {Status.PUBLISHED, Status.ON_HOLD, Status.REJECTED}
_CHANGED = {
    Status.IN_REVIEW: gettext_lazy("It is in review: take it back first, then change it."),
    Status.PUBLISHED: gettext_lazy("It is published: hand in a changed text, which is reviewed."),
    Status.REJECTED: gettext_lazy("It was rejected: copy it into a new draft."),
    Status.ARCHIVED: gettext_lazy("It is archived: copy it into a new draft."),
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
    **said: Any,
) -> Opportunity:
    """Save an offer or demand that only its company sees.

    ``investment``: ``contents.TERMS``, for kind investment only; ``said``: the other fields of
    ``contents.Content``. Raises ValidationError as ``writing.read_content`` and ``put_terms``,
    PermissionDenied for who may not decide for the company.
    """
    demand_editor(by, company)
    content = read_content(
        title=title, text=text, codes=codes, target_countries=target_countries, **said
    )
    opportunity = Opportunity(company=company, side=side, kind=kind)
    put(content, opportunity)
    opportunity.full_clean()
    opportunity.save()
    opportunity.codes.set(content.codes)
    put_terms(opportunity, investment)
    return opportunity


def copy_opportunity(opportunity: Opportunity, *, by: User) -> Opportunity:
    """A new draft that says what ``opportunity`` says; the old one stays as it is.

    Raises as ``draft_opportunity``.
    """
    said = vars(content_of(opportunity))
    side, kind = opportunity.side, opportunity.kind
    return draft_opportunity(opportunity.company, side=side, kind=kind, by=by, **said)


@transaction.atomic
def change_opportunity(
    opportunity: Opportunity,
    *,
    by: User,
    content: Content,
    side: str | None = None,
    kind: str | None = None,
) -> Opportunity:
    """Write a draft anew, or what was put on hold; side and kind only before it has a number.

    Raises ValidationError ``not_editable``, ``numbered``, and as ``put_terms``; PermissionDenied
    for who may not decide for the company.
    """
    demand_editor(by, opportunity.company)
    opportunity = lock_opportunity(opportunity)
    status = Status(opportunity.status)
    if status in _CHANGED:
        raise ValidationError(_CHANGED[status], code="not_editable")
    turned = (side or opportunity.side, kind or opportunity.kind)
    if opportunity.reference and turned != (opportunity.side, opportunity.kind):
        raise ValidationError(
            _("%(reference)s keeps its side and kind: its number says them. Write a new one."),
            code="numbered",
            params={"reference": opportunity.reference},
        )
    opportunity.side, opportunity.kind = turned
    put(content, opportunity)
    opportunity.full_clean(exclude=["company"])
    opportunity.save()
    opportunity.codes.set(content.codes)
    put_terms(opportunity, content.investment)
    return opportunity


@transaction.atomic
def submit_opportunity(opportunity: Opportunity, *, by: User) -> Opportunity:
    """Hand a draft to the chamber for review; it gets its reference number for life.

    Raises ValidationError ``bad_transition``; ``no_member`` where no chamber has admitted the
    company and nobody would read it; what is missing as ``writing.demand_whole``; ``leaks`` on
    ``leak_reason`` for an anonymous text that tells who writes; PermissionDenied for who may not
    decide for the company.
    """
    demand_editor(by, opportunity.company)
    opportunity = _move(opportunity, Status.IN_REVIEW)
    demand_member(opportunity.company)
    content = content_of(opportunity)
    demand_whole(opportunity, content)
    demand_no_leaks(opportunity.company, content)
    if not opportunity.reference:
        opportunity.reference = _next_reference(opportunity)
    opportunity.save(update_fields=["status", "reference", "updated_at"])
    return opportunity


@transaction.atomic
def take_back_opportunity(opportunity: Opportunity, *, by: User) -> Opportunity:
    """Take an opportunity out of review; it is a draft again and keeps its number.

    Raises ValidationError ``bad_transition``, PermissionDenied for who may not decide for the
    company.
    """
    demand_editor(by, opportunity.company)
    opportunity = _move(opportunity, Status.DRAFT)
    opportunity.save(update_fields=["status", "updated_at"])
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
def hold_opportunity(opportunity: Opportunity, *, by: User) -> Opportunity:
    """Send what was reviewed back to its company. Raises as ``publish_opportunity``."""
    opportunity = _reviewed(opportunity, by, Status.ON_HOLD)
    opportunity.save(update_fields=["status", "updated_at"])
    return opportunity


@transaction.atomic
def renew_opportunity(
    opportunity: Opportunity, *, by: User, on: dt.date | None = None
) -> Opportunity:
    """Show a published opportunity for another year, counted from its last day or from today.

    From ``RENEWED_FROM`` before its last day until ``RENEWED_UNTIL`` after it. Raises
    ValidationError ``bad_transition``, ``too_early``, ``too_late``; PermissionDenied for strangers
    to the company.
    """
    _demand_part(opportunity, by)
    day, opportunity = on or today(), lock_opportunity(opportunity)
    if opportunity.status != Status.PUBLISHED or opportunity.expires_on is None:
        raise ValidationError(_NOT_NOW[Status(opportunity.status)], code="bad_transition")
    if day < opportunity.expires_on - RENEWED_FROM:
        raise ValidationError(
            _("It is shown until %(last)s and can be renewed from %(first)s on."),
            code="too_early",
            params=_told_days(opportunity.expires_on, opportunity.expires_on - RENEWED_FROM),
        )
    if day > opportunity.expires_on + RENEWED_UNTIL:
        raise ValidationError(
            _("It ended on %(last)s: after so long copy it into a new draft, which is reviewed."),
            code="too_late",
            params=_told_days(opportunity.expires_on, day),
        )
    opportunity.expires_on = max(day, opportunity.expires_on) + SHOWN_FOR
    opportunity.save(update_fields=["expires_on", "updated_at"])
    note_change(opportunity.company)
    return opportunity


@transaction.atomic
def archive_opportunity(opportunity: Opportunity, *, by: User) -> Opportunity:
    """Take an opportunity out of the market for good; what is asked about it ends with it.

    Raises ValidationError ``bad_transition``, PermissionDenied for strangers to the company.
    """
    _demand_part(opportunity, by)
    opportunity = _move(opportunity, Status.ARCHIVED)
    opportunity.save(update_fields=["status", "updated_at"])
    Revision.objects.waiting().filter(opportunity=opportunity).update(
        state=Revision.State.WITHDRAWN, decided_at=timezone.now()
    )
    end_interests(opportunity, by=by)
    note_change(opportunity.company)
    return opportunity


def refuse_past_day(day: dt.date) -> None:
    """Raise ValidationError ``past_day`` for a last day that is over."""
    if day < today():
        raise ValidationError(_("This day is over: give today or a later day."), code="past_day")


def reindex_opportunity(opportunity: Opportunity) -> None:
    """Make a saved opportunity findable as it now stands."""
    made = opportunity_index(opportunity)
    Opportunity.objects.filter(pk=opportunity.pk).update(**made.columns())
    learn_words(made.spoken)


def _demand_part(opportunity: Opportunity, by: User) -> None:
    company = Company.objects.filter(pk=opportunity.company_id)
    if not (company.edited_by(by).exists() or company.managed_by(by).exists()):
        raise PermissionDenied(_("Only the company or its chamber may do this."))


def _told_days(last: dt.date, first: dt.date) -> dict[str, str]:
    return {"last": date_format(last), "first": date_format(first)}


def lock_opportunity(opportunity: Opportunity) -> Opportunity:
    """An opportunity as it stands, with its company; nobody changes it meanwhile."""
    rows = Opportunity.objects.select_for_update(of=("self",)).select_related("company")
    return rows.get(pk=opportunity.pk)


def demand_move(opportunity: Opportunity, to: Opportunity.Status) -> Opportunity:
    """The locked opportunity; raises ValidationError ``bad_transition`` if it cannot be ``to``."""
    locked = lock_opportunity(opportunity)
    if locked.status not in _MOVES[to]:
        raise _wrong_state(locked, to)
    return locked


def _wrong_state(opportunity: Opportunity, wanted: Opportunity.Status) -> ValidationError:
    """Say to its company what is open to it now, to its reviewer that somebody was faster."""
    if wanted in _REVIEWED:
        return ValidationError(
            _("It does not wait for a review now, it is “%(present)s”: see what was decided."),
            code="bad_transition",
            params={"present": opportunity.get_status_display()},
        )
    return ValidationError(_NOT_NOW[Status(opportunity.status)], code="bad_transition")


def _move(opportunity: Opportunity, to: Opportunity.Status) -> Opportunity:
    locked = demand_move(opportunity, to)
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
    return next_reference(series)
