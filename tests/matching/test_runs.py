"""Matching everyone, from the start of a run to its swap."""

import datetime as dt
import os

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from chambers.models import Job
from chambers.services import jobs
from chambers.services.companies import ANEW_JOB, note_many_changes
from matching import profiles
from matching.models import IndexFile, Profile, Run, Shortlist, SuggestionList, Term
from matching.services import indexes, refresh, runs
from tests.factories import CompanyFactory, RunFactory, StaffFactory, UserFactory
from tests.matching.world import (
    CHIPS,
    HARVESTERS,
    SENSORS,
    company,
    lists,
    match,
    offers,
    partners_of,
    seeks,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """D0 in small: sensors and chip machines both ways, a rival at home, harvesters aside."""
    romashka, asahi = company("RU", "Ромашка Сенсор"), company("JP", "アサヒ計装")
    rival, gomel = company("RU", "Rival"), company("BY", "Гомель Агромаш")
    offers(romashka, SENSORS)
    seeks(romashka, CHIPS)
    offers(asahi, CHIPS)
    seeks(asahi, SENSORS)
    offers(rival, SENSORS)
    offers(gomel, HARVESTERS)
    seeks(gomel, SENSORS)
    return romashka, asahi, rival, gomel


def test_a_run_suggests_partners_abroad_both_ways(world):
    romashka, asahi, _rival, gomel = world

    run = match()

    assert partners_of(romashka) == ["アサヒ計装", "Гомель Агромаш"]
    assert partners_of(asahi)[0] == "Ромашка Сенсор"
    assert set(partners_of(gomel)) == {"Ромашка Сенсор", "Rival"}
    assert "Rival" not in partners_of(romashka)
    assert (run.companies, run.served, run.is_current) == (4, 4, True)


def test_both_sides_of_a_pair_share_one_score(world):
    romashka, asahi, *_ = world

    match()

    ours = SuggestionList.objects.get(company=romashka, run__is_current=True)
    theirs = SuggestionList.objects.get(company=asahi, run__is_current=True)
    here, there = ours.partners.index(asahi.pk), theirs.partners.index(romashka.pk)
    assert ours.mutual[here] == theirs.mutual[there]


def test_nobody_is_suggested_whom_either_side_excludes(world):
    romashka, asahi, _rival, gomel = world
    asahi.excluded_companies.add(romashka)
    gomel.excluded_countries = ["RU"]
    gomel.save()

    match()

    assert (partners_of(romashka), partners_of(asahi)) == ([], ["Rival"])
    assert partners_of(gomel) == []


def test_a_stated_demand_that_is_met_ranks_above_the_same_field():
    ours = company("RU", "Ours", description={"en": "pressure sensors for liquids and gases"})
    twin = company("JP", "Twin", description={"en": "pressure sensors for liquids and gases"})
    asks = company("KZ", "Asks", description={"en": "wholesale trade"})
    offers(ours, SENSORS)
    seeks(asks, SENSORS)

    match()

    assert partners_of(ours) == [asks.legal_name, twin.legal_name]
    stored = SuggestionList.objects.get(company=ours, run__is_current=True)
    assert stored.mutual[0] > 0.5 > stored.mutual[1] > 0


def test_companies_that_are_no_members_or_not_listed_are_left_out(world):
    romashka, asahi, *_ = world
    CompanyFactory(legal_name="No member")
    asahi.is_listed = False
    asahi.save()

    match()

    assert partners_of(asahi) is None
    assert partners_of(romashka) == ["Гомель Агромаш"]
    assert Profile.objects.count() == 3


def test_who_left_is_remembered_until_no_worker_can_have_missed_it(world):
    romashka, asahi, *_ = world
    match()
    type(asahi).objects.filter(pk=asahi.pk).update(is_listed=False)

    second = match()

    grave = Profile.objects.get(company=asahi)
    assert (grave.digest, second.companies) == ("", 3)
    assert grave.changed_at < second.indexed_at
    match()
    assert not Profile.objects.filter(company=asahi).exists()
    type(asahi).objects.filter(pk=asahi.pk).update(is_listed=True)
    match()
    assert "アサヒ計装" in partners_of(romashka)


def test_what_a_company_hides_from_members_moves_no_score():
    hidden = {"description": "partners"}
    text = {"en": "turbine blades of titanium"}
    ours = company("RU", "Ours", description=text)
    company("JP", "Hides", description=text, visibility=hidden)
    company("JP", "Shows", description=text)

    match()

    assert partners_of(ours) == ["Shows"]
    assert "turbin" not in str(Profile.objects.get(company__legal_name="Hides").rows)


def test_the_same_seed_gives_the_same_lists_and_the_former_run_is_swept(world):
    first = match(seed=5)
    before = lists()

    second = match(seed=5)

    first.refresh_from_db()
    assert (first.is_current, second.is_current) == (False, True)
    assert lists() == before
    sweep = Job.objects.get(kind="matching.run.sweep")
    jobs.do(jobs.claim(sweep.run_after + dt.timedelta(seconds=1), pk=sweep.pk))
    for model in (SuggestionList, Shortlist, IndexFile, Term):
        assert set(model.objects.values_list("run", flat=True)) <= {second.pk}
    assert indexes.folder(second).exists()  # of the same content as the former one
    assert lists() == before


def test_the_lists_of_a_run_and_one_list_in_it_are_found_without_reading_all(world):
    ours, run = world[0], match()
    SuggestionList.objects.bulk_create(
        SuggestionList(
            run_id=10_000 + number // 200, company_id=number % 200, partners=[], mutual=[]
        )
        for number in range(20_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("analyze matching_suggestionlist")

    whole = SuggestionList.objects.filter(run=10_001).values("pk")[:50]
    one = SuggestionList.objects.current().filter(company=ours)

    for query in (whole, one, SuggestionList.objects.filter(run=run, company__in=[ours.pk])):
        plan = query.explain()
        assert "Index" in plan
        assert "Seq Scan on matching_suggestionlist" not in plan


def test_files_of_an_index_are_dropped_only_when_nobody_can_be_at_work_on_them(settings, tmp_path):
    settings.INDEX_DIR = tmp_path
    hours = {"young": 0.5, "old": 2, ".unfinished-young": 23, ".unfinished-old": 25}
    for name, age in hours.items():
        (tmp_path / name).mkdir()
        moment = timezone.now().timestamp() - age * 3600
        os.utime(tmp_path / name, (moment, moment))

    indexes.remove(RunFactory())

    assert {path.name for path in tmp_path.iterdir()} == {"young", ".unfinished-young"}


def test_until_the_swap_readers_see_the_former_run(world):
    match()
    before = lists()
    run = runs.start_run(seed=2)
    while (lease := jobs.claim()).job.kind != "matching.run.swap":
        jobs.do(lease)

    assert lists() == before
    assert SuggestionList.objects.filter(run=run).count() == 4

    jobs.do(lease)

    assert Run.objects.current() == run


def test_a_second_run_is_refused_while_one_is_open():
    runs.start_run()

    with pytest.raises(ValidationError) as caught:
        runs.start_run()

    assert [error.code for error in caught.value.error_dict["__all__"]] == ["already_running"]
    with pytest.raises(IntegrityError, match="one_open_run"), transaction.atomic():
        RunFactory()


def test_a_stopped_run_leaves_the_lists_as_they_are(world):
    match()
    before = lists()
    manager = StaffFactory().person
    run = runs.start_run(by=manager)
    jobs.do(jobs.claim())

    runs.stop_run(run, by=manager)
    jobs.work_off()

    run.refresh_from_db()
    assert (run.state, run.is_current) == (Run.State.CANCELLED, False)
    assert lists() == before
    assert not Job.objects.open().exists()
    with pytest.raises(ValidationError) as caught:
        runs.stop_run(run, by=manager)
    assert caught.value.code == "over"


@pytest.mark.parametrize("role", ["viewer", None])
def test_only_managers_of_a_chamber_start_and_stop_runs(role):
    person = StaffFactory(role=role).person if role else UserFactory()

    with pytest.raises(PermissionDenied):
        runs.start_run(by=person)

    run = runs.start_run()
    with pytest.raises(PermissionDenied):
        runs.stop_run(run, by=person)
    assert Run.objects.get().state == Run.State.QUEUED


def test_a_part_that_keeps_failing_fails_the_run_and_says_why(world):
    match()
    before = lists()
    Profile.objects.all().delete()
    run = runs.start_run()
    # A part without its bounds: every try of it fails.
    part = Job.objects.get(kind="matching.run.prepare", payload__run=run.pk)
    Job.objects.filter(pk=part.pk).update(kind="matching.run.profiles")
    soon = timezone.now() + dt.timedelta(hours=1)
    while lease := jobs.claim(soon, pk=part.pk):
        jobs.do(lease)

    run.refresh_from_db()
    assert (run.state, run.error) == (Run.State.FAILED, "KeyError: 'part'")
    assert lists() == before
    assert not Job.objects.open().exclude(kind="matching.run.sweep").exists()


def test_a_part_stopped_by_hand_ends_its_run():
    run = runs.start_run()
    part = Job.objects.get(kind="matching.run.prepare")

    jobs.cancel(part)

    run.refresh_from_db()
    assert (run.state, run.error) == (Run.State.FAILED, "Stopped by a person.")
    assert runs.start_run().state == Run.State.QUEUED


def test_the_night_starts_one_run_however_many_clocks_tick():
    early = dt.datetime(2126, 11, 21, 1, 16, tzinfo=dt.UTC)
    asked = Job.objects.filter(kind__startswith="matching.")
    jobs.ask_the_clock(early + dt.timedelta(hours=1))
    assert not asked.exists()  # nobody is there to be matched
    company("RU", "Ours")
    due, later = early + dt.timedelta(minutes=1), early + dt.timedelta(hours=3)

    jobs.ask_the_clock(early)
    assert not asked.exists()
    for moment in (due, due, later):
        jobs.ask_the_clock(moment)

    assert asked.get().kind == "matching.nightly"
    jobs.work_off()
    jobs.ask_the_clock(later)
    assert Run.objects.count() == 1

    jobs.ask_the_clock(later + dt.timedelta(days=1))
    jobs.work_off()
    assert Run.objects.count() == 2


def ask_for_the_night():
    tomorrow = dt.date.today() + dt.timedelta(days=1)
    jobs.ask_the_clock(dt.datetime.combine(tomorrow, dt.time(2), dt.UTC))


@pytest.mark.parametrize(
    ("ask", "kind"), [(note_many_changes, ANEW_JOB), (ask_for_the_night, "matching.nightly")]
)
def test_what_is_asked_for_during_a_run_is_matched_after_it(ask, kind):
    company("RU", "Ours")
    before = runs.start_run()
    ask()

    jobs.do(jobs.claim(pk=Job.objects.get(kind=kind).pk))
    jobs.work_off()
    waiting = Job.objects.open().get(kind=kind)
    jobs.do(jobs.claim(waiting.run_after, pk=waiting.pk))

    assert Run.objects.latest("pk") != before
    assert Run.objects.count() == 2


def test_a_run_started_while_the_night_waits_for_an_older_one_serves_for_it():
    company("RU", "Ours")
    runs.start_run()
    ask_for_the_night()
    jobs.do(jobs.claim(pk=Job.objects.get(kind="matching.nightly").pk))
    jobs.work_off()
    by_hand = runs.start_run()

    waiting = Job.objects.open().get(kind="matching.nightly")
    jobs.do(jobs.claim(waiting.run_after, pk=waiting.pk))
    jobs.work_off()

    assert Run.objects.latest("pk") == by_hand


def test_a_run_since_the_nights_hour_serves_for_the_night():
    match()

    jobs.ask_the_clock(dt.datetime.combine(dt.date.today(), dt.time(23, 59), dt.UTC))

    assert not Job.objects.filter(kind="matching.nightly").exists()


def test_what_is_read_late_does_not_overwrite_what_was_read_since(world):
    romashka, *_ = world
    match()
    company_of = type(romashka).objects.filter(pk=romashka.pk)
    romashka.description = {"en": "older"}
    romashka.save()
    older = profiles.build(company_of)
    romashka.description = {"en": "newer"}
    romashka.save()
    profiles.save(profiles.build(company_of))

    refresh.store_profiles(older, timezone.now())

    assert "w:newer" in str(Profile.objects.get(company=romashka).rows)
    assert Job.objects.filter(kind=refresh.JOB, payload__company=romashka.pk).exists()


def test_an_empty_world_matches_nobody_and_says_so():
    run = match()

    assert (run.companies, run.pairs, run.percent) == (0, 0, 100)
