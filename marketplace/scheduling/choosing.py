"""Which of the suggested and requested meetings to hold, before anybody looks at the clock.

Wanted, each before the next: as many meetings as possible that must be; nobody short of the
least number of meetings; the greatest sum of scores. Nobody gets more than a quota or than free
slots, and all together no more than the tables hold.

Two-sided events (buyers and sellers) are a minimum-cost flow, which is exact. If anybody may meet
anybody, the same flow on the bipartite double cover of the pairs, where everybody stands on both
sides, solves the linear relaxation, whose values are 0, 1/2 and 1: the halves and what fits beside
them go to an integer program. Up to ``EXACT`` pairs the whole question does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, eye_array, hstack
from scipy.sparse.csgraph import connected_components

from marketplace.scheduling.problem import Status

EXACT = 5_000
"""Pairs up to which an integer program decides on all of them."""
_NODES = 400
"""Branches an integer program may open: a limit of work, so that answers never hang on speed."""

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Wishes:
    """Pairs that could meet, and how much may be held.

    ``first``, ``second`` (participants from 0), ``scores`` (1 or more) and ``must`` have one entry
    per pair, each pair once and only pairs that may meet; ``quotas``, ``floors`` and ``free``
    (slots) one per participant. Raises ValueError for what cannot be a question.
    """

    first: Integers
    second: Integers
    scores: Integers
    must: Flags
    quotas: Integers
    floors: Integers
    free: Integers
    capacity: int
    """Meetings that all tables together hold in all slots."""

    def __post_init__(self) -> None:
        people, pairs = len(self.quotas), len(self.first)
        if {len(self.second), len(self.scores), len(self.must)} != {pairs}:
            raise ValueError("a pair has no partner, score or mark")
        if {len(self.floors), len(self.free)} != {people}:
            raise ValueError("a participant has no quota, floor or number of free slots")
        if pairs == 0:
            return
        low, high = np.minimum(self.first, self.second), np.maximum(self.first, self.second)
        if low.min() < 0 or high.max() >= people or (low == high).any():
            raise ValueError("a pair is not two participants")
        if len(np.unique(low * people + high)) != pairs:
            raise ValueError("a pair is named twice")
        if self.scores.min() < 1:
            raise ValueError("a score is below 1")

    @property
    def most(self) -> Integers:
        """Meetings each participant may have."""
        return np.clip(np.minimum(self.quotas, self.free), 0, None)

    @property
    def least(self) -> Integers:
        """Meetings each participant should have, as far as they could have as many."""
        return np.clip(np.minimum(self.floors, self.most), 0, None)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Which pairs meet, and how much better it could be."""

    chosen: Integers
    """Numbers of the pairs, ascending."""
    musts: int
    """Pairs chosen of those that must be."""
    missing: int
    """Meetings by which participants stay below their floor, added up."""
    score: int
    most_musts: int
    """No choice holds more."""
    least_missing: int
    """No choice with as many that must be leaves fewer missing."""
    bound: int
    """No choice with as many that must be, and as few missing, has a greater score."""
    unmet: Integers
    """Participants below their floor, ascending; those with a low quota are not among them."""

    @property
    def gap(self) -> float:
        """Share of the bound that a better choice could add at most, in [0, 1]."""
        return (self.bound - self.score) / self.bound if self.bound else 0.0

    @property
    def status(self) -> Status:
        """Optimal when no bound leaves room."""
        proved = (self.musts, self.missing, self.score) == (
            self.most_musts,
            self.least_missing,
            self.bound,
        )
        return Status.OPTIMAL if proved else Status.FEASIBLE


def choose(wishes: Wishes) -> Choice:
    """The pairs to hold: proved best if two-sided, and nearly always up to ``EXACT`` pairs."""
    if not len(wishes.first) or wishes.capacity <= 0:
        return _nothing(wishes)
    prices = _Prices.of(wishes)
    left = _left_side(wishes)
    if left is not None:
        flow = _flow(wishes, prices, left)
        return prices.answer(wishes, flow > 0, 2 * flow)
    doubled = _flow(wishes, prices, None)
    answer = prices.answer(wishes, _rounded(wishes, doubled), doubled)
    if answer.status == Status.OPTIMAL or len(wishes.first) > EXACT:
        return answer
    return _exact(wishes, answer)


def greedy(wishes: Wishes) -> Flags:
    """Whether each pair is held if the best score always comes first; to compare with."""
    order = np.argsort(-wishes.scores, kind="stable")
    return _filled(wishes, np.zeros(len(wishes.first), bool), order)


def missing(wishes: Wishes, taken: Flags) -> Integers:
    """Meetings that each participant lacks to their floor."""
    lacking: Integers = np.clip(wishes.least - _degrees(wishes, taken), 0, None)
    return lacking


def _nothing(wishes: Wishes) -> Choice:
    lacking = wishes.least
    short = int(lacking.sum())
    return Choice(np.flatnonzero([]), 0, short, 0, 0, short, 0, np.flatnonzero(lacking))


