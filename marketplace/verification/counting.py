"""Counts the figures of a plan anew and holds them against its certificate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from marketplace.verification.instances import Object, taken
from marketplace.verification.rules import cell, present


class Count:
    """The figures of a plan that keeps the rules, counted anew."""

    def __init__(self, problem: Object, plan: Object) -> None:
        self._problem, self._plan = problem, plan
        people = problem["participants"]
        self._agendas: list[list[tuple[int, int]]] = [[] for _ in range(people)]
        for meeting, start in enumerate(plan["slot"]):
            if start is not None:
                for participant in present(problem, plan, meeting):
                    self._agendas[participant] += [
                        (slot, meeting) for slot in taken(problem, meeting, start)
                    ]
        counted = problem["counted"] or [True] * people
        self._counted = [participant for participant in range(people) if counted[participant]]
        self._meetings: list[list[int]] = [[] for _ in range(people)]
        for meeting, attendees in enumerate(problem["meetings"]):
            for participant in attendees:
                self._meetings[participant].append(meeting)
        self.placed = sum(start is not None for start in plan["slot"])
        self.idle = self.changes = 0
        self.breaks = [self._breaks(participant) for participant in self._counted]
        self.burden = max(
            (
                sum(problem["burden"][participant][slot] for slot, _ in agenda)
                for participant, agenda in enumerate(self._agendas)
                if problem["burden"]
            ),
            default=0,
        )

    def _breaks(self, participant: int) -> int:
        """Groups of idle slots; their slots and the changes of table are added up besides."""
        groups = 0
        agenda = sorted(self._agendas[participant])
        for day in self._problem["days"]:
            today = [entry for entry in agenda if day[0] <= entry[0] <= day[-1]]
            for (left, one), (right, other) in pairwise(today):
                groups += right - left > 1
                self.idle += right - left - 1
                tables = {cell(self._plan, "table", meeting) for meeting in (one, other)}
                self.changes += len(tables) == 2 and None not in tables
        return groups

    def contradictions(self, certificate: Object) -> Iterator[str]:
        """What the certificate states otherwise than it was counted, or than it can be."""
        spread = max(self.breaks, default=0) - min(self.breaks, default=0)
        fairness = self._problem["fairness"]
        if fairness is not None and spread > fairness:
            yield f"breaks differ by {spread}, at most {fairness} is allowed"
        counted = {
            "meetings": len(self._problem["meetings"]),
            "placed": self.placed,
            "breaks": sum(self.breaks),
            "idle_slots": self.idle,
            "table_changes": self.changes,
            "most_breaks": max(self.breaks, default=0),
            "most_burden": self.burden,
        }
        for name, number in counted.items():
            if certificate.get(name, number) != number:
                yield f"{name}: stated {certificate[name]}, counted {number}"
        yield from self._claims(certificate)

    def _claims(self, certificate: Object) -> Iterator[str]:
        """Claims that contradict each other or what was counted."""
        everything = len(self._problem["meetings"])
        bound, most = certificate["lower_bound"], certificate.get("most_placed", everything)
        if not self.placed <= most <= everything:
            yield f"most_placed: {most}, with {self.placed} of {everything} placed"
        if self.placed == most and bound > sum(self.breaks):
            yield f"lower_bound: {bound}, yet there are {sum(self.breaks)} breaks"
        if certificate["status"] == "optimal" and (bound, most) != (sum(self.breaks), self.placed):
            yield "status: optimal, yet the bounds leave room for a better plan"
        if "unplaced" in certificate:
            waiting = [m for m, start in enumerate(self._plan["slot"]) if start is None]
            if sorted(one["meeting"] for one in certificate["unplaced"]) != waiting:
                yield "unplaced: not the meetings without a slot"

    def told(self, certificate: Object) -> Iterator[str]:
        """What the figures say, in words."""
        everything, breaks = len(self._problem["meetings"]), sum(self.breaks)
        yield f"{self.placed} of {everything} meetings are placed, with {breaks} breaks."
        if self.placed < everything:
            return
        simple = sum(map(self._fewest, self._counted))
        yield f"At least {simple} breaks are unavoidable because of absences alone."
        stated = certificate.get("lower_bound", 0)
        if breaks == simple:
            yield "So no timetable has fewer: proved here, too."
        elif stated > simple:
            yield f"That no timetable has fewer than {stated} is the finding of a complete search."

    def _fewest(self, participant: int) -> int:
        """Breaks of one participant in any plan: the fewest runs that hold all their slots.

        ``fewest[n]`` is the least number of breaks with n busy slots on the days so far.
        """
        problem = self._problem
        open_slots: set[int] = set()
        bound: set[int] = set()
        busy = 0
        for meeting in self._meetings[participant]:
            ways = [set(taken(problem, meeting, start)) for start in problem["domains"][meeting]]
            open_slots.update(*ways)
            bound.update(*(ways if len(ways) == 1 else ()))
            busy += problem["lengths"][meeting]
        fewest = {0: 0}
        for day in problem["days"]:
            ends = _ways_of_a_day(day, open_slots, bound, busy)
            fewest = {
                total: min(
                    fewest[total - size] + breaks
                    for size, breaks in ends.items()
                    if total - size in fewest
                )
                for total in {a + b for a in fewest for b in ends}
                if total <= busy
            }
        return fewest.get(busy, 0)


def _ways_of_a_day(
    day: Sequence[int], open_slots: set[int], bound: set[int], busy: int
) -> dict[int, int]:
    """Fewest breaks for each number of busy slots on one day."""
    free_now: dict[int, int] = {0: 0}  # busy slots so far: fewest runs, not busy in the last slot
    busy_now: dict[int, int] = {}
    for slot in day:
        rest = {} if slot in bound else _least(free_now, busy_now)
        work: dict[int, int] = {}
        if slot in open_slots:
            begun = {size + 1: runs + 1 for size, runs in free_now.items() if size < busy}
            going = {size + 1: runs for size, runs in busy_now.items() if size < busy}
            work = _least(begun, going)
        free_now, busy_now = rest, work
    return {size: max(runs - 1, 0) for size, runs in _least(free_now, busy_now).items()}


def _least(one: dict[int, int], other: dict[int, int]) -> dict[int, int]:
    return {
        size: min(table[size] for table in (one, other) if size in table)
        for size in one.keys() | other.keys()
    }
