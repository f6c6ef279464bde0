"""What a loss does to the meetings of an event: worked out from the rows, nothing saved."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.models import Event, Meeting, Registration, StandbyOffer
from marketplace.scheduling.problem import Cause, Plan, Problem
from marketplace.scheduling.problem import Place as Kind
from marketplace.selectors.standing import Standing, place_held, read_standing
from marketplace.selectors.timetables import Place
from marketplace.services import standby
from marketplace.services.handovers import ends_without
from marketplace.services.losses import Loss

if TYPE_CHECKING:
    from marketplace.scheduling.repair import Change, Repair
    from marketplace.scheduling.seating import Room

_WHY_LOST = {
    Cause.NO_COMMON_SLOT: gettext_lazy("its people are never there together any more"),
    Cause.CROWDED: gettext_lazy("its people have other meetings whenever they are there together"),
    Cause.NO_REST: gettext_lazy("somebody would have too many meetings in a row"),
    Cause.NO_INTERPRETER: gettext_lazy("no interpreter for its languages is free"),
    Cause.TABLES: gettext_lazy("all tables are taken whenever its people are free"),
    Cause.ORDER: gettext_lazy("it cannot come before or after the meetings it has to"),
}


class Sort(StrEnum):
    """What becomes of a meeting."""

    MOVED = "moved"
    """At another time."""
    KEPT = "kept"
    """At its time, with another table or interpreter."""
    STRANDED = "stranded"
    """At its time, without the table or interpreter that it lost: no other is free."""
    LOST = "lost"
    """Without a time."""
    CANCELLED = "cancelled"
    FILLED = "filled"
    """It waited for a time and gets one."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One meeting with its place before and after; None where it has none."""

    meeting: Meeting
    sort: Sort
    before: Place | None
    after: Place | None
    cause: str = ""
    """Why it lost its time or table, in words."""
    gone: int | None = None
    """The key of the registration whose company does not come, of a cancelled meeting."""

    def told(self) -> list[Any]:
        """As plain data: meeting, sort, and both places by public ids."""
        return [str(self.meeting.public_id), self.sort.value, ids(self.before), ids(self.after)]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the search makes of a question, to be used again while the question is the same."""

    asked: tuple[Problem, Plan, Change, Room]
    mended: Repair


@dataclass(frozen=True, slots=True)
class Outcome:
    """What mending would do, and how much of it nobody could spare the people."""

    shifts: list[Shift] = field(default_factory=list)
    stuck: list[tuple[Meeting, str]] = field(default_factory=list)
    """Meetings that cannot stay and may not move, with the reason: the desk decides."""
    going_on: list[Meeting] = field(default_factory=list)
    """Meetings of several companies that take place without the one that does not come."""
    people: int = 0
    """Others with another hour, or who lose a meeting that was not cancelled; interpreters too."""
    people_bound: int = 0
    """No plan that keeps as many meetings gives fewer people another hour."""
    lost_bound: int = 0
    """No plan keeps more meetings."""
    digest: str = ""
    """The same for the same outcome only."""
    answer: Answer | None = None
    """What was asked of the search, and what it said; None where nothing was."""

    def of(self, *sorts: Sort) -> list[Shift]:
        """The meetings with one of these fates."""
        return [one for one in self.shifts if one.sort in sorts]

    @property
    def is_empty(self) -> bool:
        """Whether no meeting is concerned."""
        return not (self.shifts or self.stuck)


def ids(place: Place | None) -> list[str | None] | None:
    """Slot, table and interpreter of a place by their public ids."""
    if place is None:
        return None
    return [str(one.public_id) if one is not None else None for one in place]


def reckon(
    event: Event,
    loss: Loss,
    *,
    fill: bool = False,
    known: Answer | None = None,
    at: dt.datetime | None = None,
) -> Outcome:
    """What becomes of the meetings of an event that has the ``loss``.

    ``fill`` gives meetings that wait a time at once where nobody has to move. ``known`` spares
    the search where rows and clock still ask the same of it. Raises ValidationError ``walking``
    where slots leave no time to walk.
    """
    now = at or timezone.now()
    if loss.registration is not None and not fill:
        company = loss.registration
        ends = [one for one in _ahead(company, now) if ends_without(one, company)]
        found = Outcome([_cancelled(one, loss) for one in ends])
    elif Meeting.objects.filter(event=event).ahead(now).exists() or _goes_on(event, now):
        found = _Mending(read_standing(event, loss.lost(now), at=now), loss, fill, now).outcome(
            known
        )
    else:
        found = Outcome()
    found = replace(found, going_on=_going_on(loss, now))
    return replace(found, digest=_digest(loss, found, now))


def _ahead(company: Registration, now: dt.datetime) -> list[Meeting]:
    rows = Meeting.objects.of(company).ahead(now).order_by("pk")
    joined = rows.select_related(
        "event",
        "slot",
        "table__hall",
        "interpreter",
        "host__person",
        "host__registration__company",
        "guest__person",
        "guest__registration__company",
    )
    return list(joined.prefetch_related("others__person", "others__registration__company"))


def _going_on(loss: Loss, now: dt.datetime) -> list[Meeting]:
    company = loss.registration
    if company is None:
        return []
    return [one for one in _ahead(company, now) if not ends_without(one, company)]


def _goes_on(event: Event, now: dt.datetime) -> bool:
    held = Meeting.objects.filter(event=event, status__in=Meeting.HOLDING)
    return held.filter(slot__ends_at__gt=now).exists()


def _cancelled(meeting: Meeting, loss: Loss) -> Shift:
    gone = loss.registration.pk if loss.registration is not None else None
    return Shift(meeting, Sort.CANCELLED, place_held(meeting), None, gone=gone)


def _digest(loss: Loss, found: Outcome, now: dt.datetime) -> str:
    told = [
        loss.told(now),
        [one.told() for one in found.shifts],
        [str(meeting.public_id) for meeting, _why in found.stuck],
        [str(meeting.public_id) for meeting in found.going_on],
        [found.people, found.people_bound],
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


class _Mending:
    """One reckoning."""

    def __init__(self, standing: Standing, loss: Loss, fill: bool, now: dt.datetime) -> None:
        self._standing, self._loss, self._now = standing, loss, now
        self._problem: Problem = standing.reading.problem
        self._cancelled = self._ends()
        self._waiting = self._standby() if fill else ()

    def outcome(self, known: Answer | None) -> Outcome:
        """Mend, then look what cannot be mended."""
        locked = {at for at, one in enumerate(self._standing.meetings) if one.locked}
        mended = (answer := self._ask(frozenset(locked), known)).mended
        bound = locked | {at for at in range(len(self._standing.meetings)) if self._is_bound(at)}
        plan = self._seated(mended.plan, bound)
        plan, stuck = self._guided(plan, mended.unmended)
        gone = [at for at in self._without_table(plan) if at not in bound]
        if gone:
            plan = _without(plan, gone)
        people = set(mended.people)
        for at in gone:
            people.update(self._problem.meetings[at])
        left = [at for at, slot in enumerate(plan.slot) if slot is None]
        lost = [at for at in left if self._standing.plan.slot[at] is not None]
        return Outcome(
            self._shifts(plan, set(lost) - self._cancelled),
            stuck,
            people=len(people - self._excused()),
            people_bound=mended.people_bound,
            lost_bound=mended.lost_bound,
            answer=answer,
        )

    def _ask(self, locked: frozenset[int], known: Answer | None) -> Answer:
        """What the search says; the same question has the same answer."""
        from marketplace.scheduling.repair import Change, repair  # large libraries

        change = Change(
            cancelled=frozenset(self._cancelled),
            standby=self._waiting,
            window=self._standing.window,
            locked=locked,
            unseated=self._unseated(),
            excused=self._excused(),
        )
        asked = self._problem, self._standing.plan, change, self._standing.reading.room()
        if known is not None and known.asked == asked:
            return known
        return Answer(asked, repair(*asked[:3], room=asked[3]))

    def _ends(self) -> set[int]:
        """Meetings of a company that does not come, that have not begun."""
        company = self._loss.registration
        if company is None:
            return set()
        return {
            at
            for at, one in enumerate(self._standing.meetings)
            if company.pk in {person.registration_id for person in one.people()}
            and ends_without(one, company)
            and one.status in Meeting.AHEAD
            and (one.slot is None or one.slot.starts_at > self._now)
        }

    def _standby(self) -> tuple[int, ...]:
        """Those that wait, in order of rank; times that they have declined are closed to them."""
        event = self._standing.meetings[0].event
        if event.awaits_timetable(self._now):
            return ()
        keys = [str(one.public_id) for one in standby.waiting(event)]
        places = {key: at for at, key in enumerate(self._standing.reading.meetings)}
        found = [places[key] for key in keys if places[key] not in self._cancelled]
        domains = list(self._problem.domains)
        for meeting, slot in StandbyOffer.objects.filter(
            meeting__event=event, status=StandbyOffer.Status.DECLINED
        ).values_list("meeting__public_id", "slot__public_id"):
            at, unit = places.get(str(meeting)), self._standing.reading.slots[str(slot)][0]
            if at in found:
                domains[at] = tuple(start for start in domains[at] if start != unit)
        self._problem = replace(self._problem, domains=tuple(domains))
        return tuple(found)

    def _unseated(self) -> frozenset[int]:
        """Meetings whose table is lost."""
        plan, closed = self._standing.plan, self._standing.reading.closed

        def is_lost(at: int, table: int | None) -> bool:
            return table is None or not set(self._span(plan, at)).isdisjoint(closed[table])

        return frozenset(
            at
            for at, table in enumerate(plan.table)
            if closed and self._problem.places[at] != Kind.NONE and is_lost(at, table)
        )

    def _excused(self) -> frozenset[int]:
        """Those who are the cause; a booth is nobody either."""
        keys = self._standing.reading.calendars
        others = self._standing.others
        ids = (str(one.public_id) for one in self._loss.people)
        named = {f"participant:{others.get(one, one)}" for one in ids}
        if self._loss.interpreter is not None:
            named.add(f"interpreter:{self._loss.interpreter.public_id}")
        return frozenset(
            at for at, key in enumerate(keys) if key in named or key.startswith("booth:")
        )

    def _is_bound(self, meeting: int) -> bool:
        start = self._standing.plan.slot[meeting]
        return start is not None and start in self._standing.window

    def _without_table(self, plan: Plan) -> list[int]:
        return [
            at
            for at, slot in enumerate(plan.slot)
            if slot is not None and self._problem.places[at] != Kind.NONE and plan.table[at] is None
        ]

    def _seated(self, plan: Plan, bound: set[int]) -> Plan:
        """Tables for those that have none, where others need not have the screen they sit at."""
        from marketplace.scheduling.seating import seat  # large libraries

        lacking = self._without_table(plan)
        if not lacking:
            return plan
        units = {at for one in lacking for at in self._span(plan, one)}
        screened = self._standing.reading.screened

        def may_leave(at: int, table: int) -> bool:
            here = not units.isdisjoint(self._span(plan, at))
            needless = table < screened and self._problem.places[at] == Kind.TABLE
            return here and needless and at not in bound

        keep = [
            None if table is None or may_leave(at, table) else table
            for at, table in enumerate(plan.table)
        ]
        again = seat(self._problem, plan, self._standing.reading.room(), keep)
        return again if len(self._without_table(again)) < len(lacking) else plan

    def _span(self, plan: Plan, meeting: int) -> range:
        start = plan.slot[meeting]
        return range(0) if start is None else range(start, start + self._problem.lengths[meeting])

    def _guided(
        self, plan: Plan, unmended: Sequence[int]
    ) -> tuple[Plan, list[tuple[Meeting, str]]]:
        """Another interpreter where that alone is missing; what else may not move is stuck."""
        from marketplace.scheduling.moving import Calendars, Seats  # large libraries

        helpers, stuck = list(plan.helper), []
        for at in unmended:
            meeting, span = self._standing.meetings[at], self._span(plan, at)
            if meeting.status not in Meeting.AHEAD:
                continue
            helper = helpers[at]
            away = helper is not None and not self._problem.forbidden[helper].isdisjoint(span)
            if not away or plan.slot[at] not in self._problem.domains[at]:
                stuck.append((meeting, _("somebody of it is not there, and it may not move")))
                continue
            others = [one for one in range(len(plan.slot)) if one != at]
            seats = Seats(plan.slot, helpers, frozenset())
            calendars = Calendars.of(self._problem, seats, others)
            able = (
                one
                for one in self._problem.helpers[at]
                if calendars.admits(self._problem, at, span.start, one)
            )
            helpers[at] = next(able, None)
        return replace(plan, helper=tuple(helpers)), stuck

    def _shifts(self, plan: Plan, lost: set[int]) -> list[Shift]:
        from marketplace.scheduling.missing import causes  # large libraries

        why = causes(self._problem, plan, sorted(lost), self._standing.window)
        found = []
        for at, meeting in enumerate(self._standing.meetings):
            before, after = place_held(meeting), self._standing.place(plan, at)
            if at in self._cancelled:
                found.append(_cancelled(meeting, self._loss))
            elif meeting.status in Meeting.AHEAD and _keys(before) != _keys(after):
                cause = str(_WHY_LOST[why[at]]) if at in lost else ""
                found.append(_shift(meeting, before, after, cause))
        return found


def _shift(meeting: Meeting, before: Place | None, after: Place | None, cause: str) -> Shift:
    if before is None:
        return Shift(meeting, Sort.FILLED, before, after)
    if after is None:
        return Shift(meeting, Sort.LOST, before, after, cause)
    if before[0].pk != after[0].pk:
        return Shift(meeting, Sort.MOVED, before, after)
    if before[1] is not None and after[1] is None:
        return Shift(meeting, Sort.STRANDED, before, after, _("no other table is free then"))
    if before[2] is not None and after[2] is None:
        return Shift(meeting, Sort.STRANDED, before, after, _("no other interpreter is free then"))
    return Shift(meeting, Sort.KEPT, before, after)


def _keys(place: Place | None) -> list[int | None] | None:
    return None if place is None else [one.pk if one is not None else None for one in place]


def _without(plan: Plan, gone: Collection[int]) -> Plan:
    """The plan without some meetings."""

    def left(column: Sequence[int | None]) -> tuple[int | None, ...]:
        return tuple(None if at in gone else value for at, value in enumerate(column))

    return Plan(slot=left(plan.slot), table=left(plan.table), helper=left(plan.helper))
