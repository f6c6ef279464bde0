"""What a chamber stresses: proportions only, the same from both sides, never out of range."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import Company, Row, Side, Weights, explain
from matching.engine.emphasis import LEAST, MOST, Emphasis, at_an_event, factors
from matching.engine.index import Index
from matching.engine.terms import STEPS, quantised

KINDS = ("goods", "service", "technology", "research", "investment")
one_factor = st.floats(LEAST, MOST)
emphases = st.builds(
    Emphasis,
    codes=one_factor,
    words=one_factor,
    kinds=st.fixed_dictionaries(dict.fromkeys(KINDS, one_factor)),
)


def alike(**raised):
    return {kind: raised.get(kind, 1.0) for kind in KINDS}


def test_without_an_emphasis_everything_counts_as_it_stands():
    assert factors([]) == factors([Emphasis()]) == (1.0, 1.0)
    assert factors([Emphasis(kinds=alike())], "goods") == (1.0, 1.0)


@given(one_factor, st.sampled_from(["", *KINDS]))
def test_what_is_raised_for_all_is_raised_for_none(times, kind):
    raised = Emphasis(times, times, dict.fromkeys(KINDS, times))

    assert factors([raised], kind) == (1.0, 1.0)


def test_codes_raised_to_twice_count_a_half_more_than_before_and_words_less():
    codes, words = Emphasis(codes=2.0).counts()

    assert (codes, words) == pytest.approx((math.sqrt(2), 1 / math.sqrt(2)))
    assert factors([Emphasis(codes=2.0)]) == pytest.approx((2**0.25, 2**-0.25), abs=1e-4)


def test_a_kind_counts_for_opportunities_and_leaves_the_profile_alone():
    goods = Emphasis(kinds=alike(goods=2.0))

    assert factors([goods]) == (1.0, 1.0)
    assert factors([goods], "goods")[0] > 1 > factors([goods], "service")[0]


def test_each_chamber_of_a_company_has_one_voice():
    silent, codes, words = Emphasis(), Emphasis(codes=2.0), Emphasis(words=2.0)

    assert factors([codes, words]) == (1.0, 1.0)
    assert factors([silent]) < factors([codes, silent]) < factors([codes])


@given(st.lists(emphases, min_size=1, max_size=3), st.sampled_from(["", *KINDS]))
def test_a_full_confidence_always_fits_its_byte(chosen, kind):
    assert all(0.4 < one < 2.5 for one in factors(chosen, kind))
    assert all(abs(quantised(one) / STEPS - one) <= 0.0051 for one in factors(chosen, kind))


@pytest.mark.parametrize("wrong", [{"codes": 0.4}, {"words": 2.1}, {"kinds": {"goods": math.nan}}])
def test_an_emphasis_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError, match="emphasis lies in"):
        Emphasis(**wrong)


def rows_of(owner, side, stress):
    terms = {"hs4:9026": 1.0, "w:pump": 1.0}
    return [
        Row(owner, Side.PROFILE, {"w:pump": 1.0, "w:steel": 0.3}, stress=stress),
        Row(owner, side, terms, "goods", ref=f"{owner}", stress=stress),
    ]


@settings(deadline=None)
@given(st.tuples(one_factor, one_factor), st.tuples(one_factor, one_factor))
def test_a_pair_scores_the_same_from_both_sides_whatever_either_stresses(mine, yours):
    one, other = Company(1, "RU"), Company(2, "JP")
    rows = {1: rows_of(1, Side.DEMAND, mine), 2: rows_of(2, Side.OFFER, yours)}
    index = Index.build([*rows[1], *rows[2]], [one, other])

    found = index.top_range(0, 2, 1).mutual

    assert found[0, 0] == found[1, 0]
    for first, second in ((one, other), (other, one)):
        rarities = dict(index.frequencies_of(["hs4:9026", "w:pump", "w:steel"]))
        pair = explain(
            rows[first.id], rows[second.id], first, second, rarities, index.rows, Weights()
        )
        assert pair.mutual == pytest.approx(found[0, 0], abs=1e-5)


def test_an_event_counts_in_full_on_top_of_what_the_chambers_of_both_sides_say():
    chambers, event = Emphasis(codes=2.0), Emphasis(words=2.0, kinds=alike(goods=2.0))
    row = Row(1, Side.OFFER, {"w:pump": 1.0}, "goods", stress=factors([chambers], "goods"))

    codes, words = at_an_event(row, event).stress

    both = chambers.counts("goods"), event.counts("goods")
    assert codes**2 == pytest.approx(both[0][0] * both[1][0], abs=1e-3)
    assert words**2 == pytest.approx(both[0][1] * both[1][1], abs=1e-3)


@given(one_factor, st.tuples(one_factor, one_factor))
def test_an_event_that_raises_all_leaves_rows_as_their_chambers_have_them(times, stress):
    row = Row(1, Side.OFFER, {"w:pump": 1.0}, "goods", stress=tuple(round(x, 4) for x in stress))

    assert at_an_event(row, Emphasis(times, times, dict.fromkeys(KINDS, times))) == row


@settings(deadline=None)
@given(emphases, emphases, emphases)
def test_a_pair_at_an_event_scores_the_same_from_both_sides_to_the_last_bit(event, mine, yours):
    one, other = Company(1, "RU"), Company(2, "JP")
    rows = {
        owner: [
            at_an_event(replace(row, stress=factors([said], row.kind)), event)
            for row in rows_of(owner, side, (1.0, 1.0))
        ]
        for owner, side, said in ((1, Side.DEMAND, mine), (2, Side.OFFER, yours))
    }
    index = Index.build([*rows[1], *rows[2]], [one, other])

    found = index.top_range(0, 2, 1)

    assert found.mutual[0, 0] == found.mutual[1, 0] > 0
    assert index.scores_for(one, rows[1]).mutual.max() == found.mutual[0, 0]


def test_who_stresses_codes_gets_more_out_of_a_shared_code():
    one, other = Company(1, "RU"), Company(2, "JP")
    scores = []
    for stress in ((0.84, 1.19), (1.0, 1.0), (1.19, 0.84)):
        sought = [Row(1, Side.DEMAND, {"hs4:9026": 1.0}, "goods", stress=stress)]
        offered = [Row(2, Side.OFFER, {"hs4:9026": 1.0}, "goods")]
        index = Index.build([*sought, *offered], [one, other])
        scores.append(float(index.top_range(0, 2, 1).mutual[0, 0]))

    assert scores == sorted(set(scores))
