"""Where one meeting may go by hand, and what that costs in breaks."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.scheduling.cells import choices, moved, obstacles
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
