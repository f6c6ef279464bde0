"""A timetable that stands is mended: as few other people as possible get another hour.

The search starts with the meetings that cannot stay and takes in those of their people, of the
people of those, and so on, until no way can be better or the neighbourhood gets too large.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from marketplace.scheduling.measure import troubled
from marketplace.scheduling.moving import Calendars, Seats, move
from marketplace.scheduling.placing import place
from marketplace.scheduling.problem import GoesOn, Place, Plan, Problem
from marketplace.scheduling.seating import Room, seat

FORCE = 30
"""Attempts per meeting to seat what is left over by chains."""
LARGEST = 500
"""Meetings in the largest neighbourhood that is searched."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an event. Lost tables and hours are in the problem and the room already."""

    cancelled: frozenset[int] = frozenset()
    """Meetings that are not held."""
    wanted: frozenset[int] = frozenset()
    """Meetings without a slot that get one now, even if others have to move."""
    standby: tuple[int, ...] = ()
    """Meetings without a slot, the best first, that get one where nobody has to move."""
    spare: Mapping[int, int] = field(default_factory=dict)
    """How many of those each participant may still have; who is not named, any number."""
    window: frozenset[int] = frozenset()
    """Slots in which nothing changes any more: the past and the freeze window."""
    locked: frozenset[int] = frozenset()
    """Meetings that stay where they are."""
    unseated: frozenset[int] = frozenset()
    """Meetings whose table is lost; they move sooner than others that would give them theirs."""
    excused: frozenset[int] = frozenset()
    """Those whose withdrawal or late arrival it is; they do not count as moved."""


@dataclass(frozen=True, slots=True)
class Repair:
    """The mended plan and whom it troubles."""

    plan: Plan
    moved: tuple[int, ...]
    """Meetings at another slot or with another interpreter."""
    lost: tuple[int, ...]
    """Meetings that had, or should get, a slot and have none."""
    people: tuple[int, ...]
    """Others with another hour, or without a meeting that was not cancelled."""
    people_bound: int
    """No plan that seats as many of the meetings moves fewer people."""
    lost_bound: int
    """No plan loses fewer meetings."""
    filled: tuple[int, ...]
    """Standby meetings that got a slot."""
    other_tables: tuple[int, ...]
    """Meetings at the same slot and another table."""
    unmended: tuple[int, ...]
    """Meetings inside the window, or locked, that cannot stay and may not move."""


def repair(
    problem: Problem,
    plan: Plan,
    change: Change,
    *,
    room: Room | None = None,
    seed: int = 1,
    known: Plan | None = None,
    goes_on: GoesOn | None = None,
) -> Repair:
    """Mend a plan of the problem as it was, with fewest other people moved.

    ``problem`` is as it has become: fewer tables, more absences, smaller domains, with the same
    meetings as the plan. ``known`` is a plan that keeps its rules, to be brought nearer if it is
    better: no fewer meetings get a slot than there. ``goes_on`` may end the search with the best
    seats so far, in which what it did not come to has no slot.
    """
    count = len(problem.meetings)
    old = Seats(
        [None if meeting in change.cancelled else slot for meeting, slot in enumerate(plan.slot)],
        [
            None if meeting in change.cancelled else helper
            for meeting, helper in enumerate(plan.helper or (None,) * count)
        ],
        frozenset(),
    )
    damage = _Damage(problem, old, change)
    mending = _Mending(problem, old, damage, change, seed, goes_on)
    mending.run()
    if known is not None and not mending.exact:
        mending.bring_nearer(known)
    new = mending.best
    lost = tuple(
        meeting
        for meeting in range(count)
        if new.slot[meeting] is None and (old.slot[meeting] is not None or meeting in change.wanted)
    )
    people = troubled(problem, old, new, change.excused)
    new, filled = _fill(problem, new, change)
    keep = [
        table if old.slot[meeting] == new.slot[meeting] else None
        for meeting, table in enumerate(plan.table or (None,) * count)
    ]
    mended = Plan(slot=tuple(new.slot), helper=tuple(new.helper))
    mended = seat(problem, mended, room, keep, goes_on)
    return Repair(
        plan=mended,
        moved=tuple(meeting for meeting in range(count) if _differs(old, new, meeting)),
        lost=lost,
        people=people,
        people_bound=len(people) if mending.exact else damage.people_bound(),
        lost_bound=len(lost) if mending.exact else damage.lost_bound(),
        filled=filled,
        other_tables=tuple(
            meeting
            for meeting, table in enumerate(plan.table)
            if _stays(old, new, meeting) and table != mended.table[meeting]
        ),
        unmended=damage.unmended,
    )


