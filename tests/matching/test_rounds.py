"""Who of the companies of one event should meet whom."""

import pytest

from matching.services.rounds import scored_pairs
from tests.matching.world import CHIPS, HARVESTERS, SENSORS, company, match, offers, seeks

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
