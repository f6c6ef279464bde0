"""The record of outcomes: one line for each step, chained by hashes, only added to."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.utils import timezone

from chambers.models import Chamber, Company
from marketplace.models import Outcome, OutcomeEntry
from marketplace.record import FIRST, digest_of
from marketplace.selectors.outcomes import facts_of, side_of_entry

_LOCK = 7_202_611  # of the whole record: lines follow each other


def add(
    outcome: Outcome,
    step: str,
    *,
    company: Company | None = None,
    chamber: Chamber | None = None,
    at: dt.datetime | None = None,
) -> OutcomeEntry:
    """Write down that a company or a chamber has taken a step; inside the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
    last = OutcomeEntry.objects.order_by("-number").first()
    entry = OutcomeEntry(
        number=last.number + 1 if last else 1,
        outcome=outcome,
        step=step,
        company=company,
        chamber=chamber,
        at=at or timezone.now(),
        facts=facts_of(outcome),
        previous=last.digest if last else FIRST,
    )
    entry.digest = digest_of(
        number=entry.number,
        step=entry.step,
        side=side_of_entry(entry),
        at=entry.at,
        facts=entry.facts,
        previous=entry.previous,
    )
    entry.save(force_insert=True)
    return entry