def _stays(old: Seats, new: Seats, meeting: int) -> bool:
    return old.slot[meeting] is not None and old.slot[meeting] == new.slot[meeting]


def _differs(old: Seats, new: Seats, meeting: int) -> bool:
    was, now = old.slot[meeting], new.slot[meeting]
    if was is None or now is None:
        return False
    return (was, old.helper[meeting]) != (now, new.helper[meeting])


class _Damage:
    """What cannot stay as it is."""

    def __init__(self, problem: Problem, seats: Seats, change: Change) -> None:
        self._problem, self._seats, self._change = problem, seats, change
        self._held = [m for m, slot in enumerate(seats.slot) if slot is not None]
        bound = {m for m in self._held if self._is_bound(m)}
        self.fixed = bound
        impossible = {m for m in self._held if not self._possible(m)}
        self.forced = impossible - bound
        broken = impossible | self._clashing() | self._out_of_order()
        self._broken = broken
        self.unmended = tuple(sorted(broken & bound))
        self._over = self._overfull()
        self.start = (
            frozenset((broken | self._crowded() | self._restless()) - bound) | change.wanted
        )

    def _is_bound(self, meeting: int) -> bool:
        return meeting in self._change.locked or any(
            at in self._change.window for at in self._span(meeting)
        )

    def _span(self, meeting: int) -> range:
        slot = self._seats.slot[meeting] or 0
        return range(slot, slot + self._problem.lengths[meeting])

    def _possible(self, meeting: int) -> bool:
        helper, wanted = self._seats.helper[meeting], self._problem.helpers[meeting]
        if self._seats.slot[meeting] not in self._problem.domains[meeting]:
            return False
        if not wanted:
            return helper is None
        away = self._problem.forbidden[helper] if helper in wanted and helper is not None else None
        return away is not None and not any(at in away for at in self._span(meeting))

    def _clashing(self) -> set[int]:
        there: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for meeting in self._held:
            helper = self._seats.helper[meeting]
            people = (*self._problem.meetings[meeting], *(() if helper is None else (helper,)))
            for at in self._span(meeting):
                for person in people:
                    there[person, at].append(meeting)
        return {m for meetings in there.values() if len(meetings) > 1 for m in meetings}

    def _restless(self) -> set[int]:
        """Meetings of a row that is too long: one of them moves, if any of them may."""
        busy: defaultdict[int, dict[int, int]] = defaultdict(dict)
        for meeting in self._held:
            for person in self._problem.meetings[meeting]:
                if self._problem.rests(person):
                    busy[person].update(dict.fromkeys(self._span(meeting), meeting))
        return {
            own[at]
            for own in busy.values()
            for first, last in enumerate(self._problem.too_long)
            if last >= 0 and all(at in own for at in range(first, last + 1))
            for at in range(first, last + 1)
        }

    def _out_of_order(self) -> set[int]:
        found = set()
        for first, second in self._problem.precedences:
            one, other = self._seats.slot[first], self._seats.slot[second]
            if one is None or other is None:
                continue
            if one + self._problem.lengths[first] > other:
                found |= {first, second}
        return found

    def _overfull(self) -> dict[tuple[int, Place], tuple[int, list[int]]]:
        """Where too many tables, or screens, are taken: by how many, and the meetings there."""
        there: defaultdict[tuple[int, Place], list[int]] = defaultdict(list)
        for meeting in self._held:
            place = self._problem.places[meeting]
            for at in self._span(meeting):
                if place != Place.NONE:
                    there[at, Place.TABLE].append(meeting)
                if place == Place.SCREEN:
                    there[at, Place.SCREEN].append(meeting)
        limits = {Place.TABLE: self._problem.tables, Place.SCREEN: self._problem.screens}
        return {
            (at, kind): (len(meetings) - limits[kind][at], meetings)
            for (at, kind), meetings in there.items()
            if len(meetings) > limits[kind][at]
        }

    def _crowded(self) -> set[int]:
        """Meetings where too many tables are taken; of very many, those with most other slots."""
        if sum(len(meetings) for _, meetings in self._over.values()) <= LARGEST:
            return {m for _, meetings in self._over.values() for m in meetings}
        chosen: set[int] = set()
        for over, meetings in self._over.values():
            chosen.update(self._looser(meetings)[: max(over + 2, LARGEST // len(self._over))])
        return chosen

    def _looser(self, meetings: list[int]) -> list[int]:
        """Those that may move, first those with most other slots."""
        calendars = Calendars.of(self._problem, self._seats, self._held)

        def choices(meeting: int) -> int:
            return sum(
                slot not in self._change.window
                and calendars.has_table(self._problem, meeting, slot)
                and calendars.admits(self._problem, meeting, slot, self._seats.helper[meeting])
                for slot in self._problem.domains[meeting]
            )

        return sorted((m for m in meetings if m not in self.fixed), key=choices, reverse=True)

    def least_that_leave(self) -> set[int]:
        """Meetings without which all others could stay: no more than need be of each slot."""
        gone = set(self._broken - self.fixed)
        for over, meetings in self._over.values():
            leave = over - sum(m in gone for m in meetings)
            rest = [m for m in self._looser(meetings) if m not in gone]
            gone.update(rest[: max(0, leave)])
        return gone

    def people_bound(self) -> int:
        """People who move in every plan: of what cannot stay, and of the least that leave."""
        excused = self._change.excused
        sure = {p for m in self.forced for p in self._problem.meetings[m]} - excused
        leaving: list[tuple[int, list[set[int]]]] = []
        times: Counter[int] = Counter()
        for (_, kind), (over, meetings) in self._over.items():
            if kind == Place.TABLE:
                rest = [m for m in meetings if m not in self.forced and m not in self.fixed]
                leave = over - sum(m in self.forced for m in meetings)
                others = [set(self._problem.meetings[m]) - sure - excused for m in rest]
                leaving.append((max(0, leave), others))
                times.update(person for people in others for person in people)
        # Each person is counted once at most: in as many parts as there are such meetings.
        parts = sum(
            sum(sorted(sum(1 / times[p] for p in people) for people in others)[:leave])
            for leave, others in leaving
        )
        once = max((sum(sorted(map(len, others))[:leave]) for leave, others in leaving), default=0)
        return len(sure) + max(once, math.ceil(parts - 1e-6))

    def lost_bound(self) -> int:
        """Meetings that have no table in any plan."""
        problem, window = self._problem, self._change.window
        needs = [
            problem.lengths[m]
            for m in {*self._held, *self._change.wanted} - self.fixed
            if problem.places[m] != Place.NONE
        ]
        left = Calendars.of(problem, self._seats, self.fixed).load
        room = sum(
            max(0, tables - left[slot])
            for slot, tables in enumerate(problem.tables)
            if slot not in window
        )
        return math.ceil(max(0, sum(needs) - room) / max(problem.lengths, default=1))


class _Mending:
    """The search for new seats; ``best`` holds those found."""

    def __init__(
        self,
        problem: Problem,
        old: Seats,
        damage: _Damage,
        change: Change,
        seed: int,
        goes_on: GoesOn | None,
    ) -> None:
        self._problem, self._old, self._damage = problem, old, damage
        self._change, self._seed, self._goes_on = change, seed, goes_on
        self._held = [meeting for meeting, slot in enumerate(old.slot) if slot is not None]
        self._free = frozenset(self._held) - damage.fixed
        self._must = frozenset(self._held) | change.wanted
        self.best = _apply(old, dict.fromkeys(damage.start), dict.fromkeys(damage.start))
        self.exact = not damage.start

    def run(self) -> None:
        """Search ever larger neighbourhoods; with force when meetings are left over."""
        near = self._damage.start
        while near and not self.exact and self._continues():
            self._search(near)
            wider = near | self._around(near)
            if wider == near:
                wider = near | self._free
            if wider == near or len(wider) > LARGEST:
                break
            near = wider
        if self._worth(self.best)[0] and not self._damage.unmended and self._continues():
            self._force()

    def _continues(self) -> bool:
        return self._goes_on is None or self._goes_on()

    def _search(self, near: frozenset[int]) -> None:
        staying = [meeting for meeting in self._held if meeting not in near]
        found = move(
            self._problem,
            replace(self._old, movable=near),
            Calendars.of(self._problem, self._old, staying),
            self._change.window,
            self._change.excused,
            self.best,
            self._seed,
            self._change.unseated,
            self._goes_on,
        )
        if found is None:
            return
        seats = _apply(self._old, found.slot, found.helper)
        self._take(seats)
        if found.exact and near >= self._free | self._change.wanted:
            self.exact = True

    def _take(self, seats: Seats) -> None:
        """Keep seats that are better, and see whether none can be."""
        self.best = min(self.best, seats, key=self._worth)
        lost, people, _ = self._worth(self.best)
        if lost == self._damage.lost_bound() and people == self._damage.people_bound():
            self.exact = True

    def _worth(self, seats: Seats) -> tuple[int, int, int]:
        """Meetings without a slot, people and meetings that move: the fewer the better."""
        lost = sum(seats.slot[meeting] is None for meeting in self._must)
        moved = sum(_differs(self._old, seats, meeting) for meeting in self._held)
        return lost, len(troubled(self._problem, self._old, seats, self._change.excused)), moved

    def _around(self, near: frozenset[int]) -> frozenset[int]:
        """Meetings of the people of these meetings."""
        people = {p for meeting in near for p in _all_people(self._problem, self._old, meeting)}
        return frozenset(
            meeting
            for meeting in self._free
            if not people.isdisjoint(_all_people(self._problem, self._old, meeting))
        )

    def _force(self) -> None:
        """Seat what is left over by chains."""
        window, lengths = self._change.window, self._problem.lengths
        domains: list[tuple[int, ...]] = []
        for meeting, starts in enumerate(self._problem.domains):
            slot = self._old.slot[meeting]
            if meeting not in self._must:
                starts = ()
            elif slot is not None and meeting not in self._free:
                starts = (slot,)
            else:
                starts = tuple(
                    start
                    for start in starts
                    if window.isdisjoint(range(start, start + lengths[meeting]))
                )
            domains.append(starts)
        asked = replace(self._problem, domains=tuple(domains))
        gone = self._damage.least_that_leave()
        start = _apply(self._old, dict.fromkeys(gone), dict.fromkeys(gone))
        plan = Plan(slot=tuple(start.slot), helper=tuple(start.helper))
        forced = place(
            asked, plan=plan, seed=self._seed, steps=FORCE, tell=lambda _told: self._continues()
        )
        self.bring_nearer(forced)

    def bring_nearer(self, plan: Plan) -> None:
        """Take a plan that is better, then look which of its moves were in vain."""
        self._take(Seats(plan.slot, plan.helper, frozenset()))
        near = frozenset(
            meeting
            for meeting in self._must - self._damage.fixed
            if (self._old.slot[meeting], self._old.helper[meeting])
            != (self.best.slot[meeting], self.best.helper[meeting])
        )
        if len(near) <= 2 * LARGEST and self._continues():
            self._search(near | (self._damage.start if len(near) < LARGEST else frozenset()))


def _all_people(problem: Problem, seats: Seats, meeting: int) -> Iterable[int]:
    helper = seats.helper[meeting]
    yield from problem.meetings[meeting]
    if helper is not None:
        yield helper


def _apply(old: Seats, slot: Mapping[int, int | None], helper: Mapping[int, int | None]) -> Seats:
    slots, helpers = list(old.slot), list(old.helper)
    for meeting, at in slot.items():
        slots[meeting], helpers[meeting] = at, helper[meeting]
    return Seats(slots, helpers, frozenset())


def _fill(problem: Problem, seats: Seats, change: Change) -> tuple[Seats, tuple[int, ...]]:
    """Seat standby meetings, the best first, where people and tables are free."""
    calendars = Calendars.of(problem, seats, range(len(seats.slot)))
    slots, helpers = list(seats.slot), list(seats.helper)
    given: Counter[int] = Counter()
    filled = []
    for meeting in change.standby:
        people = problem.meetings[meeting]
        full = any(given[p] >= change.spare.get(p, problem.slots) for p in people)
        if full or slots[meeting] is not None or meeting in change.cancelled:
            continue
        choices = [
            (calendars.new_breaks(problem, meeting, slot), slot, helper)
            for slot in problem.domains[meeting]
            if _may_fill(problem, slots, change, meeting, slot)
            and calendars.has_table(problem, meeting, slot)
            and calendars.rests(problem, meeting, slot)
            for helper in problem.helpers[meeting] or (None,)
            if calendars.admits(problem, meeting, slot, helper)
        ]
        if choices:
            _, slot, helper = min(choices, key=lambda choice: choice[:2])
            calendars.add(problem, meeting, slot, helper)
            slots[meeting], helpers[meeting] = slot, helper
            given.update(people)
            filled.append(meeting)
    return Seats(slots, helpers, frozenset()), tuple(filled)


def _may_fill(
    problem: Problem, slots: list[int | None], change: Change, meeting: int, slot: int
) -> bool:
    """Whether a meeting at a slot changes nothing in the window and keeps the order."""
    end = slot + problem.lengths[meeting]
    if any(at in change.window for at in range(slot, end)):
        return False
    for first, second in problem.precedences:
        one, other = slots[first], slots[second]
        if first == meeting and other is not None and end > other:
            return False
        if second == meeting and one is not None and one + problem.lengths[first] > slot:
            return False
    return True
