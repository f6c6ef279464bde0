"""Rules say how strongly attention is shared; a run says by which learnt tables it was made."""

import pytest

from chambers.models import Job
from chambers.services import jobs
from chambers.services.companies import change_company
from matching.engine import Weights
from matching.engine.fairness import Sharing
from matching.engine.prior import shipped_name
from matching.models import Run, SuggestionList
from matching.services.previews import preview
from matching.services.refresh import JOB
from tests.factories import WeightSetFactory
from tests.matching.world import SENSORS, company, lists, match, offers, partners_of, seeks

pytestmark = pytest.mark.django_db
OFF = {"share_most": 0.0, "share_bonus": 0.0, "share_spare": 0.0}


CHAPTERS = [str(number) for number in range(80, 90)]


def crowd():
    """Thirty who seek the same ten things, and thirty who sell some of them, some more of them."""
    for n in range(30):
        seeks(company("RU", f"Seeks {n}"), *CHAPTERS)
        offers(company("JP", f"Sells {n}"), *CHAPTERS[: 5 + n % 6])


def test_without_another_rule_attention_is_shared_as_ever():
    assert Sharing.of(Weights()) == Sharing()


def test_a_run_shares_attention_as_its_rules_say():
    crowd()
    match()
    shared = Run.objects.current().attention
    assert shared["after"]["never"] < shared["before"]["never"]
    assert SuggestionList.objects.current().exclude(price=0).exists()

    WeightSetFactory(in_force=True, values=OFF)
    match()

    left = Run.objects.current().attention
    assert left["after"] == left["before"] == shared["before"]
    assert not SuggestionList.objects.current().exclude(price=0).exists()


def test_a_preview_tells_what_other_rules_of_attention_would_change():
    crowd()
    match()

    found = preview(Weights(**OFF), Weights())

    before, after = found["attention"]
    assert before["never"] < after["never"]
    assert before["cost"] > after["cost"] == 0
    assert found["changed"] > 0


def test_a_preview_tells_whose_list_other_rules_would_make_shorter():
    crowd()
    match()

    found = preview(Weights(shown_least=0.7), Weights(shown_least=0.0))

    assert found["fewer"] > 0 == found["more"]
    assert found["without"] == (0, 0)
    assert found["best"][0] == found["best"][1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"share_cap": 0.5},
        {"share_cap": float("inf")},
        {"share_floor": 1.5},
        {"share_budget": -0.1},
        {"share_most": 2.0},
    ],
)
def test_rules_of_attention_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=r"share|sharing|finite"):
        Weights(**wrong)


def test_a_run_names_the_tables_that_its_index_was_built_with():
    company("RU", "Ours")

    assert match().tables == shipped_name()


def test_a_change_waits_for_the_next_run_where_the_lists_are_of_other_tables():
    ours, theirs = company("RU", "Ours"), company("JP", "Theirs")
    seeks(ours, SENSORS)
    offers(theirs, SENSORS)
    match()
    Run.objects.update(tables="1-of another release")
    before = lists()

    change_company(theirs, excluded_countries=["RU"])
    asked = Job.objects.get(kind=JOB, state=Job.State.QUEUED)
    assert not Job.objects.filter(kind="matching.anew").exists()
    jobs.do(jobs.claim(pk=asked.pk))

    assert lists() == before
    assert partners_of(ours) == ["Theirs"]
    assert Run.objects.count() == Job.objects.filter(kind="matching.anew").count() == 1
    jobs.work_off()
    assert Run.objects.current().tables == shipped_name()
    assert Run.objects.count() == 2
    assert (partners_of(ours), partners_of(theirs)) == ([], [])
