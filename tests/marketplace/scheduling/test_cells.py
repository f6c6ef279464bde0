"""Where one meeting may go by hand, and what that costs in breaks."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.scheduling.cells import Why, choices, moved, obstacles, uneven_without
from marketplace.scheduling.measure import measure
from marketplace.scheduling.placing import place
from marketplace.scheduling.seating import seat

from .worlds import worlds


@given(worlds, st.integers(0, 13), st.booleans())
@settings(deadline=None, max_examples=40)
def test_the_price_of_a_slot_is_what_the_certificate_then_counts_more(problem, meeting, everybody):
    problem = replace(problem, counted=() if everybody else problem.counted)
    plan = seat(problem, place(problem, steps=5))
    now = measure(problem, plan).breaks

    starts = range(problem.slots - problem.lengths[meeting] + 1)
    found = choices(problem, plan, meeting, starts)

    for cell in found:
        assert cell.obstacles == obstacles(problem, plan, meeting, cell.start)
        if cell.obstacles:
            assert cell.price is None
        else:
            then = moved(problem, plan, meeting, cell.start)
            assert cell.price == measure(problem, then).breaks - now
    assert all(cell.price == 0 for cell in found if cell.start == plan.slot[meeting])


@given(worlds, st.integers(0, 13), st.integers(0, 2))
@settings(deadline=None, max_examples=40)
def test_a_slot_is_refused_for_evenness_exactly_where_the_plan_then_is_too_uneven(
    problem, meeting, most
):
    plan = seat(problem, place(problem, steps=5))
    asked = replace(problem, fairness=most)
    even = measure(problem, plan).spread <= most

    starts = range(problem.slots - problem.lengths[meeting] + 1)
    plain = choices(problem, plan, meeting, starts)
    found = choices(asked, plan, meeting, starts)

    for free, cell in zip(plain, found, strict=True):
        if free.obstacles:
            assert cell == free
            continue
        then = moved(problem, plan, meeting, free.start)
        refused = even and measure(problem, then).spread > most
        assert [one.why for one in cell.obstacles] == [Why.UNEVEN] * refused
        if not refused:
            assert cell == free
    out = measure(problem, moved(problem, plan, meeting, None)).spread
    assert uneven_without(asked, plan, meeting) == (even and out > most)
    assert not uneven_without(problem, plan, meeting)
