"""Which of some meetings move when a timetable no longer holds: fewest people, proved by CP-SAT."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ortools.sat.python import cp_model

from marketplace.scheduling.problem import GoesOn, Place, Problem

LOST, PERSON, MEETING, SEATED = 10**8, 10**5, 100, 20
"""What counts first: a meeting without a slot, then a person, then a meeting that moves, then one
that keeps its table; what is left chooses the slot with fewest new breaks."""
EFFORT = 0.5
"""Limit of one search, in the solver's own count of work, about seconds of a processor."""
_ASKED = 0.2
"""Seconds between two questions whether to go on."""


@dataclass(frozen=True, slots=True)
class Seats:
    """Slot and interpreter of each meeting, and which of them may change."""

    slot: Sequence[int | None]
    helper: Sequence[int | None]
    movable: frozenset[int]


@dataclass(slots=True)
class Calendars:
    """What the meetings that stay leave free."""

    busy: set[tuple[int, int]] = field(default_factory=set)
    """Pairs of participant and slot."""
    load: Counter[int] = field(default_factory=Counter)
    screens: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, problem: Problem, seats: Seats, meetings: Iterable[int]) -> Calendars:
        """The calendars with these meetings at their slots."""
        made = cls()
        for meeting in meetings:
            slot = seats.slot[meeting]
            if slot is not None:
                made.add(problem, meeting, slot, seats.helper[meeting])
        return made

    def add(self, problem: Problem, meeting: int, slot: int, helper: int | None) -> None:
        """Seat one more meeting."""
        people = (*problem.meetings[meeting], *(() if helper is None else (helper,)))
        for at in range(slot, slot + problem.lengths[meeting]):
            self.busy.update((person, at) for person in people)
            self.load[at] += problem.places[meeting] != Place.NONE
            self.screens[at] += problem.places[meeting] == Place.SCREEN

    def admits(self, problem: Problem, meeting: int, slot: int, helper: int | None) -> bool:
        """Whether people and interpreter are free; tables are not looked at."""
        span = range(slot, slot + problem.lengths[meeting])
        if helper is not None and any(at in problem.forbidden[helper] for at in span):
            return False
        people = (*problem.meetings[meeting], *(() if helper is None else (helper,)))
        return not any((person, at) in self.busy for person in people for at in span)

    def rests(self, problem: Problem, meeting: int, slot: int) -> bool:
        """Whether nobody of the meeting would have too many in a row."""
        span = range(slot, slot + problem.lengths[meeting])
        return not any(
            problem.tires(person, _Own(self.busy, person), span)
            for person in problem.meetings[meeting]
        )

    def has_table(self, problem: Problem, meeting: int, slot: int) -> bool:
        """Whether a table of the kind the meeting needs is left all its time."""
        place = problem.places[meeting]
        for at in range(slot, slot + problem.lengths[meeting]):
            if place != Place.NONE and self.load[at] >= problem.tables[at]:
                return False
            if place == Place.SCREEN and self.screens[at] >= problem.screens[at]:
                return False
        return True

    def new_breaks(self, problem: Problem, meeting: int, slot: int) -> int:
        """Attendees for whom the meeting is not next to another one."""
        ends = (slot - 1, slot + problem.lengths[meeting])
        return sum(
            all((person, end) not in self.busy for end in ends)
            for person in problem.meetings[meeting]
        )


class _Own:
    """The busy slots of one participant."""

    def __init__(self, busy: Collection[tuple[int, int]], person: int) -> None:
        self._busy, self._person = busy, person

    def __contains__(self, slot: object) -> bool:
        return (self._person, slot) in self._busy


@dataclass(frozen=True, slots=True)
class Moved:
    """The seats of the movable meetings after a search."""

    slot: dict[int, int | None]
    helper: dict[int, int | None]
    cost: float
    exact: bool
    """No other way loses fewer of these meetings or moves fewer people."""


def move(
    problem: Problem,
    seats: Seats,
    calendars: Calendars,
    closed: Collection[int],
    excused: Collection[int],
    hint: Seats,
    seed: int,
    unseated: Collection[int] = (),
    goes_on: GoesOn | None = None,
) -> Moved | None:
    """Seat the movable meetings again, all others as in ``calendars``; None when out of effort.

    The same where ``goes_on`` ends it before there is any answer.

    Nothing moves into ``closed`` slots; people who are ``excused`` do not count as moved. The
    search begins at ``hint``. Of two meetings one of which has to move, it is the one that is
    ``unseated``: the other would have to change its table for it.
    """
    model = _Model(problem, seats, calendars, closed)
    model.count(excused, unseated)
    model.begin_at(hint)
    return model.solve(seed, goes_on)


