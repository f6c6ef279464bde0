"""Meetings that two companies arrange themselves, outside the events of chambers.

Each lives in an event of its own that no list shows: so requests, times, calendars, mails and marks
are the very same services as at events. Only what an organiser would bring is made here: the event,
both companies as its registrations, their people, and slots from the times that people give.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chambers.acting import NotDecidingError
from chambers.models import SITE_LANGUAGES, Chamber, Company, Membership, Representative, User
from chambers.services.people import demand_editor
from marketplace.models import (
    Event,
    Meeting,
    MeetingRequest,
    Opportunity,
    Participant,
    Registration,
    Slot,
    TimeProposal,
)
from marketplace.selectors.times import NOT_CHOSEN
from marketplace.services import calendars, moves, registrations, requests, rules

Time = tuple[dt.datetime, int]
"""When a meeting would begin, with its zone, and how many minutes it would take."""
MOST_TIMES = 5  # that one request may name
SHORTEST, LONGEST = 5, 8 * 60  # minutes
FARTHEST = dt.timedelta(days=366)


@transaction.atomic
def ask_directly(
    company: Company,
    partner: Company,
    *,
    by: User,
    times: Iterable[Time] = (),
    message: str = "",
    opportunity: Opportunity | None = None,
    person: User | None = None,
    place: str = "",
    link: str = "",
    wants_interpreter: bool = False,
    at: dt.datetime | None = None,
) -> MeetingRequest:
    """Ask a company for a meeting outside events: at one of up to five times, or at any.

    ``person`` of one's company comes, else who asks. One meets at the ``place`` or by the ``link``.

    Raises ValidationError ``own_company``, ``members_only``, ``nobody_answers`` where none of the
    partner's people could read it, ``already_requested``, ``too_many_times``, ``past``,
    ``too_far``, ``bad_length``, ``overlap``, on ``message`` ``says_nothing`` without a message, an
    opportunity and a time, and as ``request_meeting``; PermissionDenied for who may not decide for
    the company.
    """
    one, other = _hold_companies(company, partner, by)
    given = list(times)
    _demand_new_pair(one, other)
    if len(given) > MOST_TIMES:
        raise ValidationError(
            {"times": ValidationError(_("Give up to five times."), code="too_many_times")}
        )
    event = _new_event(_vouching(one), by, place, at)
    own, theirs = (enter(event, each, by) for each in (one, other))
    demand_reader(theirs)
    if not (given or message.strip() or opportunity):
        text = _("Say what it is about: write a message, choose an offer or request, or a time.")
        raise ValidationError({"message": ValidationError(text, code="says_nothing")})
    return requests.request_meeting(
        own,
        theirs,
        by=by,
        message=message,
        slots=add_times(event, given, at=at),
        opportunity=opportunity,
        participant=participant_of(own, person or by, by),
        link=link.strip(),
        wants_interpreter=wants_interpreter,
        at=at,
    )


@transaction.atomic
def accept(
    request: MeetingRequest,
    *,
    by: User,
    slot: Slot | None = None,
    starts_at: dt.datetime | None = None,
    minutes: int = 30,
    person: User | None = None,
    at: dt.datetime | None = None,
) -> Meeting:
    """Agree to meet at one of the given times, or where any would do at ``starts_at``.

    ``person`` of the answering company comes, else whom it named before, else who answers.
    Raises as ``accept_request``, and as ``add_times``.
    """
    event = calendars.hold_event(request.event)
    side = _side(request, by)
    if starts_at is not None:
        (slot,) = add_times(event, [(starts_at, minutes)], at=at, name="starts_at")
    named = request.participant if side.pk == request.requester_id else request.partner_participant
    if person is not None or named is None or named.left_at is not None:
        named = participant_of(side, person or by, by)
    return requests.accept_request(request, by=by, slot=slot, participant=named, at=at)


@transaction.atomic
def propose_times(
    request: MeetingRequest,
    times: Iterable[Time],
    *,
    by: User,
    message: str = "",
    at: dt.datetime | None = None,
) -> MeetingRequest:
    """Answer with up to three other times; who answers would come.

    Raises as ``requests.propose_times``, and as ``add_times``.
    """
    event = calendars.hold_event(request.event)
    side = _side(request, by)
    chosen = add_times(event, rules.demand_few(times), at=at)
    who = participant_of(side, by, by)
    return requests.propose_times(request, chosen, by=by, message=message, participant=who, at=at)


@transaction.atomic
def propose_move(
    meeting: Meeting,
    times: Iterable[Time],
    *,
    by: User,
    message: str = "",
    at: dt.datetime | None = None,
) -> TimeProposal:
    """Ask the other side to move a meeting; the old time stays until they agree.

    Raises as ``moves.propose_move``, and as ``add_times``.
    """
    event = calendars.hold_event(meeting.event)
    chosen = add_times(event, rules.demand_few(times), at=at)
    return moves.propose_move(meeting, chosen, by=by, message=message, at=at)


@transaction.atomic
def add_times(
    event: Event, times: Iterable[Time], *, at: dt.datetime | None = None, name: str = "times"
) -> list[Slot]:
    """Slots for times that people give; ``name`` is the field that they gave them in.

    Raises ValidationError ``past``, ``too_far``, ``bad_length``, ``overlap``.
    """
    now, found = at or timezone.now(), []
    times = list(dict.fromkeys(times))
    for start, minutes in times:
        if not SHORTEST <= minutes <= LONGEST:
            text = _("A meeting takes between 5 minutes and 8 hours.")
            raise ValidationError({name: ValidationError(text, code="bad_length")})
        if start <= now:
            text = _("This time is over: choose a later one.")
            raise ValidationError({name: ValidationError(text, code="past")})
        if start > now + FARTHEST:
            text = _("This is more than a year away: choose an earlier time.")
            raise ValidationError({name: ValidationError(text, code="too_far")})
    _demand_apart(times, name)
    for start, minutes in times:
        end = start + dt.timedelta(minutes=minutes)
        slot, _made = Slot.objects.get_or_create(event=event, starts_at=start, ends_at=end)
        slot.event = event
        found.append(slot)
    days = [slot.ends_at.astimezone(event.clock).date() for slot in found]
    if days and max(days) > event.ends_on:
        event.ends_on = max(days)
        event.save(update_fields=["ends_on", "updated_at"])
    return list(dict.fromkeys(found))


def _demand_apart(times: Iterable[Time], name: str) -> None:
    """Refuse times of which one begins before another is over: ``overlap`` on ``name``."""
    for (start, minutes), (following, _minutes) in pairwise(sorted(times)):
        if following < start + dt.timedelta(minutes=minutes):
            text = _(
                "Two of these times overlap: a meeting of %(minutes)d minutes is not over when the"
                " next begins. Give times farther apart, or a shorter length."
            )
            said = ValidationError(text, code="overlap", params={"minutes": minutes})
            raise ValidationError({name: said})


def _hold_companies(company: Company, partner: Company, by: User) -> tuple[Company, Company]:
    """Both companies, with no other request between them written meanwhile."""
    demand_editor(by, company)
    if company.pk == partner.pk:
        raise ValidationError(_("A company cannot ask itself for a meeting."), code="own_company")
    keys = [company.pk, partner.pk]
    rows = Company.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    found = {one.pk: one for one in rows}
    return found[company.pk], found[partner.pk]


def _demand_new_pair(one: Company, other: Company) -> None:
    between = MeetingRequest.objects.open().filter(
        event__kind=Event.Kind.DIRECT,
        joins=None,
        requester__company__in=[one, other],
        partner__company__in=[one, other],
    )
    if between.exists():
        raise already_requested()


def already_requested() -> ValidationError:
    """The refusal of a second request while one waits for its answer."""
    return ValidationError(
        _("A request between these companies waits for an answer already."),
        code="already_requested",
    )


def _vouching(company: Company) -> Chamber:
    """The chamber whose member a company has been longest."""
    rows = Membership.objects.in_force().filter(company=company).select_related("chamber")
    membership = rows.order_by("starts_on", "pk").first()
    if membership is None:
        raise ValidationError(
            _("Only members of a chamber ask for meetings: apply for membership first."),
            code="members_only",
        )
    return membership.chamber


def _new_event(chamber: Chamber, by: User, place: str, at: dt.datetime | None) -> Event:
    zone = by.time_zone if by.time_zone != NOT_CHOSEN else chamber.zone
    names = {}
    for language in SITE_LANGUAGES:
        with translation.override(language):
            names[language] = _("Direct meeting")
    event = Event(
        chamber=chamber, kind=Event.Kind.DIRECT, name=names, place=place.strip(), zone=zone
    )
    event.starts_on = (at or timezone.now()).astimezone(event.clock).date()
    event.ends_on = event.starts_on + rules.DIRECT_WAITS
    event.is_published, event.members_only = True, False
    event.request_quota, event.freeze_minutes = rules.DIRECT_MOST, 0
    event.same_partner_rule = Event.SamePartner.ALLOW
    event.full_clean()
    event.save()
    return event


def enter(event: Event, company: Company, by: User) -> Registration:
    """A company's part in an event, with all who may answer for it as its people."""
    registration, made = Registration.objects.get_or_create(
        event=event,
        company=company,
        defaults={
            "status": Registration.Status.ADMITTED,
            "registered_by": by,
            "decided_at": timezone.now(),
        },
    )
    if made:
        answering = Representative.objects.filter(company=company, person__is_active=True)
        answering = answering.exclude(role=Representative.Role.VIEWER).select_related("person")
        Participant.objects.bulk_create(
            Participant(
                registration=registration,
                person=one.person,
                name=registrations.name_of(one.person),
            )
            for one in answering.order_by("pk")
        )
    registration.event, registration.company = event, company
    return registration


def _side(request: MeetingRequest, by: User) -> Registration:
    """The side of a request for which ``by`` decides."""
    for one in (request.requester, request.partner):
        # Of somebody who speaks for both sides it is the one that is to answer.
        answers = request.answer_from_id in (None, one.pk)
        if answers and Registration.objects.edited_by(by).filter(pk=one.pk).exists():
            return one
    raise NotDecidingError


def participant_of(registration: Registration, person: User, by: User) -> Participant:
    """Somebody of a company as one of its people here; who speaks for it since then is added."""
    rows = Participant.objects.coming().filter(registration=registration, person=person)
    found = rows.select_related("registration__company", "person").first()
    if found is not None:
        return found
    return registrations.add_participant(
        registration, by=by, name=registrations.name_of(person), person=person
    )


def demand_reader(registration: Registration) -> None:
    """Raise ValidationError ``nobody_answers`` for a company none of whose people could read it."""
    if not registration.participants.exists():
        raise ValidationError(
            _("Nobody of this company uses this site yet: ask your chamber to introduce you."),
            code="nobody_answers",
        )
