import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import (
    Band,
    Company,
    Prior,
    Row,
    Side,
    Weights,
    band,
    code_terms,
    explain,
    kernel_search,
    may_meet,
)
from matching.engine.index import Index
from matching.engine.kernel import tie_order
from tests.matching.engine.worlds import EVERYBODY, World, demand, lists_of, offer, worlds

# The first example compiles the loop.
pytestmark = pytest.mark.filterwarnings("error")
unhurried = settings(deadline=None, max_examples=25)


RULES = [
    Weights(common_least=0.84),
    EVERYBODY,
    Weights(standing=0.5, further=0.3, field_least=0.05, common_least=0.4),
]


def _built(world, weights=EVERYBODY):
    return Index.build(world.rows, world.companies, weights, world.prior)


def _frequencies(index, world):
    return dict(index.frequencies_of({term for row in world.rows for term in row.terms}))


def _why(index, world, you, them, frequencies):
    return explain(
        world.of(you),
        world.of(them),
        you,
        them,
        frequencies,
        index.rows,
        index.weights,
        world.prior,
    )


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
@given(worlds(), st.integers(0, 2**32), st.integers(1, 8), st.sampled_from(RULES))
def test_a_list_is_the_best_of_all_scores_with_ties_by_chance(world, seed, k, weights):
    index = _built(world, weights)

    lists = lists_of(index, k, seed)

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
@given(worlds(), st.sampled_from(RULES))
def test_scores_are_those_of_the_explanation(world, weights):
    index = _built(world, weights)
    frequencies = _frequencies(index, world)

    for you in world.companies:
        scores = _scores(index, world, you)
        for them in world.companies:
            if not may_meet(you, them) or you.id == them.id:
                assert scores[them.id] == (0, 0, 0, 0)
                continue
            why = _why(index, world, you, them, frequencies)
            expected = (
                why.mutual,
                why.they_cover.coverage,
                why.you_cover.coverage,
                why.shared.coverage,
            )
            told = expected if why.mutual else (0, 0, 0, 0)  # of no pair nothing is told
            assert scores[them.id] == pytest.approx(told, abs=1e-5)


@unhurried
@given(worlds())
def test_a_score_is_the_same_from_both_sides(world):
    index = _built(world)
    scores = {company.id: _scores(index, world, company) for company in world.companies}

    for one in scores:
        for other in scores:
            mutual, they, you, shared = scores[one][other]
            assert scores[other][one] == (mutual, you, they, shared)


@unhurried
@given(worlds())
def test_a_met_need_ranks_above_a_shared_field(world):
    companies = {company.id: company for company in world.companies}
    for company, partners in lists_of(_built(world)).items():
        new = [one for one in partners if not companies[company].knows(companies[one[0]])]
        met = [they > 0 or you > 0 for _, _, they, you, _ in new]
        assert met == sorted(met, reverse=True)
        assert all(
            (mutual >= 0.5) == is_met for (_, mutual, *_), is_met in zip(new, met, strict=True)
        )


@unhurried
@given(worlds())
def test_whoever_shares_anything_with_somebody_it_may_meet_has_a_suggestion(world):
    index = _built(world)
    lists = lists_of(index)
    frequencies = _frequencies(index, world)

    for one in world.companies:
        feasible = [
            _why(index, world, one, other, frequencies)
            for other in world.companies
            if may_meet(one, other) and other.id not in one.dismissed
        ]
        shared = [why for why in feasible if why.shared.reasons or why.mutual > 0]
        assert bool(lists[one.id]) == bool(shared)


@unhurried
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_companies_changes_nothing(world, random):
    shuffled = world.companies.copy()
    random.shuffle(shuffled)
    places = [company.id for company in shuffled]
    rows = sorted(world.rows, key=lambda row: places.index(row.owner))
    again = Index.build(rows, shuffled, EVERYBODY, world.prior)

    assert lists_of(again) == lists_of(_built(world))


@unhurried
@given(worlds())
def test_every_pair_shown_has_a_reason(world):
    index = _built(world)
    companies = {company.id: company for company in world.companies}
    frequencies = _frequencies(index, world)

    for company, partners in lists_of(index).items():
        for partner, *_ in partners:
            you, them = companies[company], companies[partner]
            why = _why(index, world, you, them, frequencies)
            assert why.they_cover.reasons or why.you_cover.reasons or why.shared.reasons


