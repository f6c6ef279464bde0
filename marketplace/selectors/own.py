"""A company's own offers and requests: where each stands and what was said of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from chambers.models import Company, User, today
from marketplace.models import Opportunity, Review, Revision
from marketplace.selectors.contents import content_of
from marketplace.selectors.differences import Change, changes_of
from marketplace.selectors.leaks import Leak, leaks_of

RENEWED_FROM = dt.timedelta(days=30)  # before the last day
RENEWED_UNTIL = dt.timedelta(days=90)  # after it
Status = Opportunity.Status
TABS = {
    "all": (_("All"), tuple(Status)),
    "drafts": (_("Drafts"), (Status.DRAFT,)),
    "review": (_("In review"), (Status.IN_REVIEW,)),
    "hold": (_("On hold"), (Status.ON_HOLD,)),
    "published": (_("Published"), (Status.PUBLISHED,)),
    "over": (_("Over"), (Status.EXPIRED, Status.REJECTED, Status.ARCHIVED)),
}
TONES = {
    Status.DRAFT: ("pencil", ""),
    Status.IN_REVIEW: ("hourglass", "wait"),
    Status.ON_HOLD: ("circle-pause", "wait"),
    Status.PUBLISHED: ("check", "ok"),
    Status.EXPIRED: ("clock-alert", "no"),
    Status.REJECTED: ("ban", "no"),
    Status.ARCHIVED: ("archive", "no"),
}


def tabs_of(company: Company) -> list[tuple[str, str, int]]:
    """(key, name, how many) of the lists of a company's own opportunities. One query."""
    rows: QuerySet[Any] = Opportunity.objects.filter(company=company).with_status()
    counted = rows.order_by().values("status_on_day").annotate(count=Count("pk"))
    counts = {one["status_on_day"]: one["count"] for one in counted}
    return [
        (key, str(name), sum(counts.get(status, 0) for status in statuses))
        for key, (name, statuses) in TABS.items()
    ]


def own_opportunities(company: Company, tab: str) -> QuerySet[Opportunity]:
    """A company's own of one tab, what changed last first.

    ``change``: the state of the changed text that its writer goes on with, or None.
    """
    rows: QuerySet[Any] = Opportunity.objects.filter(company=company).with_status()
    change = Revision.objects.in_work().filter(opportunity=OuterRef("pk"))
    statuses = TABS[tab][1] if tab in TABS else TABS["all"][1]
    here = rows.filter(status_on_day__in=statuses).annotate(change=Subquery(change.values("state")))
    found: QuerySet[Opportunity] = here.order_by("-updated_at", "-pk")
    return found


@dataclass(frozen=True)
class File:
    """What those who speak for or look after the company of an opportunity see beside it."""

    opportunity: Opportunity
    reviews: Sequence[Review]  # newest first
    change: Revision | None  # a changed text that waits, or that came back to its writer
    changes: Sequence[Change]  # what it would change
    leaks: Sequence[Leak]  # what in an anonymous text tells whose it is
    steps: frozenset[str]  # what an editor of the company may do now
    is_admitted: bool  # whether a chamber would read what is handed in
    icon: str
    tone: str


def file_of(opportunity: Opportunity, viewer: User, on: dt.date | None = None) -> File:
    """The file of an opportunity whose viewer is inside; ``steps`` is empty for who only reads."""
    reviews = opportunity.reviews.select_related("reviewer", "revision")
    change = change_of(opportunity)
    decides = Company.objects.edited_by(viewer).filter(pk=opportunity.company_id).exists()
    icon, tone = TONES[opportunity.status_on(on)]
    said = content_of(opportunity)
    anonymous = opportunity.is_anonymous
    admitted = opportunity.company.memberships.in_force().exists()
    steps = _steps(opportunity, change, on or today()) if decides else set()
    if not admitted:
        steps -= {"submit", "edit"} if opportunity.status == Status.PUBLISHED else {"submit"}
    return File(
        opportunity,
        list(reviews.order_by("-created_at", "-pk")),
        change,
        changes_of(change) if change is not None else [],
        leaks_of(opportunity.company, said) if anonymous else [],
        frozenset(steps),
        admitted,
        icon,
        tone,
    )


def change_of(opportunity: Opportunity) -> Revision | None:
    """The changed text that its writer goes on with: it waits, or it came back from review."""
    if opportunity.status != Status.PUBLISHED:
        return None
    found = Revision.objects.in_work().filter(opportunity=opportunity).first()
    if found is not None:
        found.opportunity = opportunity
    return found


def review_to_answer(opportunity: Opportunity, change: Revision | None) -> Review | None:
    """What the chamber asked to be changed in a held text, or in the ``change`` that came back."""
    if change is None and opportunity.status != Status.ON_HOLD:
        return None
    rows = opportunity.reviews.filter(revision=change)
    return rows.order_by("-created_at", "-pk").first()


def _steps(opportunity: Opportunity, change: Revision | None, day: dt.date) -> set[str]:
    """Of edit, submit, take_back, renew, archive, withdraw, copy: those that are open."""
    steps = {
        Status.DRAFT: {"edit", "submit", "archive"},
        Status.ON_HOLD: {"edit", "submit", "archive"},
        Status.IN_REVIEW: {"take_back"},
        Status.PUBLISHED: {"edit", "archive"},
        Status.REJECTED: {"archive", "copy"},
        Status.ARCHIVED: {"copy"},
    }.get(Status(opportunity.status), set())
    last = opportunity.expires_on
    published = opportunity.status == Status.PUBLISHED
    if published and last and last - RENEWED_FROM <= day <= last + RENEWED_UNTIL:
        steps = steps | {"renew"}
    if opportunity.status_on(day) == Status.EXPIRED:
        steps = steps | {"copy"}
    return steps | {"withdraw"} if change is not None else steps
