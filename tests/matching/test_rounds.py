"""Who of the companies of one event should meet whom."""

import pytest

from marketplace.selectors.openings import Openings
from matching.engine.emphasis import Emphasis
from matching.services.rounds import Round, scored_pairs, stressed_at
from tests.event_factories import EventFactory, ParticipantFactory
from tests.factories import EventEmphasisFactory
from tests.matching.world import (
    CHIPS,
    HARVESTERS,
    SENSORS,
    company,
    goods_and_services,
    match,
    offers,
    seeks,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    ours, theirs, third = company("RU", "Ours"), company("JP", "Theirs"), company("BY", "Third")
    offers(ours, SENSORS)
    seeks(ours, CHIPS)
    offers(theirs, CHIPS)
    seeks(theirs, SENSORS)
    offers(third, "848640")
    for at in range(25):
        better = company("CN", f"Better {at}")
        offers(better, CHIPS)
        seeks(better, SENSORS)
    match()
    return ours, theirs, third


def test_only_the_companies_of_the_round_are_paired_however_many_better_ones_stay_at_home(world):
    ours, theirs, third = world

    pairs = scored_pairs([one.pk for one in world], seed=1)

    first = pairs[0]
    assert {first.one, first.other} == {ours.pk, theirs.pk}
    assert 0 < first.score <= 1
    assert {pair.one for pair in pairs} | {pair.other for pair in pairs} <= {
        one.pk for one in world
    }
    assert all(pair.one < pair.other for pair in pairs)
    assert [pair.score for pair in pairs] == sorted((p.score for p in pairs), reverse=True)
    assert third.pk in {pair.other for pair in pairs} | {pair.one for pair in pairs}


def test_what_keeps_two_apart_keeps_them_apart_in_a_round(world):
    ours, theirs, _third = world
    ours.excluded_companies.add(theirs)

    pairs = scored_pairs([one.pk for one in world], seed=1)

    assert {ours.pk, theirs.pk} not in [{pair.one, pair.other} for pair in pairs]


def test_a_company_alone_meets_nobody(world):
    assert scored_pairs([world[0].pk], seed=1) == []


def test_those_who_have_nothing_for_each_other_are_no_pair():
    sensors, harvesters = company("RU", "Sensors"), company("JP", "Harvesters")
    offers(sensors, SENSORS)
    offers(harvesters, HARVESTERS)
    match()

    assert scored_pairs([sensors.pk, harvesters.pk], seed=1) == []


GOODS = {"goods": 2.0, "service": 0.5, "technology": 1.0, "research": 1.0, "investment": 1.0}
SERVICES = {**GOODS, "goods": 0.5, "service": 2.0}


@pytest.fixture
def fair():
    return [one.pk for one in goods_and_services()]


def test_what_an_event_stresses_comes_first_among_its_companies(fair):
    ours, sells, lends = fair

    for said, first in ((Emphasis(kinds=GOODS), sells), (Emphasis(kinds=SERVICES), lends)):
        best, *_rest = scored_pairs(fair, seed=1, said=said)
        assert {best.one, best.other} == {ours, first}


def test_an_event_that_stresses_nothing_scores_as_everywhere(fair):
    assert scored_pairs(fair, seed=1, said=Emphasis()) == scored_pairs(fair, seed=1)


def test_a_round_in_parts_is_the_same_as_in_one(fair, monkeypatch):
    told = []
    whole = Round.of(fair, Emphasis(kinds=GOODS))
    expected = whole.pairs(seed=1)
    monkeypatch.setattr("matching.services.rounds.PART", 1)

    assert whole.pairs(seed=1, progress=lambda *at: told.append(at)) == expected
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.fixture
def level():
    """Four who offer sensors and seek chips, four the other way round: all pairs score the same."""
    found = []
    for offered, sought, countries in ((SENSORS, CHIPS, "RU"), (CHIPS, SENSORS, "JP")):
        for number in range(4):
            one = company(countries, f"Of {countries} {number}")
            offers(one, offered)
            seeks(one, sought)
            found.append(one)
    match()
    return found


def test_chance_orders_equal_pairs_of_an_event_by_the_seed_and_not_who_came_first(level):
    event = EventFactory()
    for one in level:
        ParticipantFactory(registration__event=event, registration__company=one)
    openings = Openings.of(event)

    def ordered(seed):
        scored = [
            (pair.one, pair.other, pair.score)
            for pair in scored_pairs([one.pk for one in level], seed=seed)
        ]
        return scored, openings.pairs(scored)

    (scored, pairs), (_scored, others) = ordered(1), ordered(2)

    assert len({score for _one, _other, score in scored}) == 1
    assert ordered(1) == (scored, pairs)
    assert pairs != others
    assert sorted(pairs) == sorted(others)
    assert pairs != sorted(pairs)
    company_of = {key: one.company_id for key, one in openings.registrations.items()}
    assert [(company_of[one], company_of[other]) for one, other, _score in pairs] == [
        pair[:2] for pair in scored
    ]


def test_only_the_emphasis_in_force_of_the_very_event_is_heeded():
    event = EventFactory()
    EventEmphasisFactory(in_force=True, codes=2.0)
    EventEmphasisFactory(event=event, codes=2.0)
    assert stressed_at(event) is None

    chosen = EventEmphasisFactory(event=event, in_force=True, words=2.0)

    assert stressed_at(event) == chosen.emphasis
