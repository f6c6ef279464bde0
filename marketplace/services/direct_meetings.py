"""Meetings outside events once they are agreed: where they are, who goes, a third company.

Moving and cancelling it are the services of all meetings.
"""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from chambers.models import Company, User
from marketplace.models import Meeting, MeetingRequest, Registration
from marketplace.services import (
    direct,
    handover_mail,
    handovers,
    notices,
    placing,
    requests,
    rules,
)
from marketplace.services.former_places import keep_former_place


@transaction.atomic
def ask_to_join(
    meeting: Meeting,
    partner: Company,
    *,
    by: User,
    message: str = "",
    at: dt.datetime | None = None,
) -> MeetingRequest:
    """Ask a third company to come to a meeting outside events that has its time.

    Raises ValidationError ``over``, ``not_placed``, ``already_there``, ``joins`` at an event,
    ``nobody_answers``, ``already_requested``, ``quota``, ``not_possible``; PermissionDenied for who
    decides for neither of its sides.
    """
    meeting = _lock_direct(meeting, by, at)
    own = placing.side_of(meeting, by)
    if own is None:
        raise PermissionDenied(_("Only the companies of a meeting outside events may do this."))
    if meeting.slot is None:
        raise ValidationError(_("This meeting has no time yet."), code="not_placed")
    if partner.pk in {one.registration.company_id for one in meeting.people()}:
        raise ValidationError(_("This company comes to the meeting already."), code="already_there")
    if MeetingRequest.objects.open().filter(joins=meeting, partner__company=partner).exists():
        raise direct.already_requested()
    own.event = meeting.event
    for side in (meeting.host.registration, meeting.guest.registration):
        if side.pk != own.pk and rules.apart(side.company, partner):
            raise ValidationError(
                _("A meeting with this company is not possible."), code="not_possible"
            )
    # Its quota is counted with no other request of it written meanwhile.
    Company.objects.select_for_update(no_key=True).get(pk=own.company_id)
    theirs = direct.enter(meeting.event, partner, by)
    direct.demand_reader(theirs)
    asked = meeting.request
    return requests.request_meeting(
        own,
        theirs,
        by=by,
        message=message,
        slots=[meeting.slot],
        opportunity=asked.opportunity if asked else None,
        link=meeting.link,
        wants_interpreter=bool(asked and asked.wants_interpreter),
        joins=meeting,
        at=at,
    )


@transaction.atomic
def set_place(
    meeting: Meeting,
    *,
    by: User,
    place: str = "",
    link: str = "",
    at: dt.datetime | None = None,
) -> Meeting:
    """Say where a meeting outside events is, or by which link; all its people read it.

    Raises ValidationError ``over``, and ``invalid`` for what is no link; PermissionDenied for
    strangers to it, and at an event, where the organiser gives the places.
    """
    meeting = _lock_direct(meeting, by, at)
    event = meeting.event
    if (event.place, meeting.link) == (place.strip(), link.strip()):
        return meeting
    was = notices.as_it_was(meeting)
    event.place, meeting.link = place.strip(), link.strip()
    others = {field.name for field in Meeting._meta.fields} - {"link"}  # noqa: SLF001 - documented
    meeting.clean_fields(exclude=others)
    event.full_clean()
    event.save(update_fields=["place", "updated_at"])
    meeting.sequence += 1
    meeting.save(update_fields=["link", "sequence", "changed_at"])
    keep_former_place(was, meeting)
    notices.tell_of_meeting("moved", meeting, was=was)
    return meeting


@transaction.atomic
def send_colleague(
    meeting: Meeting, person: User, *, by: User, at: dt.datetime | None = None
) -> Meeting:
    """Let ``person`` go to a meeting outside events instead of who of their company was to go.

    Raises ValidationError ``over``, ``not_of_company``, ``already_there``, ``taken``;
    PermissionDenied as ``set_place``.
    """
    meeting = _lock_direct(meeting, by, at)
    sides = Registration.objects.edited_by(by).values_list("pk", flat=True)
    left = next(one for one in meeting.people() if one.registration_id in set(sides))
    came = direct.participant_of(left.registration, person, by)
    before = handover_mail.readers_of([meeting])
    handovers.take_place(meeting, left, came)
    handover_mail.tell_of_people(
        left.registration, [meeting], before, left=left.name, came=came.name
    )
    return meeting


def _lock_direct(meeting: Meeting, by: User, at: dt.datetime | None) -> Meeting:
    meeting = placing.lock_meeting(meeting)
    if placing.side_of(meeting, by) is None or not meeting.event.is_direct:
        raise PermissionDenied(_("Only the companies of a meeting outside events may do this."))
    placing.demand_ahead(meeting, at)
    for one in meeting.people():
        one.registration.event = meeting.event
    return meeting
