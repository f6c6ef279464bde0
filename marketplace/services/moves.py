"""One side of a meeting asks for another time; the old one stays until the other side agrees."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import User
from marketplace.models import Meeting, Registration, Slot, TimeProposal
from marketplace.services import notices, placing, rules, standby

MOST_MOVES = 2  # without the organiser, where there is one


@transaction.atomic
def propose_move(
    meeting: Meeting,
    slots: Iterable[Slot],
    *,
    by: User,
    message: str = "",
    at: dt.datetime | None = None,
) -> TimeProposal:
    """Ask the other side to move a meeting to one of up to three times; the old one stays so far.

    Raises ValidationError ``too_many_times``, ``no_times``, ``other_event``, ``frozen``,
    ``too_many_moves``, ``locked``, ``not_placed``, ``already_proposed``, ``over``;
    PermissionDenied for who speaks for neither side.
    """
    meeting = placing.lock_meeting(meeting)
    side = placing.side_of(meeting, by)
    if side is None:
        raise PermissionDenied(_("The organiser moves a meeting without asking."))
    _demand_movable(meeting, at)
    chosen = rules.demand_few(slots)
    for slot in chosen:
        if slot.event_id != meeting.event_id:
            raise placing.other_event()
        placing.refuse_frozen(meeting, slot, at)
    proposal = TimeProposal(meeting=meeting, proposer=side, message=message.strip(), created_by=by)
    proposal.full_clean()
    proposal.save()
    proposal.slots.set(chosen)
    notices.tell_of_proposal(proposal, chosen)
    return proposal


@transaction.atomic
def accept_move(
    proposal: TimeProposal, *, slot: Slot, by: User, at: dt.datetime | None = None
) -> Meeting:
    """Move the meeting to one of the proposed times; the freed one is offered on standby.

    Raises ValidationError ``not_waiting``, ``not_offered``, ``frozen``, ``too_many_moves``,
    ``taken``, ``away``, ``no_table``; PermissionDenied for who may not answer.
    """
    proposal, meeting = _lock_proposal(proposal, by)
    _demand_movable(meeting, at)
    if not proposal.slots.filter(pk=slot.pk).exists():
        raise ValidationError(
            _("This time was not proposed: choose one of those."), code="not_offered"
        )
    placing.refuse_frozen(meeting, slot, at)
    left = Meeting.objects.select_related("slot", "event").get(pk=meeting.pk)
    _close(proposal, TimeProposal.Status.ACCEPTED, at)
    placing.change_time(meeting, slot, at=at)
    standby.offer_freed([left], at=at)
    return meeting


@transaction.atomic
def decline_move(
    proposal: TimeProposal, *, by: User, at: dt.datetime | None = None
) -> TimeProposal:
    """Keep the old time. Raises as ``accept_move``."""
    proposal, meeting = _lock_proposal(proposal, by)
    _close(proposal, TimeProposal.Status.DECLINED, at)
    notices.tell_of_meeting("stays", meeting)
    return proposal


@transaction.atomic
def withdraw_move(
    proposal: TimeProposal, *, by: User, at: dt.datetime | None = None
) -> TimeProposal:
    """Take one's own proposal back while nobody has answered; the old time stays.

    Raises ValidationError ``not_waiting``, PermissionDenied for who does not speak for the side
    that proposed.
    """
    meeting = placing.lock_meeting(proposal.meeting)
    locked = TimeProposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if not Registration.objects.edited_by(by).filter(pk=locked.proposer_id).exists():
        raise PermissionDenied(_("Only the side that proposed the time takes it back."))
    _demand_pending(locked)
    _close(locked, TimeProposal.Status.WITHDRAWN, at)
    for reader, participant in notices.attendees(meeting):
        if participant.registration_id != locked.proposer_id:
            notices.tell_attendee("kept", meeting, reader, participant)
    return locked


def _demand_movable(meeting: Meeting, at: dt.datetime | None) -> None:
    placing.demand_ahead(meeting, at)
    if not meeting.is_placed:
        raise ValidationError(_("This meeting has no time yet."), code="not_placed")
    if meeting.locked:
        raise ValidationError(
            _("The organiser has set this time for good: ask the desk."), code="locked"
        )
    placing.refuse_frozen(meeting, at=at)
    if meeting.moves >= MOST_MOVES and not meeting.event.is_direct:
        raise ValidationError(
            _("This meeting was moved %(most)d times: ask the organiser for another."),
            code="too_many_moves",
            params={"most": MOST_MOVES},
        )


def _lock_proposal(proposal: TimeProposal, by: User) -> tuple[TimeProposal, Meeting]:
    meeting = placing.lock_meeting(proposal.meeting)
    side = placing.side_of(meeting, by)
    locked = TimeProposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if side is not None and side.pk == locked.proposer_id:
        raise PermissionDenied(_("The other side answers your proposal."))
    _demand_pending(locked)
    return locked, meeting


def _demand_pending(proposal: TimeProposal) -> None:
    if proposal.status != TimeProposal.Status.PENDING:
        raise ValidationError(
            _("This proposal waits for no answer any more: %(status)s."),
            code="not_waiting",
            params={"status": proposal.get_status_display()},
        )


def _close(proposal: TimeProposal, status: TimeProposal.Status, at: dt.datetime | None) -> None:
    proposal.status, proposal.decided_at = status, at or timezone.now()
    proposal.save(update_fields=["status", "decided_at"])
