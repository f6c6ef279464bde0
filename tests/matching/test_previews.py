"""What a draft would change for whom."""

from dataclasses import replace

import pytest

from chambers.models import Job
from chambers.services import jobs
from matching.engine import Weights
from matching.services.previews import ask_for_preview, draw, last_preview, preview
from matching.services.weights import draft_weights, weights_in_force
from tests.factories import PairHistoryFactory, UserFactory
from tests.matching.world import CHIPS, SENSORS, company, lists, match, offers, seeks

pytestmark = pytest.mark.django_db
OWN = Weights(shown_least=0.3)  # who was met before loses much and is shown still


@pytest.fixture
def world():
    """Two that met before, and a third that suits the first a little less."""
    ours, met = company("RU", "Ours", size="small"), company("JP", "Met")
    other = company("BY", "Other")
    offers(ours, SENSORS)
    seeks(ours, CHIPS)
    for one, code in ((met, CHIPS), (other, "848640")):
        offers(one, code)
        seeks(one, SENSORS)
    PairHistoryFactory(one=ours, other=met)
    match()
    return ours, met, other


def test_rules_that_change_nothing_change_nobody(world):
    found = preview(OWN, OWN)

    assert (found["companies"], found["among"], found["changed"], found["kept"]) == (3, 3, 0, 1.0)
    assert found["examples"] == []


def test_who_gains_and_who_loses_is_told_with_ranks_scores_and_reasons(world):
    ours, met, other = world

    found = preview(replace(OWN, met_before=0.0), replace(OWN, met_before=0.6))

    assert (found["changed"], found["reordered"]) == (0, 1)
    assert found["best"][1] > found["best"][0]
    up = found["examples"][0]
    assert (up["company"], up["partner"], up["before"], up["after"]) == (ours.pk, met.pk, 2, 1)
    assert up["parts"][1]["score"] > up["parts"][0]["score"]
    assert up["parts"][0]["term"] == "hs6:848620"
    down = found["examples"][1]
    assert (down["partner"], down["before"], down["after"]) == (other.pk, 1, 2)
    assert found["groups"]["country:RU"]["companies"] == 1
    assert found["groups"]["size:small"]["companies"] == 1


def test_the_lists_of_the_rules_in_force_are_those_that_are_shown(world):
    before = lists()

    found = preview(replace(OWN, met=0.97, strong=0.98), weights_in_force())

    assert found["without"] == (sum(not one[0] for one in before.values()), 3)
    assert found["fewer"] == 3


def test_a_sample_is_drawn_by_its_seed_and_stands_for_all(world):
    one, same, other = draw(2, 1), draw(2, 1), draw(2, 4)

    assert one.companies == same.companies
    assert (len(one.companies), one.among) == (2, 3)
    assert {tuple(c.id for c in draw(2, seed).companies) for seed in range(9)} > {
        tuple(c.id for c in other.companies)
    }
    assert preview(OWN, OWN, most=2)["among"] == 3


def test_a_worker_computes_it_and_keeps_the_figures(world):
    boss = UserFactory(superuser=True)
    draft = draft_weights(version="a", by=boss, values={"met_before": 0.0})

    job = ask_for_preview(draft, by=boss)
    assert ask_for_preview(draft, by=boss) == job
    jobs.work_off()

    done = last_preview(draft)
    assert (done.pk, done.state, done.done) == (job.pk, Job.State.DONE, 6)
    assert (done.result["against"], done.result["companies"]) == (OWN.version, 3)
    assert weights_in_force() == Weights()


def test_without_companies_there_is_nothing_to_tell():
    assert preview(OWN, OWN)["companies"] == 0
