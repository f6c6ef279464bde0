"""Who met whom, and where a company could meet another: events of both, and how far they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q, QuerySet

from marketplace.models import FurtherMark, Meeting, MeetingRequest, Participant, Registration

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


def pairs_that_met(
    companies: QuerySet[Any] | Iterable[int] | None = None,
) -> list[QuerySet[Any, tuple[int, int]]]:
    """Keys of two companies that met, for some companies or for all: rows to be united.

    Host and guest of held meetings, and with each of the two whoever joined them and was seen
    there. A pair may stand more than once and either way round. Nothing is read yet.
    """
    held = [Meeting.objects.held().order_by()]
    joined = FurtherMark.objects.filter(
        meeting__in=Meeting.objects.held(),
        attendance__in=[Meeting.Attendance.CAME, Meeting.Attendance.LATE],
    )
    if companies is not None:
        people = Participant.objects.filter(registration__company__in=companies).values("pk")
        # A part for each side is found by its index; both in one condition read the whole table.
        held = [held[0].filter(host__in=people), held[0].filter(guest__in=people)]
        joined = joined.filter(
            Q(participant__in=people) | Q(meeting__host__in=people) | Q(meeting__guest__in=people)
        )
    parts: list[tuple[QuerySet[Any], str, str]] = [(rows, "host", "guest") for rows in held]
    parts += [(joined, "participant", other) for other in ("meeting__host", "meeting__guest")]
    return [_companies_of(*part) for part in parts]


def _companies_of(rows: QuerySet[Any], one: str, other: str) -> QuerySet[Any, tuple[int, int]]:
    sides = (f"{one}__registration__company", f"{other}__registration__company")
    return rows.exclude(**{sides[0]: F(sides[1])}).values_list(*sides)


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
