"""Why meetings have no place: small sets of rules that cannot hold together, as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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

_TRIES = 20_000  # conflicts for one question
_ORDER = ("interpreter", "order", "tables", "meeting")  # the sooner left out, the rarer a cause


def why_infeasible(problem: Problem, seed: int = 0) -> tuple[Unplaced, ...]:
    """What makes it impossible to hold all meetings, for a problem where that is so.

    Meetings without a slot, each; or one meeting with the others that compete with it.
    """
    seen = obstacles(problem)
    if seen and seen[0].cause != Cause.ORDER:
        return seen
    domains = usable(problem)
    model = Model(problem, domains, seed=seed, breaks=False, switched=True)
    core = _core(model, list(model.rules))
    if core is None:
        return (_uneven(problem, domains),)
    small = _smaller(model, core)
    return (_told(problem, domains, [model.rules[literal] for literal in small]),)


def why_unplaced(problem: Problem, plan: Plan, seed: int = 0) -> tuple[Unplaced, ...]:
    """What stands in the way of each meeting that the plan leaves out.

    Up to ``SEARCHED`` meetings: those that cannot be held together with it, wherever they are.
    Beyond, or where the search finds no conflict: what takes up its slots in this plan.
    """
    left = [meeting for meeting, slot in enumerate(plan.slot) if slot is None]
    if not left:
        return ()
    domains = usable(problem)
    model = None
    if len(problem.meetings) <= SEARCHED and any(domains[meeting] for meeting in left):
        model = Model(problem, domains, seed=seed, breaks=False, switched=True)
    placed = {meeting for meeting, slot in enumerate(plan.slot) if slot is not None}
    told = []
    for meeting in left:
        if not domains[meeting]:
            told.append(without_slot(problem, meeting))
            continue
        core = None
        if model is not None:
            wanted = placed | {meeting}
            core = _core(
                model,
                [
                    literal
                    for literal, rule in model.rules.items()
                    if rule.kind != "meeting" or rule.number in wanted
                ],
            )
        if model is not None and core is None and problem.fairness is not None:
            told.append(Unplaced(meeting, Cause.UNEVEN, problem.meetings[meeting]))
        elif model is None or core is None:
            told.append(_in_the_way(problem, plan, domains, meeting))
        else:
            rules = [model.rules[literal] for literal in _smaller(model, core)]
            told.append(_told(problem, domains, rules, meeting))
    return tuple(told)


def _core(model: Model, literals: Sequence[int]) -> list[int] | None:
    """Some of the literals that cannot hold together; None if they can, or nobody knows."""
    model.solver.conf_budget(_TRIES)
    if model.solver.solve_limited(list(literals)) is not False:
        return None
    core = model.solver.get_core() or []
    return [literal for literal in core if literal in model.rules]


def _smaller(model: Model, core: list[int]) -> list[int]:
    """Leave out each rule the conflict does not need, one after the other."""
    rank = {
        literal: (_ORDER.index(rule.kind), rule.number) for literal, rule in model.rules.items()
    }
    needed: list[int] = []
    open_ = sorted(core, key=rank.__getitem__)
    while open_:
        literal = open_.pop(0)
        without = _core(model, [*needed, *open_])
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


def _in_the_way(problem: Problem, plan: Plan, domains: Domains, meeting: int) -> Unplaced:
    """What takes up the slots of a meeting in one plan, without any search."""
    busy = [dict(agenda) for agenda in agendas(problem, plan)]
    people, length = problem.meetings[meeting], problem.lengths[meeting]
    for person in people:
        own = {slot for m in meetings_of(problem)[person] for slot in domains[m]}
        if own <= busy[person].keys():
            others = tuple(sorted(set(busy[person].values())))
            return Unplaced(meeting, Cause.FULL_CALENDAR, (person,), tuple(sorted(own)), others)

    def free(persons: Iterable[int], start: int) -> bool:
        return all(slot not in busy[p] for p in persons for slot in range(start, start + length))

    both = tuple(start for start in domains[meeting] if free(people, start))
    if not both:
        rivals = {
            busy[p][slot]
            for p in people
            for start in domains[meeting]
            for slot in range(start, start + length)
            if slot in busy[p]
        }
        return Unplaced(meeting, Cause.CROWDED, people, domains[meeting], tuple(sorted(rivals)))
    helpers = problem.helpers[meeting]
    if helpers and not any(free((helper,), start) for helper in helpers for start in both):
        return Unplaced(meeting, Cause.NO_INTERPRETER, helpers, both)
    if problem.places[meeting] != Place.NONE and not any(
        _has_table(problem, plan, meeting, start) for start in both
    ):
        return Unplaced(meeting, Cause.TABLES, (), both)
    linked = tuple(
        m for pair in problem.precedences if meeting in pair for m in pair if m != meeting
    )
    return Unplaced(meeting, Cause.ORDER if linked else Cause.CROWDED, people, both, linked)


def _has_table(problem: Problem, plan: Plan, meeting: int, start: int) -> bool:
    """Whether a table of the kind the meeting needs is left for all its slots."""
    screen = problem.places[meeting] == Place.SCREEN
    for slot in range(start, start + problem.lengths[meeting]):
        at = [
            problem.places[m]
            for m, begin in enumerate(plan.slot)
            if begin is not None and begin <= slot < begin + problem.lengths[m]
        ]
        if len(at) - at.count(Place.NONE) >= problem.tables[slot]:
            return False
        if screen and at.count(Place.SCREEN) >= problem.screens[slot]:
            return False
    return True
