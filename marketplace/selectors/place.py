"""All requests and meetings of a company, at events and outside them, by what is to be done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator
from django.db.models import CharField, Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from chambers.models import Company
from marketplace.models import Meeting, MeetingQuerySet, MeetingRequest, Registration
from marketplace.selectors.agenda import Entry, entry_of, with_people
from marketplace.selectors.inbox import (
    TABS,
    Letter,
    letter_of,
    still_ahead,
    with_reasons,
    with_sides,
)

if TYPE_CHECKING:
    from chambers.models import User

SIZE = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A request or a meeting, as one's company reads it."""

    letter: Letter | None = None
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One tab with a page of its rows, and how many each tab holds."""

    tab: str
    counts: dict[str, int]
    page: Page
    rows: Sequence[Row]


def place_of_meetings(
    company: Company, user: User, tab: str, number: str, at: dt.datetime | None = None
) -> Place:
    """A page of one tab; the first of them for a tab that does not exist. Constant queries."""
    tab = tab if tab in TABS else next(iter(TABS))
    asked = MeetingRequest.objects.visible_to(user).of_company(company)
    held = Meeting.objects.visible_to(user).told().of_company(company)
    of_requests, of_meetings = _tabs(company, at or timezone.now())
    sums = {
        **asked.order_by().aggregate(
            **{f"r_{k}": Count("pk", filter=q) for k, q in of_requests.items()}
        ),
        **held.order_by().aggregate(
            **{f"m_{k}": Count("pk", filter=q) for k, q in of_meetings.items()}
        ),
    }
    counts = {key: sums.get(f"r_{key}", 0) + sums.get(f"m_{key}", 0) for key in TABS}
    page = Paginator(_keys(asked, held, of_requests, of_meetings, tab), SIZE).get_page(number)
    return Place(tab, counts, page, _rows(list(page), company, user))


def _tabs(company: Company, now: dt.datetime) -> tuple[dict[str, Q], dict[str, Q]]:
    status = MeetingRequest.Status
    waiting = Q(status__in=MeetingRequest.OPEN)
    ours = Q(answer_from__company=company)
    ahead = still_ahead(now)
    return (
        {
            "incoming": waiting & ours,
            "sent": waiting & ~ours | Q(status=status.DRAFT),
            "past": Q(status__in=[status.DECLINED, status.WITHDRAWN, status.EXPIRED])
            & ~Q(status=status.WITHDRAWN, expires_at=None),  # a draft that was thrown away
        },
        {"scheduled": ahead, "past": ~ahead},
    )


def _keys(
    asked: QuerySet[MeetingRequest],
    held: MeetingQuerySet,
    of_requests: dict[str, Q],
    of_meetings: dict[str, Q],
    tab: str,
) -> Any:
    """("request" or "meeting", key, when) in order: what is due or begins soonest, or was last."""
    when = {"incoming": Coalesce("expires_at", "created_at"), "sent": F("created_at")}
    requests = meetings = None
    if tab in of_requests:
        moment = when.get(tab) or Coalesce("decided_at", "created_at")
        requests = _told(asked.filter(of_requests[tab]), "request", moment)
    if tab in of_meetings:
        moment = Coalesce("slot__starts_at", "cancelled_at", "created_at")
        meetings = _told(held.filter(of_meetings[tab]), "meeting", moment)
    if requests is not None and meetings is not None:
        return requests.union(meetings, all=True).order_by("-when", "what", "key")
    found: Any = requests if requests is not None else meetings
    return found.order_by("when" if tab in ("incoming", "scheduled") else "-when", "key")


def _told(rows: Any, what: str, when: Any) -> Any:
    named = rows.order_by().annotate(what=Value(what, CharField()), key=F("pk"), when=when)
    return named.values_list("what", "key", "when")


def _rows(keys: Sequence[tuple[str, int, Any]], company: Company, user: User) -> list[Row]:
    asked = [key for what, key, _when in keys if what == "request"]
    held = [key for what, key, _when in keys if what == "meeting"]
    found: dict[tuple[str, int], Row] = {}
    letters = []
    for request in with_sides(MeetingRequest.objects.filter(pk__in=asked)):
        own = request.requester if request.requester.company_id == company.pk else request.partner
        own.event = request.event
        letters.append(letter_of(request, own, user.time_zone))
    for letter in with_reasons(letters, company, user):
        found["request", letter.request.pk] = Row(letter=letter)
    for meeting in with_people(Meeting.objects.filter(pk__in=held)):
        ours = _side(meeting, company)
        found["meeting", meeting.pk] = Row(entry=entry_of(meeting, ours, user.time_zone))
    return [found[what, key] for what, key, _when in keys if (what, key) in found]


def _side(meeting: Meeting, company: Company) -> Registration:
    return next(
        one.registration for one in meeting.people() if one.registration.company_id == company.pk
    )
