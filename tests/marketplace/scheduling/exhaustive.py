"""Small random problems, and their best plan by trying every one: shares no code with solvers."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from hypothesis import strategies as st

from marketplace.scheduling import formats
from marketplace.scheduling.problem import Place, Plan, Problem

PEOPLE = 3
HELPERS = (3, 4)


@st.composite
def problems(draw, *, optional=None):
    """Three people, two interpreters, up to five slots and four meetings."""
    slots = draw(st.integers(4, 5))
    cut = draw(st.sampled_from([slots, slots, 1, 2]))
    days = tuple(tuple(range(*ends)) for ends in ((0, cut), (cut, slots)) if ends[0] < ends[1])
    pair = st.lists(st.integers(0, PEOPLE - 1), min_size=2, max_size=3, unique=True).map(tuple)
    meetings = tuple(draw(st.lists(pair, min_size=2, max_size=4)))
    count = len(meetings)

    def each(strategy):
        return tuple(draw(st.lists(strategy, min_size=count, max_size=count)))

    def per_slot(*numbers):
        some = st.sampled_from(numbers)
        return tuple(draw(st.lists(some, min_size=slots, max_size=slots)))

    away = st.frozensets(st.integers(0, slots - 1), max_size=1)
    everybody = PEOPLE + len(HELPERS)
    forbidden = tuple(draw(st.lists(away, min_size=everybody, max_size=everybody)))
    lengths = each(st.sampled_from([1, 1, 1, 1, 2]))
    fixed = each(st.sampled_from([-1, -1, -1, *range(slots)]))
    screens = per_slot(1, 0)
    extra = per_slot(2, 1, 0)
    order = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    minutes = st.lists(st.sampled_from([0, 0, 30, 60]), min_size=slots, max_size=slots).map(tuple)
    burden = draw(
        st.lists(minutes, min_size=everybody, max_size=everybody).map(tuple) | st.just(())
    )
    most = draw(st.sampled_from([0, 0, 1, 2, 3]))
    return Problem(
        too_long=tuple(
            slot + most if slot + most <= day[-1] else -1 for day in days for slot in day
        )
        if most
        else (),
        resting=(True,) * PEOPLE + (False,) * len(HELPERS) if most else (),
        participants=everybody,
        slots=slots,
        days=days,
        tables=tuple(one + more for one, more in zip(screens, extra, strict=True)),
        screens=screens,
        meetings=meetings,
        domains=formats.domains(days, meetings, lengths, forbidden, fixed, [range(slots)] * count),
        lengths=lengths,
        places=each(st.sampled_from([*Place, Place.TABLE])),
        helpers=each(st.sampled_from([(), (), (), HELPERS, HELPERS[:1]])),
        forbidden=forbidden,
        precedences=tuple(draw(st.lists(order, max_size=2))),
        counted=tuple(draw(st.lists(st.booleans(), min_size=everybody, max_size=everybody))),
        fairness=draw(st.sampled_from([None, 0, 1, 2])),
        burden=burden,
        fixed=fixed,
        optional=draw(st.booleans()) if optional is None else optional,
    )


def best(problem: Problem, held: Iterable[int] = ()) -> tuple[int, int, int] | None:
    """Fewest (meetings left out, minutes of the one who has most, breaks) of all plans.

    Of those that hold the meetings ``held``.
    """
    sure = list(held)
    return min(
        (
            rank
            for plan in _plans(problem)
            if all(plan.slot[meeting] is not None for meeting in sure)
            and (rank := rank_of(problem, plan)) is not None
        ),
        default=None,
    )


def rank_of(problem: Problem, plan: Plan) -> tuple[int, int, int] | None:
    """The same figures of one plan; None when it breaks a rule."""
    busy: list[dict[int, int]] = [{} for _ in range(problem.participants)]
    tables, screens = [0] * problem.slots, [0] * problem.slots
    for meeting, start in enumerate(plan.slot):
        if start is None:
            continue
        helper = plan.helper[meeting]
        if (helper is None) != (not problem.helpers[meeting]) or start not in problem.domains[
            meeting
        ]:
            return None
        who = problem.meetings[meeting] + (() if helper is None else (helper,))
        for slot in range(start, start + problem.lengths[meeting]):
            tables[slot] += problem.places[meeting] != Place.NONE
            screens[slot] += problem.places[meeting] == Place.SCREEN
            for person in who:
                if slot in busy[person] or slot in problem.forbidden[person]:
                    return None
                busy[person][slot] = meeting
    if any(
        last >= 0 and all(at in busy[person] for at in range(first, last + 1))
        for person in range(problem.participants)
        if problem.too_long and problem.resting[person] and person < PEOPLE
        for first, last in enumerate(problem.too_long)
    ):
        return None
    if any(used > there for used, there in zip(tables, problem.tables, strict=True)):
        return None
    if any(used > there for used, there in zip(screens, problem.screens, strict=True)):
        return None
    for first, second in problem.precedences:
        one, other = plan.slot[first], plan.slot[second]
        if one is not None and other is not None and one + problem.lengths[first] > other:
            return None
    breaks = [
        sum(_gaps([slot for slot in day if slot in busy[person]]) for day in problem.days)
        for person in range(problem.participants)
        if problem.counted[person]
    ]
    if problem.fairness is not None and (
        max(breaks, default=0) - min(breaks, default=0) > problem.fairness
    ):
        return None
    minutes = [
        sum(row[slot] for slot in slots) for row, slots in zip(problem.burden, busy, strict=False)
    ]
    return plan.slot.count(None), max(minutes, default=0), sum(breaks)


def _gaps(slots: list[int]) -> int:
    return sum(later > slot + 1 for slot, later in pairwise(slots))


def _plans(problem: Problem) -> Iterator[Plan]:
    """All plans that keep the domains, whatever else they break."""
    cells = [
        [(slot, helper) for slot in domain for helper in (problem.helpers[meeting] or (None,))]
        + ([(None, None)] if problem.optional else [])
        for meeting, domain in enumerate(problem.domains)
    ]

    def clash(one, other, first, second):
        return (
            one[0] is not None
            and one[0] == other[0]
            and (
                set(problem.meetings[first]) & set(problem.meetings[second])
                or one[1] == other[1] is not None
            )
        )

    def extend(chosen):
        meeting = len(chosen)
        if meeting == len(cells):
            yield Plan(
                tuple(slot for slot, _ in chosen),
                (None,) * len(chosen),
                tuple(helper for _, helper in chosen),
            )
            return
        for cell in cells[meeting]:
            if not any(clash(before, cell, m, meeting) for m, before in enumerate(chosen)):
                yield from extend([*chosen, cell])

    return extend([])
