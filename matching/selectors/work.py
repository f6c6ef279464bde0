"""My work: what waits for this company, what comes next, and where its events stand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chambers.models import Company, JoinRequest, today
from marketplace.models import (
    Event,
    Interest,
    Meeting,
    MeetingRequest,
    Opportunity,
    Outcome,
    Registration,
    Review,
    Revision,
    StandbyOffer,
    TimeProposal,
)
from marketplace.selectors.agenda import Entry, entry_of, with_people
from marketplace.selectors.conversations import unread_count
from marketplace.selectors.events import Step, process_line, with_timetable
from marketplace.selectors.feedback import open_questions
from marketplace.selectors.times import shown_time

if TYPE_CHECKING:
    from chambers.models import User

MOST_TASKS = 12
TASKS_IN_SIGHT = 4
MOST_MEETINGS = 4
MOST_EVENTS = 2
MOST_RESULTS = 4
RECENT_RESULTS = dt.timedelta(days=30)
EXPIRES_WITHIN = dt.timedelta(days=14)


@dataclass(frozen=True)
class Task:
    """One thing to do: what, about whom, until when, and where."""

    icon: str
    what: str
    about: str
    until: str
    """Told to the reader; "" where nothing ends."""
    due: dt.datetime
    """What is due first stands first; the far future where nothing ends."""
    url: str


@dataclass(frozen=True)
class Stage:
    """An event of the company and its process line."""

    event: Event
    steps: Sequence[Step]


@dataclass(frozen=True)
class Result:
    """What the chamber found of something that the company handed in."""

    verdict: Review.Verdict
    opportunity: Opportunity
    of_change: bool
    """Whether it is about a changed text; the published one stays meanwhile."""
    reviewed_at: dt.datetime

    @property
    def tone(self) -> str:
        """The tag that says the verdict."""
        return {"publish": "ok", "hold": "wait"}.get(self.verdict, "no")

    @property
    def told(self) -> str:
        """The verdict in a word."""
        return str(self.verdict.label)


@dataclass(frozen=True)
class Work:
    """All that "My work" shows. ``more`` tasks are not among those shown."""

    tasks: Sequence[Task]
    more: int
    results: Sequence[Result]
    meetings: Sequence[Entry]
    stages: Sequence[Stage]

    @property
    def first(self) -> Sequence[Task]:
        """The tasks in sight at once."""
        return self.tasks[:TASKS_IN_SIGHT]

    @property
    def rest(self) -> Sequence[Task]:
        """Those that open with a press."""
        return self.tasks[TASKS_IN_SIGHT:]


_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


def work_of(company: Company, user: User) -> Work:
    """What waits for ``company``, as one of its people may see it. A constant number of queries."""
    own = _own_meetings(company, user)
    tasks = [
        *_requests(company, user),
        *_changes(company, user, own),
        *_interests(company, user),
        *_people(company, user),
        *_opportunities(company, user),
        *_outcomes(company, user),
        *_looking_back(company, user),
        *_messages(company, user),
    ]
    tasks.sort(key=lambda task: (task.due, task.what, task.url))
    return Work(
        tasks[:MOST_TASKS],
        max(0, len(tasks) - MOST_TASKS),
        _results(company, user),
        _next_meetings(company, user, own),
        _stages(company, user),
    )


def _requests(company: Company, user: User) -> list[Task]:
    rows = MeetingRequest.objects.run_by(user).open().filter(answer_from__company=company)
    found = []
    names = ("company__legal_name", "company__legal_name_latin")
    rows = rows.select_related("event", "requester__company", "partner__company").only(
        *("public_id", "status", "expires_at", "event__kind", "event__name", "event__zone"),
        *(f"{side}__{name}" for side in ("requester", "partner") for name in names),
    )
    for one in rows:
        own = one.partner if one.partner.company_id == company.pk else one.requester
        moment = one.expires_at or _NEVER
        again = one.status == MeetingRequest.Status.TIME_PROPOSED
        found.append(
            Task(
                "calendar-clock" if again else "inbox",
                _("Another time is proposed") if again else _("Request for a meeting"),
                f"{one.other_side(own).company.told} · {_where(one.event)}",
                _until(moment, one.event.zone, user),
                moment,
                reverse("request", args=[one.public_id]),
            )
        )
    return found


def _changes(company: Company, user: User, own: Sequence[_Own]) -> list[Task]:
    """Proposals to move a meeting, and freed times offered on standby. A query for each, if any."""
    moved = [one.key for one in own if one.is_moved]
    offered = [one.key for one in own if one.is_offered]
    return [
        *(_moves(company, moved) if moved else ()),
        *(_offers(company, user, offered) if offered else ()),
    ]


def _moves(company: Company, meetings: Sequence[int]) -> list[Task]:
    proposals = TimeProposal.objects.open().filter(meeting__in=meetings)
    return [
        Task(
            "calendar-clock",
            _("A meeting is to be moved"),
            one.proposer.company.told,
            "",
            _NEVER,
            reverse("meeting", args=[one.meeting.public_id]),
        )
        for one in proposals.exclude(proposer__company=company).select_related(
            "meeting", "proposer__company"
        )
    ]


def _offers(company: Company, user: User, meetings: Sequence[int]) -> list[Task]:
    found = []
    offers = StandbyOffer.objects.open().filter(meeting__in=meetings)
    offers = offers.exclude(accepted_by__company=company)
    for offer in offers.select_related("meeting__event", "slot"):
        event, slot = offer.meeting.event, offer.slot
        when = shown_time(slot.starts_at, slot.ends_at, zone=event.zone, reader=user.time_zone)
        moment = offer.answer_by or _NEVER
        found.append(
            Task(
                "clock-alert",
                _("A free time is offered"),
                str(when),
                _until(moment, event.zone, user),
                moment,
                reverse("meeting", args=[offer.meeting.public_id]),
            )
        )
    return found


def _interests(company: Company, user: User) -> list[Task]:
    """Expressions of interest to answer, and questions asked back about one's own."""
    status = Interest.Status
    rows = Interest.objects.run_by(user).filter(
        Q(status=status.WITH_OWNER, opportunity__company=company)
        | Q(status=status.QUESTION, company=company)
    )
    found = []
    for one in rows.select_related("opportunity").only(
        "public_id", "status", "due_on", "opportunity__title"
    ):
        asked = one.status == status.QUESTION
        found.append(
            Task(
                "message-circle-question-mark" if asked else "hand-heart",
                _("A question about your interest") if asked else _("Interest in your publication"),
                one.opportunity.titled()[0],
                _day(one.due_on),
                _moment(one.due_on),
                reverse("interest", args=[one.public_id]),
            )
        )
    return found


