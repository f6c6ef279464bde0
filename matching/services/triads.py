"""Proposals of three: who together covers a demand that no single company covers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from chambers.models import Company, User
from chambers.services import jobs
from marketplace.models import Opportunity
from matching.engine import Side
from matching.models import Profile, Run, Triad, TriadRefusal
from matching.profiles import engine_rows
from matching.services import indexes

if TYPE_CHECKING:
    from matching.engine.triads import Triad as Found

JOB = "matching.triads"
PART = 500  # companies whose demands are looked at by one job


def ask_for_triads(run: Run, after: int = 0) -> None:
    """Have the demands of all companies looked at, part by part, when nothing else waits.

    Companies that have changed since the run's index was built wait for the next run. A part of an
    earlier run that still waits does not stand for the first of this one.
    """
    jobs.enqueue(JOB, {"run": run.pk, "after": after}, key=str(run.pk), priority=-1)


@jobs.handles(JOB)
def find(lease: jobs.Lease) -> None:
    """Look for proposals for the demands of some companies, and ask for the next ones."""
    shown = Run.objects.filter(pk=lease.payload["run"], is_current=True)
    run = shown.first()
    if run is None or not run.index_digest:
        with lease.finish() as result:
            result["skipped"] = "not the run that is shown"
        return
    seeking = (
        Profile.objects.exclude(digest="")
        .filter(company__gt=lease.payload["after"])
        .filter(company__in=Opportunity.objects.on_show().values("company"))
        .order_by("company")
    )
    some = dict(seeking.values_list("company_id", "rows")[:PART])
    found = _found(run, some)
    with lease.finish() as result:
        if not shown.exists():
            # The search of the run that took its place begins anew.
            result["skipped"] = "not the run that is shown"
            return
        result["found"] = _store(set(some), found)
        if len(some) == PART:
            ask_for_triads(run, max(some))


@transaction.atomic
def refuse_triad(triad: Triad, *, company: Company, by: User) -> None:
    """Take a proposal back for all three; the others learn neither why nor who.

    Raises PermissionDenied for who may not decide for ``company`` or if it has no part in it.
    """
    part = Q(pk=triad.demand.company_id) | Q(pk=triad.first_id) | Q(pk=triad.second_id)
    if not Company.objects.edited_by(by).filter(part, pk=company.pk).exists():
        raise PermissionDenied
    TriadRefusal.objects.get_or_create(
        demand=triad.demand,
        first=triad.first,
        second=triad.second,
        company=company,
        defaults={"by": by},
    )


def _found(run: Run, companies: dict[int, list[dict[str, Any]]]) -> list[Found]:
    from matching.engine.triads import Need, triads  # compiled code: only where it works

    index = indexes.load(run)
    changed = Profile.objects.filter(changed_at__gt=run.indexed_at or run.created_at)
    young = np.array(list(changed.values_list("company_id", flat=True)), np.int64)
    needs = [
        Need(pk, row)
        for pk, rows in companies.items()
        for row in engine_rows(pk, rows)
        if row.side is Side.DEMAND
    ]
    return triads(index, ~np.isin(index.companies, young), needs, seed=run.seed)


def _store(companies: set[int], found: list[Found]) -> int:
    """Exchange the proposals for the demands of some companies; how many there are."""
    Triad.objects.filter(demand__company__in=companies).delete()
    demands = {
        one.reference: one.pk
        for one in Opportunity.objects.filter(reference__in={one.ref for one in found})
    }
    return len(
        Triad.objects.bulk_create(
            Triad(
                demand_id=demands[one.ref],
                first_id=one.first,
                second_id=one.second,
                first_brings=[term.partition(":")[2] for term in one.first_brings],
                second_brings=[term.partition(":")[2] for term in one.second_brings],
                evidence=one.evidence,
            )
            for one in found
            if one.ref in demands
        )
    )
