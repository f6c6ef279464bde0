"""Who comes for a company is changed, replaced and taken off the list; their meetings follow."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chambers.models import User
from marketplace.models import Meeting, MeetingRequest, Participant
from marketplace.models.registrations import new_badge_code
from marketplace.selectors.appointments import place_of
from marketplace.selectors.parts import told_ahead
from marketplace.services import (
    calendars,
    handover_mail,
    handovers,
    notices,
    placing,
    registrations,
    standby,
)
from marketplace.services.former_places import keep_former_place

_FREE = {"name", "position", "presence", "person"}


@transaction.atomic
def change_participant(
    participant: Participant, *, by: User, at: dt.datetime | None = None, **fields: Any
) -> Participant:
    """Set ``name``, ``position``, ``presence`` or ``person``.

    Another person takes the meetings ahead along: who had them gets them out of the calendar, who
    has them now an invitation, the partners the new name. They get a badge of their own, and are
    checked in themselves. Who becomes remote sits at a table with a screen. Raises ValidationError
    ``already_participant``, ``not_of_company``, ``over``, ``no_table``, ``gone``; PermissionDenied
    for who decides neither for the company nor for the event.
    """
    if strange := set(fields) - _FREE:
        raise TypeError(f"not to be set here: {', '.join(sorted(strange))}")
    participant = _hold(participant, by)
    meetings = _ahead(participant, at)
    before = handover_mail.readers_of(meetings)
    earlier = {one.pk: notices.as_it_was(one) for one in meetings}
    old = (participant.name, participant.person_id, participant.presence)
    for name, value in fields.items():
        setattr(participant, name, value)
    registrations.demand_colleague(participant)
    _free_account(participant)
    if _is_somebody_else(participant, old[0], old[1]):
        participant.badge_code = new_badge_code()
        participant.checked_in_at = participant.checked_in_by = None
    participant.full_clean()
    participant.save(update_fields=[*fields, "badge_code", "checked_in_at", "checked_in_by"])
    # The same account under another name is a mended name; without one it may be somebody else.
    is_other = participant.person_id != old[1] or (old[1] is None and participant.name != old[0])
    moved = []
    if is_other or participant.presence != old[2]:
        meetings = _ahead(participant, at)
        for meeting in meetings:
            was = earlier[meeting.pk]
            handovers.reseat(meeting)
            if place_of(meeting) != place_of(was):
                keep_former_place(was, meeting)
                moved.append((meeting, was))
    if is_other:
        handover_mail.tell_of_people(
            participant.registration, meetings, before, left=old[0], came=participant.name
        )
    for meeting, was in () if is_other else moved:
        notices.tell_of_meeting("moved", meeting, was=was)
    return participant


@transaction.atomic
def remove_participant(
    participant: Participant,
    *,
    by: User,
    substitute: Participant | None = None,
    reason: str = "",
    at: dt.datetime | None = None,
) -> bool:
    """Take somebody off the list: a colleague takes the meetings ahead, or they are cancelled.

    With a reason instead of a ``substitute`` meetings between others go on, the rest is cancelled
    and offered on standby; what the organiser only proposes ends without one. Whether the row is
    gone: who has had meetings stays in the records.

    Raises ValidationError ``has_meetings`` without either, ``other_company``, ``already_there``,
    ``away``, ``taken``, ``no_table`` for the substitute, ``gone``; PermissionDenied as above.
    """
    participant = _hold(participant, by)
    now = at or timezone.now()
    meetings = _ahead(participant, now)
    if substitute is not None:
        substitute = _colleague(participant, substitute)
        _replace(participant, substitute, meetings)
    elif (known := told_ahead(participant, now)) and not reason.strip():
        raise ValidationError(
            ngettext(
                "%(person)s has %(count)d meeting ahead: name somebody who goes instead, or say"
                " why it is cancelled.",
                "%(person)s has %(count)d meetings ahead: name somebody who goes instead, or say"
                " why they are cancelled.",
                len(known),
            ),
            code="has_meetings",
            params={"person": participant.name, "count": len(known)},
        )
    else:
        _leave(participant, meetings, by, reason.strip(), now)
    if Meeting.objects.filter(_of(participant)).exists():
        participant.left_at = now
        participant.save(update_fields=["left_at"])
        return False
    participant.delete()
    return True


@transaction.atomic
def hand_over(
    meeting: Meeting,
    *,
    participant: Participant,
    by: User,
    instead_of: Participant | None = None,
    at: dt.datetime | None = None,
) -> Meeting:
    """Let ``participant`` go to this one meeting instead of a colleague; all others stay.

    ``instead_of`` is who of the company was to go; left out: the first of them. Those whom it
    concerns read of it, with what enters or leaves their calendar.

    Raises ValidationError ``over``, ``other_company``, ``already_there``, ``away``, ``taken``,
    ``no_table``, ``gone``; PermissionDenied for who decides neither for the company nor for the
    event, outside events for who is not of the company.
    """
    came = _hold(participant, by)
    meeting = placing.lock_meeting(meeting)
    side = came.registration
    if meeting.event.is_direct and placing.side_of(meeting, by) is None:
        raise PermissionDenied(_("Only the companies of a meeting outside events may do this."))
    placing.demand_ahead(meeting, at)
    going = [one for one in meeting.people() if one.registration_id == side.pk]
    chosen = [one for one in going if instead_of is None or one.pk == instead_of.pk]
    if not chosen:
        raise _not_a_colleague()
    left = chosen[0]
    left.registration = side
    before = handover_mail.readers_of([meeting])
    handovers.take_place(meeting, left, came)
    handover_mail.tell_of_people(side, [meeting], before, left=left.name, came=came.name)
    return meeting


def _not_a_colleague() -> ValidationError:
    return ValidationError(
        _("Somebody else of the same company goes instead: choose one of them."),
        code="other_company",
    )


def _is_somebody_else(participant: Participant, name: str, account: int | None) -> bool:
    """Whether this is not who had this name and account: a name or an account may be added."""
    if account is not None and participant.person_id is not None:
        return participant.person_id != account
    return participant.name != name


def _free_account(participant: Participant) -> None:
    """Who had left and comes again in another's place stays in the records of before by name."""
    if participant.person_id is not None:
        left = Participant.objects.filter(left_at__isnull=False, person=participant.person_id)
        left.filter(registration=participant.registration_id).update(person=None)


