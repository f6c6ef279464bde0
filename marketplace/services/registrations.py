"""Every change to who comes to an event: registered, admitted, listed, away, withdrawn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import Company, Representative, User
from chambers.services.people import demand_manager
from marketplace.models import (
    Away,
    Booking,
    Delegation,
    Event,
    Group,
    Meeting,
    MeetingRequest,
    Participant,
    Registration,
    Slot,
    Table,
)
from marketplace.models.names import FORGOTTEN
from marketplace.services import (
    calendars,
    handover_mail,
    handovers,
    interpreter_mail,
    notices,
    placing,
    registration_mail,
    standby,
)

Status = Registration.Status


@transaction.atomic
def register_company(
    event: Event,
    company: Company,
    *,
    by: User,
    consent: str = Registration.Consent.NOT_LISTED,
    group: Group | None = None,
    delegation: Delegation | None = None,
    languages: Iterable[str] = (),
    people: Iterable[Mapping[str, Any]] | None = None,
    at: dt.datetime | None = None,
) -> Registration:
    """Put a company down for an event and tell its people; the organiser admits it.

    ``people`` come, each with name, position, presence, person; without it who registers comes,
    beside those whom a company that had withdrawn had named. It stands in the queue again. Staff
    may register a member of their chamber, the organiser also after the deadline.

    Raises ValidationError ``registration_closed``, ``members_only``, ``already_registered``,
    ``refused``, ``other_event``; PermissionDenied for who decides for neither.
    """
    event = calendars.hold_event(event)
    organiser = Event.objects.managed_by(by).filter(pk=event.pk).exists()
    speaks = Company.objects.edited_by(by).filter(pk=company.pk).exists()
    if not (organiser or speaks or Company.objects.managed_by(by).filter(pk=company.pk).exists()):
        raise PermissionDenied(_("Only the company, its chamber or the organiser may do this."))
    _demand_welcome(event, company, organiser, at)
    registration = _fresh(event, company)
    registration.consent, registration.group, registration.delegation = consent, group, delegation
    registration.languages = sorted(set(languages))
    registration.registered_by, registration.registered_at = by, at or timezone.now()
    _demand_own_parts(registration)
    registration.full_clean()
    registration.save()
    if people is not None:
        _name_people(registration, people, at or timezone.now())
    elif not registration.participants.filter(left_at=None, person=by).exists():
        _name_more(registration, _myself(by, company))
    registration_mail.tell_of_application(registration, registration.registered_at)
    return registration


@transaction.atomic
def change_registration(
    registration: Registration, *, by: User | None, **fields: Any
) -> Registration:
    """Set ``group``, ``delegation``, ``quota``, ``meetings_most`` or ``languages`` as organiser.

    Raises ValidationError ``other_event``, ``delegation_full``, PermissionDenied for anyone but
    a manager of the organiser, TypeError for any other field.
    """
    allowed = {"group", "delegation", "quota", "meetings_most", "languages"}
    if strange := set(fields) - allowed:
        raise TypeError(f"not to be set here: {', '.join(sorted(strange))}")
    calendars.hold_event(registration.event)  # the seats of a delegation are counted in turn
    registration = lock_registration(registration)
    demand_manager(by, registration.event.chamber)
    for name, value in fields.items():
        setattr(registration, name, value)
    _demand_own_parts(registration)
    _demand_seat(registration)
    registration.full_clean(exclude=["event", "company"])
    registration.save(update_fields=list(fields))
    return registration


@transaction.atomic
def admit_registration(registration: Registration, *, by: User | None) -> Registration:
    """Let a company take part and tell it.

    Raises ValidationError ``already_decided`` unless it applied, waits or was refused,
    ``delegation_full``; PermissionDenied for anyone but a manager of the organiser.
    """
    return _decide(registration, by, Status.ADMITTED)


@transaction.atomic
def let_wait(registration: Registration, *, by: User | None) -> Registration:
    """Put a company on the waiting list of the event. Raises as ``admit_registration``."""
    return _decide(registration, by, Status.WAITING)


@transaction.atomic
def refuse_registration(
    registration: Registration, *, by: User | None, reason: str
) -> Registration:
    """Refuse a company, with the reason that it is told.

    Raises ValidationError ``no_reason``, else as ``admit_registration``.
    """
    if not reason.strip():
        raise ValidationError(
            {"reason": ValidationError(_("Say why: the company reads it."), code="no_reason")}
        )
    return _decide(registration, by, Status.REFUSED, reason.strip())


@transaction.atomic
def set_consent(registration: Registration, consent: str, *, by: User) -> Registration:
    """Choose who sees that the company comes; lists, files and search follow at once.

    Raises ValidationError ``invalid_choice``, PermissionDenied for who may not decide for it.
    """
    registration = lock_registration(registration)
    demand_speaker(registration, by)
    registration.consent = consent
    registration.full_clean(exclude=["event", "company", "group", "delegation"])
    registration.save(update_fields=["consent"])
    return registration


@transaction.atomic
def add_participant(
    registration: Registration,
    *,
    by: User,
    name: str,
    position: str = "",
    presence: str = Participant.Presence.ON_SITE,
    person: User | None = None,
) -> Participant:
    """Name somebody who comes; with ``person`` they sign in and read their timetable.

    Raises ValidationError ``already_participant``, ``not_of_company``, ``over``;
    PermissionDenied for who decides neither for the company nor for the event.
    """
    registration = lock_registration(registration)
    demand_speaker(registration, by)
    _demand_open(registration)
    participant = _add(
        registration, {"name": name, "position": position, "presence": presence, "person": person}
    )
    registration_mail.tell_newcomer(participant, timezone.now())
    return participant


@transaction.atomic
def set_availability(participant: Participant, *, away: Iterable[Slot], by: User) -> None:
    """Replace all the slots in which a participant takes no meetings; the others are open.

    Raises ValidationError ``has_meeting`` for a slot with a meeting, ``other_event``;
    PermissionDenied as above.
    """
    registration = participant.registration
    calendars.hold_event(registration.event)
    demand_speaker(registration, by)
    wanted = {slot.pk: slot for slot in away}
    if any(slot.event_id != registration.event_id for slot in wanted.values()):
        raise placing.other_event()
    held = set(participant.away.values_list("slot", flat=True))
    for slot in (wanted[key] for key in wanted.keys() - held):
        if Booking.objects.filter(
            participant=participant,
            meeting__slot__starts_at__lt=slot.ends_at,
            meeting__slot__ends_at__gt=slot.starts_at,
        ).exists():
            raise ValidationError(
                _("There is a meeting at this time: move or cancel it first (%(slot)s)."),
                code="has_meeting",
                params={"slot": str(slot)},
            )
    participant.away.exclude(slot__in=wanted).delete()
    Away.objects.bulk_create(
        [Away(participant=participant, slot_id=key) for key in wanted.keys() - held]
    )


@transaction.atomic
def withdraw_registration(
    registration: Registration, *, by: User, reason: str = "", at: dt.datetime | None = None
) -> Registration:
    """A company does not come: what it would have done is undone, and each partner told once.

    Its meetings that have not begun are cancelled, unless they go on between others; tables and
    interpreters are free and offered on standby; open requests end; its booth becomes a shared
    table. What was held stays.

    Raises ValidationError ``over`` when it was withdrawn or refused; PermissionDenied for who
    decides neither for the company nor for the event.
    """
    now = at or timezone.now()
    registration, ended, requests, left = end_participation(
        registration, by=by, reason=reason, now=now
    )
    told = notices.tell_of_withdrawal(registration, ended, requests, left.meetings)
    handover_mail.tell_of_people(registration, left.meetings, left.before, told=told)
    registration_mail.tell_of_withdrawal(registration, ended)
    interpreter_mail.tell_of_ended(registration.event, ended)
    standby.offer_freed(ended, at=now)
    return registration


@transaction.atomic
def end_participation(
    registration: Registration, *, by: User, reason: str, now: dt.datetime
) -> tuple[Registration, list[Meeting], list[MeetingRequest], handover_mail.GoingOn]:
    """What ``withdraw_registration`` does: meetings and requests that ended, what goes on.

    A meeting of several companies goes on without one of its further participants. Whoever calls
    it tells the partners of all that and fills the freed times. Raises as there.
    """
    event = calendars.hold_event(registration.event)
    registration = lock_registration(registration)
    registration.event = event
    demand_speaker(registration, by)
    _demand_open(registration)
    registration.status, registration.reason = Status.WITHDRAWN, reason.strip()
    registration.decided_at, registration.decided_by = now, by
    registration.save(update_fields=["status", "reason", "decided_at", "decided_by"])
    why = Meeting.Cause.WITHDRAWAL
    ended, left = end_meetings(registration, _ahead(registration, now), by=by, cause=why, at=now)
    requests = _end_requests(registration, now)
    Table.objects.filter(owner=registration).update(owner=None)
    return registration, ended, requests, left


def demand_speaker(registration: Registration, by: User) -> None:
    """Let only who decides for the company or for the event pass. Raises PermissionDenied."""
    if not (
        Registration.objects.edited_by(by).filter(pk=registration.pk).exists()
        or Registration.objects.managed_by(by).filter(pk=registration.pk).exists()
    ):
        raise PermissionDenied(_("Only the company or the organiser may do this."))


def end_meetings(
    registration: Registration,
    meetings: Iterable[Meeting],
    *,
    by: User,
    at: dt.datetime,
    reason: str = "",
    cause: str = "",
) -> tuple[list[Meeting], handover_mail.GoingOn]:
    """Cancel meetings of a company, but leave one of others that goes on: both, to be told of."""
    ended, left = [], handover_mail.GoingOn()
    for meeting in meetings:
        locked = placing.lock_meeting(meeting)
        own = [one for one in locked.people() if one.registration_id == registration.pk]
        if handovers.goes_on_without(locked, own):
            left.before.update(handover_mail.readers_of([locked]))
            for one in own:
                handovers.leave_place(locked, one)
            left.meetings.append(locked)
        else:
            placing.end_meeting(locked, by=by, side=registration, reason=reason, cause=cause, at=at)
            ended.append(locked)
    return ended, left


def _ahead(registration: Registration, now: dt.datetime) -> list[Meeting]:
    return list(Meeting.objects.of(registration).ahead(now).select_related("event").order_by("pk"))


def _end_requests(registration: Registration, now: dt.datetime) -> list[MeetingRequest]:
    """Withdraw what it asked, decline what it was asked; drafts go too."""
    asked = MeetingRequest.Status
    MeetingRequest.objects.filter(requester=registration, status=asked.DRAFT).update(
        status=asked.WITHDRAWN, decided_at=now
    )
    lost = list(
        MeetingRequest.objects.open()
        .of(registration)
        .select_for_update(of=("self",))
        .select_related("requester__event", "partner__event")
        .order_by("pk")
    )
    for request in lost:
        own = request.requester_id == registration.pk
        request.status = asked.WITHDRAWN if own else asked.DECLINED
        request.decided_at, request.answer_from = now, None
        request.save(update_fields=["status", "decided_at", "answer_from"])
    return lost


def lock_registration(registration: Registration) -> Registration:
    """The registration as it stands, with nobody else changing it meanwhile."""
    return (
        Registration.objects.select_for_update(of=("self",))
        .select_related("event__chamber", "company", "group", "delegation")
        .get(pk=registration.pk)
    )


def _demand_welcome(
    event: Event, company: Company, organiser: bool, at: dt.datetime | None
) -> None:
    if not organiser and not event.takes_registrations(at):
        raise ValidationError(
            _("Registration is closed: ask the organiser."), code="registration_closed"
        )
    if event.cancelled_at is not None:
        raise ValidationError(_("This event is cancelled."), code="registration_closed")
    if event.members_only and not Company.objects.members().filter(pk=company.pk).exists():
        raise ValidationError(
            _("This event is for members of a chamber: apply for membership first."),
            code="members_only",
        )


def _fresh(event: Event, company: Company) -> Registration:
    """A new registration, or the one that was withdrawn."""
    old = (
        Registration.objects.select_for_update(of=("self",))
        .filter(event=event, company=company)
        .first()
    )
    if old is None:
        return Registration(event=event, company=company)
    if old.status == Status.REFUSED:
        raise ValidationError(
            _("The organiser has refused this company: ask the organiser."), code="refused"
        )
    if old.status != Status.WITHDRAWN:
        raise ValidationError(
            _("This company is registered for the event already."), code="already_registered"
        )
    old.status, old.reason, old.decided_at, old.decided_by = Status.APPLIED, "", None, None
    return old


def _name_people(
    registration: Registration, people: Iterable[Mapping[str, Any]], now: dt.datetime
) -> None:
    """Let these people come and nobody else.

    Who was named before a withdrawal and is named again stays the same person with what is said
    of them now; the others come no more.
    """
    before = list(Participant.objects.coming().filter(registration=registration).order_by("pk"))
    new = []
    for given in people:
        known = _among(before, given)
        if known is None:
            new.append(given)
            continue
        before.remove(known)
        for name, value in given.items():
            setattr(known, name, value)
        _keep(known)
    for one in before:
        one.left_at = now
        one.save(update_fields=["left_at"])
    _name_more(registration, new)


def _name_more(registration: Registration, people: Iterable[Mapping[str, Any]]) -> None:
    for given in people:
        _add(registration, given)


def _among(before: Iterable[Participant], given: Mapping[str, Any]) -> Participant | None:
    """Who of those named before this is: by account, without one by name."""
    person = given.get("person")
    account, name = (person.pk, "") if person is not None else (None, given["name"].strip())
    same = (one for one in before if one.person_id == account and name in ("", one.name))
    return next(same, None)


def _myself(by: User, company: Company) -> list[Mapping[str, Any]]:
    if not Representative.objects.filter(company=company, person=by).exists():
        return []
    return [{"name": name_of(by), "person": by}]


def name_of(person: User) -> str:
    """Who somebody is for other companies: never the address, which they read once they meet."""
    return person.name or FORGOTTEN


def _add(registration: Registration, given: Mapping[str, Any]) -> Participant:
    participant = Participant(registration=registration, **dict(given))
    if participant.person is not None:
        # Who had left comes again, with the meetings of before in the records.
        earlier = registration.participants.filter(
            person=participant.person, left_at__isnull=False
        ).first()
        if earlier is not None:
            participant.pk, participant.public_id = earlier.pk, earlier.public_id
            participant.badge_code = earlier.badge_code
            participant._state.adding = False  # noqa: SLF001 - Django's documented model API
    return _keep(participant)


def _keep(participant: Participant) -> Participant:
    demand_colleague(participant)
    participant.full_clean()
    participant.save()
    return participant


def demand_colleague(participant: Participant) -> None:
    """Raise ValidationError ``not_of_company`` for an account that does not speak for it."""
    company = participant.registration.company_id
    if participant.person is None:
        return
    if not Representative.objects.filter(company=company, person=participant.person).exists():
        raise ValidationError(
            _("This person does not speak for the company: add them to the company first."),
            code="not_of_company",
        )


def _demand_own_parts(registration: Registration) -> None:
    for part in (registration.group, registration.delegation):
        if part is not None and part.event_id != registration.event_id:
            raise placing.other_event()


def _demand_open(registration: Registration) -> None:
    if registration.is_over:
        raise ValidationError(
            _("This registration is over: %(status)s."),
            code="over",
            params={"status": registration.get_status_display()},
        )


def _demand_seat(registration: Registration) -> None:
    """Raise ValidationError ``delegation_full`` when others have taken all its seats."""
    delegation = registration.delegation
    if delegation is None or delegation.seats is None or registration.status != Status.ADMITTED:
        return
    others = delegation.registrations.filter(status=Status.ADMITTED).exclude(pk=registration.pk)
    if others.count() >= delegation.seats:
        raise ValidationError(
            _("All %(seats)d seats of the delegation are taken: let the company wait."),
            code="delegation_full",
            params={"seats": delegation.seats},
        )


def _decide(
    registration: Registration, by: User | None, status: Registration.Status, reason: str = ""
) -> Registration:
    event = calendars.hold_event(registration.event)
    registration = lock_registration(registration)
    demand_manager(by, event.chamber)
    if registration.status in (status, Status.ADMITTED, Status.WITHDRAWN):
        raise ValidationError(
            _("This registration is already decided: %(status)s."),
            code="already_decided",
            params={"status": registration.get_status_display()},
        )
    registration.status, registration.reason = status, reason
    registration.decided_at, registration.decided_by = timezone.now(), by
    _demand_seat(registration)
    registration.save(update_fields=["status", "reason", "decided_at", "decided_by"])
    registration_mail.tell_of_decision(registration, timezone.now())
    return registration
