"""The organiser proposes meetings: the best of those that the companies of an event could have.

Who fits whom is not known here; whoever knows it says so by ``scores_pairs``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from chambers.models import User
from chambers.services.people import demand_manager
from marketplace.models import (
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
from marketplace.services.calendars import hold_event

if TYPE_CHECKING:
    from marketplace.scheduling.choosing import Choice, Wishes

Scored = tuple[int, int, float]
"""Two companies and how well they fit, in (0, 1]."""
Scorer = Callable[[Event, Collection[int]], Iterable[Scored]]
_POINTS = 1000  # of a score of 1
_scorers: list[Scorer] = []


def scores_pairs(scorer: Scorer) -> Scorer:
    """Register who says which of some companies of an event fit together, and how well."""
    _scorers.append(scorer)
    return scorer


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was proposed, and how much better it could be."""

    meetings: int
    companies: int
    too_few: int
    """Companies that stay below the least number of meetings of the event."""
    gap: float
    """Share of the best possible sum of scores that is missing at most, in [0, 1]."""
    is_proved: bool


@transaction.atomic
def propose_meetings(event: Event, *, by: User) -> Proposal:
    """Add the best meetings that there are still room and quotas for; times come with a timetable.

    Nobody is told: people read of their meetings when a timetable is published, and may object.
    Companies that are not listed for others are not proposed: they agreed to no such meeting.
    Pairs that meet already, that declined each other or whose groups may not meet are left out.
    Raises ValidationError ``nobody_fits``, PermissionDenied for who does not manage the organiser.
    """
    from marketplace.scheduling.choosing import choose  # large libraries: only where they work

    demand_manager(by, event.chamber)
    event = hold_event(event)
    sides = _Sides.of(event)
    pairs = sides.pairs()
    if not pairs:
        raise ValidationError(
            _("No two companies of this event fit together and may still be proposed to meet."),
            code="nobody_fits",
        )
    choice = choose(sides.wishes(pairs))
    chosen = [pairs[at] for at in choice.chosen.tolist()]
    Meeting.objects.bulk_create(
        [
            Meeting(event=event, host=sides.people[one], guest=sides.people[other], is_told=False)
            for one, other, _score in chosen
        ],
        batch_size=1000,
    )
    return _told(chosen, choice)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Companies, best pairs first: those that may still be proposed, and those that would be."""

    pairs: list[Scored]
    chosen: list[Scored]


def outlook_by(event: Event, scorer: Scorer) -> Outlook:
    """What would be proposed now if only ``scorer`` were asked who fits. Nothing is written."""
    from marketplace.scheduling.choosing import choose  # see above

    sides = _Sides.of(event)
    found = sides.pairs([scorer])
    chosen = choose(sides.wishes(found)).chosen.tolist() if found else []
    company = {one.pk: one.company_id for one in sides.registrations}
    pairs = [(company[one], company[other], score) for one, other, score in found]
    return Outlook(pairs, [pairs[at] for at in sorted(chosen)])


def _told(chosen: list[Scored], choice: Choice) -> Proposal:
    return Proposal(
        meetings=len(chosen),
        companies=len({one for pair in chosen for one in pair[:2]}),
        too_few=len(choice.unmet),
        gap=choice.gap,
        is_proved=choice.score >= choice.bound,
    )


@dataclass
class _Sides:
    """The companies of an event that could still meet somebody, by registration."""

    event: Event
    registrations: list[Registration]
    people: dict[int, Participant]
    away: dict[int, int]
    """Slots in which the person of a registration is away."""
    held: Counter[int]
    apart: set[frozenset[int]]

    @classmethod
    def of(cls, event: Event) -> _Sides:
        rows = (
            Registration.objects.filter(event=event)
            .taking_part()
            .exclude(consent=Registration.Consent.NOT_LISTED)
            .select_related("event")
        )
        people: dict[int, Participant] = {}
        those = Participant.objects.filter(registration__in=rows).order_by("-pk")
        away: dict[int, int] = {}
        for one in those.annotate(slots_away=Count("away")):
            away[one.registration_id] = one.slots_away
            people[one.registration_id] = one  # the first of a company is left in the end
        held: Counter[int] = Counter()
        apart: set[frozenset[int]] = set()
        meetings = Meeting.objects.filter(event=event).alive()
        for pair in meetings.values_list("host__registration", "guest__registration"):
            held.update(pair)
            apart.add(frozenset(pair))
        status = MeetingRequest.Status
        refused = MeetingRequest.objects.filter(
            event=event, status__in=[status.DECLINED, status.WITHDRAWN, *MeetingRequest.OPEN]
        )
        apart |= {frozenset(pair) for pair in refused.values_list("requester", "partner")}
        cancelled = Meeting.objects.filter(event=event, status=Meeting.Status.CANCELLED)
        pairs = cancelled.values_list("host__registration", "guest__registration")
        apart |= {frozenset(pair) for pair in pairs}
        return cls(event, [one for one in rows if one.pk in people], people, away, held, apart)

    def pairs(self, scorers: Iterable[Scorer] = _scorers) -> list[Scored]:
        """Registrations that fit and may still meet, best first."""
        of_company = {one.company_id: one for one in self.registrations}
        rules = set(GroupRule.objects.filter(event=self.event).values_list("first", "second"))
        found: dict[frozenset[int], Scored] = {}
        for scorer in scorers:
            for company, partner, score in scorer(self.event, list(of_company)):
                one, other = of_company[company], of_company[partner]
                groups = (one.group_id or 0, other.group_id or 0)
                if rules and groups not in rules and groups[::-1] not in rules:
                    continue
                key = frozenset((one.pk, other.pk))
                if key not in self.apart and key not in found:
                    found[key] = (one.pk, other.pk, score)
        return sorted(found.values(), key=lambda pair: (-pair[2], pair[0], pair[1]))

    def wishes(self, pairs: list[Scored]) -> Wishes:
        """The question which of them to hold."""
        from marketplace.scheduling.choosing import Wishes  # see above

        places = {one.pk: at for at, one in enumerate(self.registrations)}
        slots = Slot.objects.filter(event=self.event).count()
        tables = Table.objects.filter(event=self.event).shared().count()
        free = np.array([self._free(one, slots) for one in self.registrations], np.int64)
        least = [self.event.meetings_least - self.held[one.pk] for one in self.registrations]
        closed = TableClosed.objects.filter(table__event=self.event, table__owner=None).count()
        capacity = tables * slots - closed - sum(self.held.values()) // 2
        if self.event.kind == Event.Kind.ONLINE or not tables:
            capacity = int(free.sum())
        return Wishes(
            first=np.array([places[one] for one, _other, _score in pairs], np.int64),
            second=np.array([places[other] for _one, other, _score in pairs], np.int64),
            scores=np.array([max(1, round(pair[2] * _POINTS)) for pair in pairs], np.int64),
            must=np.zeros(len(pairs), np.bool_),
            quotas=np.array([self._quota(one, slots) for one in self.registrations], np.int64),
            floors=np.clip(np.array(least, np.int64), 0, None),
            free=free,
            capacity=max(0, capacity),
        )

    def _free(self, one: Registration, slots: int) -> int:
        return max(0, slots - self.away[one.pk] - self.held[one.pk])

    def _quota(self, one: Registration, slots: int) -> int:
        most = one.most_meetings
        return max(0, (slots if most is None else most) - self.held[one.pk])
