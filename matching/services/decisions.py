"""What companies decided about partners, wherever they said so: what the constants learn from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import F, Q
from django.db.models.functions import Greatest

from marketplace.models import DeclineReason, Feedback, Interest, Meeting, MeetingRequest, Outcome
from matching.models import Dismissal, PairHistory

MOST = 4000  # newest events that are learnt from: explaining one takes about half a millisecond
# The other reasons say nothing of how well the two fit.
_UNSUITABLE = (Dismissal.Reason.COMPETITOR, Dismissal.Reason.FIELD, Dismissal.Reason.OTHER)
_ELSEWHERE = (DeclineReason.CAPACITY, DeclineReason.TIME, DeclineReason.PARTNER)
_VERDICTS = {
    Feedback.First.NO_INTEREST: False,
    Feedback.First.POSSIBLE: True,
    Feedback.Second.NO_CONTACT: False,
    Feedback.Second.VALUABLE: True,
    Feedback.Second.NEGOTIATING: True,
    Feedback.Second.AGREED: True,
}
"""What an answer after a meeting says of the partner; the others speak neither for nor against."""


@dataclass(frozen=True)
class Event:
    """``company`` accepted ``partner`` or declined it, having ``met`` it before or not."""

    company: int
    partner: int
    accepted: bool
    met: bool = False


@dataclass(frozen=True, slots=True)
class _Word:
    """What one company said of another ``at`` a moment, knowing what was before ``since``."""

    at: dt.datetime
    company: int
    partner: int
    accepted: bool
    since: dt.datetime


def events_so_far(most: int = MOST) -> list[Event]:
    """The newest decisions about partners, of a company about another the last one.

    Histories of both kinds, dismissals with a reason, what a company answered after a meeting,
    confirmed papers, and requests and interests that were declined. A pair that works together
    counts once, for the side that stated it; a decline for the side that declined. A partner
    dismissed as known already is an accepted one. What is declined or dismissed for country, size,
    time, capacity or another partner says nothing of the fit.
    """
    words = [
        *_histories(most),
        *_dismissals(most),
        *_answers(most),
        *_papers(most),
        *_declined_requests(most),
        *_declined_interests(most),
    ]
    newest: dict[tuple[int, int], _Word] = {}
    for word in sorted(words, key=lambda one: one.at, reverse=True):
        newest.setdefault((word.company, word.partner), word)
    kept = list(newest.values())[:most]
    met = _first_met(kept)
    return [
        Event(one.company, one.partner, one.accepted, pair in met and met[pair] < one.since)
        for one in kept
        for pair in [_pair(one.company, one.partner)]
    ]


def _pair(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def _first_met(words: Iterable[_Word]) -> dict[tuple[int, int], dt.datetime]:
    """When the companies of some words first met, as somebody said or a meeting was held."""
    companies = {key for one in words for key in (one.company, one.partner)}
    said = PairHistory.objects.filter(kind=PairHistory.Kind.MET, one__in=companies)
    moments = [
        (one, other, dt.datetime.combine(since, dt.time(), dt.UTC) if since else at)
        for one, other, since, at in said.order_by().values_list(
            "one_id", "other_id", "since", "recorded_at"
        )
    ]
    sides = ("host__registration__company", "guest__registration__company")
    held = Meeting.objects.held().filter(**{f"{sides[0]}__in": companies}, slot__isnull=False)
    moments += held.order_by().values_list(*sides, "slot__starts_at")
    found: dict[tuple[int, int], dt.datetime] = {}
    for one, other, at in moments:
        pair = _pair(one, other)
        found[pair] = min(found.get(pair, at), at)
    return found


def _histories(most: int) -> Iterator[_Word]:
    for row in PairHistory.objects.keeping_apart().order_by("-recorded_at")[:most]:
        accepted = row.kind == PairHistory.Kind.PARTNER
        owner = row.stated_by_id or row.one_id
        other = row.other_id if owner == row.one_id else row.one_id
        yield _Word(row.recorded_at, owner, other, accepted, row.recorded_at)


def _dismissals(most: int) -> Iterator[_Word]:
    told = Q(reason__in=_UNSUITABLE) | Q(reason=Dismissal.Reason.KNOWN)
    for one in Dismissal.objects.filter(told).order_by("-at")[:most]:
        accepted = one.reason == Dismissal.Reason.KNOWN
        yield _Word(one.at, one.company_id, one.partner_id, accepted, one.at)


def _answers(most: int) -> Iterator[_Word]:
    """The last answer of each side of a meeting; who joined the two is asked about neither."""
    rows = Feedback.objects.exclude(first="", second="", third="").filter(meeting__is_told=True)
    sides = ("meeting__host", "meeting__guest")
    newest = Greatest("first_at", "second_at", "third_at").desc(nulls_last=True)
    read = rows.order_by(newest).values_list(
        *("side", "first", "first_at", "second", "second_at", "third", "third_at"),
        *(f"{side}__registration{field}" for side in sides for field in ("", "__company")),
        "meeting__slot__starts_at",
    )
    for side, *answers, host, ours, guest, theirs, began in read[:most]:
        third, second, first = answers[4:6], answers[2:4], answers[0:2]
        said, at = next(one for one in (third, second, first) if one[0])
        if said not in _VERDICTS or at is None or side not in (host, guest) or ours == theirs:
            continue
        owner, partner = (ours, theirs) if side == host else (theirs, ours)
        # The meeting that they speak of is not one before.
        yield _Word(at, owner, partner, _VERDICTS[said], began or at)


def _papers(most: int) -> Iterator[_Word]:
    """Papers that the partner and a chamber have confirmed, for the side that reported them."""
    rows = Outcome.objects.filter(state=Outcome.State.CONFIRMED)
    rows = rows.exclude(stage=Outcome.Stage.VOID).order_by("-reported_at")
    for one in rows.select_related("meeting__slot")[:most]:
        slot = one.meeting.slot if one.meeting is not None else None
        began = slot.starts_at if slot is not None else one.reported_at
        yield _Word(one.reported_at, one.reporter_id, one.partner_id, True, began)


def _declined_requests(most: int) -> Iterator[_Word]:
    """For the side that was asked: who declines another time than it asked for is rare."""
    rows = MeetingRequest.objects.filter(status=MeetingRequest.Status.DECLINED)
    rows = rows.exclude(reason_code__in=_ELSEWHERE)
    read = rows.order_by(F("decided_at").desc(nulls_last=True)).values_list(
        "decided_at", "partner__company", "requester__company"
    )
    for at, partner, requester in read[:most]:
        if at is not None:
            yield _Word(at, partner, requester, False, at)


def _declined_interests(most: int) -> Iterator[_Word]:
    """Those that the owner declined; what a chamber stopped on the way says nothing of it."""
    rows = Interest.objects.filter(status=Interest.Status.DECLINED, position=None)
    rows = rows.exclude(reason_code__in=_ELSEWHERE)
    read = rows.order_by(F("decided_at").desc(nulls_last=True)).values_list(
        "decided_at", "opportunity__company", "company_id"
    )
    for at, owner, company in read[:most]:
        if at is not None:
            yield _Word(at, owner, company, False, at)
