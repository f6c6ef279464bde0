"""Who can matter to a company is found by the terms they share."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import Company, Row, Side, Weights, code_terms, word_terms
from matching.engine.candidates import Candidates
from matching.engine.index import Index
from tests.matching.engine.worlds import EVERYBODY, worlds

WEIGHTS = [
    Weights(common_least=0.84),
    Weights(met=0.05, common_least=0),
    Weights(field_least=0.2, common_least=0.3),
    Weights(met=0.4, common_least=0),
]


@settings(deadline=None)  # compiling takes long
@given(worlds(), st.sampled_from(WEIGHTS), st.randoms())
def test_all_with_a_met_need_have_the_score_that_comparing_with_everybody_gives(
    world, weights, chance
):
    index = Index.build(world.rows, world.companies, weights, world.prior)
    candidates = Candidates(index)
    floor = np.float32(weights.met_floor)

    for company in world.companies:
        wanted = np.array([chance.random() < 0.3 for _ in index.companies], np.bool_)
        expected = index.scores_for(company, world.of(company))

        found = candidates.scores_for(company, world.of(company), wanted)

        met = (expected.they_cover > 0) | (expected.you_cover > 0)
        assert np.array_equal(found[met | wanted], expected.mutual[met | wanted])
        assert (expected.mutual[found == 0] <= floor).all()
        assert ((found == 0) | (found == expected.mutual)).all()


def test_who_shares_too_little_for_a_need_is_not_looked_at_unless_wanted():
    companies = [Company(number, "JP" if number else "RU") for number in range(40)]
    words = ["pump", "valve", "steel", "laser", "paper", "cocoa", "rails", "boats"]
    rows = [
        Row(number, Side.PROFILE, word_terms([words[number % 8], words[(number + 1) % 8]]))
        for number in range(40)
    ]
    rows.append(Row(0, Side.DEMAND, code_terms(["hs:902610"])))
    rows.append(Row(9, Side.OFFER, code_terms(["hs:902610"])))
    index = Index.build(rows, companies, EVERYBODY)
    own = [row for row in rows if row.owner == 0]
    everybody = index.scores_for(companies[0], own).mutual
    wanted = index.companies == 7

    found = Candidates(index).scores_for(companies[0], own, wanted)

    assert sorted(index.companies[found > 0].tolist()) == [7, 9]
    assert np.count_nonzero(everybody) > 2
