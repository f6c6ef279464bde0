"""Why meetings have no place: small sets of rules that cannot hold together, as data."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from marketplace.scheduling.bounds import (
    Domains,
    least_breaks,
    meetings_of,
    obstacles,
    tighten,
    usable,
    without_slot,
)
from marketplace.scheduling.measure import agendas
from marketplace.scheduling.model import Model, Rule
from marketplace.scheduling.problem import Cause, Place, Plan, Problem, Unplaced

SEARCHED = 400
"""Meetings up to which rules are searched; of larger problems the plan alone is looked at."""

_TRIES = 20_000
"""Conflicts for one question."""
_ALL = 60_000
"""Conflicts for all questions about one plan, shared out evenly among what it leaves out."""
_ASKING = 50
"""What any question costs at least, in conflicts."""
_ORDER = (
    "interpreter",
    "order",
    "rest",
    "tables",
    "meeting",
)  # the sooner left out, the rarer a cause


def why_infeasible(problem: Problem, seed: int = 0) -> tuple[Unplaced, ...]:
    """What makes it impossible to hold all meetings, for a problem where that is so.

    Meetings without a slot, each; or one meeting with the others that compete with it.
    """
    seen = obstacles(problem)
    if seen and seen[0].cause != Cause.ORDER:
        return seen
    domains = usable(problem)
    conflicts = _Conflicts(problem, domains, seed)
    core = conflicts.core(list(conflicts.rules))
    if core is None:
        return (_uneven(problem, domains),)
    small = conflicts.smaller(core)
    return (_told(problem, domains, [conflicts.rules[literal] for literal in small]),)


def why_unplaced(problem: Problem, plan: Plan, seed: int = 0) -> tuple[Unplaced, ...]:
    """What stands in the way of each meeting that the plan leaves out.

    Up to ``SEARCHED`` meetings: those that cannot be held together with it, wherever they are.
    Beyond, or where the search finds no conflict: what takes up its slots in this plan.
    """
    left = [meeting for meeting, slot in enumerate(plan.slot) if slot is None]
    if not left:
        return ()
    domains = usable(problem)
    conflicts = None
    if len(problem.meetings) <= SEARCHED and any(domains[meeting] for meeting in left):
        conflicts = _Conflicts(problem, domains, seed)
    placed = {meeting for meeting, slot in enumerate(plan.slot) if slot is not None}
    seats = _Seats(problem, plan, domains)
    told = []
    for number, meeting in enumerate(left):
        if not domains[meeting]:
            told.append(without_slot(problem, meeting))
            continue
        core = None
        if conflicts is not None:
            conflicts.allow(_ALL // len(left) * (number + 1))
            core = conflicts.core(conflicts.about(placed | {meeting}))
        if (
            problem.fairness is not None
            and conflicts is not None
            and core is None
            and conflicts.answered
        ):
            told.append(Unplaced(meeting, Cause.UNEVEN, problem.meetings[meeting]))
        elif conflicts is None or core is None:
            told.append(seats.in_the_way(meeting))
        else:
            rules = [conflicts.rules[literal] for literal in conflicts.smaller(core)]
            told.append(_told(problem, domains, rules, meeting))
    return tuple(told)


class _Conflicts:
    """Questions which rules cannot hold together, as long as there is work left for them."""

    def __init__(self, problem: Problem, domains: Domains, seed: int) -> None:
        self._model = Model(problem, domains, seed=seed, breaks=False, switched=True)
        self.rules = self._model.rules
        self._done, self._allowed = 0, _ALL
        self.answered = False
        """Whether the last question was, within the work allowed."""

    def allow(self, conflicts: int) -> None:
        """Let the questions cost so much, those asked before included."""
        self._allowed = conflicts

    def about(self, meetings: Collection[int]) -> list[int]:
        """The literals of all rules, but of those that hold meetings only these."""
        return [
            literal
            for literal, rule in self.rules.items()
            if rule.kind != "meeting" or rule.number in meetings
        ]

    def core(self, literals: Sequence[int]) -> list[int] | None:
        """Some of the literals that cannot hold together; None if they can, or nobody knows."""
        left = self._allowed - self._done
        self.answered = False
        if left <= 0:
            return None
        solver = self._model.solver
        before = solver.accum_stats()["conflicts"]
        solver.conf_budget(min(_TRIES, left))
        answer = solver.solve_limited(list(literals))
        self._done += max(_ASKING, solver.accum_stats()["conflicts"] - before)
        self.answered = answer is not None
        if answer is not False:
            return None
        return [literal for literal in solver.get_core() or [] if literal in self.rules]

    def smaller(self, core: list[int]) -> list[int]:
        """Leave out each rule the conflict does not need, one after the other."""
        rank = {
            literal: (_ORDER.index(rule.kind), rule.number) for literal, rule in self.rules.items()
        }
        needed: list[int] = []
        open_ = sorted(core, key=rank.__getitem__)
        while open_:
            literal = open_.pop(0)
            without = self.core([*needed, *open_])
            if without is None:
                needed.append(literal)
            else:
                open_ = [other for other in open_ if other in without]
        return needed


def _told(
    problem: Problem, domains: Domains, rules: Iterable[Rule], meeting: int | None = None
) -> Unplaced:
    """One conflict in the words of ``Unplaced``."""
    by_kind: dict[str, list[int]] = {}
    for rule in rules:
        by_kind.setdefault(rule.kind, []).append(rule.number)
    meetings = sorted(by_kind.get("meeting", []))
    first = meeting if meeting is not None else (meetings[0] if meetings else 0)
    others = tuple(other for other in meetings if other != first)
    shared = set(problem.meetings[first]).intersection(*(problem.meetings[m] for m in others))
    slots = tuple(sorted({slot for m in (first, *others) for slot in domains[m]}))
    people: tuple[int, ...] = ()
    if "order" in by_kind:
        cause = Cause.ORDER
    elif "tables" in by_kind:
        cause, slots = Cause.TABLES, tuple(sorted(set(by_kind["tables"])))
    elif "rest" in by_kind:
        cause, people = Cause.NO_REST, tuple(sorted(set(by_kind["rest"])))
    elif "interpreter" in by_kind:
        cause, people = Cause.NO_INTERPRETER, tuple(sorted(problem.helpers[first]))
    elif shared and others:
        cause, people = Cause.FULL_CALENDAR, tuple(sorted(shared))[:1]
    else:
        cause = Cause.CROWDED
    return Unplaced(first, cause, people, slots, others)


def _uneven(problem: Problem, domains: Domains) -> Unplaced:
    """All can be held, but not with breaks as even as asked."""
    least = least_breaks(problem, tighten(problem, domains))
    participant = max(range(problem.participants), key=lambda p: (least[p], -p))
    meetings = meetings_of(problem)[participant]
    found = (participant,) if least[participant] > (problem.fairness or 0) else ()
    return Unplaced(meetings[0] if meetings else 0, Cause.UNEVEN, found)


class _Seats:
    """What is taken in one plan, to say without any search what is in the way of a meeting."""

    def __init__(self, problem: Problem, plan: Plan, domains: Domains) -> None:
        self._problem, self._domains = problem, domains
        self._busy = [dict(agenda) for agenda in agendas(problem, plan)]
        self._mine = meetings_of(problem)
        self._tables, self._screens = list(problem.tables), list(problem.screens)
        for meeting, start in enumerate(plan.slot):
            if start is None or problem.places[meeting] == Place.NONE:
                continue
            for slot in range(start, start + problem.lengths[meeting]):
                self._tables[slot] -= 1
                self._screens[slot] -= problem.places[meeting] == Place.SCREEN

    def in_the_way(self, meeting: int) -> Unplaced:
        """What takes up the slots of a meeting."""
        problem, domain = self._problem, self._domains[meeting]
        people = problem.meetings[meeting]
        for person in people:
            own = {slot for m in self._mine[person] for slot in self._domains[m]}
            if own <= self._busy[person].keys():
                others = tuple(sorted(set(self._busy[person].values())))
                return Unplaced(meeting, Cause.FULL_CALENDAR, (person,), tuple(sorted(own)), others)
        both = tuple(start for start in domain if self._free(people, meeting, start))
        if not both:
            rivals = {
                self._busy[person][slot]
                for person in people
                for start in domain
                for slot in self._during(meeting, start)
                if slot in self._busy[person]
            }
            return Unplaced(meeting, Cause.CROWDED, people, domain, tuple(sorted(rivals)))
        tired = [person for person in people if self._tires(person, meeting, both)]
        if tired:
            return Unplaced(meeting, Cause.NO_REST, tuple(tired), both)
        helpers = problem.helpers[meeting]
        if helpers and not any(
            self._free((helper,), meeting, start) for helper in helpers for start in both
        ):
            return Unplaced(meeting, Cause.NO_INTERPRETER, helpers, both)
        if not any(self._has_table(meeting, start) for start in both):
            return Unplaced(meeting, Cause.TABLES, (), both)
        linked = tuple(
            m for pair in problem.precedences if meeting in pair for m in pair if m != meeting
        )
        return Unplaced(meeting, Cause.ORDER if linked else Cause.CROWDED, people, both, linked)

    def _during(self, meeting: int, start: int) -> range:
        return range(start, start + self._problem.lengths[meeting])

    def _free(self, persons: Iterable[int], meeting: int, start: int) -> bool:
        slots = self._during(meeting, start)
        return all(slot not in self._busy[person] for person in persons for slot in slots)

    def _tires(self, person: int, meeting: int, starts: Iterable[int]) -> bool:
        """Whether the person would have no rest wherever the meeting began."""
        busy = self._busy[person]
        return all(
            self._problem.tires(person, busy, self._during(meeting, start)) for start in starts
        )

    def _has_table(self, meeting: int, start: int) -> bool:
        """Whether a table of the kind the meeting needs is left for all its slots."""
        place = self._problem.places[meeting]
        if place == Place.NONE:
            return True
        return all(
            self._tables[slot] > 0 and (place != Place.SCREEN or self._screens[slot] > 0)
            for slot in self._during(meeting, start)
        )
