"""The compiled scoring of single pairs, and of one company against all.

The rows of the company that asks are laid out once (``lay_out``): each of its terms gets a small
number, and a table holds the value of each term in each row. A partner's rows are then walked term
by term, which gives the evidence against all rows of the asking company at once.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.engine.kernel import (
    Bits,
    Floats,
    Ints,
    Pair,
    Rules,
    Vectors,
    World,
    compiled,
    country,
    coverage,
    direction,
    has,
    listed,
    may_meet,
    prior_of,
    score_of,
    tie_order,
)


class Best(NamedTuple):
    """The best partners of each company, best first; -1 where there are no more."""

    filled: Ints
    partners: Ints
    order: Bits
    rank: Floats
    """Score less the price of the partner, which the list is ordered by."""
    mutual: Floats
    they: Floats
    you: Floats
    shared: Floats


class Asking(NamedTuple):
    """The rows of one company laid out: offers, then the profile, then demands."""

    place: Ints
    """By term: its number among those of the company, 0 for none."""
    values: Floats
    """By number of the term, and by row: ``values[number * rows + row]``."""
    sums: Floats
    """Room for one sum per row."""
    rows: int
    profile: int
    """Number of the profile row, which is that of offers."""


def empty_lists(companies: int, k: int) -> Best:
    """Lists of k partners without anybody in them."""
    shape = (companies, k)
    return Best(
        np.zeros(companies, np.int32),
        np.full(shape, -1, np.int32),
        np.zeros(shape, np.uint64),
        *(np.zeros(shape, np.float32) for _ in range(5)),
    )


def part_of(best: Best, start: int, stop: int) -> Best:
    """Some of the lists, sharing their memory."""
    return Best(
        best.filled[start:stop],
        best.partners[start:stop],
        best.order[start:stop],
        best.rank[start:stop],
        best.mutual[start:stop],
        best.they[start:stop],
        best.you[start:stop],
        best.shared[start:stop],
    )


def leave_out(best: Best, kept: NDArray[np.bool_]) -> None:
    """Empty the places that are not kept; those kept stand first in each list."""
    best.filled[:] = kept.sum(axis=1)
    best.partners[~kept] = -1
    for numbers in (best.order, best.rank, best.mutual, best.they, best.you, best.shared):
        numbers[~kept] = 0


@compiled
def lay_out(ours: World, i: int, place: Ints, values: Floats, sums: Floats) -> Asking:
    """The rows of one company; ``place`` was zero. ``room_for`` says how many values there are."""
    offers = ours.offers.first[i + 1] - ours.offers.first[i]
    rows = offers + 1 + ours.demands.first[i + 1] - ours.demands.first[i]
    # The number 0, of all terms that it does not have, adds nothing to any sum.
    for column in range(rows):
        values[column] = 0
    count = _fill(ours.offers, i, place, values, rows, 0, 0)
    count = _fill(ours.profiles, i, place, values, rows, offers, count)
    _fill(ours.demands, i, place, values, rows, offers + 1, count)
    return Asking(place, values, sums, rows, offers)


def room_for(world: World) -> tuple[int, int]:
    """The most values and the most rows of any company laid out."""
    sides = (world.offers, world.profiles, world.demands)
    rows = np.sum([np.diff(side.first) for side in sides], axis=0)
    terms = np.sum([np.diff(side.start[side.first]) for side in sides], axis=0)
    return int((rows * (terms + 1)).max(initial=0)), int(rows.max(initial=0))


@compiled
def put_away(ours: World, i: int, place: Ints) -> None:
    """Make ``place`` zero again."""
    for vectors in (ours.offers, ours.profiles, ours.demands):
        for x in range(vectors.start[vectors.first[i]], vectors.start[vectors.first[i + 1]]):
            place[vectors.terms[x]] = 0


@compiled
def _fill(
    vectors: Vectors, i: int, place: Ints, values: Floats, rows: int, column: int, count: int
) -> int:
    """Lay out some rows from a column on; how many terms there are then."""
    for row in range(vectors.first[i], vectors.first[i + 1]):
        for x in range(vectors.start[row], vectors.start[row + 1]):
            number = place[vectors.terms[x]]
            if number == 0:
                count += 1
                number = count
                place[vectors.terms[x]] = number
                for other in range(rows):
                    values[number * rows + other] = 0
            values[number * rows + column] = vectors.values[x]
        column += 1
    return count


@compiled
def _walk(vectors: Vectors, row: int, asking: Asking, start: int, stop: int) -> None:
    """The evidence of one of their rows with our rows from ``start`` up to ``stop``."""
    sums, values = asking.sums, asking.values
    for column in range(start, stop):
        sums[column] = 0
    begin, end = np.uint64(start), np.uint64(stop)
    for x in range(np.uint64(vectors.start[row]), np.uint64(vectors.start[row + 1])):
        number = asking.place[np.uint64(vectors.terms[x])]
        value = vectors.values[x]
        first = np.uint64(number * asking.rows)
        for column in range(begin, end):
            sums[column] += values[first + column] * value


@compiled
def _sum(vectors: Vectors, start: int, stop: int, asking: Asking, column: int) -> np.float32:
    """The evidence of terms of theirs with one row of ours."""
    amount = np.float32(0)
    rows, values = np.uint64(asking.rows), asking.values
    for x in range(np.uint64(start), np.uint64(stop)):
        number = np.uint64(asking.place[np.uint64(vectors.terms[x])])
        amount += values[number * rows + np.uint64(column)] * vectors.values[x]
    return amount


@compiled
def _two_sums(
    vectors: Vectors, start: int, stop: int, asking: Asking
) -> tuple[np.float32, np.float32]:
    """The evidence of terms of theirs with the first row of ours, and with the second."""
    one = two = np.float32(0)
    for x in range(np.uint64(start), np.uint64(stop)):
        first = np.uint64(2) * np.uint64(asking.place[np.uint64(vectors.terms[x])])
        value = vectors.values[x]
        one += asking.values[first] * value
        two += asking.values[first + np.uint64(1)] * value
    return one, two


@compiled
def _covered(amount: np.float32, met: float) -> float:
    return coverage(np.float64(amount)) if amount >= met else 0.0


@compiled
def _evaluate_plain(
    ours: World, i: int, asking: Asking, theirs: World, j: int, rules: Rules,
    you_most: float, least: float,
) -> Pair:  # fmt: skip
    """``evaluate`` where both are plain: rows that reach enough evidence meet."""
    card = theirs.cards[j]
    amount = np.float32(0)
    if asking.rows == 2:
        field, amount = _two_sums(theirs.profiles, card.profile, card.profile_end, asking)
    else:
        field = _sum(theirs.profiles, card.profile, card.profile_end, asking, 0)
    shared, they = np.float64(field), _covered(amount, rules.met)
    known = listed(ours.limits.met_start, ours.limits.met, i, j)
    prior = prior_of(ours, i, theirs, j, rules)
    if least > 0 and score_of(they, you_most, shared, prior, known, rules) < least:
        return Pair(0.0, they, 0.0, shared)
    amount = _sum(theirs.demands, card.demand, card.demand_end, asking, 0)
    you = _covered(amount, rules.met)
    return Pair(score_of(they, you, shared, prior, known, rules), they, you, shared)


@compiled
def _meets(
    ours: World, i: int, cover: Vectors, at: int, theirs: World, j: int, need: Vectors, row: int
) -> bool:
    """Whether a row of ours and one of theirs fit by kind and countries."""
    if cover.kind[at] != 0 and need.kind[row] != 0 and cover.kind[at] != need.kind[row]:
        return False
    return has(cover.targets, at, country(theirs.limits, j)) and has(
        need.targets, row, country(ours.limits, i)
    )


@compiled
def evaluate(
    ours: World, i: int, asking: Asking, theirs: World, j: int, rules: Rules,
    you_most: float = 1.0, least: float = 0.0,
) -> Pair:  # fmt: skip
    """The score of a pair that may meet, exactly; ours is laid out.

    A score of 0 where it lies below ``least``, as soon as that is seen: ``you_most`` is how much we
    cover of their needs at most.
    """
    if ours.cards[i].plain and theirs.cards[j].plain:
        return _evaluate_plain(ours, i, asking, theirs, j, rules, you_most, least)
    needs = asking.profile + 1
    best, total = np.float32(0), 0.0
    first = ours.demands.first[i]
    _walk(theirs.profiles, j, asking, asking.profile, asking.rows)
    shared = np.float64(asking.sums[asking.profile])
    for column in range(needs, asking.rows):
        amount = asking.sums[column]
        row = first + column - needs
        if amount >= rules.met and _meets(
            theirs, j, theirs.profiles, j, ours, i, ours.demands, row
        ):
            best = max(best, amount)
            # Singles of this size add up exactly in doubles, hence to the same in any order.
            total += np.float64(amount)
    if asking.rows > needs:
        for other in range(theirs.offers.first[j], theirs.offers.first[j + 1]):
            _walk(theirs.offers, other, asking, needs, asking.rows)
            for column in range(needs, asking.rows):
                amount = asking.sums[column]
                row = first + column - needs
                if amount >= rules.met and _meets(
                    theirs, j, theirs.offers, other, ours, i, ours.demands, row
                ):
                    best = max(best, amount)
                    total += np.float64(amount)
    they = coverage(direction(np.float64(best), total, rules.further))
    known = listed(ours.limits.met_start, ours.limits.met, i, j)
    prior = prior_of(ours, i, theirs, j, rules)
    if least > 0 and score_of(they, you_most, shared, prior, known, rules) < least:
        return Pair(0.0, they, 0.0, shared)
    best, total = np.float32(0), 0.0
    for other in range(theirs.demands.first[j], theirs.demands.first[j + 1]):
        _walk(theirs.demands, other, asking, 0, needs)
        for column in range(needs):
            amount = asking.sums[column]
            if amount < rules.met:
                continue
            if column == asking.profile:
                fits = _meets(ours, i, ours.profiles, i, theirs, j, theirs.demands, other)
            else:
                row = ours.offers.first[i] + column
                fits = _meets(ours, i, ours.offers, row, theirs, j, theirs.demands, other)
            if fits:
                best = max(best, amount)
                total += np.float64(amount)
    you = coverage(direction(np.float64(best), total, rules.further))
    score = score_of(they, you, shared, prior, known, rules)
    return Pair(score, they, you, shared)


@compiled
def push(best: Best, n: int, j: int, order: np.uint64, price: float, pair: Pair) -> None:
    """Put a partner in its place of list n, if it has one."""
    k = int(best.partners.shape[1])
    count = int(best.filled[n])
    rank = np.float32(np.float32(pair.score) - np.float32(price))
    at = count
    while at > 0 and (
        best.rank[n, at - 1] < rank
        or (best.rank[n, at - 1] == rank and best.order[n, at - 1] > order)
    ):
        at -= 1
    if at >= k:
        return
    for x in range(min(count, k - 1), at, -1):
        best.partners[n, x] = best.partners[n, x - 1]
        best.order[n, x] = best.order[n, x - 1]
        best.rank[n, x] = best.rank[n, x - 1]
        best.mutual[n, x] = best.mutual[n, x - 1]
        best.they[n, x] = best.they[n, x - 1]
        best.you[n, x] = best.you[n, x - 1]
        best.shared[n, x] = best.shared[n, x - 1]
    best.partners[n, at] = j
    best.order[n, at] = order
    best.rank[n, at] = rank
    best.mutual[n, at] = pair.score
    best.they[n, at] = pair.they
    best.you[n, at] = pair.you
    best.shared[n, at] = coverage(pair.shared)
    best.filled[n] = min(count + 1, k)


@compiled
def enter_all(
    ours: World, own: int, theirs: World, place: Ints, values: Floats, sums: Floats,
    rules: Rules, seed: int, prices: Floats,
    price: float, thresholds: Floats, best: Best, entered: Ints, scores: Floats,
) -> int:  # fmt: skip
    """The list of the only company of one world, and whose lists it enters; how many these are.

    ``entered`` gets positions, ``scores`` four rows: mutual, they cover, you cover, shared. It
    enters a list where its score less its price is not below the threshold, unless hidden.
    ``own`` is its own position in the other world, -1 if it has none. No thresholds: no lists.
    """
    limits = theirs.limits
    asking = lay_out(ours, 0, place, values, sums)
    count = 0
    for j in range(len(limits.ids)):
        if not may_meet(ours.limits, 0, limits, j):
            continue
        pair = evaluate(ours, 0, asking, theirs, j, rules)
        if pair.score <= 0:
            continue
        if not listed(ours.limits.hidden_start, ours.limits.hidden, 0, j):
            order = tie_order(seed, ours.limits.ids[0], limits.ids[j])
            push(best, 0, j, order, prices[j], pair)
        if len(thresholds) == 0 or np.float32(pair.score) - np.float32(price) < thresholds[j]:
            continue
        if own < 0 or not listed(limits.hidden_start, limits.hidden, j, own):
            entered[count] = j
            scores[0, count], scores[1, count], scores[2, count] = pair.score, pair.they, pair.you
            scores[3, count] = coverage(pair.shared)
            count += 1
    put_away(ours, 0, place)
    return count
