"""Lists as arrays: chosen by score less price, turned round, written for COPY."""

import struct

import numpy as np

from matching.engine import copying


def lists(partners, mutual, shown=2):
    count = len(partners)
    return copying.Lists(
        ids=np.arange(count, dtype=np.int64) * 10 + 100,
        partners=np.array(partners, np.int32),
        mutual=np.array(mutual, np.float32),
        shown=shown,
        price=np.zeros(count, np.float32),
        threshold=np.full(count, -np.inf, np.float32),
        least=np.full(count, 0.25, np.float32),
        last=np.full(count, -1, np.int32),
    )


def fields_of(row):
    """The fields of the first row of a binary COPY, as bytes."""
    (count,), at, fields = struct.unpack_from(">h", row), 2, []
    for _ in range(count):
        (length,) = struct.unpack_from(">i", row, at)
        fields.append(bytes(row[at + 4 : at + 4 + length]))
        at += 4 + length
    return fields, at


def longs_of(field):
    dimensions, _flags, _kind = struct.unpack_from(">iii", field)
    if not dimensions:
        return []
    count, _lower = struct.unpack_from(">ii", field, 12)
    return [struct.unpack_from(">q", field, 24 + 12 * at)[0] for at in range(count)]


def test_the_best_by_score_less_price_come_first_and_equal_ones_stay_in_order():
    positions = np.array([[1, 2, 3, 4], [0, -1, -1, -1]], np.int32)
    scores = np.array([[0.9, 0.8, 0.8, 0.1], [0.5, 0, 0, 0]], np.float32)
    prices = np.array([0, 0.3, 0, 0, 0], np.float32)

    partners, mutual = copying.best_by_value(positions, scores, prices, 3)

    assert partners.tolist() == [[2, 3, 1], [0, -1, -1]]
    assert mutual.tolist() == np.array([[0.8, 0.8, 0.9], [0.5, 0, 0]], np.float32).tolist()


def test_lists_turned_round_say_who_lists_whom():
    partners = np.array([[1, 2], [2, -1], [-1, -1]], np.int32)

    start, owners = copying.listed_by(partners)

    assert [owners[start[i] : start[i + 1]].tolist() for i in range(3)] == [[], [0], [0, 1]]


def test_a_row_holds_the_list_its_reserve_and_who_lists_the_company():
    found = lists([[1, 2, 0], [2, -1, -1], [-1, -1, -1]], [[0.5, 0.25, 0.125]] * 3)
    start, owners = copying.listed_by(found.partners)

    rows = copying.rows(7, found, start, owners, 0, 3)

    fields, end = fields_of(rows)
    assert len(fields) == len(copying.COLUMNS)
    assert struct.unpack(">q", fields[0]) == (7,)
    assert (longs_of(fields[2]), longs_of(fields[4])) == ([110, 120], [100])
    assert struct.unpack(">f", fields[8]) == (0.25,)
    assert longs_of(fields[10]) == [100]
    second, _ = fields_of(rows[end:])
    assert (longs_of(second[2]), longs_of(second[4]), longs_of(second[10])) == ([120], [], [100])
