"""Every change to requests for meetings: sent, answered, taken back, expired.

A request holds nothing; only its acceptance makes a meeting, with a time or to get one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.acting import NotDecidingError
from chambers.models import User
from chambers.services import jobs
from marketplace.models import (
    OF_REQUESTS,
    Meeting,
    MeetingRequest,
    Opportunity,
    Participant,
    Registration,
    Slot,
)
from marketplace.services import (
    calendars,
    group_meetings,
    interpreting,
    notices,
    pairing,
    placing,
    rules,
)
from marketplace.services.declines import reason_given

Status = MeetingRequest.Status


@transaction.atomic
def request_meeting(
    requester: Registration,
    partner: Registration,
    *,
    by: User,
    wish: str = MeetingRequest.Wish.MEET,
    message: str = "",
    slots: Iterable[Slot] = (),
    opportunity: Opportunity | None = None,
    participant: Participant | None = None,
    draft: bool = False,
    link: str = "",
    wants_interpreter: bool = False,
    joins: Meeting | None = None,
    at: dt.datetime | None = None,
) -> MeetingRequest:
    """Ask another company of the event for a meeting, at some acceptable times or at any.

    With ``joins`` it is asked to come to that meeting of others, at its time.

    Raises ValidationError ``own_company``, ``requests_closed``, ``not_admitted``, ``not_possible``,
    ``group_rule``, ``already_meeting``, ``already_requested``, ``quota``, ``same_text``,
    ``other_event``, ``gone`` for a participant who no longer comes, on ``opportunity``
    ``not_theirs``; PermissionDenied for who may not decide for the requester.
    """
    one, other = _hold_pair(requester, partner)
    _demand_side(one, by)
    request = MeetingRequest(
        event=one.event,
        requester=one,
        partner=other,
        wish=wish,
        message=message.strip(),
        opportunity=opportunity,
        participant=participant,
        created_by=by,
        status=Status.DRAFT,
        link=link,
        wants_interpreter=wants_interpreter,
        joins=joins,
    )
    chosen = list(slots)
    _demand_same_event(request, chosen)
    if joins is None:  # a third company is asked about what the first two meet about
        rules.demand_theirs(request, by)
    if participant is not None:
        placing.demand_coming(participant)
    if one.pk == other.pk:
        raise ValidationError(_("A company cannot ask itself for a meeting."), code="own_company")
    if not draft:
        rules.demand_sendable(request, at)
        _wait(request, chosen, for_=other, at=at)
    _save_new(request)
    request.slots.set(chosen)
    if not draft:
        notices.tell_of_request("received", request, to=other)
    return request


@transaction.atomic
def send_request(
    request: MeetingRequest, *, by: User, at: dt.datetime | None = None
) -> MeetingRequest:
    """Send a draft. Raises as ``request_meeting``, and ``not_waiting`` for what was sent."""
    one, other = _hold_pair(request.requester, request.partner)
    _demand_side(one, by)
    request = _locked(request, one, other)
    if request.status != Status.DRAFT:
        raise _not_waiting(request)
    rules.demand_sendable(request, at)
    _wait(request, request.slots.all(), for_=other, at=at)
    _save_new(request)
    notices.tell_of_request("received", request, to=other)
    return request


class Said(TypedDict, total=False):
    """What a draft is to say; what is left out stays as it is."""

    wish: str
    message: str
    slots: Iterable[Slot]
    opportunity: Opportunity | None
    participant: Participant | None


@transaction.atomic
def write_draft(
    request: MeetingRequest,
    *,
    by: User,
    send: bool = False,
    at: dt.datetime | None = None,
    **said: Unpack[Said],
) -> MeetingRequest:
    """Change what a draft says, and send it then if asked; refused, it stays as it was.

    Two at once lose nothing of each other where they change different things. Raises as
    ``send_request``, and ValidationError ``other_event``, ``gone``, ``not_theirs``.
    """
    one, other = _hold_pair(request.requester, request.partner)
    _demand_side(one, by)
    request = _locked(request, one, other)
    if request.status != Status.DRAFT:
        raise _not_waiting(request)
    given = dict(said)
    slots = said.get("slots")
    chosen = list(request.slots.all() if slots is None else slots)
    given.pop("slots", None)
    before = request.opportunity_id
    for name, value in given.items():
        setattr(request, name, value.strip() if isinstance(value, str) else value)
    if request.opportunity_id != before:  # what has ended since may stay
        rules.demand_theirs(request, by)
    _demand_same_event(request, chosen)
    if request.participant is not None:
        placing.demand_coming(request.participant)
    request.full_clean()
    request.save(update_fields=list(given))
    request.slots.set(chosen)
    return send_request(request, by=by, at=at) if send else request


def first_time(
    request: MeetingRequest, side: Registration, *, by: User, at: dt.datetime | None = None
) -> Slot | None:
    """The time that ``accept_request`` takes when ``side`` names none; None where none is free."""
    try:
        ours, theirs = pairing.people_of(side, by), pairing.people_of_other(request, side)
        return pairing.choose(request.event, ours, theirs, request.slots.all(), None, at)[2]
    except ValidationError:
        return None


@transaction.atomic
def accept_request(
    request: MeetingRequest,
    *,
    by: User,
    slot: Slot | None = None,
    participant: Participant | None = None,
    at: dt.datetime | None = None,
) -> Meeting:
    """Agree to meet: at the given time, else at the first that suits both.

    Before the timetable of the event is made the time stays open unless one is given.
    ``participant`` is who of the answering side comes.

    Raises ValidationError ``not_waiting`` when it was answered, withdrawn or has expired,
    ``not_admitted``, ``not_offered`` for a time that was not asked for, ``away``, ``taken`` (with
    up to three free times) or ``no_common_time``, ``no_table``, ``too_many_meetings``,
    ``no_participant``, ``gone`` for a ``participant`` who no longer comes; PermissionDenied for
    who may not answer.
    """
    request = _hold_request(request)
    side = _demand_answerer(request, by, at)
    other = request.other_side(side)
    for one in (side, other):
        if one.status != Registration.Status.ADMITTED:
            raise rules.not_admitted(one)
        rules.demand_room(one)
    event = request.event
    ours = [participant] if participant else pairing.people_of(side, by)
    theirs = pairing.people_of_other(request, side)
    if participant is not None and participant.registration_id != side.pk:
        raise placing.other_event()
    if participant is not None:
        placing.demand_coming(participant)
    wanted = request.slots.all()
    if slot is not None and wanted.exists() and not wanted.filter(pk=slot.pk).exists():
        raise ValidationError(
            _("This time was not asked for: choose one of those, or propose it."),
            code="not_offered",
        )
    if request.joins is not None:
        meeting = group_meetings.join(request.joins, ours[0], at=at)
        _decide(request, Status.ACCEPTED, at)
        return meeting
    own, partner, found = pairing.choose(event, ours, theirs, wanted, slot, at)
    meeting = pairing.new_meeting(request, side, own, partner)
    if found is not None:
        placing.place_new(meeting, found, at=at)
    _decide(request, Status.ACCEPTED, at)
    interpreting.ask_for_interpreter(meeting)
    notices.tell_of_meeting("accepted", meeting)
    return meeting


@transaction.atomic
def decline_request(
    request: MeetingRequest,
    *,
    by: User,
    reason: str = "",
    reason_code: str = "",
    at: dt.datetime | None = None,
) -> MeetingRequest:
    """Do not meet; the other side reads the reason if one is given.

    ``reason_code``: one of ``OF_REQUESTS``, told in the language of who reads it.

    Raises ValidationError ``not_waiting``, ``other_wordings``, and ``empty`` on ``reason`` for
    another reason without words; PermissionDenied for who may not answer.
    """
    request = _hold_request(request)
    side = _demand_answerer(request, by, at)
    given = reason_given(reason_code, reason, among=OF_REQUESTS, needed=False)
    request.reason_code, request.reason = given["reason_code"], given["reason"]
    _decide(request, Status.DECLINED, at)
    notices.tell_of_request("declined", request, to=request.other_side(side))
    return request


@transaction.atomic
def withdraw_request(
    request: MeetingRequest, *, by: User, at: dt.datetime | None = None
) -> MeetingRequest:
    """Take one's own request back while nobody has answered; its quota is free again.

    A draft is thrown away: nobody else learns that there was one.

    Raises ValidationError ``not_waiting``, PermissionDenied for who does not speak for the
    requester.
    """
    request = _hold_request(request)
    _demand_side(request.requester, by)
    was_draft = request.status == Status.DRAFT
    if not request.is_open and not was_draft:
        raise _not_waiting(request)
    _decide(request, Status.WITHDRAWN, at)
    if not was_draft:
        notices.tell_of_request("withdrawn", request, to=request.partner)
    return request


@transaction.atomic
def propose_times(
    request: MeetingRequest,
    slots: Iterable[Slot],
    *,
    by: User,
    message: str = "",
    participant: Participant | None = None,
    at: dt.datetime | None = None,
) -> MeetingRequest:
    """Answer with up to three other times; then the other side accepts, declines or proposes.

    With ``participant`` the answering side names who comes.

    Raises ValidationError ``not_waiting``, ``too_many_times``, ``no_times``, ``other_event``,
    ``joins`` where a third company is asked to come to a meeting, which has its time;
    PermissionDenied for who may not answer.
    """
    request = _hold_request(request)
    side = _demand_answerer(request, by, at)
    if request.joins_id is not None:
        raise group_meetings.has_its_time()
    chosen = rules.demand_few(slots)
    _demand_same_event(request, chosen)
    other = request.other_side(side)
    request.status, request.answer_from = Status.TIME_PROPOSED, other
    request.expires_at = rules.expiry_of(request.event, at, chosen)
    request.reason = message.strip()
    named = "participant" if side.pk == request.requester_id else "partner_participant"
    setattr(request, named, participant or getattr(request, named))
    request.save(update_fields=["status", "answer_from", "expires_at", "reason", named])
    request.slots.set(chosen)
    notices.tell_of_request("time_proposed", request, to=other)
    return request


@jobs.by_the_clock
def expire_requests(now: dt.datetime) -> None:
    """Close what nobody answered in time, and tell both sides."""
    for one in MeetingRequest.objects.due(now).select_related("event").order_by("pk"):
        with jobs.spared(one), transaction.atomic():
            request = _hold_request(one)
            if not request.is_open or request.expires_at is None or request.expires_at > now:
                continue  # answered a moment ago
            _decide(request, Status.EXPIRED, now)
            for side in (request.requester, request.partner):
                notices.tell_of_request("expired", request, to=side)


def _hold_pair(one: Registration, other: Registration) -> tuple[Registration, Registration]:
    """Both registrations as they stand, none of them changing meanwhile."""
    rows = {
        row.pk: row
        for row in Registration.objects.select_for_update(of=("self",), no_key=True)
        .select_related("event__chamber", "company", "group")
        .filter(pk__in=[one.pk, other.pk])
        .order_by("pk")
    }
    return rows[one.pk], rows[other.pk]


def _hold_request(request: MeetingRequest) -> MeetingRequest:
    """The request as it stands: the event held first, then both companies, then its row."""
    event = calendars.hold_event(request.event)
    one, other = _hold_pair(request.requester, request.partner)
    locked = _locked(request, one, other)
    locked.event = one.event = other.event = event
    return locked


def _locked(
    request: MeetingRequest, requester: Registration, partner: Registration
) -> MeetingRequest:
    locked = (
        MeetingRequest.objects.select_for_update(of=("self",))
        .select_related("event", "participant", "answer_from")
        .get(pk=request.pk)
    )
    locked.requester, locked.partner = requester, partner
    return locked


def _demand_side(registration: Registration, by: User) -> None:
    if not Registration.objects.edited_by(by).filter(pk=registration.pk).exists():
        raise NotDecidingError


def _demand_answerer(request: MeetingRequest, by: User, at: dt.datetime | None) -> Registration:
    """The side that is to answer, for which ``by`` decides."""
    late = request.expires_at is not None and request.expires_at <= (at or timezone.now())
    if not request.is_open or late:
        sides = [request.requester_id, request.partner_id]
        if not Registration.objects.edited_by(by).filter(pk__in=sides).exists():
            raise NotDecidingError
        raise _not_waiting(request)
    side = request.partner if request.answer_from_id == request.partner_id else request.requester
    _demand_side(side, by)
    return side


def _not_waiting(request: MeetingRequest) -> ValidationError:
    shown = Status.EXPIRED.label if request.is_open else request.get_status_display()
    return ValidationError(
        _("This request waits for no answer any more: %(status)s."),
        code="not_waiting",
        params={"status": shown},
    )


def _demand_same_event(request: MeetingRequest, slots: Sequence[Slot]) -> None:
    key = request.requester.event_id
    belongs = [request.partner.event_id, *(slot.event_id for slot in slots)]
    named = request.participant
    if any(one != key for one in belongs) or (
        named is not None and named.registration_id != request.requester_id
    ):
        raise placing.other_event()


def _wait(
    request: MeetingRequest, slots: Iterable[Slot], *, for_: Registration, at: dt.datetime | None
) -> None:
    request.status, request.answer_from = Status.PENDING, for_
    request.expires_at = rules.expiry_of(request.event, at, slots)


def _save_new(request: MeetingRequest) -> None:
    request.full_clean()
    try:
        with transaction.atomic():
            request.save()
    except IntegrityError as error:
        if calendars.constraint_of(error) != "one_open_request_per_pair":
            raise
        raise ValidationError(
            _("A request between these companies waits for an answer already."),
            code="already_requested",
        ) from error


def _decide(request: MeetingRequest, status: MeetingRequest.Status, at: dt.datetime | None) -> None:
    request.status, request.decided_at = status, at or timezone.now()
    request.answer_from = None
    request.save(update_fields=["status", "decided_at", "answer_from", "reason", "reason_code"])
