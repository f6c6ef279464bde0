"""The compiled search for the best partners of many companies at once, exactly.

The companies that ask are of one country or of some small ones. All whom any of them may meet by
country are taken a block at a time, and the terms of a block are inverted. Per asking company and
block the heavier terms are added up, needs against covers both ways; the lighter ones only count
as far as they could reach together (Turtle and Flood 1995, MaxScore). Whoever could still enter the
list is scored by its rows (``kernel_pairs.evaluate``). Where met needs do not fill the list, a
second round over the blocks looks for shared fields.
"""

from typing import NamedTuple

import numpy as np

from matching.engine.kernel import (
    Floats,
    Ints,
    Longs,
    Merged,
    Rules,
    World,
    compiled,
    country,
    evidence,
    kept_apart,
    listed,
    making_arrays,
    prior_of,
    tie_order,
    traits_fit,
)
from matching.engine.kernel_blocks import (
    LANES,
    MARGIN,
    NEVER,
    Block,
    Scratch,
    add,
    admitted,
    at_most,
    block_end,
    block_of,
    invert,
    light_from,
    looks_there,
    reach_of,
    reached_by,
    sort,
    who_could_meet,
    who_shares,
)
from matching.engine.kernel_pairs import Best, evaluate, lay_out, push, put_away

_PROFILE_REACH = 0.1
"""Share of the evidence needed that the lighter terms of a profile together may have: where all may
meet all, whatever is left open makes many be scored in vain."""


class Task(NamedTuple):
    """Companies from ``start`` up to ``stop`` ask; what holds for all of them."""

    start: int
    stop: int
    seed: int
    reach: float
    """Share of the evidence needed that the lighter terms together may have."""


class Bounds(NamedTuple):
    """For each term of the asking companies' rows: how far it and those after it could reach."""

    needs: Floats
    covers: Floats
    profiles: Floats


@compiled
def _least_score(best: Best, n: int, price: float) -> float:
    """The score that somebody of this price needs to enter a list; 0 while there is room."""
    k = best.partners.shape[1]
    if best.filled[n] < k:
        return 0.0
    return np.float64(best.rank[n, k - 1]) + price - 1e-6


@compiled
def _least_rank(best: Best, n: int) -> float:
    """Score less price that somebody needs to enter a list."""
    k = best.partners.shape[1]
    return np.float64(best.rank[n, k - 1]) - 1e-6 if best.filled[n] == k else -NEVER


@compiled
def _first(start: Longs, terms: Ints, row: int) -> np.int32:
    at = np.uint64(start[np.uint64(row)])
    return terms[at] if at < len(terms) else np.int32(0)


@compiled
def _try(
    world: World, i: int, task: Task, block: Block, count: int, scratch: Scratch, rules: Rules,
    prices: Floats, best: Best, met: bool,
) -> None:  # fmt: skip
    """Score those found who may be met and could enter, the most promising first."""
    n = i - task.start
    k = best.partners.shape[1]
    limits, found, bounds = world.limits, scratch.found, scratch.bounds
    least = _least_rank(best, n)
    kept = 0
    touched = np.int32(0)
    for x in range(count):
        at = found[x]
        j = block.docs[at]
        bound = bounds[x] - prices[j]
        if (
            bound >= least
            and traits_fit(limits.traits, i, block.traits, at, limits.widths)
            and not kept_apart(limits, i, limits, j)
        ):
            found[kept] = j
            bounds[kept] = bound
            kept += 1
            # Asks for their rows now, all at once, so that scoring need not wait for each.
            touched += _first(world.profiles.start, world.profiles.terms, j)
            touched += _first(world.needs.start, world.needs.terms, j)
    scratch.bins[0] = touched
    if kept == 0:
        return
    asking = lay_out(world, i, scratch.place, scratch.values, scratch.sums)
    promising = np.float32(-NEVER)
    if best.filled[n] < k:
        promising = reached_by(bounds, kept, 2 * k, scratch.bins)
    for turn in range(2):
        least = _least_rank(best, n)
        chosen = 0
        for x in range(kept):
            if (bounds[x] >= promising) == (turn == 0) and bounds[x] >= least:
                scratch.chosen[chosen] = x
                chosen += 1
        sort(scratch.chosen, chosen, bounds)
        for at in range(chosen):
            x = scratch.chosen[at]
            j = found[x]
            if bounds[x] < _least_rank(best, n):
                break
            if listed(limits.hidden_start, limits.hidden, i, j):
                continue
            pair = evaluate(world, i, asking, world, j, rules)
            if pair.score > 0 and (max(pair.they, pair.you) > 0) == met:
                order = tie_order(task.seed, limits.ids[i], limits.ids[j])
                push(best, n, j, order, prices[j], pair)
        if promising <= -NEVER:
            break
    put_away(world, i, scratch.place)


