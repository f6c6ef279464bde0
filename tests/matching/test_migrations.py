"""What stood in the database of the first release is kept by what came after."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

FIRST = [("chambers", "0001_initial"), ("matching", "0001_initial")]


@pytest.fixture
def first_release(transactional_db):
    """The models as they were released; the newest stand again afterwards."""
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    executor = MigrationExecutor(connection)
    executor.migrate(FIRST)
    yield executor.loader.project_state(FIRST).apps
    executor = MigrationExecutor(connection)
    executor.migrate(newest)


def test_lists_of_the_first_release_are_made_anew_since_its_terms_had_other_names(first_release):
    run = first_release.get_model("matching", "Run").objects.create(
        state="done", is_current=True, rules="1", seed=1
    )
    country = first_release.get_model("chambers", "Country").objects.create(code="RU")
    old = first_release.get_model("chambers", "Company").objects.create(
        legal_name="Kept", country=country
    )
    lists, terms = (
        first_release.get_model("matching", name) for name in ("SuggestionList", "Term")
    )
    empty = {name: [] for name in ("partners", "mutual", "they_cover", "you_cover", "shared")}
    lists.objects.create(run=run, company=old, **empty)
    terms.objects.create(run=run, term="hs4:9026", rows=2)

    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())

    from chambers.models import Job
    from matching.models import Run, SuggestionList, Term

    assert (SuggestionList.objects.count(), Term.objects.count()) == (0, 0)
    assert [one.is_current for one in Run.objects.all()] == [False]
    waiting = [job.kind for job in Job.objects.open()]
    assert [kind for kind in waiting if kind.startswith("matching.")] == ["matching.anew"]


def test_companies_of_the_first_release_ask_nothing_of_partners_and_are_not_on_hold(first_release):
    country = first_release.get_model("chambers", "Country").objects.create(code="RU")
    old = first_release.get_model("chambers", "Company").objects.create(
        legal_name="Kept", country=country
    )
    first_release.get_model("matching", "Profile").objects.create(
        company=old, rows=[], digest="kept"
    )

    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())

    from chambers.models import Company

    new = Company.objects.get(legal_name="Kept")
    assert (new.certificates, new.required_certificates, new.accepted_sizes) == ([], [], [])
    assert (new.accepts_interpreter, new.avoids_competitors) == (True, False)
    assert (new.corporate_group, new.held_on, new.held_reason) == ("", None, "")
    assert (new.profile.trades, new.profile.digest) == ([], "kept")


def test_rules_made_before_the_constants_changed_keep_what_they_meant(transactional_db):
    before = [("chambers", "0002_matching_limits"), ("matching", "0009_chamber_emphases")]
    executor = MigrationExecutor(connection)
    executor.migrate(before)
    apps = executor.loader.project_state(before).apps
    sets, runs = (apps.get_model("matching", name) for name in ("WeightSet", "Run"))
    sets.objects.create(version="spring-1", values={"prior": 0.7})
    runs.objects.create(state="done", is_current=True, rules="2", seed=1, weights={"better": 0.8})

    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())

    from matching.engine import Weights
    from matching.models import Run, WeightSet

    rules = WeightSet.objects.get().weights()
    assert (rules.prior, rules.prior_most, rules.word_power) == (0.7, 1.0, 3.0)
    assert (rules.shown_least, rules.prior_gains) == (0.0, 1000.0)
    shown = Weights(**Run.objects.get().weights)
    assert (shown.better, shown.shown_least) == (0.8, 0.0)
