"""Worlds in which looking at the hidden sentence would put the partner first."""

import numpy as np
import pytest

from matching.engine.prior import shipped
from matching.evaluation import statements
from matching.evaluation.formats import CompanyText, Statement
from matching.evaluation.pool import Pool, Query, folds, queries_of
from tests.matching.evaluation import world


def pool_of(rows):
    return Pool(
        CompanyText(
            id=row["id"],
            name=row["name"],
            country=row["country"],
            industry=row["industry"],
            description=row["description"],
        )
        for row in rows
    )


def said(rows):
    return [Statement(*[row[key] for key in KEYS]) for row in world.statements(rows)]


KEYS = ("a", "b", "quality", "cross_border", "b_mentions_a", "a_description_masked")


@pytest.fixture(scope="module")
def told():
    return world.companies(told=True)


def test_the_world_would_tell_who_looked(told):
    pool = pool_of(told)
    positions = pool.positions

    named = pool.known([], silent=set()).named

    assert all(named[positions[b]] == 1 for _, b in world.pairs())


def test_what_a_company_says_itself_is_not_counted_for_its_partner(told):
    pool = pool_of(told)
    asking = {pool.positions[a] for a, _ in world.pairs()}

    known = pool.known(said(told), silent=asking)

    assert known.named.sum() == 0
    assert known.worked.sum() == 0


def test_what_others_say_is_counted(told):
    pool = pool_of(told)
    (a, b), (_, other) = world.pairs()[:2]

    known = pool.known(said(told), silent={pool.positions[a]})

    assert (known.named[pool.positions[b]], known.worked[pool.positions[b]]) == (0, 0)
    assert (known.named[pool.positions[other]], known.worked[pool.positions[other]]) == (1, 1)


def test_the_query_is_the_masked_text(told):
    pool = pool_of(told)

    queries, left = queries_of(said(told), pool, keep_mentions=False)

    assert len(queries) == len(world.pairs())
    assert left == {}
    assert not any("agreement" in query.text for query in queries)


def test_a_partner_that_only_the_query_names_is_found_no_better_than_unnamed():
    results = {}
    for named in (True, False):
        rows = world.companies(told=named)
        pool = pool_of(rows)
        (query,), _ = queries_of(said(rows)[:1], pool, keep_mentions=False)
        for number, other in enumerate(rows):
            if number != query.a:
                other["description"] = other["description"].split(" It has an agreement")[0]
        results[named] = statements.measure(
            pool_of(rows),
            [query],
            said(rows)[:1],
            shipped(),
            everyone=False,
            seed=1,
            note=lambda _step: None,
        )

    # Nobody but the query speaks of anybody: whoever listened to it would put its partner first.
    assert results[True]["popularity"]["mrr"].value < 0.05
    for method in ("popularity", "engine", "engine_without_popularity"):
        assert results[True][method]["mrr"].value == pytest.approx(
            results[False][method]["mrr"].value, rel=0.1
        )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"quality": "ambiguous_entity"}, "quality"),
        ({"cross_border": False}, "domestic"),
        ({"b_mentions_a": True}, "partner names the company"),
        ({"b": "nobody"}, "no description"),
        ({"a_description_masked": ""}, "no text"),
    ],
)
def test_statements_that_do_not_count_are_left_out_with_the_reason(told, changed, reason):
    pool = pool_of(told)
    row = world.statements(told)[0] | changed

    queries, left = queries_of([Statement(*[row[key] for key in KEYS])], pool, keep_mentions=False)

    assert (queries, left) == ([], {reason: 1})


def test_mentions_are_kept_when_asked_for(told):
    pool = pool_of(told)
    row = world.statements(told)[0] | {"b_mentions_a": True}

    queries, _ = queries_of([Statement(*[row[key] for key in KEYS])], pool, keep_mentions=True)

    assert len(queries) == 1


def test_queries_of_one_company_are_in_one_fold():
    queries = [Query(at % 7, 100 + at, "text", "en", "", {}) for at in range(30)]

    dealt = folds(queries, 3, seed=1)

    assert all(len(np.unique(dealt[at::7])) == 1 for at in range(7))