def _people(company: Company, user: User) -> list[Task]:
    """People who ask to join; told to the main contact, who answers."""
    rows = JoinRequest.objects.visible_to(user).pending().filter(company=company)
    return [
        Task(
            "user-plus",
            _("Somebody asks to join your company"),
            str(one.person),
            "",
            _NEVER,
            reverse("people"),
        )
        for one in rows.exclude(person=user.pk).select_related("person")
    ]


def _opportunities(company: Company, user: User) -> list[Task]:
    """What the review says is to be changed, be it a changed text, and what expires soon."""
    status = Opportunity.Status
    rows = Opportunity.objects.run_by(user).filter(company=company)
    soon = today() + EXPIRES_WITHIN
    back = Revision.objects.in_work().filter(
        opportunity=OuterRef("pk"), state=Revision.State.ON_HOLD
    )
    rows = rows.annotate(is_held_change=Exists(back)).filter(
        Q(status=status.ON_HOLD)
        | Q(status=status.PUBLISHED, expires_on__gte=today(), expires_on__lte=soon)
        | Q(status=status.PUBLISHED, expires_on__gte=today(), is_held_change=True)
    )
    found = []
    rows = rows.only("public_id", "reference", "title", "status", "expires_on")
    for one in rows.order_by("expires_on", "pk"):
        about, url = (
            f"{one.reference} {one.titled()[0]}",
            reverse("opportunity", args=[one.public_id]),
        )
        if one.status == status.ON_HOLD:
            found.append(Task("pencil", _("On hold: to be changed"), about, "", _NEVER, url))
            continue
        if one.is_held_change:
            what = _("A changed text is on hold: to be changed")
            found.append(Task("pencil", what, about, "", _NEVER, url))
        if one.expires_on is not None and one.expires_on <= soon:
            last, moment = _day(one.expires_on), _moment(one.expires_on)
            what = _("Expires soon: renew it")
            found.append(Task("calendar-x", what, about, last, moment, url))
    return found


def _results(company: Company, user: User) -> list[Result]:
    """The latest reviews of the last weeks, the newest first."""
    since = timezone.now() - RECENT_RESULTS
    rows = Review.objects.run_by(user).filter(opportunity__company=company, created_at__gte=since)
    rows = rows.select_related("opportunity").only(
        *("verdict", "revision_id", "created_at", "opportunity__public_id", "opportunity__title")
    )
    return [
        Result(
            Review.Verdict(one.verdict),
            one.opportunity,
            one.revision_id is not None,
            one.created_at,
        )
        for one in rows.order_by("-created_at", "-pk")[:MOST_RESULTS]
    ]


