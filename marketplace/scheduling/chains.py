"""Kempe chains: all meetings of two slots that have to change sides together.

Two meetings of one slot never share people; so the meetings of two slots and the people they share
make paths and even rings (or more tangled pieces, where three attend), and a whole piece can change
sides without a clash. Source: Kempe (1879), On the geographical problem of the four colours.
"""

from __future__ import annotations

from marketplace.scheduling.board import (
    SIZE,
    STAMP,
    TOUCHED,
    Prices,
    State,
    Task,
    compiled,
    rests,
    turn,
    turn_cost,
)


@compiled
def find_chain(task: Task, state: State, meeting: int, target: int) -> bool:
    """Collect the chain of a seated meeting and a slot; whether it may change sides."""
    one = state.slot[meeting]
    state.counts[STAMP] += 1
    stamp = state.counts[STAMP]
    state.queue[0], state.mark[meeting] = meeting, stamp
    head, size, touched = 0, 1, 0
    while head < size:
        mover = state.queue[head]
        head += 1
        other = one + target - state.slot[mover]
        if not task.allowed[mover, other] or task.length[mover] != 1:
            return False
        end = task.people_start[mover + 1]
        for i in range(task.people_start[mover], end + 1):
            person = task.people[i] if i < end else state.helper[mover]
            if person < 0:
                continue
            if i == end and task.away[person, other]:
                return False
            partner = state.at[person, other]
            if partner < 0:
                state.touched[touched] = person
                touched += 1
            elif state.mark[partner] != stamp:
                state.mark[partner] = stamp
                state.queue[size] = partner
                size += 1
    state.counts[SIZE], state.counts[TOUCHED] = size, touched
    return (
        _fits_tables(task, state, one, target)
        and _keeps_order(task, state, one, target)
        and _keeps_rests(task, state, one, target)
    )


@compiled
def _fits_tables(task: Task, state: State, one: int, target: int) -> bool:
    more = screens = 0
    for i in range(state.counts[SIZE]):
        mover = state.queue[i]
        change = 1 if state.slot[mover] == one else -1
        if task.place[mover] < 2:
            more += change
            screens += change if task.place[mover] == 1 else 0
    if more > 0 and state.load[target] + more > task.tables[target]:
        return False
    if more < 0 and state.load[one] - more > task.tables[one]:
        return False
    if screens > 0 and state.screened[target] + screens > task.screens[target]:
        return False
    return not (screens < 0 and state.screened[one] - screens > task.screens[one])


@compiled
def _keeps_order(task: Task, state: State, one: int, target: int) -> bool:
    stamp = state.counts[STAMP]
    for i in range(state.counts[SIZE]):
        mover = state.queue[i]
        slot = one + target - state.slot[mover]
        for j in range(task.before_start[mover], task.before_start[mover + 1]):
            earlier = task.before[j]
            at = state.slot[earlier]
            if at >= 0:
                at = one + target - at if state.mark[earlier] == stamp else at
                if at + task.length[earlier] > slot:
                    return False
        for j in range(task.after_start[mover], task.after_start[mover + 1]):
            later = task.after[j]
            at = state.slot[later]
            if at >= 0:
                at = one + target - at if state.mark[later] == stamp else at
                if at <= slot:
                    return False
    return True


@compiled
def _keeps_rests(task: Task, state: State, one: int, target: int) -> bool:
    if len(task.too_long) == 0:
        return True
    for i in range(state.counts[TOUCHED]):
        person = state.touched[i]
        old = one if state.at[person, one] >= 0 else target
        new = one + target - old
        if not rests(task, state, person, new, new + 1, old, -1):
            return False
    return True


@compiled
def chain_cost(task: Task, state: State, prices: Prices, meeting: int, target: int) -> float:
    """How much more it costs when the chain just found changes sides."""
    one = state.slot[meeting]
    cost = 0.0
    for i in range(state.counts[TOUCHED]):
        person = state.touched[i]
        old = one if state.at[person, one] >= 0 else target
        cost += turn_cost(task, state, prices, person, old, one + target - old)
    return cost


@compiled
def swap_chain(task: Task, state: State, prices: Prices, meeting: int, target: int) -> None:
    """Let the chain just found change sides."""
    one = state.slot[meeting]
    for i in range(state.counts[TOUCHED]):
        turn(task, state, prices, state.touched[i], one)
        turn(task, state, prices, state.touched[i], target)
    for sides in range(2):
        for i in range(state.counts[SIZE]):
            mover = state.queue[i]
            old = state.slot[mover]
            if sides == 1:
                state.slot[mover] = old = one + target - old
            if task.place[mover] < 2:
                change = 1 if sides == 1 else -1
                state.load[old] += change
                state.screened[old] += change if task.place[mover] == 1 else 0
            end = task.people_start[mover + 1]
            for j in range(task.people_start[mover], end + 1):
                person = task.people[j] if j < end else state.helper[mover]
                if person >= 0:
                    state.at[person, old] = mover if sides == 1 else -1
