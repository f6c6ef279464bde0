"""Dots and shortest ways on a plain grid."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chambers.globe import HEIGHT, WIDTH, Grid, Spot, centred_on, great_circle

spots = st.builds(
    Spot, st.floats(-89.0, 89.0, allow_nan=False), st.floats(-180.0, 180.0, allow_nan=False)
)
MINSK, TOKYO, SAO_PAULO = Spot(53.9, 27.57), Spot(35.69, 139.69), Spot(-23.55, -46.64)


def apart(one, other):
    """Degrees of arc between two spots (haversine)."""
    north, east = (
        math.radians(one.latitude - other.latitude),
        math.radians(one.longitude - other.longitude),
    )
    inner = (
        math.sin(north / 2) ** 2
        + math.cos(math.radians(one.latitude))
        * math.cos(math.radians(other.latitude))
        * math.sin(east / 2) ** 2
    )
    return math.degrees(2 * math.asin(min(1.0, math.sqrt(inner))))


@given(spots, spots)
def test_a_way_joins_its_ends_and_is_no_longer_than_the_arc_between_them(start, end):
    way = great_circle(start, end)

    assert apart(way[0], start) < 1e-6
    assert apart(way[-1], end) < 1e-3
    length = sum(apart(one, other) for one, other in itertools.pairwise(way))
    assert length == pytest.approx(apart(start, end), abs=0.01)


@given(spots, spots, st.floats(-180.0, 180.0))
def test_no_stretch_of_a_drawn_way_crosses_the_picture_or_leaves_it(start, end, middle):
    for points in Grid(middle).way(start, end):
        drawn = [tuple(map(float, point.split(","))) for point in points.split(" ")]
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in drawn)
        for (x, _y), (next_x, _next_y) in itertools.pairwise(drawn):
            assert abs(next_x - x) <= WIDTH / 2 + 0.1


def test_the_way_from_minsk_to_tokyo_bends_north_and_stays_in_one_piece():
    way = great_circle(MINSK, TOKYO)

    assert max(spot.latitude for spot in way) > 60
    assert len(centred_on(MINSK).way(MINSK, TOKYO)) == 1


def test_a_way_over_the_edge_of_the_picture_is_drawn_in_two_pieces():
    assert len(Grid(0.0).way(TOKYO, SAO_PAULO)) in (1, 2)
    assert len(Grid(0.0).way(Spot(40.0, 170.0), Spot(40.0, -170.0))) == 2
    assert Grid(0.0).way(TOKYO, TOKYO) == []


def test_the_company_stands_in_the_middle_of_its_picture():
    assert centred_on(TOKYO).x(TOKYO.longitude) == pytest.approx(WIDTH / 2, abs=WIDTH / 360 * 8)
    assert centred_on(TOKYO).meridians() == sorted(centred_on(TOKYO).meridians())
