"""What is promised of a change is what the very scores of the lists say once it is made."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import Company, Row, Side, code_terms, merged
from matching.engine.advice import MOST_CHANGES, Change, Matches, weigh
from matching.engine.index import Index
from tests.matching.engine.worlds import CODES, COUNTRIES, worlds

unhurried = settings(deadline=None, max_examples=60)


def counted(index, company, rows):
    """The definition, by the scores of one company against all."""
    scores = index.scores_for(company, rows)
    here = ~np.isin(scores.companies, list(company.dismissed))
    they, you = scores.they_cover[here] > 0, scores.you_cover[here] > 0
    return Matches(int((they & you).sum()), int((they | you).sum()))


def whole(index):
    return [(index, np.ones(len(index.companies), np.bool_))]


def with_code(row, code):
    return replace(row, terms=merged(row.terms, code_terms([code])))


@unhurried
@given(worlds(), st.data())
def test_every_promise_comes_true_when_the_change_is_made(world, data):
    index = Index.build(world.rows, world.companies)
    company = data.draw(st.sampled_from(world.companies))
    rows = world.of(company)
    changes = [
        Change(at, with_code(row, code)) for at, row in enumerate(rows) for code in CODES[:4]
    ]
    changes += [
        Change(at, replace(row, targets=row.targets | {country}))
        for at, row in enumerate(rows)
        for country in COUNTRIES[:2]
        if row.targets
    ]
    changes += [
        Change(company=replace(company, wanted=frozenset(), excluded=frozenset())),
        Change(company=replace(company, languages=company.languages | {"en"})),
        Change(0, with_code(rows[0], "hs:84"), replace(company, trades=frozenset({"8413"}))),
    ]

    now, after = weigh(whole(index), company, rows, changes)

    assert now == counted(index, company, rows)
    for change, promised in zip(changes, after, strict=True):
        made = list(rows)
        if change.row is not None:
            made[change.at] = change.row
        assert promised == counted(index, change.company or company, made)


def test_a_code_that_others_ask_for_brings_mutual_matches():
    companies = [Company(0, "RU"), *(Company(n, "JP") for n in range(1, 8))]
    ours = [
        Row(0, Side.PROFILE, code_terms(["hs:8413"])),
        Row(0, Side.DEMAND, code_terms(["hs:848620"]), "goods"),
    ]
    theirs = [
        row
        for n in range(1, 8)
        for row in (
            Row(n, Side.PROFILE, code_terms(["hs:848620"])),
            Row(n, Side.DEMAND, code_terms(["hs:847130"]), "goods"),
        )
    ]
    index = Index.build(ours + theirs, companies)

    now, after = weigh(
        whole(index), companies[0], ours, [Change(0, with_code(ours[0], "hs:8471")), Change()]
    )

    assert (now, after) == (Matches(0, 7), [Matches(7, 7), now])


def test_companies_that_no_longer_hold_do_not_count():
    rows = [
        Row(1, Side.DEMAND, code_terms(["hs:8413"]), "goods"),
        Row(2, Side.PROFILE, code_terms(["hs:8413"])),
    ]
    companies = [Company(1, "RU"), Company(2, "JP")]
    index = Index.build(rows, companies)

    now, _after = weigh([(index, index.companies != 2)], companies[0], rows[:1], [])

    assert now == Matches(0, 0)


def test_more_changes_than_promised_are_refused():
    index = Index.build([], [Company(1, "RU")])

    with pytest.raises(ValueError, match="at most"):
        weigh(whole(index), Company(1, "RU"), [], [Change()] * (MOST_CHANGES + 1))
