"""What keeps the search in opportunities in step with the companies that publish them."""

from __future__ import annotations

from django.db import transaction

from chambers.services import jobs
from chambers.services.finding import FOUND_JOB, learn_words
from marketplace.models import Opportunity
from marketplace.selectors import opportunity_index

_CHUNK = 200  # rows that are written at once


@jobs.handles(FOUND_JOB)
def _reindex(lease: jobs.Lease) -> None:
    """Write what search reads of one company's opportunities anew, or of all."""
    rows = Opportunity.objects.exclude(published_at=None)
    if company := lease.payload.get("company"):
        rows = rows.filter(company=company)
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    with lease.held():
        for at in range(0, len(keys), _CHUNK):
            _write(keys[at : at + _CHUNK])
            lease.progress(min(at + _CHUNK, len(keys)), len(keys))
    with lease.finish({"opportunities": len(keys)}):
        pass


@transaction.atomic
def _write(keys: list[int]) -> None:
    # Locked, so that a change of the same moment is not overwritten with what stood before it.
    rows = Opportunity.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=keys)
    spoken: set[str] = set()
    found = (
        rows.order_by("pk")
        .select_related("company", "investment")
        .prefetch_related("codes__parent__parent")
    )
    for opportunity in found:
        made = opportunity_index(opportunity, list(opportunity.codes.all()))
        Opportunity.objects.filter(pk=opportunity.pk).update(**made.columns())
        spoken.update(made.spoken)
    learn_words(spoken)
