"""The compiled core of the search: who sits where, and what a change costs.

A timetable under work stands in arrays (``State``) next to what is asked (``Task``). Each day has
64-bit words of its own in ``busy``, so breaks of a day are counted by a handful of bit operations.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]
Bits = NDArray[np.uint64]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_SOURCES = sorted(
    Path(__file__).parent / f"{name}.py" for name in ("annealing", "board", "chains", "placing")
)
_STAMP = blake2b(b"".join(path.read_bytes() for path in _SOURCES)).hexdigest()


def compiled(function: _Function) -> _Function:
    """Compile without the interpreter lock; kept on disk where the installation can be written."""
    options: Any = {"nogil": True, "_nrt": False}
    try:
        made = numba.njit(cache=True, **options)(function)
        # Numba looks only at the file of the function itself to see whether what it kept is out of
        # date; ours call each other across files.
        kept = made._cache._cache_file  # noqa: SLF001
        kept._source_stamp = (kept._source_stamp, _STAMP)  # noqa: SLF001
    except RuntimeError:
        made = numba.njit(**options)(function)
    return cast(_Function, made)


class Task(NamedTuple):
    """What is asked, see ``Problem``. ``x_start[i]:x_start[i + 1]`` are the rows of i in x."""

    people_start: Longs
    people: Ints
    """Attendees of each meeting, without the interpreter."""
    mine_start: Longs
    mine: Ints
    """Meetings of each participant as attendee."""
    helpers_start: Longs
    helpers: Ints
    starts_start: Longs
    starts: Ints
    """Slots each meeting may start in."""
    allowed: Flags
    """The same by meeting and slot."""
    before_start: Longs
    before: Ints
    """Meetings that have to come before each."""
    after_start: Longs
    after: Ints
    length: Ints
    place: Ints
    away: Flags
    """By participant and slot."""
    counted: Flags
    burden: Ints
    """Minutes by participant and slot."""
    tables: Ints
    screens: Ints
    day: Ints
    """Of each slot."""
    word: Ints
    """Where the bit of each slot stands in ``State.busy``."""
    bit: Bits
    too_long: Ints
    """See ``Problem``; empty where nobody rests."""
    resting: Flags
    day_word: Ints
    """Day d has the words from ``day_word[d]`` up to ``day_word[d + 1]``."""


class State(NamedTuple):
    """A timetable under work, always without clashes; -1 stands for none."""

    slot: Ints
    helper: Ints
    at: Ints
    """The meeting of each participant in each slot."""
    busy: Bits
    gap: Longs
    """Breaks · 65536 + idle slots, by participant and day."""
    breaks: Ints
    idle: Ints
    minutes: Longs
    """Burden so far, by participant."""
    load: Ints
    """Tables taken in each slot."""
    screened: Ints
    waiting: Ints
    """The first ``counts[WAITING]`` are the meetings without a slot."""
    waiting_at: Ints
    broken: Ints
    """The first ``counts[BROKEN]`` are the participants with counted breaks."""
    broken_at: Ints
    queue: Ints
    """Meetings of the chain, or to be put out."""
    mark: Longs
    touched: Ints
    """Participants whose hours a chain changes."""
    log: Ints
    banned: Longs
    """By meeting: a slot it may not take again yet, and until which step."""
    best_slot: Ints
    best_helper: Ints
    counts: Longs
    cost: Doubles
    """Of all participants now, and of the best timetable."""
    chance: Bits


WAITING, BROKEN, STAMP, SIZE, TOUCHED, BEST_WAITING, STEP = range(7)


class Prices(NamedTuple):
    """What a timetable costs, in breaks."""

    broken: float
    """Of one break."""
    idle: float
    """Of one idle slot."""
    fairness: int
    """Breaks that one participant may have."""
    unfair: float
    """Of each further one."""
    cap: int
    """Minutes outside 8 to 20 o'clock that one participant may have."""
    over: float
    """Of each further one."""
    even: float
    """Of the fourth power of somebody's hours outside 8 to 20 o'clock; evens them out."""


