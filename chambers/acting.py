"""For whom a signed-in person acts right now: one company, or one chamber, or themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from chambers.models import Chamber, Company, Representative, Staff

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.contrib.sessions.backends.base import SessionBase

    from chambers.models import User

SESSION_KEY = "acting"


class NotDecidingError(PermissionDenied):
    """Somebody who does not decide for a company wanted to; told in the reader's language."""

    def __init__(self) -> None:
        """Say who may."""
        super().__init__(_("Only representatives of the company may do this."))


@dataclass(frozen=True)
class Side:
    """A company or chamber that a person may act for; ``key`` is what a form sends."""

    key: str
    name: str
    company: Company | None = None
    chamber: Chamber | None = None
    may_edit: bool = False


@dataclass(frozen=True)
class Acting:
    """A person and the side they chose; ``sides`` are the others they may switch to."""

    user: User | AnonymousUser
    side: Side | None = None
    sides: list[Side] = field(default_factory=list)

    @property
    def company(self) -> Company | None:
        """The company acted for, if it is one."""
        return self.side.company if self.side else None

    @property
    def chamber(self) -> Chamber | None:
        """The chamber acted for, if it is one."""
        return self.side.chamber if self.side else None

    @property
    def may_edit(self) -> bool:
        """Whether they may decide for that side, not only read."""
        return bool(self.side and self.side.may_edit)

    def demand_editor(self) -> None:
        """Let only who decides for that side pass. Raises NotDecidingError."""
        if not self.may_edit:
            raise NotDecidingError


def sides_of(user: User | AnonymousUser) -> list[Side]:
    """Everything ``user`` may act for, where they may decide first.

    One query for who speaks for companies alone, two for everybody else.
    """
    if not user.is_authenticated:
        return []
    works = Staff.objects.filter(person=OuterRef("person"))
    representations = list(
        Representative.objects.filter(person=user.pk)
        .annotate(works_for_chamber=Exists(works))
        .select_related("company__country")
    )
    companies = [
        Side(
            f"company:{one.company.public_id}",
            one.company.legal_name,
            company=one.company,
            may_edit=one.role != Representative.Role.VIEWER,
        )
        for one in representations
    ]
    roles: Iterable[Staff] = ()
    if not representations or representations[0].works_for_chamber:
        roles = user.staff_roles.select_related("chamber__country")
    chambers = [
        Side(
            f"chamber:{one.chamber.public_id}",
            one.chamber.name,
            chamber=one.chamber,
            may_edit=one.role == one.Role.MANAGER,
        )
        for one in roles
    ]
    # Where one may decide comes first: it is what one most likely came for.
    return sorted(companies + chambers, key=lambda side: not side.may_edit)


def acting_for(user: User | AnonymousUser, session: SessionBase) -> Acting:
    """What the session chose, if it is still theirs, else the first side there is."""
    sides = sides_of(user)
    chosen = session.get(SESSION_KEY)
    side = next((one for one in sides if one.key == chosen), sides[0] if sides else None)
    return Acting(user, side, sides)
