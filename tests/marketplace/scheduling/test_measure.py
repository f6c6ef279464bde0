"""The figures of a plan, counted by hand."""

from marketplace.scheduling import formats
from marketplace.scheduling.measure import Measures, agendas, measure
from marketplace.scheduling.problem import Place, Plan, Problem

DAYS = ((0, 1, 2, 3), (4, 5, 6))
MEETINGS = ((0, 1), (0, 2), (0, 1), (1, 2))
LENGTHS = (1, 1, 2, 1)
PROBLEM = Problem(
    participants=4,  # the last is an interpreter
    slots=7,
    days=DAYS,
    tables=(2,) * 7,
    screens=(0,) * 7,
    meetings=MEETINGS,
    domains=formats.domains(DAYS, MEETINGS, LENGTHS, (frozenset(),) * 4, (-1,) * 4, [range(7)] * 4),
    lengths=LENGTHS,
    places=(Place.TABLE,) * 4,
    helpers=((3,), (), (3,), ()),
    forbidden=(frozenset(),) * 4,
    counted=(True, True, True, False),
    burden=((30,) * 7, (0,) * 7, (0,) * 7, (10,) * 7),
    optional=True,
)
PLAN = Plan(slot=(0, 3, 5, None), table=(0, 1, 0, None), helper=(3, None, 3, None))


def test_a_break_is_a_group_of_idle_slots_between_two_meetings_of_one_day():
    figures = measure(PROBLEM, PLAN)

    assert figures == Measures(
        placed=3,
        breaks=1,  # participant 0, slots 1 and 2; nobody waits over night
        idle_slots=2,
        most_breaks=1,
        spread=1,
        table_changes=1,
        most_burden=4 * 30,  # two meetings of one slot and one of two
    )


def test_an_interpreter_is_busy_with_the_meetings_the_plan_gives_him():
    assert agendas(PROBLEM, PLAN)[3] == [(0, 0), (5, 2), (6, 2)]


def test_an_empty_plan_has_nothing_to_measure():
    nothing = Plan((None,) * 4, (None,) * 4, (None,) * 4)

    assert measure(PROBLEM, nothing) == Measures(0, 0, 0, 0, 0, 0, 0)
