"""A company's requests at an event by what is to be done with them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chambers.models import Company
from marketplace.models import Event, Meeting, MeetingRequest, Registration
from marketplace.selectors.agenda import Entry, entry_of, meetings_of, with_people
from marketplace.selectors.times import ShownTime, shown_time
from marketplace.selectors.why import why_each_fits

if TYPE_CHECKING:
    from chambers.models import User

TABS = {
    "incoming": _("Incoming"),
    "sent": _("Sent"),
    "scheduled": _("Scheduled"),
    "past": _("Past"),
}
ICONS = {
    MeetingRequest.Status.DRAFT: "pencil",
    MeetingRequest.Status.PENDING: "clock",
    MeetingRequest.Status.ACCEPTED: "circle-check",
    MeetingRequest.Status.DECLINED: "circle-x",
    MeetingRequest.Status.TIME_PROPOSED: "calendar-clock",
    MeetingRequest.Status.WITHDRAWN: "undo-2",
    MeetingRequest.Status.EXPIRED: "clock-alert",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A request as one of its companies reads it."""

    request: MeetingRequest
    other: Registration
    to_answer: bool
    """Whether this company is to answer."""
    ours: bool
    """Whether this company asked first."""
    answer_by: ShownTime | None
    times: Sequence[ShownTime]
    """Acceptable times; none means any."""
    for_timetable: bool = False
    """Whether the answer is due because a timetable is made."""
    why: Sequence[str] = ()
    """The best reasons for the two to meet, where this company is to answer."""

    @property
    def icon(self) -> str:
        """The name of the icon that says its state."""
        return ICONS[MeetingRequest.Status(self.request.status)]

    @property
    def tone(self) -> str:
        """The tag that says its state."""
        return "wait" if self.request.is_open else "no"


@dataclass(frozen=True, slots=True)
class Inbox:
    """The rows of one tab, and how many each tab holds."""

    tab: str
    counts: dict[str, int]
    letters: Sequence[Letter]
    meetings: Sequence[Entry]


def requests_of(own: Registration, user: User) -> QuerySet[MeetingRequest]:
    """The requests that a company sent or got at its event, as ``user`` may read them."""
    rows = MeetingRequest.objects.visible_to(user).filter(event=own.event).of(own)
    return with_sides(rows)


def with_sides(rows: QuerySet[MeetingRequest]) -> QuerySet[MeetingRequest]:
    """All that a letter shows, joined. Two queries."""
    return rows.select_related(
        "event",
        "opportunity",
        "participant",
        "joins__slot",
        "requester__company__country",
        "partner__company__country",
        "requester__event",
        "partner__event",
    ).prefetch_related("slots")


def letter_of(request: MeetingRequest, own: Registration, zone: str | None) -> Letter:
    """``request`` as ``own`` reads it."""
    place = own.event.zone
    due = request.expires_at if request.is_open else None
    times = list(request.slots.all())
    if request.joins is not None and request.joins.slot is not None:
        times = [request.joins.slot]  # which may have moved since
    return Letter(
        request,
        request.other_side(own),
        request.is_open and request.answer_from_id == own.pk,
        request.requester_id == own.pk,
        shown_time(due, zone=place, reader=zone) if due else None,
        [shown_time(one.starts_at, one.ends_at, zone=place, reader=zone) for one in times],
        due is not None and is_for_timetable(own.event, due),
    )


def with_reasons(letters: Sequence[Letter], company: Company, reader: User) -> list[Letter]:
    """The same letters; those that ``company`` is to answer say why it should. Constant queries."""
    asking = [one.other.company_id for one in letters if one.to_answer]
    why = why_each_fits(company, asking, reader)
    return [
        replace(one, why=why.get(one.other.company_id, [])) if one.to_answer else one
        for one in letters
    ]


def reasons_to_answer(requests: Sequence[MeetingRequest], user: User) -> dict[int, list[str]]:
    """By key of a request, why to meet, of those that a company of ``user`` is to answer.

    A constant number of queries for each such company.
    """
    asked: dict[Company, dict[int, int]] = {}
    for one in requests:
        if one.is_open and one.answer_from is not None:
            other = one.other_side(one.answer_from)
            asked.setdefault(one.answer_from.company, {})[one.pk] = other.company_id
    if not asked:
        return {}
    mine = Company.objects.run_by(user).filter(pk__in=[one.pk for one in asked])
    why: dict[int, list[str]] = {}
    for company in mine:
        partners = asked[company]
        fits = why_each_fits(company, list(partners.values()), user)
        why |= {key: fits[partner] for key, partner in partners.items() if partner in fits}
    return why


def is_for_timetable(event: Event, due: dt.datetime) -> bool:
    """Whether a timetable of the event follows on an answer that is due then."""
    last = event.last_timetable_at
    return last is not None and due <= last


def still_ahead(now: dt.datetime) -> Q:
    """Meetings that are to be held, and those that go on."""
    return Q(status__in=Meeting.AHEAD) & (Q(slot=None) | Q(slot__ends_at__gt=now))


def inbox_of(own: Registration, user: User, tab: str) -> Inbox:
    """One tab with its rows; the first of them for a tab that does not exist."""
    tab = tab if tab in TABS else next(iter(TABS))
    status = MeetingRequest.Status
    waiting = Q(status__in=MeetingRequest.OPEN)
    sent = waiting & ~Q(answer_from=own) | Q(status=status.DRAFT)
    asked = {
        "incoming": waiting & Q(answer_from=own),
        "sent": sent,
        "past": Q(status__in=[status.DECLINED, status.WITHDRAWN, status.EXPIRED])
        & ~Q(status=status.WITHDRAWN, expires_at=None),  # a draft that was thrown away
    }
    requests, meetings = requests_of(own, user), meetings_of(own, user)
    ahead = still_ahead(timezone.now())
    met = {"scheduled": ahead, "past": ~ahead}
    found = Counter(
        requests.aggregate(**{key: Count("pk", filter=wanted) for key, wanted in asked.items()})
    )
    found.update(
        meetings.aggregate(**{key: Count("pk", filter=wanted) for key, wanted in met.items()})
    )
    counts = {key: found[key] for key in TABS}
    zone = user.time_zone
    letters = (
        [letter_of(one, own, zone) for one in requests.filter(asked[tab])] if tab in asked else []
    )
    entries = (
        [entry_of(one, own, zone) for one in with_people(meetings.filter(met[tab]))]
        if tab in met
        else []
    )
    return Inbox(tab, counts, with_reasons(letters, own.company, user), entries)
