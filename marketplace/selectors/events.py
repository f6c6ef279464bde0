"""What the pages of events show: the list, one event, who of a company stands where in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from chambers.models import Company
from marketplace.models import (
    Delegation,
    Event,
    EventQuerySet,
    Meeting,
    MeetingRequest,
    Participant,
    Registration,
    Session,
    Timetable,
)
from marketplace.selectors.encounters import meetings_between, pending_between
from marketplace.selectors.groups import who_meets_whom
from marketplace.selectors.times import ShownTime, days_between, shown_time

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from chambers.models import User


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the process line."""

    name: str
    begins: ShownTime | None
    state: str
    """done, here or ahead"""
    when: Sequence[str]
    """Its days, and while it lasts or is to come until when; line by line."""
    lasts: bool = False
    """Whether one may still do what it is for, though a later one has begun."""


@dataclass(frozen=True, slots=True)
class Part:
    """A session of the programme with its times."""

    session: Session
    time: ShownTime


@dataclass(frozen=True, slots=True)
class Desk:
    """An event as one reader stands to it; what every page of it needs."""

    event: Event
    registration: Registration | None
    """Of the company the reader acts for, whatever became of it."""
    to_answer: int
    """Requests that wait for this company."""
    due: tuple[str, ShownTime] | None
    """What has to be done next, and until when."""

    @property
    def takes_part(self) -> bool:
        """Whether the company comes, as far as is decided."""
        own = self.registration
        return own is not None and own.status == Registration.Status.ADMITTED

    @property
    def is_alive(self) -> bool:
        """Whether the company applied or comes, and neither withdrew nor was refused."""
        return self.registration is not None and not self.registration.is_over


def with_timetable(rows: QuerySet[Event]) -> QuerySet[Event]:
    """Each with the status of its timetable in force, that ``Event.stage_at`` asks for."""
    in_force = Timetable.objects.in_force().filter(event=OuterRef("pk"))
    return rows.annotate(timetable_in_force=Subquery(in_force.values("status")[:1]))


def reader_zone(user: User | AnonymousUser) -> str | None:
    """The IANA zone in which a reader is told times too; None for a guest."""
    return user.time_zone if user.is_authenticated else None


def listed_events(
    user: User | AnonymousUser, company: Company | None, *, past: bool = False
) -> EventQuerySet:
    """Events to come and going on, soonest first; or those that are over, latest first.

    Each with ``companies`` that are admitted and ``standing`` of ``company``, the status of its
    registration.
    """
    rows = Event.objects.visible_to(user)
    rows = rows.over() if past else rows.not_over()
    own = Registration.objects.filter(event=OuterRef("pk"), company=company)
    return (
        rows.annotate(companies=_admitted(OuterRef("pk")), standing=Subquery(own.values("status")))
        .select_related("chamber")
        .order_by(*(("-starts_on", "-pk") if past else ("starts_on", "pk")))
    )


def _admitted(event: OuterRef) -> Coalesce:
    rows = Registration.objects.taking_part().filter(event=event).order_by()
    return Coalesce(Subquery(rows.values("event").annotate(n=Count("pk")).values("n")), 0)


def desk_of(
    event: Event,
    company: Company | None,
    user: User | AnonymousUser,
    own: Registration | None = None,
) -> Desk:
    """Where ``company``, for which ``user`` acts, stands. Two queries, none without a company.

    ``own`` is its registration, for whoever has it.
    """
    if company is not None and own is None:
        rows = Registration.objects.filter(event=event, company=company)
        own = rows.select_related("group", "delegation").first()
    to_answer = 0
    if own is not None:
        own.event, own.company = event, company  # type: ignore[assignment]  # there is one
        to_answer = MeetingRequest.objects.open().filter(answer_from=own).count()
    return Desk(event, own, to_answer, _due(event, own, reader_zone(user)))