@dataclass(frozen=True, slots=True)
class _Prices:
    """What a met floor and a meeting that must be are worth, counted in scores.

    Two flows differ by cycles that pass every node once. One that meets a floor more loses less
    than ``floor`` in scores; one that holds a must more changes at most four floors, those beside
    the source and the sink.
    """

    floor: int
    must: int

    @classmethod
    def of(cls, wishes: Wishes) -> _Prices:
        floor = (2 * len(wishes.quotas) + 1) * int(wishes.scores.max()) + 1
        return cls(floor, 5 * floor)

    def answer(self, wishes: Wishes, taken: Flags, doubled: Integers) -> Choice:
        """A choice with the bounds that follow from an optimal flow, given twice.

        Both copies of a participant get the same in the mean, which meets no fewer floors.
        """
        lacking = missing(wishes, taken)
        short, least = int(lacking.sum()), int(wishes.least.sum())
        musts, score = int(taken[wishes.must].sum()), int(wishes.scores[taken].sum())
        flown = int(np.clip(2 * wishes.least - _degrees(wishes, doubled), 0, None).sum())
        passed = int(doubled[wishes.must].sum())
        value = self.must * passed + self.floor * (2 * least - flown)
        value += int((doubled * wishes.scores).sum())
        return Choice(
            chosen=np.flatnonzero(taken),
            musts=musts,
            missing=short,
            score=score,
            most_musts=passed // 2,
            least_missing=(flown + 1) // 2,
            bound=value // 2 - self.must * musts - self.floor * (least - short),
            unmet=np.flatnonzero(lacking),
        )


def _left_side(wishes: Wishes) -> Flags | None:
    """Who stands on the one side of a two-sided event; None if there are no two sides.

    Nobody is connected with their own copy in the double cover exactly when it falls in two.
    """
    people = len(wishes.quotas)
    ends = np.concatenate((wishes.first, wishes.second + people))
    others = np.concatenate((wishes.second + people, wishes.first))
    crossed = np.concatenate((wishes.second, wishes.first + people))
    opposite = np.concatenate((wishes.first + people, wishes.second))
    rows, columns = np.concatenate((ends, crossed)), np.concatenate((others, opposite))
    graph = coo_array((np.ones(len(rows), np.int8), (rows, columns)), (2 * people, 2 * people))
    _, part = connected_components(graph.tocsr(), directed=False)
    if (part[:people] == part[people:]).any():
        return None
    return np.asarray(part[:people] < part[people:])


def _flow(wishes: Wishes, prices: _Prices, left: Flags | None) -> Integers:
    """Flow on each pair: 0 or 1, on the double cover (without a left side) 0, 1 or 2.

    Nodes: participants, their copies, source, sink; what no pair carries goes past them.
    """
    people = len(wishes.quotas)
    value = wishes.scores + prices.must * wishes.must
    if left is None:
        starts = np.concatenate((wishes.first, wishes.second))
        ends = np.concatenate((wishes.second, wishes.first))
        value = np.concatenate((value, value))
        outs, ins = np.arange(people), np.arange(people)
    else:
        swap = ~left[wishes.first]
        starts = np.where(swap, wishes.second, wishes.first)
        ends = np.where(swap, wishes.first, wishes.second)
        outs, ins = np.flatnonzero(left), np.flatnonzero(~left)
    source, sink = 2 * people, 2 * people + 1
    least, spare = wishes.least, wishes.most - wishes.least
    total = min(int(wishes.capacity), len(wishes.first)) * (2 if left is None else 1)
    arcs = [  # start, end, capacity, cost
        (starts, ends + people, np.ones(len(starts), np.int64), -value),
        (_full(outs, source), outs, least[outs], _full(outs, -prices.floor)),
        (_full(outs, source), outs, spare[outs], _full(outs, 0)),
        (ins + people, _full(ins, sink), least[ins], _full(ins, -prices.floor)),
        (ins + people, _full(ins, sink), spare[ins], _full(ins, 0)),
        tuple(np.array([one]) for one in (source, sink, total, 0)),
    ]
    network = SimpleMinCostFlow()
    columns = [np.concatenate(column) for column in zip(*arcs, strict=True)]
    numbers = network.add_arcs_with_capacity_and_unit_cost(*columns)
    network.set_nodes_supplies(np.array([source, sink]), np.array([total, -total]))
    status = network.solve()
    if status != network.OPTIMAL:
        raise ValueError(f"the scores are too large for a flow: {status}")
    carried = np.asarray(network.flows(numbers[: len(starts)]), np.int64)
    return carried if left is not None else carried.reshape(2, -1).sum(axis=0)


def _full(like: Integers, value: int) -> Integers:
    return np.full(len(like), value, np.int64)


