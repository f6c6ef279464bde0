"""A timetable made anew from one that people know: as many meetings, as few people moved.

First what cannot stay is mended with fewest people moved, then breaks are shortened in what moves
anyway. A search that keeps nothing runs as well: no fewer meetings are held than it finds, and its
breaks tell what keeping costs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from marketplace.scheduling import planning
from marketplace.scheduling.annealing import STEPS
from marketplace.scheduling.bounds import least_breaks, tighten, usable
from marketplace.scheduling.measure import (
    Measures,
    agendas,
    breaks_of,
    day_numbers,
    kept,
    measure,
)
from marketplace.scheduling.placing import place
from marketplace.scheduling.planning import USUAL, Limits, Terms
from marketplace.scheduling.problem import (
    Certificate,
    GoesOn,
    Kept,
    Left,
    Place,
    Plan,
    Problem,
    Progress,
    Status,
    Tell,
)
from marketplace.scheduling.repair import Change, repair
from marketplace.scheduling.seating import Room, seat

SHARE = 0.5
"""Of the time that is left, for the search that keeps nothing."""
ROUNDS = 6
"""Of letting more meetings move until breaks are as even as asked."""
PATIENCE = 4_000
"""Conflicts between two reports of a complete search, about a second: it is one part of several."""


def solve(problem: Problem, terms: Terms = USUAL) -> tuple[Plan | None, Certificate]:
    """The plan of a problem, near the former one where it has one; as ``planning.solve``.

    Then most meetings come first, then fewest people moved, then breaks. Without a former plan it
    is ``planning.solve``.
    """
    if problem.former is None:
        return planning.solve(problem, terms)
    return _Keeping(problem, problem.former, terms).solve()


def seated_plan(
    problem: Problem,
    plan: Plan,
    room: Room | None = None,
    keep: Sequence[int | None] = (),
    goes_on: GoesOn | None = None,
) -> Plan:
    """The plan with the former tables, but where a meeting would have none by that.

    As ``planning.seated_plan``; tables to ``keep`` come first.
    """
    keep = tuple(keep) or (None,) * len(plan.slot)
    wishes = _tables(problem, plan, keep)
    lacking = planning.without_table(problem, seat(problem, plan, room, wishes, goes_on))
    if lacking:
        needed = {slot for meeting in lacking for slot in _span(problem, plan, meeting)}
        wishes = [
            one if keep[m] is not None or needed.isdisjoint(_span(problem, plan, m)) else None
            for m, one in enumerate(wishes)
        ]
    return planning.seated_plan(problem, plan, room, wishes, goes_on)


def _tables(problem: Problem, plan: Plan, keep: Sequence[int | None]) -> list[int | None]:
    """Tables to keep, and those that meetings have and may go on having."""
    wishes, former = list(keep), problem.former or Plan(())
    taken = {
        (table, slot)
        for meeting, table in enumerate(wishes)
        if table is not None
        for slot in _span(problem, plan, meeting)
    }
    for meeting, table in enumerate(former.table):
        stays = plan.slot[meeting] == former.slot[meeting]
        bare = problem.places[meeting] == Place.NONE
        if wishes[meeting] is not None or table is None or not stays or bare:
            continue
        if taken.isdisjoint((table, slot) for slot in _span(problem, plan, meeting)):
            wishes[meeting] = table
    return wishes


def _span(problem: Problem, plan: Plan, meeting: int) -> range:
    slot = plan.slot[meeting]
    return range(slot, slot + problem.lengths[meeting]) if slot is not None else range(0)


class _Talk(planning.Watch):
    """Reports of the parts of a search as those of one."""

    def __init__(self, tell: Tell | None, left: Left | None) -> None:
        super().__init__(tell)
        self.left = left
        self.bound = 0
        self._until = 0.0

    def tell(self, progress: Progress) -> bool:
        """Pass a plan on; the bound is that of the whole question."""
        return super().tell(replace(progress, lower_bound=self.bound))

    def begin_part(self) -> None:
        """Give the part that begins its share of the time."""
        self._until = self.left() * (1 - SHARE) if self.left else 0.0

    def part_left(self) -> float:
        """Seconds left of that."""
        return self.left() - self._until if self.left else 0.0

    def aside(self, best: Progress) -> Tell:
        """What a search beside tells: its bound is news, its plan is not what will be."""

        def hear(progress: Progress) -> bool:
            self.bound = min(progress.lower_bound, best.breaks)
            return self.tell(replace(best, plan=None)) and (not self.left or self.part_left() > 0)

        return hear


@dataclass(frozen=True, slots=True, order=True)
class _Rank:
    """What counts, in this order: the less the better."""

    broken: int
    """Fixed meetings without a slot."""
    waiting: int
    people: int
    burden: int
    breaks: int

    @property
    def held(self) -> tuple[int, int]:
        return self.broken, self.waiting


class _Keeping:
    def __init__(self, problem: Problem, former: Plan, terms: Terms) -> None:
        self._problem, self._former, self._terms = problem, former, terms
        self._seed, self._room = terms.seed, terms.room
        self._talk = _Talk(terms.tell, terms.left)
        self._keep = tuple(terms.keep) or (None,) * len(problem.meetings)
        self._plain = replace(problem, former=None)
        self._fixed = problem.fixed or (-1,) * len(problem.meetings)
        self._old = self._standing()
        self._bound = 0
        self._measured: dict[Plan, Measures] = {}
        self._ranks: dict[Plan, _Rank] = {}

    def solve(self) -> tuple[Plan | None, Certificate]:
        stays = place(self._plain, seed=self._seed, plan=self._old, steps=0)
        self._talk.tell(replace(self._progress(stays), plan=None))  # figures to ask with meanwhile
        near = self._mended(None)
        best = near if self._is_fair(near) else None
        if best is not None:
            self._talk.tell(self._progress(best))
        other, claims = self._anew(near)
        if other is not None and not self._holds(near, other):
            near = self._as_full(near, other)
        # Only a search that was stopped is behind: more meetings then are not worth moving all.
        behind = other is not None and not self._holds(near, other)
        found = (self._shortened(near), best, None if behind else other)
        fair = [plan for plan in found if plan is not None and self._is_fair(plan)]
        if not fair and other is not None:
            fair, behind = [other], False
        if not fair:
            return None, replace(claims, input_hash=self._problem.hash())
        wanted = min(fair, key=self._rank)
        seated = seated_plan(self._problem, wanted, self._room, self._keep, self._talk.goes_on)
        if other is not None and not behind and not self._holds(seated, other):
            seated = other  # longer meetings may find no table beside those that are kept
        return seated, self._certificate(seated, other, claims)

    def _standing(self) -> Plan:
        """The former plan, where it still has a meaning: what is fixed now is where it is."""
        slots: list[int | None] = []
        helpers: list[int | None] = []
        guides = self._former.helper or (None,) * len(self._fixed)
        for meeting, fixed in enumerate(self._fixed):
            wanted = self._problem.helpers[meeting]
            guide = guides[meeting] if guides[meeting] in wanted else None
            if fixed >= 0 and wanted and guide is None:
                guide = wanted[0]
            slot = self._former.slot[meeting]
            if fixed >= 0:
                slot = fixed if fixed in self._problem.domains[meeting] else None
            elif slot is not None and slot + self._problem.lengths[meeting] > self._problem.slots:
                slot = None
            slots.append(slot)
            helpers.append(guide if slot is not None else None)
        return Plan(tuple(slots), self._former.table, tuple(helpers))

    def _mended(self, known: Plan | None) -> Plan:
        """As many meetings as is known or easily found, with fewest people moved."""
        problem = self._plain
        held = [slot is not None for slot in self._old.slot]
        wanted = (m for m, starts in enumerate(problem.domains) if starts and not held[m])
        mended = repair(
            problem,
            self._old,
            Change(
                wanted=frozenset(wanted),
                locked=frozenset(m for m, fixed in enumerate(self._fixed) if fixed >= 0),
                excused=frozenset(range(problem.participants)) - problem.people(),
            ),
            room=self._room,
            seed=self._seed,
            known=known,
            goes_on=self._talk.goes_on,
        )
        self._bound = 0 if mended.unmended else mended.people_bound
        # What cannot be held as it is gives way, and what finds a free slot gets one.
        return place(problem, seed=self._seed, plan=mended.plan, steps=0)

    def _anew(self, near: Plan) -> tuple[Plan | None, Certificate]:
        """The best plan that keeps nothing, and what is proved of all plans."""
        if self._talk.stopped:
            return None, self._claims(near, Status.FEASIBLE)
        figures = self._figures(near)
        if figures.placed == len(near.slot) and not self._problem.burden and self._is_fair(near):
            least = sum(least_breaks(self._plain, tighten(self._plain, usable(self._plain))))
            if figures.breaks == least:
                self._talk.bound = least
                return None, self._claims(near, Status.OPTIMAL, least)
        if not self._talk.goes_on():
            return None, self._claims(near, Status.FEASIBLE)
        self._talk.begin_part()
        terms = replace(
            self._terms,
            tell=self._talk.aside(self._progress(near)),
            left=self._talk.part_left if self._talk.left else None,
            limits=self._terms.limits or Limits(patience=PATIENCE),
        )
        return planning.solve(self._plain, terms)

    def _claims(self, plan: Plan, status: Status, least: int = 0) -> Certificate:
        """Of a plan beside which nothing was searched, with the fewest breaks that are known of."""
        figures = self._figures(plan)
        return Certificate(
            status=status,
            placed=figures.placed,
            meetings=len(plan.slot),
            breaks=figures.breaks,
            lower_bound=least,
            seed=self._seed,
            input_hash="",
            plan_hash="",
            most_placed=len(plan.slot),
        )

    def _as_full(self, near: Plan, other: Plan) -> Plan:
        """A plan that holds as many meetings as the other one, as near as can be found.

        Stopped before it is found: the near one.
        """
        bound = self._bound
        forced = place(
            self._plain, seed=self._seed, plan=near, tell=lambda _told: self._talk.goes_on()
        )
        known = min(forced, other, key=self._rank) if self._holds(forced, other) else other
        nearer = near if self._talk.stopped else self._mended(known)
        if self._holds(nearer, other):
            return nearer
        if self._talk.stopped and not self._holds(forced, other):
            self._bound = bound
            return near
        return known

    def _holds(self, plan: Plan, other: Plan) -> bool:
        return self._rank(plan).held <= self._rank(other).held

    def _shortened(self, plan: Plan) -> Plan | None:
        """Fewer breaks, with all that stay where they are; more may move until that is fair."""
        staying = {m for m, slot in enumerate(plan.slot) if self._stays(plan, m, slot)}
        best = plan if self._is_fair(plan) else None
        for number in range(ROUNDS):
            if self._talk.stopped or (best is not None and len(staying) == len(plan.slot)):
                break
            moving = max(1, len(plan.slot) - len(staying))
            usual = Limits(steps=STEPS * moving, patience=PATIENCE)
            terms = Terms(
                seed=self._seed + number,
                tell=self._talk.tell,
                left=self._talk.left,
                limits=self._terms.limits or usual,
                start=best,
            )
            found, _claims = planning.solve(self._held(plan, staying), terms)
            fair = found is not None and self._is_fair(found)
            if found is not None and fair and self._holds(found, plan):
                best = found if best is None else min(best, found, key=self._rank)
            if best is not None:
                break
            staying -= self._around(plan, staying)
        return best

    def _stays(self, plan: Plan, meeting: int, slot: int | None) -> bool:
        helper = plan.helper[meeting] if plan.helper else None
        return slot is not None and (slot, helper) == (
            self._old.slot[meeting],
            self._old.helper[meeting],
        )

    def _held(self, plan: Plan, staying: set[int]) -> Problem:
        """The problem in which these meetings stay as the plan has them."""
        problem = self._plain
        slots = [plan.slot[m] if m in staying else None for m in range(len(plan.slot))]
        guides = plan.helper or (None,) * len(slots)

        def one(meeting: int) -> tuple[int, ...]:
            guide = guides[meeting]
            stays = meeting in staying and guide is not None
            return (guide,) if stays and guide is not None else problem.helpers[meeting]

        return replace(
            problem,
            domains=tuple(
                starts if slot is None else (slot,)
                for starts, slot in zip(problem.domains, slots, strict=True)
            ),
            helpers=tuple(map(one, range(len(slots)))),
            fixed=tuple(
                fixed if slot is None else slot
                for fixed, slot in zip(self._fixed, slots, strict=True)
            ),
        )

    def _around(self, plan: Plan, staying: set[int]) -> set[int]:
        """Meetings of those who have most breaks, and of the people whom they meet."""
        day_of = day_numbers(self._problem)
        every = agendas(self._problem, plan)
        breaks = Counter({person: breaks_of(agenda, day_of) for person, agenda in enumerate(every)})
        most = max(breaks.values(), default=0)
        people = {person for person, count in breaks.items() if count == most}
        for _ in range(2):
            near = {m for m in staying if not people.isdisjoint(self._problem.meetings[m])}
            people |= {person for m in near for person in self._problem.meetings[m]}
        return near - {m for m, fixed in enumerate(self._fixed) if fixed >= 0}

    def _is_fair(self, plan: Plan) -> bool:
        return planning.fair(self._problem, plan)

    def _figures(self, plan: Plan) -> Measures:
        """Those of a plan, counted once: a stopped search has no time to do so again."""
        if plan not in self._measured:
            self._measured[plan] = measure(self._problem, plan)
        return self._measured[plan]

    def _rank(self, plan: Plan) -> _Rank:
        if plan not in self._ranks:
            self._ranks[plan] = self._ranked(plan)
        return self._ranks[plan]

    def _ranked(self, plan: Plan) -> _Rank:
        broken = sum(
            fixed >= 0 and slot is None for fixed, slot in zip(self._fixed, plan.slot, strict=True)
        )
        figures = self._figures(plan)
        people = kept(self._problem, plan).people
        waiting = len(plan.slot) - figures.placed
        return _Rank(broken, waiting, people, figures.most_burden, figures.breaks)

    def _progress(self, plan: Plan) -> Progress:
        figures = self._figures(plan)
        return Progress(figures.placed, figures.breaks, self._talk.bound, plan)

    def _certificate(self, plan: Plan, other: Plan | None, claims: Certificate) -> Certificate:
        """The figures of the plan, with what was proved on the way."""
        figures = self._figures(plan)
        least = claims.lower_bound
        whole = figures.placed == len(plan.slot)
        if other is None and not whole:
            least = 0
        free = self._figures(other) if other is not None else figures
        if figures.most_burden > free.most_burden or figures.placed < free.placed:
            # What was proved is so for plans that burden people no more, and hold as many meetings.
            least = 0
        stays = Kept(people_bound=self._bound)
        if other is not None and free.placed == figures.placed:
            stays = replace(stays, anew_breaks=free.breaks, anew_people=self._rank(other).people)
        known = claims.status in (Status.OPTIMAL, Status.FEASIBLE)
        return planning.certified(
            self._problem,
            plan,
            replace(
                claims,
                status=claims.status if known and least == claims.lower_bound else Status.FEASIBLE,
                placed=figures.placed,
                lower_bound=least,
                most_placed=max(claims.most_placed, figures.placed),
                input_hash=self._problem.hash(),
                kept=stays,
            ),
        )
