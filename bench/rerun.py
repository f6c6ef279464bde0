"""A timetable made anew once five people are away, near the former one and with nothing kept."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from marketplace.scheduling import keeping, planning
from marketplace.scheduling.document import document
from marketplace.scheduling.formats import read
from marketplace.scheduling.measure import kept
from marketplace.scheduling.planning import Limits, Terms
from marketplace.scheduling.problem import Certificate, Plan, Problem, Progress
from marketplace.verification import verify

OWN = Path(__file__).parent / "timetables"
EVENTS = ("L500t", "L2000t", "S480")
AWAY, HOURS = 5, 4
"""People who are away, and slots that each of them is."""
SECONDS = 30.0
STOPPED = 3.0
"""Seconds after which a second search is asked to stop."""


@dataclass
class Rerun:
    """One timetable made anew."""

    plan: Plan
    certificate: Certificate
    wall: float
    cpu: float
    silence: float
    """The longest time in which it could not hear a stop, in CPU seconds."""


def measure_reruns(quick: bool) -> int:
    """Print the table; how many timetables are wrong."""
    wrong = 0
    print(
        f"{'':8} {'':9} {'people':>6} {'bound':>6} {'breaks':>7} {'lost':>5} {'CPU s':>6}"
        f" {'wall s':>6} {'silent':>6}"
    )
    for name in EVENTS[:1] if quick else EVENTS:
        problem = replace(read(OWN / f"{name}.json"), optional=True)
        former = _run(problem, SECONDS).plan
        asked = replace(away(problem), former=former)
        near = _run(asked, SECONDS)
        anew = _run(replace(asked, former=None), SECONDS)
        stopped = _run(asked, SECONDS, STOPPED)
        for what, run in (("kept", near), ("anew", anew), ("stopped", stopped)):
            wrong += _print(name if run is near else "", what, asked, run)
    return wrong


def _print(name: str, what: str, asked: Problem, run: Rerun) -> int:
    stays, told = kept(asked, run.plan), run.certificate
    bound = "" if what == "anew" or told.kept is None else told.kept.people_bound
    problem = replace(asked, former=None) if what == "anew" else asked
    text: dict[str, Any] = json.loads(json.dumps(document(problem, run.plan, told)))
    faults = verify(text).faults
    print(
        f"{name:8} {what:9} {stays.people:6,} {bound:>6} {told.breaks:7,} {stays.lost:5}"
        f" {run.cpu:6.1f} {run.wall:6.1f} {run.silence:6.2f} {'; '.join(faults)}",
        flush=True,
    )
    return bool(faults)


def away(problem: Problem) -> Problem:
    """The problem once some people, by chance, cannot come to some slots."""
    random = np.random.default_rng(1)
    forbidden, domains = list(problem.forbidden), list(problem.domains)
    for person in random.choice(problem.participants, AWAY, replace=False).tolist():
        gone = frozenset(random.choice(problem.slots, HOURS, replace=False).tolist())
        forbidden[person] |= gone
        for meeting, people in enumerate(problem.meetings):
            if person in people:
                domains[meeting] = tuple(
                    start
                    for start in domains[meeting]
                    if gone.isdisjoint(range(start, start + problem.lengths[meeting]))
                )
    return replace(problem, forbidden=tuple(forbidden), domains=tuple(domains))


def _run(problem: Problem, seconds: float, stop: float | None = None) -> Rerun:
    began, cpu = time.perf_counter(), time.process_time()
    heard, silence = cpu, 0.0

    def tell(_progress: Progress) -> bool:
        nonlocal heard, silence
        now = time.process_time()
        silence, heard = max(silence, now - heard), now
        return time.perf_counter() - began < (stop or seconds)

    limits = None if problem.former is not None else Limits(rounds=8)
    terms = Terms(tell=tell, left=lambda: seconds - (time.perf_counter() - began), limits=limits)
    search = planning.solve if problem.former is None else keeping.solve
    plan, certificate = search(problem, terms)
    wall, ended = time.perf_counter() - began, time.process_time()
    if plan is None:  # meetings of an event may stay out, so there always is one
        raise AssertionError("a plan is lost")
    return Rerun(plan, certificate, wall, ended - cpu, max(silence, ended - heard))
