"""Timetables: the published benchmark, large events, choices, repairs, versions made anew.

``python -m bench.timetable [FOLDER] [--published FOLDER] [--quick] [--only PART]``. The published
instances (Bofill et al., JAIR 74 (2022) 263-301) carry no licence and are not part of the project:
``--published`` names the folder that holds ``originals``, ``variants`` and ``published.json``, else
``bench/timetable`` beside FOLDER is looked for. All else is made up, by us, and comes along. Every
timetable is checked by ``marketplace.verification``, which shares no code with the solver. CPU
seconds are of this one process; the published ones are wall seconds of a machine of 2012.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.fairs import Fair
from bench.plain import plain_cp_sat
from bench.rerun import measure_reruns
from marketplace.scheduling.annealing import anneal
from marketplace.scheduling.choosing import choose, greedy
from marketplace.scheduling.document import document
from marketplace.scheduling.formats import read
from marketplace.scheduling.measure import measure
from marketplace.scheduling.placing import place
from marketplace.scheduling.planning import Limits, Terms, solve
from marketplace.scheduling.problem import Certificate, Plan, Problem, Progress, Status
from marketplace.scheduling.repair import Change, repair
from marketplace.scheduling.rounds import plan_round, wishes_of
from marketplace.verification import verify

OWN = Path(__file__).parent / "timetables"
PARTS = ("published", "shapes", "large", "choice", "rounds", "repairs", "rerun")
LARGE = ("L500", "L1000", "L2000", "L500t", "L1000t", "L2000t", "S480")
PROOF_SECONDS, LARGE_SECONDS, PLAIN_SECONDS = 120.0, 60.0, 30.0
FAIRS = {
    "120, any-to-any": Fair(120, 2_000, 12, 16, 1, 50),
    "120, 40 buyers": Fair(120, 2_000, 14, 16, 1, 40, buyers=40),
    "2,000, 600 buyers": Fair(2_000, 200_000, 30, 48, 3, 250, buyers=600),
    "2,000, any-to-any": Fair(2_000, 200_000, 16, 48, 3, 400),
}
EARLY = 20.0
"""Seconds after which the breaks of a large event are looked at, too."""
FROZEN = frozenset(range(3))
"""Slots in which repairs change nothing."""


@dataclass
class Run:
    """One solved instance."""

    certificate: Certificate
    plan: Plan | None
    wall: float
    cpu: float
    first: float | None
    """Seconds to the first timetable with all meetings."""
    early: int | None
    """Breaks after ``EARLY`` seconds, or at the end if that was sooner."""


def main() -> int:
    """Measure and print; 1 if any timetable or verdict is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.timetable", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="folder of the real records")
    parser.add_argument("--published", type=Path, help="folder of the published instances")
    parser.add_argument("--quick", action="store_true", help="a minute instead of half an hour")
    parser.add_argument("--only", choices=PARTS)
    options = parser.parse_args()
    published = options.published or _beside(options.folder)
    small = read(OWN / "tic-12.s1.json")
    anneal(small, place(small), steps=1_000)  # compiles
    wrong = 0
    for part in [options.only] if options.only else PARTS:
        print(f"-- {part}", flush=True)
        if part == "published":
            wrong += _published(published, quick=options.quick)
        else:
            wrong += _OWN_PARTS[part](options.quick)
    return int(wrong > 0)


def _beside(folder: Path | None) -> Path | None:
    return None if folder is None else folder.parent / "bench" / "timetable"


def _run(problem: Problem, seconds: float, limits: Limits | None = None) -> Run:
    began, cpu = time.perf_counter(), time.process_time()
    first: float | None = None
    early: int | None = None

    def tell(progress: Progress) -> bool:
        nonlocal first, early
        spent = time.perf_counter() - began
        if progress.placed == len(problem.meetings):
            first = spent if first is None else first
            early = progress.breaks if spent <= EARLY or early is None else early
        return spent < seconds

    terms = Terms(tell=tell, left=lambda: seconds - (time.perf_counter() - began), limits=limits)
    plan, certificate = solve(problem, terms)
    wall = time.perf_counter() - began
    if wall <= EARLY and plan is not None:
        early = certificate.breaks
    return Run(certificate, plan, wall, time.process_time() - cpu, first, early)


def _faults(problem: Problem, plan: Plan | None, certificate: Certificate) -> list[str]:
    """What the independent checker has against a timetable."""
    if plan is None:
        return []
    told: dict[str, Any] = json.loads(json.dumps(document(problem, plan, certificate)))
    return verify(told).faults


