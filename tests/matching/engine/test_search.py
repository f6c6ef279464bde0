"""The search finds what a look at every pair would: pruned, in blocks, in parts, in threads."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import (
    Company,
    Prior,
    Row,
    Side,
    Weights,
    code_terms,
    explain,
    index,
    may_meet,
    merged,
    word_terms,
)
from matching.engine.index import Index
from matching.engine.kernel import tie_order
from matching.engine.packed import pack
from matching.engine.terms import term_key
from tests.matching.engine.worlds import COUNTRIES, EVERYBODY, worlds

unhurried = settings(deadline=None, max_examples=25)
COLUMNS = ("companies", "partners", "mutual", "they_cover", "you_cover", "shared")


@pytest.fixture
def _small_blocks(monkeypatch):
    """Blocks and parts so small that a few dozen companies need many of them."""
    monkeypatch.setattr(index, "_BLOCK", 16)
    monkeypatch.setattr(index, "_BLOCK_TERMS", 100)
    monkeypatch.setattr(index, "_FEW", 7)


def crowd(seed, size=150, offers=1):
    """Companies by chance, with words and codes of which some are common and some are rare."""
    chance = random.Random(seed)
    codes = [
        f"hs:{chapter}{heading:02}{good}0"
        for chapter in (84, 85, 90)
        for heading in range(9)
        for good in (1, 2)
    ]
    words = [f"word{number}" for number in range(200)]

    def said(most):
        told = [words[int(len(words) * chance.random() ** 3)] for _ in range(chance.randrange(20))]
        stated = chance.sample(codes, chance.randrange(most))
        return merged(code_terms(stated, chance.choice([1.0, 0.7])), word_terms(told))

    companies, rows = [], []
    for number in range(1, size + 1):
        companies.append(
            Company(
                number,
                chance.choice(COUNTRIES),
                wanted=frozenset(chance.sample(COUNTRIES, chance.randrange(4))),
                blocked=frozenset(chance.sample(range(1, size), 2)),
                dismissed=frozenset(chance.sample(range(1, size), 2)),
                met=frozenset(chance.sample(range(1, size), 3)),
                requires=frozenset(
                    chance.choices(["a", "b"], k=1) if chance.random() < 0.1 else []
                ),
                certificates=frozenset(chance.sample(["a", "b", "c"], 2)),
                industry=chance.choice(["x", "y", ""]),
                standing=chance.random(),
            )
        )
        rows.append(Row(number, Side.PROFILE, said(3)))
        rows += [Row(number, Side.OFFER, said(3), "goods") for _ in range(chance.randrange(offers))]
        for _ in range(chance.randrange(3)):
            targets = frozenset(chance.sample(COUNTRIES, chance.choice([0, 0, 3])))
            rows.append(Row(number, Side.DEMAND, said(3), chance.choice(["goods", "it"]), targets))
    lift = np.array([[0.4, -0.5], [-0.5, 0.2]], np.float32)
    return companies, rows, Prior(("x", "y"), lift, ("RU", "JP"), lift)


def told(top):
    return {
        company: list(zip(partners, *columns, strict=True))
        for company, partners, columns in top.lists()
    }


def all_pairs(found, company, rows, prices, k, seed):
    """The list of a company from its scores against everybody, one by one."""
    scores = found.scores_for(company, rows)
    columns = (scores.mutual, scores.they_cover, scores.you_cover, scores.shared)
    shown = [
        (int(other), *(float(column[at]) for column in columns), np.float32(prices[at]))
        for at, other in enumerate(scores.companies)
        if scores.mutual[at] > 0 and other not in company.dismissed
    ]
    shown.sort(
        key=lambda each: (
            -(np.float32(each[1]) - each[-1]),
            int(tie_order(seed, company.id, each[0])),
        )
    )
    return [each[:-1] for each in shown[:k]]


@pytest.mark.usefixtures("_small_blocks")
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("k", "offers"), [(1, 1), (4, 3), (20, 1), (60, 2)])
def test_what_is_left_out_early_would_not_have_entered_a_list(seed, k, offers):
    companies, rows, prior = crowd(seed, offers=offers)
    few = Weights(standing=0.3, further=0.2, common_least=0.84)
    weights = few if seed % 2 else EVERYBODY
    found = Index.build(rows, companies, weights, prior)
    prices = np.random.default_rng(seed).uniform(-0.1, 0.3, len(companies)).astype(np.float32)
    if seed % 3 == 0:
        prices[:] = 0

    lists = told(found.top_range(0, len(companies), k, seed=seed, prices=prices))

    for company in companies:
        own = [row for row in rows if row.owner == company.id]
        assert lists[company.id] == all_pairs(found, company, own, prices, k, seed)
    assert sum(map(len, lists.values())) > (0.3 if seed % 2 else 0.8) * len(companies)


@pytest.mark.usefixtures("_small_blocks")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("k", "shown"), [(1, 0.42), (4, 0.1), (20, 0.42), (60, 0.2), (60, 0.6)])
def test_only_who_is_shown_stands_in_a_list_and_the_best_one_where_nobody_is(seed, k, shown):
    companies, rows, prior = crowd(seed, offers=2)
    found = Index.build(rows, companies, EVERYBODY, prior)
    everybody = told(found.top_range(0, len(companies), k, seed=seed))

    lists = told(found.top_range(0, len(companies), k, seed=seed, shown=shown))

    least = np.float32(shown)
    assert lists == {
        company: [one for one in some if np.float32(one[1]) >= least] or some[:1]
        for company, some in everybody.items()
    }
    assert k < 60 or sum(map(len, lists.values())) < sum(map(len, everybody.values()))


def test_who_is_shown_does_not_go_by_prices():
    companies, rows, prior = crowd(1)
    found = Index.build(rows, companies, EVERYBODY, prior)

    with pytest.raises(ValueError, match="leave the prices out"):
        found.top_range(0, 9, 3, prices=np.zeros(len(companies), np.float32), shown=0.4)


@pytest.mark.usefixtures("_small_blocks")
@pytest.mark.parametrize("targets", [frozenset(), frozenset({"JP"})], ids=["plain", "for one"])
def test_a_list_for_which_hundreds_wait_is_the_best_of_all(targets):
    demand = Row(1, Side.DEMAND, code_terms(["hs:902610"]), "goods", targets)
    companies = [Company(1, "RU"), *(Company(number, "JP") for number in range(2, 400))]
    rows = [demand]
    for number in range(2, 400):
        said = merged(code_terms(["hs:902610"]), word_terms(["word"] * (number % 7)))
        rows.append(Row(number, Side.PROFILE, said))
    found = Index.build(rows, companies)
    prices = np.random.default_rng(1).uniform(0, 0.1, len(companies)).astype(np.float32)

    lists = told(found.top_range(0, len(companies), 3, seed=5, prices=prices))

    assert lists[1] == all_pairs(found, companies[0], [demand], prices, 3, 5)


@unhurried
@given(worlds(most=9), st.integers(1, 4), st.integers(0, 9))
def test_lists_are_those_of_a_plain_comparison_of_everybody_with_everybody(world, k, seed):
    found = Index.build(world.rows, world.companies, EVERYBODY, world.prior)
    frequencies = dict(found.frequencies_of({term for row in world.rows for term in row.terms}))
    prices = np.random.default_rng(seed).uniform(0, 0.3, len(found.companies)).astype(np.float32)
    price = dict(zip(found.companies.tolist(), prices.tolist(), strict=True))

    lists = told(found.top_range(0, 99, k, seed=seed, prices=prices))

    for one in world.companies:
        scores = {}
        for other in world.companies:
            if may_meet(one, other) and other.id not in one.dismissed:
                why = explain(
                    world.of(one), world.of(other), one, other, frequencies, found.rows,
                    found.weights, world.prior,
                )  # fmt: skip
                if why.mutual > 0:
                    scores[other.id] = why.mutual
        best = sorted((score - price[other] for other, score in scores.items()), reverse=True)[:k]
        shown = [(other, mutual - price[other]) for other, mutual, *_ in lists[one.id]]
        assert [rank for _, rank in shown] == pytest.approx(best, abs=1e-5)
        assert [mutual for _, mutual, *_ in lists[one.id]] == pytest.approx(
            [scores[other] for other, _ in shown], abs=1e-5
        )


def test_threads_and_parts_give_the_same_lists():
    companies, rows, prior = crowd(1, size=400)
    found = Index.build(rows, companies, EVERYBODY, prior)
    whole = found.top_range(0, 400, 5)

    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda at: found.top_range(at, at + 37, 5), range(0, 400, 37)))

    for column in COLUMNS:
        joined = np.concatenate([getattr(part, column) for part in parts])
        assert np.array_equal(joined, getattr(whole, column))


@unhurried
@given(worlds())
def test_packed_rows_give_the_very_lists_of_rows(world):
    packed = [(company.id, pack(world.of(company))) for company in world.companies]

    one = Index.build(world.rows, world.companies, EVERYBODY, world.prior)
    two = Index.build_packed(iter(packed), iter(world.companies), EVERYBODY, world.prior)

    own = world.companies[0]
    asked = [list(one.top(own, rows).lists()) for rows in (world.of(own), packed[0][1])]

    assert asked[0] == asked[1]
    assert one.content == two.content
    assert told(one.top_range(0, 99)) == told(two.top_range(0, 99))


def test_who_enters_which_list_is_found_in_the_same_pass_as_the_own_list():
    companies, rows, prior = crowd(3, size=200)
    found = Index.build(rows, companies, EVERYBODY, prior)
    chance = np.random.default_rng(3)
    prices = chance.uniform(0, 0.2, 200).astype(np.float32)
    thresholds = chance.uniform(-0.1, 0.7, 200).astype(np.float32)
    company = replace(companies[17], wanted=frozenset())
    own = [row for row in rows if row.owner == company.id]
    place = found.companies.tolist().index(company.id)
    hiding = {one.id for one in companies if company.id in one.dismissed}

    result = found.entering(company, own, thresholds, prices, 5, seed=2)

    scores = found.scores_for(company, own)
    beats = (scores.mutual > 0) & (scores.mutual - prices[place] >= thresholds)
    beats &= ~np.isin(scores.companies, list(hiding))
    assert result.lists.companies.tolist() == scores.companies[beats].tolist()
    for name in ("mutual", "they_cover", "you_cover", "shared"):
        assert np.array_equal(getattr(result.lists, name), getattr(scores, name)[beats])
    assert told(result.own) == told(found.top(company, own, 5, seed=2, prices=prices))
    assert told(result.own)[company.id] == all_pairs(found, company, own, prices, 5, 2)
    assert hiding
    assert 0 < beats.sum() < 200


def test_an_index_beside_another_scores_pairs_as_that_one():
    companies, rows, prior = crowd(4, size=80)
    whole = Index.build(rows, companies, EVERYBODY, prior)
    some = [row for row in rows if row.owner <= 20]

    beside = Index.build(some, companies[:20], EVERYBODY, prior, like=whole)

    own = [row for row in rows if row.owner == 50]
    one, two = (each.scores_for(companies[49], own) for each in (whole, beside))
    expected = dict(zip(one.companies.tolist(), one.mutual.tolist(), strict=True))
    assert beside.rows == whole.rows
    assert {number: expected[number] for number in range(1, 21)} == dict(
        zip(two.companies.tolist(), two.mutual.tolist(), strict=True)
    )


def test_frequencies_are_by_key_and_of_terms_by_name():
    rows = [Row(1, Side.PROFILE, {"w:a": 1, "hs2:84": 1}), Row(1, Side.DEMAND, {"w:a": 0.5})]
    found = Index.build(rows, [Company(1, "RU")])

    assert dict(found.frequencies()) == {term_key("w:a"): 2, term_key("hs2:84"): 1}
    assert dict(found.frequencies_of(["w:a", "w:b"])) == {"w:a": 2}


def test_equal_content_has_one_hash_and_other_content_another():
    companies, rows, prior = crowd(5, size=30)

    first, again, other = (
        Index.build(some, companies, EVERYBODY, prior).content for some in (rows, rows, rows[:-1])
    )

    assert first == again != other


def test_an_index_of_another_format_is_not_read(tmp_path):
    Index.build([], [Company(1, "RU")]).save(tmp_path)
    listing = tmp_path / "index.json"
    listing.write_text(listing.read_text().replace('"format": 2', '"format": 1'))

    with pytest.raises(ValueError, match="another format"):
        Index.load(tmp_path)


@pytest.mark.parametrize(
    "data",
    [b"", b"12345", bytes(8), pack([Row(1, Side.OFFER, {"w:a": 1.0})])[:-8]],
    ids=["empty", "odd", "format", "cut off"],
)
def test_bytes_that_are_no_packed_rows_are_refused(data):
    with pytest.raises(ValueError, match="packed"):
        Index.build_packed([(1, data)], [Company(1, "RU")])


@pytest.mark.parametrize(
    "row",
    [
        Row(1, Side.OFFER, {"w:a": 1.0}, targets=frozenset({"RUS"})),
        Row(1, Side.OFFER, {f"w:{number}": 1.0 for number in range(1 << 16)}),
    ],
    ids=["a country of three letters", "too many terms"],
)
def test_rows_that_do_not_fit_the_bytes_are_refused(row):
    with pytest.raises(ValueError, match=r"two letters|too many"):
        pack([row])
