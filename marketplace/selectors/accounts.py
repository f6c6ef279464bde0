"""The people behind participants: one account is one person, at every event."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from marketplace.models import Booking, Event, Participant

_Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True, slots=True)
class Accounts:
    """Who signs in as several participants of an event has one calendar: that of the first."""

    first: dict[int, UUID]
    """The first participant of each account, by its public id."""
    others: dict[UUID, UUID]
    """Further participants of an account, and the first."""
    busy: dict[int, list[_Span]]
    """When other events hold an account, with the minutes to walk there."""

    def calendar(self, public_id: UUID) -> UUID:
        """The participant under whom somebody's calendar is kept."""
        return self.others.get(public_id, public_id)

    def busy_units(self, units: Sequence[_Span], walk: dt.timedelta) -> dict[UUID, set[int]]:
        """In which of some stretches of time people are elsewhere, by participant.

        ``walk`` is what they need after a meeting here.
        """
        return {
            self.first[account]: {
                at
                for at, (start, end) in enumerate(units)
                if any(start < until and since < end + walk for since, until in spans)
            }
            for account, spans in self.busy.items()
        }


def accounts_of(event: Event) -> Accounts:
    """Who of those that come to an event signs in, and when they are held elsewhere. Two queries.

    Where that is nobody learns here.
    """
    found = Accounts({}, {}, busy_elsewhere(event))
    coming = Participant.objects.filter(registration__event=event, person__isnull=False)
    for account, public_id in coming.order_by("pk").values_list("person", "public_id"):
        first = found.first.setdefault(account or 0, public_id)
        if first != public_id:
            found.others[public_id] = first
    return found


def busy_elsewhere(event: Event) -> dict[int, list[_Span]]:
    """By account of those who come to an event: when other events hold them."""
    busy: dict[int, list[_Span]] = defaultdict(list)
    for account, during in Booking.objects.elsewhere(event).values_list("person", "during"):
        if account is not None:
            busy[account].append((during.lower, during.upper))
    return dict(busy)
