"""Where a company could meet another: the events both take part in, and how far they are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from marketplace.models import Meeting, MeetingRequest, Registration

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import Company, User


@dataclass(frozen=True, slots=True)
class Chance:
    """Another company at an event where one's own may ask for meetings now."""

    own: Registration
    partner: Registration
    asked: MeetingRequest | None
    """A request between the two that waits for an answer, or one's own draft."""
    meeting: Meeting | None
    """A meeting of the two there, to be or held."""


def pending_between(
    own: Iterable[Registration], partners: Iterable[Registration]
) -> dict[tuple[int, int], MeetingRequest]:
    """{(own registration, partner's): the request that waits between them, else a draft}."""
    mine, theirs = [one.pk for one in own], [one.pk for one in partners]
    status = MeetingRequest.Status
    sent = Q(
        requester__in=mine, partner__in=theirs, status__in=[*MeetingRequest.OPEN, status.DRAFT]
    )
    got = Q(requester__in=theirs, partner__in=mine, status__in=MeetingRequest.OPEN)
    ours = set(mine)
    return {
        (one.requester_id, one.partner_id)
        if one.requester_id in ours
        else (one.partner_id, one.requester_id): one
        # What waits for an answer comes last and stands before a draft.
        for one in sorted(MeetingRequest.objects.filter(sent | got), key=lambda one: one.is_open)
    }


def meetings_between(
    own: Iterable[Registration], partners: Iterable[Registration]
) -> dict[tuple[int, int], Meeting]:
    """{(own registration, partner's): a meeting of the two that both were told of}."""
    mine, theirs = {one.pk for one in own}, [one.pk for one in partners]
    rows = Meeting.objects.told().alive().select_related("host", "guest")
    rows = rows.filter(
        Q(host__registration__in=mine, guest__registration__in=theirs)
        | Q(guest__registration__in=mine, host__registration__in=theirs)
    )
    found = {}
    for one in rows:
        sides = (one.host.registration_id, one.guest.registration_id)
        found[sides if sides[0] in mine else (sides[1], sides[0])] = one
    return found


def chances_to_meet(
    company: Company | None, others: Iterable[Company], user: User | AnonymousUser
) -> dict[int, Sequence[Chance]]:
    """By key of each of ``others``: where ``company`` may ask it for a meeting, soonest first.

    Only companies that agreed to be listed to this reader, at events that take requests now. Four
    queries for any number, one where there is no such event.
    """
    if company is None:
        return {}
    rows = Registration.objects.run_by(user).filter(
        company=company, status=Registration.Status.ADMITTED
    )
    rows = rows.at_events().select_related("event").order_by("event__starts_on", "event")
    own = {one.event_id: one for one in rows if one.event.takes_requests()}
    keys = {one.pk for one in others} - {company.pk}
    if not own or not keys:
        return {}
    listed = Registration.objects.listed_for(user).filter(event__in=own, company__in=keys)
    partners = sorted(listed, key=lambda one: list(own).index(one.event_id))
    asked = pending_between(own.values(), partners)
    met = meetings_between(own.values(), partners)
    found: dict[int, list[Chance]] = {}
    for one in partners:
        mine = own[one.event_id]
        pair = (mine.pk, one.pk)
        found.setdefault(one.company_id, []).append(
            Chance(mine, one, asked.get(pair), met.get(pair))
        )
    return dict(found)