def _replace(left: Participant, came: Participant, meetings: list[Meeting]) -> None:
    before = handover_mail.readers_of(meetings)
    for meeting in meetings:
        handovers.take_place(meeting, left, came)
    MeetingRequest.objects.filter(participant=left).update(participant=came)
    handover_mail.tell_of_people(
        left.registration, meetings, before, left=left.name, came=came.name
    )


def _leave(
    participant: Participant, meetings: list[Meeting], by: User, reason: str, now: dt.datetime
) -> None:
    stay = [one for one in meetings if handovers.goes_on_without(one, [participant])]
    before = handover_mail.readers_of(stay)
    for meeting in stay:
        handovers.leave_place(meeting, participant)
    side = participant.registration
    handover_mail.tell_of_people(side, stay, before)
    kept = {one.pk for one in stay}
    ended = [one for one in meetings if one.pk not in kept]
    for meeting in ended:
        placing.end_meeting(meeting, by=by, side=side, reason=reason, at=now)
        notices.tell_of_meeting("cancelled", meeting)
    standby.offer_freed(ended, at=now)
    # Requests not yet answered are the company's: anybody of it may come.
    asked = MeetingRequest.objects.filter(participant=participant)
    undecided = (*MeetingRequest.OPEN, MeetingRequest.Status.DRAFT)
    asked.filter(status__in=undecided).update(participant=None)


def _hold(participant: Participant, by: User) -> Participant:
    """The participant as they stand, their event and company held."""
    event = calendars.hold_event(participant.registration.event)
    registration = registrations.lock_registration(participant.registration)
    registrations.demand_speaker(registration, by)
    held = Participant.objects.select_for_update().coming().filter(pk=participant.pk).first()
    if held is None:
        raise ValidationError(_("Somebody has removed this meanwhile."), code="gone")
    registration.event = event
    held.registration = registration
    return held


def _colleague(participant: Participant, substitute: Participant) -> Participant:
    rows = Participant.objects.coming().filter(registration=participant.registration)
    found = rows.exclude(pk=participant.pk).filter(pk=substitute.pk).first()
    if found is None:
        raise _not_a_colleague()
    found.registration = participant.registration
    return found


def _of(participant: Participant) -> Q:
    joined = Meeting.others.through.objects.filter(participant=participant).values("meeting")
    return Q(host=participant) | Q(guest=participant) | Q(pk__in=joined)


def _ahead(participant: Participant, at: dt.datetime | None) -> list[Meeting]:
    """Their meetings that have not begun, each locked."""
    rows = Meeting.objects.filter(_of(participant)).ahead(at).select_related("event")
    return [placing.lock_meeting(one) for one in rows.order_by("pk")]