def _outcomes(company: Company, user: User) -> list[Task]:
    """Papers that the partner has reported and this company has to confirm."""
    rows = Outcome.objects.run_by(user).filter(partner=company, state=Outcome.State.WITH_PARTNER)
    named = ("reporter__legal_name", "reporter__legal_name_latin")
    return [
        Task(
            "file-check",
            _("A contract to confirm"),
            f"{one.reporter.told}: {one.subject}",
            "",
            _NEVER,
            reverse("outcome", args=[one.public_id]),
        )
        for one in rows.select_related("reporter").only("public_id", "subject", *named)
    ]


def _looking_back(company: Company, user: User) -> list[Task]:
    """What the company is asked of meetings that are over: one line for all of them."""
    number = len(open_questions(company, user))
    if not number:
        return []
    about = ngettext("%(n)d meeting", "%(n)d meetings", number) % {"n": number}
    return [
        Task("message-square", _("How did it go?"), about, "", _NEVER, reverse("past-meetings"))
    ]


def _messages(company: Company, user: User) -> list[Task]:
    """Messages that nobody of the company has read: one line for all of them."""
    number = unread_count(company, user)
    if not number:
        return []
    about = ngettext("%(n)d conversation", "%(n)d conversations", number) % {"n": number}
    return [Task("mail", _("New messages"), about, "", _NEVER, reverse("conversations"))]


@dataclass(frozen=True)
class _Own:
    """What is asked of a meeting of the company before it is read: its key, time and changes."""

    key: int
    status: str
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    is_moved: bool
    is_offered: bool

    def is_next(self, now: dt.datetime) -> bool:
        """Whether it has a time and is to come."""
        ahead = (Meeting.Status.PROVISIONAL, Meeting.Status.CONFIRMED)
        return self.ends_at is not None and self.ends_at > now and self.status in ahead


def _own_meetings(company: Company, user: User) -> list[_Own]:
    """The meetings of the company that are to come or to change, by the clock. One query.

    Who may read a meeting is asked once for all that the page tells of it.
    """
    rows = Meeting.objects.run_by(user, of=company).alive()
    found = rows.annotate(
        is_moved=Exists(TimeProposal.objects.open().filter(meeting=OuterRef("pk"))),
        is_offered=Exists(StandbyOffer.objects.open().filter(meeting=OuterRef("pk"))),
    ).filter(Q(slot__ends_at__gt=timezone.now()) | Q(is_moved=True) | Q(is_offered=True))
    columns = ("pk", "status", "slot__starts_at", "slot__ends_at", "is_moved", "is_offered")
    by_clock = found.order_by("slot__starts_at", "pk")
    return [_Own(*row) for row in by_clock.values_list(*columns)]


def _next_meetings(company: Company, user: User, own: Sequence[_Own]) -> list[Entry]:
    """The next meetings that have a time. Two queries, if there are any."""
    now = timezone.now()
    keys = [one.key for one in own if one.is_next(now)][:MOST_MEETINGS]
    if not keys:
        return []
    rows = with_people(Meeting.objects.filter(pk__in=keys)).order_by("slot__starts_at", "pk")
    found = []
    for meeting in rows:
        sides = [one.registration for one in meeting.people()]
        ours = next(side for side in sides if side.company_id == company.pk)
        found.append(entry_of(meeting, ours, user.time_zone))
    return found


def _stages(company: Company, user: User) -> list[Stage]:
    """The next events of the company, each with where it stands."""
    alive = Registration.objects.alive().filter(company=company, event=OuterRef("pk"))
    rows = Event.objects.visible_to(user).filter(Exists(alive), kind__in=Event.HELD_BY_CHAMBERS)
    now = timezone.now()
    # Nowhere is it more than a day earlier than by UTC; whose last day is over is left out below.
    rows = rows.filter(cancelled_at=None, ends_on__gte=now.date() - dt.timedelta(days=1))
    ahead = [
        one
        for one in with_timetable(rows).order_by("starts_on", "pk")
        if one.ends_on >= now.astimezone(one.clock).date()
    ]
    return [Stage(one, process_line(one, user.time_zone)) for one in ahead[:MOST_EVENTS]]


def _where(event: Event) -> str:
    """The event that a request is for, or that it is for none."""
    return _("outside events") if event.is_direct else event.named()[0]


def _until(moment: dt.datetime, zone: str, user: User) -> str:
    if moment == _NEVER:
        return ""
    return str(shown_time(moment, zone=zone, reader=user.time_zone))


def _day(day: dt.date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else ""


def _moment(day: dt.date | None) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(23, 59), dt.UTC) if day else _NEVER
