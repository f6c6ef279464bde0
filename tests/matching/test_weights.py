"""Versions of the rules: drafts, putting in force, and what runs make of it."""

import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from chambers.models import Job
from matching.engine import Weights
from matching.models import Run, WeightSet
from matching.models.constants import CONSTANTS, changed_constants
from matching.services import runs
from matching.services.weights import (
    change_draft,
    draft_weights,
    put_in_force,
    retire_weights,
    weights_in_force,
)
from tests.factories import StaffFactory, UserFactory, WeightSetFactory
from tests.matching.world import CHIPS, SENSORS, company, match, offers, partners_of, seeks

pytestmark = pytest.mark.django_db
OWN = Weights()


@pytest.fixture
def boss():
    return UserFactory(superuser=True)


def asked_anew():
    return Job.objects.filter(kind="matching.anew").count()


def test_before_anything_is_in_force_the_engines_own_constants_hold():
    assert weights_in_force() == OWN
    assert runs.start_run().rules == OWN.version


def test_a_draft_begins_with_what_is_in_force_and_changes_nothing(boss):
    first = draft_weights(version="2027-01", by=boss, values={"met_before": 0.5}, note="More new")

    assert first.state == "draft"
    assert first.weights().met_before == 0.5
    assert first.weights().better == OWN.better
    assert weights_in_force() == OWN
    assert asked_anew() == 0


def test_what_is_put_in_force_is_what_the_next_run_scores_by(boss):
    draft = draft_weights(version="2027-01", by=boss, values={"met_before": 0.5})

    put_in_force(draft, by=boss)

    stored = WeightSet.objects.get()
    assert (stored.state, stored.in_force_by) == ("in_force", boss)
    assert stored.in_force_at is not None
    assert asked_anew() == 1
    run = runs.start_run()
    assert run.rules == "2027-01"
    assert Weights(**run.weights).met_before == 0.5


def test_the_former_set_retires_and_may_come_back(boss):
    first = put_in_force(draft_weights(version="a", by=boss), by=boss)
    second = draft_weights(version="b", by=boss, values={"better": 0.8})
    assert second.parent == first

    put_in_force(second, by=boss)
    assert dict(WeightSet.objects.values_list("version", "state")) == {
        "a": "retired",
        "b": "in_force",
    }

    put_in_force(first, by=boss)
    assert dict(WeightSet.objects.values_list("version", "state")) == {
        "a": "in_force",
        "b": "retired",
    }
    assert weights_in_force().version == "a"


def test_after_the_set_in_force_retires_the_engines_own_constants_hold_again(boss):
    chosen = put_in_force(draft_weights(version="a", by=boss, values={"better": 0.8}), by=boss)
    Job.objects.all().delete()

    retire_weights(chosen, by=boss)

    assert weights_in_force() == OWN
    assert asked_anew() == 1
    with pytest.raises(ValidationError) as refused:
        retire_weights(chosen, by=boss)
    assert refused.value.code == "retired"


def test_a_draft_is_changed_and_its_measurement_lapses(boss):
    draft = draft_weights(version="a", by=boss, evaluation={"auc": 0.7})

    change_draft(draft, by=boss, note="why")
    assert WeightSet.objects.get().evaluation == {"auc": 0.7}
    change_draft(draft, by=boss, version="b", values={"prior": 0.25})

    stored = WeightSet.objects.get()
    assert (stored.version, stored.note, stored.evaluation) == ("b", "why", {})
    assert stored.weights().prior == 0.25


def test_a_set_that_was_in_force_is_never_changed(boss):
    chosen = put_in_force(draft_weights(version="a", by=boss), by=boss)

    with pytest.raises(ValidationError) as refused:
        change_draft(chosen, by=boss, values={"prior": 0.5})

    assert refused.value.code == "not_draft"
    assert weights_in_force().prior == OWN.prior


@pytest.mark.parametrize(
    "values",
    [
        {"better": 0.2},
        {"met_floor": 0.9},
        {"met_floor": 0},
        {"met_span": 0},
        {"met_span": -0.1},
        {"same_field": -0.1},
        {"word_scale": float("inf")},
        {"prior": float("nan")},
        {"levels": {"hs2": -1.0}},
        {"levels": {"hs2": float("nan")}},
        {"levels": [0.5]},
        {"shoe_size": 1},
        {"prior": "much"},
    ],
)
def test_constants_that_the_engine_refuses_are_refused_here(boss, values):
    with pytest.raises(ValidationError) as refused:
        draft_weights(version="a", by=boss, values=values)

    assert [one.code for one in refused.value.error_dict["values"]] == ["bad_weights"]
    assert not WeightSet.objects.exists()


