"""Advice: the number that is promised comes true when the change is made and nothing else."""

import itertools
import threading
import time

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction

from chambers.models import Company, TradeCode
from chambers.services import jobs
from chambers.services.companies import change_company
from chambers.services.limits import set_limits
from matching import engine, reading
from matching.models import Advice, Profile, Run
from matching.services import advice, boards
from tests.factories import RepresentativeFactory, UserFactory
from tests.matching.world import CHIPS, HARVESTERS, SENSORS, company, hs, labelled, match, seeks

pytestmark = pytest.mark.django_db
PEAT = "2703"


def matches_of(who):
    """(mutual, all) matches by explaining every pair of companies from their profiles."""
    stored = {one.company_id: one.rows for one in Profile.objects.exclude(digest="")}
    asking, run = boards.asking(stored), Run.objects.current()
    own, rows = asking[who.pk]
    mutual = every = 0
    for other, (limits, their_rows) in asking.items():
        if other == who.pk or other in own.dismissed or not engine.may_meet(own, limits):
            continue
        pair = engine.explain(
            rows, their_rows, own, limits, {}, run.rows, engine.Weights(**run.weights)
        )
        they, you = pair.they_cover.coverage > 0, pair.you_cover.coverage > 0
        mutual, every = mutual + (they and you), every + (they or you)
    return mutual, every


def codes_of(*codes):
    hs(*codes)
    return TradeCode.objects.filter(code__in=codes)


def person_of(one, role="owner"):
    return RepresentativeFactory(company=one, role=role).person


@pytest.fixture
def ours():
    """A maker of sensors that seeks chips; makers of chips seek sensors, some harvesters too.

    Its text speaks of harvesters, which it does not state.
    """
    labelled(HARVESTERS[:4], "Harvesters for grain")
    labelled(PEAT, "Peat")
    reading.forget_labels()
    maker = company("RU", "Ours", description={"en": "Harvesters for grain. We seek peat."})
    change_company(maker, codes=codes_of(SENSORS))
    seeks(maker, CHIPS, title={"en": "Wafers"})
    for number in range(5):
        other = company("JP" if number % 2 else "DE", f"Other {number}")
        change_company(other, codes=codes_of(CHIPS))
        wanted = [HARVESTERS] if number < 4 else [SENSORS]
        seeks(other, *wanted, title={"en": "Machine"})
    match()
    yield maker
    reading.forget_labels()


def worked_out(who):
    assert advice.ask_for_advice(who) is None
    jobs.work_off()
    return advice.ask_for_advice(who)


def test_what_a_code_promises_comes_true_when_it_is_added(ours):
    found = worked_out(ours)

    best = found.changes[0]
    assert (found.mutual, found.matches) == matches_of(ours) == (1, 5)
    assert (best["kind"], best["row"], best["code"][:4]) == ("code", "profile", HARVESTERS[:4])
    assert (best["mutual"], best["matches"]) == (4, 0)

    advice.add_code(ours, best["code"], by=person_of(ours))
    jobs.work_off()

    assert matches_of(ours) == (5, 5)
    assert (worked_out(ours).mutual, advice.ask_for_advice(ours).matches) == (5, 5)


def test_what_others_only_ask_for_is_not_advised(ours):
    for number, wanted in enumerate((CHIPS, PEAT, PEAT, "902620", "9031")):
        seeks(company("DE", f"Asker {number}"), wanted, title={"en": "Machine"})
    match(seed=2)

    found = worked_out(ours)

    codes = {one["code"] for one in found.changes if one["kind"] == "code"}
    assert {code[:4] for code in codes} == {HARVESTERS[:4]}


