"""Every change to memberships: application, decision, renewal, end."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import (
    Chamber,
    Company,
    Document,
    Membership,
    Representative,
    User,
    today,
)
from chambers.services.companies import note_change
from chambers.services.files import keep_document
from chambers.services.finding import learn_company
from chambers.services.mail import queue_mail
from chambers.services.membership_mail import tell_of_application
from chambers.services.people import demand_editor, demand_manager


@transaction.atomic
def apply_for_membership(
    company: Company,
    *,
    to: Chamber,
    kind: str = Membership.Kind.FULL,
    extract: File | None = None,
    by: User | None = None,
) -> Membership:
    """Put an application before a chamber, with a registration extract if there is one.

    ``by`` decides for the company, and the chamber is mailed; None is the installation itself.
    Raises ValidationError ``already_member`` while an application is open, or a membership is
    in force, in its days of grace too, or yet to begin; ``bad_file`` on ``extract``;
    PermissionDenied.
    """
    if by is not None:
        demand_editor(by, company)
    _hold(company)
    if Membership.objects.open().filter(chamber=to, company=company).exists():
        raise _already_member()
    membership = Membership(chamber=to, company=company, kind=kind)
    if extract is not None:
        membership.extract = _kept(company, extract, by)
    membership.full_clean()
    membership.save()
    if by is not None:
        tell_of_application(membership)
    return membership


@transaction.atomic
def withdraw_application(membership: Membership, *, by: User) -> None:
    """Take an application back before it is decided; nothing of it stays but its extract.

    Raises ValidationError ``already_decided``, PermissionDenied for who may not decide for the
    company.
    """
    demand_editor(by, membership.company)
    rows = Membership.objects.select_for_update(of=("self",))
    _demand_pending(rows.get(pk=membership.pk)).delete()


@transaction.atomic
def admit_company(
    company: Company,
    *,
    to: Chamber,
    starts_on: dt.date,
    ends_on: dt.date | None = None,
    kind: str = Membership.Kind.FULL,
    by: User | None = None,
) -> Membership:
    """Open a membership without an application, as a register that is taken over does.

    Raises ValidationError ``already_member`` while an application is open, or where the days of
    another membership meet these.
    """
    _hold(company)
    asked = Membership.objects.filter(
        chamber=to, company=company, decision=Membership.Decision.PENDING
    )
    if asked.exists():
        raise _already_member()
    membership = Membership(
        chamber=to,
        company=company,
        kind=kind,
        applied_on=starts_on,
        starts_on=starts_on,
        ends_on=ends_on,
        decision=Membership.Decision.ADMITTED,
        decided_at=timezone.now(),
        decided_by=by,
    )
    membership.full_clean()
    membership.save()
    learn_company(company)
    note_change(company)
    return membership


@transaction.atomic
def approve_membership(
    membership: Membership, *, by: User, starts_on: dt.date | None = None
) -> Membership:
    """Admit an applicant and tell its main contacts.

    Raises ValidationError ``already_decided`` when somebody was faster, ``already_member`` where
    the days of another membership meet these, PermissionDenied for anyone but a manager of the
    chamber.
    """
    membership = _lock_pending(membership, by)
    membership.decision = Membership.Decision.ADMITTED
    membership.starts_on = starts_on or today()
    _decide(membership, by)
    learn_company(membership.company)
    note_change(membership.company)
    return membership


@transaction.atomic
def refuse_membership(membership: Membership, *, by: User, reason: str) -> Membership:
    """Refuse an applicant, with the reason that is told to its main contacts.

    Raises ValidationError ``no_reason`` or ``already_decided``, PermissionDenied for anyone but
    a manager of the chamber.
    """
    if not reason.strip():
        raise ValidationError(
            {
                "reason": ValidationError(
                    _("Say why the membership is refused: the company reads it."), code="no_reason"
                )
            }
        )
    membership = _lock_pending(membership, by)
    membership.decision, membership.reason = Membership.Decision.REFUSED, reason.strip()
    _decide(membership, by)
    return membership


@transaction.atomic
def renew_membership(membership: Membership, *, ends_on: dt.date | None, by: User) -> Membership:
    """Move the last day of an admitted membership; None leaves the end open.

    Raises ValidationError ``already_member`` where a later membership begins before that day.
    """
    membership = _lock(membership, by)
    membership.ends_on = ends_on
    membership.full_clean()
    membership.save(update_fields=["ends_on"])
    note_change(membership.company)
    return membership


@transaction.atomic
def note_on_membership(membership: Membership, *, notes: str, by: User) -> Membership:
    """Write down what only this chamber's staff reads. Raises PermissionDenied."""
    membership = _lock(membership, by)
    membership.notes = notes.strip()
    membership.save(update_fields=["notes"])
    return membership


@transaction.atomic
def end_membership(membership: Membership, *, ends_on: dt.date, by: User) -> Membership:
    """Set the last day of a membership."""
    return renew_membership(membership, ends_on=ends_on, by=by)


def _kept(company: Company, extract: File, by: User | None) -> Document:
    try:
        return keep_document(company, kind=Document.Kind.EXTRACT, upload=extract, by=by)
    except ValidationError as error:
        # Here the file has another name than where it is the only one.
        raise ValidationError({"extract": error.error_dict["upload"]}) from error


def _hold(company: Company) -> None:
    """Let no other application or admission of the company pass the checks meanwhile."""
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)


def _already_member() -> ValidationError:
    return ValidationError(
        {
            NON_FIELD_ERRORS: ValidationError(
                _("This company is already a member of the chamber or has applied."),
                code="already_member",
            )
        }
    )


def _lock(membership: Membership, by: User) -> Membership:
    locked = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("chamber", "company")
        .get(pk=membership.pk)
    )
    demand_manager(by, locked.chamber)
    return locked


def _lock_pending(membership: Membership, by: User) -> Membership:
    return _demand_pending(_lock(membership, by))


def _demand_pending(locked: Membership) -> Membership:
    if locked.decision != Membership.Decision.PENDING:
        raise ValidationError(
            _("This application is already decided: %(decision)s."),
            code="already_decided",
            params={"decision": locked.get_decision_display()},
        )
    return locked


def _decide(membership: Membership, by: User) -> None:
    membership.decided_at, membership.decided_by = timezone.now(), by
    membership.full_clean()
    membership.save(update_fields=["decision", "reason", "starts_on", "decided_at", "decided_by"])
    contacts = Representative.objects.filter(
        company=membership.company, role=Representative.Role.OWNER
    ).select_related("person")
    for contact in contacts:
        queue_mail(
            f"membership_{membership.decision}",
            to=contact.person,
            chamber=membership.chamber,
            context={"membership": membership},
        )
