"""A further company comes to a meeting of others, or no longer does."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.models import Meeting, MeetingRequest, Participant
from marketplace.services import handovers, notices, placing


def join(meeting: Meeting, came: Participant, *, at: dt.datetime | None = None) -> Meeting:
    """Let ``came`` attend a meeting of others; its event is held by the caller, all are told.

    Raises ValidationError ``over``, ``already_there``, ``away``, ``taken``.
    """
    meeting = placing.lock_meeting(meeting)
    placing.demand_ahead(meeting, at)
    handovers.come_along(meeting, came)
    notices.tell_of_meeting("joined", meeting, extra={"joined": came.registration.company.told})
    return meeting


def end_invitations(meeting: Meeting, *, at: dt.datetime | None = None) -> None:
    """Nobody is asked any more to come to a meeting that is off."""
    asked = MeetingRequest.objects.open().filter(joins=meeting)
    rows = asked.select_for_update(of=("self",)).select_related("requester", "partner")
    for request in rows.order_by("pk"):
        request.status, request.decided_at = MeetingRequest.Status.EXPIRED, at or timezone.now()
        request.answer_from = None
        request.save(update_fields=["status", "decided_at", "answer_from"])
        request.requester.event = request.partner.event = meeting.event
        notices.tell_of_request("times_gone", request, to=request.partner)


def has_its_time() -> ValidationError:
    """The refusal of other times for a meeting that others have agreed on."""
    return ValidationError(_("This meeting has its time: come to it, or decline."), code="joins")
