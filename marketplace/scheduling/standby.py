"""Who could meet when a time falls free: meetings that are not in the plan, best first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marketplace.scheduling.choosing import Flags, Integers
from marketplace.scheduling.problem import Plan, Problem

MOST = 10
"""Meetings named for one time."""


@dataclass(frozen=True, slots=True, eq=False)
class Standby:
    """The meetings that wait, and who is free when.

    Waiting meetings are named by their number among all candidates. Ranked: what must be, then
    those of people with fewest meetings so far, then by score, then by number.
    """

    candidates: Problem
    meetings: tuple[int, ...]
    """Number among the candidates of each meeting of the plan."""
    plan: Plan
    waiting: Integers
    """Ranked."""
    busy: Flags
    """Per participant and slot; who is away counts as busy."""

    @classmethod
    def of(
        cls,
        candidates: Problem,
        meetings: Sequence[int],
        plan: Plan,
        scores: Integers,
        must: Flags,
    ) -> Standby:
        """The list beside a plan for some of the candidates, with a score and mark for each."""
        busy = np.zeros((candidates.participants, candidates.slots), bool)
        for participant, slots in enumerate(candidates.forbidden):
            busy[participant, list(slots)] = True
        had = np.zeros(candidates.participants, np.int64)
        held = set()
        for number, meeting in enumerate(meetings):
            start = plan.slot[number]
            if start is None:
                continue
            held.add(meeting)
            taken = slice(start, start + candidates.lengths[meeting])
            for participant in _present(candidates, plan, number, meeting):
                busy[participant, taken] = True
                had[participant] += 1
        count = had.tolist()
        left = [meeting for meeting in range(len(candidates.meetings)) if meeting not in held]
        fewest = [min(count[one] for one in candidates.meetings[meeting]) for meeting in left]
        waiting = np.array(left, np.int64)
        order = np.lexsort((waiting, -scores[waiting], np.array(fewest), ~must[waiting]))
        return cls(candidates, tuple(meetings), plan, waiting[order], busy)

    def in_slot(self, slot: int, most: int = MOST) -> tuple[int, ...]:
        """Those that could start in a slot if a table falls free there."""
        return self._first(slot, frozenset(), None, most)

    def instead(self, number: int, most: int = MOST) -> tuple[int, ...]:
        """Those that could start when a meeting of the plan does, if it is cancelled.

        The people of that meeting come first, for they lost one.
        """
        start = self.plan.slot[number]
        if start is None:
            return ()
        meeting = self.meetings[number]
        freed = frozenset(_present(self.candidates, self.plan, number, meeting))
        length = self.candidates.lengths[meeting]
        theirs = self._first(start, freed, length, most, only=freed)
        others = self._first(start, freed, length, most)
        return tuple(dict.fromkeys((*theirs, *others)))[:most]

    def _first(
        self,
        slot: int,
        freed: frozenset[int],
        length: int | None,
        most: int,
        only: frozenset[int] = frozenset(),
    ) -> tuple[int, ...]:
        problem, found = self.candidates, list[int]()
        for meeting in self.waiting.tolist():
            people = problem.meetings[meeting]
            if only and only.isdisjoint(people):
                continue
            if slot not in problem.domains[meeting]:
                continue
            if length is not None and problem.lengths[meeting] > length:
                continue
            if self._is_free(meeting, slot, freed):
                found.append(meeting)
                if len(found) == most:
                    break
        return tuple(found)

    def _is_free(self, meeting: int, slot: int, freed: frozenset[int]) -> bool:
        taken = slice(slot, slot + self.candidates.lengths[meeting])

        def free(participant: int) -> bool:
            return participant in freed or not self.busy[participant, taken].any()

        helpers = self.candidates.helpers[meeting]
        return all(map(free, self.candidates.meetings[meeting])) and (
            not helpers or any(map(free, helpers))
        )


def _present(candidates: Problem, plan: Plan, number: int, meeting: int) -> tuple[int, ...]:
    helper = plan.helper[number] if plan.helper else None
    people = candidates.meetings[meeting]
    return people if helper is None else (*people, helper)
