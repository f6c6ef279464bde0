"""Visits to profiles are counted by day and company; who visits is never told by name."""

from __future__ import annotations

from django.db import connection

from chambers.models import Company, today


def note_visit(company: Company, visitor: Company | None) -> None:
    """Count that a company looked at another's profile today; its own and guests' looks are none.

    One statement, so that two looks at once both count.
    """
    if visitor is None or visitor.pk == company.pk:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            'insert into marketplace_visit (company_id, visitor_id, "on", times)'
            ' values (%s, %s, %s, 1) on conflict (company_id, visitor_id, "on")'
            " do update set times = marketplace_visit.times + 1",
            [company.pk, visitor.pk, today()],
        )
