from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matching.engine import (
    Against,
    Band,
    Close,
    Company,
    Prior,
    Row,
    Side,
    Weights,
    band,
    code_terms,
    explain,
    merged,
    term_weight,
    word_terms,
)
from matching.engine.rows import NO_PRIOR
from matching.engine.scoring import coverage, evidence, vector
from tests.matching.engine.worlds import EVERYBODY, worlds

unhurried = settings(deadline=None, max_examples=50)
WEIGHTS = EVERYBODY
RU, JP = Company(1, "RU"), Company(2, "JP")


def _row(owner, side, *codes, words=(), kind="goods", ref="", **more):
    return Row(owner, side, merged(code_terms(codes), word_terms(words)), kind, ref=ref, **more)


def _explain(yours, theirs, you=RU, them=JP, frequencies=None, rows=100, prior=NO_PRIOR):
    return explain(yours, theirs, you, them, frequencies or {}, rows, WEIGHTS, prior)


def _pair(world):
    """The first two companies of a world as plain rivals for each other, and their explanation."""
    you, them = world.companies[:2]
    frequencies = dict.fromkeys((f"w:{word}" for row in world.said for word in row.words), 2)
    return you, them, frequencies


@unhurried
@given(worlds(most=2))
def test_explanations_of_both_sides_mirror_each_other(world):
    you, them, frequencies = _pair(world)

    mine = _explain(world.of(you), world.of(them), you, them, frequencies, prior=world.prior)
    theirs = _explain(world.of(them), world.of(you), them, you, frequencies, prior=world.prior)

    assert mine.mutual == theirs.mutual
    assert mine.band == theirs.band
    assert (mine.they_cover, mine.you_cover) == (theirs.you_cover, theirs.they_cover)
    assert mine.shared.coverage == theirs.shared.coverage


@unhurried
@given(worlds(most=2, words=False), st.sampled_from([0, 1]))
def test_taking_back_the_code_named_first_lowers_the_score(world, side):
    you, them, frequencies = _pair(world)
    before = _explain(world.of(you), world.of(them), you, them, frequencies, prior=world.prior)
    directions = [before.they_cover, before.you_cover]
    if not (before.they_cover.reasons or before.you_cover.reasons):
        directions = [before.shared]
    assume(any(direction.reasons for direction in directions))

    for direction in directions:
        if direction.reasons:
            after = world.without((you, them)[side].id, direction.reasons[0].term)
            now = _explain(after.of(you), after.of(them), you, them, frequencies, prior=world.prior)
            assert now.mutual < before.mutual


@unhurried
@given(
    st.dictionaries(st.sampled_from("abcdefghij"), st.floats(0.1, 1), min_size=1),
    st.dictionaries(st.sampled_from("abcdefghij"), st.floats(0.1, 1), min_size=1),
    st.sampled_from(["one", "other", "both"]),
)
def test_taking_back_the_strongest_shared_word_lowers_the_evidence(one, other, where):
    one = {f"w:{word}": confidence for word, confidence in one.items()}
    other = {f"w:{word}": confidence for word, confidence in other.items()}
    counts = {f"w:{word}": at + 1 for at, word in enumerate("abcdefghij")}
    both = [vector(terms, counts, 100, WEIGHTS) for terms in (one, other)]
    shared = both[0].keys() & both[1].keys()
    assume(shared)
    strongest = max(shared, key=lambda term: both[0][term] * both[1][term])

    if where != "other":
        del one[strongest]
    if where != "one":
        del other[strongest]

    after = [vector(terms, counts, 100, WEIGHTS) for terms in (one, other)]
    assert evidence(*after) < evidence(*both) or len(shared) == evidence(*both) == 0


@unhurried
@given(worlds(most=2))
def test_reasons_share_out_the_evidence_strongest_first(world):
    you, them, frequencies = _pair(world)

    why = _explain(world.of(you), world.of(them), you, them, frequencies)

    for direction in (why.they_cover, why.you_cover, why.shared):
        shares = [reason.share for reason in direction.reasons]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1.0 if direction.coverage else 0.0, abs=1e-5)
        assert all(
            reason.term.startswith("w:") == (reason.kind == "word") for reason in direction.reasons
        )


def test_reasons_name_the_deepest_shared_code_and_the_rows_that_meet():
    why = _explain(
        [
            _row(1, Side.DEMAND, "hs:8413", ref="need-1"),
            _row(1, Side.DEMAND, "hs:902610", "hs:902710", ref="need-2"),
        ],
        [_row(2, Side.OFFER, "hs:902620", "hs:902710", words=["x"], ref="offer-1")],
    )

    assert [(reason.term, reason.need, reason.answer) for reason in why.they_cover.reasons] == [
        ("hs6:902710", "need-2", "offer-1"),
        ("hs4:9026", "need-2", "offer-1"),
    ]
    assert why.you_cover.reasons == why.shared.reasons == ()
    assert why.band is Band.STRONG_ONE