def _due(event: Event, own: Registration | None, zone: str | None) -> tuple[str, ShownTime] | None:
    if event.cancelled_at is not None:
        return None
    if own is None:
        if event.takes_registrations() and event.registration_closes_at is not None:
            closes = event.registration_closes_at
            return _("Register until"), shown_time(closes, zone=event.zone, reader=zone)
        return None
    if not own.is_over and event.takes_requests() and event.requests_close_at is not None:
        closes = event.requests_close_at
        return _("Ask for meetings until"), shown_time(closes, zone=event.zone, reader=zone)
    return None


def process_line(event: Event, zone: str | None, at: dt.datetime | None = None) -> list[Step]:
    """The stages that have a date, in order, with the one where the event is now."""
    here, now = event.stage_at(at), at or timezone.now()
    open_ones = {
        Event.Stage.REGISTRATION: event.takes_registrations(now),
        Event.Stage.REQUESTS: event.takes_requests(now),
    }
    states, state = {}, "done"
    for stage, _begins in event.stages():
        state = "here" if stage == here else "ahead" if state == "here" else state
        states[stage] = state
        state = "ahead" if state == "here" else state
    return [
        Step(
            str(stage.label),
            shown_time(begins, zone=event.zone, reader=zone) if begins else None,
            states[stage],
            _stretch(event, stage, begins, zone, now),
            open_ones.get(stage, False),
        )
        for stage, begins in event.stages()
        if begins is not None or stage == here
    ]


def _stretch(
    event: Event,
    stage: Event.Stage,
    begins: dt.datetime | None,
    zone: str | None,
    now: dt.datetime,
) -> list[str]:
    """When a stage is: what is over by its days, the others by the moment that counts next."""

    def told(moment: dt.datetime, words: str = "%(time)s") -> list[str]:
        first, *rest = _moment(shown_time(moment, zone=event.zone, reader=zone))
        return [words % {"time": first}, *rest]

    closing = {
        Event.Stage.REGISTRATION: event.registration_closes_at,
        Event.Stage.REQUESTS: event.requests_close_at,
    }
    if stage == Event.Stage.EVENT:
        return [days_between(event.starts_on, event.ends_on)]
    if begins is None:
        return []
    ends = closing.get(stage)
    if ends is not None and ends <= now:
        days = [one.astimezone(event.clock).date() for one in (begins, ends)]
        return [days_between(days[0], days[1])]
    if begins > now and event.stage_published == stage:
        return told(begins, _("published early; was due %(time)s"))
    if begins > now or stage not in closing:
        return told(begins)
    return told(ends, _("until %(time)s")) if ends else told(begins, _("since %(time)s"))


def _moment(time: ShownTime) -> list[str]:
    """Day and hour at the event, then the reader's own; midnight is a day."""
    if time.span == "00:00":
        return [time.day]
    return [f"{time.day}, {time.span}", *([time.own] if time.own else [])]


@dataclass(frozen=True, slots=True)
class Closed:
    """Why a company cannot register for an event now."""

    why: str
    when: ShownTime | None
    """Since when it is so, or until when."""
    can_be_added: bool
    """Whether the organiser could still add it."""


def closed_to(event: Event, company: Company | None, zone: str | None) -> Closed | None:
    """What stands in the way of registering ``company``, or anybody; None where nothing does."""

    def at(moment: dt.datetime) -> ShownTime:
        return shown_time(moment, zone=event.zone, reader=zone)

    now = timezone.now()
    opens, closes = event.registration_opens_at, event.registration_closes_at
    if event.cancelled_at is not None:
        return Closed(_("The event is cancelled:"), at(event.cancelled_at), can_be_added=False)
    if event.over_at <= now:
        return Closed(_("The event is over."), None, can_be_added=False)
    if opens is not None and now < opens:
        return Closed(_("Registration opens:"), at(opens), can_be_added=True)
    if closes is not None and closes <= now:
        return Closed(_("Registration was open until:"), at(closes), can_be_added=True)
    if not event.takes_registrations(now):
        return Closed(_("The event is not published yet."), None, can_be_added=True)
    if company is None:
        return None
    if event.members_only and not Company.objects.members().filter(pk=company.pk).exists():
        why = _("This event is for members of a chamber: apply for membership first.")
        return Closed(why, None, can_be_added=False)
    refused = Registration.objects.filter(
        event=event, company=company, status=Registration.Status.REFUSED
    )
    if refused.exists():
        return Closed(_("The organiser refused your registration."), None, can_be_added=True)
    return None