class _Model:
    def __init__(
        self, problem: Problem, seats: Seats, calendars: Calendars, closed: Collection[int]
    ) -> None:
        self._problem, self._seats, self._calendars = problem, seats, calendars
        self._movable = sorted(seats.movable)
        self._model: Any = cp_model.CpModel()
        self._at: dict[int, dict[tuple[int, int | None], Any]] = {}
        self._lost: dict[int, Any] = {}
        for meeting in self._movable:
            choices = {
                (slot, helper): self._model.new_bool_var("")
                for slot in problem.domains[meeting]
                if not any(at in closed for at in range(slot, slot + problem.lengths[meeting]))
                for helper in problem.helpers[meeting] or (None,)
                if calendars.admits(problem, meeting, slot, helper)
                and calendars.rests(problem, meeting, slot)
            }
            self._at[meeting] = choices
            self._lost[meeting] = self._model.new_bool_var("")
            self._model.add_exactly_one(*choices.values(), self._lost[meeting])
        self._no_clashes()
        self._tables()
        self._order()

    def _no_clashes(self) -> None:
        taken: dict[tuple[int, int], list[Any]] = {}
        for meeting, choices in self._at.items():
            for (slot, helper), chosen in choices.items():
                people = (*self._problem.meetings[meeting], *(() if helper is None else (helper,)))
                for at in range(slot, slot + self._problem.lengths[meeting]):
                    for person in people:
                        taken.setdefault((person, at), []).append(chosen)
        for several in taken.values():
            if len(several) > 1:
                self._model.add_at_most_one(several)
        self._rests(taken)

    def _rests(self, taken: Mapping[tuple[int, int], list[Any]]) -> None:
        """Nobody who rests is busy all through a stretch that is too long."""
        for person in {person for person, _slot in taken}:
            if not self._problem.rests(person):
                continue
            for first, last in enumerate(self._problem.too_long):
                stretch = [(person, slot) for slot in range(first, last + 1)]
                open_ = [at for at in stretch if at not in self._calendars.busy]
                if open_ and all(at in taken for at in open_):
                    chosen = [one for at in open_ for one in taken[at]]
                    self._model.add(sum(chosen) <= len(open_) - 1)

    def _tables(self) -> None:
        problem = self._problem
        tables: dict[int, list[Any]] = {}
        screens: dict[int, list[Any]] = {}
        for meeting, choices in self._at.items():
            for (slot, _), chosen in choices.items():
                for at in range(slot, slot + problem.lengths[meeting]):
                    if problem.places[meeting] != Place.NONE:
                        tables.setdefault(at, []).append(chosen)
                    if problem.places[meeting] == Place.SCREEN:
                        screens.setdefault(at, []).append(chosen)
        for several, there, taken in (
            (tables, problem.tables, self._calendars.load),
            (screens, problem.screens, self._calendars.screens),
        ):
            for slot, choices_there in several.items():
                self._model.add(sum(choices_there) <= max(0, there[slot] - taken[slot]))

    def _order(self) -> None:
        for first, second in self._problem.precedences:
            for end, ended in self._ends(first):
                for slot, begun in self._begins(second):
                    if slot < end:
                        self._model.add_bool_or(ended.negated(), begun.negated())

    def _begins(self, meeting: int) -> list[tuple[int, Any]]:
        if meeting in self._at:
            return [(slot, chosen) for (slot, _), chosen in self._at[meeting].items()]
        slot = self._seats.slot[meeting]
        return [] if slot is None else [(slot, self._model.new_constant(1))]

    def _ends(self, meeting: int) -> list[tuple[int, Any]]:
        length = self._problem.lengths[meeting]
        return [(slot + length, chosen) for slot, chosen in self._begins(meeting)]

    def count(self, excused: Collection[int], unseated: Collection[int]) -> None:
        """Minimise what is lost, then people and meetings that move, then new breaks."""
        people: dict[int, Any] = {}
        cost: list[Any] = [LOST * lost for lost in self._lost.values()]

        def moves(person: int, when: Any) -> None:
            if person not in excused:
                if person not in people:
                    people[person] = self._model.new_bool_var("")
                self._model.add_implication(when, people[person])

        for meeting, choices in self._at.items():
            old, guide = self._seats.slot[meeting], self._seats.helper[meeting]
            leaves = self._model.new_bool_var("")
            stays = [chosen for (slot, _), chosen in choices.items() if slot == old]
            self._model.add(sum(stays) + leaves == 1)
            if old is not None:
                cost.append((MEETING if meeting in unseated else MEETING + SEATED) * leaves)
                for person in self._problem.meetings[meeting]:
                    moves(person, leaves)
                if guide is not None:
                    same = choices.get((old, guide))
                    moves(guide, leaves if same is None else same.negated())
            for (slot, helper), chosen in choices.items():
                if (slot, helper) != (old, guide):
                    if helper is not None:
                        moves(helper, chosen)
                    new = self._calendars.new_breaks(self._problem, meeting, slot)
                    cost.append(new * chosen)
        cost += [PERSON * person for person in people.values()]
        self._model.minimize(sum(cost))

    def begin_at(self, hint: Seats) -> None:
        """Let the search try these seats first."""
        for meeting, choices in self._at.items():
            seat = (hint.slot[meeting], hint.helper[meeting])
            for choice, chosen in choices.items():
                self._model.add_hint(chosen, choice == seat)
            self._model.add_hint(self._lost[meeting], seat not in choices)

    def solve(self, seed: int, goes_on: GoesOn | None) -> Moved | None:
        solver: Any = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.max_deterministic_time = EFFORT
        status = _watched(solver, self._model, goes_on)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        slots: dict[int, int | None] = dict.fromkeys(self._movable)
        helpers: dict[int, int | None] = dict.fromkeys(self._movable)
        for meeting, choices in self._at.items():
            for (slot, helper), chosen in choices.items():
                if solver.value(chosen):
                    slots[meeting], helpers[meeting] = slot, helper
        return Moved(slots, helpers, solver.objective_value, status == cp_model.OPTIMAL)


def _watched(solver: Any, model: Any, goes_on: GoesOn | None) -> Any:
    """The status after a search that ends when it is told to.

    The solver calls back only with a better answer, so another thread lets it search while this one
    asks: what is asked may read the database, whose connection is of this thread.
    """
    if goes_on is None:
        return solver.solve(model)
    ended: list[Any] = []
    searching = threading.Thread(target=lambda: ended.append(solver.solve(model)), daemon=True)
    searching.start()
    while searching.is_alive():
        searching.join(_ASKED)
        if searching.is_alive() and not goes_on():
            solver.stop_search()
    return ended[0]
