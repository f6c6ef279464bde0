import numpy as np
import pytest

from matching.evaluation import consortia
from matching.evaluation.consortia import Organisations, Past
from matching.evaluation.formats import Call, Pair, Participation

CALLS = {"1": Call("Clean trains", "H2020-RAIL-1"), "2": Call("Cancer data", "H2020-HEALTH-2")}


def past():
    members = {"1": "abcd", "2": "efgh"}
    country = dict(zip("abcdefgh", ["DE", "FR", "IT", "ES"] * 2, strict=True))
    return Past.of(
        (
            Participation(project, one, country[one], "REC")
            for project, found in members.items()
            for one in found
        ),
        CALLS,
    )


def pair(project, a, a_country, b, b_country, title="Clean trains"):
    return Pair(project, title, "H2020-RAIL-9", a, a_country, b, b_country)


def test_a_project_that_is_asked_about_is_not_known():
    known = Organisations(past().without("1"))

    assert known.ids == ["e", "f", "g", "h"]


def test_one_question_per_project_and_known_organisation():
    known = Organisations(past())
    found = consortia.questions(
        [pair("9", "a", "DE", "b", "FR"), pair("9", "a", "DE", "new", "FR")], known
    )

    assert [(one.company, one.relevant) for one in found["9"]] == [("a", (1,)), ("b", (0,))]


def test_partners_at_home_are_no_answers():
    assert consortia.questions([pair("9", "a", "DE", "e", "DE")], Organisations(past())) == {}


def test_organisations_with_common_partners_come_first():
    known = Organisations(past())
    engine = consortia.Engine(known, popularity=True)
    asking = consortia.ask(known, 0, Call("Something else", ""))

    scores = engine.scores(asking)

    assert scores[[1, 2, 3]].min() > scores[[5, 6, 7]].max()
    assert scores[4] == 0  # at home


def test_the_title_of_the_call_counts():
    known = Organisations(past())
    engine = consortia.Engine(known, popularity=True)

    plain, health = (
        engine.scores(consortia.ask(known, 0, Call(title, "")))
        for title in ("Something else", "Cancer data")
    )

    assert health[5] > plain[5]
    assert health[1] == pytest.approx(plain[1])


def test_figures_hold_every_method_and_no_violation():
    pairs = [pair("9", "a", "DE", "b", "FR"), pair("9", "c", "IT", "d", "ES")]

    figures, counts = consortia.measure(
        past(), pairs, everyone=True, seed=1, note=lambda _project: None, limit=None
    )

    assert counts == {"queries": 4, "organisations": 8}
    assert figures["engine"]["violations"].value == 0
    assert figures["popularity"]["violations"].value > 0
    assert figures["engine"]["recall@10"].value == 1.0


def test_pairs_of_a_known_project_do_not_answer_for_themselves():
    with pytest.raises(ValueError, match="past project"):
        consortia.measure(
            past(),
            [pair("1", "a", "DE", "b", "FR")],
            everyone=False,
            seed=1,
            note=lambda _project: None,
            limit=None,
        )


def test_tables_are_symmetric():
    prior = Organisations(past()).prior()

    assert np.array_equal(prior.country_lift, prior.country_lift.T)
    assert np.array_equal(prior.industry_lift, prior.industry_lift.T)
