"""A timetable as clauses for a SAT solver.

Variables: ``start[m][t]``, meeting m starts in slot t; busy, begun ("has had a meeting today"),
and a break that ends, per participant and slot. Besides the JAIR 74 (2022) 263 model: one variable
per group of meetings that share a participant counts for the tables, and who has no break sits in
one window as long as his meetings ("interval clauses").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pysat.card import CardEnc, EncType
from pysat.solvers import Cadical195

from marketplace.scheduling.bounds import Domains, meetings_of
from marketplace.scheduling.problem import Place, Plan, Problem

TRUE, FALSE = 1, -1


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule that can be switched off, to see which ones a conflict needs."""

    kind: str
    """``meeting`` (is held), ``tables``, ``order``, ``interpreter``, ``rest``."""
    number: int
    """Of the meeting, the slot, the precedence or the participant."""


class Model:
    """The clauses of one problem inside a solver.

    ``must`` tells the meetings that are held; others may be. ``switched`` puts each rule behind an
    assumption, which explanations need. Breaks are left out unless ``breaks``.
    """

    def __init__(
        self,
        problem: Problem,
        domains: Domains,
        *,
        seed: int = 0,
        breaks: bool = True,
        must: bool = True,
        switched: bool = False,
    ) -> None:
        self.problem = problem
        self.domains = domains
        self.must = must
        self.rules: dict[int, Rule] = {}
        self.solver = Cadical195()
        self.solver.configure({"seed": seed})
        self._switched = switched
        self._top = 0
        self._known: dict[tuple[str, int], int] = {}
        self.new()
        self.add([TRUE])
        self.start = [{slot: self.new() for slot in domain} for domain in domains]
        self.held = [self._held(meeting) for meeting in range(len(domains))]
        self.helps = [
            {helper: self.new() for helper in candidates} for candidates in problem.helpers
        ]
        self._attend()
        self.busy = self._calendars()
        self._rests()
        self._tables()
        self._order()
        self.begun: dict[int, dict[int, int]] = {}
        """Per participant with breaks and per slot: has had a meeting that day, or has one now."""
        self.levels: list[list[int]] = []
        """Per participant: has at least 1, 2, ... breaks."""
        if breaks:
            self.levels = [self._breaks(p) for p in range(problem.participants)]
            self._fairness()

    def new(self) -> int:
        """A fresh variable."""
        self._top += 1
        return self._top

    def add(self, clause: Iterable[int]) -> None:
        """Add a clause; TRUE and FALSE are taken out."""
        literals = list(clause)
        if TRUE in literals and literals != [TRUE]:
            return
        self.solver.add_clause([literal for literal in literals if literal != FALSE])

    def any_of(self, literals: Sequence[int]) -> int:
        """A literal that says whether one of them holds."""
        left = [literal for literal in dict.fromkeys(literals) if literal != FALSE]
        if TRUE in left:
            return TRUE
        if len(left) < 2:
            return left[0] if left else FALSE
        either = self.new()
        for literal in left:
            self.add([-literal, either])
        self.add([*left, -either])
        return either

    def occupies(self, meeting: int, slot: int) -> int:
        """A literal that says whether the meeting goes on in the slot."""
        starts = self.start[meeting]
        length = self.problem.lengths[meeting]
        if length == 1:
            return starts.get(slot, FALSE)
        key = (f"on{meeting}", slot)
        if key not in self._known:
            begun = range(slot - length + 1, slot + 1)
            self._known[key] = self.any_of([starts[t] for t in begun if t in starts])
        return self._known[key]

    def counter(self, literals: Sequence[int], most: int) -> list[int]:
        """Literals "at least 1, 2, ... most of them hold" (a totalizer, both directions)."""
        if not literals:
            return []
        if len(literals) == 1:
            return list(literals)[:most]
        half = len(literals) // 2
        left, right = self.counter(literals[:half], most), self.counter(literals[half:], most)
        out = [self.new() for _ in range(min(most, len(left) + len(right)))]
        for i in range(len(left) + 1):
            for j in range(len(right) + 1):
                if 0 < i + j <= len(out):
                    below = [-left[i - 1]] if i else []
                    below += [-right[j - 1]] if j else []
                    self.add([*below, out[i + j - 1]])
                if i + j < len(out):
                    above = [left[i]] if i < len(left) else []
                    above += [right[j]] if j < len(right) else []
                    self.add([*above, -out[i + j]])
        return out

    def idle(self) -> list[int]:
        """Literals that hold at least for each idle slot between meetings of one day."""
        found = []
        for participant, begun in self.begun.items():
            busy = self.busy[participant]
            for day in self.problem.days:
                later = FALSE
                for before, slot in reversed(list(pairwise(day))):
                    on = busy.get(slot, FALSE)
                    if later != FALSE and begun[before] != FALSE and on != TRUE:
                        found.append(self.new())
                        self.add([-begun[before], on, -later, found[-1]])
                    later = self.any_of([later, on])
        return found

    def burdens(self, most: int) -> dict[int, int]:
        """Literals "somebody has at least so many minutes outside 8 to 20"; none has over most."""
        reached: dict[int, list[int]] = {}
        for participant, minutes in enumerate(self.problem.burden):
            sums: dict[int, int] = {0: TRUE}  # minutes: so far he has at least these
            for slot, on in self.busy[participant].items():
                if not minutes[slot]:
                    continue
                after = dict(sums)
                for total, literal in sums.items():
                    more = total + minutes[slot]
                    if more > most:
                        self.add([-on, -literal])
                        continue
                    if more in after and after[more] == sums.get(more):
                        after[more] = self.new()
                        self.add([-sums[more], after[more]])
                    elif more not in after:
                        after[more] = self.new()
                    self.add([-on, -literal, after[more]])
                sums = after
            for total, literal in sums.items():
                reached.setdefault(total, []).append(literal)
        somebody = {total: self.new() for total in sorted(reached) if total}
        for total, literal in somebody.items():
            for one in reached[total]:
                self.add([-one, literal])
        for lower, higher in pairwise(somebody):
            self.add([-somebody[higher], somebody[lower]])
        return somebody

    def plan(self) -> Plan:
        """The plan of the last model found; without tables."""
        true = {literal for literal in self.solver.get_model() if literal > 0}
        slots = [
            next((slot for slot, literal in starts.items() if literal in true), None)
            for starts in self.start
        ]
        helpers = [
            None
            if slot is None
            else next((helper for helper, literal in helps.items() if literal in true), None)
            for slot, helps in zip(slots, self.helps, strict=True)
        ]
        return Plan(tuple(slots), (None,) * len(slots), tuple(helpers))

    def _rule(self, kind: str, number: int) -> list[int]:
        """What a clause of a rule that can be switched off begins with."""
        if not self._switched:
            return []
        key = (kind, number)
        if key not in self._known:
            self._known[key] = self.new()
            self.rules[self._known[key]] = Rule(kind, number)
        return [-self._known[key]]

    def _held(self, meeting: int) -> int:
        starts = list(self.start[meeting].values())
        self._at_most_one(starts)
        if self.must and not self._switched:
            self.add(starts)
            return TRUE
        held = self.any_of(starts)
        if self._switched:
            self.add([*self._rule("meeting", meeting), held])
        return held

    def _at_most_one(self, literals: Sequence[int]) -> None:
        left = [literal for literal in literals if literal != FALSE]
        if len(left) <= 8:
            for i, one in enumerate(left):
                for other in left[:i]:
                    self.add([-one, -other])
            return
        self._at_most(left, 1, EncType.ladder)

    def _at_most(
        self, literals: Sequence[int], most: int, how: int, guard: Sequence[int] = ()
    ) -> None:
        if len(literals) <= most:
            return
        coded = CardEnc.atmost(list(literals), most, top_id=self._top, encoding=how)
        self._take(coded.clauses, coded.nv, guard)

    def _take(self, clauses: Iterable[list[int]], top: int, guard: Sequence[int] = ()) -> None:
        self._top = max(self._top, top)
        for clause in clauses:
            self.add([*guard, *clause])

    def _attend(self) -> None:
        """Exactly one interpreter for each held meeting that needs one."""
        for meeting, helps in enumerate(self.helps):
            if not helps:
                continue
            self._at_most_one(list(helps.values()))
            self.add([*self._rule("interpreter", meeting), -self.held[meeting], *helps.values()])
            for helper, literal in helps.items():
                self.add([-literal, self.held[meeting]])
                for slot in self.problem.forbidden[helper]:
                    self.add([-literal, -self.occupies(meeting, slot)])

    def _calendars(self) -> list[dict[int, int]]:
        """One meeting at a time for each participant; returns their busy literals."""
        problem = self.problem
        at: list[dict[int, list[int]]] = [{} for _ in range(problem.participants)]
        for meeting, people in enumerate(problem.meetings):
            length = problem.lengths[meeting]
            slots = sorted({s + step for s in self.domains[meeting] for step in range(length)})
            for slot in slots:
                on = self.occupies(meeting, slot)
                for participant in people:
                    at[participant].setdefault(slot, []).append(on)
                for helper, literal in self.helps[meeting].items():
                    both = self.new()
                    self.add([-on, -literal, both])
                    self.add([-both, on])
                    self.add([-both, literal])
                    at[helper].setdefault(slot, []).append(both)
        busy = []
        for slots_of in at:
            for literals in slots_of.values():
                self._at_most_one(literals)
            busy.append({slot: self.any_of(slots_of[slot]) for slot in sorted(slots_of)})
        if self.must and not self._switched:
            self._count_busy(busy)
        return busy

    def _count_busy(self, busy: list[dict[int, int]]) -> None:
        """Implied: each participant is busy for just as many slots as his meetings take."""
        helping = {helper for candidates in self.problem.helpers for helper in candidates}
        for participant, meetings in enumerate(meetings_of(self.problem)):
            slots = list(busy[participant].values())
            total = sum(self.problem.lengths[meeting] for meeting in meetings)
            if participant in helping or not slots or total > len(slots):
                continue
            if total == len(slots):
                for literal in slots:
                    self.add([literal])
                continue
            coded = CardEnc.equals(slots, total, top_id=self._top, encoding=EncType.cardnetwrk)
            self._take(coded.clauses, coded.nv)

    def _rests(self) -> None:
        """Nobody who rests is busy all through a stretch that is too long."""
        for participant, busy in enumerate(self.busy):
            if not self.problem.rests(participant):
                continue
            for slot, last in enumerate(self.problem.too_long):
                stretch = range(slot, last + 1)
                if stretch and all(at in busy for at in stretch):
                    rule = self._rule("rest", participant)
                    self.add([*rule, *(-busy[at] for at in stretch)])

    def _tables(self) -> None:
        problem = self.problem
        with_table = [m for m, place in enumerate(problem.places) if place != Place.NONE]
        with_screen = [m for m, place in enumerate(problem.places) if place == Place.SCREEN]
        self._places(with_table, problem.tables)
        if problem.screens != problem.tables:
            self._places(with_screen, problem.screens)
        pairs = all(len(people) == 2 for people in problem.meetings)
        if pairs and len(with_table) == len(problem.meetings) and not any(problem.helpers):
            # Implied, and sharper than meetings at tables: two people sit at each.
            for slot, most in enumerate(problem.tables):
                seats = [busy[slot] for busy in self.busy if slot in busy]
                self._at_most(seats, 2 * most, EncType.cardnetwrk, self._rule("tables", slot))

    def _places(self, meetings: Sequence[int], most: Sequence[int]) -> None:
        groups = self._groups(meetings)
        for slot in range(self.problem.slots):
            literals = []
            for participant, group in groups:
                at = [on for m in group if (on := self.occupies(m, slot)) != FALSE]
                if len(at) > 1 and len(group) == self._own[participant]:
                    literals.append(self.busy[participant][slot])
                elif at:
                    literals.append(self.any_of(at))
            self._at_most(literals, most[slot], EncType.seqcounter, self._rule("tables", slot))

    def _groups(self, meetings: Sequence[int]) -> list[tuple[int, list[int]]]:
        """The meetings in few groups that share a participant: of each one at most is on."""
        self._own = [len(own) for own in meetings_of(self.problem)]
        for candidates in self.problem.helpers:
            for helper in candidates:
                self._own[helper] = -1
        left = set(meetings)
        groups = []
        while left:
            own: dict[int, list[int]] = {}
            for meeting in sorted(left):
                for participant in self.problem.meetings[meeting]:
                    own.setdefault(participant, []).append(meeting)
            participant = max(own, key=lambda p: (len(own[p]), -p))
            groups.append((participant, own[participant]))
            left -= set(own[participant])
        return groups

    def _order(self) -> None:
        """Precedences as staircases: a start implies an earlier, or a later, one of the other."""
        for number, (first, second) in enumerate(self.problem.precedences):
            rule = self._rule("order", number)
            length = self.problem.lengths[first]
            one, other = self.start[first], self.start[second]
            for slot, literal in other.items():
                early = [on for t, on in one.items() if t + length <= slot]
                self.add([*rule, -literal, *early, -self.held[first]])
            for slot, literal in one.items():
                late = [on for t, on in other.items() if t >= slot + length]
                self.add([*rule, -literal, *late, -self.held[second]])

    def _breaks(self, participant: int) -> list[int]:
        """Define the breaks of one participant; returns the counter of them."""
        busy = self.busy[participant]
        if not self.problem.counts(participant) or len(busy) < 2:
            return []
        ends = []
        begun = self.begun.setdefault(participant, {})
        for day in self.problem.days:
            before = FALSE
            for slot in day:
                on = busy.get(slot, FALSE)
                then = busy.get(slot + 1, FALSE) if slot != day[-1] else FALSE
                now = self.any_of([before, on])
                if then != FALSE and before != FALSE:
                    ended = self.new()
                    self.add([-before, on, -then, ended])
                    self.add([-ended, before])
                    self.add([-ended, -on])
                    self.add([-ended, then])
                    ends.append(ended)
                begun[slot] = before = now
        meetings = meetings_of(self.problem)[participant]
        most = self._most_breaks(participant, meetings)
        levels = self.counter(ends, most) if most else []
        if not most:
            for end in ends:
                self.add([-end])
        if len(self.problem.days) == 1 and meetings:
            self._interval(participant, meetings, begun, levels)
        return levels

    def _most_breaks(self, participant: int, meetings: Sequence[int]) -> int:
        helping = any(participant in candidates for candidates in self.problem.helpers)
        if helping:
            return self.problem.slots // 2
        total = sum(self.problem.lengths[meeting] for meeting in meetings)
        spare = self.problem.slots - total if self.must else self.problem.slots
        return max(0, min(len(meetings) - 1, spare, (self.problem.slots - 1) // 2))

    def _interval(
        self,
        participant: int,
        meetings: Sequence[int],
        begun: dict[int, int],
        levels: Sequence[int],
    ) -> None:
        """Implied: without a break, the busy slots are one window of known length."""
        if any(participant in candidates for candidates in self.problem.helpers):
            return
        busy = self.busy[participant]
        length = sum(self.problem.lengths[meeting] for meeting in meetings)
        some = levels[0] if levels else FALSE
        if self.must and not self._switched:
            full = TRUE
        else:
            full = -self.any_of([-self.held[meeting] for meeting in meetings])
        for slot in self.problem.days[0]:
            on = busy.get(slot, FALSE)
            earlier = begun.get(slot - length, FALSE)
            self.add([some, -on, -earlier])
            self.add([some, -begun[slot], earlier, on, -full])
        if full == TRUE:
            self.add([begun[self.problem.days[0][-1]]])

    def _fairness(self) -> None:
        fairness = self.problem.fairness
        if fairness is None:
            return
        counted = [p for p in range(self.problem.participants) if self.problem.counts(p)]
        if any(not self.levels[p] for p in counted):
            # Somebody never has a break, so the difference is the number of breaks itself.
            for participant in counted:
                if len(self.levels[participant]) > fairness:
                    self.add([-self.levels[participant][fairness]])
            return
        top = max((len(self.levels[p]) for p in counted), default=0)
        fewest = [self.new() for _ in range(top)]
        for reached in range(top):
            for participant in counted:
                levels = self.levels[participant]
                self.add([-fewest[reached], levels[reached] if reached < len(levels) else FALSE])
            if reached:
                self.add([-fewest[reached], fewest[reached - 1]])
        for participant in counted:
            for reached, literal in enumerate(self.levels[participant][fairness:]):
                self.add([-literal, fewest[reached]])
