"""What changes from one set of lists to another."""

import numpy as np
import pytest

from matching.engine.comparing import Group, Lists, Moved, compare


def lists(rows, scores=None):
    width = max((len(row) for row in rows.values()), default=0)
    partners = np.full((len(rows), width), -1, np.int64)
    mutual = np.zeros((len(rows), width), np.float32)
    for at, row in enumerate(rows.values()):
        partners[at, : len(row)] = row
        mutual[at, : len(row)] = (scores or {}).get(list(rows)[at], [0.5] * len(row))
    return Lists(np.array(list(rows), np.int64), partners, mutual)


BEFORE = {7: [8, 9], 8: [7], 9: [7], 10: []}


def test_nothing_changes_between_the_same_lists():
    change = compare(lists(BEFORE), lists(BEFORE))

    assert (change.companies, change.changed, change.reordered, change.kept) == (4, 0, 0, 1.0)
    assert (change.fewer, change.more, change.without) == (0, 0, (1, 1))
    assert (change.up, change.down) == ((), ())


def test_lists_that_lose_gain_or_turn_are_counted_apart():
    after = {7: [9, 8], 8: [], 9: [7, 10], 10: [9]}

    change = compare(lists(BEFORE), lists(after))

    assert (change.changed, change.reordered) == (3, 1)
    assert change.kept == pytest.approx(3 / 4)
    assert (change.fewer, change.more, change.without) == (1, 2, (1, 1))


def test_the_farthest_moves_are_told_with_their_ranks():
    rest = {2: [1], 3: [], 4: [], 5: []}
    before, after = lists({1: [2, 3, 4], **rest}), lists({1: [4, 3, 5], **rest})

    change = compare(before, after, examples=1)

    assert change.up == (Moved(1, 4, 3, 1),)
    assert change.down == (Moved(1, 2, 1, None),)


def test_a_single_move_is_told_once():
    before, after = lists({1: [], 2: [1]}), lists({1: [2], 2: [1]})

    change = compare(before, after)

    assert (change.up, change.down) == ((Moved(1, 2, None, 1),), ())


def test_groups_are_told_apart_by_best_score_and_attention():
    before = lists({1: [2, 3], 2: [1], 3: [1]}, {1: [0.8, 0.4], 2: [0.8], 3: [0.4]})
    after = lists({1: [2], 2: [1], 3: []}, {1: [0.6], 2: [0.6]})

    change = compare(before, after, {"x": np.array([True, False, False]), "y": np.zeros(3, bool)})

    assert change.best == (pytest.approx((0.8 + 0.8 + 0.4) / 3), pytest.approx(0.4))
    assert change.groups["x"] == Group(
        1, (pytest.approx(0.8), pytest.approx(0.6)), (2.0, 1.0), (0, 0)
    )
    assert change.groups["y"].companies == 0


def test_lists_of_different_companies_are_not_compared():
    with pytest.raises(ValueError, match="same companies"):
        compare(lists({1: []}), lists({2: []}))


def test_a_world_without_companies_has_no_change():
    change = compare(lists({}), lists({}))

    assert (change.companies, change.kept, change.best) == (0, 1.0, (0.0, 0.0))
