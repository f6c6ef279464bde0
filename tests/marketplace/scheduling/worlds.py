"""Small problems by chance, and the rules of a plan once more, by brute force."""

import random
from collections import Counter
from dataclasses import replace
from itertools import pairwise

from hypothesis import strategies as st

from marketplace.scheduling.formats import domains
from marketplace.scheduling.problem import Place, Problem


def world(seed: int, *, size: int = 8, meetings: int = 14, plain: bool = False) -> Problem:
    """A problem with a bit of everything; ``plain``: pairs, tables and absences only."""
    chance = random.Random(seed)
    slots = chance.randint(5, 8)
    cut = chance.randint(2, slots - 2)
    days = (tuple(range(cut)), tuple(range(cut, slots)))
    guides = 0 if plain else 2
    participants = size + guides
    forbidden = [
        frozenset(slot for slot in range(slots) if chance.random() < 0.1)
        for _ in range(participants)
    ]
    people, lengths, places, helpers, fixed = [], [], [], [], []
    for _ in range(meetings):
        group = 3 if not plain and chance.random() < 0.1 else 2
        people.append(tuple(chance.sample(range(size), group)))
        lengths.append(2 if not plain and chance.random() < 0.15 else 1)
        places.append(Place(chance.choice([0, 0, 0, 1, 2])) if not plain else Place.TABLE)
        needs_guide = not plain and chance.random() < 0.2
        helpers.append((size, size + 1) if needs_guide else ())
        fixed.append(chance.randrange(slots) if not plain and chance.random() < 0.05 else -1)
    tables = tuple(chance.randint(2, 4) for _ in range(slots))
    return Problem(
        participants=participants,
        slots=slots,
        days=days,
        tables=tables,
        screens=tuple(max(1, count - 1) for count in tables),
        meetings=tuple(people),
        domains=domains(days, people, lengths, forbidden, fixed, [range(slots)] * meetings),
        lengths=tuple(lengths),
        places=tuple(places),
        helpers=tuple(helpers),
        forbidden=tuple(forbidden),
        precedences=() if plain or chance.random() < 0.5 else ((0, 1), (2, 1)),
        counted=tuple(person < size for person in range(participants)),
        fixed=tuple(fixed),
        optional=True,
    )


worlds = st.builds(world, st.integers(0, 10**6))


def faults(problem, plan):
    """Rules that a plan breaks, in words; none for a good one."""
    found = []
    taken, load, screens = Counter(), Counter(), Counter()
    for meeting, start in enumerate(plan.slot):
        helper = plan.helper[meeting] if plan.helper else None
        wanted = problem.helpers[meeting] if start is not None else ()
        if (helper is not None) != bool(wanted) or (wanted and helper not in wanted):
            found.append(f"{meeting} has interpreter {helper} of {wanted}")
        if start is None:
            continue
        if start not in problem.domains[meeting]:
            found.append(f"{meeting} at {start} is outside its domain")
        for slot in range(start, start + problem.lengths[meeting]):
            for person in (*problem.meetings[meeting], *([] if helper is None else [helper])):
                taken[person, slot] += 1
                if slot in problem.forbidden[person]:
                    found.append(f"{person} is away at {slot}")
            load[slot] += problem.places[meeting] != Place.NONE
            screens[slot] += problem.places[meeting] == Place.SCREEN
    found += [f"{who} is in two meetings" for who, times in taken.items() if times > 1]
    found += [f"slot {slot} is over full" for slot in load if load[slot] > problem.tables[slot]]
    found += [f"no screens left {slot}" for slot in load if screens[slot] > problem.screens[slot]]
    for first, second in problem.precedences:
        if None not in (plan.slot[first], plan.slot[second]):
            end = plan.slot[first] + problem.lengths[first]
            if end > plan.slot[second]:
                found.append(f"{first} is not before {second}")
    return found


def breaks_of(problem, plan):
    """Groups of idle slots within the days of counted participants."""
    total = 0
    for person in range(problem.participants):
        for day in problem.days:
            hours = sorted(
                slot
                for meeting, start in enumerate(plan.slot)
                if start in day and person in problem.meetings[meeting]
                for slot in range(start, start + problem.lengths[meeting])
            )
            gaps = sum(right > left + 1 for left, right in pairwise(hours))
            total += gaps if problem.counts(person) else 0
    return total


def placed(plan):
    return sum(slot is not None for slot in plan.slot)


def without(problem, person, slots):
    """The problem when a participant is away in some slots."""
    gone = frozenset(slots) & frozenset(range(problem.slots))
    return replace(
        problem,
        forbidden=tuple(
            away | gone if number == person else away
            for number, away in enumerate(problem.forbidden)
        ),
        domains=tuple(
            tuple(
                start
                for start in starts
                if person not in people or gone.isdisjoint(range(start, start + length))
            )
            for starts, people, length in zip(
                problem.domains, problem.meetings, problem.lengths, strict=True
            )
        ),
    )