@pytest.mark.parametrize("version", [OWN.version, "taken", "", "a b"])
def test_a_version_is_a_new_short_name(boss, version):
    WeightSetFactory(version="taken")

    with pytest.raises(ValidationError) as refused:
        draft_weights(version=version, by=boss)

    assert "version" in refused.value.error_dict


def test_only_superusers_touch_the_rules(boss):
    draft = draft_weights(version="a", by=boss)
    manager = StaffFactory().person

    for attempt in (
        lambda: draft_weights(version="b", by=manager),
        lambda: change_draft(draft, by=manager, values={"prior": 0.5}),
        lambda: put_in_force(draft, by=manager),
        lambda: retire_weights(draft, by=manager),
    ):
        with pytest.raises(PermissionDenied):
            attempt()

    assert list(WeightSet.objects.values_list("version", "state")) == [("a", "draft")]


def test_staff_read_every_set_and_everybody_the_one_in_force(boss):
    draft, chosen = WeightSetFactory(), WeightSetFactory(in_force=True)
    staff = StaffFactory(role="viewer").person

    assert set(WeightSet.objects.served_by(staff)) == {draft, chosen}
    assert not WeightSet.objects.managed_by(staff).exists()
    assert list(WeightSet.objects.visible_to(UserFactory())) == [chosen]
    assert not WeightSet.objects.served_by(UserFactory()).exists()
    assert set(WeightSet.objects.managed_by(boss)) == {draft, chosen}


@pytest.mark.parametrize("with_former", [False, True])
@pytest.mark.django_db(transaction=True)
def test_of_two_sets_put_in_force_at_once_one_wins(boss, with_former):
    if with_former:
        WeightSetFactory(in_force=True, version="former")
    drafts = [WeightSetFactory(version=name) for name in ("a", "b")]
    barrier, results = threading.Barrier(2), {}

    def decide(draft):
        try:
            barrier.wait()
            put_in_force(draft, by=boss)
            results[draft.version] = "won"
        except ValidationError as error:
            results[draft.version] = error.code
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=[draft]) for draft in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    winner = WeightSet.objects.in_force().get()
    assert results[winner.version] == "won"
    # The slower one is refused, or came wholly after and replaced the other.
    loser = next(draft for draft in drafts if draft.version != winner.version)
    loser.refresh_from_db()
    assert (results[loser.version], loser.state) in [
        ("already_in_force", "draft"),
        ("won", "retired"),
    ]


def test_every_constant_of_the_engine_has_a_name_and_a_range_that_it_keeps():
    listed = {one.name for one in CONSTANTS}
    own = {name for name in OWN.as_data() if name not in ("version", "levels")}

    assert listed == own | {f"levels.{level}" for level in OWN.levels}
    assert all(one.low <= one.of(OWN) <= one.high for one in CONSTANTS)


def test_two_sets_are_compared_constant_by_constant():
    other = Weights(better=0.8, levels={**OWN.levels, "hs6": 2.0})

    assert [(one.name, before, after) for one, before, after in changed_constants(OWN, other)] == [
        ("levels.hs6", OWN.levels["hs6"], 2.0),
        ("better", OWN.better, 0.8),
    ]


def test_a_run_keeps_the_constants_it_was_started_with(boss):
    run = runs.start_run()

    put_in_force(draft_weights(version="a", by=boss, values={"better": 0.8}), by=boss)

    assert Weights(**Run.objects.get(pk=run.pk).weights) == OWN


def test_the_lowest_values_of_the_editor_are_taken_by_the_engine():
    room = {"met_floor": 0.01, "met_span": 0.01, "same_field": 0.0}
    for one in CONSTANTS:
        if one.name not in {"strong", "word_limit"}:  # these must exceed others
            assert one.of(Weights(**{**room, **_only(one.name, one.low)})) == one.low


@pytest.mark.parametrize("name", ["met_floor", "met_span"])
def test_a_run_by_the_lowest_step_of_the_editor_finds_what_another_run_finds(name):
    ours, theirs = company("RU", "Ours"), company("JP", "Theirs")
    for one, offered, sought in ((ours, SENSORS, CHIPS), (theirs, CHIPS, SENSORS)):
        offers(one, offered)
        seeks(one, sought)
    lowest = next(one.low for one in CONSTANTS if one.name == name)
    WeightSetFactory(in_force=True, values={name: lowest})

    match()

    assert (partners_of(ours), partners_of(theirs)) == (["Theirs"], ["Ours"])


def _only(name, value):
    head, _sep, level = name.partition(".")
    return {head: {**OWN.levels, level: value} if level else value}