def test_every_piece_of_advice_is_true(ours):
    set_limits(ours, by=person_of(ours), target_countries=["DE"], accepted_sizes=["large"])
    jobs.work_off()
    found = worked_out(ours)

    assert {one["kind"] for one in found.changes} >= {"code", "any_country", "wanted"}
    for one in itertools.islice(found.changes, 6):
        promised = (found.mutual + one["mutual"], found.matches + one["matches"])
        before = list(ours.codes.all())
        if one["kind"] == "code" and one["row"] == "profile":
            advice.add_code(ours, one["code"], by=person_of(ours))
        elif one["kind"] == "wanted":
            change_company(ours, target_countries=["DE", one["code"]])
        elif one["kind"] == "any_country":
            change_company(ours, target_countries=[])
        else:
            continue
        jobs.work_off()
        assert matches_of(ours) == promised, one
        change_company(ours, codes=before, target_countries=["DE"])
        jobs.work_off()


def test_companies_that_changed_after_the_run_count_as_they_are_now(ours):
    late = company("JP", "Late")
    change_company(late, codes=codes_of(CHIPS))
    seeks(late, SENSORS, title={"en": "Gauge"})
    change_company(late)
    jobs.work_off()

    assert (worked_out(ours).mutual, advice.ask_for_advice(ours).matches) == matches_of(ours)
    assert matches_of(ours) == (2, 6)


def test_advice_is_kept_until_the_profile_or_the_run_changes(ours):
    first = worked_out(ours)

    assert advice.ask_for_advice(ours) == first
    jobs.work_off()
    assert Advice.objects.get().worked_out_at == first.worked_out_at

    change_company(ours, codes=[])
    jobs.work_off()
    assert worked_out(ours).digest != first.digest
    match(seed=2)
    assert worked_out(ours).run_id != first.run_id


def test_without_a_run_nothing_is_asked_for():
    assert advice.ask_for_advice(company("RU", "Ours")) is None
    assert jobs.work_off() == 0


def test_who_left_gets_no_advice(ours):
    advice.ask_for_advice(ours)
    ours.is_listed = False
    ours.save()
    jobs.work_off()

    assert not Advice.objects.exists()


def test_only_those_who_decide_for_a_company_add_codes_and_only_known_new_ones(ours):
    hs(HARVESTERS)
    for stranger in (UserFactory(), person_of(ours, "viewer")):
        with pytest.raises(PermissionDenied):
            advice.add_code(ours, HARVESTERS, by=stranger)
    for code, reason in (("999999", "unknown_code"), (SENSORS, "already_stated")):
        with pytest.raises(ValidationError) as refused:
            advice.add_code(ours, code, by=person_of(ours))
        assert refused.value.code == reason
    assert [one.code for one in ours.codes.all()] == [SENSORS]


@pytest.mark.django_db(transaction=True)
def test_of_two_codes_added_at_once_none_is_lost():
    ours = company("RU", "Ours")
    hs(SENSORS, CHIPS)
    owner = person_of(ours)

    def add(code):
        advice.add_code(Company.objects.get(pk=ours.pk), code, by=owner)
        connection.close()

    threads = [threading.Thread(target=add, args=[code]) for code in (SENSORS, CHIPS)]
    with transaction.atomic():
        Company.objects.select_for_update().get(pk=ours.pk)
        for thread in threads:
            thread.start()
        _wait_until_as_many_wait(len(threads))
    for thread in threads:
        thread.join()

    assert {one.code for one in ours.codes.all()} == {SENSORS, CHIPS}


def _wait_until_as_many_wait(number):
    end = time.monotonic() + 60
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            cursor.execute(
                "select count(distinct pid) from pg_locks join pg_stat_activity using (pid)"
                " where not granted and datname = current_database()"
            )
            if cursor.fetchone()[0] >= number:
                return
            time.sleep(0.02)
    pytest.fail("Nobody waits for the lock.")


def test_segments_are_those_of_everybody_once(ours):
    change_company(ours, codes=[])
    jobs.work_off()

    ids = np.concatenate(
        [index.companies[here] for index, here in advice.segments(Run.objects.current())]
    )

    assert sorted(ids) == sorted(Profile.objects.values_list("company_id", flat=True))
