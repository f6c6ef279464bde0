"""Every change to outcomes: reported, confirmed by the partner, approved by a chamber.

A paper counts once both companies and one chamber have said so. Each step is a line of the record.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from babel.core import get_global
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import Chamber, Company, Document, Membership, User, today
from chambers.services.files import keep_document
from chambers.services.people import demand_editor
from marketplace.models import Meeting, Outcome, OutcomeAmount, OutcomeEntry
from marketplace.selectors.outcomes import joined
from marketplace.services import outcome_mail, outcome_record, staff_mail
from marketplace.services.references import next_reference

State, Stage, Step = Outcome.State, Outcome.Stage, OutcomeEntry.Step
Publicity = Outcome.Publicity
_STRICTER = {one: rank for rank, one in enumerate(Publicity)}
_CHANGEABLE = (State.WITH_PARTNER, State.REFUSED, State.RETURNED, State.CONFIRMED)
_WITHDRAWABLE = (State.WITH_PARTNER, State.WITH_CHAMBER, State.REFUSED, State.RETURNED)


@transaction.atomic
def report_outcome(
    company: Company,
    partner: Company,
    *,
    meeting: Meeting,
    by: User,
    kind: str,
    subject: str,
    claimed: str,
    signed_on: dt.date | None = None,
    amount: Decimal | None = None,
    currency: str = "",
    publicity: str = Publicity.PRIVATE,
    evidence: File | None = None,
    another: bool = False,
    at: dt.datetime | None = None,
) -> Outcome:
    """Report a paper that came of a meeting; the partner is asked to confirm it.

    ``another`` says that it is not the one that the partner has reported. Raises ValidationError
    ``not_met``, ``reported_already``; on its field ``future``, ``no_date``, ``no_currency``,
    ``no_amount``, ``bad_file``; PermissionDenied for who does not decide for the company.
    """
    now = at or timezone.now()
    demand_editor(by, company)
    _demand_met(meeting, company, partner, now)
    # Both companies, always in one order: two who report at once see each other's.
    list(
        Company.objects.select_for_update(no_key=True)
        .filter(pk__in=[company.pk, partner.pk])
        .order_by("pk")
    )
    if not another:
        _refuse_twin(company, partner, kind)
    outcome = Outcome(
        reference=next_reference(f"P-{company.country_id}-{today():%Y%m%d}"),
        reporter=company,
        partner=partner,
        meeting=meeting,
        event=None if meeting.event.is_direct else meeting.event,
        reported_by=by,
        reported_at=now,
    )
    stated = {
        "kind": kind,
        "subject": subject,
        "claimed": claimed,
        "signed_on": signed_on,
        "publicity": publicity,
    }
    _state_facts(outcome, stated, amount, currency)
    _keep_evidence(outcome, evidence, by)
    outcome_record.add(outcome, Step.REPORTED, company=company, at=now)
    outcome_mail.ask_partner(outcome)
    return outcome


@transaction.atomic
def change_outcome(
    outcome: Outcome,
    *,
    by: User,
    amount: Decimal | None = None,
    currency: str = "",
    evidence: File | None = None,
    at: dt.datetime | None = None,
    **stated: Any,
) -> Outcome:
    """State a paper anew, as its reporter: corrected, or in its next stage.

    The partner is asked again; until both and the chamber have confirmed it, the stage approved
    before stays. ``stated``: kind, subject, claimed, signed_on, publicity. Raises as
    ``report_outcome``; ValidationError ``bad_transition`` while a chamber has it, or after it was
    withdrawn.
    """
    now = at or timezone.now()
    outcome = _lock(outcome)
    demand_editor(by, outcome.reporter)
    _demand_state(outcome, *_CHANGEABLE)
    outcome.state, outcome.reason = State.WITH_PARTNER, ""
    outcome.confirmed_by = outcome.confirmed_at = None
    _state_facts(outcome, stated, amount, currency)
    _keep_evidence(outcome, evidence, by)
    outcome_record.add(outcome, Step.CHANGED, company=outcome.reporter, at=now)
    outcome_mail.ask_partner(outcome)
    return outcome


@transaction.atomic
def confirm_outcome(
    outcome: Outcome, *, by: User, publicity: str | None = None, at: dt.datetime | None = None
) -> Outcome:
    """Confirm as the partner that the paper is as reported; then a chamber approves it.

    ``publicity`` may tell fewer people of it than the reporter wished. Raises ValidationError
    ``bad_transition``; on ``publicity`` ``wider``; PermissionDenied for anyone but the partner.
    """
    outcome = _lock(outcome)
    demand_editor(by, outcome.partner)
    _demand_state(outcome, State.WITH_PARTNER)
    if publicity is not None:
        if _STRICTER[Publicity(publicity)] > _STRICTER[Publicity(outcome.publicity)]:
            raise ValidationError(
                {
                    "publicity": ValidationError(
                        _("Your partner wished to tell fewer people: you may only narrow it."),
                        code="wider",
                    )
                }
            )
        outcome.publicity = Publicity(publicity)
    now = at or timezone.now()
    outcome.state = State.WITH_CHAMBER
    outcome.confirmed_by, outcome.confirmed_at = by, now
    outcome.save()
    outcome_record.add(outcome, Step.CONFIRMED, company=outcome.partner, at=now)
    outcome_mail.tell_reporter("outcome_confirmed", outcome)
    staff_mail.tell_of_paper(outcome)
    return outcome


@transaction.atomic
def refuse_outcome(
    outcome: Outcome, *, by: User, reason: str, at: dt.datetime | None = None
) -> Outcome:
    """Say as the partner that the paper is not as reported; the reporter reads why.

    Raises ValidationError ``bad_transition``; on ``reason`` ``no_reason``; PermissionDenied for
    anyone but the partner.
    """
    outcome = _lock(outcome)
    demand_editor(by, outcome.partner)
    _demand_state(outcome, State.WITH_PARTNER)
    outcome.state, outcome.reason = State.REFUSED, _reason(reason)
    outcome.save()
    outcome_record.add(outcome, Step.REFUSED, company=outcome.partner, at=at)
    outcome_mail.tell_reporter("outcome_refused", outcome)
    return outcome


@transaction.atomic
def withdraw_outcome(outcome: Outcome, *, by: User, at: dt.datetime | None = None) -> Outcome:
    """Take back what one's company has reported, before it is confirmed by all.

    Raises ValidationError ``bad_transition``: a confirmed paper becomes void by a change instead;
    PermissionDenied for anyone but the reporter.
    """
    outcome = _lock(outcome)
    demand_editor(by, outcome.reporter)
    _demand_state(outcome, *_WITHDRAWABLE)
    outcome.state = State.WITHDRAWN
    outcome.save()
    outcome_record.add(outcome, Step.WITHDRAWN, company=outcome.reporter, at=at)
    return outcome


@transaction.atomic
def approve_outcome(outcome: Outcome, *, by: User, at: dt.datetime | None = None) -> Outcome:
    """Say as a chamber that the paper is there: from now on it counts, in the stage stated.

    Raises ValidationError ``bad_transition``; PermissionDenied for anyone but a manager of a
    chamber of one of the two, and for who speaks for one of them.
    """
    now = at or timezone.now()
    outcome = _lock(outcome)
    chamber = _deciding_chamber(outcome, by)
    _demand_state(outcome, State.WITH_CHAMBER)
    outcome.state, outcome.stage = State.CONFIRMED, outcome.claimed
    outcome.approved_by, outcome.approved_at, outcome.chamber = by, now, chamber
    outcome.save()
    outcome_record.add(outcome, Step.APPROVED, chamber=chamber, at=now)
    outcome_mail.tell_both("outcome_approved", outcome)
    return outcome


@transaction.atomic
def return_outcome(
    outcome: Outcome, *, by: User, reason: str, at: dt.datetime | None = None
) -> Outcome:
    """Send a paper back as a chamber; both companies read why.

    Raises ValidationError ``bad_transition``; on ``reason`` ``no_reason``; PermissionDenied as
    ``approve_outcome``.
    """
    outcome = _lock(outcome)
    chamber = _deciding_chamber(outcome, by)
    _demand_state(outcome, State.WITH_CHAMBER)
    outcome.state, outcome.reason = State.RETURNED, _reason(reason)
    outcome.save()
    outcome_record.add(outcome, Step.RETURNED, chamber=chamber, at=at)
    outcome_mail.tell_both("outcome_returned", outcome)
    return outcome


def currencies() -> frozenset[str]:
    """The ISO 4217 codes that people pay with."""
    return frozenset(code for code in get_global("all_currencies") if len(code) == 3)


# ---------------------------------------------------------------- what the steps share
def _lock(outcome: Outcome) -> Outcome:
    rows = Outcome.objects.select_for_update(of=("self",))
    locked: Outcome = joined(rows).get(pk=outcome.pk)
    return locked


def _demand_state(outcome: Outcome, *states: Outcome.State) -> None:
    if outcome.state not in states:
        raise ValidationError(
            _("This cannot be done now: %(state)s."),
            code="bad_transition",
            params={"state": outcome.get_state_display()},
        )


def _demand_met(meeting: Meeting, company: Company, partner: Company, now: dt.datetime) -> None:
    met = {one.registration.company_id for one in meeting.people()}
    # A cancelled one keeps its time, and a plan that nobody was told of has one.
    had = meeting.is_told and meeting.status != Meeting.Status.CANCELLED
    begun = had and meeting.slot is not None and meeting.slot.starts_at <= now
    if not {company.pk, partner.pk} <= met or company.pk == partner.pk or not begun:
        raise ValidationError(
            _("Choose a meeting that you had with this company: a paper comes of a meeting."),
            code="not_met",
        )


def _refuse_twin(company: Company, partner: Company, kind: str) -> None:
    over = (State.WITHDRAWN, State.REFUSED)
    theirs = Outcome.objects.filter(reporter=partner, partner=company, kind=kind)
    twin = theirs.exclude(state__in=over).order_by("pk").last()
    if twin is not None:
        raise ValidationError(
            _(
                "Your partner has reported such a paper already: %(reference)s. Confirm that one,"
                " or say that yours is another."
            ),
            code="reported_already",
            params={"reference": twin.reference},
        )


def _state_facts(
    outcome: Outcome, stated: dict[str, Any], amount: Decimal | None, currency: str
) -> None:
    """Set and save what a paper says, and its value."""
    for name, value in stated.items():
        setattr(outcome, name, value.strip() if isinstance(value, str) else value)
    _refuse_facts(outcome, amount, currency)
    outcome.full_clean(exclude=["meeting", "event"])
    outcome.save()
    OutcomeAmount.objects.filter(outcome=outcome).delete()
    outcome._state.fields_cache.pop("money", None)  # noqa: SLF001 - Django's documented cache
    if amount is not None:
        money = OutcomeAmount(outcome=outcome, amount=amount, currency=currency)
        money.full_clean(exclude=["outcome"])
        money.save()


def _refuse_facts(outcome: Outcome, amount: Decimal | None, currency: str) -> None:
    wrong: dict[str, ValidationError] = {}
    if outcome.signed_on is None and outcome.claimed in Outcome.SIGNED:
        wrong["signed_on"] = ValidationError(_("Say on which day it was signed."), code="no_date")
    elif outcome.signed_on is not None and outcome.signed_on > today() + dt.timedelta(days=1):
        text = _("This day is to come: report it as announced, or give the day of the signature.")
        wrong["signed_on"] = ValidationError(text, code="future")
    if amount is not None and currency not in currencies():
        text = _("Say in which currency: three letters such as EUR, JPY or RUB.")
        wrong["currency"] = ValidationError(text, code="no_currency")
    if amount is None and currency:
        text = _("Give the amount too, or leave both empty.")
        wrong["amount"] = ValidationError(text, code="no_amount")
    if wrong:
        raise ValidationError(wrong)


def _keep_evidence(outcome: Outcome, upload: File | None, by: User) -> None:
    if upload is None:
        return
    try:
        kept = keep_document(outcome.reporter, kind=Document.Kind.EVIDENCE, upload=upload, by=by)
    except ValidationError as error:
        found = getattr(error, "error_dict", {}).get("upload")
        raise ValidationError({"evidence": found} if found else error.messages) from error
    outcome.evidence = kept
    outcome.save(update_fields=["evidence"])


def _reason(text: str) -> str:
    if not text.strip():
        wrong = ValidationError(_("Say why: the companies read it."), code="no_reason")
        raise ValidationError({"reason": wrong})
    return text.strip()


def _deciding_chamber(outcome: Outcome, by: User) -> Chamber:
    """The chamber for which ``by`` decides about a paper. Raises PermissionDenied."""
    pair = [outcome.reporter_id, outcome.partner_id]
    if Company.objects.run_by(by).filter(pk__in=pair).exists():
        raise PermissionDenied(_("You speak for one of the two companies: another decides."))
    theirs = Membership.objects.in_force().filter(company__in=pair).values("chamber")
    managed = Chamber.objects.managed_by(by).filter(pk__in=theirs)
    found = managed.order_by("pk").first()
    if found is None:
        raise PermissionDenied(_("Only a manager of a chamber of the two companies may do this."))
    return found
