"""Who sees to the work of chambers."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from chambers.models import Chamber, Staff, User


def managers_of(chambers: QuerySet[Chamber]) -> Iterator[tuple[User, Chamber]]:
    """Who manages one of some chambers, each once, with that chamber. One query."""
    staff = Staff.objects.filter(
        role=Staff.Role.MANAGER, chamber__in=chambers.values("pk"), person__is_active=True
    ).select_related("person", "chamber__country")
    told = set()
    for one in staff.order_by("pk"):
        if one.person_id not in told:
            told.add(one.person_id)
            yield one.person, one.chamber
