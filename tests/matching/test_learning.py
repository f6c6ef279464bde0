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
from matching.services.decisions import Event, events_so_far
from matching.services.learning import ask_to_learn, last_lesson, learn_weights
from matching.services.weights import put_in_force, weights_in_force
from tests.event_factories import (
    EventFactory,
    FeedbackFactory,
    MeetingFactory,
    MeetingRequestFactory,
    OutcomeFactory,
    ParticipantFactory,
)
from tests.factories import (
    DismissalFactory,
    InterestFactory,
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


@pytest.fixture
def met():
    """A held meeting of long ago: what came of it may be asked a last time."""
    day = timezone.now().date() - dt.timedelta(days=600)
    event = EventFactory(starts_on=day, ends_on=day)
    sides = {side: ParticipantFactory(registration__event=event) for side in ("host", "guest")}
    return MeetingFactory(event=event, placed=True, status="held", **sides)


def companies_of(meeting):
    return [one.registration.company_id for one in (meeting.host, meeting.guest)]


def test_the_last_answer_after_a_meeting_tells_whether_the_partner_was_right(met):
    host, guest = companies_of(met)
    now = timezone.now()
    FeedbackFactory(meeting=met, first="no_interest", second="agreed", second_at=now)
    FeedbackFactory(meeting=met, side=met.guest.registration, first="no_interest")
    assert set(events_so_far()) == {
        Event(host, guest, accepted=True),
        Event(guest, host, accepted=False),
    }

    met.feedback.filter(side=met.host.registration).update(third="knowledge", third_at=now)
    again = MeetingFactory(host=met.guest, guest=met.host, event=met.event)
    FeedbackFactory(meeting=again, side=met.guest.registration, first="possible")

    assert set(events_so_far()) == {Event(guest, host, accepted=True, met=True)}


def test_a_confirmed_paper_is_a_partner_and_one_that_waits_or_is_void_is_none(met):
    host, guest = companies_of(met)
    OutcomeFactory(meeting=met)
    said = {"state": "confirmed", "confirmed_at": timezone.now(), "approved_at": timezone.now()}
    assert events_so_far() == []

    paper = OutcomeFactory(meeting=met, **said, stage="announced")
    assert events_so_far() == [Event(host, guest, accepted=True)]

    type(paper).objects.filter(pk=paper.pk).update(stage="void", claimed="void")
    assert events_so_far() == []


@pytest.mark.parametrize("ask", ["request", "interest"])
def test_what_is_declined_speaks_against_unless_only_time_or_room_is_missing(ask):
    said = {"status": "declined", "decided_at": timezone.now(), "reason_code": "field"}
    if ask == "request":
        one = MeetingRequestFactory(**said)
        owner, other = one.partner.company_id, one.requester.company_id
    else:
        one = InterestFactory(**said, due_on=None)
        owner, other = one.opportunity.company_id, one.company_id
    assert events_so_far() == [Event(owner, other, accepted=False)]

    for code in ("capacity", "time", "partner"):
        type(one).objects.update(reason_code=code)
        assert events_so_far() == []


def test_what_a_chamber_stops_on_its_way_is_not_the_owners_word():
    InterestFactory(
        status="declined", decided_at=timezone.now(), due_on=None, position=0, reason_code="field"
    )

    assert events_so_far() == []
