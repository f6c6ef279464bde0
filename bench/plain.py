"""The timetable question as one would first write it for OR-Tools CP-SAT, with its own settings."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from ortools.sat.python import cp_model

from marketplace.scheduling.problem import Problem


@dataclass(frozen=True)
class Answer:
    """What CP-SAT says within its time."""

    status: str
    breaks: int | None
    bound: int


def plain_cp_sat(problem: Problem, seconds: float, threads: int = 2) -> Answer:
    """Solve a problem whose meetings all take one slot and a table; breaks by prefixes."""
    model = cp_model.CpModel()
    held: dict[tuple[int, int], list[cp_model.IntVar]] = defaultdict(list)
    at: dict[int, list[cp_model.IntVar]] = defaultdict(list)
    when: list[cp_model.IntVar] = []
    for meeting, people in enumerate(problem.meetings):
        chosen = {slot: model.new_bool_var("") for slot in problem.domains[meeting]}
        model.add_exactly_one(chosen.values())
        when.append(model.new_int_var(0, problem.slots - 1, ""))
        model.add(when[-1] == sum(slot * one for slot, one in chosen.items()))
        for slot, one in chosen.items():
            at[slot].append(one)
            for person in people:
                held[person, slot].append(one)
    for slot, ones in at.items():
        model.add(sum(ones) <= problem.tables[slot])
    for first, second in problem.precedences:
        model.add(when[first] < when[second])
    each = [_breaks(model, problem, held, person) for person in range(problem.participants)]
    if problem.fairness is not None:
        least, most = (model.new_int_var(0, problem.slots, "") for _ in range(2))
        for breaks in each:
            model.add(least <= sum(breaks))
            model.add(sum(breaks) <= most)
        model.add(most - least <= problem.fairness)
    model.minimize(sum(one for breaks in each for one in breaks))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = threads
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return Answer(
        solver.status_name(status).lower(),
        round(solver.objective_value) if found else None,
        max(0, round(solver.best_objective_bound)),
    )


def _breaks(
    model: cp_model.CpModel,
    problem: Problem,
    held: dict[tuple[int, int], list[cp_model.IntVar]],
    person: int,
) -> list[cp_model.IntVar]:
    """One variable per slot in which a break of the participant could end."""
    found = []
    for day in problem.days:
        begun = busy = None
        for slot in day:
            now = model.new_bool_var("")
            model.add(sum(held[person, slot]) == now)
            if begun is not None and busy is not None:
                ends = model.new_bool_var("")  # a meeting after an idle slot, and one before
                model.add_bool_or(ends, ~begun, busy, ~now)
                model.add_implication(ends, begun)
                model.add_implication(ends, ~busy)
                model.add_implication(ends, now)
                found.append(ends)
            started = model.new_bool_var("")
            model.add_max_equality(started, [now] if begun is None else [begun, now])
            begun, busy = started, now
    return found
