"""Few good partners instead of many: which candidates are shown, and who may join them."""

import numpy as np
import pytest

from matching.engine.showing import entrance, visible

ROOM = -np.inf


def test_those_that_score_enough_are_shown_or_the_best_one_where_none_does():
    scores = np.array([[0.9, 0.3, 0.29], [0.2, 0.2, 0.1], [0.2, 0, 0], [0, 0, 0]], np.float32)

    assert visible(scores, 0.3).sum(axis=1).tolist() == [2, 1, 1, 0]
    assert visible(scores, 0.3)[1].tolist() == [True, False, False]
    assert visible(scores, 0.0).sum(axis=1).tolist() == [3, 3, 1, 0]
    assert visible(np.zeros(0, np.float32), 0.3).tolist() == []


@pytest.mark.parametrize(
    ("scores", "least", "told"),
    [
        ([0, 0, 0], 0.5, (ROOM, -1)),  # nobody there: everybody may enter
        ([0.25, 0.125, 0], 0.5, (0.25, 0)),  # only who is better than the best
        ([0.75, 0.25, 0], 0.5, (0.5, -1)),  # only who scores enough
        ([0.75, 0.625, 0.25], 0.5, (0.5, -1)),
        ([0.75, 0.625, 0.5], 0.5, (0.5, 2)),  # full: only who is better than the last
        ([0.75, 0.25, 0], 0.0, (ROOM, -1)),  # everybody is shown while there is room
        ([0.75, 0.25, 0.125], 0.0, (0.125, 2)),
    ],
)
def test_somebody_new_needs_what_would_make_it_seen(scores, least, told):
    line = np.array([scores], np.float32)
    places = np.where(line > 0, np.arange(3), -1)
    end = np.where(line[:, -1] > 0, line[:, -1], np.float32(ROOM)), places[:, -1]

    score, partner = entrance((line[:, 0], places[:, 0]), end, least)

    assert (float(score[0]), int(partner[0])) == told
    assert score.dtype == np.float32
