"""Whom to reach at companies that have opened their contacts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chambers.models import Company, Representative
from chambers.selectors.shown import Sight, sight_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User

_ORDER = {Representative.Role.OWNER.value: 0, Representative.Role.EDITOR.value: 1}


@dataclass(frozen=True)
class Person:
    """Somebody who speaks for a company, as its contacts see them."""

    name: str
    email: str
    role: str  # in the reader's language


def people_to_reach(
    companies: Collection[Company], viewer: User | AnonymousUser, sight: Sight | None = None
) -> dict[int, list[Person]]:
    """{key of a company: who speaks for it, main contacts first}; only of open contacts.

    One query, and those of ``sight_of`` without a ``sight``.
    """
    if not companies:
        return {}
    sight = sight_of(viewer) if sight is None else sight
    open_to = [company.pk for company in companies if company.pk in sight.contacts]
    rows = Representative.objects.filter(company__in=open_to, person__is_active=True)
    speakers = rows.filter(role__in=list(_ORDER)).select_related("person")
    found: dict[int, list[Person]] = {key: [] for key in open_to}
    for one in sorted(speakers, key=lambda one: (_ORDER[one.role], one.pk)):
        person = Person(str(one.person), one.person.email, one.get_role_display())
        found[one.company_id].append(person)
    return found
