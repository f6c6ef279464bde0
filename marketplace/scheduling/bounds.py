"""What no timetable can beat: fewest breaks, most meetings, and what surely cannot be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from marketplace.scheduling.problem import Cause, Place, Problem, Unplaced

Domains = tuple[tuple[int, ...], ...]

_NEVER = 1 << 30


def usable(problem: Problem) -> Domains:
    """The domains without slots where no interpreter is free or no table stands."""
    found = []
    for meeting, domain in enumerate(problem.domains):
        length, place = problem.lengths[meeting], problem.places[meeting]
        room = {
            Place.TABLE: problem.tables,
            Place.SCREEN: problem.screens,
            Place.NONE: (1,) * problem.slots,
        }[place]
        away = [problem.forbidden[helper] for helper in problem.helpers[meeting]]
        found.append(
            tuple(
                start
                for start in domain
                if all(room[slot] for slot in range(start, start + length))
                and (
                    not away
                    or any(away_.isdisjoint(range(start, start + length)) for away_ in away)
                )
            )
        )
    return tuple(found)


def tighten(problem: Problem, domains: Domains) -> Domains:
    """The domains without slots that the precedences rule out; all meetings must be held."""
    tight = [list(domain) for domain in domains]
    changed = True
    while changed:
        changed = False
        for first, second in problem.precedences:
            if not tight[first] or not tight[second]:
                continue
            over = tight[first][0] + problem.lengths[first]
            begin = tight[second][-1] - problem.lengths[first]
            if tight[second][0] < over or tight[first][-1] > begin:
                tight[second] = [slot for slot in tight[second] if slot >= over]
                tight[first] = [slot for slot in tight[first] if slot <= begin]
                changed = True
    return tuple(tuple(domain) for domain in tight)


def meetings_of(problem: Problem) -> list[list[int]]:
    """The meetings each participant attends; those of an interpreter are not settled."""
    found: list[list[int]] = [[] for _ in range(problem.participants)]
    for meeting, people in enumerate(problem.meetings):
        for participant in people:
            found[participant].append(meeting)
    return found


def least_breaks(problem: Problem, domains: Domains) -> list[int]:
    """Breaks each participant has in any timetable that holds all meetings; 0 if not counted.

    Each alone: the fewest over all ways to be busy for as many slots as the meetings take, in
    slots where one of them may be, the slots of meetings that have no choice among them.
    """
    bounds = []
    for participant, meetings in enumerate(meetings_of(problem)):
        if not problem.counts(participant) or len(meetings) < 2:
            bounds.append(0)
            continue
        open_slots, forced = set[int](), set[int]()
        for meeting in meetings:
            length = problem.lengths[meeting]
            for start in domains[meeting]:
                open_slots.update(range(start, start + length))
            if len(domains[meeting]) == 1:
                forced.update(range(domains[meeting][0], domains[meeting][0] + length))
        busy = sum(problem.lengths[meeting] for meeting in meetings)
        bounds.append(_fewest_breaks(problem.days, open_slots, forced, busy))
    return bounds


def _fewest_breaks(
    days: Sequence[Sequence[int]], open_slots: set[int], forced: set[int], busy: int
) -> int:
    if not forced and sum(_longest_run(day, open_slots) for day in days) >= busy:
        return 0
    idle, working, waiting = 0, 1, 2  # today: not yet begun, busy, idle after a meeting
    best = {(0, idle): 0}
    for day in days:
        starts: dict[tuple[int, int], int] = {}
        for (count, _), cost in best.items():
            starts[count, idle] = min(cost, starts.get((count, idle), _NEVER))
        best = starts
        for slot in day:
            after: dict[tuple[int, int], int] = {}
            for (count, state), cost in best.items():
                if slot in open_slots and count < busy:
                    key, price = (count + 1, working), cost + (state == waiting)
                    after[key] = min(price, after.get(key, _NEVER))
                if slot not in forced:
                    key = (count, idle if state == idle else waiting)
                    after[key] = min(cost, after.get(key, _NEVER))
            best = after
    # Too few open slots: infeasible, and then any bound holds.
    return min((cost for (count, _), cost in best.items() if count == busy), default=0)


def _longest_run(day: Sequence[int], open_slots: set[int]) -> int:
    longest = run = 0
    for slot in day:
        run = run + 1 if slot in open_slots else 0
        longest = max(longest, run)
    return longest


def most_placed(problem: Problem) -> int:
    """No timetable places more meetings than this.

    The least of what the tables hold, what the calendars hold and the meetings that have a slot.
    """
    domains = usable(problem)
    possible = [meeting for meeting, domain in enumerate(domains) if domain]
    seated = [m for m in possible if problem.places[m] != Place.NONE]
    held, _ = _fit([domains[m] for m in seated], problem.tables)
    by_tables = held + len(possible) - len(seated)
    room = 0
    smallest = min((len(problem.meetings[m]) for m in possible), default=2)
    for meetings in meetings_of(problem):
        held, _ = _fit([domains[m] for m in meetings if domains[m]], (1,) * problem.slots)
        room += held
    return min(len(possible), by_tables, room // smallest)


def obstacles(problem: Problem) -> tuple[Unplaced, ...]:
    """Meetings that surely cannot all be held, found without search; () if none is seen.

    Those without a slot first; else those of one full calendar; else those the tables cannot hold;
    else those the order asked for leaves no slot, or no room (then others may have a part in it).
    """
    domains = usable(problem)
    empty = [without_slot(problem, m) for m, domain in enumerate(domains) if not domain]
    if empty:
        return tuple(empty)
    full = _full_calendars(problem, domains) or _full_tables(problem, domains)
    if full or not problem.precedences:
        return full
    tight = tighten(problem, domains)
    found = [
        Unplaced(m, Cause.ORDER, problem.meetings[m], domains[m], _linked(problem, m))
        for m, domain in enumerate(tight)
        if not domain
    ]
    if found:
        return tuple(found)
    full = _full_calendars(problem, tight) or _full_tables(problem, tight)
    return tuple(replace(one, cause=Cause.ORDER) for one in full)


def without_slot(problem: Problem, meeting: int) -> Unplaced:
    """Why a meeting whose usable domain is empty can be held in no slot."""
    domain, people = problem.domains[meeting], problem.meetings[meeting]
    if not domain:
        return Unplaced(meeting, Cause.NO_COMMON_SLOT, people)
    length = problem.lengths[meeting]
    helped = [
        start
        for start in domain
        if not problem.helpers[meeting]
        or any(
            problem.forbidden[helper].isdisjoint(range(start, start + length))
            for helper in problem.helpers[meeting]
        )
    ]
    cause = Cause.TABLES if helped else Cause.NO_INTERPRETER
    return Unplaced(meeting, cause, people, domain)


def _linked(problem: Problem, meeting: int) -> tuple[int, ...]:
    """Meetings that must come before or after this one."""
    pairs = [pair for pair in problem.precedences if meeting in pair]
    return tuple(sorted({other for pair in pairs for other in pair} - {meeting}))


def _full_calendars(problem: Problem, domains: Domains) -> tuple[Unplaced, ...]:
    for participant, meetings in enumerate(meetings_of(problem)):
        owners = [m for m in meetings for _ in range(problem.lengths[m])]
        choices = [
            tuple(sorted({start + step for start in domains[m] for step in range(length)}))
            for m, length in ((m, problem.lengths[m]) for m in owners)
        ]
        _, rivals = _fit(choices, (1,) * problem.slots)
        if rivals:
            meetings = [owners[rival] for rival in rivals]
            return (_crowd(Cause.FULL_CALENDAR, meetings, choices, rivals, (participant,)),)
    return ()


def _full_tables(problem: Problem, domains: Domains) -> tuple[Unplaced, ...]:
    seated = [m for m, place in enumerate(problem.places) if place != Place.NONE]
    choices = [domains[m] for m in seated]
    _, rivals = _fit(choices, problem.tables)
    if not rivals:
        return ()
    return (_crowd(Cause.TABLES, [seated[r] for r in rivals], choices, rivals, ()),)


def _crowd(
    cause: Cause,
    meetings: Sequence[int],
    choices: Sequence[Sequence[int]],
    rivals: Sequence[int],
    participants: tuple[int, ...],
) -> Unplaced:
    slots = sorted({slot for rival in rivals for slot in choices[rival]})
    first, *others = sorted(set(meetings))
    return Unplaced(first, cause, participants, tuple(slots), tuple(others))


def _fit(choices: Sequence[Sequence[int]], room: Sequence[int]) -> tuple[int, list[int]]:
    """How many of them find room, and those that compete in vain with the first that finds none.

    Augmenting paths; the second is a set larger than the room of all its slots (Hall, 1935).
    """
    inside: dict[int, list[int]] = defaultdict(list)
    everywhere = len({slot for slots in choices for slot in slots})
    held, rivals = 0, list[int]()
    for item in range(len(choices)):
        came: dict[int, tuple[int, int | None]] = {}  # slot: the item that looks at it, from where
        queue: list[int] = []
        end = _look(item, None, choices, inside, room, came, queue)
        for place in queue:
            if end is not None or len(came) == everywhere:
                break
            for owner in inside[place]:
                end = _look(owner, place, choices, inside, room, came, queue)
                if end is not None:
                    break
        if end is None:
            rivals = rivals or [item, *(owner for slot in came for owner in inside[slot])]
            continue
        held += 1
        slot_: int | None = end
        while slot_ is not None:
            seeker, place_ = came[slot_]
            if place_ is not None:
                inside[place_].remove(seeker)
            inside[slot_].append(seeker)
            slot_ = place_
    return held, rivals


def _look(
    seeker: int,
    place: int | None,
    choices: Sequence[Sequence[int]],
    inside: dict[int, list[int]],
    room: Sequence[int],
    came: dict[int, tuple[int, int | None]],
    queue: list[int],
) -> int | None:
    """Look at all slots of one item that nobody looked at; one with room, if there is."""
    for slot in choices[seeker]:
        if slot not in came:
            came[slot] = (seeker, place)
            if len(inside[slot]) < room[slot]:
                return slot
            queue.append(slot)
    return None
