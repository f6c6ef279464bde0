"""What an event stresses: who sees it, what is proposed by it, and what a preview tells before."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from chambers.models import Job
from chambers.services import jobs
from marketplace import tasks
from marketplace.models import Meeting, Registration
from marketplace.services.proposals import start_proposing
from matching.models import EventEmphasis, Profile
from matching.services.emphases import (
    draft_again,
    draft_emphasis,
    put_emphasis_in_force,
    retire_emphasis,
)
from matching.services.event_previews import preview_at_event
from matching.services.previews import ask_for_emphasis_preview, last_preview
from tests.event_factories import (
    EventFactory,
    GroupFactory,
    ParticipantFactory,
    RegistrationFactory,
    SlotFactory,
    TableFactory,
)
from tests.factories import (
    ChamberFactory,
    EventEmphasisFactory,
    RepresentativeFactory,
    StaffFactory,
    UserFactory,
)
from tests.matching.world import goods_and_services, lists, match

pytestmark = pytest.mark.django_db
__all__ = ["tasks"]  # its import registers the job that proposes


@pytest.fixture
def event():
    """With room for one meeting."""
    made = EventFactory(chamber__name_en="Chamber of the North")
    SlotFactory(event=made)
    TableFactory(event=made)
    return made


@pytest.fixture
def manager(event):
    return StaffFactory(chamber=event.chamber).person


@pytest.fixture
def sides():
    return goods_and_services()


def register(event, sides):
    return [
        ParticipantFactory(registration__event=event, registration__company=one) for one in sides
    ]


def raising(kind):
    """The parts by which a kind of opportunity comes before the other."""
    other = {"goods": "service", "service": "goods"}[kind]
    return {kind: 2.0, other: 0.5}


def say(event, **parts):
    boss = UserFactory(superuser=True)
    return put_emphasis_in_force(draft_emphasis(event, **parts), by=boss)


def proposed(event):
    """The pairs that are proposed now; they are taken away again."""
    job = start_proposing(event, by=UserFactory(superuser=True))
    jobs.work_off()
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    rows = Meeting.objects.filter(event=event)
    found = {
        frozenset(pair)
        for pair in rows.values_list("host__registration__company", "guest__registration__company")
    }
    rows.delete()
    return found


def pair(one, other):
    return frozenset((one.pk, other.pk))


def test_meetings_are_proposed_by_what_the_event_stresses(event, sides):
    ours, sells, lends = sides
    register(event, sides)

    say(event, **raising("goods"))
    assert proposed(event) == {pair(ours, sells)}
    chosen = say(event, **raising("service"))
    assert proposed(event) == {pair(ours, lends)}

    retire_emphasis(chosen, by=UserFactory(superuser=True))
    now = proposed(event)
    say(event, goods=2.0, service=2.0, technology=2.0, research=2.0, investment=2.0)
    assert proposed(event) == now


def test_nothing_changes_at_other_events_nor_in_anybodys_suggestions(event, sides):
    other = EventFactory(chamber=event.chamber)
    SlotFactory(event=other)
    TableFactory(event=other)
    for one in (event, other):
        register(one, sides)
    before = lists(), proposed(other), list(Profile.objects.values_list("digest"))

    for kind in ("goods", "service"):
        say(event, **raising(kind))
        assert not Job.objects.open().exists()
        assert (lists(), proposed(other), list(Profile.objects.values_list("digest"))) == before
    match()

    assert lists() == before[0]


def test_it_counts_on_top_of_what_a_chamber_stresses(event, sides):
    ours, sells, lends = sides
    register(event, sides)
    say(ours.memberships.get().chamber, **raising("goods"))
    match()
    assert proposed(event) == {pair(ours, sells)}

    say(event, **raising("service"))

    assert proposed(event) == {pair(ours, lends)}


def test_whose_event_it_is_and_who_sees_it_reads_what_is_in_force(event, manager):
    host = StaffFactory(chamber=ChamberFactory()).person
    event.hosts.add(host.staff_roles.get().chamber)
    hidden = EventFactory(is_published=False)
    draft = EventEmphasisFactory(event=event)
    chosen = EventEmphasisFactory(event=event, in_force=True)
    secret = EventEmphasisFactory(event=hidden, in_force=True)
    rows = EventEmphasis.objects

    assert set(rows.served_by(manager)) == set(rows.managed_by(manager)) == {draft, chosen}
    assert set(rows.served_by(host)) == {draft, chosen}
    assert not rows.managed_by(host).exists()
    assert set(rows.visible_to(UserFactory())) == {chosen}
    assert not rows.served_by(UserFactory()).exists()
    boss = UserFactory(superuser=True)
    assert set(rows.visible_to(boss)) == {chosen, secret}
    assert rows.served_by(boss).count() == 3


def test_how_we_score_awaits_the_events_to_come_of_ones_company(event, manager, sides):
    ours, *_others = sides
    chosen = EventEmphasisFactory(event=event, in_force=True)
    speaker, rows = RepresentativeFactory(company=ours).person, EventEmphasis.objects
    assert not rows.awaiting(speaker).exists()
    assert list(rows.awaiting(manager)) == [chosen]

    own = RegistrationFactory(event=event, company=ours)
    assert list(rows.awaiting(speaker)) == [chosen]
    Registration.objects.filter(pk=own.pk).update(status=Registration.Status.WITHDRAWN)
    assert not rows.awaiting(speaker).exists()
    day = timezone.now().date() - dt.timedelta(days=9)
    type(event).objects.update(starts_on=day, ends_on=day)
    assert not rows.awaiting(manager).exists()


def test_a_cancelled_event_takes_no_draft(event):
    chosen = say(event, codes=2.0)
    event.cancelled_at = timezone.now()
    event.save()

    for attempt in (draft_emphasis, lambda _event, by: draft_again(chosen, by=by)):
        with pytest.raises(ValidationError) as refused:
            attempt(event, by=UserFactory(superuser=True))
        assert refused.value.code == "cancelled"


def test_a_preview_tells_which_meetings_come_in_and_go_out(event, sides):
    ours, sells, lends = sides
    register(event, sides)
    say(event, **raising("goods"))
    told = []

    found = preview_at_event(
        draft_emphasis(event, **raising("service")), progress=lambda *at: told.append(at)
    )

    assert (found["companies"], found["meetings"]) == (3, [1, 1, 1, 1])
    assert (found["first"], found["changed"], found["reordered"]) == (1, 0, 1)
    exchanged = {
        frozenset((one["company"], one["partner"])): one["comes"] for one in found["pairs"]
    }
    assert exchanged == {pair(ours, lends): True, pair(ours, sells): False}
    (moved, *_rest) = found["pairs"]
    assert moved["parts"][1]["score"] > moved["parts"][0]["score"]
    assert {one["company"] for one in found["examples"]} == {ours.pk}
    assert told[-1] == (6, 6)


@pytest.mark.parametrize("kind", ["goods", "service"])
def test_what_a_preview_tells_is_what_is_proposed_then(event, sides, kind):
    register(event, sides)
    now = proposed(event)
    draft = draft_emphasis(event, **raising(kind))

    found = preview_at_event(draft)
    put_emphasis_in_force(draft, by=UserFactory(superuser=True))

    came, left = (
        {
            frozenset((one["company"], one["partner"]))
            for one in found["pairs"]
            if one["comes"] is comes
        }
        for comes in (True, False)
    )
    assert proposed(event) == now - left | came
    again = preview_at_event(draft)
    assert found["best"][1] == again["best"][0] == again["best"][1]
    assert (again["pairs"], again["examples"], again["first"]) == ([], [], 0)


def test_a_preview_leaves_out_who_may_not_be_proposed(event, sides):
    registered = [one.registration for one in register(event, sides)]
    buyers, sellers = GroupFactory(event=event), GroupFactory(event=event)
    event.group_rules.create(first=buyers, second=sellers)
    for one, group in zip(registered, (buyers, sellers, buyers), strict=True):
        Registration.objects.filter(pk=one.pk).update(group=group)

    found = preview_at_event(draft_emphasis(event, **raising("service")))

    assert (found["meetings"], found["pairs"]) == ([1, 1, 0, 0], [])
    assert found["without"] == (1, 1)


def test_a_preview_of_an_empty_event_says_nothing_of_nobody(event):
    found = preview_at_event(draft_emphasis(event, codes=2.0))

    assert (found["companies"], found["meetings"], found["pairs"]) == (0, [0, 0, 0, 0], [])


def test_a_worker_computes_it_for_a_manager_of_the_organiser_alone(event, manager, sides):
    register(event, sides)
    draft = draft_emphasis(event, by=manager, **raising("service"))
    with pytest.raises(PermissionDenied):
        ask_for_emphasis_preview(draft, by=StaffFactory().person)

    asked = ask_for_emphasis_preview(draft, by=manager)
    assert ask_for_emphasis_preview(draft, by=manager) == asked
    jobs.work_off()

    job = last_preview(draft)
    assert (job.state, job.chamber, job.total) == (Job.State.DONE, event.chamber, 6)
    assert job.result["companies"] == 3
    assert draft.state == "draft"