def _rounded(wishes: Wishes, doubled: Integers) -> Flags:
    """A choice near the linear optimum: its ones, then the best of its halves and what fits."""
    ones: Flags = doubled == 2
    short, spare = missing(wishes, ones), wishes.most - _degrees(wishes, ones)
    wanted = (short[wishes.first] > 0) | (short[wishes.second] > 0)
    order = np.lexsort((-wishes.scores, ~wanted, ~wishes.must, doubled != 1))
    fits = ~ones & (spare[wishes.first] > 0) & (spare[wishes.second] > 0)
    left = order[fits[order]][:EXACT]
    if not len(left):
        return ones
    rest = Wishes(
        first=wishes.first[left],
        second=wishes.second[left],
        scores=wishes.scores[left],
        must=wishes.must[left],
        quotas=spare,
        floors=short,
        free=spare,
        capacity=int(wishes.capacity - ones.sum()),
    )
    taken = ones.copy()
    taken[left] = _integers(rest, None, None).taken
    found = (_filled(wishes, start, order) for start in (ones, taken))
    return max(found, key=lambda one: _value(wishes, one))


def _filled(wishes: Wishes, taken: Flags, order: Integers) -> Flags:
    """What is taken, and every further pair that fits, in the order given."""
    taken = taken.copy()
    spare = (wishes.most - _degrees(wishes, taken)).tolist()
    left = int(wishes.capacity - taken.sum())
    first, second = wishes.first.tolist(), wishes.second.tolist()
    for pair in order[~taken[order]].tolist():
        if left <= 0:
            break
        if spare[first[pair]] > 0 and spare[second[pair]] > 0:
            taken[pair] = True
            spare[first[pair]] -= 1
            spare[second[pair]] -= 1
            left -= 1
    return taken


def _value(wishes: Wishes, taken: Flags) -> tuple[int, int, int]:
    """What is wanted of a choice, first things first."""
    lacking = int(missing(wishes, taken).sum())
    return int(taken[wishes.must].sum()), -lacking, int(wishes.scores[taken].sum())


def _degrees(wishes: Wishes, flow: Flags | Integers) -> Integers:
    people = len(wishes.quotas)
    both = np.bincount(wishes.first, flow, people) + np.bincount(wishes.second, flow, people)
    whole: Integers = np.rint(both).astype(np.int64)
    return whole


def _exact(wishes: Wishes, near: Choice) -> Choice:
    """The proved choice if the integer program ends within its limit, else the better one."""
    musts = near.musts if near.musts == near.most_musts else None
    level = musts is not None and near.missing == near.least_missing
    found = _integers(wishes, musts, near.missing if level else None)
    value = _value(wishes, found.taken)
    if not found.proved and value <= (near.musts, -near.missing, near.score):
        return near
    lacking = missing(wishes, found.taken)
    held = Choice(
        chosen=np.flatnonzero(found.taken),
        musts=value[0],
        missing=-value[1],
        score=value[2],
        most_musts=value[0],
        least_missing=-value[1],
        bound=value[2],
        unmet=np.flatnonzero(lacking),
    )
    if found.proved:
        return held
    bound = max(near.bound, value[2])
    return replace(held, most_musts=near.most_musts, least_missing=near.least_missing, bound=bound)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What an integer program takes, and whether all its levels are proved."""

    taken: Flags
    proved: bool


def _integers(wishes: Wishes, musts: int | None, short: int | None) -> _Found:
    """The best choice level by level; the levels given are known to be best.

    Columns: the pairs, then what each participant lacks to their floor.
    """
    pairs, people = len(wishes.first), len(wishes.quotas)
    rules = _rules(wishes)
    limits = Bounds(0, np.concatenate((np.ones(pairs), wishes.least)))
    whole = np.concatenate((np.ones(pairs), np.zeros(people)))
    nobody = np.zeros(people)
    levels = (
        (np.concatenate((-1.0 * wishes.must, nobody)), None if musts is None else -musts),
        (1.0 - whole, short),
        (np.concatenate((-1.0 * wishes.scores, nobody)), None),
    )
    taken, proved = np.zeros(pairs, bool), True
    for goal, known in levels:
        if known is None and goal.any():
            options = {"node_limit": _NODES, "mip_rel_gap": 0.0}
            found = milp(goal, integrality=whole, bounds=limits, constraints=rules, options=options)
            proved = proved and found.status == 0
            if found.x is None:
                break
            taken, known = found.x[:pairs] > 0.5, round(found.fun)
        rules.append(LinearConstraint(goal[None, :], ub=known or 0))
    return _Found(taken, proved)


def _rules(wishes: Wishes) -> list[LinearConstraint]:
    """Quotas, what is lacking to the floors, and the capacity."""
    pairs, people = len(wishes.first), len(wishes.quotas)
    ends = np.concatenate((wishes.first, wishes.second))
    each = np.tile(np.arange(pairs), 2)
    meets = coo_array((np.ones(2 * pairs), (ends, each)), (people, pairs))
    total = np.concatenate((np.ones(pairs), np.zeros(people)))
    return [
        LinearConstraint(hstack((meets, coo_array((people, people)))), ub=wishes.most),
        LinearConstraint(hstack((meets, eye_array(people))), lb=wishes.least),
        LinearConstraint(total[None, :], ub=wishes.capacity),
    ]