def _published(folder: Path | None, *, quick: bool) -> int:
    if folder is None or not (folder / "published.json").exists():
        print("The published instances are not here (they carry no licence): skipped.")
        return 0
    known = json.loads((folder / "published.json").read_text())
    wrong = 0
    for group in ("originals", "variants"):
        files = sorted((folder / group).glob("tic-12*.dzn" if quick else "*.dzn"))
        wrong += _proofs(group, files, known)
    if not quick:
        _plain(sorted((folder / "originals").glob("*.dzn")))
    return wrong


def _proofs(group: str, files: list[Path], known: dict[str, dict[str, Any]]) -> int:
    wrong, runs, maxsat = 0, [], 0.0
    print(
        f"{group:26} {'status':>11} {'breaks':>6} {'known':>6} {'CPU s':>7} {'wall':>6}"
        f" {'first':>6} {'MaxSAT':>7} {'Chuffed':>8} {'MIP':>7}"
    )
    for path in files:
        problem, theirs = read(path), known[f"{path.stem}|d2"]
        run = _run(problem, PROOF_SECONDS)
        status = run.certificate.status
        ours = {Status.OPTIMAL: run.certificate.breaks, Status.INFEASIBLE: "-"}.get(status, "?")
        faults = _faults(problem, run.plan, run.certificate)
        good = ours == theirs["opt"] and not faults
        wrong += not good
        runs.append(run)
        maxsat += theirs["maxsat"] or 0.0
        first = "" if run.first is None else f"{run.first:.2f}"
        print(
            f"{path.stem:26} {status.value:>11} {ours:>6} {theirs['opt']:>6} {run.cpu:7.2f}"
            f" {run.wall:6.1f} {first:>6} {_known(theirs['maxsat']):>7}"
            f" {_known(theirs['chuffed']):>8} {_known(theirs['mip']):>7}"
            f" {'' if good else 'WRONG ' + '; '.join(faults)}",
            flush=True,
        )
    refused = [run for run in runs if run.certificate.status == Status.INFEASIBLE]
    firsts = [run.first for run in runs if run.first is not None]
    print(
        f"{len(files) - wrong} of {len(files)} as published; CPU {sum(r.cpu for r in runs):.1f} s,"
        f" most {max((r.cpu for r in runs), default=0):.1f} s; MaxSAT {maxsat:.1f} s;"
        f" infeasible in at most {max((r.wall for r in refused), default=0):.2f} s;"
        f" first timetable in at most {max(firsts, default=0):.2f} s",
        flush=True,
    )
    return wrong


def _known(seconds: float | None) -> str:
    return "over 2 h" if seconds is None else f"{seconds:,.1f}"


def _plain(files: list[Path]) -> None:
    """CP-SAT as it comes, on the same instances."""
    for path in files:
        answer = plain_cp_sat(read(path), PLAIN_SECONDS)
        print(f"{path.stem:26} plain CP-SAT, {PLAIN_SECONDS:.0f} s: {answer}", flush=True)


def _shapes(quick: bool) -> int:
    """Look-alikes of the published instances, which are ours."""
    wrong = 0
    for path in sorted(OWN.glob("tic-1*.s1.json" if quick else "*.s1.json")):
        problem = read(path)
        run = _run(problem, 10.0 if quick else PROOF_SECONDS)
        faults = _faults(problem, run.plan, run.certificate)
        wrong += bool(faults)
        print(
            f"{path.stem:22} {run.certificate.status.value:>10} {run.certificate.breaks:4} breaks,"
            f" at least {run.certificate.lower_bound:3}; CPU {run.cpu:6.2f} s, wall {run.wall:6.1f}"
            f" s, first timetable {run.first or run.wall:.2f} s {'; '.join(faults)}",
            flush=True,
        )
    return wrong


def _large(quick: bool) -> int:
    wrong = 0
    print(
        f"{'':8} {'people':>6} {'meetings':>8} {'bound':>6} {'greedy':>7} {'breaks':>7}"
        f" {'at 20 s':>7} {'of greedy':>9} {'wall s':>7} {'CPU s':>7} {'first s':>7}"
    )
    for name in ("L500", "L500t") if quick else LARGE:
        problem = read(OWN / f"{name}.json")
        limits = Limits(rounds=8)
        run = _run(problem, 30.0 if name == "S480" else LARGE_SECONDS, limits)
        first = place(replace(problem, optional=True), steps=0)
        simple = measure(problem, first)
        left = len(problem.meetings) - simple.placed
        faults = _faults(problem, run.plan, run.certificate)
        wrong += bool(faults)
        share = (run.early or 0) / max(1, simple.breaks)
        print(
            f"{name:8} {problem.participants:6,} {len(problem.meetings):8,}"
            f" {run.certificate.lower_bound:6} {simple.breaks:7,} {run.certificate.breaks:7,}"
            f" {run.early or 0:7,} {share:9.1%} {run.wall:7.1f} {run.cpu:7.1f}"
            f" {run.first or run.wall:7.2f} {'; '.join(faults)}"
            f"{f' greedy left {left} out' if left else ''}",
            flush=True,
        )
    if not quick:
        answer = plain_cp_sat(read(OWN / "L500.json"), LARGE_SECONDS)
        print(f"L500     plain CP-SAT, {LARGE_SECONDS:.0f} s: {answer}", flush=True)
    return wrong


