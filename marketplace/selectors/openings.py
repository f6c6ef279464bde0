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
_Who = tuple[int, int, str]
"""Registration, participant and how they come."""
_REMOTE = Participant.Presence.REMOTE


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
    shared: int | None
    """The most further meetings that all shared tables together have room for; None where the
    event is online or has neither tables nor booths, so that meetings need none."""
    elsewhere: frozenset[int]
    """Those that meet at their own booth."""

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
        free = {key: room.of_person(people[key].pk, of=key) for key in registrations}
        rules = GroupRule.objects.filter(event=event).values_list("first", "second")
        return cls(
            event,
            registrations,
            people,
            held=Counter(side for one in meetings for side in one.sides),
            apart=_apart(event, meetings, registrations.values()),
            groups={frozenset(pair) for pair in rules},
            free=free,
            shared=room.of_tables(),
            elsewhere=frozenset(room.booths),
        )

    @property
    def capacity(self) -> int:
        """No more further meetings than this have room anywhere."""
        if self.shared is None:
            return sum(self.free.values())
        unseated = [key for key in self.registrations if self._is_elsewhere(key)]
        return self.shared + sum(self.free[key] for key in unseated)

    def needs_shared_table(self, one: int, other: int) -> bool:
        """Whether two registrations can meet at a shared table alone.

        At a booth of either they need none, nor where both are remote.
        """
        if self.shared is None or not self.elsewhere.isdisjoint((one, other)):
            return False
        return not (self._is_remote(one) and self._is_remote(other))

    def _is_elsewhere(self, key: int) -> bool:
        return key in self.elsewhere or self._is_remote(key)

    def _is_remote(self, key: int) -> bool:
        return self.people[key].presence == _REMOTE

    def allows(self, one: int, other: int) -> bool:
        """Whether two registrations may be proposed to meet."""
        if one not in self.registrations or other not in self.registrations:
            return False
        of_groups = frozenset(self.registrations[key].group_id or 0 for key in (one, other))
        in_order = not self.groups or of_groups in self.groups
        if not in_order or frozenset((one, other)) in self.apart:
            return False
        return not self.needs_shared_table(one, other) or bool(self.shared)

    def pairs(self, scored: Iterable[Scored]) -> list[Scored]:
        """Of scored companies the registrations that may meet, best first, each pair once.

        Equal scores stay in the order given: whoever scores says who comes first then.
        """
        of_company = {one.company_id: one.pk for one in self.registrations.values()}
        found: dict[frozenset[int], Scored] = {}
        for company, partner, score in scored:
            one, other = of_company[company], of_company[partner]
            if self.allows(one, other):
                found.setdefault(frozenset((one, other)), (one, other, score))
        return sorted(found.values(), key=lambda pair: -pair[2])

    def wishes(self, pairs: Sequence[Scored]) -> Wishes:
        """The question which of some pairs to hold."""
        from marketplace.scheduling.choosing import Wishes  # large libraries: only where they work

        places = {key: at for at, key in enumerate(self.registrations)}
        least = [self.event.meetings_least - self.held[key] for key in self.registrations]
        return Wishes(
            first=np.array([places[one] for one, _other, _score in pairs], np.int64),
            second=np.array([places[other] for _one, other, _score in pairs], np.int64),
            scores=np.array([points(score) for _one, _other, score in pairs], np.int64),
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
        tables = self.shared or 0
        for one, other, score in pairs:
            seated = self.needs_shared_table(one, other)
            fits = self.allows(one, other) and left[one] > 0 and left[other] > 0
            if fits and (tables > 0 or not seated):
                left[one] -= 1
                left[other] -= 1
                tables -= seated
                found.append((one, other, score))
        return found

    def _quota(self, key: int) -> int:
        most = self.registrations[key].most_meetings
        return self.free[key] if most is None else max(0, most - self.held[key])


def points(score: float) -> int:
    """A score as the choice of meetings counts it."""
    return max(1, round(score * _POINTS))


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
    """A meeting that is to be or was held: its companies and its people."""

    sides: frozenset[int]
    people: frozenset[int]
    hosts: frozenset[int]
    """The two companies at whose booth it may be."""
    waits: bool
    """Whether it has no time."""
    is_remote: bool
    """Whether nobody of it comes to the place."""


def _meetings(event: Event) -> list[_Held]:
    rows = Meeting.objects.filter(event=event).alive()
    further: dict[int, list[_Who]] = defaultdict(list)
    who = ("participant__registration", "participant", "participant__presence")
    joined = Meeting.others.through.objects.filter(meeting__in=rows)
    for key, *one in joined.values_list("meeting", *who):
        further[key].append((one[0], one[1], one[2]))
    found = []
    sides = [
        f"{side}{part}"
        for side in ("host", "guest")
        for part in ("__registration", "", "__presence")
    ]
    for key, status, *two in rows.values_list("pk", "status", *sides):
        people: list[_Who] = [(two[0], two[1], two[2]), (two[3], two[4], two[5]), *further[key]]
        found.append(
            _Held(
                frozenset(side for side, _person, _presence in people),
                frozenset(person for _side, person, _presence in people),
                hosts=frozenset((two[0], two[3])),
                waits=status == Meeting.Status.UNSCHEDULED,
                is_remote=all(presence == _REMOTE for _side, _person, presence in people),
            )
        )
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
        owners = {one.pk: one.owner_id for one in Table.objects.filter(event=event)}
        self._tables: dict[int, list[_Span]] = {key: [] for key in owners}
        self._shared = [key for key, owner in owners.items() if owner is None]
        self.booths = {owner: key for key, owner in owners.items() if owner is not None}
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

    def of_person(self, person: int, *, of: int) -> int:
        """Times in which somebody is there, but for those that meetings without a time take.

        Nor while the booth of their registration is taken or closed.
        """
        booth = self._tables[self.booths[of]] if of in self.booths else []
        blocked = [*self._blocked.get(person, ()), *booth]
        most = self._usual
        if blocked:
            most = most_disjoint(self._slots, blocked=blocked, walk=self._walk)
        return max(0, most - self._waits[person])

    def of_tables(self) -> int | None:
        """The same of all shared tables; None where meetings need no table."""
        if self._event.kind == Event.Kind.ONLINE or not self._tables:
            return None
        most = sum(most_disjoint(self._slots, blocked=self._tables[key]) for key in self._shared)
        seated = [one for one in self._waiting if not one.is_remote]
        return max(0, most - sum(one.hosts.isdisjoint(self.booths) for one in seated))
