"""Whose lists one company enters."""

import numpy as np

from matching.engine.kernel import tie_order
from matching.engine.standings import Standings, entered, orders


def standings(thresholds, least, last=None, here=None):
    count = len(thresholds)
    return Standings(
        ids=np.arange(count, dtype=np.int64),
        here=np.array(here or [True] * count),
        price=np.zeros(count, np.float32),
        threshold=np.array(thresholds, np.float32),
        least=np.array(least, np.float32),
        last=np.array(last or [-1] * count, np.int64),
    )


def test_a_company_enters_where_it_is_good_enough_for_shortlist_and_list():
    room = -np.inf
    place = standings([room, 0.5, 0.5, room, room], [room, room, 0.75, room, room])
    scores = np.array([0.1, 0.7, 0.7, 0, 0.9], np.float32)

    found = entered(scores, place, company=9, price=0.1, seed=1)

    assert found.tolist() == [0, 1, 4]


def test_its_price_keeps_it_out_and_those_that_changed_are_left_to_others():
    place = standings([0.5, 0.5], [0.0, 0.0], here=[True, False])
    scores = np.array([0.75, 0.9], np.float32)

    assert entered(scores, place, company=9, price=0.0, seed=1).tolist() == [0]
    assert entered(scores, place, company=9, price=0.5, seed=1).tolist() == []


def test_equal_to_the_last_of_a_shortlist_the_order_by_chance_decides():
    companies = np.arange(50, dtype=np.int64) + 100
    place = standings([-np.inf], [0.5], last=[100])
    scores = np.array([0.5], np.float32)

    inside = [one for one in companies.tolist() if len(entered(scores, place, one, 0.0, seed=3))]

    before = tie_order(3, 0, 100)
    assert inside == [one for one in companies.tolist() if tie_order(3, 0, one) <= before]
    assert 0 < len(inside) < 50
    assert orders(3, 0, companies).tolist() == [tie_order(3, 0, one) for one in companies.tolist()]


def test_where_a_list_ends_with_a_score_and_nobody_who_has_it_enters():
    place = standings([-np.inf] * 50, [0.5] * 50)

    assert len(entered(np.full(50, 0.5, np.float32), place, 900, 0.0, seed=3)) == 50
    assert len(entered(np.full(50, 0.49, np.float32), place, 900, 0.0, seed=3)) == 0