def _choice(quick: bool) -> int:
    for name, fair in FAIRS.items():
        times = []
        wishes = wishes_of(*fair.make(1))
        for _ in range(1 if quick else 5):
            began = time.perf_counter()
            choice = choose(wishes)
            times.append(time.perf_counter() - began)
        simple = greedy(wishes)
        best = int(wishes.scores[simple].sum())
        print(
            f"{name:20} {len(wishes.first):8,} pairs: {statistics.median(times):6.2f} s,"
            f" {choice.status.value}, {len(choice.chosen):,} meetings, score {choice.score:,},"
            f" {1 - choice.gap:.4%} of the bound, {len(choice.unmet)} below the floor;"
            f" greedy {best:,} ({best / choice.bound:.1%}), {_short(wishes, simple)} below it",
            flush=True,
        )
    return 0


def _short(wishes: Any, taken: Any) -> int:
    ends = np.concatenate((wishes.first[taken], wishes.second[taken]))
    return int((np.bincount(ends, minlength=len(wishes.least)) < wishes.least).sum())


def _rounds(quick: bool) -> int:
    wrong = 0
    for name, fair in FAIRS.items():
        if quick and fair.people > 500:
            continue
        candidates, wanted = fair.make(1)
        began, cpu = time.perf_counter(), time.process_time()
        done = plan_round(candidates, wanted, seed=1)
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
        faults = _faults(done.problem, done.plan, done.certificate)
        wrong += bool(faults)
        told = done.certificate
        print(
            f"{name:20} {len(done.choice.chosen):6,} chosen, {told.placed:6,} placed,"
            f" {len(done.refilled)} of them refilled; {told.breaks} breaks"
            f" ({told.breaks / fair.people:.3f} each), at most {told.most_breaks};"
            f" wall {wall:.1f} s, CPU {cpu:.1f} s {'; '.join(faults)}",
            flush=True,
        )
    return wrong


def _repairs(quick: bool) -> int:
    """Cancellations, and people who cannot come to one hour, among 2,000 meetings."""
    problem = replace(read(OWN / "L500t.json"), optional=True)
    plan = _run(problem, LARGE_SECONDS).plan
    if plan is None:
        return 1
    random = np.random.default_rng(1)
    later = [m for m, slot in enumerate(plan.slot) if slot is not None and slot not in FROZEN]
    picked = random.choice(later, 10 if quick else 100, replace=False).tolist()
    wrong = 0
    for what in ("cancelled", "one side away"):
        times, people, touched = [], [], 0
        for meeting in picked:
            now, change = problem, Change(window=FROZEN)
            if what == "cancelled":
                change = replace(change, cancelled=frozenset({meeting}))
            else:
                now = _away(problem, meeting, plan)
                change = replace(change, excused=frozenset({problem.meetings[meeting][0]}))
            began = time.perf_counter()
            mended = repair(now, plan, change)
            times.append(time.perf_counter() - began)
            people.append(len(mended.people))
            touched += sum(
                slot in FROZEN and mended.plan.slot[m] != slot for m, slot in enumerate(plan.slot)
            )
        wrong += touched
        print(
            f"{what:14} {len(picked)} times: {statistics.median(times):.2f} s, at most"
            f" {max(times):.2f} s; other people moved: median {statistics.median(people):g}, at"
            f" most {max(people)}; inside the freeze window {touched}",
            flush=True,
        )
    return wrong


def _away(problem: Problem, meeting: int, plan: Plan) -> Problem:
    """The problem once the first of a meeting cannot come to its slot."""
    person, slot = problem.meetings[meeting][0], plan.slot[meeting]
    if slot is None:
        return problem
    forbidden, domains = list(problem.forbidden), list(problem.domains)
    forbidden[person] |= {slot}
    for other, people in enumerate(problem.meetings):
        if person in people:
            domains[other] = tuple(one for one in domains[other] if one != slot)
    return replace(problem, forbidden=tuple(forbidden), domains=tuple(domains))


_OWN_PARTS = {
    "shapes": _shapes,
    "large": _large,
    "choice": _choice,
    "rounds": _rounds,
    "repairs": _repairs,
    "rerun": measure_reruns,
}


if __name__ == "__main__":
    sys.exit(main())
