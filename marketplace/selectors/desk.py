"""What the desk of an event sees: who meets now and next, who is late, who waits, who is where."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.functional import cached_property

from marketplace.models import (
    Event,
    Meeting,
    MeetingRequest,
    Participant,
    Registration,
    StandbyOffer,
    Timetable,
)
from marketplace.selectors.kept import counted
from marketplace.selectors.times import day_of

MISSING_SHOWN = 50
FREED_SHOWN = 12
_Attendance = Meeting.Attendance
_HERE = (_Attendance.CAME, _Attendance.LATE)
_PERSON = ("registration__company", "checked_in_by")


@dataclass(frozen=True)
class Side:
    """Somebody in a meeting. ``late``: it began without them; ``waits``: for the other side."""

    name: str
    """``host`` or ``guest``; ``other`` for who joins them."""
    person: Participant
    attendance: str
    late: bool
    waits: bool


@dataclass(frozen=True)
class Standing:
    """A meeting as the desk sees it at an instant."""

    meeting: Meeting
    day: str
    """"" on the day that it is."""
    span: str
    minutes: int
    """How long ago it began; negative: how soon it begins."""
    sides: Sequence[Side]
    others: Sequence[Side]
    """Who joins the two; what becomes of the meeting does not follow from their marks."""

    @property
    def begun(self) -> bool:
        """Whether its time has come, so that it can be marked."""
        return self.minutes >= 0

    @cached_property
    def late(self) -> Sequence[Side]:
        """Who should be there and is not."""
        return [one for one in (*self.sides, *self.others) if one.late]

    @cached_property
    def waiting(self) -> Sequence[Side]:
        """Who came and sits alone."""
        return [one for one in self.sides if one.waits]

    def partner_of(self, person: Participant) -> str:
        """The other companies of the meeting, for one who is in it."""
        others = [one.registration for one in self.meeting.people() if one.pk != person.pk]
        return ", ".join(dict.fromkeys(one.company.told for one in others))


@dataclass(frozen=True)
class Offer:
    """A meeting in line for a freed time."""

    offer: StandbyOffer
    until: str
    """By when it is to be answered; "" while it is not its turn."""
    accepted: str
    """The companies that took it, while the other side has not answered."""

    @property
    def is_open(self) -> bool:
        """Whether it can be answered now."""
        return self.offer.status == StandbyOffer.Status.OFFERED


@dataclass(frozen=True)
class Freed:
    """A time that became free, with those in line for it."""

    day: str
    span: str
    offers: Sequence[Offer]


@dataclass(frozen=True)
class Task:
    """What is to be prepared before the day; ``left`` 0 when nothing is left of it."""

    key: str
    left: int


@dataclass(frozen=True)
class Desk:
    """All that the desk shows at an instant."""

    event: Event
    at: dt.datetime
    days_until: int
    """Days until the first; 0 from its first day on."""
    is_over: bool
    expected: int
    """People on site of those who come."""
    here: int
    now: Sequence[Standing]
    next: Sequence[Standing]
    freed: Sequence[Freed]
    missing: Sequence[Standing]
    missing_count: int
    tasks: Sequence[Task]

    @cached_property
    def late(self) -> Sequence[Standing]:
        """Meetings that have begun without somebody."""
        return [one for one in self.now if one.late]

    @cached_property
    def waiting(self) -> Sequence[Standing]:
        """Meetings in which somebody sits alone."""
        return [one for one in self.now if one.waiting]

    @property
    def late_count(self) -> int:
        """People who are late: a meeting may have several."""
        return sum(len(one.late) for one in self.late)

    @property
    def waiting_count(self) -> int:
        """People who sit alone."""
        return sum(len(one.waiting) for one in self.waiting)


def desk_of(event: Event, at: dt.datetime | None = None) -> Desk:
    """The desk of an event at an instant. The same few queries for any number of meetings."""
    now = at or timezone.now()
    today = now.astimezone(event.clock).date()
    placed = Meeting.objects.filter(event=event, status__in=Meeting.HOLDING)
    first = placed.filter(slot__starts_at__gt=now).order_by("slot__starts_at")
    following = first.values("slot__starts_at")[:1]
    rows = placed.filter(
        Q(slot__starts_at__lte=now, slot__ends_at__gt=now) | Q(slot__starts_at=following)
    )
    standings = [standing(one, now) for one in joined(rows)]
    unmarked = placed.filter(slot__ends_at__lte=now, status__in=Meeting.AHEAD)
    people = (
        Participant.objects.coming()
        .filter(
            registration__event=event,
            registration__status=Registration.Status.ADMITTED,
            presence=Participant.Presence.ON_SITE,
        )
        .aggregate(expected=Count("pk"), here=Count("pk", filter=Q(checked_in_at__isnull=False)))
    )
    days_until = max((event.starts_on - today).days, 0)
    return Desk(
        event,
        now,
        days_until,
        now >= event.over_at,
        people["expected"],
        people["here"],
        [one for one in standings if one.begun],
        [one for one in standings if not one.begun],
        _freed(event, now),
        [standing(one, now) for one in joined(unmarked)[:MISSING_SHOWN]],
        unmarked.count(),
        _tasks(event) if days_until else (),
    )


def joined(meetings: QuerySet[Meeting]) -> QuerySet[Meeting]:
    """The rows with all that the desk shows of a meeting, by time and table. Three queries."""
    people = [f"{side}__{part}" for side in ("host", "guest") for part in _PERSON]
    return (
        meetings.select_related("event", "slot", "table__hall", "interpreter", *people)
        .prefetch_related("others__registration__company", "further_marks")
        .order_by("slot__starts_at", "table__number", "pk")
    )


def standing(meeting: Meeting, now: dt.datetime) -> Standing:
    """A meeting with a time as it stands now."""
    slot = meeting.slot
    if slot is None:
        raise ValueError("a meeting without a slot stands nowhere")
    day, span = _told(slot.starts_at, slot.ends_at, meeting.event, now)
    minutes = int((now - slot.starts_at).total_seconds() // 60)
    goes_on = slot.starts_at <= now < slot.ends_at
    marks = {"host": meeting.host_attendance, "guest": meeting.guest_attendance}
    sides = []
    for name, other in (("host", "guest"), ("guest", "host")):
        person: Participant = getattr(meeting, name)
        alone = marks[other] in _HERE
        late = goes_on and marks[name] == _Attendance.UNKNOWN and (alone or _is_expected(person))
        waits = goes_on and marks[name] in _HERE and marks[other] == _Attendance.UNKNOWN
        sides.append(Side(name, person, marks[name], late, waits))
    seen = {one.participant_id: one.attendance for one in meeting.further_marks.all()}
    others = [
        Side("other", one, mark, mark == _Attendance.UNKNOWN and late, False)
        for one in meeting.others.all()
        for mark, late in [
            (seen.get(one.pk, str(_Attendance.UNKNOWN)), goes_on and _is_expected(one))
        ]
    ]
    return Standing(meeting, day, span, minutes, sides, others)


def _is_expected(person: Participant) -> bool:
    """Whether they come to the place and are not there yet."""
    return person.presence == Participant.Presence.ON_SITE and person.checked_in_at is None


def _told(
    starts_at: dt.datetime, ends_at: dt.datetime, event: Event, now: dt.datetime
) -> tuple[str, str]:
    """(day, hours) by the clock of the place; the day is "" on the day that it is."""
    first, last = starts_at.astimezone(event.clock), ends_at.astimezone(event.clock)
    same = first.date() == now.astimezone(event.clock).date()
    return "" if same else day_of(first.date()), f"{first:%H:%M}–{last:%H:%M}"


def _freed(event: Event, now: dt.datetime) -> list[Freed]:
    """Times to come that were given up, or that somebody stands in line for, the soonest first."""
    ahead = Q(event=event, starts_at__gt=now)
    given_up = Q(meetings__status=Meeting.Status.CANCELLED)
    wanted = Q(standby_offers__status__in=StandbyOffer.LIVE)
    slots = list(
        event.slots.filter(ahead & (given_up | wanted)).distinct().order_by("starts_at", "pk")
    )[:FREED_SHOWN]
    line: dict[int, list[Offer]] = defaultdict(list)
    offers = StandbyOffer.objects.filter(slot__in=slots, status__in=StandbyOffer.LIVE)
    rows = offers.select_related(
        "meeting__host__registration__company", "meeting__guest__registration__company"
    ).prefetch_related("accepted_by__company")
    for one in rows.order_by("rank", "pk"):
        until = one.answer_by.astimezone(event.clock) if one.answer_by else None
        accepted = ", ".join(side.company.told for side in one.accepted_by.all())
        line[one.slot_id].append(Offer(one, f"{until:%H:%M}" if until else "", accepted))
    return [
        Freed(*_told(slot.starts_at, slot.ends_at, event, now), line[slot.pk]) for slot in slots
    ]


def _tasks(event: Event) -> list[Task]:
    """What is to be done before the day, in the order in which it is done."""
    registrations = Registration.objects.filter(event=event)
    meetings = Meeting.objects.filter(event=event)
    idle = registrations.taking_part().exclude(
        Q(participants__hosted__in=meetings.alive())
        | Q(participants__visited__in=meetings.alive())
        | Q(participants__joined__in=meetings.alive())
    )
    versions = list(Timetable.objects.filter(event=event).values_list("status", flat=True))
    held = counted(event)
    is_final = Timetable.Status.FINAL in versions
    left = {
        "registrations": registrations.filter(status=Registration.Status.APPLIED).count(),
        "requests": MeetingRequest.objects.open().filter(event=event).count(),
        "companies": idle.count(),
        "times": held.waiting,
        "timetable": int(not is_final and held.needs_timetable(event, versions=len(versions))),
        "display": 0 if event.display_digest else 1,
    }
    return [Task(key, count) for key, count in left.items()]


def running_and_next(
    people: Iterable[Participant], now: dt.datetime
) -> dict[int, tuple[Standing | None, Standing | None, int]]:
    """{participant: the meeting that goes on, the next one, how many are left}. Two queries."""
    keys = [one.pk for one in people]
    mine = Q(host__in=keys) | Q(guest__in=keys) | Q(others__in=keys)
    rows = Meeting.objects.filter(mine, status__in=Meeting.HOLDING, slot__ends_at__gt=now)
    found: dict[int, list[Standing]] = {key: [] for key in keys}
    for one in joined(rows.distinct()):
        shown = standing(one, now)
        for person in one.people():
            if person.pk in found:
                found[person.pk].append(shown)
    told = {}
    for key, theirs in found.items():
        running = next((one for one in theirs if one.begun), None)
        coming = [one for one in theirs if not one.begun]
        told[key] = (running, coming[0] if coming else None, len(coming))
    return told