@unhurried
@given(worlds())
def test_parts_and_a_saved_index_give_the_whole(world):
    index = _built(world)
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
    rows = [demand(5, "hs:902610"), offer(6, "hs:902610"), offer(7, "hs:9026")]
    index = Index.build(rows, companies, Weights(better=0.7))
    with pytest.raises(FileNotFoundError):
        Index.load(tmp_path / "index")

    index.save(tmp_path / "index")
    loaded = Index.load(tmp_path / "index")

    assert loaded.weights == index.weights
    assert lists_of(loaded) == lists_of(index)
    assert list(loaded.frequencies()) == list(index.frequencies())
    assert list(loaded.top(companies[0], rows[:1]).lists()) == list(
        index.top(companies[0], rows[:1]).lists()
    )


def test_levels_of_a_shared_code_cover_as_announced():
    companies = [Company(1, "RU"), *(Company(n, "JP") for n in (2, 3, 4))]
    rows = [
        demand(1, "hs:902610"),
        offer(2, "hs:902610"),
        offer(3, "hs:902680"),
        offer(4, "hs:903180"),
    ]

    partners = lists_of(Index.build(rows, companies))[1]

    assert [(partner, round(they, 4)) for partner, _, they, _, _ in partners] == [
        (2, 0.9),
        (3, 0.68),
    ]


def test_two_way_fit_comes_before_one_way_fit():
    companies = [Company(1, "RU"), Company(2, "JP"), Company(3, "JP")]
    rows = [
        demand(1, "hs:902610"),
        offer(1, "hs:8413"),
        offer(2, "hs:902610"),
        offer(3, "hs:902610"),
        demand(3, "hs:8413"),
    ]

    assert [partner for partner, *_ in lists_of(Index.build(rows, companies))[1]] == [3, 2]


def test_a_partner_for_two_needs_comes_before_one_for_a_single_need():
    companies = [Company(1, "RU"), Company(2, "JP"), Company(3, "JP")]
    rows = [
        demand(1, "hs:902610", ref="a"),
        demand(1, "hs:841311", ref="b"),
        offer(2, "hs:902610"),
        offer(3, "hs:902610"),
        offer(3, "hs:841311"),
    ]

    assert [partner for partner, *_ in lists_of(Index.build(rows, companies))[1]] == [3, 2]


def test_a_profile_answers_a_demand_of_any_kind():
    companies = [Company(1, "RU"), Company(2, "JP")]
    rows = [
        demand(1, "hs:902610", kind="research"),
        Row(2, Side.PROFILE, code_terms(["hs:902610"])),
    ]

    [(partner, mutual, they, you, shared)] = lists_of(Index.build(rows, companies))[1]

    assert (partner, round(they, 4), you, shared) == (2, 0.9, 0, 0)
    assert mutual == pytest.approx(0.5 + 0.45 * 0.65 * 0.9)


def test_equal_scores_are_ordered_by_the_seed_and_not_by_number():
    companies = [Company(1, "RU"), *(Company(n, "JP") for n in range(2, 30))]
    rows = [demand(1, "hs:902610"), *(offer(n, "hs:902610") for n in range(2, 30))]
    index = Index.build(rows, companies)
    orders = {
        seed: tuple(partner for partner, *_ in lists_of(index, 5, seed)[1]) for seed in range(20)
    }

    assert orders == {
        seed: tuple(partner for partner, *_ in lists_of(index, 5, seed)[1]) for seed in range(20)
    }
    assert len(set(orders.values())) == 20
    assert len({partner for order in orders.values() for partner in order}) > 20


def test_a_changed_company_is_scored_as_it_is_now():
    companies = [Company(1, "RU"), Company(2, "JP"), Company(3, "JP", blocked=frozenset({1}))]
    rows = [offer(2, "hs:902610"), offer(3, "hs:902610"), offer(1, "hs:8413")]
    index = Index.build(rows, companies)

    now = index.top(Company(1, "RU"), [demand(1, "hs:902610"), demand(1, "hs:999999")])
    newcomer = index.top(Company(99, "FR"), [demand(99, "hs:902610", kind="unheard of")])
    same_country = index.scores_for(Company(1, "JP"), [demand(1, "hs:902610")])

    assert now.partners[0].tolist()[:2] == [2, -1]
    assert newcomer.partners[0].tolist()[:1] == [-1]
    assert same_country.mutual.tolist() == [0, 0, 0]