def test_both_work_on_the_same_field_when_no_need_is_known():
    words = ["датчик", "давлен"]
    why = _explain(
        [_row(1, Side.PROFILE, words=words, ref="you")],
        [_row(2, Side.PROFILE, words=[*words, "ремонт"], ref="them")],
        frequencies={"w:датчик": 3, "w:давлен": 8},
    )

    assert [reason.term for reason in why.shared.reasons] == ["w:датчик", "w:давлен"]
    assert why.band is Band.SAME_FIELD
    assert why.mutual == pytest.approx(0.5 * why.shared.coverage) != 0
    assert set(why.against) == {Against.YOUR_NEEDS_UNKNOWN, Against.THEIR_NEEDS_UNKNOWN}


def test_what_speaks_against_a_pair_is_said():
    why = _explain(
        [_row(1, Side.DEMAND, "hs:9026"), _row(1, Side.OFFER, "hs:84")],
        [
            _row(2, Side.OFFER, "hs:9026"),
            _row(2, Side.DEMAND, "hs:01", targets=frozenset({"DE"})),
        ],
        you=Company(1, "RU", languages=frozenset({"ru"})),
        them=Company(2, "JP", languages=frozenset({"ja", "en"})),
    )

    assert why.against == (
        Against.NO_COMMON_LANGUAGE,
        Against.THEIR_MARKETS_DO_NOT_NAME_YOURS,
        Against.ONLY_THEY_COVER_YOU,
    )
    assert why.band is Band.STRONG_ONE


def test_own_limits_that_are_only_just_kept_are_named_and_theirs_are_not():
    you = Company(
        1,
        "RU",
        languages=frozenset({"ru"}),
        size="small",
        sizes=frozenset({"medium", "large"}),
        avoids_competitors=True,
        trades=frozenset({"9026"}),
    )
    them = Company(
        2,
        "JP",
        languages=frozenset({"ja"}),
        size="medium",
        sizes=frozenset({"micro", "small"}),
        trades=frozenset({"9027"}),
        met=frozenset({1}),
    )
    rows = [_row(1, Side.PROFILE, "hs:90")], [_row(2, Side.PROFILE, "hs:90")]

    why = _explain(*rows, you, them)
    turned = _explain(*rows[::-1], them, you)
    unknown = _explain(*rows, replace(you, languages=frozenset()), replace(them, size=""))
    unstated = _explain(*rows, replace(you, size=""), replace(them, languages=frozenset()))

    assert why.close == (
        Close.ONLY_AN_INTERPRETER,
        Close.THEIR_SIZE_AT_YOUR_EDGE,
        Close.NEARLY_COMPETITORS,
    )
    assert turned.close == (Close.ONLY_AN_INTERPRETER, Close.THEIR_SIZE_AT_YOUR_EDGE)
    assert unknown.close == (Close.THEIR_SIZE_UNKNOWN, Close.NEARLY_COMPETITORS)
    assert unstated.close == (Close.THEIR_SIZE_AT_YOUR_EDGE, Close.NEARLY_COMPETITORS)
    assert {Against.NO_COMMON_LANGUAGE, Against.MET_BEFORE} <= set(why.against)
    assert Against.MET_BEFORE in turned.against
    assert _explain(*rows).close == ()


def test_a_prior_that_takes_something_away_speaks_against_a_pair():
    rows = [_row(1, Side.PROFILE, "hs:9026")], [_row(2, Side.PROFILE, "hs:9026")]
    lift = np.array([[0.0, -0.5], [-0.5, 0.0]], np.float32)

    def with_prior(lift):
        return _explain(*rows, prior=Prior(countries=("RU", "JP"), country_lift=lift))

    plain, less, more, far = (with_prior(times * lift) for times in (0, 1, -1, 100))

    assert Against.SELDOM_TRADE in less.against
    assert Against.SELDOM_TRADE not in plain.against + more.against
    assert (less.prior, more.prior) == (-0.5 * WEIGHTS.prior, 0.5 * WEIGHTS.prior)
    assert far.prior == -WEIGHTS.prior_most
    assert 0 < far.mutual < less.mutual < plain.mutual < more.mutual < 0.5
    assert plain.mutual == _explain(*rows).mutual


