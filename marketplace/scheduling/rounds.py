"""A whole round of meetings: choose, seat, and fill what is left from the next best pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from marketplace.scheduling import exact
from marketplace.scheduling.choosing import Choice, Flags, Integers, Wishes, choose
from marketplace.scheduling.explain import why_unplaced
from marketplace.scheduling.placing import place
from marketplace.scheduling.planning import PROVED, Limits, Terms, solve
from marketplace.scheduling.problem import Certificate, Place, Plan, Problem, Tell, Unplaced
from marketplace.scheduling.seating import Room
from marketplace.scheduling.standby import Standby

ROUNDS = 3
"""Times others move for the next best pairs; what is left then gets only what is free."""
TRIES = 20_000
"""Attempts to seat the next best pairs of a round."""
CONFLICTS = 50_000
"""Of the complete search for room for all that is chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What is wanted of the candidates, and how many meetings participants may and should have."""

    scores: Integers
    must: Flags
    quotas: Integers
    floors: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """A timetable for the best of the candidates."""

    choice: Choice
    """What was chosen before anybody looked at the clock."""
    meetings: tuple[int, ...]
    """Number among the candidates of each meeting of ``problem``."""
    problem: Problem
    plan: Plan
    certificate: Certificate
    left: tuple[Unplaced, ...]
    """Chosen meetings that found no place, by candidate number, with the cause."""
    refilled: tuple[int, ...]
    """Candidates that took their room."""
    standby: Standby


def plan_round(
    candidates: Problem,
    wanted: Wanted,
    *,
    seed: int = 1,
    tell: Tell | None = None,
    limits: Limits | None = None,
    room: Room | None = None,
) -> Round:
    """Choose among the candidate meetings (pairs), and give as many as can be a slot and a table.

    No candidate of the choice stays out for one that is less wanted: the next best pairs get what
    it leaves.
    """
    wishes = wishes_of(candidates, wanted)
    choice = choose(wishes)
    filling = _Filling(candidates, wishes, seed)
    left = filling.seat(choice.chosen.tolist())
    filling.refill()
    meetings = tuple(filling.held)
    problem = part(candidates, meetings)
    terms = Terms(seed=seed, tell=tell, limits=limits, start=filling.plan, room=room)
    plan, certificate = solve(problem, terms)
    if plan is None:  # meetings of an event may stay out, so there always is one
        raise AssertionError("a plan is lost")
    return Round(
        choice=choice,
        meetings=meetings,
        problem=problem,
        plan=plan,
        certificate=certificate,
        left=left,
        refilled=tuple(sorted(set(meetings) - set(choice.chosen.tolist()))),
        standby=Standby.of(candidates, meetings, plan, wanted.scores, wanted.must),
    )


def wishes_of(candidates: Problem, wanted: Wanted) -> Wishes:
    """The question which candidates to hold.

    Meetings that take no table count as if there were one more for each; a longer one counts as
    one of the shortest. Both is checked when they are seated.
    """
    pairs = np.array([people[:2] for people in candidates.meetings], np.int64).reshape(-1, 2)
    shortest = min(candidates.lengths, default=1)
    away = np.array([len(slots) for slots in candidates.forbidden], np.int64)
    untabled = sum(one == Place.NONE for one in candidates.places)
    return Wishes(
        first=pairs[:, 0],
        second=pairs[:, 1],
        scores=wanted.scores,
        must=wanted.must,
        quotas=wanted.quotas,
        floors=wanted.floors,
        free=(candidates.slots - away) // shortest,
        capacity=sum(candidates.tables) // shortest + untabled,
    )


def part(candidates: Problem, meetings: Sequence[int]) -> Problem:
    """The problem of some of the candidates alone, which may stay unplaced."""
    place_of = {meeting: number for number, meeting in enumerate(meetings)}

    def those(values: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(values[meeting] for meeting in meetings) if values else ()

    return replace(
        candidates,
        meetings=those(candidates.meetings),
        domains=those(candidates.domains),
        lengths=those(candidates.lengths),
        places=those(candidates.places),
        helpers=those(candidates.helpers),
        sessions=those(candidates.sessions),
        fixed=those(candidates.fixed),
        precedences=tuple(
            (place_of[one], place_of[other])
            for one, other in candidates.precedences
            if one in place_of and other in place_of
        ),
        optional=True,
    )


class _Filling:
    """The meetings held so far, as candidate numbers, and a plan for them without tables."""

    def __init__(self, candidates: Problem, wishes: Wishes, seed: int) -> None:
        self._candidates, self._wishes, self._seed = candidates, wishes, seed
        self._tried = np.zeros(len(candidates.meetings), bool)
        self.held: list[int] = []
        self.plan = Plan((), (), ())

    def seat(self, chosen: Sequence[int]) -> tuple[Unplaced, ...]:
        """Seat what is chosen; who finds no place, and why."""
        problem = part(self._candidates, chosen)
        plan = place(problem, seed=self._seed)
        if None in plan.slot and len(chosen) <= PROVED:
            everything = len(chosen)
            found, _ = exact.solve(
                problem,
                seed=self._seed,
                conflicts=CONFLICTS,
                start=plan,
                tell=lambda progress: progress.placed < everything,
            )
            plan = found or plan
        self._tried[list(chosen)] = True
        left = why_unplaced(problem, plan, self._seed)
        self._keep(chosen, plan)
        return tuple(
            replace(
                one,
                meeting=chosen[one.meeting],
                others=tuple(chosen[other] for other in one.others),
            )
            for one in left
        )

    def refill(self) -> None:
        """Seat the next best pairs until nothing fits."""
        for _ in range(ROUNDS):
            extra = self._next_best()
            if not extra:
                return
            self._add(extra)
        self._add_what_is_free()

    def _keep(self, meetings: Sequence[int], plan: Plan) -> None:
        """Hold the meetings that have a slot, and only those."""
        helper = plan.helper or (None,) * len(meetings)
        rows = [
            (meeting, slot, helper[number])
            for number, (meeting, slot) in enumerate(zip(meetings, plan.slot, strict=True))
            if slot is not None
        ]
        self.held = [row[0] for row in rows]
        self.plan = Plan(tuple(row[1] for row in rows), (), tuple(row[2] for row in rows))

    def _spare(self) -> Integers:
        """Meetings that each participant could still have."""
        held = np.array(self.held, np.int64)
        ends = np.concatenate((self._wishes.first[held], self._wishes.second[held]))
        spare: Integers = self._wishes.most - np.bincount(ends, minlength=len(self._wishes.most))
        return spare

    def _next_best(self) -> list[int]:
        """The best choice among what was not tried, for what the held meetings leave."""
        asked, spare = self._wishes, self._spare()
        fits = ~self._tried & (spare[asked.first] > 0) & (spare[asked.second] > 0)
        open_ = np.flatnonzero(fits)
        rest = Wishes(
            first=asked.first[open_],
            second=asked.second[open_],
            scores=asked.scores[open_],
            must=asked.must[open_],
            quotas=spare,
            floors=np.clip(asked.least - (asked.most - spare), 0, None),
            free=spare,
            capacity=asked.capacity - len(self.held),
        )
        chosen: list[int] = open_[choose(rest).chosen].tolist()
        return chosen

    def _add(self, extra: Sequence[int]) -> None:
        """Seat more, while all that is held stays so; others may move."""
        self._tried[list(extra)] = True
        meetings, more = [*self.held, *extra], (None,) * len(extra)
        problem = part(self._candidates, meetings)
        start = Plan((*self.plan.slot, *more), (), (*self.plan.helper, *more))
        for steps in (-(-TRIES // len(meetings)), 0):
            plan = place(problem, seed=self._seed, plan=start, steps=steps)
            if None not in plan.slot[: len(self.held)]:
                self._keep(meetings, plan)
                return

    def _add_what_is_free(self) -> None:
        """Seat every further pair that finds a slot as things are, the best first."""
        asked, spare = self._wishes, self._spare().tolist()
        problem = self._candidates
        ordered = {meeting for pair in problem.precedences for meeting in pair}
        desk = _Desk(problem, self.held, self.plan)
        slots, helpers = list(self.plan.slot), list(self.plan.helper)
        for meeting in np.lexsort((-asked.scores, ~asked.must)).tolist():
            one, other = int(asked.first[meeting]), int(asked.second[meeting])
            if desk.full or self._tried[meeting] or meeting in ordered:
                continue
            if spare[one] <= 0 or spare[other] <= 0:
                continue
            found = desk.take(meeting)
            if found is not None:
                self.held.append(meeting)
                slots.append(found[0])
                helpers.append(found[1])
                spare[one] -= 1
                spare[other] -= 1
        self.plan = Plan(tuple(slots), (), tuple(helpers))


class _Desk:
    """Calendars and tables, for who is seated as things are."""

    def __init__(self, candidates: Problem, held: Sequence[int], plan: Plan) -> None:
        self._problem = candidates
        self._busy = np.zeros((candidates.participants, candidates.slots), bool)
        for participant, slots in enumerate(candidates.forbidden):
            self._busy[participant, list(slots)] = True
        self._tables = np.array(candidates.tables, np.int64)
        self._screens = np.array(candidates.screens, np.int64)
        for number, meeting in enumerate(held):
            start = plan.slot[number]
            if start is not None:
                self._put(meeting, start, plan.helper[number])

    @property
    def full(self) -> bool:
        """Whether no table is left and every meeting takes one."""
        return not self._tables.any() and Place.NONE not in self._problem.places

    def take(self, meeting: int) -> tuple[int, int | None] | None:
        """Seat a meeting where most tables are left: its slot and interpreter; None: it cannot."""
        problem = self._problem
        length, place_ = problem.lengths[meeting], problem.places[meeting]
        best: tuple[int, int, int | None] | None = None
        for start in problem.domains[meeting]:
            taken = slice(start, start + length)
            room = int(self._tables[taken].min())
            if best is not None and room <= best[0]:
                continue
            if place_ != Place.NONE and room <= 0:
                continue
            if place_ == Place.SCREEN and self._screens[taken].min() <= 0:
                continue
            if self._busy[list(problem.meetings[meeting]), taken].any():
                continue
            free = [one for one in problem.helpers[meeting] if not self._busy[one, taken].any()]
            if free or not problem.helpers[meeting]:
                best = room, start, free[0] if free else None
        if best is None:
            return None
        self._put(meeting, best[1], best[2])
        return best[1], best[2]

    def _put(self, meeting: int, start: int, helper: int | None) -> None:
        problem = self._problem
        taken = slice(start, start + problem.lengths[meeting])
        people = list(problem.meetings[meeting]) + ([] if helper is None else [helper])
        self._busy[people, taken] = True
        self._tables[taken] -= problem.places[meeting] != Place.NONE
        self._screens[taken] -= problem.places[meeting] == Place.SCREEN