def test_partners_met_before_come_later_on_both_sides():
    companies = [Company(1, "RU", met=frozenset({2})), Company(2, "JP"), Company(3, "JP")]
    rows = [demand(1, "hs:902610"), offer(2, "hs:902610"), offer(3, "hs:902610")]
    index = Index.build(rows, companies, Weights(met_before=0.3))

    lists = lists_of(index)
    now = index.top(Company(2, "JP"), rows[1:2])

    scores = {partner: mutual for partner, mutual, *_ in lists[1]}
    assert list(scores) == [3, 2]
    assert scores[2] == pytest.approx(0.7 * scores[3])
    assert lists[2][0][1] == now.mutual[0, 0] == np.float32(scores[2])


def test_the_prior_moves_who_shares_a_field_but_suggests_nobody_alone():
    lift = np.array([[0.0, 1.0], [1.0, 0.0]], np.float32)
    prior = Prior(("makers", "users"), lift, ("RU", "JP"), -lift)
    companies = [
        Company(1, "RU", industry="makers"),
        Company(2, "DE", industry="makers"),
        Company(3, "DE", industry="users"),
        Company(4, "JP", industry="makers"),
        Company(5, "DE", industry="users"),
    ]
    rows = [Row(n, Side.PROFILE, code_terms(["hs:9026"])) for n in (1, 2, 3, 4)]
    index = Index.build(rows, companies, Weights(prior=0.5, common_least=0), prior)

    lists = {company: [one for one, *_ in found] for company, found in lists_of(index).items()}

    assert lists[1] == [3, 2, 4]
    assert lists[4][-1] == 1
    assert lists[5] == []


@pytest.mark.parametrize(
    ("names", "lift"),
    [
        (("a", "b"), np.zeros((1, 1), np.float32)),
        (("a", "a"), np.zeros((2, 2), np.float32)),
        (("a", "b"), np.array([[0, 1], [2, 0]], np.float32)),
        (("a",), np.array([[np.nan]], np.float32)),
        (("a",), np.zeros((1, 1))),
    ],
)
def test_a_prior_that_is_not_the_same_from_both_sides_is_refused(names, lift):
    with pytest.raises(ValueError, match="prior"):
        Prior(names, lift)
    with pytest.raises(ValueError, match="prior"):
        Prior(countries=names, country_lift=lift)


@unhurried
@given(worlds())
def test_the_band_of_a_pair_follows_from_its_coverages(world):
    index = _built(world)
    frequencies = _frequencies(index, world)
    companies = {company.id: company for company in world.companies}

    for company, partners in lists_of(index).items():
        for partner, _, they, you, _ in partners:
            why = _why(index, world, companies[company], companies[partner], frequencies)
            assert why.band is band(they, you, index.weights)
            assert (why.band is Band.SAME_FIELD) == (they == you == 0)


def test_a_whole_number_among_the_constants_compiles_nothing_anew():
    companies = [Company(1, "RU"), Company(2, "JP")]
    rows = [demand(1, "hs:902610"), offer(2, "hs:902610")]
    broken, whole = Weights(prior=0.5, common_least=0.1), Weights(prior=1, common_least=0)

    taken = []
    for weights in (broken, whole):
        assert lists_of(Index.build(rows, companies, weights))[1]
        taken.append(len(kernel_search.fill_lists.signatures))

    assert taken[0] == taken[1]


def test_an_empty_world_has_empty_lists():
    assert lists_of(Index.build([], [])) == {}
    assert lists_of(Index.build([], [Company(1, "RU"), Company(2, "JP")])) == {1: [], 2: []}
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
        ([offer(9, "hs:84")], [Company(1, "RU")]),
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
    rows = [demand(1, "hs:9026"), offer(2, "hs:9026"), offer(3, "hs:9026")]
    extra = [Company(n, "DE") for n in range(100, 120)]

    alone = [partner for partner, *_ in lists_of(Index.build(rows, world.companies))[1]]
    among = [partner for partner, *_ in lists_of(Index.build(rows, world.companies + extra))[1]]

    assert alone == among