@compiled
def draw(chance: Bits, end: int) -> int:
    """A number from 0 up to ``end``, by chance.

    Source: SplitMix64 (Steele, Lea, Flood 2014).
    """
    chance[0] += np.uint64(0x9E3779B97F4A7C15)
    mixed = chance[0]
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed = mixed ^ (mixed >> np.uint64(31))
    return int(np.int64(((mixed >> np.uint64(32)) * np.uint64(end)) >> np.uint64(32)))


@compiled
def share(chance: Bits) -> float:
    """A number from 0 up to 1, by chance; never 0."""
    return (draw(chance, 1 << 30) + 1.0) / (1 << 30)


@compiled
def ones(bits: np.uint64) -> int:
    """How many bits are set; becomes one instruction of the processor."""
    bits -= (bits >> np.uint64(1)) & np.uint64(0x5555555555555555)
    bits = (bits & np.uint64(0x3333333333333333)) + (
        (bits >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int(np.int64((bits * np.uint64(0x0101010101010101)) >> np.uint64(56)))


@compiled
def top(bits: np.uint64) -> int:
    """How many bits there are up to the highest that is set."""
    for shift in (1, 2, 4, 8, 16, 32):
        bits |= bits >> np.uint64(shift)
    return ones(bits)


@compiled
def gaps(task: Task, state: State, person: int, day: int, one: int, other: int) -> int:
    """Breaks · 65536 + idle slots of a day, were the slots one and other (-1 none) turned over."""
    begins = held = 0
    first, last = -1, 0
    carry = np.uint64(0)
    base = task.day_word[day]
    for word in range(base, task.day_word[day + 1]):
        bits = state.busy[person, word]
        if one >= 0 and task.word[one] == word:
            bits ^= task.bit[one]
        if other >= 0 and task.word[other] == word:
            bits ^= task.bit[other]
        if bits:
            begins += ones(bits & ~((bits << np.uint64(1)) | carry))
            held += ones(bits)
            if first < 0:
                first = 64 * (word - base) + top(bits & (~bits + np.uint64(1)))
            last = 64 * (word - base) + top(bits)
        carry = bits >> np.uint64(63)
    if first < 0:
        return 0
    return ((begins - 1) << 16) + last - first + 1 - held


@compiled
def burden_cost(prices: Prices, minutes: int) -> float:
    """What so many minutes outside 8 to 20 o'clock cost."""
    hours = minutes / 60
    return prices.even * hours**4 + prices.over * max(0, minutes - prices.cap)


@compiled
def break_cost(prices: Prices, breaks: int, idle: int) -> float:
    """What breaks and idle slots of one participant cost."""
    cost = prices.broken * breaks + prices.idle * idle
    return cost + prices.unfair * max(0, breaks - prices.fairness)


@compiled
def turn_cost(task: Task, state: State, prices: Prices, person: int, old: int, new: int) -> float:
    """How much more it costs when a participant is busy in slot new in place of old."""
    cost = 0.0
    if task.counted[person]:
        day, late = task.day[old], task.day[new]
        if day == late:
            change = gaps(task, state, person, day, old, new) - state.gap[person, day]
        else:
            change = gaps(task, state, person, day, old, -1) - state.gap[person, day]
            change += gaps(task, state, person, late, new, -1) - state.gap[person, late]
        if change:
            was = (np.int64(state.breaks[person]) << 16) + state.idle[person]
            after = was + change
            cost = break_cost(prices, after >> 16, after & 0xFFFF) - break_cost(
                prices, was >> 16, was & 0xFFFF
            )
    if prices.over > 0 or prices.even > 0:
        minutes = state.minutes[person]
        after = minutes + task.burden[person, new] - task.burden[person, old]
        cost += burden_cost(prices, after) - burden_cost(prices, minutes)
    return cost


@compiled
def turn(task: Task, state: State, prices: Prices, person: int, slot: int) -> None:
    """Turn a slot of a participant from free to busy or back."""
    busy = state.busy[person, task.word[slot]] & task.bit[slot] != 0
    state.busy[person, task.word[slot]] ^= task.bit[slot]
    day = task.day[slot]
    if task.counted[person]:
        new = gaps(task, state, person, day, -1, -1)
        was = (np.int64(state.breaks[person]) << 16) + state.idle[person]
        after = was + new - state.gap[person, day]
        state.gap[person, day] = new
        state.breaks[person], state.idle[person] = after >> 16, after & 0xFFFF
        state.cost[0] += break_cost(prices, after >> 16, after & 0xFFFF)
        state.cost[0] -= break_cost(prices, was >> 16, was & 0xFFFF)
        listed = state.broken_at[person] >= 0
        if listed != (state.breaks[person] > 0):
            keep(state.broken, state.broken_at, state.counts, BROKEN, person)
    minutes = state.minutes[person]
    state.minutes[person] += -task.burden[person, slot] if busy else task.burden[person, slot]
    if prices.over > 0 or prices.even > 0:
        state.cost[0] += burden_cost(prices, state.minutes[person]) - burden_cost(prices, minutes)


@compiled
def keep(members: Ints, places: Ints, count: Longs, size: int, member: int) -> None:
    """Put a member into a list, or take it out when it is there."""
    if places[member] < 0:
        members[count[size]] = member
        places[member] = count[size]
        count[size] += 1
    else:
        count[size] -= 1
        last = members[count[size]]
        members[places[member]] = last
        places[last] = places[member]
        places[member] = -1


@compiled
def put(task: Task, state: State, prices: Prices, meeting: int, slot: int, helper: int) -> None:
    """Seat a waiting meeting where it fits."""
    state.slot[meeting], state.helper[meeting] = slot, helper
    keep(state.waiting, state.waiting_at, state.counts, WAITING, meeting)
    _cover(task, state, prices, meeting, True)


@compiled
def take(task: Task, state: State, prices: Prices, meeting: int) -> None:
    """Let a seated meeting wait."""
    _cover(task, state, prices, meeting, False)
    state.slot[meeting] = state.helper[meeting] = -1
    keep(state.waiting, state.waiting_at, state.counts, WAITING, meeting)


@compiled
def _cover(task: Task, state: State, prices: Prices, meeting: int, seated: bool) -> None:
    change = 1 if seated else -1
    for slot in range(state.slot[meeting], state.slot[meeting] + task.length[meeting]):
        if task.place[meeting] < 2:
            state.load[slot] += change
            state.screened[slot] += change if task.place[meeting] == 1 else 0
        for i in range(task.people_start[meeting], task.people_start[meeting + 1] + 1):
            person = task.people[i] if i < task.people_start[meeting + 1] else state.helper[meeting]
            if person >= 0:
                state.at[person, slot] = meeting if seated else -1
                turn(task, state, prices, person, slot)


@compiled
def in_order(task: Task, state: State, meeting: int, slot: int) -> bool:
    """Whether a meeting at a slot keeps the order with seated ones it has to come before, after."""
    for i in range(task.before_start[meeting], task.before_start[meeting + 1]):
        earlier = task.before[i]
        if state.slot[earlier] >= 0 and state.slot[earlier] + task.length[earlier] > slot:
            return False
    end = slot + task.length[meeting]
    for i in range(task.after_start[meeting], task.after_start[meeting + 1]):
        later = task.after[i]
        if 0 <= state.slot[later] < end:
            return False
    return True


@compiled
def has_table(task: Task, state: State, meeting: int, slot: int) -> bool:
    """Whether there is a table of the kind a waiting meeting needs, all its time."""
    if task.place[meeting] == 2:
        return True
    for at in range(slot, slot + task.length[meeting]):
        if state.load[at] >= task.tables[at] or lacks_screen(task, state, meeting, at):
            return False
    return True


@compiled
def lacks_screen(task: Task, state: State, meeting: int, slot: int) -> bool:
    """Whether a waiting meeting needs a screen and all are taken in this one slot."""
    return bool(task.place[meeting] == 1 and state.screened[slot] >= task.screens[slot])


@compiled
def is_free(task: Task, state: State, person: int, slot: int, end: int) -> bool:
    """Whether a participant is there and has no meeting from a slot up to an end."""
    for at in range(slot, end):  # noqa: SIM110 -- compiled: faster than all()
        if state.at[person, at] >= 0 or task.away[person, at]:
            return False
    return True


@compiled
def free_helper(task: Task, state: State, meeting: int, slot: int) -> int:
    """An interpreter for a meeting at a slot: -1 when it needs none, -2 when none is free."""
    first, end = task.helpers_start[meeting], task.helpers_start[meeting + 1]
    if first == end:
        return -1
    skip = draw(state.chance, end - first)
    for i in range(end - first):
        helper = int(task.helpers[first + (i + skip) % (end - first)])
        if is_free(task, state, helper, slot, slot + task.length[meeting]):
            return helper
    return -2


@compiled
def people_free(task: Task, state: State, meeting: int, slot: int) -> bool:
    """Whether all attendees of a waiting meeting have no other at a slot."""
    for i in range(task.people_start[meeting], task.people_start[meeting + 1]):
        if not is_free(task, state, task.people[i], slot, slot + task.length[meeting]):
            return False
    return True


@compiled
def keeps_rests(task: Task, state: State, meeting: int, slot: int, gone: int) -> bool:
    """Whether a waiting meeting at a slot leaves its people a rest in time.

    Meetings with the mark ``gone`` count as away; -1 none.
    """
    if len(task.too_long) == 0:
        return True
    end = slot + task.length[meeting]
    for i in range(task.people_start[meeting], task.people_start[meeting + 1]):
        if not rests(task, state, task.people[i], slot, end, -1, gone):
            return False
    return True


@compiled
def rests(
    task: Task, state: State, person: int, begin: int, end: int, left: int, gone: int
) -> bool:
    """Whether a participant rests in time who is busy from begin up to end, too, but not at left.

    Meetings with the mark ``gone`` count as away; -1 none.
    """
    if not task.resting[person]:
        return True
    while begin > 0 and _is_at_work(state, person, begin - 1, left, gone):
        begin -= 1
    while end < len(task.too_long) and _is_at_work(state, person, end, left, gone):
        end += 1
    for slot in range(begin, end):  # noqa: SIM110 -- compiled: faster than all()
        if 0 <= task.too_long[slot] < end:
            return False
    return True


@compiled
def _is_at_work(state: State, person: int, slot: int, left: int, gone: int) -> bool:
    meeting = state.at[person, slot]
    if meeting < 0 or slot == left:
        return False
    return bool(gone < 0 or state.mark[meeting] != gone)


@compiled
def fits(task: Task, state: State, meeting: int, slot: int) -> bool:
    """Whether a waiting meeting can be seated at a slot of its domain, but for an interpreter."""
    return (
        has_table(task, state, meeting, slot)
        and people_free(task, state, meeting, slot)
        and in_order(task, state, meeting, slot)
        and keeps_rests(task, state, meeting, slot, -1)
    )


@compiled
def seat_all(task: Task, state: State, prices: Prices, slots: Ints, helpers: Ints) -> None:
    """Seat waiting meetings as told (-1 not at all), as far as that keeps the rules."""
    for meeting in range(len(slots)):
        slot, helper = slots[meeting], helpers[meeting]
        if slot < 0 or not task.allowed[meeting, slot]:
            continue
        first, end = task.helpers_start[meeting], task.helpers_start[meeting + 1]
        known = first == end
        if known:
            helper = -1
        for i in range(first, end):
            known = known or task.helpers[i] == helper
        if not known or not fits(task, state, meeting, slot):
            continue
        if helper < 0 or is_free(task, state, helper, slot, slot + task.length[meeting]):
            put(task, state, prices, meeting, slot, helper)
