import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import Band, Company, Row, Side, Weights, code_terms, explain, may_meet
from matching.engine.index import Index
from matching.engine.kernel import tie_order
from tests.matching.engine.worlds import World, worlds

# The first example compiles the loop.
pytestmark = pytest.mark.filterwarnings("error")
unhurried = settings(deadline=None, max_examples=25)


def _offer(owner, *codes, kind="goods", **more):
    return Row(owner, Side.OFFER, code_terms(codes), kind, **more)


def _demand(owner, *codes, kind="goods", **more):
    return Row(owner, Side.DEMAND, code_terms(codes), kind, **more)


def _lists(index, k=20, seed=0):
    return {
        company: list(zip(partners, *columns, strict=True))
        for company, partners, columns in index.top_range(0, 10**6, k, seed=seed).lists()
    }


def _scores(index, world, company):
    scores = index.scores_for(company, world.of(company))
    return {
        other: tuple(
            float(column[at])
            for column in (scores.mutual, scores.they_cover, scores.you_cover, scores.shared)
        )
        for at, other in enumerate(scores.companies.tolist())
    }


@unhurried
@given(worlds(), st.integers(0, 2**32), st.integers(1, 8))
def test_a_list_is_the_best_of_all_scores_with_ties_by_chance(world, seed, k):
    index = Index.build(world.rows, world.companies)

    lists = _lists(index, k, seed)

    for company in world.companies:
        scores = _scores(index, world, company)
        shown = [
            (other, *found)
            for other, found in scores.items()
            if found[0] > 0 and other not in company.dismissed
        ]
        shown.sort(key=lambda each: (-each[1], int(tie_order(seed, company.id, each[0]))))
        assert lists[company.id] == shown[:k]


@unhurried
@given(worlds())
def test_scores_are_those_of_the_explanation(world):
    index = Index.build(world.rows, world.companies)
    frequencies = dict(index.frequencies())

    for you in world.companies:
        scores = _scores(index, world, you)
        for them in world.companies:
            if not may_meet(you, them) or you.id == them.id:
                assert scores[them.id] == (0, 0, 0, 0)
                continue
            why = explain(
                world.of(you), world.of(them), you, them, frequencies, index.rows, index.weights
            )
            expected = (
                why.mutual,
                why.they_cover.coverage,
                why.you_cover.coverage,
                why.shared.coverage,
            )
            if why.band is Band.SAME_FIELD and expected[3] < index.weights.field_least:
                expected = (0, 0, 0, 0)
            assert scores[them.id] == pytest.approx(expected, abs=1e-5)


@unhurried
@given(worlds())
def test_a_score_is_the_same_from_both_sides(world):
    index = Index.build(world.rows, world.companies)
    scores = {company.id: _scores(index, world, company) for company in world.companies}

    for one in scores:
        for other in scores:
            mutual, they, you, shared = scores[one][other]
            assert scores[other][one] == (mutual, you, they, shared)


@unhurried
@given(worlds())
def test_nobody_meets_whom_either_side_rules_out(world):
    companies = {company.id: company for company in world.companies}

    lists = _lists(Index.build(world.rows, world.companies))

    for company, partners in lists.items():
        one = companies[company]
        for partner, *_ in partners:
            other = companies[partner]
            assert one.country != other.country
            assert other.country not in one.excluded
            assert one.country not in other.excluded
            assert not one.wanted or other.country in one.wanted
            assert not other.wanted or one.country in other.wanted
            assert partner not in one.blocked | one.dismissed
            assert company not in other.blocked
            assert one.group == 0 or one.group != other.group


@unhurried
@given(worlds())
def test_a_met_need_ranks_above_a_shared_field(world):
    for partners in _lists(Index.build(world.rows, world.companies)).values():
        met = [they > 0 or you > 0 for _, _, they, you, _ in partners]
        assert met == sorted(met, reverse=True)
        assert all(
            (mutual >= 0.5) == is_met for (_, mutual, *_), is_met in zip(partners, met, strict=True)
        )


@unhurried
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_companies_changes_nothing(world, random):
    shuffled = world.companies.copy()
    random.shuffle(shuffled)
    places = [company.id for company in shuffled]
    rows = sorted(world.rows, key=lambda row: places.index(row.owner))

    assert _lists(Index.build(rows, shuffled)) == _lists(Index.build(world.rows, world.companies))


