"""Every change to people, who they act for, and their tokens."""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.acting import NotDecidingError
from chambers.models import (
    ApiToken,
    Chamber,
    Company,
    Representative,
    Scope,
    Staff,
    User,
    today,
)
from chambers.services.mail import queue_mail

LONGEST_TOKEN = dt.timedelta(days=365)
UNCONFIRMED_FOR = dt.timedelta(days=7)


@transaction.atomic
def create_person(
    email: str,
    *,
    name: str,
    password: str | None = None,
    language: str = "en",
    time_zone: str = "UTC",
) -> User:
    """Save a person whose address is known to be theirs.

    Raises ValidationError on ``email`` when somebody has it already.
    """
    user: User = User.objects.create_user(
        email, password, name=name, language=language, time_zone=time_zone
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@transaction.atomic
def introduce(person: User, *, name: str, language: str, time_zone: str | None = None) -> None:
    """Say of oneself how one is called, what one reads and, if given, where one's clock stands.

    Raises ValidationError when a rule is broken.
    """
    person.name, person.language = " ".join(name.split()), language
    person.time_zone = time_zone or person.time_zone
    person.full_clean(exclude=["password"])
    person.save(update_fields=["name", "language", "time_zone"])


@transaction.atomic
def forget_unconfirmed(at: dt.datetime | None = None) -> int:
    """Delete accounts whose address nobody confirmed within ``UNCONFIRMED_FOR``; how many.

    Who has ever signed in, or acts for anybody, stays.
    """
    confirmed = EmailAddress.objects.filter(verified=True)
    old = User.objects.filter(
        joined_at__lt=(at or timezone.now()) - UNCONFIRMED_FOR,
        last_login=None,
        is_staff=False,
        representations=None,
        staff_roles=None,
    ).exclude(pk__in=confirmed.values("user"))
    return int(old.delete()[1].get("chambers.User", 0))


def demand_manager(by: User | None, *chambers: Chamber) -> None:
    """Let only a manager of one of the chambers pass; None is the installation itself.

    Raises PermissionDenied.
    """
    keys = [chamber.pk for chamber in chambers]
    if by is not None and not Chamber.objects.managed_by(by).filter(pk__in=keys).exists():
        raise PermissionDenied(_("Only a manager of this chamber may do this."))


def demand_editor(by: User, company: Company) -> None:
    """Let only who may decide for a company pass. Raises PermissionDenied."""
    if not Company.objects.edited_by(by).filter(pk=company.pk).exists():
        raise NotDecidingError


@transaction.atomic
def change_person(person: User, **fields: Any) -> User:
    """Change what a person is called, reads, or whether they may sign in.

    One who is no longer active loses their sessions and tokens at once.
    """
    for name, value in fields.items():
        setattr(person, name, value)
    person.full_clean(exclude=["password"])
    person.save(update_fields=list(fields))
    if not person.is_active:
        ApiToken.objects.filter(user=person).delete()
    return person


@transaction.atomic
def appoint_staff(
    person: User, *, to: Chamber, role: str = Staff.Role.MANAGER, by: User | None = None
) -> Staff:
    """Let a person work for a chamber; appointed by a person, its managers and they are told.

    Raises ValidationError ``already_staff`` when they do, PermissionDenied unless ``by`` manages
    the chamber: nobody grants what they do not hold.
    """
    demand_manager(by, to)
    staff = Staff(person=person, chamber=to, role=role)
    staff.full_clean()
    staff.save()
    if not person.is_staff:
        person.is_staff = True
        person.save(update_fields=["is_staff"])
    if by is not None:
        _tell_of_staff(staff, "staff_appointed", by)
    return staff


@transaction.atomic
def appoint_by_email(
    email: str, *, name: str, to: Chamber, role: str, by: User, language: str = "en"
) -> Staff:
    """Let whoever has this address work for a chamber.

    A person we do not know yet is saved without a password; the mail says how to choose one.
    Raises as ``appoint_staff``.
    """
    demand_manager(by, to)
    person = User.objects.filter(email__iexact=email.strip()).first()
    if person is None:
        person = create_person(email, name=name, language=language, time_zone=to.zone)
    return appoint_staff(person, to=to, role=role, by=by)


@transaction.atomic
def change_staff_role(staff: Staff, *, role: str, by: User) -> Staff:
    """Change what a person may do for a chamber.

    Raises ValidationError ``own_role`` for one's own, PermissionDenied unless ``by`` manages it.
    """
    demand_manager(by, staff.chamber)
    _demand_other(staff, by)
    staff.role = role
    staff.full_clean()
    staff.save(update_fields=["role"])
    _tell_of_staff(staff, "staff_appointed", by)
    return staff


@transaction.atomic
def dismiss_staff(staff: Staff, *, by: User | None = None) -> None:
    """End a person's work for a chamber; with their last one they leave the administration.

    Raises ValidationError ``own_role`` for one's own, PermissionDenied unless ``by`` manages it.
    """
    demand_manager(by, staff.chamber)
    if by is not None:
        _demand_other(staff, by)
        _tell_of_staff(staff, "staff_dismissed", by)
    person = staff.person
    staff.delete()
    if not person.is_superuser and not person.staff_roles.exists():
        person.is_staff = False
        person.save(update_fields=["is_staff"])


def _demand_other(staff: Staff, by: User) -> None:
    # So that a chamber is never left without a manager by a slip of the hand.
    if staff.person_id == by.pk and not by.is_superuser:
        raise ValidationError(
            _("Your own role is changed by another manager of the chamber."), code="own_role"
        )


def _tell_of_staff(staff: Staff, kind: str, by: User) -> None:
    colleagues = User.objects.filter(
        staff_roles__chamber=staff.chamber_id, staff_roles__role=Staff.Role.MANAGER
    ).exclude(pk=by.pk)
    for reader in {staff.person, *colleagues}:
        queue_mail(
            kind, to=reader, chamber=staff.chamber, context={"staff": staff, "decided_by": by}
        )


@transaction.atomic
def add_representative(
    person: User, *, to: Company, role: str = Representative.Role.EDITOR
) -> Representative:
    """Let a person speak for a company.

    Raises ValidationError ``already_representative`` when they do.
    """
    representative = Representative(person=person, company=to, role=role)
    representative.full_clean()
    representative.save()
    return representative


@transaction.atomic
def issue_token(
    person: User, *, name: str, scopes: list[str], days: int = 90
) -> tuple[ApiToken, str]:
    """Give a program a key for ``days`` days: (the stored row, the key, shown only now).

    Raises ValidationError ``bad_scopes`` for unknown or no scopes, ``bad_expiry`` beyond a year.
    """
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        raise ValidationError(
            _("Choose scopes from: %(scopes)s."),
            code="bad_scopes",
            params={"scopes": ", ".join(Scope.values)},
        )
    if not 1 <= days <= LONGEST_TOKEN.days:
        raise ValidationError(
            _("A token lives 1 to %(days)d days."),
            code="bad_expiry",
            params={"days": LONGEST_TOKEN.days},
        )
    token, key = ApiToken.objects.create(
        user=person, expiry=dt.timedelta(days=days), name=name, scopes=sorted(set(scopes))
    )
    return token, key


@transaction.atomic
def revoke_token(token: ApiToken, *, by: User | None = None) -> None:
    """End a token at once. Raises PermissionDenied for who is neither owner nor superuser."""
    if by is not None and not by.is_superuser and token.user_id != by.pk:
        raise PermissionDenied(_("Only its owner may end this token."))
    token.delete()


def note_use(token: ApiToken) -> None:
    """Remember the day on which a program used a token last; written once a day."""
    day = today()
    if token.last_used_on != day:
        ApiToken.objects.filter(pk=token.pk).exclude(last_used_on=day).update(last_used_on=day)
        token.last_used_on = day


@transaction.atomic
def choose_language(person: User, language: str) -> None:
    """Remember the language a person reads."""
    person.language = language
    person.full_clean(exclude=["password"])
    person.save(update_fields=["language"])


def delete_expired_tokens(at: dt.datetime | None = None) -> int:
    """Delete tokens past their last moment; how many."""
    return int(ApiToken.objects.filter(expiry__lt=at or timezone.now()).delete()[0])
