"""Table numbers for a plan: people keep their table, or at least their hall.

Slots are settled one after the other by a matching of meetings and tables at least cost, all other
slots standing; rounds through all slots follow until none gets better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from marketplace.scheduling.measure import agendas, attendees, day_numbers
from marketplace.scheduling.problem import GoesOn, Place, Plan, Problem

ROUNDS = 6
"""Through all slots, at most."""
HALL = 3.0
"""A change of hall, in changes of table."""
HURRY = 30.0
"""A change of hall in less time than people need for it, in changes of table."""
NEVER = 1e6
WASTED = 0.01
"""A table with a screen given to those who need none, in changes of table."""
INTERPRETER = 0.25
"""A change of somebody whose breaks do not count either, in changes of table."""


@dataclass(frozen=True, slots=True)
class Room:
    """The tables there are, from number 0 on."""

    hall: tuple[int, ...]
    screen: tuple[bool, ...]
    owners: tuple[frozenset[int], ...]
    """Participants whose booth it is; nobody else's meetings are there. Empty: shared."""
    closed: tuple[frozenset[int], ...]
    """Slots in which each table is not to be had."""
    hours: tuple[tuple[int, int], ...] = ()
    """Minute in which each slot begins and ends; () where that is no matter."""
    walk: int = 0
    """Minutes that people need to another hall."""

    def hurries(self, left: int, right: int) -> bool:
        """Whether another hall cannot be reached between the end of a slot and a later one."""
        return bool(self.hours) and self.hours[right][0] - self.hours[left][1] < self.walk


def room_of(problem: Problem) -> Room:
    """As many shared tables as the problem says, in one hall, those with a screen first."""
    count = max(problem.tables, default=0)
    screens = max(problem.screens, default=0)
    closed = tuple(
        frozenset(
            slot
            for slot in range(problem.slots)
            # Tables with a screen have the first numbers, so both kinds end where they should.
            if (
                table >= problem.screens[slot]
                if table < screens
                else table - screens >= problem.tables[slot] - problem.screens[slot]
            )
        )
        for table in range(max(count, _most_numbers(problem)))
    )
    return Room(
        hall=(0,) * len(closed),
        screen=tuple(table < screens for table in range(len(closed))),
        owners=(frozenset(),) * len(closed),
        closed=closed,
    )


def _most_numbers(problem: Problem) -> int:
    """Numbers needed when tables with and without a screen are most in different slots."""
    both = zip(problem.tables, problem.screens, strict=True)
    plain = max((tables - screens for tables, screens in both), default=0)
    return max(problem.screens, default=0) + plain


def seat(
    problem: Problem,
    plan: Plan,
    room: Room | None = None,
    keep: Sequence[int | None] = (),
    goes_on: GoesOn | None = None,
) -> Plan:
    """The plan with a table for each meeting that takes one, or is at the booth of one side.

    ``keep`` holds tables that stay, by meeting, as far as they are still to be had. A meeting for
    which no table is left gets None; that cannot be where all take one slot and there are tables
    and screens as the problem says. ``goes_on`` may end it once each slot was settled.
    """
    return _Seating(problem, plan, room or room_of(problem), keep).settle(goes_on)


