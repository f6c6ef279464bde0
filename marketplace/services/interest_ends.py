"""Interests end with the item they ask about: nobody passes on or answers what is no more."""

from __future__ import annotations

from django.utils import timezone

from chambers.models import Company, User
from marketplace.models import Interest, Opportunity
from marketplace.services import interest_mail as mail
from marketplace.services.interest_ways import Author, Kind, Status, log


def end_interests(opportunity: Opportunity, *, by: User) -> int:
    """End what is still open about an item that leaves the market; how many these were.

    The asking companies and the chambers that have had them are told; each place in a quota is
    free again. To be called in the transaction that holds the ``opportunity``.
    """
    rows = Interest.objects.open().filter(opportunity=opportunity).order_by("pk")
    found = list(
        rows.select_for_update(of=("self",), no_key=True).select_related(
            "company__country", "created_by"
        )
    )
    own = Company.objects.edited_by(by).filter(pk=opportunity.company_id).exists()
    author = Author.OWNER if own else Author.CHAMBER  # never which: it may be anonymous
    for one in found:
        one.opportunity = opportunity
        one.status, one.decided_at, one.due_on = Status.EXPIRED, timezone.now(), None
        one.save(update_fields=["status", "decided_at", "due_on"])
        entry = log(one, Kind.EXPIRED, author, by=by)
        mail.tell_asker("ended", one, entry)
        mail.tell_passed("ended", one, entry)
    return len(found)
