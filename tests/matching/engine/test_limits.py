import pytest
from hypothesis import given, settings

from matching.engine import Company, may_meet
from matching.engine.index import Index
from tests.matching.engine.worlds import demand, lists_of, offer, worlds

unhurried = settings(deadline=None, max_examples=25)


@unhurried
@given(worlds())
def test_nobody_meets_whom_either_side_rules_out(world):
    companies = {company.id: company for company in world.companies}

    lists = lists_of(Index.build(world.rows, world.companies, None, world.prior))

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
            assert one.requires <= other.certificates
            assert other.requires <= one.certificates
            assert not one.sizes or other.size in one.sizes | {""}
            assert not other.sizes or one.size in other.sizes | {""}
            if one.languages and other.languages and not one.languages & other.languages:
                assert one.interpreter
                assert other.interpreter
            if one.avoids_competitors or other.avoids_competitors:
                assert not one.trades & other.trades


@pytest.mark.parametrize(
    ("asked", "offered"),
    [
        ({"kind": "service"}, {}),
        ({"targets": frozenset({"DE"})}, {}),
        ({}, {"targets": frozenset({"DE"})}),
    ],
)
def test_an_offer_of_another_kind_or_for_other_countries_does_not_answer(asked, offered):
    companies = [Company(1, "RU"), Company(2, "JP")]
    answering = [demand(1, "hs:902610"), offer(2, "hs:902610")]
    refused = [demand(1, "hs:902610", **asked), offer(2, "hs:902610", **offered)]

    assert len(lists_of(Index.build(answering, companies))[1]) == 1
    assert lists_of(Index.build(refused, companies)) == {1: [], 2: []}


def test_a_dismissal_hides_on_one_side_only():
    companies = [Company(1, "RU", dismissed=frozenset({2})), Company(2, "JP")]
    rows = [demand(1, "hs:902610"), offer(2, "hs:902610")]

    lists = lists_of(Index.build(rows, companies))

    assert lists[1] == []
    assert [partner for partner, *_ in lists[2]] == [1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"country": "JP"}, {}),
        ({"country": ""}, {}),
        ({"wanted": {"DE"}}, {}),
        ({"excluded": {"JP"}}, {}),
        ({"blocked": {2}}, {}),
        ({"group": 7}, {"group": 7}),
        ({"requires": {"iso9001"}}, {"certificates": {"halal"}}),
        ({"sizes": {"large"}}, {"size": "small"}),
        ({"languages": {"ru"}, "interpreter": False}, {"languages": {"ja"}}),
        ({"avoids_competitors": True, "trades": {"9026"}}, {"trades": {"9026", "8413"}}),
    ],
    ids=lambda sides: "+".join(sides),
)
@pytest.mark.parametrize("turned", [False, True])
def test_each_limit_alone_keeps_a_pair_apart_from_either_side(one, other, turned):
    def frozen(sides):
        return {
            name: frozenset(value) if isinstance(value, set) else value
            for name, value in sides.items()
        }

    pair = [
        Company(**{"id": 1, "country": "RU"} | frozen(one)),
        Company(**{"id": 2, "country": "JP"} | frozen(other)),
    ]
    free = [Company(1, "RU"), Company(2, "JP")]
    rows = [demand(1, "hs:902610"), offer(2, "hs:902610")]
    first, second = (2, 1) if turned else (1, 2)

    kept, met = Index.build(rows, pair), Index.build(rows, free)

    assert not may_meet(*pair)
    assert lists_of(kept) == {1: [], 2: []}
    assert [partner for partner, *_ in lists_of(met)[first]] == [second]
    asking = pair[first - 1]
    own = [row for row in rows if row.owner == first]
    assert kept.top(asking, own).partners[0, 0] == -1
    assert kept.scores_for(asking, own).mutual.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"languages": {"ru"}}, {"languages": {"ja"}}),
        ({"languages": {"ru"}, "interpreter": False}, {}),
        ({"languages": {"ru", "en"}, "interpreter": False}, {"languages": {"ja", "en"}}),
        ({"requires": {"iso9001"}}, {"certificates": {"iso9001", "halal"}}),
        ({"sizes": {"large"}}, {}),
        ({"sizes": {"large", "small"}}, {"size": "small"}),
        ({"trades": {"9026"}}, {"trades": {"9026"}}),
        ({"avoids_competitors": True, "trades": {"9026"}}, {"trades": {"9027"}}),
    ],
)
def test_a_limit_that_is_kept_does_not_part(one, other):
    pair = [
        Company(
            number,
            country,
            **{key: frozenset(v) if isinstance(v, set) else v for key, v in has.items()},
        )
        for number, country, has in ((1, "RU", one), (2, "JP", other))
    ]

    lists = lists_of(Index.build([demand(1, "hs:902610"), offer(2, "hs:902610")], pair))

    assert may_meet(*pair)
    assert [partner for partner, *_ in lists[1]] == [2]


@pytest.mark.parametrize(
    "strange",
    [
        {"requires": frozenset({"never heard of"})},
        {"languages": frozenset({"xx"}), "interpreter": False},
        {"size": "colossal"},
    ],
    ids=lambda strange: "+".join(strange),
)
def test_what_the_index_has_never_heard_of_is_not_met(strange):
    other = Company(2, "JP", languages=frozenset({"ja"}), sizes=frozenset({"small"}))
    index = Index.build([offer(2, "hs:902610")], [other])
    own = [demand(1, "hs:902610")]

    assert index.top(Company(1, "RU"), own).partners[0, 0] == 2
    assert index.top(Company(1, "RU", **strange), own).partners[0, 0] == -1
