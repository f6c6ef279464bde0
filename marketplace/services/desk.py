"""What the desk does on the day of an event: who has come, who is away, the page in the hall."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import User
from chambers.services.people import demand_manager
from marketplace.models import (
    Away,
    Event,
    Meeting,
    Participant,
    Registration,
    Slot,
    StandbyOffer,
)
from marketplace.models.feeds import digest_of
from marketplace.services import (
    calendars,
    handover_mail,
    interpreter_mail,
    notices,
    placing,
    standby,
)
from marketplace.services.meetings import mark_further, record_attendance
from marketplace.services.registrations import end_meetings

Attendance = Meeting.Attendance


@dataclass(frozen=True, slots=True)
class CheckIn:
    """Somebody who has come; ``already`` when the desk had noted that before."""

    participant: Participant
    already: bool


@transaction.atomic
def check_in(
    participant: Participant, *, by: User | None, at: dt.datetime | None = None
) -> CheckIn:
    """Note that somebody has come; a second time changes nothing and says so.

    Raises ValidationError ``not_admitted``, ``left`` for who no longer comes, ``cancelled``,
    ``gone``; PermissionDenied for anyone but a manager of the organiser.
    """
    locked = _lock_participant(participant)
    event = locked.registration.event
    demand_manager(by, event.chamber)
    placing.demand_not_cancelled(event)
    if locked.left_at is not None:
        raise ValidationError(
            _("%(person)s no longer comes: look who of the company does."),
            code="left",
            params={"person": locked.name},
        )
    placing.demand_taking_part(event, [locked])
    if locked.checked_in_at is not None:
        return CheckIn(locked, already=True)
    locked.checked_in_at, locked.checked_in_by = at or timezone.now(), by
    locked.save(update_fields=["checked_in_at", "checked_in_by"])
    return CheckIn(locked, already=False)


@transaction.atomic
def undo_check_in(participant: Participant, *, by: User | None) -> Participant:
    """Somebody was checked in by mistake. Raises ValidationError ``not_here``, else as above."""
    locked = _lock_participant(participant)
    demand_manager(by, locked.registration.event.chamber)
    if locked.checked_in_at is None:
        raise ValidationError(
            _("%(person)s is not checked in."), code="not_here", params={"person": locked.name}
        )
    locked.checked_in_at = locked.checked_in_by = None
    locked.save(update_fields=["checked_in_at", "checked_in_by"])
    return locked


@transaction.atomic
def mark_absent(
    registration: Registration, *, by: User, reason: str, at: dt.datetime | None = None
) -> list[Meeting]:
    """A company is away for the rest of the day: its meetings to come today are cancelled.

    Each partner is told once, and the times are offered on standby; the company gets no other
    meeting today. What others can hold without it they do. Of a meeting that has begun, its side
    did not come, unless that is noted. Returns the cancelled meetings. Raises ValidationError
    ``no_reason``, ``not_admitted``, ``cancelled``; PermissionDenied for anyone but a manager of
    the organiser.
    """
    now = at or timezone.now()
    event = calendars.hold_event(registration.event)
    demand_manager(by, event.chamber)
    placing.demand_not_cancelled(event)
    if not reason.strip():
        raise ValidationError(
            {"reason": ValidationError(_("Say why: the other side reads it."), code="no_reason")}
        )
    people = list(registration.participants.coming().select_related("registration__company"))
    placing.demand_taking_part(event, people)
    left = rest_of_day(event, now)
    _note_missing(registration, by=by, now=now)
    meetings = meetings_of_day(registration, now)
    ended, going_on = end_meetings(registration, meetings, by=by, reason=reason.strip(), at=now)
    Away.objects.bulk_create(
        [Away(participant=one, slot=slot) for one in people for slot in left],
        ignore_conflicts=True,
    )
    StandbyOffer.objects.filter(
        meeting__in=Meeting.objects.of(registration).values("pk"),
        slot__in=left,
        status__in=StandbyOffer.LIVE,
    ).update(status=StandbyOffer.Status.VOID, decided_at=now)
    _tell_of_absence(registration, ended, going_on, reason.strip())
    interpreter_mail.tell_of_ended(event, ended)
    standby.offer_freed(ended, at=now)
    return ended


def _tell_of_absence(
    registration: Registration,
    ended: list[Meeting],
    going_on: handover_mail.GoingOn,
    reason: str,
) -> None:
    """One mail a person, also to who has meetings that end and others that go on."""
    goes = going_on.meetings
    left = handover_mail.gone_of(goes, going_on.before)
    told = notices.tell_of_absence(registration, ended, reason, goes, left)
    handover_mail.tell_of_people(registration, goes, going_on.before, told=told, taken_out=told)


def meetings_of_day(registration: Registration, at: dt.datetime | None = None) -> list[Meeting]:
    """Its meetings that begin later today: ``mark_absent`` ends those that end without it."""
    now = at or timezone.now()
    left = rest_of_day(registration.event, now)
    rows = Meeting.objects.of(registration).ahead(now).filter(slot__in=left)
    return list(
        rows.select_related(
            "event",
            "slot__event",
            "host__registration__company",
            "guest__registration__company",
        )
        .prefetch_related("others__registration__company")
        .order_by("slot__starts_at", "pk")
    )


def rest_of_day(event: Event, now: dt.datetime) -> list[Slot]:
    """Slots yet to begin on the day that it is at the place of the event."""
    morrow = now.astimezone(event.clock).date() + dt.timedelta(days=1)
    midnight = dt.datetime.combine(morrow, dt.time(), event.clock)
    return list(Slot.objects.filter(event=event, starts_at__gt=now, starts_at__lt=midnight))


@transaction.atomic
def open_display(event: Event, *, by: User | None) -> str:
    """A new address for the screen in the hall; the one before answers no more.

    Returns its secret, which is not kept. Raises PermissionDenied for anyone but a manager of the
    organiser.
    """
    demand_manager(by, event.chamber)
    secret = secrets.token_urlsafe(32)
    _set_display(event, digest_of(secret))
    return secret


@transaction.atomic
def close_display(event: Event, *, by: User | None) -> None:
    """Let the page in the hall answer no more; a second time changes nothing. Raises as above."""
    demand_manager(by, event.chamber)
    _set_display(event, "")


def _set_display(event: Event, digest: str) -> None:
    Event.objects.filter(pk=event.pk).update(display_digest=digest)
    event.display_digest = digest


def _lock_participant(participant: Participant) -> Participant:
    rows = Participant.objects.select_for_update(of=("self",), no_key=True).select_related(
        "registration__event__chamber", "registration__company", "checked_in_by"
    )
    locked = rows.filter(pk=participant.pk).first()
    if locked is None:
        raise placing.gone()
    return locked


def _note_missing(registration: Registration, *, by: User, now: dt.datetime) -> None:
    """Their side of the meetings that go on: did not come, where nothing is noted yet."""
    going_on = Meeting.objects.of(registration).filter(
        slot__starts_at__lte=now, slot__ends_at__gt=now, status__in=Meeting.AHEAD
    )
    for meeting in going_on.select_related("host", "guest"):
        for side in ("host", "guest"):
            theirs = getattr(meeting, side).registration_id == registration.pk
            if theirs and getattr(meeting, f"{side}_attendance") == Attendance.UNKNOWN:
                record_attendance(meeting, by=by, at=now, **{side: Attendance.NO_SHOW})
        noted = meeting.further_marks.values_list("participant", flat=True)
        for one in meeting.others.filter(registration=registration).exclude(pk__in=noted):
            mark_further(meeting, one, Attendance.NO_SHOW, by=by, at=now)
