"""Every change to people, who they act for, and their tokens."""

from __future__ import annotations

import datetime as dt

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import ApiToken, Chamber, Company, Representative, Scope, Staff, User

LONGEST_TOKEN = dt.timedelta(days=365)


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
def appoint_staff(person: User, *, to: Chamber, role: str = Staff.Role.MANAGER) -> Staff:
    """Let a person work for a chamber.

    Raises ValidationError ``already_staff`` when they do.
    """
    staff = Staff(person=person, chamber=to, role=role)
    staff.full_clean()
    staff.save()
    if not person.is_staff:
        person.is_staff = True
        person.save(update_fields=["is_staff"])
    return staff


@transaction.atomic
def dismiss_staff(staff: Staff) -> None:
    """End a person's work for a chamber; with their last one they leave the administration."""
    person = staff.person
    staff.delete()
    if not person.is_superuser and not person.staff_roles.exists():
        person.is_staff = False
        person.save(update_fields=["is_staff"])


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
def revoke_token(token: ApiToken) -> None:
    """End a token at once."""
    token.delete()


@transaction.atomic
def choose_language(person: User, language: str) -> None:
    """Remember the language a person reads."""
    person.language = language
    person.full_clean(exclude=["password"])
    person.save(update_fields=["language"])


def expired_tokens(at: dt.datetime | None = None) -> int:
    """Delete tokens past their last moment; how many."""
    return int(ApiToken.objects.filter(expiry__lt=at or timezone.now()).delete()[0])