@unhurried
@given(worlds())
def test_every_pair_shown_has_a_reason(world):
    index = Index.build(world.rows, world.companies)
    companies = {company.id: company for company in world.companies}
    frequencies = dict(index.frequencies())

    for company, partners in _lists(index).items():
        for partner, *_ in partners:
            you, them = companies[company], companies[partner]
            why = explain(
                world.of(you), world.of(them), you, them, frequencies, index.rows, index.weights
            )
            assert why.they_cover.reasons or why.you_cover.reasons or why.shared.reasons


@unhurried
@given(worlds())
def test_parts_and_a_saved_index_give_the_whole(world):
    index = Index.build(world.rows, world.companies)
    size = len(world.companies)
    whole = index.top_range(0, size, 3)
    done = []

    parts = [index.top_range(at, at + 1, 3, progress=done.append) for at in range(size)]

    assert done == [1] * size
    for name in ("companies", "partners", "mutual", "they_cover", "you_cover", "shared"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert np.array_equal(joined, getattr(whole, name))


def test_a_loaded_index_answers_as_the_one_it_was_saved_from(tmp_path):
    companies = [Company(5, "RU"), Company(6, "JP"), Company(7, "DE")]
    rows = [_demand(5, "hs:902610"), _offer(6, "hs:902610"), _offer(7, "hs:9026")]
    index = Index.build(rows, companies, Weights(better=0.7))
    with pytest.raises(FileNotFoundError):
        Index.load(tmp_path / "index")

    index.save(tmp_path / "index")
    loaded = Index.load(tmp_path / "index")

    assert loaded.weights == index.weights
    assert _lists(loaded) == _lists(index)
    assert list(loaded.frequencies()) == list(index.frequencies())
    assert list(loaded.top(companies[0], rows[:1]).lists()) == list(
        index.top(companies[0], rows[:1]).lists()
    )


def test_levels_of_a_shared_code_cover_as_announced():
    companies = [Company(1, "RU"), *(Company(n, "JP") for n in (2, 3, 4))]
    rows = [
        _demand(1, "hs:902610"),
        _offer(2, "hs:902610"),
        _offer(3, "hs:902680"),
        _offer(4, "hs:903180"),
    ]

    partners = _lists(Index.build(rows, companies))[1]

    assert [(partner, round(they, 4)) for partner, _, they, _, _ in partners] == [
        (2, 0.9),
        (3, 0.68),
    ]


def test_two_way_fit_comes_before_one_way_fit():
    companies = [Company(1, "RU"), Company(2, "JP"), Company(3, "JP")]
    rows = [
        _demand(1, "hs:902610"),
        _offer(1, "hs:8413"),
        _offer(2, "hs:902610"),
        _offer(3, "hs:902610"),
        _demand(3, "hs:8413"),
    ]

    assert [partner for partner, *_ in _lists(Index.build(rows, companies))[1]] == [3, 2]


def test_a_partner_for_two_needs_comes_before_one_for_a_single_need():
    companies = [Company(1, "RU"), Company(2, "JP"), Company(3, "JP")]
    rows = [
        _demand(1, "hs:902610", ref="a"),
        _demand(1, "hs:841311", ref="b"),
        _offer(2, "hs:902610"),
        _offer(3, "hs:902610"),
        _offer(3, "hs:841311"),
    ]

    assert [partner for partner, *_ in _lists(Index.build(rows, companies))[1]] == [3, 2]


@pytest.mark.parametrize(
    ("demand", "offer"),
    [
        ({"kind": "service"}, {}),
        ({"targets": frozenset({"DE"})}, {}),
        ({}, {"targets": frozenset({"DE"})}),
    ],
)
def test_an_offer_of_another_kind_or_for_other_countries_does_not_answer(demand, offer):
    companies = [Company(1, "RU"), Company(2, "JP")]
    answering = [_demand(1, "hs:902610"), _offer(2, "hs:902610")]
    refused = [_demand(1, "hs:902610", **demand), _offer(2, "hs:902610", **offer)]

    assert len(_lists(Index.build(answering, companies))[1]) == 1
    assert _lists(Index.build(refused, companies)) == {1: [], 2: []}


def test_a_profile_answers_a_demand_of_any_kind():
    companies = [Company(1, "RU"), Company(2, "JP")]
    rows = [
        _demand(1, "hs:902610", kind="research"),
        Row(2, Side.PROFILE, code_terms(["hs:902610"])),
    ]

    [(partner, mutual, they, you, shared)] = _lists(Index.build(rows, companies))[1]

    assert (partner, round(they, 4), you, shared) == (2, 0.9, 0, 0)
    assert mutual == pytest.approx(0.5 + 0.45 * 0.65 * 0.9)


def test_equal_scores_are_ordered_by_the_seed_and_not_by_number():
    companies = [Company(1, "RU"), *(Company(n, "JP") for n in range(2, 30))]
    rows = [_demand(1, "hs:902610"), *(_offer(n, "hs:902610") for n in range(2, 30))]
    index = Index.build(rows, companies)
    orders = {
        seed: tuple(partner for partner, *_ in _lists(index, 5, seed)[1]) for seed in range(20)
    }

    assert orders == {
        seed: tuple(partner for partner, *_ in _lists(index, 5, seed)[1]) for seed in range(20)
    }
    assert len(set(orders.values())) == 20
    assert len({partner for order in orders.values() for partner in order}) > 20


def test_a_changed_company_is_scored_as_it_is_now():
    companies = [Company(1, "RU"), Company(2, "JP"), Company(3, "JP", blocked=frozenset({1}))]
    rows = [_offer(2, "hs:902610"), _offer(3, "hs:902610"), _offer(1, "hs:8413")]
    index = Index.build(rows, companies)

    now = index.top(Company(1, "RU"), [_demand(1, "hs:902610"), _demand(1, "hs:999999")])
    newcomer = index.top(Company(99, "FR"), [_demand(99, "hs:902610", kind="unheard of")])
    same_country = index.scores_for(Company(1, "JP"), [_demand(1, "hs:902610")])

    assert now.partners[0].tolist()[:2] == [2, -1]
    assert newcomer.partners[0].tolist()[:1] == [-1]
    assert same_country.mutual.tolist() == [0, 0, 0]


def test_a_dismissal_hides_on_one_side_only():
    companies = [Company(1, "RU", dismissed=frozenset({2})), Company(2, "JP")]
    rows = [_demand(1, "hs:902610"), _offer(2, "hs:902610")]

    lists = _lists(Index.build(rows, companies))

    assert lists[1] == []
    assert [partner for partner, *_ in lists[2]] == [1]


def test_an_empty_world_has_empty_lists():
    assert _lists(Index.build([], [])) == {}
    assert _lists(Index.build([], [Company(1, "RU"), Company(2, "JP")])) == {1: [], 2: []}
    assert list(Index.build([], []).frequencies()) == []


def test_what_progress_raises_stops_the_work():
    def stop(done):
        raise InterruptedError

    index = Index.build([], [Company(1, "RU")])

    with pytest.raises(InterruptedError):
        index.top_range(0, 1, progress=stop)


@pytest.mark.parametrize(
    ("rows", "companies"),
    [
        ([], [Company(1, "RU"), Company(1, "JP")]),
        ([_offer(9, "hs:84")], [Company(1, "RU")]),
        ([Row(1, Side.PROFILE, {}), Row(1, Side.PROFILE, {})], [Company(1, "RU")]),
        ([Row(1, Side.PROFILE, {"w:a": 0.0})], [Company(1, "RU")]),
    ],
    ids=["two companies of one id", "row of nobody", "two profiles", "no confidence"],
)
def test_a_world_that_contradicts_itself_is_refused(rows, companies):
    with pytest.raises(ValueError, match=r"share|unknown|two profile|above 0"):
        Index.build(rows, companies)


def test_the_order_of_ties_does_not_depend_on_the_world():
    world = World([Company(1, "RU"), Company(2, "JP"), Company(3, "JP")], [])
    rows = [_demand(1, "hs:9026"), _offer(2, "hs:9026"), _offer(3, "hs:9026")]
    extra = [Company(n, "DE") for n in range(100, 120)]

    alone = [partner for partner, *_ in _lists(Index.build(rows, world.companies))[1]]
    among = [partner for partner, *_ in _lists(Index.build(rows, world.companies + extra))[1]]

    assert alone == among
