"""The compiled search for the best partners of many companies at once, exactly.

The companies that ask are of one country or of some small ones. All whom any of them may meet by
country are taken a block at a time, and the terms of a block are inverted. Per asking company and
block the heavier terms are added up, needs against covers both ways; the lighter ones only count
as far as they could reach together (Turtle and Flood 1995, MaxScore). Whoever could still enter the
list waits until all blocks are through and is then scored by its rows
(``kernel_pairs.evaluate``), best first. What is added up also says what a pair has at least, so
that few need to wait. Where met needs do not fill the list, a second round over the blocks looks
for shared fields.
"""

from typing import NamedTuple

import numpy as np

from matching.engine.kernel import (
    Floats,
    Ints,
    Limits,
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
    Askers,
    Block,
    Scratch,
    add,
    admitted,
    asked_of,
    at_most,
    block_end,
    block_of,
    invert,
    left,
    light_from,
    looks_there,
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
    shown: float
    """Only who scores so much is wanted, or the best one where none does (``showing``); else 0."""


class Waiting(NamedTuple):
    """Those who could enter the list of each asking company and are not scored yet."""

    waits: Ints
    """How many these are."""
    docs: Ints
    bounds: Floats
    """Scores less prices that they cannot exceed."""
    you: Floats
    """What is covered of their needs at most."""
    filled: Ints
    """How many of the next are known."""
    lows: Floats
    """The greatest scores less prices that partners have at least, greatest first."""


@compiled
def waiting_room(k: int) -> int:
    """How many may wait for one list of k."""
    return max(64, 4 * k)


@making_arrays
def _nobody_waits(companies: int, k: int) -> Waiting:
    room = waiting_room(k)
    return Waiting(
        np.zeros(companies, np.int32),
        np.empty((companies, room), np.int32),
        np.empty((companies, room), np.float32),
        np.empty((companies, room), np.float32),
        np.zeros(companies, np.int32),
        np.empty((companies, k), np.float32),
    )


@compiled
def _least_rank(best: Best, waiting: Waiting, n: int, shown: float) -> float:
    """Score less price that somebody needs to enter a list."""
    k = best.partners.shape[1]
    least = -NEVER
    if shown > 0:
        known = -NEVER
        if best.filled[n] > 0:
            known = np.float64(best.rank[n, 0])
        if waiting.filled[n] > 0:
            known = max(known, np.float64(waiting.lows[n, 0]))
        least = min(shown, known) - 1e-6
    if best.filled[n] == k:
        least = max(least, np.float64(best.rank[n, k - 1]) - 1e-6)
    if waiting.filled[n] == k:
        least = max(least, np.float64(waiting.lows[n, k - 1]) - 1e-6)
    return least


@compiled
def _least_score(best: Best, waiting: Waiting, n: int, price: float, shown: float) -> float:
    """The score that somebody of this price needs to enter a list; 0 while all may enter."""
    least = _least_rank(best, waiting, n, shown)
    return max(0.0, least + price) if least > -NEVER else 0.0


@compiled
def _note(waiting: Waiting, n: int, low: np.float32) -> None:
    """Take in that somebody has at least this score less price."""
    k = waiting.lows.shape[1]
    at = waiting.filled[n]
    if at == k:
        at -= 1
        if waiting.lows[n, at] >= low:
            return
    else:
        waiting.filled[n] += 1
    while at > 0 and waiting.lows[n, at - 1] < low:
        waiting.lows[n, at] = waiting.lows[n, at - 1]
        at -= 1
    waiting.lows[n, at] = low


@compiled
def _ask_for(world: World, docs: Ints, chosen: Ints, count: int) -> int:
    """Read a little of the rows of some companies, all at once; the answer means nothing.

    Memory is slow to answer, and scoring need not wait for each of them then.
    """
    touched = 0
    terms, values = world.profiles.terms, world.profiles.values
    for x in range(count):
        card = world.cards[docs[chosen[x]]]
        for at in range(card.profile, card.profile_end, 16):
            touched += terms[at] + (values[at] > 0)
        if card.demand < card.demand_end:
            touched += world.demands.terms[card.demand] + (world.demands.values[card.demand] > 0)
    return touched


@compiled
def _fits(limits: Limits, i: int, block: Block, at: int) -> bool:
    """Whether a company may meet one of a block, and wants to see it."""
    j = block.docs[at]
    return (
        traits_fit(limits.traits, i, block.traits, at, limits.widths)
        and not kept_apart(limits, i, limits, j)
        and not listed(limits.hidden_start, limits.hidden, i, j)
    )


@compiled
def _score(
    world: World, i: int, task: Task, docs: Ints, bounds: Floats, you: Floats, count: int,
    scratch: Scratch, rules: Rules, prices: Floats, best: Best, waiting: Waiting, met: bool,
) -> None:  # fmt: skip
    """Score those of some who could still enter a list, the most promising first."""
    n = i - task.start
    k = best.partners.shape[1]
    asking = lay_out(world, i, scratch.place, scratch.values, scratch.sums)
    promising = np.float32(-NEVER)
    if _least_rank(best, waiting, n, task.shown) <= -NEVER:
        promising = reached_by(bounds, count, 2 * k, scratch.bins)
    for turn in range(2):
        least = _least_rank(best, waiting, n, task.shown)
        chosen = 0
        for x in range(count):
            if (bounds[x] >= promising) == (turn == 0) and bounds[x] >= least:
                scratch.chosen[chosen] = x
                chosen += 1
        scratch.bins[0] = _ask_for(world, docs, scratch.chosen, chosen)
        sort(scratch.chosen, chosen, bounds)
        for at in range(chosen):
            x = scratch.chosen[at]
            j = docs[x]
            least = _least_rank(best, waiting, n, task.shown)
            if bounds[x] < least:
                break
            pair = evaluate(world, i, asking, world, j, rules, you[x], least + prices[j])
            if pair.score > 0 and (max(pair.they, pair.you) > 0) == met:
                order = tie_order(task.seed, world.cards[i].id, world.cards[j].id)
                push(best, n, j, order, prices[j], pair)
        if promising <= -NEVER:
            break
    put_away(world, i, scratch.place)


@compiled
def _score_waiting(
    world: World, i: int, task: Task, scratch: Scratch, rules: Rules, prices: Floats, best: Best,
    waiting: Waiting,
) -> None:  # fmt: skip
    """Score those who wait for one company."""
    n = i - task.start
    _score(
        world, i, task, waiting.docs[n], waiting.bounds[n], waiting.you[n], waiting.waits[n],
        scratch, rules, prices, best, waiting, met=True,
    )  # fmt: skip
    waiting.waits[n] = 0


@compiled
def _let_wait(
    world: World, i: int, task: Task, block: Block, count: int, scratch: Scratch, rules: Rules,
    prices: Floats, best: Best, waiting: Waiting, plain: bool,
) -> None:  # fmt: skip
    """Keep those found who may be met and could enter."""
    n = i - task.start
    limits = world.limits
    least = _least_rank(best, waiting, n, task.shown)
    for x in range(count):
        at = scratch.found[x]
        bound = scratch.bounds[x] - block.prices[at]
        if bound < least or not _fits(limits, i, block, at):
            continue
        j = block.docs[at]
        if waiting.waits[n] == waiting.docs.shape[1]:
            _make_room(waiting, n, least)
            if 2 * waiting.waits[n] > waiting.docs.shape[1]:
                _score_waiting(world, i, task, scratch, rules, prices, best, waiting)
        waiting.docs[n, waiting.waits[n]] = j
        waiting.bounds[n, waiting.waits[n]] = bound
        waiting.you[n, waiting.waits[n]] = scratch.most[x]
        waiting.waits[n] += 1
        low = scratch.lows[x]
        if plain and low > -NEVER and not listed(limits.met_start, limits.met, i, j):
            _note(waiting, n, np.float32(low - block.prices[at]))
        least = _least_rank(best, waiting, n, task.shown)


@compiled
def _make_room(waiting: Waiting, n: int, least: float) -> None:
    """Forget those who wait for a list that they cannot enter any more."""
    kept = 0
    for x in range(waiting.waits[n]):
        if waiting.bounds[n, x] >= least:
            waiting.docs[n, kept] = waiting.docs[n, x]
            waiting.bounds[n, kept] = waiting.bounds[n, x]
            waiting.you[n, kept] = waiting.you[n, x]
            kept += 1
    waiting.waits[n] = kept


@compiled
def _meet(
    world: World, i: int, task: Task, block: Block, needs: Askers, covers: Askers, scratch: Scratch,
    rules: Rules, prices: Floats, best: Best, waiting: Waiting,
) -> None:  # fmt: skip
    """Let those of a block wait who meet a need, either way, and could enter one list."""
    score = _least_score(best, waiting, i - task.start, block.price, task.shown)
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
    most = task.reach * max(rules.met, high)
    light_need, light_cover = light_from(needs, i, most), light_from(covers, i, most)
    touched = add(needs, i, light_need, scratch.covers, scratch.they)
    touched += add(covers, i, light_cover, scratch.needs, scratch.you)
    if touched == 0:
        return
    rest = max(left(needs, i, light_need), left(covers, i, light_cover))
    count = who_could_meet(
        scratch, block, high * MARGIN - rest, rules.met * MARGIN - rest, alone * MARGIN - rest,
        rest, stretch, rules, world.limits.traits, i,
    )  # fmt: skip
    if count > 0:
        plain = world.cards[i].plain == 1
        _let_wait(
            world, i, task, block, count, scratch, rules, prices, best, waiting, plain
        )  # fmt: skip


@compiled
def _share(
    world: World, i: int, task: Task, block: Block, profiles: Askers, scratch: Scratch,
    rules: Rules, prices: Floats, best: Best, waiting: Waiting, prior: float,
) -> None:  # fmt: skip
    """Bring those of a block who share a field into the list of one company.

    ``prior`` is the most that a prior may add.
    """
    common = _least_score(best, waiting, i - task.start, block.price, task.shown) / rules.floor
    if common >= 1:
        return
    common = max(common, rules.common_least * MARGIN)
    wanted = evidence(common) if common > 0 else 0.0
    least = max(rules.field_least, wanted - prior, wanted / rules.prior_gains)
    light = light_from(profiles, i, _PROFILE_REACH * least)
    rest = left(profiles, i, light)
    if add(profiles, i, light, scratch.covers, scratch.they) == 0:
        return
    least = max(least * MARGIN - rest, 1e-30)
    sums = scratch.they[: LANES * block.stride]
    count = who_shares(scratch, block, least, world.limits.traits, i)
    lowest = _least_rank(best, waiting, i - task.start, task.shown)
    kept = 0
    for x in range(count):
        at = int(scratch.found[x])
        j = block.docs[at]
        shared = np.float64(sums[at] + rest)
        moved = shared + prior_of(world, i, world, j, rules)
        moved = min(moved, rules.prior_gains * shared)
        bound = rules.floor * at_most(max(moved, rules.prior_leaves * shared)) - block.prices[at]
        if bound >= lowest and _fits(world.limits, i, block, at):
            scratch.found[kept] = j
            scratch.bounds[kept] = bound
            scratch.most[kept] = 0.0
            kept += 1
    sums[:] = 0
    if kept > 0:
        _score(
            world, i, task, scratch.found, scratch.bounds, scratch.most, kept, scratch,
            rules, prices, best, waiting, met=False,
        )  # fmt: skip


@making_arrays
def fill_lists(
    world: World, task: Task, scratch: Scratch, rules: Rules, prices: Floats, best: Best
) -> None:
    """The best partners of the companies from ``task.start`` up to ``task.stop``."""
    docs = scratch.docs[: admitted(world.limits, task.start, task.stop, scratch.docs)]
    waiting = _nobody_waits(task.stop - task.start, best.partners.shape[1])
    if len(world.needs.terms) > 0:
        _fill_by_needs(world, task, docs, scratch, rules, prices, best, waiting)
    asking = _with_room(task, best, waiting, rules, prices, docs)
    if len(asking) > 0:
        _fill_by_fields(world, task, asking, docs, scratch, rules, prices, best, waiting)


@making_arrays
def _fill_by_needs(
    world: World, task: Task, docs: Ints, scratch: Scratch, rules: Rules, prices: Floats,
    best: Best, waiting: Waiting,
) -> None:  # fmt: skip
    """Put those who meet a need into the lists."""
    limits = world.limits
    asking = np.arange(task.start, task.stop)
    needs = asked_of(world.needs, asking, world.covers.most, scratch.covers)
    covers = asked_of(world.covers, asking, world.needs.most, scratch.needs)
    at = 0
    while at < len(docs):
        end = block_end(docs, at, world.covers.start, world.needs.start, scratch)
        block = block_of(world, docs[at:end], scratch, prices)
        invert(world.covers, block.docs, scratch.covers, needs.distinct)
        invert(world.needs, block.docs, scratch.needs, covers.distinct)
        for i in range(task.start, task.stop):
            if looks_there(limits, i, block):
                _meet(
                    world, i, task, block, needs, covers, scratch, rules, prices, best, waiting
                )  # fmt: skip
        at = end
    for i in range(task.start, task.stop):
        if waiting.waits[i - task.start] > 0:
            _score_waiting(world, i, task, scratch, rules, prices, best, waiting)


@making_arrays
def _fill_by_fields(
    world: World, task: Task, asking: Longs, docs: Ints, scratch: Scratch, rules: Rules,
    prices: Floats, best: Best, waiting: Waiting,
) -> None:  # fmt: skip
    """Fill up the lists with those who share a field."""
    limits = world.limits
    profiles = asked_of(
        Merged(
            world.profiles.start, world.profiles.terms, world.profiles.values, world.profile_most
        ),
        asking, world.profile_most, scratch.covers,
    )  # fmt: skip
    standing = 0.0
    for j in docs:
        standing = max(standing, limits.standing[j])
    at = 0
    while at < len(docs):
        end = block_end(docs, at, world.profiles.start, world.profiles.start, scratch)
        block = block_of(world, docs[at:end], scratch, prices)
        invert(profiles.rows, block.docs, scratch.covers, profiles.distinct)
        for i in asking:
            if looks_there(limits, i, block):
                prior = _most_prior(world, i, standing, rules)
                _share(
                    world, i, task, block, profiles, scratch, rules, prices, best, waiting, prior
                )  # fmt: skip
        at = end


@making_arrays
def _with_room(
    task: Task, best: Best, waiting: Waiting, rules: Rules, prices: Floats, docs: Ints
) -> Longs:  # fmt: skip
    """Those whose lists somebody without a met need could still enter."""
    price = np.inf
    for j in docs:
        price = min(price, np.float64(prices[j]))
    found = np.empty(task.stop - task.start, np.int64)
    count = 0
    for n in range(len(found)):
        if _least_score(best, waiting, n, price, task.shown) < rules.floor:
            found[count] = task.start + n
            count += 1
    return found[:count]


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