class _Seating:
    def __init__(
        self, problem: Problem, plan: Plan, room: Room, keep: Sequence[int | None]
    ) -> None:
        self._problem, self._plan, self._room = problem, plan, room
        self._table: list[int | None] = [None] * len(plan.slot)
        self._shared = np.array([not owners for owners in room.owners], np.bool_)
        self._screen = np.array(room.screen, np.bool_)
        self._open = np.ones((problem.slots, len(room.hall)), np.bool_)
        for table, slots in enumerate(room.closed):
            self._open[list(slots), table] = False
        self._taken = np.zeros_like(self._open)
        halls = np.array(room.hall)
        together, elsewhere = halls[:, None] == halls[None, :], ~np.eye(len(halls), dtype=np.bool_)
        self._walk = np.where(together, 1.0, HALL) * elsewhere
        self._hurry = np.where(together, 1.0, HURRY) * elsewhere
        self._near = self._neighbours()
        self._starting: list[list[int]] = [[] for _ in range(problem.slots)]
        self._use_booths()
        for meeting, slot in enumerate(plan.slot):
            if slot is not None and problem.places[meeting] != Place.NONE:
                self._starting[slot].append(meeting)
        self._kept = self._keep(keep)

    def _neighbours(self) -> list[list[tuple[int, float, NDArray[np.float64]]]]:
        """Of each meeting: those its people come from and go to, and what a change weighs."""
        near: list[list[tuple[int, float, NDArray[np.float64]]]] = [[] for _ in self._plan.slot]
        day_of = day_numbers(self._problem)
        for participant, agenda in enumerate(agendas(self._problem, self._plan)):
            weight = 1.0 if self._problem.counts(participant) else INTERPRETER
            for (left, first), (right, second) in pairwise(agenda):
                if first != second and day_of[left] == day_of[right]:
                    walk = self._hurry if self._room.hurries(left, right) else self._walk
                    near[first].append((second, weight, walk))
                    near[second].append((first, weight, walk))
        return near

    def _use_booths(self) -> None:
        booths = {
            owner: table for table, owners in enumerate(self._room.owners) for owner in owners
        }
        for meeting, slot in enumerate(self._plan.slot):
            if slot is None or self._problem.places[meeting] != Place.NONE:
                continue
            for person in attendees(self._problem, self._plan, meeting):
                if person in booths:
                    self._table[meeting] = booths[person]
                    break

    def _keep(self, keep: Sequence[int | None]) -> set[int]:
        kept = set()
        for meetings in self._starting:
            for meeting in meetings:
                table = keep[meeting] if keep else None
                if table is not None and self._may(meeting)[table]:
                    self._assign(meeting, table)
                    kept.add(meeting)
        return kept

    def _may(self, meeting: int) -> NDArray[np.bool_]:
        """The tables a meeting may have, those given out standing."""
        span = self._span(meeting)
        usable = self._open[span] & ~self._taken[span]
        may: NDArray[np.bool_] = self._shared & usable.all(axis=0)
        return may & self._screen if self._problem.places[meeting] == Place.SCREEN else may

    def _assign(self, meeting: int, table: int | None) -> None:
        span, old = self._span(meeting), self._table[meeting]
        if old is not None:
            self._taken[span, old] = False
        if table is not None:
            self._taken[span, table] = True
        self._table[meeting] = table

    def _span(self, meeting: int) -> slice:
        slot = cast(int, self._plan.slot[meeting])
        return slice(slot, slot + self._problem.lengths[meeting])

    def settle(self, goes_on: GoesOn | None) -> Plan:
        best = None
        for _ in range(ROUNDS):
            if best is not None and goes_on is not None and not goes_on():
                break
            cost = sum(self._settle(slot) for slot in range(self._problem.slots))
            if best is not None and cost >= best - 1e-9:
                break
            best = cost
        return Plan(slot=self._plan.slot, table=tuple(self._table), helper=self._plan.helper)

    def _settle(self, slot: int) -> float:
        """Match the meetings that start in a slot with tables; the cost of that."""
        meetings = [meeting for meeting in self._starting[slot] if meeting not in self._kept]
        if not meetings or not len(self._walk):
            return 0.0
        for meeting in meetings:
            self._assign(meeting, None)
        costs = np.stack([self._costs(meeting) for meeting in meetings])
        rows, columns = cast(Any, linear_sum_assignment)(costs)
        total = 0.0
        for row, table in zip(rows.tolist(), columns.tolist(), strict=True):
            if costs[row, table] < NEVER:
                self._assign(meetings[row], table)
                total += costs[row, table]
        return total

    def _costs(self, meeting: int) -> NDArray[np.float64]:
        plain = self._problem.places[meeting] == Place.TABLE
        costs = np.where(self._screen & plain, WASTED, 0.0)
        for other, weight, walk in self._near[meeting]:
            table = self._table[other]
            if table is not None:
                costs += weight * walk[table]
        return np.where(self._may(meeting), costs, NEVER)
