"""What happened proposes constants; nothing changes by itself."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone, translation

from chambers.services import jobs
from matching.engine import Weights
from matching.models import Run, WeightSet
from matching.services.learning import (
    Event,
    ask_to_learn,
    events_so_far,
    last_lesson,
    learn_weights,
)
from matching.services.weights import put_in_force, weights_in_force
from tests.factories import (
    DismissalFactory,
    PairHistoryFactory,
    StaffFactory,
    UserFactory,
)
from tests.matching.world import company, match, offers, seeks

pytestmark = pytest.mark.django_db
GROUPS, OWNERS = 8, 11  # trades with words of their own, and companies of each
ENDINGS = ("om", "uk", "ap", "ov", "ir", "eb", "ud", "ok")  # so many that words outweigh a code


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """What ``build_world`` makes; each test sees it as it was made."""
    with django_db_blocker.unblock(), translation.override("en"), transaction.atomic():
        yield build_world()
        transaction.set_rollback(True)


def build_world():
    """[(company, partner by its words, partner by its code)]: words weigh more by default."""
    events = []
    for group in range(GROUPS):
        letters = "".join(chr(97 + (group * 7 + step) % 26) for step in range(5))
        said = {"en": " ".join(f"zq{letters}{end}" for end in ENDINGS)}
        by_words = company("JP", f"Words {group}")
        offers(by_words, title=said)
        by_code = company("JP", f"Code {group}")
        offers(by_code, f"90{10 + group}20", title={"en": "xylk"})
        for number in range(OWNERS):
            owner = company("RU", f"Owner {group} {number}")
            seeks(owner, f"90{10 + group}10", title=said)
            events.append((owner, by_words, by_code))
    match()
    return events


def decide(owner, accepted, declined):
    PairHistoryFactory(one=owner, other=accepted, kind="partner", stated_by=owner)
    PairHistoryFactory(one=owner, other=declined, kind="declined", stated_by=owner)


def test_where_declines_carry_a_signal_a_draft_is_proposed_with_its_measurement(world):
    for owner, by_words, by_code in world:
        decide(owner, by_code, by_words)

    lesson = learn_weights()

    draft = WeightSet.objects.get()
    assert (lesson.draft, draft.state, draft.created_by) == (draft, "draft", None)
    assert weights_in_force() == Weights()  # nothing changes until a person says so
    measured = draft.evaluation
    assert measured["after"]["auc"] > measured["before"]["auc"]
    assert measured["interval"][0] > 0
    assert measured["held_accepted"] + measured["accepted"] == len(world)
    assert measured["against"] == Weights().version
    learnt = draft.weights()
    assert (
        learnt.word_scale < Weights().word_scale or learnt.levels["hs4"] > Weights().levels["hs4"]
    )
    assert "→" in draft.note

    put_in_force(draft, by=UserFactory(superuser=True))
    assert weights_in_force() == learnt


def test_where_declines_carry_none_it_says_so_and_proposes_nothing(world):
    for turn, (owner, by_words, by_code) in enumerate(world):
        decide(owner, *((by_words, by_code) if turn % 2 else (by_code, by_words)))

    lesson = learn_weights()

    assert lesson.draft is None
    assert lesson.told.startswith("No proposal")
    assert lesson.learnt.interval[0] <= 0
    assert not WeightSet.objects.exists()


def test_with_too_few_events_it_says_how_many_there_are(world):
    decide(*world[0])

    lesson = learn_weights()

    assert "1 partners were accepted and 1 declined" in lesson.told
    assert not WeightSet.objects.exists()


def test_before_the_first_run_there_is_nothing_to_learn_by():
    Run.objects.all().delete()

    with pytest.raises(ValidationError) as refused:
        learn_weights()

    assert refused.value.code == "no_run"
    with pytest.raises(CommandError):
        call_command("learn_weights")


def test_only_a_superuser_may_ask_for_a_draft(world):
    for owner, by_words, by_code in world:
        decide(owner, by_code, by_words)

    with pytest.raises(PermissionDenied):
        learn_weights(by=StaffFactory().person)
    with pytest.raises(PermissionDenied):
        ask_to_learn(by=StaffFactory().person)

    assert not WeightSet.objects.exists()


def test_a_worker_studies_what_happened_and_keeps_what_it_found(world):
    boss = UserFactory(superuser=True)
    assert last_lesson() is None
    for owner, by_words, by_code in world:
        decide(owner, by_code, by_words)

    job = ask_to_learn(by=boss)
    assert ask_to_learn(by=boss) == job
    jobs.work_off()

    draft = WeightSet.objects.get()
    assert (draft.state, draft.created_by) == ("draft", boss)
    done = last_lesson()
    assert (done.state, done.result["draft"]) == ("done", draft.version)
    assert done.result["told"].startswith("Proposed as a draft")
    assert weights_in_force() == Weights()


def test_before_the_first_run_a_worker_says_so():
    Run.objects.all().delete()

    ask_to_learn(by=UserFactory(superuser=True))
    jobs.work_off()

    assert last_lesson().result == {"told": "Nobody has been matched yet."}


def test_the_command_prints_the_figures_and_what_would_change(world, capsys):
    for owner, by_words, by_code in world:
        decide(owner, by_code, by_words)

    call_command("learn_weights")
    call_command("learn_weights")

    printed = capsys.readouterr().out
    assert "AUC" in printed
    assert WeightSet.objects.get(version__endswith=".2").state == "draft"
    assert "Proposed as a draft" in printed


def test_events_are_what_people_decided_about_the_fit():
    ours, partner, refused, rival, far = (
        company("RU" if name == "Ours" else "JP", name)
        for name in ("Ours", "Partner", "Refused", "Rival", "Far")
    )
    PairHistoryFactory(one=ours, other=partner, kind="partner")
    PairHistoryFactory(one=ours, other=refused, kind="declined", stated_by=refused)
    PairHistoryFactory(
        one=ours, other=refused, kind="met", since=timezone.now() - dt.timedelta(days=9)
    )
    DismissalFactory(company=ours, partner=rival, reason="competitor")
    DismissalFactory(company=ours, partner=far, reason="country")
    DismissalFactory(company=far, partner=ours, reason="known")

    assert set(events_so_far()) == {
        Event(ours.pk, partner.pk, accepted=True),
        Event(refused.pk, ours.pk, accepted=False, met=True),
        Event(ours.pk, rival.pk, accepted=False),
        Event(far.pk, ours.pk, accepted=True),
    }