def test_nothing_speaks_against_a_pair_that_fits_both_ways():
    everyone = {"languages": frozenset({"en"}), "wanted": frozenset({"RU", "JP"})}
    why = _explain(
        [_row(1, Side.DEMAND, "hs:902610"), _row(1, Side.OFFER, "hs:841311")],
        [_row(2, Side.OFFER, "hs:902610"), _row(2, Side.DEMAND, "hs:841311")],
        you=Company(1, "RU", **everyone),
        them=Company(2, "JP", **everyone),
    )

    assert why.against == ()
    assert why.band is Band.STRONG_BOTH


def test_two_companies_with_nothing_in_common_have_no_score():
    why = _explain([_row(1, Side.PROFILE, "hs:01")], [_row(2, Side.PROFILE, "hs:84")])

    assert why.mutual == 0
    assert why.shared.reasons == ()


def test_two_that_meet_no_need_are_suggested_only_where_they_have_enough_in_common():
    def score(one, other):
        rows = [_row(1, Side.PROFILE, one)], [_row(2, Side.PROFILE, other)]
        return explain(*rows, RU, JP, {}, 100, Weights(common_least=0.7)).mutual

    assert score("hs:902610", "hs:902610") == pytest.approx(0.45)
    assert score("hs:9026", "hs:902680") == 0, "a heading covers 0.68"


def test_a_met_need_is_shown_however_little_else_two_have_in_common():
    mine = [_row(1, Side.PROFILE, "hs:01"), _row(1, Side.DEMAND, "hs:9026")]
    theirs = [_row(2, Side.PROFILE, "hs:9026")]

    assert explain(mine, theirs, RU, JP, {}, 100, Weights(common_least=0.99)).mutual > 0.5


@pytest.mark.parametrize(
    ("they", "you", "expected"),
    [
        (0.7, 0.6, Band.STRONG_BOTH),
        (0.9, 0.0, Band.STRONG_ONE),
        (0.3, 0.68, Band.STRONG_ONE),
        (0.3, 0.59, Band.POSSIBLE),
        (0.25, 0.0, Band.POSSIBLE),
        (0.0, 0.0, Band.SAME_FIELD),
    ],
)
def test_a_pair_is_called_by_its_band(they, you, expected):
    assert band(they, you, WEIGHTS) is band(you, they, WEIGHTS) is expected


@pytest.mark.parametrize(
    ("terms", "covered"), [(["hs2"], 0.2), (["hs2", "hs4"], 0.68), (["hs2", "hs4", "hs6"], 0.9)]
)
def test_levels_of_codes_cover_what_they_say(terms, covered):
    amount = sum(term_weight(f"{term}:1", 1, 100, WEIGHTS) for term in terms)

    assert coverage(amount) == pytest.approx(covered)


def test_a_rarer_word_weighs_more_and_a_common_one_nothing():
    counts = (1, 15, 20, 1_000, 1_600, 9_999)
    weights = [term_weight("w:a", count, 10_000, WEIGHTS) for count in counts]

    assert weights[0] == weights[1] > weights[2] > weights[3] > weights[4] == weights[5] == 0
    assert term_weight("w:a", 10, 10, WEIGHTS) > 0
    assert term_weight("x:a", 1, 100, WEIGHTS) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"length_power": 0.6},
        {"better": 1.0},
        {"met": 0.7},
        {"field_least": 1.0},
        {"common_least": 1.0},
        {"met_span": 0.6},
        {"further": 1.1},
        {"standing": -0.1},
        {"prior_leaves": 0.0},
        {"met_before": 1.0},
    ],
)
def test_weights_that_break_the_promises_are_refused(wrong):
    with pytest.raises(ValueError, match=r"must|hold"):
        Weights(**wrong)


def test_weights_survive_being_stored():
    assert Weights(**Weights(better=0.8).as_data()) == Weights(better=0.8)


def test_terms_of_codes_bring_their_parents():
    assert code_terms(["hs:9026.10.20", "hs:84", "nace:26.51", "nace:c", "hs:9", "cpv:1", "x"]) == {
        "hs2:90": 1.0,
        "hs4:9026": 1.0,
        "hs6:902610": 1.0,
        "hs2:84": 1.0,
        "nace:26": 1.0,
        "section:C": 1.0,
    }
    assert merged(code_terms(["hs:84"], 0.5), code_terms(["hs:84"])) == {"hs2:84": 1.0}


def test_terms_of_words_leave_numbers_out_and_are_bounded():
    assert word_terms(["pump", "2010", "pump", "9026"]) == {"w:pump": 1.0}
    assert len(word_terms(f"word{number}" for number in range(10_000))) == 200