def named_before(event: Event, company: Company) -> list[dict[str, Any]]:
    """Whom a company that has withdrawn had named, as its new registration begins. One query."""
    rows = Participant.objects.coming().filter(
        registration__event=event,
        registration__company=company,
        registration__status=Registration.Status.WITHDRAWN,
    )
    return [
        {
            "name": one.name,
            "position": one.position,
            "presence": one.presence,
            "person": one.person and one.person.public_id,
        }
        for one in rows.select_related("person").order_by("pk")
    ]


def programme_of(event: Event, zone: str | None) -> list[tuple[str, list[Part]]]:
    """The sessions by day at the place: [(day, parts)]. One query."""
    days: dict[str, list[Part]] = {}
    for session in Session.objects.filter(event=event).select_related("hall"):
        time = shown_time(session.starts_at, session.ends_at, zone=event.zone, reader=zone)
        days.setdefault(time.day, []).append(Part(session, time))
    return list(days.items())


def attendance_of(event: Event) -> dict[str, int]:
    """How many come, by name of nobody: companies, people, countries. One query."""
    rows = Registration.objects.taking_part().filter(event=event).order_by()
    return rows.aggregate(
        companies=Count("pk", distinct=True),
        people=Count("participants", distinct=True),
        countries=Count("company__country", distinct=True),
    )


def delegations_of(event: Event) -> QuerySet[Delegation]:
    """Delegations with the number of their companies that come. One query."""
    coming = Q(registrations__status=Registration.Status.ADMITTED)
    rows = Delegation.objects.filter(event=event).select_related("chamber__country")
    return rows.annotate(companies=Count("registrations", filter=coming)).order_by("pk")


@dataclass(frozen=True, slots=True)
class Guest:
    """Another company at an event, as far as it agreed to be seen."""

    registration: Registration
    has_page: bool
    people: Sequence[Participant]
    """Who comes, where the company agreed to be listed with contact."""
    asked: MeetingRequest | None
    """An open request between the two companies, or one's own draft."""
    meeting: Meeting | None
    """A meeting of the two, to be or held."""
    refusal: str
    """Why the groups of the two do not meet; "" where they may."""


def others_at(event: Event, own: Registration, user: User, text: str = "") -> QuerySet:
    """Who else agreed to be listed, narrowed by the name, place or country of the company."""
    rows = Registration.objects.listed_for(user).filter(event=event).exclude(pk=own.pk)
    for word in text.replace("\x00", "").split()[:6]:
        rows = rows.filter(
            Q(company__legal_name__icontains=word)
            | Q(company__legal_name_latin__icontains=word)
            | Q(company__city__icontains=word)
            | Q(company__country__name_en__icontains=word)
            | Q(company__country__name_ru__icontains=word)
            | Q(company__country__name_ja__icontains=word)
        )
    pages = Company.objects.visible_to(user).filter(pk=OuterRef("company"))
    joined = rows.select_related("company__country", "group", "delegation", "event")
    joined = joined.annotate(has_page=Exists(pages))
    return joined.order_by("company__legal_name", "pk")


def guests(own: Registration, rows: Iterable[Any]) -> list[Guest]:
    """What a page shows of each of ``others_at``. Four queries for any number."""
    shown = list(rows)
    with_contact = [
        one.pk for one in shown if one.consent == Registration.Consent.LISTED_WITH_CONTACT
    ]
    people: dict[int, list[Participant]] = {}
    for person in (
        Participant.objects.coming().filter(registration__in=with_contact).select_related("person")
    ):
        people.setdefault(person.registration_id, []).append(person)
    asked, met = pending_between([own], shown), meetings_between([own], shown)
    rules = who_meets_whom(own.event)
    return [
        Guest(
            one,
            one.has_page,
            people.get(one.pk, []),
            asked.get((own.pk, one.pk)),
            met.get((own.pk, one.pk)),
            rules.refusal(own, one),
        )
        for one in shown
    ]