@compiled
def _meet(
    world: World, i: int, task: Task, block: Block, bounds: Bounds, scratch: Scratch, rules: Rules,
    prices: Floats, best: Best,
) -> None:  # fmt: skip
    """Bring those of a block who meet a need, either way, into the list of one company."""
    covers, needs = world.covers, world.needs
    score = _least_score(best, i - task.start, block.price)
    fit = (score - rules.floor - rules.field) / rules.span
    if fit >= 1:
        return
    demands = world.demands.first[i + 1] - world.demands.first[i]
    own = world.offers.first[i + 1] - world.offers.first[i] + 1
    pairs = max(demands * world.most_rows[0], own * world.most_rows[1])
    # The first of several pairs that meet counts whole, the others a little.
    stretch = 1 + rules.further * max(0, pairs - 1)
    high, alone = rules.met, rules.met
    if fit > 0:
        high = max(rules.met, evidence(fit) / stretch)
        alone = max(rules.met, min(NEVER, evidence(fit / rules.better) / stretch))
    most = max(0.5 * rules.met, task.reach * high)
    first_need, first_cover = needs.start[task.start], covers.start[task.start]
    light_need = light_from(needs, i, bounds.needs, first_need, most)
    light_cover = light_from(covers, i, bounds.covers, first_cover, most)
    rest_they = bounds.needs[light_need - first_need] if light_need < needs.start[i + 1] else 0.0
    rest_you = (
        bounds.covers[light_cover - first_cover] if light_cover < covers.start[i + 1] else 0.0
    )
    touched = add(needs, needs.start[i], light_need, scratch.covers, scratch.they)
    touched += add(covers, covers.start[i], light_cover, scratch.needs, scratch.you)
    if touched == 0:
        return
    rest = float(np.float32(max(rest_they, rest_you)))
    count = who_could_meet(
        scratch, block, high * MARGIN - rest, rules.met * MARGIN - rest, alone * MARGIN - rest,
        rest, stretch, rules, world.limits.traits, i,
    )  # fmt: skip
    if count > 0:
        _try(world, i, task, block, count, scratch, rules, prices, best, met=True)


@compiled
def _share(
    world: World, i: int, task: Task, block: Block, bounds: Bounds, scratch: Scratch, rules: Rules,
    prices: Floats, best: Best, prior: float,
) -> None:  # fmt: skip
    """Bring those of a block who share a field into the list of one company.

    ``prior`` is the most that a prior may add.
    """
    common = _least_score(best, i - task.start, block.price) / rules.floor
    if common >= 1:
        return
    wanted = evidence(common) if common > 0 else 0.0
    least = max(rules.field_least, wanted - prior, wanted / rules.prior_gains)
    profiles = Merged(
        world.profiles.start, world.profiles.terms, world.profiles.values, world.profile_most
    )
    first = profiles.start[task.start]
    light = light_from(profiles, i, bounds.profiles, first, _PROFILE_REACH * least)
    rest = bounds.profiles[light - first] if light < profiles.start[i + 1] else np.float32(0)
    if add(profiles, profiles.start[i], light, scratch.covers, scratch.they) == 0:
        return
    least = float(max(least * MARGIN - rest, 1e-30))
    stride = block.stride
    sums = scratch.they[: LANES * stride]
    count = who_shares(scratch, block, least, world.limits.traits, i)
    for x in range(count):
        at = np.uint64(scratch.found[x])
        shared = np.float64(sums[at] + rest)
        moved = shared + prior_of(world, i, world, block.docs[at], rules)
        moved = min(moved, rules.prior_gains * shared)
        scratch.bounds[x] = rules.floor * at_most(max(moved, rules.prior_leaves * shared))
    sums[:] = 0
    if count > 0:
        _try(world, i, task, block, count, scratch, rules, prices, best, met=False)


@making_arrays
def fill_lists(
    world: World, task: Task, scratch: Scratch, rules: Rules, prices: Floats, best: Best
) -> None:
    """The best partners of the companies from ``task.start`` up to ``task.stop``."""
    limits, covers, needs = world.limits, world.covers, world.needs
    docs = scratch.docs[: admitted(limits, task.start, task.stop, scratch.docs)]
    profiles = Merged(
        world.profiles.start, world.profiles.terms, world.profiles.values, world.profile_most
    )
    bounds = Bounds(
        reach_of(needs, task.start, task.stop, covers.most),
        reach_of(covers, task.start, task.stop, needs.most),
        reach_of(profiles, task.start, task.stop, world.profile_most),
    )
    at = 0 if len(needs.terms) > 0 else len(docs)
    while at < len(docs):
        end = block_end(docs, at, covers.start, needs.start, scratch)
        block = block_of(limits, docs[at:end], scratch, prices)
        invert(covers, block.docs, scratch.covers)
        invert(needs, block.docs, scratch.needs)
        for i in range(task.start, task.stop):
            if looks_there(limits, i, block):
                _meet(world, i, task, block, bounds, scratch, rules, prices, best)
        at = end
    standing = 0.0
    for j in docs:
        standing = max(standing, limits.standing[j])
    at = 0 if _has_room(best, rules, prices, docs) else len(docs)
    while at < len(docs):
        end = block_end(docs, at, profiles.start, profiles.start, scratch)
        block = block_of(limits, docs[at:end], scratch, prices)
        invert(profiles, block.docs, scratch.covers)
        for i in range(task.start, task.stop):
            if looks_there(limits, i, block):
                prior = _most_prior(world, i, standing, rules)
                _share(world, i, task, block, bounds, scratch, rules, prices, best, prior)
        at = end


@compiled
def _has_room(best: Best, rules: Rules, prices: Floats, docs: Ints) -> bool:
    """Whether somebody without a met need could still enter one of the lists."""
    price = np.inf
    for j in docs:
        price = min(price, np.float64(prices[j]))
    for n in range(len(best.filled)):  # noqa: SIM110 -- compiled: faster than any()
        if _least_score(best, n, price) < rules.floor:
            return True
    return False


@compiled
def _most_prior(world: World, i: int, standing: float, rules: Rules) -> float:
    """The most that a prior adds for one company and anybody, at least 0."""
    limits, lifts = world.limits, world.lifts
    industry, home = limits.industry[i], country(limits, i)
    by_industry, by_country = np.float32(0), np.float32(0)
    for other in range(len(lifts.industry)):
        by_industry = max(by_industry, lifts.industry[industry, other])
    for other in range(len(lifts.country)):
        by_country = max(by_country, lifts.country[home, other])
    lift = np.float64(by_industry) + np.float64(by_country)
    amount = rules.prior * lift + rules.standing * (limits.standing[i] + standing)
    return float(max(0.0, min(rules.prior_most, amount)))
