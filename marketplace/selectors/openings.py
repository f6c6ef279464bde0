"""Who of an event could still meet whom, and how much room there is for it."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from django.utils import timezone

from chambers.models import Company
from marketplace.models import (
    Away,
    Booking,
    Event,
    GroupRule,
    Meeting,
    MeetingRequest,
    Participant,
    Registration,
    Slot,
    Table,
    TableClosed,
)
from marketplace.selectors.accounts import busy_elsewhere

if TYPE_CHECKING:
    from marketplace.scheduling.choosing import Wishes

Scored = tuple[int, int, float]
"""Two companies, or their registrations, and how well they fit, in (0, 1]."""
_POINTS = 1000  # of a score of 1
_Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True)
class Openings:
    """The companies of an event that could still meet somebody, by the key of their registration.

    Those that are not listed for others are left out: they agreed to no such meeting.
    """

    event: Event
    registrations: dict[int, Registration]
    people: dict[int, Participant]
    """Who of each would come."""
    held: Counter[int]
    """Meetings that each is to have or has had, proposals too."""
    apart: set[frozenset[int]]
    """Pairs that meet already, that said no to each other, or of which one excludes the other."""
    groups: set[frozenset[int]]
    """Groups that may meet; none lets everybody meet everybody."""
    free: dict[int, int]
    """The most further meetings that the times of each person leave room for."""
    capacity: int
    """The most further meetings that all shared tables together have room for."""

    @classmethod
    def of(cls, event: Event, at: dt.datetime | None = None) -> Openings:
        """As they stand. A constant number of queries."""
        rows = (
            Registration.objects.filter(event=event, company__held_on=None)
            .taking_part()
            .exclude(consent=Registration.Consent.NOT_LISTED)
            .select_related("event")
        )
        people: dict[int, Participant] = {}
        for one in Participant.objects.coming().filter(registration__in=rows).order_by("-pk"):
            people[one.registration_id] = one  # the first of a company is left in the end
        registrations = {one.pk: one for one in rows if one.pk in people}
        meetings = _meetings(event)
        room = _Room(event, at or timezone.now(), meetings)
        free = {key: room.of_person(people[key].pk) for key in registrations}
        rules = GroupRule.objects.filter(event=event).values_list("first", "second")
        return cls(
            event,
            registrations,
            people,
            held=Counter(side for one in meetings for side in one.sides),
            apart=_apart(event, meetings, registrations.values()),
            groups={frozenset(pair) for pair in rules},
            free=free,
            capacity=room.of_tables(sum(free.values())),
        )

    def allows(self, one: int, other: int) -> bool:
        """Whether two registrations may be proposed to meet."""
        if one not in self.registrations or other not in self.registrations:
            return False
        of_groups = frozenset(self.registrations[key].group_id or 0 for key in (one, other))
        in_order = not self.groups or of_groups in self.groups
        return in_order and frozenset((one, other)) not in self.apart

    def pairs(self, scored: Iterable[Scored]) -> list[Scored]:
        """Of scored companies the registrations that may meet, best first, each pair once."""
        of_company = {one.company_id: one.pk for one in self.registrations.values()}
        found: dict[frozenset[int], Scored] = {}
        for company, partner, score in scored:
            one, other = of_company[company], of_company[partner]
            if self.allows(one, other):
                found.setdefault(frozenset((one, other)), (one, other, score))
        return sorted(found.values(), key=lambda pair: (-pair[2], pair[0], pair[1]))

    def wishes(self, pairs: Sequence[Scored]) -> Wishes:
        """The question which of some pairs to hold."""
        from marketplace.scheduling.choosing import Wishes  # large libraries: only where they work

        places = {key: at for at, key in enumerate(self.registrations)}
        least = [self.event.meetings_least - self.held[key] for key in self.registrations]
        return Wishes(
            first=np.array([places[one] for one, _other, _score in pairs], np.int64),
            second=np.array([places[other] for _one, other, _score in pairs], np.int64),
            scores=np.array([max(1, round(pair[2] * _POINTS)) for pair in pairs], np.int64),
            must=np.zeros(len(pairs), np.bool_),
            quotas=np.array([self._quota(key) for key in self.registrations], np.int64),
            floors=np.clip(np.array(least, np.int64), 0, None),
            free=np.array([self.free[key] for key in self.registrations], np.int64),
            capacity=self.capacity,
        )

    def that_still_fit(self, pairs: Iterable[Scored]) -> list[Scored]:
        """Those of some pairs for which there is still room, in the order given."""
        left = {key: min(self._quota(key), self.free[key]) for key in self.registrations}
        found: list[Scored] = []
        for one, other, score in pairs:
            fits = self.allows(one, other) and left[one] > 0 and left[other] > 0
            if fits and len(found) < self.capacity:
                left[one] -= 1
                left[other] -= 1
                found.append((one, other, score))
        return found

    def _quota(self, key: int) -> int:
        most = self.registrations[key].most_meetings
        return self.free[key] if most is None else max(0, most - self.held[key])


def most_disjoint(
    slots: Iterable[Slot], *, blocked: Sequence[_Span] = (), walk: dt.timedelta = dt.timedelta()
) -> int:
    """The most of some slots that lie one after another, ``walk`` apart.

    None of them touches a ``blocked`` stretch of time, and a walk ends before the next begins.
    Taking always what ends first is best (interval scheduling).
    """
    count, ready = 0, dt.datetime.min.replace(tzinfo=dt.UTC)
    for slot in sorted(slots, key=lambda one: (one.ends_at, one.starts_at)):
        if slot.starts_at < ready:
            continue
        if any(since < slot.ends_at + walk and slot.starts_at < until for since, until in blocked):
            continue
        count, ready = count + 1, slot.ends_at + walk
    return count


@dataclass(frozen=True, slots=True)
class _Held:
    """A meeting that is to be or was held: its companies, its people, whether it has no time."""

    sides: frozenset[int]
    people: frozenset[int]
    waits: bool


def _meetings(event: Event) -> list[_Held]:
    rows = Meeting.objects.filter(event=event).alive()
    further: dict[int, list[tuple[int, int]]] = defaultdict(list)
    joined = Meeting.others.through.objects.filter(meeting__in=rows)
    for key, *who in joined.values_list("meeting", "participant__registration", "participant"):
        further[key].append((who[0], who[1]))
    found = []
    for key, status, host, host_side, guest, guest_side in rows.values_list(
        "pk", "status", "host", "host__registration", "guest", "guest__registration"
    ):
        sides, people = {host_side, guest_side}, {host, guest}
        sides.update(side for side, _person in further[key])
        people.update(person for _side, person in further[key])
        waits = status == Meeting.Status.UNSCHEDULED
        found.append(_Held(frozenset(sides), frozenset(people), waits))
    return found


def _apart(
    event: Event, meetings: Iterable[_Held], registrations: Iterable[Registration]
) -> set[frozenset[int]]:
    found = {frozenset(pair) for one in meetings for pair in combinations(one.sides, 2)}
    cancelled = Meeting.objects.filter(event=event, status=Meeting.Status.CANCELLED)
    pairs = cancelled.values_list("host__registration", "guest__registration")
    found |= {frozenset(pair) for pair in pairs}
    status = MeetingRequest.Status
    asked = MeetingRequest.objects.filter(
        event=event, status__in=[status.DECLINED, status.WITHDRAWN, *MeetingRequest.OPEN]
    )
    found |= {frozenset(pair) for pair in asked.values_list("requester", "partner")}
    of_company = {one.company_id: one.pk for one in registrations}
    excluded = Company.excluded_companies.through.objects.filter(
        from_company__in=of_company, to_company__in=of_company
    )
    for one, other in excluded.values_list("from_company", "to_company"):
        found.add(frozenset((of_company[one], of_company[other])))
    return found


class _Room:
    """How many further meetings the times of people and tables leave room for; read once."""

    def __init__(self, event: Event, now: dt.datetime, meetings: Iterable[_Held]) -> None:
        self._event = event
        self._walk = dt.timedelta(minutes=event.walking_minutes)
        self._slots = list(Slot.objects.filter(event=event, starts_at__gt=now))
        self._blocked: dict[int, list[_Span]] = defaultdict(list)
        self._tables: dict[int, list[_Span]] = {
            key: []
            for key in Table.objects.filter(event=event).shared().values_list("pk", flat=True)
        }
        self._waiting = [one for one in meetings if one.waits]
        self._waits = Counter(person for one in self._waiting for person in one.people)
        self._read()
        self._usual = most_disjoint(self._slots, walk=self._walk)

    def _read(self) -> None:
        away = Away.objects.filter(participant__registration__event=self._event)
        for person, since, until in away.values_list(
            "participant", "slot__starts_at", "slot__ends_at"
        ):
            # Who is away then may walk until then.
            self._blocked[person].append((since + self._walk, until))
        self._block_elsewhere()
        held = Booking.objects.filter(meeting__event=self._event)
        for person, table, during in held.values_list("participant", "table", "during"):
            if person:
                self._blocked[person].append((during.lower, during.upper))
            elif table in self._tables:
                self._tables[table].append((during.lower, during.upper))
        closed = TableClosed.objects.filter(table__in=self._tables)
        for table, since, until in closed.values_list("table", "slot__starts_at", "slot__ends_at"):
            self._tables[table].append((since, until))

    def _block_elsewhere(self) -> None:
        """What other events hold of the accounts behind participants."""
        if busy := busy_elsewhere(self._event):
            coming = Participant.objects.filter(registration__event=self._event, person__in=busy)
            for person, account in coming.values_list("pk", "person"):
                self._blocked[person] += busy[account or 0]

    def of_person(self, person: int) -> int:
        """Times in which somebody is there, but for those that meetings without a time take."""
        blocked = self._blocked.get(person, ())
        most = self._usual
        if blocked:
            most = most_disjoint(self._slots, blocked=blocked, walk=self._walk)
        return max(0, most - self._waits[person])

    def of_tables(self, unlimited: int) -> int:
        """The same of all shared tables; ``unlimited`` where meetings need none."""
        if self._event.kind == Event.Kind.ONLINE or not self._tables:
            return unlimited
        most = sum(most_disjoint(self._slots, blocked=one) for one in self._tables.values())
        return max(0, most - len(self._waiting))
