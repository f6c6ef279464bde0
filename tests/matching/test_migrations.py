"""What stood in the database of earlier releases is kept by what came after."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

FIRST = [("chambers", "0001_initial"), ("matching", "0001_initial")]
CONSTANTS = [("chambers", "0002_matching_limits"), ("matching", "0009_chamber_emphases")]
"""The last release before the constants of the rules changed."""

COMMON = [("chambers", "0002_matching_limits"), ("matching", "0010_rules_keep_their_meaning")]
"""A release before common ground had to be large enough."""


@pytest.fixture(scope="module")
def kept(django_db_setup, django_db_blocker):
    """The newest database, after a way back to the first release and rows of each on the way."""
    with django_db_blocker.unblock():
        _at(FIRST, _rows_of_the_first_release)
        _at(CONSTANTS, _rules_before_the_constants_changed)
        _at(COMMON, _rules_before_common_ground_had_to_suffice)
        newest = MigrationExecutor(connection)
        newest.migrate(newest.loader.graph.leaf_nodes())
        yield
        call_command("flush", interactive=False, verbosity=0)


def _at(release, write):
    """Bring the database to a release and let ``write`` make rows of its models."""
    executor = MigrationExecutor(connection)
    executor.migrate(release)
    write(executor.loader.project_state(release).apps.get_model)


def _rows_of_the_first_release(get_model):
    country = get_model("chambers", "Country").objects.create(code="RU")
    companies = get_model("chambers", "Company").objects
    listed = companies.create(legal_name="Listed", country=country)
    run = get_model("matching", "Run").objects.create(
        state="done", is_current=True, rules="1", seed=1
    )
    empty = {name: [] for name in ("partners", "mutual", "they_cover", "you_cover", "shared")}
    get_model("matching", "SuggestionList").objects.create(run=run, company=listed, **empty)
    get_model("matching", "Term").objects.create(run=run, term="hs4:9026", rows=2)
    profiled = companies.create(legal_name="Profiled", country=country)
    get_model("matching", "Profile").objects.create(company=profiled, rows=[], digest="kept")


def _rules_before_the_constants_changed(get_model):
    get_model("matching", "WeightSet").objects.create(version="spring-1", values={"prior": 0.7})
    get_model("matching", "Run").objects.create(
        state="done", is_current=True, rules="2", seed=2, weights={"better": 0.8}
    )


def _rules_before_common_ground_had_to_suffice(get_model):
    get_model("matching", "WeightSet").objects.create(version="autumn-1", values={"prior": 0.4})


@pytest.mark.django_db
def test_lists_of_the_first_release_are_made_anew_since_its_terms_had_other_names(kept):
    from chambers.models import Job
    from matching.models import Run, SuggestionList, Term

    assert (SuggestionList.objects.count(), Term.objects.count()) == (0, 0)
    assert Run.objects.get(seed=1).is_current is False
    waiting = [job.kind for job in Job.objects.open()]
    assert [kind for kind in waiting if kind.startswith("matching.")] == ["matching.anew"]


@pytest.mark.django_db
def test_companies_of_the_first_release_ask_nothing_of_partners_and_are_not_on_hold(kept):
    from chambers.models import Company

    new = Company.objects.get(legal_name="Profiled")
    assert (new.certificates, new.required_certificates, new.accepted_sizes) == ([], [], [])
    assert (new.accepts_interpreter, new.avoids_competitors) == (True, False)
    assert (new.corporate_group, new.held_on, new.held_reason) == ("", None, "")
    assert (new.profile.trades, new.profile.digest) == ([], "kept")


@pytest.mark.django_db
def test_rules_made_before_the_constants_changed_keep_what_they_meant(kept):
    from matching.engine import Weights
    from matching.models import Run, WeightSet

    rules = WeightSet.objects.get(version="spring-1").weights()
    assert (rules.prior, rules.prior_most, rules.word_power) == (0.7, 1.0, 3.0)
    assert (rules.shown_least, rules.prior_gains) == (0.0, 1000.0)
    shown = Weights(**Run.objects.get(seed=2).weights)
    assert (shown.better, shown.shown_least) == (0.8, 0.0)


@pytest.mark.django_db
def test_rules_made_before_common_ground_had_to_suffice_suggest_whom_they_suggested(kept):
    from matching.engine import Weights
    from matching.models import Run, WeightSet

    rules = WeightSet.objects.get(version="autumn-1").weights()
    assert (rules.prior, rules.prior_gains, rules.common_least) == (0.4, 2.5, 0.0)
    assert Weights(**Run.objects.get(seed=2).weights).common_least == 0.0
