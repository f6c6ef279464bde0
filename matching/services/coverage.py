"""Who gets too few partners, and what each limit costs: found by relaxing one at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from chambers.models import Certificate, Chamber, Company, User
from chambers.services import jobs
from matching import engine
from matching.engine.showing import visible
from matching.models import PairHistory, Run, SuggestionList
from matching.selectors.reports import CAUSES, FEW
from matching.services import boards
from matching.services.advice import segments

if TYPE_CHECKING:
    from matching.engine.index import Index

    Segments = list[tuple[Index, Any]]

JOB = "matching.coverage"
MOST = 200  # companies looked into, those with fewest partners


@transaction.atomic
def ask_for_coverage(chamber: Chamber, *, by: User) -> None:
    """Have the coverage of a chamber's members looked into.

    Raises PermissionDenied for who does not work there.
    """
    if not Chamber.objects.served_by(by).filter(pk=chamber.pk).exists():
        raise PermissionDenied(_("Only staff of the chamber may do this."))
    jobs.enqueue(
        JOB, {"chamber": chamber.pk}, key=str(chamber.pk), by=by, chamber=chamber, priority=1
    )


@jobs.handles(JOB)
def look_into(lease: jobs.Lease) -> None:
    """Find the members of a chamber with too few partners, and what each limit costs them."""
    run = Run.objects.current()
    members = Company.objects.matched().filter(
        memberships__in=Chamber.objects.get(pk=lease.job.payload["chamber"]).memberships.in_force()
    )
    lists = (
        SuggestionList.objects.filter(run=run, company__in=members.values("pk"))
        if run is not None
        else SuggestionList.objects.none()
    )
    wanting = lists.annotate(length=F("partners__len")).filter(length__lt=FEW)
    few = list(wanting.order_by("length", "company_id").values_list("length", "company_id")[:MOST])
    short = []
    indexes = segments(run) if run is not None and run.index_digest and few else []
    welcoming = [(index.wanting_any_country(), here) for index, here in indexes]
    for done, (length, pk) in enumerate(few if indexes else []):
        short += _looked_into(indexes, welcoming, pk, length)
        lease.progress(done + 1, len(few))
    with lease.finish() as result:
        result.update(
            companies=lists.count(),
            few=wanting.count(),
            short=short,
            causes={name: _together(short, name) for name in CAUSES},
            without_text=sum(not one["has_text"] for one in short),
        )


def _looked_into(
    indexes: Segments, welcoming: Segments, pk: int, length: int
) -> list[dict[str, Any]]:
    """One company's costs: how many more would be suggested without each limit.

    What others want of countries is told as the sum of all who would be met then.
    """
    found = boards.asking([pk]).get(pk)
    if found is None:
        return []
    own, rows = found
    has_text = any(row.terms for row in rows)
    now = _feasible(indexes, own, own, rows) if has_text else 0
    costs = {
        name: _feasible(indexes, own, relaxed, rows) - now if has_text else 0
        for name, relaxed in _relaxed(own).items()
    }
    costs["wanted"] = _feasible(welcoming, own, own, rows) - now if has_text else 0
    return [{"company": pk, "partners": length, "has_text": has_text, "costs": costs}]


def _relaxed(own: engine.Company) -> dict[str, engine.Company]:
    """The company without one limit each, those of others included where it can meet them all.

    Whom others exclude or declined is told to nobody else: it stays as it is, and whom the company
    itself keeps away counts whether or not the other side does the same.
    """
    theirs = own.blocked - _kept_away_by(own.id)
    return {
        "countries": replace(own, wanted=frozenset(), excluded=frozenset()),
        # Under another id, what others have noted of it does not hold by itself.
        "excluded": replace(own, id=-1, blocked=theirs | {own.id}),
        "group": replace(own, group=0),
        "dismissed": replace(own, dismissed=frozenset()),
        "certificates": replace(
            own, requires=frozenset(), certificates=frozenset(Certificate.values)
        ),
        "size": replace(own, sizes=frozenset(), size=""),
        "languages": replace(own, languages=frozenset()),
        "competitors": replace(own, avoids_competitors=False, trades=frozenset()),
    }


def _kept_away_by(pk: int) -> set[int]:
    """Whom a company excludes or declined itself, and its partners, which both sides know."""
    known = ~Q(kind=PairHistory.Kind.DECLINED) | Q(stated_by=pk)
    history = PairHistory.objects.keeping_apart().filter(Q(one=pk) | Q(other=pk)).filter(known)
    pairs = history.order_by().values_list("one_id", "other_id")
    excluded = Company.excluded_companies.through.objects.filter(from_company=pk)
    return {
        *excluded.values_list("to_company_id", flat=True),
        *(other if one == pk else one for one, other in pairs),
    }


def _feasible(
    indexes: Segments, own: engine.Company, as_if: engine.Company, rows: list[engine.Row]
) -> int:
    """How many companies would be suggested to one as it would be, however long its list were."""
    found = []
    asked = [replace(row, owner=as_if.id) for row in rows]
    for index, here in indexes:
        scores = index.scores_for(as_if, asked)
        hidden = set(as_if.dismissed) | {own.id}
        others = here & ~np.isin(scores.companies, list(hidden))
        found.append(scores.mutual[others & (scores.mutual > 0)])
    best = -np.sort(-np.concatenate(found))
    return int(visible(best, indexes[0][0].weights.shown_least).sum())


def _together(short: list[dict[str, Any]], cause: str) -> tuple[int, int]:
    costs = [one["costs"][cause] for one in short]
    return sum(cost > 0 for cost in costs), sum(costs)
